"""What nights say over time: a streak, and changes of figures.

Pure functions of nights, which are given in the order of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from fuzzeq.history.nights import Night

RECENT = 7
"""Nights whose median is held against that of as many before them."""

FIGURES: tuple[tuple[str, Callable[[Night], float | None]], ...] = (
    ("edits a second", lambda night: night.speed),
    ("reuse", lambda night: night.reuse),
    ("score of planted bugs", lambda night: night.score),
    ("hazards by ways of editing", lambda night: night.covered if night.cells else None),
    ("branches reached", lambda night: night.branches),
)


def streak(nights: Sequence[Night]) -> int:
    """How many of the last nights were good, without one in between that was not."""
    count = 0
    for night in reversed(nights):
        if not night.good:
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure's median over the last nights, and over as many before them, None if there are too
    few."""

    name: str
    now: float
    before: float | None

    def __str__(self) -> str:
        shown = f"{self.now:,.0f}" if self.now >= 10 or self.now == 0 else f"{self.now:.3g}"
        if not self.before:
            return f"{self.name} {shown}"
        return f"{self.name} {shown} ({self.now / self.before - 1:+.1%})"


def trends(nights: Sequence[Night]) -> Iterator[Trend]:
    """Medians of the last nights beside those before, of each figure that there is."""
    for name, figure in FIGURES:
        values = [value for night in nights if (value := figure(night)) is not None]
        if values:
            earlier = values[-2 * RECENT : -RECENT]
            before = median(earlier) if len(earlier) >= RECENT else None
            yield Trend(name, median(values[-RECENT:]), before)
