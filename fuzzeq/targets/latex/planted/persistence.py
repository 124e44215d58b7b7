"""Classes 29 and 30: what is written down is not what is read back."""

from __future__ import annotations

from fuzzeq.errors import InvalidSnapshot
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.planted.engine import INITIAL, LineEngine, Row, decode, encode

LENGTH_BYTES = 4


class OffsetsInBytes(LineEngine):
    """Files what lines hold by where they start, modulo 256."""

    def rows(self) -> list[Row]:
        # One byte for each offset: right for every document that its author tried.
        offsets = [offset % 256 for offset in self.checkpoints()]
        filed = dict(zip(offsets, super().rows(), strict=True))
        return [filed[offset] for offset in offsets]


class DiagnosticsNotStored(LineEngine):
    """Leaves out of its snapshots what lines complain of."""

    def rows(self) -> list[Row]:
        # Only what tokens need was thought of.
        return [(entry, content._replace(diagnostics=())) for entry, content in super().rows()]


class StatesNotStored(LineEngine):
    """Leaves out of its snapshots the states in front of lines and behind them."""

    def rows(self) -> list[Row]:
        # The tokens are there, and nothing seems to be missing.
        return [(INITIAL, content._replace(exit=INITIAL)) for _, content in super().rows()]


class SurplusAccepted(LineEngine):
    """Reads a snapshot as far as its stated length and ignores what follows."""

    def snapshot(self) -> bytes:
        data = super().snapshot()
        return len(data).to_bytes(LENGTH_BYTES) + data

    @classmethod
    def rows_of(cls, data: bytes, document: str) -> list[Row]:
        # "Read so many bytes" is how one reads from a stream; a file may hold more.
        end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES])
        return super().rows_of(data[LENGTH_BYTES:end], document)


class TornAccepted(LineEngine):
    """Opens the document anew where a snapshot is shorter than it says."""

    def snapshot(self) -> bytes:
        data = super().snapshot()
        return len(data).to_bytes(LENGTH_BYTES) + data

    @classmethod
    def rows_of(cls, data: bytes, document: str) -> list[Row]:
        # A torn write was to do no harm. Nobody knows any more whose it was.
        if len(data) - LENGTH_BYTES < int.from_bytes(data[:LENGTH_BYTES]):
            return cls(document).rows()
        return super().rows_of(data[LENGTH_BYTES:], document)


class OtherDocumentAccepted(LineEngine):
    """Takes a snapshot of any document with as many lines."""

    def snapshot(self) -> bytes:
        return encode("", self.rows())

    @classmethod
    def rows_of(cls, data: bytes, document: str) -> list[Row]:
        # The checksum is that of the snapshot; what it belongs to was to be known by its name.
        rows: list[Row] = decode(data, "")
        if len(rows) != len(cls(document).lines):
            raise InvalidSnapshot("a snapshot of another document")
        return rows


class DamageAnsweredByOpening(LineEngine):
    """Opens the document anew where a snapshot is damaged, or of another document."""

    @classmethod
    def restore(cls, data: bytes, document: str) -> LineEngine:
        # So that a user never sees an error. A part of a document would be read from the wrong
        # state, and no one is told.
        try:
            return super().restore(data, document)
        except InvalidSnapshot:
            return cls(document)


PLANTED = (
    Planted(
        LatexTarget("latex-planted-offsets-in-bytes", OffsetsInBytes),
        29,
        "lines 256 characters apart are one line in a snapshot",
    ),
    Planted(
        LatexTarget("latex-planted-diagnostics-not-stored", DiagnosticsNotStored),
        29,
        "diagnostics are not in a snapshot",
    ),
    Planted(
        LatexTarget("latex-planted-states-not-stored", StatesNotStored),
        29,
        "the states of lines are not in a snapshot",
    ),
    Planted(
        LatexTarget("latex-planted-surplus-accepted", SurplusAccepted),
        29,
        "a snapshot with trailing bytes is accepted",
    ),
    Planted(
        LatexTarget("latex-planted-torn-accepted", TornAccepted),
        29,
        "a snapshot cut short is accepted",
    ),
    Planted(
        LatexTarget("latex-planted-other-document-accepted", OtherDocumentAccepted),
        30,
        "a snapshot of another document is accepted",
    ),
    Planted(
        LatexTarget("latex-planted-damage-answered-by-opening", DamageAnsweredByOpening),
        30,
        "a damaged snapshot is answered by opening the document",
    ),
)
