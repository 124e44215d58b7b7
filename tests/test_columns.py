"""Columns beside the plain lists that they stand for: every law is one of `Sequence`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.model.columns import Columns, Legend, added
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
Make: TypeAlias = Callable[[Rows], Columns]


def rows(offsets: st.SearchStrategy[int] = NEAR) -> st.SearchStrategy[Rows]:
    """Codes, starts and ends."""
    return st.lists(st.tuples(st.integers(0, MEANINGLESS - 1), offsets, offsets), max_size=8)


def side_by_side() -> st.SearchStrategy[Rows]:
    """Rows of which the first follow each other from 0 on, as tokens do."""
    coded = st.lists(st.tuples(st.integers(0, MEANINGLESS - 1), st.integers(0, 300)), max_size=6)
    return st.builds(lambda first, others: [*following(first), *others], coded, rows())


def following(coded: list[tuple[int, int]]) -> Rows:
    """Codes and lengths as rows, each where the one before it ends."""
    ends = list(accumulate(length for _, length in coded))
    return [(code, end - length, end) for (code, length), end in zip(coded, ends, strict=True)]


ANY = rows() | side_by_side()


def columns(of: Rows, legend: Legend = LEGEND) -> Columns:
    starts = np.array([start for _, start, _ in of], np.int64)
    ends = np.array([end for _, _, end in of], np.int64)
    return Columns.of(legend, bytes(code for code, _, _ in of), starts, ends)


def by_length(of: Rows, legend: Legend = LEGEND) -> Columns:
    """The same, the first items by their lengths, as many as can be had so."""
    reached, lengths = 0, bytearray()
    for _, start, end in of:
        if start != reached or not 0 <= end - start < 256:
            break
        lengths.append(end - start)
        reached = end
    rest = columns(of[len(lengths) :], legend)
    codes = bytes(code for code, _, _ in of)
    return Columns(legend, codes, rest.starts, rest.ends, bytes(lengths))


both = pytest.mark.parametrize("make", [columns, by_length])


def items(of: Rows) -> list[Item]:
    """The same, made one by one."""
    found: list[Item] = []
    for code, start, end in of:
        entry: Any = LEGEND[code]
        found.append(entry._replace(start=start, end=end))
    return found


@both
@given(rows(OFFSETS) | side_by_side())
def test_items_are_those_of_the_rows(make: Make, of: Rows) -> None:
    made, expected = make(of), items(of)
    assert len(made) == len(expected)
    assert list(made) == expected
    assert [type(item) for item in made] == [type(item) for item in expected]
    assert [made[index] for index in range(-len(of), len(of))] == expected * 2
    assert list(reversed(made)) == expected[::-1]
    assert all(made.index(item) == expected.index(item) for item in expected)
    assert repr(made) == f"Columns({expected!r})"
    starts, ends = made.offsets()
    assert (starts.tolist(), ends.tolist()) == ([r[1] for r in of], [r[2] for r in of])


@both
@given(ANY, st.slices(8) | st.builds(slice, NEAR, NEAR) | st.builds(slice, NEAR))
def test_slice_is_the_slice_of_the_list(make: Make, of: Rows, part: slice) -> None:
    made = make(of)[part]
    assert isinstance(made, Columns)
    assert list(made) == items(of)[part]
    assert made == columns(of[part])


@both
@given(ANY, NEAR, NEAR)
def test_items_from_an_offset_on_are_shifted(make: Make, of: Rows, start: int, by: int) -> None:
    expected = [
        item._replace(start=item.start + by, end=item.end + by) if item.start >= start else item
        for item in items(of)
    ]
    before = make(of)
    assert list(before.shifted(start, by)) == expected
    assert list(before) == items(of)


@both
@given(ANY, NEAR)
def test_items_since_an_offset(make: Make, of: Rows, offset: int) -> None:
    assert list(make(of).since(offset)) == [i for i in items(of) if i.start >= offset]


@given(rows(st.integers(0, 1)), rows(st.integers(0, 1)))
@settings(max_examples=300)
def test_equal_as_lists_are(one: Rows, other: Rows) -> None:
    assert (columns(one) == columns(other)) == (items(one) == items(other))
    assert (columns(one) != columns(other)) == (items(one) != items(other))
    assert columns(one) == columns(list(one))


LENGTHS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=4)


@given(LENGTHS, LENGTHS)
@settings(max_examples=300)
def test_equal_however_offsets_are_given(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    ones, others = following(one), following(other)
    for left in (columns(ones), by_length(ones)):
        for right in (columns(others), by_length(others)):
            assert (left == right) == (items(ones) == items(others))
            assert (right != left) == (items(ones) != items(others))


@given(rows())
def test_equality_is_that_of_items_whatever_their_codes(of: Rows) -> None:
    turned = Legend(LEGEND[code] for code in (3, 2, 1, 0))
    same = columns([(3 - code, start, end) for code, start, end in of], turned)
    assert same == columns(of)
    assert columns(of, turned) == columns(of) or items(of) != list(columns(of, turned))
    doubled = Legend((*LEGEND[:MEANINGLESS], *LEGEND[:MEANINGLESS]))
    upper = columns([(code + MEANINGLESS, start, end) for code, start, end in of], doubled)
    assert upper == columns(of, doubled)


class StartsFirst(NamedTuple):
    """An item that is equal to one whose fields mean other things."""

    start: int
    end: int
    name: int


class NameFirst(NamedTuple):
    """That one."""

    name: int
    start: int
    end: int


class AnywhereEqual(NamedTuple):
    """An item that does not care where it stands."""

    name: str
    start: int
    end: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnywhereEqual) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def test_legends_that_are_equal_tuples_of_other_fields_are_not_alike() -> None:
    one, other = Legend([StartsFirst(0, 0, 0)]), Legend([NameFirst(0, 0, 0)])
    assert one == other
    left, right = (Columns(legend, b"\0", lengths=b"\5") for legend in (one, other))
    assert list(left) == [(0, 5, 0)]
    assert list(right) == [(0, 0, 5)]
    assert left != right
    again = pickle.loads(pickle.dumps(one))
    assert Columns(again, b"\0", lengths=b"\5") == left


@both
def test_what_is_equal_is_for_an_item_to_say(make: Callable[..., Columns]) -> None:
    legend = Legend([AnywhereEqual("a", 0, 0), AnywhereEqual("b", 0, 0)])
    assert make([(0, 0, 1), (1, 1, 3)], legend) == make([(0, 0, 2), (1, 2, 3)], legend)
    assert make([(0, 0, 1), (1, 1, 3)], legend) != make([(0, 0, 2), (0, 2, 3)], legend)


@both
def test_index_may_be_any_whole_number(make: Make) -> None:
    made: Any = make(following([(0, 1)] * 300))
    assert made[np.int8(-1)] == made[299]
    assert made[np.uint8(200)] == made[200]


def test_column_is_no_list_and_has_no_hash() -> None:
    made = columns([(0, 0, 1)])
    assert made != list(made)
    assert made.__eq__(list(made)) is NotImplemented
    with pytest.raises(TypeError):
        hash(made)


@both
@given(rows(OFFSETS) | side_by_side())
def test_column_survives_a_pipe(make: Make, of: Rows) -> None:
    again = pickle.loads(pickle.dumps(make(of)))
    assert again == columns(of)
    assert list(again) == items(of)
    assert again.legend.complaints == LEGEND.complaints == b"\x02"


@both
@pytest.mark.parametrize("length", [0, 1, 3])
def test_index_out_of_range(make: Make, length: int) -> None:
    made = make([(0, 0, 1)] * length)
    for index in (length, length + 7, -length - 1):
        with pytest.raises(IndexError):
            made[index]


@pytest.mark.parametrize(
    ("codes", "starts", "ends"),
    [(b"", b"", bytes(8)), (b"\0", bytes(8), b""), (b"\0", b"", bytes(8)),
     (b"\0", bytes(7), bytes(7)), (b"\0\0", bytes(8), bytes(8))],
)  # fmt: skip
def test_columns_of_different_lengths_are_refused(codes: bytes, starts: bytes, ends: bytes) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Columns(LEGEND, codes, starts, ends)


@pytest.mark.parametrize(
    ("codes", "starts", "lengths"),
    [(b"\0", bytes(8), b"\1"), (b"", b"", b"\1"), (b"\0\0", b"", b"\1"), (b"\0", b"", b"\1\1")],
)
def test_lengths_that_are_not_those_of_items_are_refused(
    codes: bytes, starts: bytes, lengths: bytes
) -> None:
    with pytest.raises(ValueError, match="different lengths"):
        Columns(LEGEND, codes, starts, starts, lengths)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 511, 512, 513, 100_000])
@pytest.mark.parametrize("largest", [1, 7, 255])
def test_lengths_are_added_up(count: int, largest: int) -> None:
    lengths = bytes(number % (largest + 1) for number in range(count))
    assert added(lengths) == sum(lengths)
    assert added(bytes([largest]) * count) == largest * count


@pytest.mark.parametrize("place", range(4))
def test_column_that_could_be_changed_later_is_refused(place: int) -> None:
    parts: list[Any] = [b"\0\0", bytes(8), bytes(8), b"\1"]
    parts[place] = bytearray(parts[place])
    with pytest.raises(TypeError, match="bytes"):
        Columns(LEGEND, *parts)


@both
def test_offsets_cannot_be_written_to(make: Make) -> None:
    for offsets in make([(0, 0, 1)]).offsets():
        with pytest.raises(ValueError, match="read-only"):
            offsets[0] = 1


def test_code_that_means_nothing_gives_no_item() -> None:
    made = columns([(MEANINGLESS, 0, 1)])
    with pytest.raises(TypeError):
        list(made)
    with pytest.raises(TypeError):
        made[0]
