"""Decisions made by Hypothesis: the same generators, with Hypothesis's shrinking and database.

Kept out of `fuzzeq.generate` itself, since importing Hypothesis takes longer than many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from fuzzeq.generate.source import Source

T = TypeVar("T")

_STEPS = 1 << 16  # how finely a probability is drawn


class HypothesisSource:
    """A `Source` over the `draw` of a composite strategy."""

    __slots__ = ("_draw",)

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """See `Source`."""
        return self._draw(st.integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        """See `Source`."""
        return options[self._draw(st.integers(0, len(options) - 1))]

    def boolean(self, probability: float) -> bool:
        """See `Source`. Drawn as a number, because that shrinks to False."""
        return self._draw(st.integers(0, _STEPS - 1)) >= _STEPS * (1 - probability)

    def more(self, average: float) -> bool:
        """See `Source`."""
        return self.boolean(average / (average + 1))


def strategy(function: Callable[[Source], T]) -> st.SearchStrategy[T]:
    """The strategy whose values are what a function draws from a source."""

    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        return function(HypothesisSource(draw))

    return drawn()
