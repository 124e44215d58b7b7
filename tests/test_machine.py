"""The state machine: rules for what a target can do, planted bugs that die, failures that are
small, replay, and come again from Hypothesis's database.

Run with the profile that CI uses: derandomized, no database.
"""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    InMemoryExampleDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)

from fuzzeq.checking import check
from fuzzeq.engines.assertions import Diverged
from fuzzeq.engines.machine import state_machine
from fuzzeq.model.finding import Finding, Status
from fuzzeq.registry import load_target, planted_bugs
from fuzzeq.shrink import size
from fuzzeq.targets.latex import TARGET
from tests.outline import OUTLINE

pytestmark = pytest.mark.hypothesis

CI = settings(settings.get_profile("ci"), suppress_health_check=list(HealthCheck))
SEEDED = settings(CI, derandomize=False)
UNSHRUNK = settings(CI, phases=[Phase.generate])

EXPECTED_KILLS = 20
SEEDS = 3

SMALLEST = {
    # planted bug: edits and probes, characters written
    "half-applied": (1, 1),
    "lines-not-joined": (2, 4),
    "raises-when-emptied": (1, 0),
    "rebuild-reports-nothing": (1, 4),
    "restart-at-last-edit": (2, 3),
    "shared-answer": (1, 1),
    "stale-tail": (1, 40),
    "surplus-accepted": (1, 0),
}
"""What failures shrink to, or to less, whatever the seed. Most are the least that there can be. No
insertion is made a deletion, so a stale tail may need one that joins or hides what was there."""


def planted(name: str) -> Any:
    """The planted bug of the LaTeX lexer that has that name."""
    return load_target(f"latex-planted-{name}")


def hunted(target: object, given: settings = CI, number: int | None = None) -> Finding | None:
    """The finding with which a target's machine fails, or None where it passes."""
    machine = state_machine(target)
    if number is not None:
        seed(number)(machine)
    machine.TestCase.settings = given
    try:
        machine.TestCase("runTest").runTest()
    except Diverged as diverged:
        return diverged.finding
    except SkipTest:  # nothing was to be drawn, and the database has nothing
        return None
    return None


@pytest.mark.no_cover
@pytest.mark.parametrize("target", [TARGET, OUTLINE], ids=lambda target: str(target.name))
def test_healthy_target_passes(target: object) -> None:
    assert hunted(target) is None


def test_rules_for_missing_capabilities_are_not_there() -> None:
    rules = {"insert", "delete", "replace", "several", "undo", "redo", "invalid", "fork", "reopen"}
    assert rules <= vars(state_machine(TARGET)).keys()
    assert {"restore", "restore_damaged", "resume"} <= vars(state_machine(TARGET)).keys()
    assert not {"restore", "restore_damaged"} & vars(state_machine(OUTLINE)).keys()


def test_what_a_machine_did_is_a_trace_that_replays() -> None:
    target = planted("stale-tail")
    finding = hunted(target, UNSHRUNK)
    assert finding is not None
    assert not finding.shrunk
    again = check(target, finding.trace)
    assert again is not None
    assert again.same_bug_as(finding.divergence)
    assert check(TARGET, finding.trace) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
def test_failure_is_small_whatever_the_seed(name: str) -> None:
    edits, characters = SMALLEST[name]
    for number in range(SEEDS):
        finding = hunted(planted(name), SEEDED, number)
        assert finding is not None
        assert finding.shrunk
        found = size(finding.trace)
        assert (found[0], found[2]) <= (edits, characters), finding.trace
        divergence = check(planted(name), finding.trace)
        assert divergence is not None
        assert divergence.same_bug_as(finding.divergence)


def test_failure_of_a_subclass_is_small_too() -> None:
    class Mine(state_machine(planted("stale-tail"))):  # type: ignore[misc]
        pass

    Mine.TestCase.settings = CI
    with pytest.raises(Diverged) as caught:
        Mine.TestCase("runTest").runTest()
    assert caught.value.finding.shrunk


@pytest.mark.parametrize("blob", [True, False])
def test_blob_is_told_where_it_is_wanted(blob: bool) -> None:
    case = state_machine(planted("stale-tail")).TestCase
    case.settings = settings(CI, print_blob=blob)
    with pytest.raises(Diverged) as caught:
        case("runTest").runTest()
    notes = getattr(caught.value, "__notes__", [])
    assert ["@reproduce_failure" in note for note in notes] == [True] * blob


class Moody:
    """A target that is wrong about the third edit of its life, and never again."""

    name = "moody"

    def __init__(self) -> None:
        self.wrong = 3

    def batch(self, document: str) -> list[str]:
        return list(document)

    def open(self, document: str) -> MoodyHandle:
        return MoodyHandle(self, document)


class MoodyHandle:
    def __init__(self, target: Moody, document: str) -> None:
        self.target = target
        self.document = document
        self.wrong = False

    def apply(self, edits: Any) -> None:
        document = self.document
        for edit in edits:
            document = edit.apply(document)
        self.document = document
        self.target.wrong -= 1
        self.wrong = self.target.wrong == 0

    def result(self) -> list[str]:
        return [*self.document, *["wrong"] * self.wrong]


def test_failure_that_does_not_come_again_is_told_as_what_it_was() -> None:
    machine = state_machine(Moody())
    machine.TestCase.settings = CI
    with pytest.raises(Diverged, match=r"flaky  .*outside its handles") as caught:
        machine.TestCase("runTest").runTest()
    assert caught.value.finding.status == Status.FLAKY
    assert caught.value.finding.divergence.oracle == "equality"


# Hypothesis's database.


@pytest.fixture
def database_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis uses no database where pytest is given --hypothesis-seed."""
    monkeypatch.setattr("hypothesis.core.global_force_seed", None)


REPLAY = settings(SEEDED, phases=[Phase.reuse, Phase.shrink])
"""Nothing is drawn: what fails can only come from the database."""


def keep_failure(name: str, database: ExampleDatabase) -> Finding:
    """A planted bug's machine, run until it fails, with a database. A seed does not say what is
    drawn: Hypothesis draws constants of the modules that happen to be imported, too."""
    for number in range(20):
        finding = hunted(planted(name), settings(SEEDED, database=database), number)
        if finding is not None:
            return finding
    pytest.fail(f"no seed kills {name}")


@pytest.mark.usefixtures("database_in_use")
def test_failure_is_kept_and_replayed_from_a_folder(tmp_path: Path) -> None:
    replay = settings(REPLAY, database=DirectoryBasedExampleDatabase(tmp_path / "examples"))
    assert hunted(planted("half-applied"), replay) is None
    found = keep_failure("half-applied", DirectoryBasedExampleDatabase(tmp_path / "examples"))
    again = hunted(planted("half-applied"), replay)
    assert again is not None
    assert again.trace == found.trace


@pytest.mark.usefixtures("database_in_use")
def test_machines_of_other_targets_leave_a_failure_alone(tmp_path: Path) -> None:
    database = DirectoryBasedExampleDatabase(tmp_path)
    keep_failure("half-applied", database)
    assert hunted(planted("raises-when-emptied"), settings(REPLAY, database=database)) is None
    assert hunted(planted("half-applied"), settings(REPLAY, database=database)) is not None


@pytest.mark.usefixtures("database_in_use")
def test_failure_is_replayed_from_an_artifact_of_github(tmp_path: Path) -> None:
    """As Hypothesis documents it: what a workflow uploads is the folder's zip, here put where the
    database would have put what it downloads."""
    keep_failure("half-applied", DirectoryBasedExampleDatabase(tmp_path / "examples"))
    cache = tmp_path / "artifacts"
    cache.mkdir()
    artifact = cache / f"{datetime.now(UTC).isoformat().replace(':', '_')}.zip"
    with zipfile.ZipFile(artifact, "w") as archive:
        for path in (tmp_path / "examples").rglob("*"):
            archive.write(path, path.relative_to(tmp_path / "examples"))
    before = artifact.read_bytes()
    local = InMemoryExampleDatabase()
    shared = ReadOnlyDatabase(GitHubArtifactDatabase("someone", "something", path=cache))
    replay = settings(REPLAY, database=MultiplexedDatabase(local, shared))
    assert hunted(planted("half-applied"), replay) is not None
    assert artifact.read_bytes() == before


@pytest.mark.slow
def test_machine_alone_kills_many_planted_bugs() -> None:
    killed = 0
    for bug in reversed(planted_bugs()):  # any twenty will do, and those at the end die soonest
        killed += hunted(bug.target, UNSHRUNK) is not None
        if killed >= EXPECTED_KILLS:
            return
    pytest.fail(f"{killed} of {len(planted_bugs())} planted bugs killed")
