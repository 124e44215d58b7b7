"""The passes: each takes the smallest trace so far and tries smaller ones, in one way.

A pass is a plain function of a `Shrinker`; it calls `attempt` with candidates and looks at `best`
again after each success. None knows what makes a trace fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fuzzeq.model.edit import Edit, compose
from fuzzeq.model.trace import Probe, Trace
from fuzzeq.shrink.shrinker import RANKS, Shrinker, rank
from fuzzeq.shrink.transform import (
    Place,
    edit_at,
    from_step,
    places,
    with_less_removed,
    with_text,
    without_edit,
    without_span,
    without_steps,
)

UNITS = (
    re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+"),  # lines
    re.compile(r"\w+|\s+|.", re.DOTALL),  # something like tokens
    re.compile(r".", re.DOTALL),  # characters
)


def start_later(shrinker: Shrinker) -> None:
    """Begin with the document that the first steps lead to: only the last step, the last two..."""
    kept = 1
    while kept < len(shrinker.best.steps):
        if shrinker.attempt(from_step(shrinker.best, len(shrinker.best.steps) - kept)):
            return
        kept *= 2


def start_a_little_later(shrinker: Shrinker) -> None:
    """The same, from the front: what doubling overshot."""
    size = len(shrinker.best.steps) // 2
    while size:
        if not shrinker.attempt(from_step(shrinker.best, size)):
            size //= 2
        size = max(min(size, len(shrinker.best.steps) - 1), 0)


def drop_steps(shrinker: Shrinker) -> None:
    """Steps go, in runs of halving length, from the back; what follows them is rebased."""
    size = len(shrinker.best.steps)
    while size:
        stop = len(shrinker.best.steps)
        while stop > 0:
            start = max(stop - size, 0)
            shrinker.attempt(without_steps(shrinker.best, range(start, stop)))
            stop = min(start, len(shrinker.best.steps))
        size //= 2


def drop_edits(shrinker: Shrinker) -> None:
    """Single edits of a step go."""
    for place in reversed(places(shrinker.best)):
        if place in places(shrinker.best):
            shrinker.attempt(without_edit(shrinker.best, place))


def merge_steps(shrinker: Shrinker) -> None:
    """Two neighbouring edits become one edit; failing that, two steps become one step."""
    index = len(shrinker.best.steps) - 2
    while index >= 0:
        trace = shrinker.best
        first, second = trace.steps[index : index + 2]
        if not isinstance(first, Probe) and not isinstance(second, Probe):
            document = from_step(trace, index).document
            rest = trace.steps[index + 2 :]
            both = compose(document, (*first, *second))
            one_edit = Trace(trace.document, (*trace.steps[:index], (both,), *rest))
            one_step = Trace(trace.document, (*trace.steps[:index], (*first, *second), *rest))
            if not shrinker.attempt(one_edit):
                shrinker.attempt(one_step)
        index = min(index, len(shrinker.best.steps) - 1) - 1


def merge_edits(shrinker: Shrinker) -> None:
    """The edits of a step become one."""
    for index, step in enumerate(shrinker.best.steps):
        if not isinstance(step, Probe) and len(step) > 1:
            trace = shrinker.best
            both = compose(from_step(trace, index).document, step)
            steps = (*trace.steps[:index], (both,), *trace.steps[index + 1 :])
            if shrinker.attempt(Trace(trace.document, steps)):
                return


def delete_spans(shrinker: Shrinker) -> None:
    """Spans of the document and of insertions go: runs of lines, of tokens, of characters."""
    for unit in UNITS:
        for place in _texts(shrinker.best):
            _delete_runs(shrinker, place, unit)


def _delete_runs(shrinker: Shrinker, place: Place | None, unit: re.Pattern[str]) -> None:
    """Runs of units go, in halving numbers, from the back."""
    size = len(unit.findall(_text(shrinker.best, place)))
    while size:
        stop = len(unit.findall(_text(shrinker.best, place)))
        while stop > 0:
            bounds = [0, *(match.end() for match in unit.finditer(_text(shrinker.best, place)))]
            stop = min(stop, len(bounds) - 1)
            start = max(stop - size, 0)
            if start == stop or (place is not None and place not in places(shrinker.best)):
                return
            shrinker.attempt(without_span(shrinker.best, place, bounds[start], bounds[stop]))
            stop = start
        size //= 2


def delete_equal_spans(shrinker: Shrinker) -> None:
    """The same span goes from an insertion and from an earlier text that holds all of it: what is
    deleted and put back, or undone and done again, has to stay equal to count."""
    for place in places(shrinker.best):
        for earlier in _texts(shrinker.best):
            if earlier is None or earlier < place:
                for unit in UNITS[1:]:
                    _delete_equal_runs(shrinker, earlier, place, unit)


def _delete_equal_runs(
    shrinker: Shrinker, earlier: Place | None, place: Place, unit: re.Pattern[str]
) -> None:
    """Runs of units of the text at `place` go, there and where they stand in the earlier text."""
    size = len(unit.findall(_text(shrinker.best, place)))
    while size:
        stop = len(unit.findall(_text(shrinker.best, place)))
        while stop > 0:
            trace, text = shrinker.best, _text(shrinker.best, place)
            bounds = [0, *(match.end() for match in unit.finditer(text))]
            stop = min(stop, len(bounds) - 1)
            start = max(stop - size, 0)
            offset = _text(trace, earlier).find(text)
            if start == stop or offset < 0:
                return
            shorter = without_span(trace, place, bounds[start], bounds[stop])
            if shorter:
                span = offset + bounds[start], offset + bounds[stop]
                shrinker.attempt(without_span(shorter, earlier, *span))
            stop = start
        size //= 2


def remove_less(shrinker: Shrinker) -> None:
    """An edit removes nothing, or half as much, or a character less."""
    for place in places(shrinker.best):
        smaller = True
        while smaller and place in places(shrinker.best):
            edit = edit_at(shrinker.best, place)
            ends = dict.fromkeys((edit.start, (edit.start + edit.end) // 2, edit.end - 1))
            smaller = any(
                shrinker.attempt(with_less_removed(shrinker.best, place, end))
                for end in ends
                if edit.start <= end < edit.end
            )


def simplify_characters(shrinker: Shrinker) -> None:
    """Characters become plainer ones: all that are equal at once, then one by one."""
    for place in _texts(shrinker.best):
        text = _text(shrinker.best, place)
        for character in sorted(set(text), key=rank, reverse=True):
            for plainer in _plainer(character):
                text = _text(shrinker.best, place)
                if shrinker.attempt(
                    with_text(shrinker.best, place, text.replace(character, plainer))
                ):
                    break
        for index in range(len(_text(shrinker.best, place))):
            for plainer in _plainer(_text(shrinker.best, place)[index]):
                text = _text(shrinker.best, place)
                text = text[:index] + plainer + text[index + 1 :]
                if shrinker.attempt(with_text(shrinker.best, place, text)):
                    break


def simplify_probes(shrinker: Shrinker) -> None:
    """The arguments of probes become smaller."""
    for index, step in enumerate(shrinker.best.steps):
        if not isinstance(step, Probe) or not step.argument:
            continue
        for argument in (*range(min(step.argument, 8)), step.argument // 2, step.argument - 1):
            trace = shrinker.best
            probe = step._replace(argument=argument)
            steps = (*trace.steps[:index], probe, *trace.steps[index + 1 :])
            if shrinker.attempt(Trace(trace.document, steps)):
                break


def move_into_document(shrinker: Shrinker) -> None:
    """The first edit alone is taken before the start: `start_later` takes whole steps only."""
    trace = shrinker.best
    if trace.steps and not isinstance(trace.steps[0], Probe) and trace.steps[0]:
        first, *rest = trace.steps[0]
        steps = ((tuple(rest),) if rest else ()) + trace.steps[1:]
        shrinker.attempt(Trace(Edit(*first).apply(trace.document), steps))


PASSES = (
    start_later,
    start_a_little_later,
    drop_steps,
    drop_edits,
    move_into_document,
    merge_steps,
    merge_edits,
    delete_spans,
    delete_equal_spans,
    remove_less,
    simplify_probes,
    simplify_characters,
)
"""Cheap and radical ones first."""


def _texts(trace: Trace) -> Iterator[Place | None]:
    """The document (None) and every edit with a text."""
    yield None
    for place in places(trace):
        if edit_at(trace, place).text:
            yield place


def _text(trace: Trace, place: Place | None) -> str:
    """The document, or an edit's text; "" where that edit is gone."""
    if place is None:
        return trace.document
    return edit_at(trace, place).text if place in places(trace) else ""


def _plainer(character: str) -> str:
    """The characters that are plainer than one, plainest first."""
    return RANKS[: rank(character)] if rank(character) < len(RANKS) else RANKS
