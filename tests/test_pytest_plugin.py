"""The pytest plugin, as someone meets it: a folder, a test file, crash files, real runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzeq import crash_store
from fuzzeq.checking import check
from fuzzeq.engines.assertions import finding_of
from fuzzeq.engines.replay import replay
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

ADAPTER = """
class Handle:
    def __init__(self, text):
        self.text = text
        self.letters = list(text)

    def apply(self, edits):
        text = self.text
        for edit in edits:
            text = edit.apply(text)
        self.text = text
        {update}

    def result(self):
        return self.letters


class Letters:
    name = "letters"

    def batch(self, text):
        return list(text)

    def open(self, text):
        return Handle(text)


TARGET = Letters()
"""
HEALTHY = ADAPTER.format(update="self.letters = list(text)")
FORGETS_LAST = ADAPTER.format(update="self.letters = list(text)[: max(len(self.letters), 1)]")

FIVE_LINES = """
from fuzzeq import state_machine
from letters import TARGET

TestLetters = state_machine(TARGET).TestCase
"""
GIVEN = """
from fuzzeq import assert_equivalent
from fuzzeq.recipes.keystrokes import traces
from hypothesis import Phase, given, settings
from letters import TARGET


@settings(phases=[Phase.generate], database=None)
@given(traces())
def test_letters(trace):
    assert_equivalent(TARGET, trace)
"""
SHORT_RUN = """
from letters import TARGET


def test_letters(fuzzeq_check):
    meter = fuzzeq_check(TARGET)
    assert meter.edits == {edits}
"""
WITH_OPTION = """
def test_letters(fuzzeq_check, fuzzeq_target):
    fuzzeq_check(fuzzeq_target, edits=50)
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest in a folder, in a process of its own, with what is installed here."""
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider",
         *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def check_run(
    folder: Path, adapter: str, test: str, status: int, shown: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Writes an adapter and a test, runs pytest, and looks at its status and its output."""
    (folder / "letters.py").write_text(adapter)
    if test:
        (folder / "test_it.py").write_text(test)
    ended = run_pytest(folder, *arguments)
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert re.search(shown, ended.stdout), ended.stdout
    return ended


@pytest.mark.parametrize(
    ("adapter", "test", "status", "shown", "arguments"),
    [
        (HEALTHY, FIVE_LINES, 0, "1 passed", ()),
        (FORGETS_LAST, FIVE_LINES, 1, r"_\nthe target diverges\n(.|\n)*step 1 .*\nbatch", ()),
        (FORGETS_LAST, GIVEN, 1, r"fuzzeq: the same, shrunk -+\ntarget(.|\n)*kept as", ()),
        (HEALTHY, SHORT_RUN.format(edits=1000), 0, "1 passed", ()),
        (HEALTHY, SHORT_RUN.format(edits=70), 0, "1 passed", ("--fuzzeq-edits=70",)),
        (FORGETS_LAST, SHORT_RUN.format(edits=1000), 1, "to reproduce: fuzzeq replay", ()),
        (HEALTHY, WITH_OPTION, 1, "no target: give --fuzzeq-target", ()),
        (HEALTHY, WITH_OPTION, 0, "1 passed", ("--fuzzeq-target=letters:TARGET",)),
    ],
    ids=[
        "five lines, healthy", "five lines, broken", "strategy, broken", "short run, healthy",
        "edits by option", "short run, broken", "no target", "target by option",
    ],
)  # fmt: skip
def test_what_a_test_says(
    tmp_path: Path, adapter: str, test: str, status: int, shown: str, arguments: tuple[str, ...]
) -> None:
    check_run(tmp_path, adapter, test, status, shown, *arguments)


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_number_of_edits_has_to_be_one(tmp_path: Path, number: str) -> None:
    ended = run_pytest(tmp_path, f"--fuzzeq-edits={number}")
    assert ended.returncode == 4
    assert "--fuzzeq-edits: invalid number_of_edits value" in ended.stderr


def test_seed_option_chooses_the_traces(tmp_path: Path) -> None:
    test = "from letters import TARGET\n\n\ndef test(fuzzeq_check):\n    fuzzeq_check(TARGET)\n"
    for seed in ("7", "deadbeefcafe"):
        xml = tmp_path / f"{seed}.xml"
        check_run(
            tmp_path, HEALTHY, test, 0, "1 passed", f"--fuzzeq-seed={seed}", f"--junit-xml={xml}"
        )
        number = int(seed) if seed.isdigit() else int(seed, 16)
        assert f'name="fuzzeq_seed" value="{number}"' in xml.read_text()
        assert 'name="fuzzeq_edits" value="1000"' in xml.read_text()


def test_finding_of_a_test_is_kept_and_replays(tmp_path: Path) -> None:
    xml = tmp_path / "junit.xml"
    ended = check_run(
        tmp_path, FORGETS_LAST, SHORT_RUN.format(edits=1000), 1, "kept as", f"--junit-xml={xml}"
    )
    (kept,) = (tmp_path / "crashes").glob("*.fuzzeq.json")
    assert str(kept) in ended.stdout
    assert 'name="fuzzeq_reproducer"' in xml.read_text()
    finding = crash_store.load(kept).finding
    assert finding.shrunk
    assert len(finding.trace.steps) == 1
    # What was kept is a test by itself, here of the engine that still has the bug.
    (tmp_path / "test_it.py").unlink()
    check_run(
        tmp_path, FORGETS_LAST, "", 1, r"FAILED: equality(.|\n)*to reproduce: fuzzeq replay",
        "--fuzzeq-target=letters:TARGET",
    )  # fmt: skip
    check_run(tmp_path, HEALTHY, "", 0, "1 passed", "--fuzzeq-target=letters:TARGET")
    check_run(tmp_path, HEALTHY, "", 1, "ERROR: .*no target 'letters'")


@pytest.mark.parametrize("test", [FIVE_LINES, GIVEN])
def test_finding_of_hypothesis_is_kept_small(tmp_path: Path, test: str) -> None:
    check_run(tmp_path, FORGETS_LAST, test, 1, "kept as")
    (kept,) = (tmp_path / "crashes").glob("*.fuzzeq.json")
    finding = crash_store.load(kept).finding
    assert len(finding.trace.steps) == 1
    assert len(finding.trace.document) <= 2


def test_crash_file_of_a_registered_target_needs_no_option(tmp_path: Path) -> None:
    planted = load_target("latex-planted-lookahead-unrecorded")
    trace = Trace("\r", ((Edit(1, 1, "\n"),),))
    divergence = check(planted, trace)
    assert divergence
    finding = finding_of(planted, trace, divergence, "test")
    path = crash_store.store(finding, tmp_path)
    assert replay(path).verdict == "FAILED"
    ended = run_pytest(tmp_path)
    assert ended.returncode == 1
    assert "incremental (actual)" in ended.stdout
    assert "Traceback" not in ended.stdout
    assert run_pytest(tmp_path, "--fuzzeq-target=latex").returncode == 0


def test_damaged_crash_file_is_one_failing_test(tmp_path: Path) -> None:
    (tmp_path / "bad.fuzzeq.json").write_text("{")
    ended = run_pytest(tmp_path)
    assert ended.returncode == 1
    assert "FAILED bad.fuzzeq.json::replay - ERROR: not a reproducer: " in ended.stdout


def test_plugin_imports_nothing_heavy() -> None:
    program = "import sys, fuzzeq.pytest_plugin; print([m for m in sys.modules if 'fuzzeq' in m])"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "['fuzzeq', 'fuzzeq.pytest_plugin']"
