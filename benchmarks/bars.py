"""A bar: a figure that is wanted, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Bar(NamedTuple):
    """Figures of one kind, and what each of them may be at most, or has to be `at_least`. None is
    wanted of those that are told without having to be anything."""

    what: str
    figures: Sequence[float]
    unit: str
    wanted: float | None = None
    at_least: bool = False

    @property
    def worst(self) -> float:
        """The figure that is farthest from what is wanted."""
        return min(self.figures) if self.at_least else max(self.figures)

    @property
    def holds(self) -> bool:
        """Whether all figures are as wanted."""
        if self.wanted is None:
            return True
        return self.worst >= self.wanted if self.at_least else self.worst <= self.wanted

    @property
    def verdict(self) -> str:
        """Whether it is met, and if not, by how much it is missed."""
        if self.wanted is None:
            return ""
        if self.holds:
            return "met"
        if not self.wanted:
            return "**missed**"
        return f"**missed** by {abs(self.worst / self.wanted - 1):.2%}"

    @property
    def limit(self) -> str:
        """What is wanted, in words."""
        if self.wanted is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {number(self.wanted)} {self.unit}"

    @property
    def shown(self) -> str:
        """The figures, with so many digits that none that is missed looks like what is wanted."""
        for digits in range(3, 10):
            texts = [number(figure, digits) for figure in self.figures]
            if self.holds or number(self.worst, digits) != number(self.wanted or 0, digits):
                break
        return f"{', '.join(texts)} {self.unit}"

    def __str__(self) -> str:
        wanted = f" ({self.limit}: {self.verdict})" if self.wanted is not None else ""
        return f"{self.what}: {self.shown}{wanted}"


def number(value: float, digits: int = 3) -> str:
    """So many digits of it, or all that stand in front of the point; none that are but noughts
    behind it."""
    places = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{value:,.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; what would end a cell is taken out."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
