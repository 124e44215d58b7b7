"""The shrinker on predicates that need no target: its moves are laws, its minima are exact.

A predicate gives the first step at which a trace fails, and that step depends on nothing behind it:
so do the findings that are shrunk in earnest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.model.edit import Edit, apply_all, rebase
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace
from fuzzeq.recipes import recipe_for
from fuzzeq.shrink import Fails, Shrunk, shrink, size
from fuzzeq.shrink.passes import PASSES, remove_less, start_a_little_later
from fuzzeq.shrink.shrinker import RANKS, Shrinker, cut, rank
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
from tests.test_edit import fitting

LATEX: Language = recipe_for("latex").language((), ())
SEEDS = range(6)
Holds = Callable[[str, Edit], bool]


def generated(seed: str, document: int = 64, steps: int = 16) -> Trace:
    """A trace such as campaigns draw."""
    source = RandomSource(seed)
    limits = Limits(document=document, steps=steps)
    return draw_trace(source, LATEX, Swarm(source), limits)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """A small valid trace, probes included."""
    document = current = draw(st.text("ab\n$", max_size=8))
    steps: list[Step] = []
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.integers(0, 4)) == 4:
            steps.append(Probe(ProbeName.FORK, draw(st.integers(0, 9))))
            continue
        edits = []
        for _ in range(draw(st.integers(0, 3))):
            edits.append(draw(fitting(len(current))))
            current = edits[-1].apply(current)
        steps.append(tuple(edits))
    return Trace(document, tuple(steps))


@st.composite
def disjoint(draw: st.DrawFn) -> tuple[str, list[Edit], list[int], list[int]]:
    """A document of characters that are all different, edits of it that do not even touch each
    other, the order in which they are made, and after how many of them each step ends."""
    edits, position = [], 0
    for _ in range(draw(st.integers(1, 5))):
        start = position + draw(st.integers(1, 3))
        position = start + draw(st.integers(0, 3))
        edits.append(Edit(start, position, draw(st.text("xyz", max_size=3))))
    document = "".join(chr(0x100 + number) for number in range(position + draw(st.integers(1, 3))))
    order = draw(st.permutations(range(len(edits))))
    ends = draw(st.lists(st.integers(0, len(edits)), max_size=3))
    return document, edits, list(order), sorted(ends)


def trace_of(document: str, edits: Sequence[Edit], order: list[int], ends: list[int]) -> Trace:
    """The trace that makes edits of one document in some order."""
    made = [moved(edits, index, order[:number]) for number, index in enumerate(order)]
    bounds = [0, *ends, len(made)]
    return Trace(document, tuple(tuple(made[start:end]) for start, end in pairwise(bounds)))


def moved(edits: Sequence[Edit], index: int, earlier: Sequence[int]) -> Edit:
    """One of several disjoint edits as it reads behind some of the others."""
    edit = edits[index]
    by = sum(edits[other].delta for other in earlier if edits[other].end <= edit.start)
    return Edit(edit.start + by, edit.end + by, edit.text)


def result_of(document: str, edits: Sequence[Edit]) -> str:
    """The document after disjoint edits of it."""
    return apply_all(document, sorted(edits, reverse=True))


def last_document(trace: Trace | None) -> str:
    assert trace is not None
    assert trace.is_valid
    *_, document = trace.documents()
    return document


def first_step(trace: Trace, holds: Holds) -> int | None:
    """The step with the first edit of which something holds; it is shown the text before it."""
    document = trace.document
    for number, step in enumerate(trace.steps, 1):
        if isinstance(step, Probe):
            continue
        for edit in step:
            if holds(document, edit):
                return number
            document = edit.apply(document)
    return None


def check_shrinks(trace: Trace, fails: Fails, budget: int = 3000) -> Shrunk:
    """What a trace that fails shrinks to fails at its last step, is no larger, and was reached
    within the budget; nothing invalid was ever tried."""
    tried = 0

    def counting(candidate: Trace) -> int | None:
        nonlocal tried
        tried += 1
        assert candidate.is_valid
        return fails(candidate)

    step = fails(trace)
    assert step is not None
    shrunk = shrink(trace, step, counting, budget)
    assert tried == shrunk.candidates <= budget
    assert shrunk.exhausted <= (shrunk.candidates == budget)
    assert shrunk.trace.is_valid
    assert fails(shrunk.trace) == len(shrunk.trace.steps)
    assert size(shrunk.trace) <= size(trace)
    return shrunk


# The moves.


@given(traces(), st.data())
@settings(max_examples=300, deadline=None)
def test_moves_give_valid_traces_or_none(trace: Trace, data: st.DataObject) -> None:
    steps = range(len(trace.steps))
    results: list[Trace | None] = []
    if steps:
        start = data.draw(st.sampled_from(steps))
        stop = data.draw(st.integers(start, len(steps)))
        results += [from_step(trace, start), without_steps(trace, range(start, stop))]
    texts: list[tuple[Place | None, str]] = [(None, trace.document)]
    for place in places(trace):
        texts.append((place, edit_at(trace, place).text))
        results += [without_edit(trace, place), with_less_removed(trace, place)]
    for where, text in texts:
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, len(text)))
        results.append(without_span(trace, where, begin, end))
        results.append(with_text(trace, where, "z" * len(text)))
    for result in results:
        assert result is None or result.is_valid


@given(traces(), st.data())
@settings(max_examples=200, deadline=None)
def test_beginning_later_leads_to_the_same_documents(trace: Trace, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(trace.steps)))
    assert list(from_step(trace, index).documents()) == list(trace.documents())[index:]


@given(disjoint())
@settings(max_examples=200, deadline=None)
def test_dropping_an_edit_takes_back_what_it_did_and_no_more(
    case: tuple[str, list[Edit], list[int], list[int]],
) -> None:
    document, edits, order, ends = case
    trace = trace_of(document, edits, order, ends)
    assert last_document(trace) == result_of(document, edits)
    for place, index in zip(places(trace), order, strict=True):
        others = [edit for number, edit in enumerate(edits) if number != index]
        assert last_document(without_edit(trace, place)) == result_of(document, others)


@given(disjoint(), st.data())
@settings(max_examples=200, deadline=None)
def test_dropping_steps_takes_back_their_edits(
    case: tuple[str, list[Edit], list[int], list[int]], data: st.DataObject
) -> None:
    document, edits, order, ends = case
    trace = trace_of(document, edits, order, ends)
    start = data.draw(st.integers(0, len(trace.steps)))
    stop = data.draw(st.integers(start, len(trace.steps)))
    left = [
        edits[index]
        for place, index in zip(places(trace), order, strict=True)
        if not start <= place.step < stop
    ]
    shorter = without_steps(trace, range(start, stop))
    assert last_document(shorter) == result_of(document, left)
    assert shorter is not None
    assert len(shorter.steps) == len(trace.steps) - (stop - start)


@given(disjoint())
@settings(max_examples=200, deadline=None)
def test_removing_less_keeps_what_was_removed_and_no_more(
    case: tuple[str, list[Edit], list[int], list[int]],
) -> None:
    document, edits, order, ends = case
    trace = trace_of(document, edits, order, ends)
    for place, index in zip(places(trace), order, strict=True):
        less = [
            edit._replace(end=edit.start) if number == index else edit
            for number, edit in enumerate(edits)
        ]
        assert last_document(with_less_removed(trace, place)) == result_of(document, less)


@given(disjoint(), st.data())
@settings(max_examples=200, deadline=None)
def test_span_dropped_from_the_document_is_missing_at_the_end_and_nothing_else(
    case: tuple[str, list[Edit], list[int], list[int]], data: st.DataObject
) -> None:
    trace = trace_of(*case)
    start = data.draw(st.integers(0, len(trace.document)))
    end = data.draw(st.integers(start, len(trace.document)))
    shorter = without_span(trace, None, start, end)
    if shorter is not None:
        gone = set(trace.document[start:end])
        left = [character for character in last_document(trace) if character not in gone]
        assert last_document(shorter) == "".join(left)
    else:  # only where something was written inside of it
        assert any(edit.text and start < edit.end and edit.start < end for edit in case[1])


@given(disjoint(), st.data())
@settings(max_examples=200, deadline=None)
def test_span_dropped_from_an_insertion_is_missing_at_the_end_and_nothing_else(
    case: tuple[str, list[Edit], list[int], list[int]], data: st.DataObject
) -> None:
    document, edits, order, ends = case
    trace = trace_of(document, edits, order, ends)
    for place, index in zip(places(trace), order, strict=True):
        text = edits[index].text
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        shorter = list(edits)
        shorter[index] = edits[index]._replace(text=text[:start] + text[end:])
        assert last_document(without_span(trace, place, start, end)) == result_of(document, shorter)


def test_move_that_collides_with_a_later_edit_is_none() -> None:
    trace = Trace("ab", ((Edit(1, 1, "xy"),), (Edit(2, 2, "z"),), (Edit(0, 5, "new"),)))
    assert without_edit(trace, Place(0, 0)) is None
    assert without_span(trace, Place(0, 0), 0, 2) is None
    assert without_steps(trace, [0]) is None
    assert without_edit(trace, Place(2, 0)) is not None
    assert rebase(Edit(2, 2, "z"), Edit(1, 3, "")) is None


# The order.


@given(traces(), traces(), traces())
@settings(max_examples=100, deadline=None)
def test_any_two_sizes_compare(one: Trace, other: Trace, third: Trace) -> None:
    sizes = [size(one), size(other), size(third)]
    assert (sizes[0] < sizes[1]) + (sizes[0] == sizes[1]) + (sizes[0] > sizes[1]) == 1
    low, middle, high = sorted(sizes)
    assert low <= middle <= high
    assert low <= high
    assert all(isinstance(number, int) for number in sizes[0])


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (Trace("ab" * 99), Trace("", ((Edit(0, 0, "x"),),))),
        (Trace("", ((Edit(0, 0, "a"),) * 2,)), Trace("", ((Edit(0, 0, "a"),),) * 2)),
        (Trace("", ((Edit(0, 0, "a"),),)), Trace("", ((Edit(0, 0, "a"),), ()))),
        (Trace("$"), Trace("aa")),
        (Trace("a", ((Edit(0, 0, "a"),),)), Trace("aa", ((Edit(0, 0, "a"),),))),
        (Trace("ab", ((Edit(0, 1, "a"),),)), Trace("ab", ((Edit(0, 2, "a"),),))),
        (Trace("a"), Trace("b")),
        (Trace("", (Probe(ProbeName.FORK, 0),)), Trace("", (Probe(ProbeName.FORK, 1),))),
        (Trace("", (Probe(ProbeName.FORK),)), Trace("", (Probe(ProbeName.FORK, 0),))),
    ],
)
def test_size_orders(smaller: Trace, larger: Trace) -> None:
    assert size(smaller) < size(larger)


def test_ranks_of_characters_are_all_different() -> None:
    characters = RANKS + "".join(map(chr, range(0x300))) + "漢\U0001d538\ud800"
    ranks = {character: rank(character) for character in characters}
    assert len(set(ranks.values())) == len(ranks)
    assert sorted(ranks, key=rank)[: len(RANKS)] == list(RANKS)
    assert max(rank(chr(code)) for code in range(128)) < min(rank(c) for c in "\x80é漢\ud800")


def test_each_success_is_smaller_than_the_one_before() -> None:
    sizes = []

    def fails(trace: Trace) -> int | None:
        step = dollar_before_q(trace)
        if step is not None:
            sizes.append(size(cut(trace, step)))
        return step

    check_shrinks(with_q(generated("smaller")), fails)
    *shrinking, again = sizes[1:]  # the first and the last one are the check's own
    assert len(shrinking) > 3
    assert shrinking == sorted(set(shrinking), reverse=True)
    assert again == shrinking[-1]


def test_the_way_to_a_minimum_is_told_by_the_passes_that_led_there() -> None:
    shrunk = check_shrinks(with_q(generated("smaller")), dollar_before_q)
    first, *others = shrunk.history
    assert (first.candidates, first.by) == (0, "")
    passes = {each.__name__.replace("_", " ") for each in PASSES}
    assert {each.by for each in others} <= passes
    assert all(one.by != other.by for one, other in pairwise(shrunk.history))
    assert [each.candidates for each in shrunk.history] == sorted(
        each.candidates for each in shrunk.history
    )
    assert shrunk.history[-1][2:] == (size(shrunk.trace)[0], *size(shrunk.trace)[2:4])


def test_candidate_counts_only_if_it_is_new_valid_smaller_and_fails() -> None:
    trace = Trace("ab", ((Edit(0, 1, "x"),), (Edit(0, 1, "y"),)))
    tried: list[Trace] = []

    def fails(candidate: Trace) -> int | None:
        tried.append(candidate)
        return len(candidate.steps) if candidate.document else None

    shrinker = Shrinker(trace, 2, fails, 3000)
    assert not shrinker.attempt(None)
    assert not shrinker.attempt(trace)
    assert not shrinker.attempt(Trace("ba", trace.steps))  # as plain, and so no smaller
    assert not shrinker.attempt(Trace("abc", trace.steps))
    assert not shrinker.attempt(Trace("a", ((Edit(2, 2, ""),),)))
    assert (tried, shrinker.candidates) == ([], 0)
    passing = Trace("", ((Edit(0, 0, "x"),),))
    assert not shrinker.attempt(passing)
    assert not shrinker.attempt(passing)
    assert (tried, shrinker.candidates, shrinker.best) == ([passing], 1, trace)
    smaller = Trace("a", ((Edit(0, 1, "x"),),))
    assert shrinker.attempt(smaller)
    assert (tried, shrinker.candidates, shrinker.best) == ([passing, smaller], 2, smaller)


# The whole.


def failing(fails: Fails, seed: object = 0, least: int = 1) -> Trace:
    """The first generated trace that fails, at step `least` or later."""
    for number in range(5000):
        trace = generated(f"{seed}:{number}")
        if (fails(trace) or 0) >= least:
            return trace
    raise AssertionError("nothing generated fails")


def dollar_before_q(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: "q" in edit.text and "$" in before[: edit.start])


def dollar_before_brace(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: "}" in edit.text and "$" in before[: edit.start])


def emptied(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: bool(before) and not edit.apply(before))


def line_end_removed(trace: Trace) -> int | None:
    """Fails at the first step of one edit alone that removes a line's end."""
    for number, (document, step) in enumerate(zip(trace.documents(), trace.steps, strict=False), 1):
        edits = () if isinstance(step, Probe) else step
        if len(edits) == 1 and "\n" in document[edits[0].start : edits[0].end]:
            return number
    return None


def replaced(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: edit.end > edit.start and bool(edit.text))


def removed(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: "\n" in before[edit.start : edit.end])


def grown(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: len(before) >= 20)


def percent_then_fork(trace: Trace) -> int | None:
    documents = list(trace.documents())
    for number, step in enumerate(trace.steps, 1):
        if not isinstance(step, Probe) or step.name != ProbeName.FORK:
            continue
        if (step.argument or 0) >= 3 and "%" in documents[number]:
            return number
    return None


def second_insertion(trace: Trace) -> int | None:
    """Fails at the second step that inserts a backslash."""
    count = 0
    for number, step in enumerate(trace.steps, 1):
        if not isinstance(step, Probe):
            count += any("\\" in edit.text for edit in step)
            if count == 2:
                return number
    return None


def with_q(trace: Trace) -> Trace:
    """The trace with more text in it: a word with a q in the middle of what is there."""
    middle = len(trace.document) // 2
    first = (Edit(middle, middle, "x^2 $ y"), Edit(0, 0, "un"))
    second = (Edit(middle + 7, middle + 9, "quick\nbrown"),)
    return Trace(trace.document + "tail", (first, *((),) * 2, second))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("fails", "smallest"),
    [
        (dollar_before_brace, Trace("$", ((Edit(1, 1, "}"),),))),
        (emptied, Trace("a", ((Edit(0, 1, ""),),))),
        (line_end_removed, Trace("\n", ((Edit(0, 1, ""),),))),
        (replaced, Trace("a", ((Edit(0, 1, "a"),),))),
        (percent_then_fork, Trace("%", (Probe(ProbeName.FORK, 3),))),
    ],
)
def test_minimum_is_exact(fails: Fails, smallest: Trace, seed: int) -> None:
    shrunk = check_shrinks(failing(fails, seed), fails)
    assert not shrunk.exhausted
    assert shrunk.trace == smallest


@pytest.mark.parametrize(
    ("trace", "fails", "smallest"),
    [
        pytest.param(
            Trace("a" * 20, ((Edit(0, 20, ""),),)),
            grown,
            Trace("a" * 20, ((Edit(0, 0, ""),),)),
            id="deletion of more than is needed",
        ),
        pytest.param(
            Trace("", ((Edit(0, 0, "\n"), Edit(0, 1, "")),)),
            removed,
            Trace("\n", ((Edit(0, 1, ""),),)),
            id="insertion that could be in the document, first in the only step",
        ),
    ],
)
def test_minimum_that_is_not_reached_yet(trace: Trace, fails: Fails, smallest: Trace) -> None:
    assert size(check_shrinks(trace, fails).trace) == size(smallest)


def edits_of_steps(trace: Trace) -> Iterator[tuple[int, tuple[Edit, ...]]]:
    for number, step in enumerate(trace.steps, 1):
        if not isinstance(step, Probe):
            yield number, step


def doubled_in_front(trace: Trace) -> int | None:
    """Fails at a step that begins further behind than it ends, and there inserts what makes xx."""
    for number, edits in edits_of_steps(trace):
        inserted = "".join(edit.text for edit in edits[1:])
        if len(edits) > 1 and edits[0].start > edits[-1].start and "xx" in inserted:
            return number
    return None


def opener(trace: Trace) -> int | None:
    return first_step(trace, lambda before, edit: edit.text in ("$", "\\begin{math}"))


def put_back(trace: Trace) -> int | None:
    """Fails at a step that inserts again what the one before it deleted, a q in it."""
    steps = [(number, edits[0]) for number, edits in edits_of_steps(trace) if len(edits) == 1]
    documents = list(trace.documents())
    for (one, first), (two, second) in pairwise(steps):
        gone = documents[one - 1][first.start : first.end]
        if two == one + 1 and not first.text and second.text == gone and "q" in gone:
            return two
    return None


def even_behind_first(trace: Trace) -> int | None:
    """Fails at a q that an even number of steps parts from a p at the start."""
    texts = [edits[0].text for _, edits in edits_of_steps(trace) if edits]
    if len(texts) > 1 and texts[0] == "p" and texts[-1] == "q" and len(texts) % 2 == 0:
        return len(texts)
    return None


def forked_at_nine(trace: Trace) -> int | None:
    for number, (document, step) in enumerate(zip(trace.documents(), trace.steps, strict=False), 1):
        if isinstance(step, Probe) and (step.argument or 0) % (len(document) + 1) == 9:
            return number
    return None


LONG = " ".join(f"word{number}" for number in range(300)) + " q"


@pytest.mark.parametrize(
    ("trace", "fails", "smallest"),
    [
        pytest.param(
            Trace("b", ((Edit(1, 1, ""), Edit(0, 0, "x"), Edit(0, 0, "x")),)),
            doubled_in_front,
            Trace("a", ((Edit(1, 1, ""), Edit(0, 0, "xx")),)),
            id="two of the edits of a step are merged",
        ),
        pytest.param(
            Trace("ab", ((Edit(1, 1, "\\begin{math}"),),)),
            opener,
            Trace("", ((Edit(0, 0, "$"),),)),
            id="an insertion becomes a sign",
        ),
        pytest.param(
            Trace(LONG, ((Edit(0, len(LONG), ""),), (Edit(0, 0, LONG),))),
            put_back,
            Trace("q", ((Edit(0, 1, ""),), (Edit(0, 0, "q"),))),
            id="a long text is deleted and put back",
        ),
        pytest.param(
            Trace("", tuple((Edit(0, 0, text),) for text in "pabcdq")),
            even_behind_first,
            Trace("", ((Edit(0, 0, "p"),), (Edit(0, 0, "q"),))),
            id="steps go in pairs",
        ),
        pytest.param(
            Trace("a" * 12, (Probe(ProbeName.FORK, 13 * 50 + 9),)),
            forked_at_nine,
            Trace("a" * 9, (Probe(ProbeName.FORK, 9),)),
            id="a probe's place is taken modulo the length",
        ),
    ],
)
def test_what_belongs_together_shrinks_together(
    trace: Trace, fails: Fails, smallest: Trace
) -> None:
    shrunk = check_shrinks(trace, fails)
    assert not shrunk.exhausted
    assert shrunk.trace == smallest


@pytest.mark.parametrize("seed", SEEDS)
def test_insertion_behind_a_dollar_shrinks_to_the_two_of_them(seed: int) -> None:
    shrunk = check_shrinks(with_q(generated(str(seed))), dollar_before_q)
    assert shrunk.trace == Trace("$", ((Edit(1, 1, "q"),),))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_steps_that_are_needed_stay_two(seed: int) -> None:
    shrunk = check_shrinks(failing(second_insertion, seed), second_insertion)
    assert size(shrunk.trace)[:4] == (2, 2, 2, 0)
    assert shrunk.trace.document == ""


@pytest.mark.parametrize("seed", SEEDS)
def test_trace_that_fails_on_opening_loses_its_steps(seed: int) -> None:
    def fails(trace: Trace) -> int | None:
        return 0 if "$" in trace.document else None

    shrunk = check_shrinks(failing_on_opening(seed), fails)
    assert shrunk.trace == Trace("$")


def failing_on_opening(seed: int) -> Trace:
    trace = generated(str(seed))
    return Trace(f"{trace.document}$x", trace.steps)


@given(traces(), st.integers(0, 9), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_what_shrinking_returns_fails(trace: Trace, salt: int, sides: int) -> None:
    """Predicates with no sense in them: each step is condemned by a hash of what it meets."""

    def fails(trace: Trace) -> int | None:
        for number, (document, step) in enumerate(
            zip(trace.documents(), ((), *trace.steps), strict=True)
        ):
            if number and hashlib.sha256(f"{salt}{document!a}{step}".encode()).digest()[0] % sides:
                return number
        return None

    if fails(trace) is not None:
        check_shrinks(trace, fails, budget=200)


@pytest.mark.parametrize("budget", [0, 1, 2, 7, 20])
def test_budget_is_kept_and_its_end_is_said(budget: int) -> None:
    trace = with_q(generated("budget"))
    shrunk = check_shrinks(trace, dollar_before_q, budget)
    assert shrunk.exhausted
    assert shrunk.candidates == budget
    if budget == 0:
        assert shrunk.trace == trace


def test_budget_that_suffices_is_not_called_exhausted() -> None:
    free = check_shrinks(with_q(generated("enough")), dollar_before_q)
    exact = check_shrinks(with_q(generated("enough")), dollar_before_q, free.candidates)
    assert exact == free
    assert not exact.exhausted


@pytest.mark.parametrize("fails", [dollar_before_brace, replaced, second_insertion])
def test_same_trace_shrinks_to_the_same(fails: Fails) -> None:
    trace = failing(fails, "same")
    first, second = check_shrinks(trace, fails), check_shrinks(trace, fails)
    assert first == second


def test_steps_behind_the_failing_one_are_cut_at_once() -> None:
    trace = Trace("", ((Edit(0, 0, "a"),), (Edit(0, 0, "b"),), (Edit(0, 0, "c"),)))
    assert cut(trace, 2) == Trace("", trace.steps[:2])
    assert cut(trace, 0) == Trace("")
    assert shrink(trace, 1, lambda trace: None).trace == cut(trace, 1)


def test_every_pass_survives_a_trace_without_steps() -> None:
    for shrinking_pass in PASSES:
        shrinker = Shrinker(Trace("ab"), 0, lambda trace: None, 3000)
        shrinking_pass(shrinker)
        assert shrinker.best == Trace("ab")


class Counted(Shrinker):
    """A shrinker that ends a pass which attempts again and again."""

    attempts = 0

    def attempt(self, candidate: Trace | None) -> bool:
        self.attempts += 1
        assert self.attempts < 1000, "the pass does not end"
        return super().attempt(candidate)


def test_beginning_later_ends_where_a_candidate_fails_on_opening() -> None:
    def fails(trace: Trace) -> int | None:
        if trace.document == "b":
            return 0
        return 4 if not trace.document and len(trace.steps) >= 4 else None

    trace = Trace("", tuple((Edit(0, 0, character),) for character in "bcde"))
    assert fails(trace) == 4
    shrinker = Counted(trace, 4, fails, 3000)
    start_a_little_later(shrinker)
    assert shrinker.best == Trace("b")


def test_removing_less_copes_with_a_candidate_that_fails_earlier() -> None:
    def fails(trace: Trace) -> int | None:
        if len(trace.document) < 2:
            return None
        if first_step(trace, lambda before, edit: edit.start == edit.end) == 1:
            return 1
        return 2 if len(trace.steps) == 2 else None

    trace = Trace("ab", ((Edit(0, 1, "q"),), (Edit(0, 1, "r"),)))
    assert fails(trace) == 2
    shrinker = Shrinker(trace, 2, fails, 3000)
    remove_less(shrinker)
    assert shrinker.best == Trace("ab", ((Edit(0, 0, "q"),),))
