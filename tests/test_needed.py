"""How much of an edit's work is needed, counted by lines whose state is an open parenthesis."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.lockstep import lockstep
from fuzzeq.model.edit import Edit
from fuzzeq.model.observation import Comparison
from fuzzeq.model.target import Piece
from fuzzeq.model.trace import Trace
from fuzzeq.needed import needed_work, touched_work
from tests.notation import downwards
from tests.words import Capable, lines


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("«a→»\n" + 85 * "bb\n", None),  # 256 characters: free
        ("«a→»b\n" + 86 * "bb\n", None),  # four more, of five that the edit touches
        ("«a→»b\n" + 87 * "bb\n", 2 + 3),
        (f"«a→{'c' * 40}»\n" + 85 * "bb\n", None),  # what comes in has to be examined
        (f"«a→»{'b' * 600}\n" + 84 * "bb\n", None),  # and what it touches
        (f"«a→»{'b' * 600}\n" + 87 * "bb\n", 601 + 3),
        ("«a→b»\n«b→c»\n" + 84 * "bb\n", None),
        ("«a→b»\n«b→c»\n" + 85 * "bb\n", (2 + 2) + (2 + 2 + 3) + 3),
    ],
)
def test_needed_work_is_counted_where_work_is_neither_free_nor_plainly_due(
    text: str, needed: int | None
) -> None:
    document, edits = downwards(text)
    comparison = list(lockstep(Capable(), Trace(document, (edits,))))[1]
    assert isinstance(comparison, Comparison)
    assert comparison.work == len(comparison.document)
    assert comparison.needed == needed


@given(st.text("ab()\n", max_size=12), st.integers(0, 12), st.integers(0, 12), st.text("a(\n"))
@settings(max_examples=300)
def test_what_an_edit_touches_is_needed_and_is_all_where_no_state_reaches_further(
    document: str, one: int, other: int, text: str
) -> None:
    start, end = sorted(min(place, len(document)) for place in (one, other))
    edit = Edit(start, end, text)

    def stateless(document: str) -> Sequence[Piece]:
        return [piece._replace(key=piece.key[0]) for piece in lines(document)]  # type: ignore[index]

    touched = touched_work(lines(edit.apply(document)), edit)
    assert touched <= needed_work(lines, document, (edit,))
    assert touched == needed_work(stateless, document, (edit,))


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        # Lines of 2, 3, 4, 5 and 6 characters; the touched one with one more on either side.
        ("a\nbb\nccc\ndddd\neeeee\n", 0),
        ("a\nbb\nc«c→x»c\ndddd\neeeee\n", 3 + 4 + 5),
        ("«a→x»\nbb\nccc\ndddd\neeeee\n", 2 + 3),
        ("a\nbb\nccc\ndddd\neeee«e→x»\n", 5 + 6),
        # A place between two lines touches both of them.
        ("a\nbb\n«→x»ccc\ndddd\neeeee\n", 2 + 3 + 5 + 5),
        # A line more, a line less, two joined.
        ("a\nbb\nccc\n«→xx\n»dddd\neeeee\n", 3 + 4 + 3 + 5 + 6),
        ("a\nbb\n«ccc\n→»dddd\neeeee\n", 2 + 3 + 5 + 6),
        ("a\nbb«\n→»ccc\ndddd\neeeee\n", 2 + 6 + 5),
        # A state that reaches further: to where it is closed, to the end.
        ("a«→(»\nbb\nc)c\ndddd\neeeee\n", 3 + 3 + 4 + 5),
        ("a«→(»\nbb\nccc\ndddd\neeeee\n", 3 + 3 + 4 + 5 + 6),
        # An edit of nothing still touches its place; an emptied document needs nothing.
        ("a\nbb\nc«→»cc\ndddd\neeeee\n", 3 + 4 + 5),
        ("«a\nbb\n→»", 0),
        ("«→a\nbb\n»", 2 + 3),
        # Several edits: each by itself, and what lies between the first and the last.
        ("«a→x»\nbb\nccc\ndddd\neeee«e→x»\n", (2 + 3) + (5 + 6) + 19),
        ("a\nbb\nc«c→x»«c→yy»\ndddd\neeeee\n", (3 + 4 + 5) + (3 + 5 + 5) + 3),
    ],
)
def test_needed_work(text: str, needed: int) -> None:
    document, edits = downwards(text)
    assert needed_work(lines, document, edits) == needed
