"""What the user got wrong: one clear line that names it, status 2, nothing lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzeq import crash_store
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.trace import Trace
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder")


RUN = ["run", "--edits", "10", "--jobs", "1"]
USAGE: list[tuple[str, list[str], list[str]]] = [
    ("no-such-command", ["walk"], ["walk"]),
    ("no-such-option", ["run", "--sped", "1"], ["--sped"]),
    ("no-such-target", [*RUN, "latecks"], ["no target 'latecks'", "latex", "module:attribute"]),
    ("no-such-module", [*RUN, "no_such_module:T"], ["no_such_module:T", "ModuleNotFoundError"]),
    ("no-such-attribute", [*RUN, "tests.broken:GONE"], ["tests.broken:GONE", "GONE"]),
    ("no-attribute", [*RUN, "tests.broken:"], ["tests.broken:"]),
    ("no-module", [*RUN, ":TARGET"], [":TARGET"]),
    ("relative-module", [*RUN, ".broken:TARGET"], [".broken:TARGET"]),
    ("not-a-target", [*RUN, "tests.broken:NOT_A_TARGET"], ["batch()", "open()"]),
    ("not-even-an-object", [*RUN, "os:sep"], ["'os:sep' is not a target"]),
    ("no-name", [*RUN, "nameless:T"], ["nameless:T", "name"]),
    ("module-raises", [*RUN, "raising:T"], ["raising:T", "RuntimeError: not today"]),
    ("module-is-no-python", [*RUN, "garbled:T"], ["garbled:T", "SyntaxError"]),
    ("class-raises", [*RUN, "nameless:Picky"], ["nameless:Picky", "TypeError"]),
    ("seed-word", [*RUN, "--seed", "lucky"], ["'lucky'", "commit"]),
    ("seed-float", [*RUN, "--seed", "1.5"], ["'1.5'"]),
    ("seed-empty", [*RUN, "--seed", ""], ["''"]),
    ("seed-too-long", [*RUN, "--seed", "f" * 65], ["commit"]),
    ("time-word", ["run", "--time", "soon"], ["'soon'", "10m"]),
    ("time-zero", ["run", "--time", "0s"], ["'0s'"]),
    ("time-negative", ["run", "--time", "-5s"], ["-5s"]),
    ("time-days", ["run", "--time", "2d"], ["'2d'"]),
    ("hang-too-short", ["run", "--hang", "1.5s"], ["'1.5s'", "2s or more"]),
    ("hang-word", ["replay", "--hang", "never"], ["'never'", "10m"]),
    ("hang-zero", ["shrink", "--hang", "0", "file"], ["'0'"]),
    ("edits-zero", ["run", "--edits", "0"], ["0"]),
    ("edits-negative", ["run", "--edits", "-3"], ["-3"]),
    ("edits-word", ["run", "--edits", "many"], ["many"]),
    ("jobs-zero", ["run", "--jobs", "0"], ["0"]),
    ("jobs-absurd", ["run", "--jobs", "100000"], ["1024"]),
    ("engine-unknown", [*RUN, "--engine", "steam"], ["steam", "stream"]),
    ("fail-on-unknown", [*RUN, "--fail-on", "old"], ["old"]),
    ("samples-missing", [*RUN, "--samples", "gone"], ["no folder 'gone'"]),
    ("samples-empty", [*RUN, "--samples", "empty"], ["no sample in 'empty'", ".tex"]),
    ("samples-a-file", [*RUN, "--samples", "file"], ["no folder 'file'"]),
    ("report-in-no-folder", [*RUN, "nowhere", "--report", "gone/r.json"], ["cannot write"]),
    ("report-a-folder", [*RUN, "nowhere", "--report", "empty"], ["cannot write empty"]),
    ("report-below-a-file", [*RUN, "nowhere", "--report", "file/r.json"], ["cannot write"]),
    ("replay-missing", ["replay", "gone.json"], ["'gone.json'"]),
    ("shrink-missing", ["shrink", "gone.json"], ["gone.json: cannot be read"]),
    ("shrink-damaged", ["shrink", "file"], ["file: not a reproducer"]),
    ("shrink-nothing", ["shrink"], ["PATH"]),
    ("lex-missing", ["lex", "gone.tex"], ["gone.tex: cannot be read"]),
    ("lex-a-folder", ["lex", "empty"], ["empty: cannot be read"]),
    ("lex-nothing", ["lex"], ["FILE"]),
]


@pytest.fixture
def bad_things(tmp_path: Path) -> None:
    """What the rows name."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("a file")
    (tmp_path / "raising.py").write_text("raise RuntimeError('not today')")
    (tmp_path / "garbled.py").write_text("def (")
    (tmp_path / "nameless.py").write_text(
        "class T:\n    def batch(self, document): ...\n    def open(self, document): ...\n"
        "class Picky(T):\n    def __init__(self, needed): ...\n"
    )


@pytest.mark.usefixtures("bad_things")
@pytest.mark.parametrize(
    ("arguments", "words"), [row[1:] for row in USAGE], ids=[row[0] for row in USAGE]
)
def test_what_the_user_got_wrong_is_one_line_and_status_2(
    arguments: list[str], words: list[str]
) -> None:
    check_usage_error(arguments, *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "pyproject.toml cannot be read"),
        ("[tool.fuzzeq]\ntargets = 1", "[tool.fuzzeq.targets]"),
        ("[tool.fuzzeq]\ntargets = ['a']", "[tool.fuzzeq.targets]"),
        ("[tool.fuzzeq.targets]\nmine = 1", "[tool.fuzzeq.targets]"),
        ("[tool.fuzzeq.targets]\nmine = 'no_such_module:T'", "no_such_module:T"),
        ("[tool.fuzzeq.targets]\nmine = 'nothing'", "nothing"),
        ("[tool.fuzzeq.targets]\nother = 'a:b'", "there are latex, latex-small-blocks, other"),
        ("", "no target 'mine'"),
    ],
)
def test_what_is_wrong_in_pyproject_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    check_usage_error([*RUN, "mine"], words)


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nfuzzeq = 1", "tool = []"])
def test_a_pyproject_in_which_a_table_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    check_usage_error([*RUN, "mine"])


def test_a_pyproject_in_latin_1_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# \xe9")
    check_usage_error([*RUN, "mine"], "pyproject.toml cannot be read")


def test_a_trusted_name_is_a_target(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.fuzzeq.targets]\nforgets-second = 'tests.broken:FORGETS_SECOND'"
    )
    finding = Finding(
        "forgets-second",
        Divergence("equality", "differs", 1, ""),
        Trace("", ((Edit(0, 0, "a"), Edit(0, 0, "b")),)),
        shrunk=True,
    )
    crash_store.store(finding, Path("crashes"))
    ended = fuzzeq("replay")
    assert ended.status == 1
    assert ended.out.startswith("FAILED")


@pytest.mark.parametrize("name", ["exiting:T", "opening:Exits"])
def test_a_target_that_exits_is_not_a_clean_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "exiting.py").write_text("raise SystemExit(0)")
    (tmp_path / "opening.py").write_text(
        "class Exits:\n    name = 'exits'\n    def batch(self, document): return []\n"
        "    def open(self, document): raise SystemExit(0)\n"
    )
    assert fuzzeq(*RUN, name).status in (1, 2)


def test_a_target_that_panics_when_opened_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "panicking.py").write_text(
        "class Panic(BaseException): ...\n"
        "class T:\n    name = 'panics'\n    def batch(self, document): return []\n"
        "    def open(self, document): raise Panic('index out of bounds')\n"
    )
    assert fuzzeq(*RUN, "panicking:T").status == 1


def test_an_exception_of_many_lines_is_told_in_one(tmp_path: Path) -> None:
    (tmp_path / "wordy.py").write_text("raise ImportError('one\\n\\n  two\\nthree')")
    check_usage_error([*RUN, "wordy:T"], "wordy:T", "ImportError", "one", "three")


@pytest.mark.parametrize("path", [".", "/", ""])
def test_a_report_path_without_a_name_is_told(path: str) -> None:
    check_usage_error([*RUN, "nowhere", "--report", path], "cannot write")


def test_a_report_that_cannot_be_written_leaves_nothing_beside(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert fuzzeq(*RUN, "nowhere", "--report", "folder").status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_report_does_not_take_the_place_of_what_is_no_file() -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert fuzzeq(*RUN, "nowhere", "--report", "pipe").status == 2
        assert Path("pipe").is_fifo()
        assert json.loads(os.read(reader, 1 << 16))["verdict"] == "could-not-run"
    finally:
        os.close(reader)


def test_a_file_in_the_place_of_the_crashes_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    ended = fuzzeq("run", "tests.broken:LOSES_COUNT", "--edits", "300", "--jobs", "1",
                   "--crashes", "file")  # fmt: skip
    assert ended.status == 2
    assert "cannot write" in ended.err


def test_a_folder_without_crash_files_is_named() -> None:
    Path("other").mkdir()
    ended = fuzzeq("replay", "other")
    assert (ended.status, ended.out) == (0, "nothing to replay: no crash file in other\n")


def test_a_folder_that_cannot_be_looked_through_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(path: Path, pattern: str) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", "other/below")

    Path("other").mkdir()
    monkeypatch.setattr(Path, "rglob", refuse)
    ended = fuzzeq("replay", "other")
    assert ended.status == 2
    assert ended.err == (
        "fuzzeq: cannot look for crash files in other: other/below: Permission denied\n"
    )
