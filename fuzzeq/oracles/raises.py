"""Nothing may raise: neither side, on anything that the other accepts."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Comparison, Observation, Raised, Repetition, Resumption
from fuzzeq.oracles.oracle import stateless

NAME = "raises"


def applies(observation: Observation) -> bool:
    """Every result, however it was asked for."""
    return isinstance(observation, Comparison | Resumption | Repetition)


def judge(observation: Observation) -> Divergence | None:
    """A divergence whose kind is the call and the type of what it raised."""
    assert isinstance(observation, Comparison | Resumption | Repetition)
    first = observation.first if isinstance(observation, Repetition) else observation.expected
    second = observation.second if isinstance(observation, Repetition) else observation.actual
    for outcome in (first, second):
        if isinstance(outcome, Raised):
            return Divergence(
                oracle=NAME,
                kind=f"{outcome.where}: {outcome.type}",
                step=observation.step,
                message=f"{outcome.where} raised {outcome.type}: {outcome.message}",
                actual=outcome.type,
            )
    return None


ORACLE = stateless(NAME, applies, judge)
