"""Decisions made by Hypothesis: the same generators, with Hypothesis's shrinking and database.

There are no swarms here, all kinds are on: which are on would be decisions by the dozen in front of
each trace, and none could be shrunk without changing what the later ones mean.

Kept out of `fuzzeq.generate` itself, since importing Hypothesis takes longer than many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.generate.language import Language
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.swarm import Swarm
from fuzzeq.generate.traces import Limits, draw_steps, draw_trace
from fuzzeq.model.trace import Edits, Step, Trace

T = TypeVar("T")

_RARELY = st.integers(0, 255)


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
        """See `Source`. Drawn as one of a few numbers: of so few each is as likely as another,
        and a shrinker has little to try before it is at 0, which is False."""
        if probability >= 1:
            return True
        if probability < 0.5:
            last = round(1 / probability) - 1 if probability > 0 else 0
            return self._draw(st.integers(0, last)) == last > 0
        return self._draw(st.integers(0, round(1 / (1 - probability)) - 1)) > 0

    def more(self, average: float) -> bool:
        """See `Source`."""
        return self.boolean(average / (average + 1))

    def goes_on(self) -> bool:
        """See `Source`."""
        return self._draw(_RARELY) > 0


def strategy(function: Callable[[Source], T]) -> st.SearchStrategy[T]:
    """The strategy whose values are what a function draws from a source."""

    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        return function(HypothesisSource(draw))

    return drawn()


def documents(language: Language, size: int) -> st.SearchStrategy[str]:
    """Documents of up to about `size` code points."""

    def draw(source: Source) -> str:
        return draw_document(source, language, Swarm(source, share=1.0), magnitude(source, 0, size))

    return strategy(draw)


def edits(language: Language, document: str) -> st.SearchStrategy[Edits]:
    """One step's edits, which fit the document in order."""

    def draw(source: Source) -> Edits:
        driver = Swarm(source, share=1.0).pick("edit", DRIVERS)
        return next(driver(source, language, Swarm(source, share=1.0), document), ())

    return strategy(draw)


def steps(language: Language, document: str, limits: Limits) -> st.SearchStrategy[tuple[Step, ...]]:
    """Steps that fit the document in order, probes among them."""

    def draw(source: Source) -> tuple[Step, ...]:
        return draw_steps(source, language, Swarm(source, share=1.0), limits, document)

    return strategy(draw)


def traces(language: Language, limits: Limits) -> st.SearchStrategy[Trace]:
    """Whole traces, rewrites included."""

    def draw(source: Source) -> Trace:
        return draw_trace(source, language, Swarm(source, share=1.0), limits)

    return strategy(draw)
