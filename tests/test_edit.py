"""The algebra of edits: what apply, invert, compose, hull and rebase owe each other.

Rows write a step inline, as `a«old→new»b`: the marked pieces are its edits, from left to right.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.edit import Edit, apply_all, compose, hull, invert_all, rebase
from tests.notation import downwards

DOCUMENTS = st.text("abc\r\n é\ud800", max_size=12)
TEXTS = st.text("abc\nz", max_size=4)


@st.composite
def fitting(draw: st.DrawFn, length: int) -> Edit:
    """An edit that fits a document of that length."""
    start = draw(st.integers(0, length))
    return Edit(start, draw(st.integers(start, length)), draw(TEXTS))


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """A document, and edits that fit it one after the other."""
    document = current = draw(DOCUMENTS)
    edits = []
    for _ in range(draw(st.integers(0, 5))):
        edits.append(draw(fitting(len(current))))
        current = edits[-1].apply(current)
    return document, tuple(edits)


@st.composite
def rivals(draw: st.DrawFn) -> tuple[str, Edit, Edit]:
    """A document, and two edits that both fit it."""
    document = draw(DOCUMENTS)
    return document, draw(fitting(len(document))), draw(fitting(len(document)))


def check_rebase(document: str, one: Edit, other: Edit) -> None:
    """Either order gives the same text, or both answers are None, as the same code points are
    touched by both."""
    one_later, other_later = rebase(one, other, "after"), rebase(other, one, "before")
    touching = one.start < other.end and other.start < one.end
    assert (one_later is None) == (other_later is None) == touching
    if one_later is not None and other_later is not None:
        assert apply_all(document, (other, one_later)) == apply_all(document, (one, other_later))


@given(steps())
@settings(max_examples=200, deadline=None)
def test_inverse_gives_the_document_back(step: tuple[str, tuple[Edit, ...]]) -> None:
    document, edits = step
    for edit in edits[:1]:
        after = edit.apply(document)
        assert edit.invert(document).apply(after) == document
        assert edit.invert(document).invert(after) == edit
        assert len(after) == len(document) + edit.delta
    after = apply_all(document, edits)
    inverses = invert_all(document, edits)
    assert apply_all(after, inverses) == document
    assert invert_all(after, inverses) == edits


@given(steps())
@settings(max_examples=200, deadline=None)
def test_compose_does_what_all_do_and_spans_their_hull(step: tuple[str, tuple[Edit, ...]]) -> None:
    document, edits = step
    after, both = apply_all(document, edits), compose(document, edits)
    assert both.apply(document) == after
    assert (both.start, both.end) == hull(len(document), edits)
    start, end = both.start, both.end
    assert document[:start] == after[:start]
    assert document[end:] == after[len(after) - (len(document) - end) :]


@given(steps())
@settings(max_examples=200, deadline=None)
def test_hull_grows_with_each_edit_and_is_the_range_of_a_single_one(
    step: tuple[str, tuple[Edit, ...]],
) -> None:
    document, edits = step
    hulls = [hull(len(document), edits[:count]) for count in range(len(edits) + 1)]
    assert hulls[0] == (0, 0)
    if edits:
        assert hulls[1] == (edits[0].start, edits[0].end)
    for inner, outer in pairwise(hulls[1:]):
        assert outer[0] <= inner[0] <= inner[1] <= outer[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abcdef", (0, 0)),
        ("a«bc→»def", (1, 3)),
        ("a«→x»bcdef", (1, 1)),
        ("a«→x»bcd«e→»f", (1, 5)),
        ("«a→xyz»bcde«→x»f", (0, 5)),
        ("«→x»abcdef«→x»", (0, 6)),
    ],
)
def test_hull_of_a_step(text: str, expected: tuple[int, int]) -> None:
    document, edits = downwards(text)
    assert hull(len(document), edits) == expected


def test_hull_counts_a_place_that_was_touched_and_is_as_it_was() -> None:
    assert hull(9, (Edit(4, 4, "xy"), Edit(4, 6, ""))) == (4, 4)
    assert hull(9, (Edit(2, 4, ""), Edit(2, 2, "ab"), Edit(7, 8, "c"))) == (2, 8)
    assert compose("abcdef", (Edit(1, 1, "x"), Edit(1, 2, ""))) == Edit(1, 1, "")


@given(rivals())
@settings(max_examples=400, deadline=None)
def test_rebased_edits_commute_or_touch_the_same(rival: tuple[str, Edit, Edit]) -> None:
    check_rebase(*rival)


def test_rebase_of_all_small_edits_commutes() -> None:
    document = "abc"
    ranges = [(start, end) for start in range(4) for end in range(start, 4)]
    edits = [Edit(*span, text) for span in ranges for text in ("", "x", "yz")]
    for one in edits:
        for other in edits:
            check_rebase(document, one, other)


@pytest.mark.parametrize(
    ("edit", "over", "after", "before"),
    [
        (Edit(1, 1, "x"), Edit(1, 1, "yy"), Edit(3, 3, "x"), Edit(1, 1, "x")),
        (Edit(1, 1, "x"), Edit(1, 3, "y"), Edit(1, 1, "x"), Edit(1, 1, "x")),
        (Edit(3, 3, "x"), Edit(1, 3, "y"), Edit(2, 2, "x"), Edit(2, 2, "x")),
        (Edit(2, 2, "x"), Edit(1, 3, "y"), None, None),
        (Edit(1, 3, ""), Edit(2, 2, "y"), None, None),
        (Edit(1, 3, ""), Edit(2, 4, ""), None, None),
        (Edit(0, 1, ""), Edit(1, 4, "y"), Edit(0, 1, ""), Edit(0, 1, "")),
        (Edit(4, 5, ""), Edit(1, 4, ""), Edit(1, 2, ""), Edit(1, 2, "")),
    ],
)
def test_rebase_row(edit: Edit, over: Edit, after: Edit | None, before: Edit | None) -> None:
    assert rebase(edit, over) == rebase(edit, over, "after") == after
    assert rebase(edit, over, "before") == before


@pytest.mark.parametrize(
    "edit",
    [
        Edit(-1, 0, ""),
        Edit(-1, -1, "x"),
        Edit(-2, 4, "x"),
        Edit(0, -1, "x"),
        Edit(2, 1, "x"),
        Edit(4, 3, ""),
        Edit(0, 4, ""),
        Edit(3, 4, "x"),
        Edit(4, 4, "x"),
        Edit(4, 4, ""),
        Edit(10**9, 10**9, ""),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda edit: edit.apply("abc"),
        lambda edit: edit.invert("abc"),
        lambda edit: apply_all("abc", (edit,)),
        lambda edit: apply_all("abcd", (Edit(0, 1, ""), edit)),
        lambda edit: invert_all("ab", (Edit(0, 0, "x"), edit)),
        lambda edit: compose("abc", (edit,)),
        lambda edit: compose("ab", (Edit(2, 2, "x"), edit)),
        lambda edit: hull(3, (edit,)),
        lambda edit: hull(4, (Edit(0, 4, "abc"), edit)),
    ],
)
def test_edit_out_of_range_is_refused(edit: Edit, call: Callable[[Edit], object]) -> None:
    assert not edit.fits(3)
    with pytest.raises(InvalidEdit, match="does not fit a document of 3"):
        call(edit)


@given(st.integers(-2, 6), st.integers(-2, 6), st.integers(0, 4))
def test_edit_fits_where_its_range_is_a_slice(start: int, end: int, length: int) -> None:
    offsets = range(length + 1)
    fits = start in offsets and end in offsets and start <= end
    assert Edit(start, end, "x").fits(length) == fits


@pytest.mark.parametrize(
    ("edit", "delta", "is_noop", "text"),
    [
        (Edit(0, 0, ""), 0, True, "[0:0] → ''"),
        (Edit(3, 3, ""), 0, True, "[3:3] → ''"),
        (Edit(1, 2, "x"), 0, False, "[1:2] → 'x'"),
        (Edit(1, 4, ""), -3, False, "[1:4] → ''"),
        (Edit(2, 2, "é\n\ud800"), 3, False, "[2:2] → '\\xe9\\n\\ud800'"),
    ],
)
def test_edit_says_what_it_does(edit: Edit, delta: int, is_noop: bool, text: str) -> None:
    assert (edit.delta, edit.is_noop, str(edit)) == (delta, is_noop, text)
