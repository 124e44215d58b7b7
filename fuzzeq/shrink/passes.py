"""The passes: each takes the smallest trace so far and tries smaller ones, in one way.

A pass is a plain function of a `Shrinker`; it calls `attempt` with candidates and looks at `best`
again after each success. None knows what makes a trace fail.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from itertools import islice, pairwise

from fuzzeq.model.edit import Edit, apply_all, compose
from fuzzeq.model.trace import Probe, Trace
from fuzzeq.shrink.shrinker import RANKS, Shrinker, rank
from fuzzeq.shrink.transform import (
    Place,
    edit_at,
    edits_of,
    from_step,
    places,
    with_less_removed,
    with_text,
    without_edit,
    without_span,
    without_steps,
)

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
CHARACTER = re.compile(r".", re.DOTALL)
WHOLE = re.compile(r"\A.{2,64}\Z", re.DOTALL)
LINE_CONTENT = re.compile(r"(?<![^\r\n])[^\r\n]{2,64}(?![^\r\n])")

MOST_SHORTENED = 8
"""Units of a text that are shortened: each costs as many candidates as there are signs."""

MOST_PAIRED = 12
"""Steps that are dropped two by two: that many of them make 66 pairs."""


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


def drop_pairs(shrinker: Shrinker) -> None:
    """Two steps go, what was done and what undid it; only where few are left."""
    index = len(shrinker.best.steps) - 1
    while index > 0 and len(shrinker.best.steps) <= MOST_PAIRED:
        for earlier in reversed(range(index)):
            if shrinker.attempt(without_steps(shrinker.best, (earlier, index))):
                break
        index = min(index, len(shrinker.best.steps)) - 1


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
    """Two neighbouring edits of a step become one."""
    for first, second in reversed(list(pairwise(places(shrinker.best)))):
        trace = shrinker.best
        if first.step != second.step or second not in places(trace):
            continue
        step = edits_of(trace, first.step)
        document = apply_all(from_step(trace, first.step).document, step[: first.edit])
        both = compose(document, step[first.edit : second.edit + 1])
        merged = (*step[: first.edit], both, *step[second.edit + 1 :])
        steps = (*trace.steps[: first.step], merged, *trace.steps[first.step + 1 :])
        shrinker.attempt(Trace(trace.document, steps))


def delete_lines(shrinker: Shrinker) -> None:
    """Runs of lines of the document and of insertions go."""
    _delete_spans(shrinker, LINE)


def delete_tokens(shrinker: Shrinker) -> None:
    """Runs of words, of blanks and of signs go."""
    _delete_spans(shrinker, TOKEN)


def delete_characters(shrinker: Shrinker) -> None:
    """Runs of characters go."""
    _delete_spans(shrinker, CHARACTER)


def _delete_spans(shrinker: Shrinker, unit: re.Pattern[str]) -> None:
    """Runs of units go.

    What is deleted and put back, or undone and done again, has to stay equal to count: so a run in
    an insertion first goes together with the same one in an earlier text that holds all of it.
    Otherwise every run of a long text would be tried in vain.
    """
    for place in places(shrinker.best):
        for earlier in _texts(shrinker.best):
            if earlier is None or earlier < place:
                _delete_equal_runs(shrinker, earlier, place, unit)
    for text in _texts(shrinker.best):
        _delete_runs(shrinker, text, unit)


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


def unify_characters(shrinker: Shrinker) -> None:
    """Characters become plainer ones, all that are equal at once. Comes before single characters
    are deleted: of ten equal ones it does not matter which goes."""
    for place in _texts(shrinker.best):
        text = _text(shrinker.best, place)
        for character in sorted(set(text), key=rank, reverse=True):
            for plainer in _plainer(character):
                text = _text(shrinker.best, place)
                if shrinker.attempt(
                    with_text(shrinker.best, place, text.replace(character, plainer))
                ):
                    break


def simplify_characters(shrinker: Shrinker) -> None:
    """Characters become plainer ones, one by one."""
    for place in _texts(shrinker.best):
        for index in range(len(_text(shrinker.best, place))):
            for plainer in _plainer(_text(shrinker.best, place)[index]):
                text = _text(shrinker.best, place)
                text = text[:index] + plainer + text[index + 1 :]
                if shrinker.attempt(with_text(shrinker.best, place, text)):
                    break


def shorten(shrinker: Shrinker) -> None:
    """A whole insertion, or a whole line, becomes one sign: what opened an environment may as well
    be a bracket. Only where little is left, since there are many signs."""
    for place in _texts(shrinker.best):
        for unit in (WHOLE, LINE_CONTENT):
            count = len(unit.findall(_text(shrinker.best, place)))
            for index in range(min(count, MOST_SHORTENED)):
                _shorten(shrinker, place, unit, index)


def _shorten(shrinker: Shrinker, place: Place | None, unit: re.Pattern[str], index: int) -> None:
    """One unit becomes a sign, the first that still fails."""
    for sign in string.punctuation:
        text = _text(shrinker.best, place)
        match = next(islice(unit.finditer(text), index, None), None)
        if match is None:
            return
        shorter = without_span(shrinker.best, place, match.start() + 1, match.end())
        if shorter:
            text = text[: match.start()] + sign + text[match.end() :]
            if shrinker.attempt(with_text(shorter, place, text)):
                return


def simplify_probes(shrinker: Shrinker) -> None:
    """The arguments of probes become smaller; a place is taken modulo the document's length."""
    for index, step in enumerate(shrinker.best.steps):
        if not isinstance(step, Probe) or not step.argument:
            continue
        place = step.argument % (len(from_step(shrinker.best, index).document) + 1)
        for argument in (*range(8), place, step.argument // 2, step.argument - 1):
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
    drop_pairs,
    drop_edits,
    move_into_document,
    merge_steps,
    merge_edits,
    simplify_probes,
    delete_lines,
    delete_tokens,
    unify_characters,
    delete_characters,
    shorten,
    remove_less,
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
