"""The incremental result is the batch result: after opening, after every step, after reopening."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation
from fuzzeq.oracles.oracle import compare, stateless

NAME = "equality"

CAUSES = (Cause.EDITS, Cause.OPEN, Cause.REOPEN, Cause.TWIN_EDIT)


def applies(observation: Observation) -> bool:
    """Every comparison that no other oracle asked for."""
    return isinstance(observation, Comparison) and observation.cause in CAUSES


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `differs`, at the first item that is not the same, or `inconsistent`."""
    assert isinstance(observation, Comparison)
    divergence = compare(NAME, "differs", observation, "incremental result beside batch")
    if divergence or not observation.flaw:
        return divergence
    message = f"the result does not agree with itself: {observation.flaw}"
    return Divergence(NAME, "inconsistent", observation.step, message)


ORACLE = stateless(NAME, applies, judge)
