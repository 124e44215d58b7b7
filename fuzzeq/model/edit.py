"""Edits and their algebra: apply, invert, compose, rebase.

An edit replaces a half-open range of code points of *the current* document by a text. A step holds
several: each is in the coordinates that the one before it left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from fuzzeq.errors import InvalidEdit


class Edit(NamedTuple):
    """Replace `document[start:end]` by `text`; offsets in code points, 0 <= start <= end."""

    start: int
    end: int
    text: str

    @property
    def delta(self) -> int:
        """By how many code points the document grows; negative where it shrinks."""
        return len(self.text) - (self.end - self.start)

    @property
    def is_noop(self) -> bool:
        """Whether the edit neither removes nor inserts anything."""
        return self.start == self.end and not self.text

    def fits(self, length: int) -> bool:
        """Whether the range lies inside a document of `length` code points."""
        return 0 <= self.start <= self.end <= length

    def apply(self, document: str) -> str:
        """The document after the edit. Raises `InvalidEdit` where the range lies outside it."""
        if not self.fits(len(document)):
            raise _misfit(self, len(document))
        return document[: self.start] + self.text + document[self.end :]

    def invert(self, document: str) -> Edit:
        """The edit that undoes this one, made on `document`. Raises `InvalidEdit`."""
        if not self.fits(len(document)):
            raise _misfit(self, len(document))
        return Edit(self.start, self.start + len(self.text), document[self.start : self.end])

    def __str__(self) -> str:
        return f"[{self.start}:{self.end}] → {self.text!a}"


def apply_all(document: str, edits: Iterable[Edit]) -> str:
    """The document after all edits, in order. Raises `InvalidEdit` where one does not fit."""
    for edit in edits:
        document = edit.apply(document)
    return document


def invert_all(document: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that undo a step, in order; `document` is the text before it."""
    inverses = []
    for edit in edits:
        inverses.append(edit.invert(document))
        document = edit.apply(document)
    return tuple(reversed(inverses))


def compose(document: str, edits: Sequence[Edit]) -> Edit:
    """One edit that does to `document` what all of them do in order.

    It spans from the first to the last code point that any of them touched, so what lies between
    two distant edits is in its text. Raises `InvalidEdit`.
    """
    start, end = hull(len(document), edits)
    after = apply_all(document, edits)
    return Edit(start, end, after[start : end + len(after) - len(document)])


def hull(length: int, edits: Sequence[Edit]) -> tuple[int, int]:
    """The smallest range of the document *before* the edits outside which they touch nothing.

    `length` is the length of that document in code points; no edits give `(0, 0)`. Raises
    `InvalidEdit`.
    """
    if not edits:
        return 0, 0
    if len(edits) == 1 and edits[0].fits(length):  # as nearly always
        return edits[0].start, edits[0].end
    head = tail = current = length  # how much at either end is as it was, after each edit
    for edit in edits:
        if not edit.fits(current):
            raise _misfit(edit, current)
        head, tail = min(head, edit.start), min(tail, current - edit.end)
        current += edit.delta
    return head, length - tail


def rebase(edit: Edit, over: Edit, ties: Literal["after", "before"] = "after") -> Edit | None:
    """`edit` as it reads once `over` has been applied; both are edits of the same document.

    None where the two touch the same code points, so that no answer would keep both meanings.
    Two insertions at one place keep their order by `ties`: "after" puts `edit` behind what `over`
    inserts. `rebase(a, b, "after")` with `rebase(b, a, "before")` commute.
    """
    in_front, behind = edit.end <= over.start, edit.start >= over.end
    if in_front and not (behind and ties == "after"):
        return edit
    if behind:
        return Edit(edit.start + over.delta, edit.end + over.delta, edit.text)
    return None


def _misfit(edit: Edit, length: int) -> InvalidEdit:
    return InvalidEdit(f"edit [{edit.start}, {edit.end}) does not fit a document of {length}")
