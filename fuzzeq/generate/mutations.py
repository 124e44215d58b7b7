"""Mutations: a trace that is a little, or quite, different from one that was worth keeping.

Where a trace is drawn at once every part of it has to be lucky; where it is mutated, what was lucky
before is kept. All is drawn from a `Source` and in the words of a `Language`; drivers, rewrites and
probes are the generator's own. Steps behind a change may no longer fit; they are made to fit. Knows
nothing of what makes a trace worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable

from fuzzeq.generate.codec import fitted
from fuzzeq.generate.documents import fragment, hazard, repeated
from fuzzeq.generate.edits import DRIVERS, place
from fuzzeq.generate.language import Language
from fuzzeq.generate.rewrites import REWRITES
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.swarm import Swarm
from fuzzeq.generate.traces import Limits, draw_probe, draw_trace
from fuzzeq.model.edit import Edit, apply_all, invert_all, rebase
from fuzzeq.model.trace import Probe, Step, Trace

LARGEST_POWER = 9
"""Texts are doubled at most so many times at once, steps a third as often."""

NEW = Limits(document=1024, steps=8, probes=0.15)
"""How large a trace is drawn where none is to be kept."""

Mutation = Callable[[Source, Language, Swarm, Trace], Trace]


def mutate(source: Source, language: Language, trace: Trace) -> Trace:
    """The trace with one mutation, or with a few."""
    swarm = Swarm(source)
    while True:
        mutation = source.choice(MUTATIONS)
        trace = mutation(source, language, swarm, trace)
        if not source.more(0.5):
            return trace


def splice(source: Source, one: Trace, other: Trace) -> Trace:
    """Two traces become one: the document of either or parts of both, and steps of both."""
    kind = source.integer(0, 3)
    if kind == 0:  # one's document, met by the other's steps
        return fitted(one.document, other.steps)
    if kind == 1:  # one's beginning, and how the other ends
        steps = (*one.steps[: _cut(source, one)], *other.steps[_cut(source, other) :])
        return fitted(one.document, steps)
    if kind == 2:  # one by one, each document's steps beside the other's
        steps = tuple(
            step
            for number in range(max(len(one.steps), len(other.steps)))
            for step in (*one.steps[number : number + 1], *other.steps[number : number + 1])
        )
        return fitted(one.document, steps)
    head = one.document[: source.integer(0, len(one.document))]
    tail = other.document[source.integer(0, len(other.document)) :]
    return fitted(head + tail, one.steps if source.boolean(0.5) else other.steps)


def _cut(source: Source, trace: Trace) -> int:
    return source.integer(0, len(trace.steps))


# One mutation each.


def change_edit(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """An edit changes its place, its length or its text."""
    numbers = [number for number, step in enumerate(trace.steps) if _edits(step)]
    if not numbers:
        return add_step(source, language, swarm, trace)
    number = source.choice(numbers)
    edits = list(_edits(trace.steps[number]))
    which = source.integer(0, len(edits) - 1)
    start, end, text = edits[which]
    kind = source.integer(0, 3)
    if kind == 0:
        moved = max(start + source.choice((-1, 1)) * magnitude(source, 1, 64), 0)
        start, end = moved, moved + end - start
    elif kind == 1:
        end = start + (magnitude(source, 0, 64) if end == start or source.boolean(0.7) else 0)
    elif kind == 2:
        text = "" if text and source.boolean(0.3) else fragment(source, language, swarm)
    else:
        cut = source.integer(0, len(text))
        text = text[:cut] + fragment(source, language, swarm) + text[cut:]
    edits[which] = Edit(start, end, text)
    return _replaced(trace, number, number + 1, (tuple(edits),))


def add_step(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """One of the generator's drivers takes a few steps, at the end or before."""
    number = len(trace.steps) if source.boolean(0.5) else _cut(source, trace)
    document = _document_before(trace, number)
    steps: list[Step] = []
    for step in swarm.pick("edit", DRIVERS)(source, language, swarm, document):
        steps.append(step)
        if len(steps) >= 8:
            break
    return _replaced(trace, number, number, tuple(steps))


def add_probe(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A probe is asked somewhere on the way."""
    number = _cut(source, trace)
    return _replaced(trace, number, number, (draw_probe(source, swarm),))


def repeat_step(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A step is taken again, once or many times, where it was taken or where the last one was."""
    if not trace.steps:
        return add_step(source, language, swarm, trace)
    number = source.integer(0, len(trace.steps) - 1)
    times = 1 << source.integer(0, LARGEST_POWER // 3)
    step = trace.steps[number]
    behind = number + 1
    if source.boolean(0.3) and not isinstance(step, Probe):  # along the document, as one types
        steps = tuple(
            tuple(
                Edit(edit.start + by * len(edit.text), edit.end + by * len(edit.text), edit.text)
                for edit in step
            )
            for by in range(1, times + 1)
        )
        return _replaced(trace, behind, behind, steps)
    return _replaced(trace, behind, behind, (step,) * times)


def drop_steps(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A stretch of steps is not taken."""
    first = _cut(source, trace)
    return _replaced(trace, first, first + magnitude(source, 1, 16), ())


def undo(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """The last steps, or some before, are undone."""
    number = len(trace.steps) if source.boolean(0.5) else _cut(source, trace)
    first = max(number - magnitude(source, 1, 4), 0)
    document, undone = _document_before(trace, first), []
    for step in trace.steps[first:number]:
        if edits := _edits(step):
            undone.append(invert_all(document, edits))
            document = apply_all(document, edits)
    return _replaced(trace, number, number, tuple(reversed(undone)))


def rewrite(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """One of the generator's rewrites."""
    return swarm.pick("rewrite", REWRITES)(source, trace)


def insert_hazard(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A hazard in the document, with all that is done to it as it was."""
    start = place(source, trace.document)
    end = min(start + source.integer(0, 1), len(trace.document))
    text = repeated(source, hazard(source, language, swarm))
    return _on_document(trace, Edit(start, end, text))


def edit_document(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """What a driver would do to the document is done to it beforehand."""
    document = trace.document
    for step in swarm.pick("edit", DRIVERS)(source, language, swarm, document):
        for edit in step:
            trace = _on_document(trace, edit)
        break
    return trace


def grow(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A stretch of the document, or a text that is inserted, is doubled a few times."""
    power = source.integer(1, LARGEST_POWER)
    inserting = [
        (number, which)
        for number, step in enumerate(trace.steps)
        for which, edit in enumerate(_edits(step))
        if edit.text
    ]
    if inserting and source.boolean(0.3):
        number, which = source.choice(inserting)
        edits = list(_edits(trace.steps[number]))
        edits[which] = edits[which]._replace(text=edits[which].text * (1 << power))
        return _replaced(trace, number, number + 1, (tuple(edits),))
    document = trace.document
    start = place(source, document)
    stretch = document[start : start + magnitude(source, 1, 64)] or fragment(
        source, language, swarm
    )
    return _on_document(trace, Edit(start, start, stretch * ((1 << power) - 1)))


def cut_document(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A stretch of the document is not there."""
    length = len(trace.document)
    start = place(source, trace.document)
    end = min(start + magnitude(source, 1, max(length, 1)), length)
    return _on_document(trace, Edit(start, end, ""))


def start_over(source: Source, language: Language, swarm: Swarm, trace: Trace) -> Trace:
    """A trace from the generator, with nothing kept, or the steps alone."""
    new = draw_trace(source, language, swarm, NEW)
    return fitted(new.document, trace.steps) if source.boolean(0.3) else new


MUTATIONS: tuple[Mutation, ...] = (
    change_edit,
    change_edit,
    add_step,
    add_step,
    add_probe,
    repeat_step,
    drop_steps,
    undo,
    rewrite,
    insert_hazard,
    edit_document,
    grow,
    cut_document,
    start_over,
    start_over,
    start_over,
    start_over,
    add_step,
    add_step,
)
"""Every mutation, the more often named the more likely."""


# Parts of them.


def _edits(step: Step) -> tuple[Edit, ...]:
    """The edits of a step; a probe has none."""
    return () if isinstance(step, Probe) else step


def _replaced(trace: Trace, first: int, stop: int, steps: tuple[Step, ...]) -> Trace:
    """Other steps in the place of some."""
    return fitted(trace.document, (*trace.steps[:first], *steps, *trace.steps[stop:]))


def _on_document(trace: Trace, edit: Edit) -> Trace:
    """The trace on a document that was edited before: later edits are moved along, until one
    touches the same place."""
    document, steps = edit.apply(trace.document), []
    before: Edit | None = edit
    for step in trace.steps:
        if isinstance(step, Probe) or before is None:
            steps.append(step)
            continue
        moved = []
        for later in step:
            along = rebase(later, before) if before else None
            before = rebase(before, later, "before") if before else None
            moved.append(along or later)
        steps.append(tuple(moved))
    return fitted(document, steps)


def _document_before(trace: Trace, number: int) -> str:
    """The document that a step meets."""
    document = trace.document
    for step in trace.steps[:number]:
        document = apply_all(document, _edits(step))
    return document
