"""A bar: a figure that is wanted, and what was measured."""

from __future__ import annotations

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
        return f"**missed** by {abs(self.worst / self.wanted - 1):.0%}"

    @property
    def limit(self) -> str:
        """What is wanted, in words."""
        if self.wanted is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {number(self.wanted)} {self.unit}"

    def __str__(self) -> str:
        figures = ", ".join(map(number, self.figures))
        wanted = f" ({self.limit}: {self.verdict})" if self.wanted is not None else ""
        return f"{self.what}: {figures} {self.unit}{wanted}"


def number(value: float) -> str:
    """Three digits of it, or all of a large one."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; what would end a cell is taken out."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)
