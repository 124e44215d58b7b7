"""Smaller traces from a trace, each with the rest rebased: the moves that passes are made of.

Every function returns a new trace, or None where the change collides with a later edit: invalid
candidates are thrown away, not repaired, because a repair would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from fuzzeq.model.edit import Edit, rebase
from fuzzeq.model.trace import Probe, Step, Trace

Edits: TypeAlias = list[Edit]


class Place(NamedTuple):
    """An edit of a trace: the index of its step, and its own within the step."""

    step: int
    edit: int


def places(trace: Trace) -> list[Place]:
    """Every edit of a trace, in order."""
    return [
        Place(number, index)
        for number, step in enumerate(trace.steps)
        if not isinstance(step, Probe)
        for index in range(len(step))
    ]


def edit_at(trace: Trace, place: Place) -> Edit:
    """The edit at a place."""
    step = trace.steps[place.step]
    assert not isinstance(step, Probe)
    return step[place.edit]


def edits_of(trace: Trace, index: int) -> tuple[Edit, ...]:
    """The edits of a step; none where it is a probe."""
    step = trace.steps[index]
    return () if isinstance(step, Probe) else step


def from_step(trace: Trace, index: int) -> Trace:
    """The trace that begins where the first `index` steps have led."""
    document = trace.document
    for step in trace.steps[:index]:
        if not isinstance(step, Probe):
            for edit in step:
                document = edit.apply(document)
    return Trace(document, trace.steps[index:])


def without_steps(trace: Trace, indices: Iterable[int]) -> Trace | None:
    """The trace without some steps, the later ones as if those had never been."""
    result: Trace | None = trace
    for index in sorted(indices, reverse=True):
        assert result is not None
        step = result.steps[index]
        if not isinstance(step, Probe):
            for _ in step:
                result = without_edit(result, Place(index, len(edits_of(result, index)) - 1))
                if result is None:
                    return None
        result = Trace(result.document, (*result.steps[:index], *result.steps[index + 1 :]))
    return result


def without_edit(trace: Trace, place: Place) -> Trace | None:
    """The trace without one edit; its step stays, if need be empty."""
    edit = edit_at(trace, place)
    # Only lengths matter to a rebase, so any text will do for what the inverse puts back.
    inverse = Edit(edit.start, edit.start + len(edit.text), "x" * (edit.end - edit.start))
    behind = _behind(trace, place)
    rebased: Edits = []
    for later in behind:
        moved, onward = rebase(later, inverse), rebase(inverse, later, "before")
        if moved is None or onward is None:
            return None
        rebased.append(moved)
        inverse = onward
    return _with(trace, place, None, rebased)


def without_span(trace: Trace, place: Place | None, start: int, end: int) -> Trace | None:
    """The trace without `[start, end)` of the document (no place), or of the text of an edit."""
    if place is None:
        document = trace.document[:start] + trace.document[end:]
        behind = [edit_at(trace, other) for other in places(trace)]
        rebased = _without_text(behind, start, end)
        return None if rebased is None else _with(Trace(document, trace.steps), None, None, rebased)
    edit = edit_at(trace, place)
    shorter = edit._replace(text=edit.text[:start] + edit.text[end:])
    rebased = _without_text(_behind(trace, place), edit.start + start, edit.start + end)
    return None if rebased is None else _with(trace, place, shorter, rebased)


def with_text(trace: Trace, place: Place | None, text: str) -> Trace:
    """The trace with another text of the same length in the document or in an edit."""
    if place is None:
        return Trace(text, trace.steps)
    changed = edit_at(trace, place)._replace(text=text)
    return _with(trace, place, changed, _behind(trace, place))


def with_less_removed(trace: Trace, place: Place, end: int | None = None) -> Trace | None:
    """The trace whose edit at a place removes only up to `end` (None: nothing); what is behind
    that stays."""
    edit = edit_at(trace, place)
    end = edit.start if end is None else end
    behind_text = edit.start + len(edit.text)
    kept = Edit(behind_text, behind_text, "x" * (edit.end - end))
    rebased: Edits = []
    for later in _behind(trace, place):
        moved, onward = rebase(later, kept), rebase(kept, later, "before")
        if moved is None or onward is None:
            return None
        rebased.append(moved)
        kept = onward
    return _with(trace, place, edit._replace(end=end), rebased)


def _without_text(edits: Sequence[Edit], start: int, end: int) -> Edits | None:
    """Edits as they read where `[start, end)` was never there; each in the coordinates before it.

    Where an edit removes part of the span, it has that much less to remove.
    """
    result: Edits = []
    for index, edit in enumerate(edits):
        gone = end - start
        if edit.end <= start:
            result.append(edit)
            start, end = start + edit.delta, end + edit.delta
        elif edit.start >= end:
            result.append(Edit(edit.start - gone, edit.end - gone, edit.text))
        elif edit.start <= start and end <= edit.end:
            return [*result, edit._replace(end=edit.end - gone), *edits[index + 1 :]]
        elif start < edit.start and end < edit.end:
            result.append(Edit(start, start + edit.end - end, edit.text))
            end = edit.start
        elif edit.start < start and edit.end < end:
            result.append(edit._replace(end=start))
            start, end = edit.start + len(edit.text), end + edit.delta
        elif not edit.text:
            result.append(Edit(start, start, ""))
            end += edit.delta
        else:
            return None
    return result


def _behind(trace: Trace, place: Place) -> Edits:
    """Every edit that comes later than the one at a place."""
    return [edit_at(trace, other) for other in places(trace) if other > place]


def _with(trace: Trace, place: Place | None, edit: Edit | None, behind: Edits) -> Trace:
    """The trace with the edit at a place replaced (None: gone), and all later ones as given."""
    rest = iter(behind)
    steps: list[Step] = []
    for number, step in enumerate(trace.steps):
        if isinstance(step, Probe):
            steps.append(step)
            continue
        edits = []
        for index, old in enumerate(step):
            here = Place(number, index)
            if place is not None and here < place:
                edits.append(old)
            elif here == place:
                edits += [edit] if edit is not None else []
            else:
                edits.append(next(rest))
        steps.append(tuple(edits))
    return Trace(trace.document, tuple(steps))
