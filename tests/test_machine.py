"""The state machine: rules for what a target can do, planted bugs that die, traces that replay.

Run with the profile that CI uses: derandomized, no database.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings

from fuzzeq.checking import check
from fuzzeq.engines.assertions import Diverged
from fuzzeq.engines.machine import state_machine
from fuzzeq.model.finding import Finding
from fuzzeq.registry import planted_bugs
from fuzzeq.targets.latex import TARGET
from tests.outline import OUTLINE

CI = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(CI, phases=(Phase.generate,))
"""Without shrinking, which may take Hypothesis minutes, and is not what a kill needs."""

EXPECTED_KILLS = 20
REPLAYED = "latex-planted-stale-tail"


def hunted(target: object) -> Finding | None:
    """The finding with which a target's machine fails, or None where it passes."""
    case = state_machine(target).TestCase
    case.settings = HUNT
    try:
        case("runTest").runTest()
    except Diverged as diverged:
        return diverged.finding
    return None


@pytest.mark.parametrize("target", [TARGET, OUTLINE], ids=lambda target: str(target.name))
def test_healthy_target_passes(target: object) -> None:
    assert hunted(target) is None


def test_rules_for_missing_capabilities_are_not_there() -> None:
    rules = {"insert", "delete", "replace", "several", "undo", "redo", "invalid", "fork", "reopen"}
    assert rules <= vars(state_machine(TARGET)).keys()
    assert {"restore", "restore_damaged", "resume"} <= vars(state_machine(TARGET)).keys()
    assert not {"restore", "restore_damaged"} & vars(state_machine(OUTLINE)).keys()


def test_what_a_machine_did_is_a_trace_that_replays() -> None:
    (target,) = (bug.target for bug in planted_bugs() if bug.target.name == REPLAYED)
    finding = hunted(target)
    assert finding is not None
    again = check(target, finding.trace)
    assert again is not None
    assert again.same_bug_as(finding.divergence)
    assert check(TARGET, finding.trace) is None


@pytest.mark.slow
def test_machine_alone_kills_many_planted_bugs() -> None:
    killed = 0
    for bug in planted_bugs():
        killed += hunted(bug.target) is not None
        if killed >= EXPECTED_KILLS:
            return
    pytest.fail(f"{killed} of {len(planted_bugs())} planted bugs killed")
