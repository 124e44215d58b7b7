"""Results: what an engine answers for a document, and where two answers part.

A result is any sequence of items; an item is anything with `==` and a useful `repr`. `Token` and
`Diagnostic` are ready-made items that a target may use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self, TypeAlias

Item: TypeAlias = Any
Result: TypeAlias = Sequence[Item]


class Token(NamedTuple):
    """A slice `[start, end)` of the document, in code points, with its kind and mode."""

    kind: str
    start: int
    end: int
    mode: str = ""

    def shift(self, by: int) -> Self:
        """The same token `by` code points further on."""
        return type(self)(self.kind, self.start + by, self.end + by, self.mode)


class Diagnostic(NamedTuple):
    """A complaint about `[start, end)`; not part of what a lossless result has to cover."""

    kind: str
    start: int
    end: int

    def shift(self, by: int) -> Self:
        """The same complaint `by` code points further on."""
        return type(self)(self.kind, self.start + by, self.end + by)


def equal(left: Result, right: Result) -> bool:
    """Whether two results have as many items and the same ones; sequence types may differ."""
    return len(left) == len(right) and list(left) == list(right)


def first_difference(left: Result, right: Result) -> int | None:
    """The index of the first item that is not the same or not there; None where all agree."""
    for index in range(min(len(left), len(right))):
        if left[index] != right[index]:
            return index
    return None if len(left) == len(right) else min(len(left), len(right))


def item_kind(item: Item) -> str:
    """A short name for the sort of item: its `kind` where it has one, else its type's name."""
    kind = getattr(item, "kind", None)
    return str(kind) if isinstance(kind, str) else type(item).__name__
