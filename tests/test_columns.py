"""Columns beside the plain lists that they stand for: every law is one of `Sequence`."""

from __future__ import annotations

import pickle
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.model.columns import Columns, Legend
from fuzzeq.model.result import Diagnostic, Item, Token


class Odd(NamedTuple):
    """An item whose offsets stand last."""

    name: str
    start: int
    end: int


LEGEND = Legend(
    (Token("a", 0, 0), Token("b", 0, 0, "m"), Diagnostic("c", 0, 0), Odd("d", 0, 0), None)
)
MEANINGLESS = 4
OFFSETS = st.integers(-(2**63), 2**63 - 1)
NEAR = st.integers(-3, 12)
Rows = list[tuple[int, int, int]]


def rows(offsets: st.SearchStrategy[int] = NEAR) -> st.SearchStrategy[Rows]:
    """Codes, starts and ends."""
    return st.lists(st.tuples(st.integers(0, MEANINGLESS - 1), offsets, offsets), max_size=8)


def columns(of: Rows, legend: Legend = LEGEND) -> Columns:
    starts = np.array([start for _, start, _ in of], np.int64)
    ends = np.array([end for _, _, end in of], np.int64)
    return Columns.of(legend, bytes(code for code, _, _ in of), starts, ends)


def items(of: Rows) -> list[Item]:
    """The same, made one by one."""
    found: list[Item] = []
    for code, start, end in of:
        entry: Any = LEGEND[code]
        found.append(entry._replace(start=start, end=end))
    return found


@given(rows(OFFSETS))
def test_items_are_those_of_the_rows(of: Rows) -> None:
    made, expected = columns(of), items(of)
    assert len(made) == len(expected)
    assert list(made) == expected
    assert [type(item) for item in made] == [type(item) for item in expected]
    assert [made[index] for index in range(-len(of), len(of))] == expected * 2
    assert list(reversed(made)) == expected[::-1]
    assert repr(made) == f"Columns({expected!r})"
    starts, ends = made.offsets()
    assert (starts.tolist(), ends.tolist()) == ([r[1] for r in of], [r[2] for r in of])


@given(rows(), st.slices(8))
def test_slice_is_the_slice_of_the_list(of: Rows, part: slice) -> None:
    made = columns(of)[part]
    assert isinstance(made, Columns)
    assert list(made) == items(of)[part]
    assert made == columns(of[part])


@given(rows(), NEAR, NEAR)
def test_items_from_an_offset_on_are_shifted(of: Rows, start: int, by: int) -> None:
    expected = [
        item._replace(start=item.start + by, end=item.end + by) if item.start >= start else item
        for item in items(of)
    ]
    before = columns(of)
    assert list(before.shifted(start, by)) == expected
    assert list(before) == items(of)


@given(rows(), NEAR)
def test_items_since_an_offset(of: Rows, offset: int) -> None:
    assert list(columns(of).since(offset)) == [i for i in items(of) if i.start >= offset]


@given(rows(st.integers(0, 1)), rows(st.integers(0, 1)))
@settings(max_examples=300)
def test_equal_as_lists_are(one: Rows, other: Rows) -> None:
    assert (columns(one) == columns(other)) == (items(one) == items(other))
    assert (columns(one) != columns(other)) == (items(one) != items(other))
    assert columns(one) == columns(list(one))


@given(rows())
def test_equality_is_that_of_items_whatever_their_codes(of: Rows) -> None:
    turned = Legend(LEGEND[code] for code in (3, 2, 1, 0))
    same = columns([(3 - code, start, end) for code, start, end in of], turned)
    assert same == columns(of)
    assert columns(of, turned) == columns(of) or items(of) != list(columns(of, turned))
    doubled = Legend((*LEGEND[:MEANINGLESS], *LEGEND[:MEANINGLESS]))
    upper = columns([(code + MEANINGLESS, start, end) for code, start, end in of], doubled)
    assert upper == columns(of, doubled)


def test_column_is_no_list_and_has_no_hash() -> None:
    made = columns([(0, 0, 1)])
    assert made != list(made)
    assert made.__eq__(list(made)) is NotImplemented
    with pytest.raises(TypeError):
        hash(made)


@given(rows(OFFSETS))
def test_column_survives_a_pipe(of: Rows) -> None:
    again = pickle.loads(pickle.dumps(columns(of)))
    assert again == columns(of)
    assert list(again) == items(of)
    assert again.legend.complaints == LEGEND.complaints == b"\x02"


@pytest.mark.parametrize("length", [0, 1, 3])
def test_index_out_of_range(length: int) -> None:
    made = columns([(0, 0, 1)] * length)
    for index in (length, length + 7, -length - 1):
        with pytest.raises(IndexError):
            made[index]


@pytest.mark.parametrize(
    ("codes", "starts", "ends"),
    [(b"", b"", bytes(8)), (b"\0", bytes(8), b""), (b"\0", bytes(7), bytes(7)), (b"\0\0", bytes(8),
     bytes(8))],
)  # fmt: skip
def test_columns_of_different_lengths_are_refused(codes: bytes, starts: bytes, ends: bytes) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Columns(LEGEND, codes, starts, ends)


@pytest.mark.parametrize("place", range(3))
def test_column_that_could_be_changed_later_is_refused(place: int) -> None:
    parts: list[Any] = [b"\0", bytes(8), bytes(8)]
    parts[place] = bytearray(parts[place])
    with pytest.raises(TypeError, match="bytes"):
        Columns(LEGEND, *parts)


def test_offsets_cannot_be_written_to() -> None:
    starts, _ = columns([(0, 0, 1)]).offsets()
    with pytest.raises(ValueError, match="read-only"):
        starts[0] = 1


def test_code_that_means_nothing_gives_no_item() -> None:
    made = columns([(MEANINGLESS, 0, 1)])
    with pytest.raises(TypeError):
        list(made)
    with pytest.raises(TypeError):
        made[0]
