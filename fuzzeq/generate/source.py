"""Where decisions come from: a small interface, and a pseudo-random implementation of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Source(Protocol):
    """Makes decisions, one by one. An implementation that shrinks does so towards the lower end of
    a range, the first of several options, and False."""

    def integer(self, low: int, high: int) -> int:
        """A whole number, both ends included."""

    def choice(self, options: Sequence[T]) -> T:
        """One of the options, which are not empty."""

    def boolean(self, probability: float) -> bool:
        """True with about that probability, which lies within [0, 1]."""

    def more(self, average: float) -> bool:
        """Whether a list goes on; asked before each element of one that has `average` of them.

        Counts drawn first shrink badly; questions asked on the way shrink element by element.
        """

    def goes_on(self) -> bool:
        """Whether a list that ends by itself, at a size, is to get there; asked before each
        element. Nearly always: it lets a source that shrinks leave out what stands in the middle.
        """


class RandomSource:
    """Pseudo-random decisions that depend on the seed alone; any text is a seed."""

    __slots__ = ("_random",)

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random  # faster than `randrange`, and as good here

    def integer(self, low: int, high: int) -> int:
        """See `Source`."""
        return low + int(self._random() * (high - low + 1))

    def choice(self, options: Sequence[T]) -> T:
        """See `Source`."""
        return options[int(self._random() * len(options))]

    def boolean(self, probability: float) -> bool:
        """See `Source`."""
        return self._random() < probability

    def more(self, average: float) -> bool:
        """See `Source`."""
        return self._random() < average / (average + 1)

    def goes_on(self) -> bool:
        """See `Source`. Always."""
        return True


def magnitude(source: Source, low: int, high: int) -> int:
    """A whole number within [low, high] whose *size* is drawn evenly: every power of two is as
    likely as every other, so small things stay common and large ones do occur. 0 <= low."""
    exponent = source.integer(low.bit_length(), high.bit_length())
    if exponent == 0:
        return 0
    return source.integer(max(low, 1 << (exponent - 1)), min(high, (1 << exponent) - 1))
