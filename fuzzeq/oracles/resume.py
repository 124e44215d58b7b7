"""Reading on from a checkpoint gives what batch has from there on: its stored state is true."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.model.columns import Columns
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Raised, Resumption
from fuzzeq.model.result import Item
from fuzzeq.oracles.oracle import compare, difference, stateless

NAME = "resume"


def applies(observation: Observation) -> bool:
    """Resumptions, and the comparison behind one."""
    if isinstance(observation, Comparison):
        return observation.cause == Cause.RESUME
    return isinstance(observation, Resumption)


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `checkpoints` (their offsets make no sense), `suffix` or `changed`."""
    if isinstance(observation, Comparison):
        return compare(NAME, "changed", observation, "result behind a resumption")
    assert isinstance(observation, Resumption)
    offsets, actual = observation.offsets, observation.actual
    if isinstance(actual, Raised):
        return None
    if list(offsets) != sorted(set(offsets)) or not 0 <= offsets[0] <= offsets[-1] <= max(
        observation.length, 0
    ):
        message = f"checkpoints do not ascend within [0, {observation.length}]: {offsets[:20]}"
        return Divergence(NAME, "checkpoints", observation.step, message)
    offset = offsets[observation.index]
    expected = suffix(observation.expected, offset, len(actual))
    what = f"items resumed from checkpoint {observation.index} at {offset}"
    return difference(NAME, "suffix", observation.step, expected, actual, what)


def suffix(items: Sequence[Item], offset: int, length: int) -> Sequence[Item]:
    """The items from an offset on; where they carry none, as many as were resumed (from 0: all)."""
    if isinstance(items, Columns):
        return items.since(offset)
    if all(hasattr(item, "start") for item in items):
        return [item for item in items if item.start >= offset]
    return items if offset == 0 else items[max(len(items) - length, 0) :]


ORACLE = stateless(NAME, applies, judge)
