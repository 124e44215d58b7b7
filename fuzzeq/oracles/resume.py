"""Reading on from a checkpoint gives what batch has from there on: its stored state is true.

Items with offsets say themselves which of them are due. Of opaque ones it is only known that they
are the last ones, and that no checkpoint gives fewer than one that lies behind it: an engine that
gives too few from a single checkpoint cannot be told from one whose text has no more there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fuzzeq.model.columns import Columns
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Raised, Resumption
from fuzzeq.model.result import Item
from fuzzeq.oracles.oracle import Judge, Oracle, compare, difference

NAME = "resume"

RESUME = Cause.RESUME


def applies(observation: Observation) -> bool:
    """Resumptions, and the comparison behind one."""
    if isinstance(observation, Comparison):
        return observation.cause is RESUME
    return isinstance(observation, Resumption)


def start() -> Judge:
    """A judge for one trace; it remembers how much each checkpoint of the document gave."""
    counts: dict[int, int] = {}
    counted: Sequence[Item] | None = None

    def judge(observation: Observation) -> Divergence | None:
        """A divergence of kind `checkpoints` (their offsets make no sense), `suffix`, `fewer` or
        `changed`."""
        nonlocal counted
        if isinstance(observation, Comparison):
            return compare(NAME, "changed", observation, "result behind a resumption")
        assert isinstance(observation, Resumption)
        if isinstance(observation.actual, Raised):
            return None
        divergence = judge_suffix(observation, observation.actual)
        if divergence:
            return divergence
        if observation.expected is not counted:  # the document is another one
            counts.clear()
            counted = observation.expected
        offset, count = observation.offsets[observation.index], len(observation.actual)
        counts[offset] = min(count, counts.get(offset, count))
        in_order = sorted(counts.items())
        for (front, fewer), (behind, more) in pairwise(in_order):
            if fewer < more:
                message = f"checkpoint at {front} gives {fewer} items, the one at {behind} {more}"
                return Divergence(NAME, "fewer", observation.step, message)
        return None

    return judge


def judge_suffix(observation: Resumption, actual: Sequence[Item]) -> Divergence | None:
    """Checkpoints in order, and the items from one of them on beside the last ones of batch."""
    offsets = observation.offsets
    if list(offsets) != sorted(set(offsets)) or not 0 <= offsets[0] <= offsets[-1] <= max(
        observation.length, 0
    ):
        message = f"checkpoints do not ascend within [0, {observation.length}]: {offsets[:20]}"
        return Divergence(NAME, "checkpoints", observation.step, message)
    offset = offsets[observation.index]
    expected = without_points(suffix(observation.expected, offset, len(actual)), offset)
    actual = without_points(actual, offset)
    what = f"items resumed from checkpoint {observation.index} at {offset}"
    return difference(NAME, "suffix", observation.step, expected, actual, what)


def suffix(items: Sequence[Item], offset: int, length: int) -> Sequence[Item]:
    """The items from an offset on; where they carry none, as many as were resumed (from 0: all)."""
    if isinstance(items, Columns):
        return items.since(offset)
    if all(hasattr(item, "start") for item in items):
        return [item for item in items if item.start >= offset]
    return items if offset == 0 else items[max(len(items) - length, 0) :]


def without_points(items: Sequence[Item], offset: int) -> Sequence[Item]:
    """The items without those of no length that stand just there: a diagnostic at the end of the
    line before has that place as well, and who resumes there does not see it."""
    if isinstance(items, Columns):
        starts, ends = items.offsets()
        if not ((starts == offset) & (ends == offset)).any():
            return items
    return [
        item
        for item in items
        if not getattr(item, "start", None) == getattr(item, "end", None) == offset
    ]


ORACLE = Oracle(NAME, applies, start)
