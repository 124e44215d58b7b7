"""Nothing may raise: neither side, on anything that the other accepts."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import (
    Comparison,
    Observation,
    Outcome,
    Raised,
    Repetition,
    Resumption,
)
from fuzzeq.oracles.oracle import stateless

NAME = "raises"

RESULTS = (Comparison, Resumption, Repetition)
"""As a tuple: to ask for a union takes three times as long."""


def applies(observation: Observation) -> bool:
    """Every result, however it was asked for."""
    return isinstance(observation, RESULTS)


def judge(observation: Observation) -> Divergence | None:
    """A divergence whose kind is the call and the type of what it raised."""
    outcomes: tuple[Outcome, Outcome]
    if isinstance(observation, Repetition):
        outcomes = observation.first, observation.second
    else:
        assert isinstance(observation, (Comparison, Resumption))
        outcomes = observation.expected, observation.actual
    for outcome in outcomes:
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
