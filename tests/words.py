"""A small target for tests, the words of a text, with variants that are wrong in one way; and what
lockstep makes of them, in short."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from fuzzeq.errors import InvalidDocument, InvalidSnapshot
from fuzzeq.lockstep import lockstep
from fuzzeq.model.edit import apply_all
from fuzzeq.model.observation import (
    Comparison,
    Dropped,
    Observation,
    Raised,
    Refusal,
    Repetition,
    Resumption,
)
from fuzzeq.model.result import Token
from fuzzeq.model.target import Piece
from fuzzeq.model.trace import Edits, Step, Trace
from tests.notation import downwards

WORD = re.compile(r"\S+|\s+")
LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Panic(BaseException):
    """What a native engine raises: not an `Exception`."""


class Words:
    """The target: words and what is between them. A text with a `!` is refused."""

    name = "words"

    def batch(self, document: str) -> Sequence[Any]:
        if "!" in document:
            raise InvalidDocument("no shouting")
        return [Token("word", *match.span()) for match in WORD.finditer(document)]

    def open(self, document: str) -> Handle:
        return Handle(self, document)


class Handle:
    """Its handle, which begins again each time."""

    def __init__(self, target: Words, document: str) -> None:
        self.target, self.text = target, document

    def apply(self, edits: Edits) -> None:
        self.text = apply_all(self.text, edits)

    def result(self) -> Sequence[Any]:
        return tuple(self.target.batch(self.text))


class Capable(Words):
    """Words by lines, with every capability."""

    name = "capable words"
    lossless = True

    def open(self, document: str) -> CapableHandle:
        return CapableHandle(self, document)

    def restore(self, snapshot: bytes, document: str) -> CapableHandle:
        if snapshot != document.encode("utf-8", "surrogatepass"):
            raise InvalidSnapshot("another document")
        return self.open(document)

    def pieces(self, document: str) -> Sequence[Piece]:
        return lines(document)


class CapableHandle(Handle):
    """Its handle."""

    def work(self) -> int:
        return len(self.text)

    def changed(self) -> tuple[int, int]:
        return 0, len(self.result())

    def checkpoints(self) -> Sequence[int]:
        return [match.start() for match in WORD.finditer(self.text)]

    def resume(self, index: int) -> Sequence[Any]:
        return self.result()[index:]

    def snapshot(self) -> bytes:
        return self.text.encode("utf-8", "surrogatepass")


class Odd(Sequence[Any]):
    """A result that says one thing when gone through and another when asked for a part."""

    def __init__(self, items: Sequence[Any], length: int | None = None, item: Any = None) -> None:
        self.items, self.item = items, item
        self.length = len(items) if length is None else length

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Any:
        return iter(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index] if self.item is None else self.item


def lines(document: str) -> Sequence[Piece]:
    """Lines as units of restart; an entry state says whether a `(` is open."""
    pieces, is_open = [], False
    for text in LINE.findall(document):
        pieces.append(Piece(len(text), (text, is_open)))
        for character in text:
            is_open = character == "(" or (is_open and character != ")")
    return pieces


def steps_of(*texts: str) -> tuple[str, tuple[Edits, ...]]:
    """The document of the first marked text, and the edits of each of them as a step."""
    return downwards(texts[0])[0], tuple(downwards(text)[1] for text in texts)


def short(observation: Observation) -> str:
    """An observation in a few letters."""
    match observation:
        case Comparison(step=step, cause=cause, document=document, actual=actual):
            if isinstance(observation.expected, Raised):
                return f"{step} {cause} batch raised {observation.expected.type}"
            if isinstance(actual, Raised):
                return f"{step} {cause} {actual.where} raised {actual.type}"
            same = list(observation.expected) == list(actual)
            return f"{step} {cause} {document!r}{'' if same else ' differs'}"
        case Refusal(step=step, due=due, refused=refused, raised=raised):
            answer = "refused" if refused else raised.type if raised else "accepted"
            return f"{step} {due} {answer}"
        case Resumption(step=step, index=index):
            return f"{step} resumed {index}"
        case Repetition(step=step, first=first, second=second):
            if isinstance(second, Raised):
                return f"{step} again raised {second.type}"
            return f"{step} again{'' if list(first) == list(second) else ' differs'}"
        case Dropped(step=step, reason=reason):
            return f"{step} dropped: {reason}"


def check_run(target: Any, document: str, steps: Sequence[Step], expected: Sequence[str]) -> None:
    """What lockstep sees is what is written here, in short."""
    trace = Trace(document, tuple(steps))
    assert trace.is_valid
    assert [short(observation) for observation in lockstep(target, trace)] == list(expected)


def broken(base: type[Any], **methods: Callable[..., Any]) -> Any:
    """A target some of whose methods are replaced; those that only a handle has go there."""
    on_target = {name: to for name, to in methods.items() if hasattr(base, name)}
    on_handle = {name: to for name, to in methods.items() if name not in on_target}
    target = type("Broken", (base,), on_target)()
    if on_handle:
        handle = type("BrokenHandle", (CapableHandle if base is Capable else Handle,), on_handle)
        target.open = lambda document: handle(target, document)
    return target


def raising(error: BaseException) -> Callable[..., Any]:
    def method(*arguments: object) -> Any:
        raise error

    return method
