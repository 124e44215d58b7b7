"""Items are slices of the document, in order, without gap or overlap, and together all of it."""

from __future__ import annotations

import numpy as np

from fuzzeq.model.columns import Columns
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Comparison, Observation, Raised
from fuzzeq.model.result import Diagnostic, item_kind
from fuzzeq.oracles.oracle import stateless

NAME = "lossless"


def applies(observation: Observation) -> bool:
    """Every comparison of a target that says it is lossless."""
    return isinstance(observation, Comparison) and observation.lossless


def judge(observation: Observation) -> Divergence | None:
    """A divergence of kind `gap`, `empty` or `end`; diagnostics do not count."""
    assert isinstance(observation, Comparison)
    if isinstance(observation.actual, Raised):
        return None
    if isinstance(observation.actual, Columns):
        if is_covered(observation.actual, len(observation.document)):
            return None
    reached = 0
    for index, item in enumerate(observation.actual):
        if isinstance(item, Diagnostic):
            continue
        if item.start != reached or item.end <= item.start:
            kind = "gap" if item.start != reached else "empty"
            message = (
                f"item {index} is [{item.start}, {item.end}), the one before ends at {reached}"
            )
            return Divergence(
                NAME, kind, observation.step, message, index=index, actual=item_kind(item)
            )
        reached = item.end
    if reached == len(observation.document):
        return None
    message = f"items end at {reached}, the document at {len(observation.document)}"
    return Divergence(NAME, "end", observation.step, message)


def is_covered(columns: Columns, length: int) -> bool:
    """Whether the items are what they should be, seen all at once, where diagnostics are the last
    of them. Where this says no, a look at each of them says why."""
    apart = [code for code in set(columns.codes) if isinstance(columns.legend[code], Diagnostic)]
    size = 8 * len(columns.codes.rstrip(bytes(apart)))
    if not size:
        return length == 0
    starts, ends = columns.starts[:size], columns.ends[:size]
    if starts != bytes(8) + ends[:-8]:
        return False
    lengths = np.frombuffer(ends, np.int64) - np.frombuffer(starts, np.int64)
    return bool(lengths.min() > 0 and lengths.sum() == length)


ORACLE = stateless(NAME, applies, judge)
