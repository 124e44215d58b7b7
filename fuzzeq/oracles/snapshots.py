"""A snapshot gives the same handle back; a damaged one, or one of another document, is refused."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Refusal
from fuzzeq.oracles.invalid_edits import judge_refusal
from fuzzeq.oracles.oracle import compare, stateless

NAME = "snapshots"

RESTORE = Cause.RESTORE


def applies(observation: Observation) -> bool:
    """Refusals of snapshots, and the comparison behind a restore."""
    if isinstance(observation, Refusal):
        return observation.due == "InvalidSnapshot"
    return isinstance(observation, Comparison) and observation.cause is RESTORE


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `accepted`, `wrong error` or `round trip`."""
    if isinstance(observation, Refusal):
        return judge_refusal(NAME, observation)
    assert isinstance(observation, Comparison)
    return compare(NAME, "round trip", observation, "restored result beside batch")


ORACLE = stateless(NAME, applies, judge)
