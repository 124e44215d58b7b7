"""Batch is pure: asked again for the same document, after all that came between, it answers the
same."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Observation, Raised, Repetition
from fuzzeq.oracles.oracle import difference, stateless

NAME = "purity"


def applies(observation: Observation) -> bool:
    """Repetitions."""
    return isinstance(observation, Repetition)


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `differs`."""
    assert isinstance(observation, Repetition)
    if isinstance(observation.second, Raised):
        return None
    what = "batch result, asked for again"
    return difference(
        NAME, "differs", observation.step, observation.first, observation.second, what
    )


ORACLE = stateless(NAME, applies, judge)
