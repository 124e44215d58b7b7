"""Targets that keep what they promise: one that promises everything, and some that promise less.

conformance_broken_targets.py and conformance_broken_handles.py vary one thing of the first each.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from fuzzeq import Edit, InvalidDocument, InvalidEdit, InvalidSnapshot, Token
from fuzzeq.model.target import Piece
from fuzzeq.model.trace import Edits

LINE = re.compile(r"[^\n]*\n|[^\n]+")


def tokens(lines: Sequence[str], offset: int = 0) -> list[Token]:
    """A token for each line; its mode is the text."""
    found = []
    for line in lines:
        found.append(Token("line", offset, offset + len(line), line))
        offset += len(line)
    return found


def seal(*parts: str) -> bytes:
    """A checksum."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


class Handle:
    """A healthy handle: it reads only the lines that an edit touches."""

    def __init__(self, document: str) -> None:
        self.lines: list[str] = LINE.findall(document)
        self.examined = 0
        self.span = 0, 0

    @property
    def document(self) -> str:
        return "".join(self.lines)

    def apply(self, edits: Edits) -> None:
        self.validate(edits)
        self.examined, head, tail = 0, len(self.lines), len(self.lines)
        for edit in edits:
            start, stop = self.replace(edit)
            head, tail = min(head, start), min(tail, len(self.lines) - stop)
        self.span = (head, max(len(self.lines) - tail, head)) if edits else (0, 0)

    def validate(self, edits: Edits) -> None:
        length = len(self.document)
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit")
            length += edit.delta

    def replace(self, edit: Edit) -> tuple[int, int]:
        start, offset = 0, 0
        while start < len(self.lines) and offset + len(self.lines[start]) < edit.start:
            offset += len(self.lines[start])
            start += 1
        stop, end = start, offset
        while stop < len(self.lines) and end <= edit.end:
            end += len(self.lines[stop])
            stop += 1
        text = Edit(edit.start - offset, edit.end - offset, edit.text).apply(
            "".join(self.lines[start:stop])
        )
        lines = LINE.findall(text)
        self.examined += len(text)
        self.lines[start:stop] = lines
        return start, start + len(lines)

    def result(self) -> Sequence[Any]:
        return tokens(self.lines)

    def work(self) -> Any:
        return self.examined

    def changed(self) -> Any:
        return self.span

    def checkpoints(self) -> list[int]:
        return [token.start for token in tokens(self.lines)]

    def resume(self, index: int) -> Sequence[Any]:
        return tokens(self.lines[index:], self.checkpoints()[index])

    def snapshot(self) -> Any:
        return seal(self.document)


class Lines:
    """The healthy target."""

    name: Any = "lines"
    lossless = True
    thread_safe = True
    samples: Any = ("one\ntwo\n", "three")
    hazards: Any = ("\n", "\n\n")
    handle: ClassVar[type[Handle]] = Handle

    def batch(self, document: str) -> Any:
        return tokens(LINE.findall(document))

    def open(self, document: str) -> Any:
        return self.handle(document)

    def pieces(self, document: str) -> list[Any]:
        return [Piece(len(line), line) for line in LINE.findall(document)]

    @property
    def reference(self) -> Any:
        return self

    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(document):
            raise InvalidSnapshot("damaged, or of another document")
        return self.open(document)


class WordsHandle:
    def __init__(self, document: str) -> None:
        self.document = document

    def apply(self, edits: Edits) -> None:
        document = self.document
        for edit in edits:
            document = edit.apply(document)
        self.document = document

    def result(self) -> list[str]:
        return self.document.split()


class Words:
    """The target of README.md: two methods, and nothing reused."""

    name = "words"

    def batch(self, document: str) -> list[str]:
        return document.split()

    def open(self, document: str) -> WordsHandle:
        return WordsHandle(document)


class RefusesCarriageReturns(Lines):
    """Healthy: it may refuse what it likes."""

    def batch(self, document: str) -> Any:
        if "\r" in document:
            raise InvalidDocument("a carriage return")
        return super().batch(document)


class Items(Lines):
    """The lines as items of some type, on both sides."""

    lossless = False
    item: ClassVar[Any] = str

    def batch(self, document: str) -> Any:
        return [self.item(line) for line in LINE.findall(document)]

    def open(self, document: str) -> Any:
        handle = ItemsHandle(document)
        handle.item = self.item
        return handle


class ItemsHandle(Handle):
    item: Any

    def result(self) -> Sequence[Any]:
        return [self.item(line) for line in self.lines]

    def resume(self, index: int) -> Sequence[Any]:
        return self.result()[index:]


def made(broken: type[Any]) -> Any:
    """The target; a broken handle's is the healthy one with that handle."""
    if not issubclass(broken, Handle):
        return broken()
    target = Lines()
    target.handle = broken  # type: ignore[misc]
    return target
