"""An edit that does not fit is refused with `InvalidEdit`, and nothing has changed."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Refusal
from fuzzeq.oracles.oracle import compare, stateless

NAME = "invalid-edits"

INVALID = Cause.INVALID


def applies(observation: Observation) -> bool:
    """The refusal, and the comparison behind it."""
    if isinstance(observation, Refusal):
        return observation.due == "InvalidEdit"
    return isinstance(observation, Comparison) and observation.cause is INVALID


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `accepted`, `wrong error` or `changed`."""
    if isinstance(observation, Refusal):
        return judge_refusal(NAME, observation)
    assert isinstance(observation, Comparison)
    return compare(NAME, "changed", observation, "result behind a refused edit")


def judge_refusal(oracle: str, refusal: Refusal) -> Divergence | None:
    """A divergence where what had to be refused was not, or with another error."""
    if refusal.refused:
        return None
    if refusal.raised is None:
        message = f"{refusal.what} was accepted; {refusal.due} was due"
        return Divergence(oracle, "accepted", refusal.step, message)
    message = f"{refusal.what} raised {refusal.raised.type}; {refusal.due} was due"
    return Divergence(oracle, "wrong error", refusal.step, message, actual=refusal.raised.type)


ORACLE = stateless(NAME, applies, judge)
