"""Running sums beside the lists of lengths that they stand for."""

from __future__ import annotations

from array import array
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzeq.targets.latex.sums import FEW, holder, move, running, splice

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=2 * FEW)
PLACES = st.integers(0, 2 * FEW)


def sums_of(lengths: list[int]) -> list[int]:
    return list(accumulate(lengths, initial=0))


@given(LENGTHS)
def test_sums_are_running(lengths: list[int]) -> None:
    assert running(lengths) == array("q", sums_of(lengths))


@given(LENGTHS, st.integers(0, 400))
def test_holder_is_the_last_that_starts_at_an_offset_or_before(
    lengths: list[int], offset: int
) -> None:
    offset = min(offset, sum(lengths))
    starts = sums_of(lengths)[:-1]
    expected = max(index for index, start in enumerate(starts) if start <= offset)
    assert holder(running(lengths), offset) == expected


@given(LENGTHS, PLACES, st.integers(-9, 9))
def test_what_is_behind_is_moved(lengths: list[int], first: int, by: int) -> None:
    sums = running(lengths)
    first = min(first, len(sums))
    expected = [sums[index] + by * (index >= first) for index in range(len(sums))]
    move(sums, first, by)
    assert list(sums) == expected


@given(LENGTHS, PLACES, PLACES, st.lists(st.integers(0, 9), max_size=3))
def test_spliced_sums_are_those_of_the_spliced_lengths(
    lengths: list[int], one: int, other: int, new: list[int]
) -> None:
    first, stop = sorted(min(place, len(lengths)) for place in (one, other))
    sums = running(lengths)
    splice(sums, first, stop, new)
    lengths[first:stop] = new
    assert list(sums) == sums_of(lengths)


@pytest.mark.parametrize("count", [FEW - 1, FEW, FEW + 1])
def test_moved_sums_can_still_grow(count: int) -> None:
    sums = running([1] * count)
    move(sums, 1, 1)
    sums.append(0)
    assert len(sums) == count + 2
