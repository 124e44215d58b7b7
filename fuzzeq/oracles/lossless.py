"""Items are slices of the document, in order, without gap or overlap, and together all of it."""

from __future__ import annotations

from fuzzeq.model.columns import Columns, added
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
    items, length = observation.actual, len(observation.document)
    if isinstance(items, Columns) and is_covered(items, length):
        return None
    reached = 0
    for index, item in enumerate(items):
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
    if reached == length:
        return None
    message = f"items end at {reached}, the document at {length}"
    return Divergence(NAME, "end", observation.step, message)


def is_covered(columns: Columns, length: int) -> bool:
    """Whether the items are what they should be, seen all at once, where diagnostics are the last
    of them. Where this says no, a look at each of them says why."""
    complaints = columns.legend.complaints
    covering = columns.codes.rstrip(complaints)
    if covering != covering.translate(None, complaints):
        return False
    if not covering:
        return length == 0
    if len(covering) == len(columns.lengths):
        return 0 not in columns.lengths and added(columns.lengths) == length
    starts, ends = (offsets[: len(covering)] for offsets in columns.offsets())
    return bool(
        starts[0] == 0
        and ends[-1] == length
        and (starts[1:] == ends[:-1]).all()
        and (starts < ends).all()
    )


ORACLE = stateless(NAME, applies, judge)
