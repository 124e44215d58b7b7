"""The incremental result is the batch result: after opening, after every step, after reopening."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Raised
from fuzzeq.oracles.oracle import difference, stateless

NAME = "equality"


def applies(observation: Observation) -> bool:
    """Every comparison that no other oracle asked for."""
    return isinstance(observation, Comparison) and observation.cause in (
        Cause.OPEN,
        Cause.EDITS,
        Cause.REOPEN,
    )


def judge(observation: Observation) -> Divergence | None:
    """A divergence at the first item that is not the same."""
    assert isinstance(observation, Comparison)
    expected, actual = observation.expected, observation.actual
    if isinstance(expected, Raised) or isinstance(actual, Raised):
        return None  # for `raises` to judge
    what = "incremental result beside batch"
    return difference(NAME, "differs", observation.step, expected, actual, what)


ORACLE = stateless(NAME, applies, judge)
