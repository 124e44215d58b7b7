"""`fuzzeq init`: what it writes works as soon as the two methods are filled in, finds a bug that is
planted in them, and never touches what is there already."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fuzzeq import UsageError
from fuzzeq.cli.init import TEMPLATES, init
from fuzzeq.oracles import ORACLES

BATCH = 'raise NotImplementedError("fill in Engine.batch: the result for a document, from scratch")'
UPDATE = 'raise NotImplementedError("fill in Handle.update: the engine\'s answer to an edit")'

WORDS_BATCH = 'return [(word.start(), word[0]) for word in re.finditer(r"\\S+", document)]'
WORDS_UPDATE = """start = min((edit.start for edit in edits), default=0)
        kept = [item for item in self.items if item[0] + len(item[1]) < start]
        place = kept[-1][0] + len(kept[-1][1]) if kept else 0
        read = re.compile(r"\\S+").finditer(document, place)
        self.items = kept + [(word.start(), word[0]) for word in read]"""
FORGETS_TO_LOOK_BACK = WORDS_UPDATE.replace("< start", "<= start")
"""A word that the edit only touches from behind is not read again."""

PROFILE = """
from hypothesis import settings

settings.register_profile("small", max_examples=25, stateful_step_count=8, database=None)
"""


def run(*arguments: object) -> Result:
    """The command, run here."""
    return CliRunner().invoke(init, [str(argument) for argument in arguments])


def begun(folder: Path) -> Path:
    """A folder in which `init` has written everything."""
    ended = run(folder)
    assert ended.exit_code == 0, ended
    return folder


def fill_in(folder: Path, batch: str, update: str) -> None:
    """Does what a stranger does: puts code in place of what raises `NotImplementedError`."""
    path = folder / "fuzz_target.py"
    adapter = path.read_text()
    assert adapter.count("NotImplementedError(") == 2
    assert BATCH in adapter
    assert UPDATE in adapter
    adapter = adapter.replace(BATCH, batch).replace(UPDATE, update)
    path.write_text(adapter.replace("from collections.abc", "import re\nfrom collections.abc", 1))


def fuzzed(folder: Path, what: str = "test_fuzz.py") -> subprocess.CompletedProcess[str]:
    """pytest in the folder, in a process of its own."""
    (folder / "conftest.py").write_text(PROFILE)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--hypothesis-seed=0"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--hypothesis-profile=small", what],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def test_init_writes_everything_and_says_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run()
    assert ended.exit_code == 0, ended
    assert contents(tmp_path).keys() == TEMPLATES.keys()
    for name in TEMPLATES:
        assert f"wrote {name}\n" in ended.output
    for words in ("fill in", "python -m pytest test_fuzz.py", "fuzzeq run engine"):
        assert words in ended.output
    assert "cd " not in ended.output


def test_init_makes_the_folder_and_says_how_to_get_there(tmp_path: Path) -> None:
    folder = tmp_path / "a new" / "place"
    ended = run(folder)
    assert ended.exit_code == 0, ended
    assert contents(folder).keys() == TEMPLATES.keys()
    assert f"cd '{folder}'" in ended.output


def test_test_file_is_short(tmp_path: Path) -> None:
    assert len((begun(tmp_path) / "test_fuzz.py").read_text().splitlines()) <= 10


@pytest.mark.parametrize("name", TEMPLATES)
def test_init_overwrites_nothing(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    ended = run(tmp_path)
    assert isinstance(ended.exception, UsageError)
    assert str(mine) in str(ended.exception)
    assert "nothing was written" in str(ended.exception)
    assert ended.output == ""
    assert contents(tmp_path) == {name: b"mine"}


def test_init_overwrites_no_link_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "test_fuzz.py").symlink_to(tmp_path / "nowhere")
    assert isinstance(run(tmp_path).exception, UsageError)
    assert not (tmp_path / "nowhere").exists()
    assert not (tmp_path / "fuzz_target.py").exists()


@pytest.mark.parametrize("blocked", [".github", ".github/workflows"])
def test_init_takes_back_what_it_wrote_when_the_rest_cannot_be(
    tmp_path: Path, blocked: str
) -> None:
    mine = tmp_path / blocked
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    ended = run(tmp_path)
    assert isinstance(ended.exception, UsageError), ended
    assert "cannot write" in str(ended.exception)
    assert contents(tmp_path) == {blocked: b"mine"}


def test_adapter_says_what_is_to_be_filled_in(tmp_path: Path) -> None:
    ended = fuzzed(begun(tmp_path))
    assert ended.returncode != 0
    assert "fill in Engine.batch" in ended.stdout


def test_filled_in_adapter_passes(tmp_path: Path) -> None:
    fill_in(begun(tmp_path), WORDS_BATCH, WORDS_UPDATE)
    ended = fuzzed(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_what_the_empty_adapter_failed_on_passes_once_it_is_filled_in(tmp_path: Path) -> None:
    fuzzed(begun(tmp_path))
    assert list((tmp_path / "crashes").glob("*.fuzzeq.json"))
    fill_in(tmp_path, WORDS_BATCH, WORDS_UPDATE)
    ended = fuzzed(tmp_path, "crashes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "passed" in ended.stdout


def test_planted_bug_is_found_and_told_small(tmp_path: Path) -> None:
    fill_in(begun(tmp_path), WORDS_BATCH, FORGETS_TO_LOOK_BACK)
    ended = fuzzed(tmp_path)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "2 failed" in ended.stdout
    machine, _, _ = ended.stdout.partition("_ test_engine_conforms _")
    told = re.findall(r"document +'(.*)'\n(?:step (\d+) +(.*)\n)+", machine)
    assert told, ended.stdout
    document, steps, last = told[0]
    assert len(document) <= 4
    assert int(steps) <= 2
    assert re.match(r"\[\d+:\d+\] |probe ", last)
    assert any(f"{oracle.name} (" in machine for oracle in ORACLES)
