"""Targets that break a promise each: by what they say of themselves, answer, restore or return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fuzzeq import InvalidDocument, InvalidSnapshot, Token
from fuzzeq.model.target import Piece
from tests.conformance_healthy import LINE, Handle, Items, Lines, seal, tokens


class NameWithBlank(Lines):
    name = "my lines"


class NameNotText(Lines):
    name = 7


class SamplesList(Lines):
    samples: Any = {"one\n": 1}.keys()


class HazardsText(Lines):
    hazards: Any = "\n"


class HazardsOfBytes(Lines):
    hazards: Any = (b"\n",)


class RefusesAll(Lines):
    def batch(self, document: str) -> Any:
        raise InvalidDocument("no")


class RaisesOnAstral(Lines):
    def batch(self, document: str) -> Any:
        document.encode("ascii", "ignore" if max(document, default="") < "\uffff" else "strict")
        return super().batch(document)


class RaisesEscapes(Lines):
    def batch(self, document: str) -> Any:
        raise RuntimeError("\u202e")


class ResultNone(Lines):
    def batch(self, document: str) -> Any:
        return None


class Counts(Lines):
    calls = 0

    def batch(self, document: str) -> Any:
        self.calls += 1
        return [*super().batch(document), Token("call", self.calls, 0)]


class Remembers(Lines):
    longest = 0

    def batch(self, document: str) -> Any:
        self.longest = max(self.longest, len(document))
        return [*super().batch(document), Token("longest", self.longest, 0)]


class IdentityItems(Lines):
    def batch(self, document: str) -> Any:
        return [object() for _ in super().batch(document)]


class OneList(Lines):
    def __init__(self) -> None:
        self.list: list[Token] = []

    def batch(self, document: str) -> Any:
        self.list[:] = super().batch(document)
        return self.list


class BatchEditsHandles(Lines):
    def __init__(self) -> None:
        self.handles: list[Handle] = []

    def batch(self, document: str) -> Any:
        for handle in self.handles:
            handle.lines = LINE.findall(document)
        return super().batch(document)

    def open(self, document: str) -> Any:
        self.handles = [self.handle(document)]
        return self.handles[0]


class Unequal(str):
    """An item that is not even equal to itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Picky(str):
    """An item that asserts what it is compared with."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        assert str(self) == str(other), "not of one text"
        return True

    __hash__ = str.__hash__


class Shy(str):
    """An item that cannot be printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no")


class UnequalItems(Items):
    item = Unequal


class PickyItems(Items):
    item = Picky


class ShyItems(Items):
    item = Shy


class Miscounted(list[Token]):
    def __len__(self) -> int:
        return sum(1 for _ in self) + 1


class LengthLies(Lines):
    def batch(self, document: str) -> Any:
        return Miscounted(super().batch(document))


class PiecesLack(Lines):
    def pieces(self, document: str) -> list[Any]:
        return super().pieces(document)[1:]


class PiecesUnhashable(Lines):
    def pieces(self, document: str) -> list[Any]:
        return [Piece(piece.length, [piece.key]) for piece in super().pieces(document)]  # type: ignore[arg-type]


class RemembersWrongly(Lines):
    """What it takes for its memory is right, and what it would read is not."""

    @property
    def reference(self) -> Any:
        return Reads()


class Reads:
    def batch(self, document: str) -> Any:
        return tokens(LINE.findall(document))[1:]


class OnePiece(Lines):
    def pieces(self, document: str) -> list[Any]:
        return [Piece(len(document), document)]


class TakesAnyBytes(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        return self.handle(document)


class TakesAnyDocument(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        if len(snapshot) != 32:
            raise InvalidSnapshot("damaged")
        return super().restore(seal(document), document)


class SnapshotOfLength(Handle):
    def snapshot(self) -> Any:
        return seal(str(len(self.document)))


class SealsTheLength(Lines):
    handle = SnapshotOfLength

    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(str(len(document))):
            raise InvalidSnapshot("damaged")
        return self.handle(document)


class RaisesOnDamage(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(document):
            raise KeyError("damaged")
        return self.handle(document)


class RestoresEmpty(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        super().restore(snapshot, document)
        return self.handle("")


class RestoresForgetful(Lines):
    """The restored handle forgets its first step."""

    def restore(self, snapshot: bytes, document: str) -> Any:
        handle = super().restore(snapshot, document)
        handle.apply = lambda edits: handle.__dict__.pop("apply")
        return handle


class NoBatch:
    name = "no-batch"

    def open(self, document: str) -> Handle:
        return Handle(document)


class Panic(BaseException):
    """What a native engine raises."""


class RaisesEverywhere:
    def __getattribute__(self, name: str) -> Any:
        raise Panic(name)


class PanicsOnOpen(Lines):
    def open(self, document: str) -> Any:
        raise Panic("open")


class Place:
    """An item that has an offset and cannot be shifted."""

    def __init__(self, token: Token) -> None:
        self.start, self.line = token.start, token.mode

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self.line == other.line

    def __repr__(self) -> str:
        return self.line

    __hash__ = None  # type: ignore[assignment]


class NoShift(Lines):
    lossless = False

    def batch(self, document: str) -> Any:
        return [Place(token) for token in super().batch(document)]

    class handle(Handle):  # noqa: N801
        def result(self) -> Sequence[Any]:
            return [Place(token) for token in super().result()]

        def resume(self, index: int) -> Sequence[Any]:
            return self.result()[index:]


class Stuck(Token):
    """A token whose `shift` does nothing."""

    __slots__ = ()

    def shift(self, by: int) -> Any:
        return self


class StuckShift(Lines):
    def batch(self, document: str) -> Any:
        return [Stuck(*token) for token in super().batch(document)]


class Gaps(Lines):
    def batch(self, document: str) -> Any:
        return super().batch(document)[1:]

    class handle(Handle):  # noqa: N801
        def result(self) -> Sequence[Any]:
            return super().result()[1:]


class LosslessOpaque(Items):
    lossless = True
