"""Running sums: where each of many lengths starts, and which of them holds an offset.

A column begins with 0 and has one entry more than there are lengths: entry i is where length i
starts, the last one is where all end. It is an `array`, which gives a number sooner than numpy
does; where more than a few are moved, numpy moves them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, TypeAlias

import numpy as np

Sums: TypeAlias = "array[int]"

FEW: Final = 24
"""So many numbers are moved faster one by one."""


def running(lengths: Iterable[int]) -> Sums:
    """The sums of these lengths."""
    return array("q", accumulate(lengths, initial=0))


def holder(sums: Sums, offset: int) -> int:
    """Which length holds an offset; where they all end, the last one."""
    return min(bisect_right(sums, offset), len(sums) - 1) - 1


def move(sums: Sums, first: int, by: int) -> None:
    """Adds to the entries from `first` on."""
    if len(sums) - first < FEW:
        for index in range(first, len(sums)):
            sums[index] += by
    else:  # nobody sees the view, so the array can grow afterwards
        rest = np.frombuffer(sums, np.int64, offset=sums.itemsize * first)
        rest += by


def splice(sums: Sums, first: int, stop: int, lengths: Sequence[int]) -> None:
    """Puts lengths in the place of those `[first, stop)`."""
    before = sums[stop]
    sums[first : stop + 1] = array("q", accumulate(lengths, initial=sums[first]))
    behind = first + len(lengths)
    move(sums, behind + 1, sums[behind] - before)
