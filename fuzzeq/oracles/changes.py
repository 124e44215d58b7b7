"""What a handle reports as unchanged is unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fuzzeq.model.columns import Columns, added, alike
from fuzzeq.model.edit import hull
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Comparison, Observation, Raised
from fuzzeq.model.result import Item
from fuzzeq.oracles.oracle import difference, stateless

NAME = "changes"


def applies(observation: Observation) -> bool:
    """Comparisons behind a step whose handle reported a changed range."""
    return isinstance(observation, Comparison) and observation.changed is not None


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `range` (it makes no sense), `before` or `behind`."""
    assert isinstance(observation, Comparison)
    new, old = observation.expected, observation.previous
    assert observation.changed is not None
    if isinstance(new, Raised):
        return None
    start, end = observation.changed
    kept = len(new) - end
    if not 0 <= start <= end <= len(new) or start + kept > len(old):
        message = f"changed range [{start}, {end}) with {len(old)} items before, {len(new)} now"
        return Divergence(NAME, "range", observation.step, message)
    if isinstance(new, Columns) and isinstance(old, Columns) and is_kept(observation, new, old):
        return None
    head = difference(
        NAME, "before", observation.step, new[:start], old[:start], "items reported as unchanged"
    )
    if head:
        return head
    tail = moved(old[len(old) - kept :], observation)
    what = f"items from {end} on reported as unchanged"
    return difference(NAME, "behind", observation.step, new[end:], tail, what)


def is_kept(observation: Comparison, new: Columns, old: Columns) -> bool:
    """Whether both ends of the result are what they should be, seen all at once: items that follow
    each other are where they were, or moved, as soon as the first of them is. Where this says no,
    each item is looked at."""
    assert observation.changed is not None
    start, end = observation.changed
    old_end = len(old) - (len(new) - end)
    head = slice(8 * max(start - len(new.lengths), 0))
    if not (
        new.codes[:start] == old.codes[:start]
        and new.lengths[:start] == old.lengths[:start]
        and new.starts[head] == old.starts[head]
        and new.ends[head] == old.ends[head]
        and new.codes[end:] == old.codes[old_end:]
        and new.lengths[end:] == old.lengths[old_end:]
        and alike(new.legend, old.legend)
    ):
        return False
    _, edits_end = hull(len(observation.before), observation.edits)
    by = len(observation.document) - len(observation.before)
    if end < len(new.lengths):
        moved_by = added(new.lengths[start:end]) - added(old.lengths[start:old_end])
        if moved_by != by or (by and added(old.lengths[:old_end]) < edits_end):
            return False
    tail = slice(8 * max(end - len(new.lengths), 0), None)
    if not new.starts[tail]:
        return True
    old_tail = slice(8 * max(old_end - len(old.lengths), 0), None)
    starts, ends = (np.frombuffer(column[old_tail], np.int64) for column in (old.starts, old.ends))
    shift = by * (starts >= edits_end)
    return (
        new.starts[tail] == (starts + shift).tobytes()
        and new.ends[tail] == (ends + shift).tobytes()
    )


def moved(items: Sequence[Item], observation: Comparison) -> Sequence[Item]:
    """Old items as they read behind the step: those behind the edits shifted, if they can be."""
    _, end = hull(len(observation.before), observation.edits)
    by = len(observation.document) - len(observation.before)
    if isinstance(items, Columns):
        return items.shifted(end, by)
    return [
        item.shift(by) if hasattr(item, "shift") and item.start >= end else item for item in items
    ]


ORACLE = stateless(NAME, applies, judge)
