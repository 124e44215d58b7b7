"""Rewrites: traces that end where the original ends, by another way.

Each is a law that an engine has to keep (undoing gives back what was; one step of three edits is
three steps of one), and each has a planted bug that hardly any other trace finds. A rewrite that
finds nothing to rewrite returns the trace as it is.
"""

from __future__ import annotations

from collections.abc import Callable

from fuzzeq.generate.source import Source, magnitude
from fuzzeq.model.edit import Edit, apply_all, invert_all, rebase
from fuzzeq.model.trace import Edits, Probe, Step, Trace

Rewrite = Callable[[Source, Trace], Trace]


def undo_redo(source: Source, trace: Trace) -> Trace:
    """A stretch of steps is undone, last first, and done again."""
    index = source.integer(0, len(trace.steps))
    length = magnitude(source, 1, 16)
    document, undone = _document_before(trace, max(index - length, 0)), []
    stretch = [step for step in trace.steps[max(index - length, 0) : index] if _is_edits(step)]
    for step in stretch:
        assert not isinstance(step, Probe)
        undone.append(invert_all(document, step))
        document = apply_all(document, step)
    return _insert(trace, index, (*reversed(undone), *stretch))


def join_steps(source: Source, trace: Trace) -> Trace:
    """Neighbouring steps become one."""
    index = source.integer(0, max(len(trace.steps) - 1, 0))
    joined: Edits = ()
    stop = index
    while stop < len(trace.steps) and stop - index < 8:
        step = trace.steps[stop]
        if isinstance(step, Probe):
            break
        joined += step
        stop += 1
        if not source.more(2):
            break
    if stop - index < 2:
        return trace
    return Trace(trace.document, (*trace.steps[:index], joined, *trace.steps[stop:]))


def part_steps(source: Source, trace: Trace) -> Trace:
    """Each edit of every step becomes a step of its own."""
    steps: list[Step] = []
    for step in trace.steps:
        if isinstance(step, Probe) or len(step) < 2:
            steps.append(step)
        else:
            steps += [(edit,) for edit in step]
    return Trace(trace.document, tuple(steps))


def split_insertion(source: Source, trace: Trace) -> Trace:
    """An insertion comes in two parts, in one step or in two."""
    for index in _rotated(source, trace):
        step = trace.steps[index]
        if isinstance(step, Probe) or len(step) != 1 or len(step[0].text) < 2:
            continue
        edit = step[0]
        cut = source.integer(1, len(edit.text) - 1)
        first = Edit(edit.start, edit.end, edit.text[:cut])
        second = Edit(edit.start + cut, edit.start + cut, edit.text[cut:])
        parts: tuple[Step, ...] = (
            ((first, second),) if source.boolean(0.5) else ((first,), (second,))
        )
        return Trace(trace.document, (*trace.steps[:index], *parts, *trace.steps[index + 1 :]))
    return trace


def swap_disjoint(source: Source, trace: Trace) -> Trace:
    """Two edits of a step that do not touch change places."""
    for index in _rotated(source, trace):
        step = trace.steps[index]
        if isinstance(step, Probe):
            continue
        for number in range(len(step) - 1):
            swapped = _swapped(step[number], step[number + 1])
            if swapped:
                edits = (*step[:number], *swapped, *step[number + 2 :])
                return Trace(
                    trace.document, (*trace.steps[:index], edits, *trace.steps[index + 1 :])
                )
    return trace


def _swapped(first: Edit, second: Edit) -> Edits | None:
    """The two edits in the other order, where neither touches what the other does."""
    if second.start <= first.start + len(first.text) and second.end >= first.start:
        return None
    undo_first = Edit(first.start, first.start + len(first.text), "x" * (first.end - first.start))
    earlier = rebase(second, undo_first)
    later = rebase(first, earlier) if earlier else None
    return (earlier, later) if earlier and later else None


def add_noops(source: Source, trace: Trace) -> Trace:
    """Edits that change nothing: a text replaced by itself, nothing by nothing, an empty step."""
    index = source.integer(0, len(trace.steps))
    document = _document_before(trace, index)
    steps: list[Step] = []
    while True:
        start = source.integer(0, len(document))
        end = min(start + magnitude(source, 0, 256), len(document))
        steps.append(() if source.boolean(0.1) else (Edit(start, end, document[start:end]),))
        if not source.more(1):
            return _insert(trace, index, tuple(steps))


def replace_whole(source: Source, trace: Trace) -> Trace:
    """A step is taken by replacing the whole document with what comes of it."""
    for index in _rotated(source, trace):
        step = trace.steps[index]
        if isinstance(step, Probe):
            continue
        document = _document_before(trace, index)
        whole = (Edit(0, len(document), apply_all(document, step)),)
        return Trace(trace.document, (*trace.steps[:index], whole, *trace.steps[index + 1 :]))
    return trace


def delete_and_reinsert(source: Source, trace: Trace) -> Trace:
    """A span is deleted, and the same text inserted again."""
    index = source.integer(0, len(trace.steps))
    document = _document_before(trace, index)
    start = source.integer(0, len(document))
    end = min(start + magnitude(source, 1, max(len(document), 1)), len(document))
    steps = ((Edit(start, end, ""),), (Edit(start, start, document[start:end]),))
    return _insert(trace, index, steps)


def long_history(source: Source, trace: Trace) -> Trace:
    """Many small steps that cancel out come before the first step, or before a later one."""
    index = 0 if source.boolean(0.5) else source.integer(0, len(trace.steps))
    document = _document_before(trace, index)
    place = source.integer(0, len(document))
    text = source.choice(("x", "\n", " ", document[place : place + 3] or "y"))
    pair: tuple[Step, Step] = ((Edit(place, place, text),), (Edit(place, place + len(text), ""),))
    return _insert(trace, index, pair * magnitude(source, 4, 64))


REWRITES: dict[str, Rewrite] = {
    "undo and redo": undo_redo,
    "join steps": join_steps,
    "part steps": part_steps,
    "split insertion": split_insertion,
    "swap disjoint": swap_disjoint,
    "no-ops": add_noops,
    "replace whole": replace_whole,
    "delete and reinsert": delete_and_reinsert,
    "long history": long_history,
}
"""Every rewrite, by name."""


def _is_edits(step: Step) -> bool:
    return not isinstance(step, Probe)


def _insert(trace: Trace, index: int, steps: tuple[Step, ...]) -> Trace:
    return Trace(trace.document, (*trace.steps[:index], *steps, *trace.steps[index:]))


def _document_before(trace: Trace, index: int) -> str:
    """The document that step `index` meets."""
    document = trace.document
    for step in trace.steps[:index]:
        if not isinstance(step, Probe):
            document = apply_all(document, step)
    return document


def _rotated(source: Source, trace: Trace) -> list[int]:
    """All indices of steps, beginning with one that is drawn."""
    length = len(trace.steps)
    first = source.integer(0, max(length - 1, 0))
    return [(first + number) % length for number in range(length)]
