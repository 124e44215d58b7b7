"""Batch is pure: asked again for the same document, after all that came between, it answers the
same; and what it remembers is what it would read."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Observation, Raised, Repetition
from fuzzeq.oracles.oracle import difference, stateless

NAME = "purity"


def applies(observation: Observation) -> bool:
    """Repetitions."""
    return isinstance(observation, Repetition)


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `differs` or, where it is the target's memory, `remembered`."""
    assert isinstance(observation, Repetition)
    if isinstance(observation.second, Raised):
        return None
    if observation.of_memory:
        read, remembered = observation.second, observation.first
        what = "batch result beside that with nothing remembered"
        return difference(NAME, "remembered", observation.step, read, remembered, what)
    what = "batch result, asked for again"
    return difference(
        NAME, "differs", observation.step, observation.first, observation.second, what
    )


ORACLE = stateless(NAME, applies, judge)
