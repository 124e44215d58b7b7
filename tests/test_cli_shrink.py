"""`fuzzeq shrink`: a smaller finding in a file of its own, or a line on why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzeq import crash_store
from fuzzeq.checking import check
from fuzzeq.engines.unit import Unit, found
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.registry import load_target
from tests import broken
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder")


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


SLOW = """
import time
{at_import}
class T:
    name = 'slow'
    def batch(self, document): return list(document)
    def open(self, document): return H(document)
class H:
    def __init__(self, document): self.document = document
    def apply(self, edits):
        {at_each}
        for edit in edits: self.document = edit.apply(self.document)
    def result(self): return list(self.document) if 'z' not in self.document else []
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at_import", "at_each", "steps"), [("time.sleep(3)", "", 1), ("", "time.sleep(0.4)", 7)]
)
def test_what_is_slow_to_load_or_long_does_not_hang(
    at_import: str, at_each: str, steps: int
) -> None:
    Path("slow.py").write_text(SLOW.format(at_import=at_import, at_each=at_each or "pass"))
    edits = tuple((Edit(0, 0, text),) for text in [*"a" * steps, "z"])
    divergence = check(load_target("slow:T"), Trace("", edits))
    assert divergence is not None
    finding = Finding("slow", divergence, Trace("", edits))
    path = str(crash_store.store(finding, Path("elsewhere")))
    arguments = ["--target", "slow:T", "--hang", "2s"]
    for command in ("replay", "shrink"):
        ended = fuzzeq(command, path, *arguments)
        assert ended.status == 1, ended
        assert "no word" not in ended.out + ended.err
    ended = fuzzeq("run", "slow:T", "--edits", "3", "--jobs", "1", "--hang", "2s")
    assert "canary caught" in ended.out
    assert "no word" not in ended.out


@pytest.mark.slow
def test_a_run_waits_as_long_as_it_was_told() -> None:
    Path("slow.py").write_text(SLOW.format(at_import="", at_each="time.sleep(60)"))
    ended = fuzzeq("run", "slow:T", "--edits", "1", "--jobs", "1", "--hang", "2s")
    assert ended.status == 1
    assert "no word for 2 s" in ended.out
    assert ended.out.splitlines()[-1].endswith(".fuzzeq.json --hang 2s")


@pytest.mark.slow
def test_what_hangs_only_for_less_than_was_said_is_no_minimum() -> None:
    Path("slow.py").write_text(SLOW.format(at_import="", at_each="time.sleep(1.3)"))
    finding = replace(hung(Trace("h", ((Edit(0, 0, "x"),),))), target="slow")
    path = str(crash_store.store(finding, Path("elsewhere")))
    check_usage_error(["shrink", path, "--target", "slow:T", "--hang", "2s"], "nothing was changed")
    assert not Path("crashes").exists()


def hung(trace: Trace) -> Finding:
    """The finding of an engine that hangs on a trace."""
    divergence = Divergence("raises", "hung", len(trace.steps), "no word for 60 s", actual="hung")
    return Finding("hangs", divergence, trace, status=Status.HUNG, shrunk=True)
