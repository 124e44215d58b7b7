"""The command line as its user sees it: output, one clear line for what is wrong, exit statuses.

Most rows run `main` in this process; what concerns signals and processes runs a real one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from click.testing import CliRunner

from fuzzeq import __version__, cli, crash_store
from fuzzeq.checking import check
from fuzzeq.cli.parameters import duration, seed
from fuzzeq.engines.unit import Unit, found
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.report import run_report
from tests import broken

pytestmark = pytest.mark.usefixtures("own_folder")

ROOT = Path(__file__).parents[1]
COMMIT = "c5fd3a2e9b1d4c7f8a6b5e4d3c2b1a0f9e8d7c6b"


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def fuzzeq(*arguments: str, stdin: bytes = b"") -> Ended:
    """Runs `main` here, as the console script does."""
    with CliRunner().isolation(input=stdin) as streams, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzzeq", *arguments])
        try:
            cli.main()
            status: object = 0
        except SystemExit as done:
            status = done.code
        out, err = (stream.getvalue().decode() for stream in streams[:2])
    assert isinstance(status, int), status
    return Ended(status, out, err)


def check_usage_error(arguments: list[str], *words: str) -> None:
    """Status 2, nothing on standard output, and on the other one line (or click's usage and one
    line) that has the words."""
    ended = fuzzeq(*arguments)
    assert ended.status == 2, ended
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert lines[-1].startswith(("fuzzeq: ", "Error: ")), ended.err
    assert len(lines) == 1 or lines[0].startswith("Usage: "), ended.err
    assert "Traceback" not in ended.err
    for word in words:
        assert word in lines[-1]


# Help and versions.


@pytest.mark.parametrize("command", ["", "run", "replay", "shrink", "selftest", "targets", "lex"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_there(command: str, option: str) -> None:
    ended = fuzzeq(*command.split(), option)
    assert ended.status == 0
    # Under a test runner click takes the runner's name for the program's.
    assert re.match(rf"Usage: .*fuzzeq {command}".rstrip(), ended.out)
    assert ended.err == ""
    assert max(map(len, ended.out.splitlines())) <= 100


def test_version_is_shown() -> None:
    assert fuzzeq("--version") == Ended(0, f"fuzzeq, version {__version__}\n", "")


@pytest.mark.parametrize(
    ("command", "others"),
    [("init", ("fuzzeq.campaign", "fuzzeq.cli.run", "numpy")), ("config", ("fuzzeq.bench",))],
)
def test_no_command_waits_for_what_others_import(command: str, others: tuple[str, ...]) -> None:
    code = (
        f"import sys; sys.argv = ['fuzzeq', {command!r}, '--help']\n"
        "from fuzzeq.cli import main\n"
        "try:\n    main()\n"
        f"finally:\n    print([name for name in sys.modules if name.startswith({others!r})])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_without_a_command_the_help_is_shown_and_nothing_was_run() -> None:
    ended = fuzzeq()
    assert ended.status == 2
    assert re.match("Usage: .*fuzzeq", ended.err)


def test_as_a_module_it_is_the_same_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fuzzeq", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"fuzzeq, version {__version__}\n"
    assert ended.stderr == ""


# What the user got wrong.

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


# run


def check_run(status: int, *arguments: str) -> Ended:
    """Runs a broken or healthy target for a few edits."""
    ended = fuzzeq("run", "--jobs", "1", *arguments)
    assert ended.status == status, ended
    return ended


@pytest.mark.parametrize("command", [("run", "latex"), ("campaign", "dev")])
def test_the_place_of_a_report_is_looked_at_before_anything_is_run(
    command: tuple[str, ...],
) -> None:
    ended = fuzzeq(*command, "--edits", "250", "--report", "/proc/r.json")
    assert ended.status == 2
    assert ended.err.splitlines() == [
        "fuzzeq: cannot write /proc/r.json: No such file or directory"
    ]
    assert not Path(".fuzzeq").exists()


def test_what_an_engine_prints_is_not_among_the_answers() -> None:
    out, err = start("run", "tests.broken:PRINTS", "--edits", "250", "--jobs", "1").communicate()
    assert out.startswith("clean: ")
    assert "applied" not in out
    assert "applied" in err


def test_a_clean_run_says_so_first_and_writes_its_report() -> None:
    ended = check_run(
        0, "latex", "--edits", "250", "--seed", COMMIT, "--report", "r.json", "--fail-on", "new"
    )
    assert ended.out.startswith("clean: 0 new, 0 known, 0 fixed; canary caught after ")
    assert "1 unit of 1 planned" in ended.out
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "clean"
    assert value["seed"] == int(COMMIT, 16)
    assert [path.name for path in Path().iterdir()] == ["r.json"]


def test_a_run_that_could_not_start_still_writes_its_report() -> None:
    assert fuzzeq(*RUN, "nowhere", "--seed", "5", "--report", "r.json").status == 2
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "could-not-run"
    assert value["seed"] == 5
    assert "no target 'nowhere'" in value["warnings"][0]
    assert set(value) >= set(run_report.could_not_run("", "", 0, ""))


def test_findings_end_with_the_command_that_reproduces_them() -> None:
    found_first = ["tests.broken:LOSES_COUNT", "--edits", "300"]
    ended = check_run(1, *found_first)
    last = ended.out.splitlines()[-1]
    assert last.startswith("to reproduce: fuzzeq replay --target tests.broken:LOSES_COUNT crash")
    again = fuzzeq(*last.split()[3:])
    assert again.status == 1
    assert again.out.startswith("FAILED crashes/")
    known = check_run(0, *found_first, "--fail-on", "new")
    assert known.out.startswith("findings: 0 new, ")
    assert "known finding" in known.out
    assert check_run(1, *found_first).out.startswith("findings: 0 new, ")


def test_what_a_trusted_name_finds_can_be_reproduced(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.fuzzeq.targets]\nmine = 'tests.broken:LOSES_COUNT'"
    )
    last = fuzzeq("run", "mine", "--jobs", "1", "--edits", "300").out.splitlines()[-1]
    assert fuzzeq(*last.split()[3:]).out.startswith("FAILED")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("0.5", 0.5)]
)
def test_a_time_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-7", -7), ("1234", 1234), ("abcd", 0xABCD), (COMMIT, int(COMMIT, 16)),
     ("1" * 40, int("1" * 40, 16)), ("F" * 64, int("F" * 64, 16))],
)  # fmt: skip
def test_a_seed_is_a_number_or_a_commit(text: str, number: int) -> None:
    assert seed(text) == number
    assert number <= crash_store.LARGEST_NUMBER


# lex


def test_lex_shows_a_line_for_each_token() -> None:
    Path("a.tex").write_bytes(b"a $x$\n")
    ended = fuzzeq("lex", "a.tex")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0].split() == ["1:1", "text", "text", "'a'"]
    assert fuzzeq("lex", "a.tex", "--incremental") == ended


def test_lex_reads_line_ends_as_they_are() -> None:
    text = "a\r\nb\rc\n"
    Path("a.tex").write_bytes(text.encode())
    ended = fuzzeq("lex", "a.tex", "--json")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert "".join(text[row["start"] : row["end"]] for row in rows) == text
    assert {"kind", "start", "end", "mode", "value"} <= set(rows[0])


def test_lex_reads_what_is_not_utf_8_as_latin_1_and_says_so() -> None:
    Path("a.tex").write_bytes(b"caf\xe9")
    ended = fuzzeq("lex", "a.tex")
    assert ended.status == 0
    assert "'café'" in ended.out
    assert ended.err == "fuzzeq: a.tex is not UTF-8, read as Latin-1\n"


def test_lex_of_nothing_is_nothing() -> None:
    Path("a.tex").touch()
    assert fuzzeq("lex", "a.tex") == Ended(0, "", "")


@pytest.mark.parametrize("data", [b"", b"a $x$\r", b"caf\xe9"], ids=["empty", "text", "latin-1"])
def test_lex_reads_standard_input_as_it_reads_a_file(data: bytes) -> None:
    Path("a.tex").write_bytes(data)
    from_file, from_input = fuzzeq("lex", "a.tex"), fuzzeq("lex", "-", stdin=data)
    assert from_input._replace(err="") == from_file._replace(err="")
    assert ("Latin-1" in from_input.err) == ("Latin-1" in from_file.err)


def test_lex_lets_no_document_steer_the_terminal() -> None:
    Path("a.tex").write_text("\x1b[2J\x07\x7f\u202e")
    ended = fuzzeq("lex", "a.tex")
    assert ended.status == 0
    assert not set("\x1b\x07\x7f\u202e") & set(ended.out)


@pytest.mark.slow
def test_lex_takes_time_in_proportion_to_the_document() -> None:
    line = b"hello \\foo{x} $a$\n"
    seconds = []
    for lines in (60, 960):
        Path("a.tex").write_bytes(line * lines)
        began = time.process_time()
        assert fuzzeq("lex", "a.tex").status == 0
        seconds.append(time.process_time() - began)
    assert seconds[1] < 40 * seconds[0]


# targets


def test_targets_are_listed_with_what_they_can() -> None:
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert re.search(r"^latex\b.*\bon\b.*\bcheckpoints\b.*\boff\b", ended.out, re.DOTALL)


def test_planted_bugs_are_listed() -> None:
    ended = fuzzeq("targets", "--planted")
    assert ended.status == 0
    assert ended.out.count("latex-planted-") >= 8


def test_a_trusted_target_that_cannot_be_loaded_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.fuzzeq.targets]\nabsent = 'no_module:T'")
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert "latex" in ended.out
    assert "no_module" in ended.out


def test_a_trusted_target_that_cannot_be_opened_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.fuzzeq.targets]\nbad = 'unopened:T'")
    (tmp_path / "unopened.py").write_text(
        "class T:\n    name = 'bad'\n    def batch(self, document): return []\n"
        "    def open(self, document): raise ValueError('no')\n"
    )
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert "latex" in ended.out


# shrink


def unshrunk() -> tuple[Finding, Path]:
    """A large finding in its file."""
    steps = (
        (Edit(3, 5, "q"),),
        Probe(ProbeName.REOPEN),
        (Edit(0, 0, "xx"), Edit(1, 1, "yy"), Edit(7, 9, "")),
        (Edit(1, 1, "z"),),
    )
    trace = Trace("hello world, " * 20, steps)
    divergence = check(broken.FORGETS_SECOND, trace)
    assert divergence is not None
    unit = Unit("stream", "tests.broken:FORGETS_SECOND", 1, 2, 250)
    finding = found(unit, "forgets-second", trace, divergence)
    return finding, crash_store.store(finding, Path("elsewhere"))


def test_shrink_makes_a_finding_smaller_and_leaves_its_file_alone() -> None:
    finding, path = unshrunk()
    before = path.read_bytes()
    ended = fuzzeq("shrink", str(path), "--target", "tests.broken:FORGETS_SECOND")
    assert ended.status == 1
    assert path.read_bytes() == before
    (small,) = [crash_store.load(each).finding for each in Path("crashes").glob("*.json")]
    assert small.shrunk
    assert small.origin == finding.origin
    assert len(small.trace.document) <= 1
    assert len(small.trace.steps) == 1
    assert check(broken.FORGETS_SECOND, small.trace) == small.divergence
    assert ended.out.startswith("260 characters and 4 steps became ")


def test_shrink_ends_with_a_command_that_reproduces() -> None:
    _, path = unshrunk()
    ended = fuzzeq("shrink", str(path), "--target", "tests.broken:FORGETS_SECOND")
    last = ended.out.splitlines()[-1]
    assert last.startswith("to reproduce: fuzzeq ")
    assert fuzzeq(*last.split()[3:]).status == 1


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (lambda f: f, ["--target", "tests.broken:HEALTHY"], "does not fail as it says"),
        (lambda f: f, [], "no target 'forgets-second'"),
        (lambda f: f, [], "--target says which"),
        (lambda f: replace(f, target="os:system"), [], "plain name"),
        (lambda f: f, ["--target", "tests.broken:ALWAYS_DIES"], "its process: exit status 5"),
        (lambda f: f, ["--target", "tests.broken:FORGETS_SECOND", "--budget", "0"], "0"),
    ],
    ids=["fixed", "unknown", "unknown-and-what-to-do", "hostile", "dies", "no-budget"],
)
def test_what_cannot_be_shrunk_is_told(
    change: Callable[[Finding], Finding], arguments: list[str], words: str
) -> None:
    finding, _ = unshrunk()
    path = crash_store.store(change(finding), Path("changed"))
    check_usage_error(["shrink", str(path), *arguments], words)
    assert not Path("crashes").exists()


@pytest.mark.slow
def test_what_hangs_is_replayed_and_shrunk_for_as_long_as_one_likes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(broken.VICTIM, broken.checksum("h"))
    path = str(crash_store.store(hung(Trace("h", ((Edit(0, 0, "x"),),))), Path("elsewhere")))
    arguments = [path, "--target", "tests.broken:HANGS", "--hang", "2s"]
    replayed = fuzzeq("replay", *arguments)
    assert replayed.status == 1
    assert replayed.out.startswith(f"FAILED {path}: its process: no word for 2 s\n")
    shrunk = fuzzeq("shrink", *arguments)
    assert shrunk.status == 1
    assert "no word for 1 s" in shrunk.out


def hung(trace: Trace) -> Finding:
    """The finding of an engine that hangs on a trace."""
    divergence = Divergence("raises", "hung", len(trace.steps), "no word for 60 s", actual="hung")
    return Finding("hangs", divergence, trace, status=Status.HUNG, shrunk=True)


@pytest.mark.parametrize("command", [["run"], ["campaign", "dev", "--target"]])
def test_report_is_written_and_the_status_is_the_verdict_even_if_nobody_listens(
    command: list[str],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*command, "tests.broken:LOSES_COUNT", "--edits", "300", "--report", "r.json"]
    ended = subprocess.run(
        [sys.executable, "-m", "fuzzeq", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    os.close(writer)
    assert ended.returncode == 1, ended.stderr
    assert json.loads(Path("r.json").read_text("utf-8"))["verdict"] != "clean"
    assert command == ["run"] or Path(".fuzzeq/dev/report.html").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_report_is_written_even_if_nothing_can_be_said() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "fuzzeq", "run", "--edits", "100", "--report", "r.json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert "cannot write to standard output: No space left" in ended.stderr
    assert Path("r.json").is_file()


# Signals, on real processes.


def start(*arguments: str) -> subprocess.Popen[str]:
    """A real process in the test's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "fuzzeq", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


def wait_for_workers(process: subprocess.Popen[str], wanted: int) -> list[psutil.Process]:
    """The worker processes once there are so many, and they have done something."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
        if len([child for child in children if child.cpu_times().user > 0.6]) >= wanted:
            return children
        time.sleep(0.1)
    raise AssertionError("no workers")


def check_interrupted(
    signals: list[int], group: bool = False
) -> tuple[subprocess.Popen[str], str, str]:
    """Sends the signals to a long run; it ends within 15 s, with status 2 and no worker left."""
    process = start("run", "latex", "--edits", "1000000", "--jobs", "2", "--report", "r.json")
    try:
        children = wait_for_workers(process, 2)
        for number in signals:
            (os.killpg if group else os.kill)(process.pid, number)
            time.sleep(0.3)
        out, err = process.communicate(timeout=15)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 2, err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    return process, out, err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["SIGINT-from-a-terminal", "SIGTERM"],
)
def test_a_signal_ends_a_run_with_its_report(number: int, group: bool) -> None:
    _, out, _ = check_interrupted([number], group)
    assert out.startswith("incomplete: 0 new, ")
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "incomplete"
    assert value["interrupted"]
    assert 0 < value["edits"] < 1_000_000


@pytest.mark.slow
def test_a_second_signal_ends_a_run_at_once() -> None:
    began = time.monotonic()
    process = start("run", "tests.broken:SLOW", "--edits", "1000000", "--jobs", "1")
    try:
        children = wait_for_nap(process)
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None, "the unit in flight is finished first"
        os.kill(process.pid, signal.SIGINT)
        second = time.monotonic()
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 2
    assert err.splitlines()[-1] == "fuzzeq: interrupted"
    assert time.monotonic() - second < 6
    assert time.monotonic() - began < 40
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def wait_for_nap(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The worker processes, once one of them has said that it sleeps."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if Path("asleep").exists():
            children: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
            return children
        time.sleep(0.1)
    raise AssertionError("nothing sleeps")


@pytest.mark.slow
def test_ctrl_c_while_workers_start_is_not_our_fault() -> None:
    for delay in (0.1, 0.3):
        process = start("run", "latex", "--edits", "1000000", "--jobs", "2")
        deadline = time.monotonic() + 20
        while len(psutil.Process(process.pid).children(recursive=True)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert "Traceback" not in err
        assert process.returncode == 2


def test_a_reader_that_goes_away_is_not_a_finding() -> None:
    Path("a.tex").write_text("a\n" * 2000)
    with start("lex", "a.tex", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (2, "")


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
