"""Two handles do not disturb each other: what is done to one is not seen in the other."""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation
from fuzzeq.oracles.oracle import compare, stateless

NAME = "interleaving"

CAUSES = (Cause.FORK, Cause.TWIN)


def applies(observation: Observation) -> bool:
    """Both handles of a fork."""
    return isinstance(observation, Comparison) and observation.cause in CAUSES


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `fork` (the handle changed) or `twin` (its twin did)."""
    assert isinstance(observation, Comparison)
    return compare(
        NAME,
        observation.cause.value,
        observation,
        f"result of the {observation.cause} beside batch",
    )


ORACLE = stateless(NAME, applies, judge)
