"""What the reference answered for a line, remembered: the batch side of volume.

Most lines of a document have been read before, in the document before the edit. A line's tokens
depend on its text and on the state at its start, and on nothing else, so those two are the key; the
reference reads what is not known yet. Every document is put together from its first line on. Sound
only as far as the reference keeps that law: so it judges findings, and a share of all checks, with
nothing remembered.

Knows the reference alone: no code, pattern or table of the incremental lexer.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from io import StringIO
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np

from fuzzeq.model.columns import Columns
from fuzzeq.model.target import Piece
from fuzzeq.targets.latex.codes import COMPLAINT_CODES, LEGEND, TOKEN_CODES
from fuzzeq.targets.latex.reference import Lexer, Row, State, end_complaints, mode_of
from fuzzeq.targets.latex.tokens import Diagnostic

MOST_KEPT = 1 << 22
"""Characters of lines that are kept, some 20 to 40 MB with all that is known of them; then
everything is forgotten."""
ENTRY = 32
"""An entry counts as so many characters beside those of its line."""

INITIAL = State()

NOWHERE = array("q")
"""The places of no diagnostic."""

CODES = {
    mode: {kind: code for (kind, of), code in TOKEN_CODES.items() if of == mode}
    for _, mode in TOKEN_CODES
}
"""A token's code by its mode and its kind."""

Lengths: TypeAlias = bytes | tuple[int, ...]
"""A byte each where all of them fit."""


class Answer(NamedTuple):
    """What the reference answered for a line: a code and a length for each token; a code for each
    diagnostic, and its start and end in the line, one behind the other; and the answers for the
    state behind it."""

    codes: bytes
    lengths: Lengths
    complaints: bytes
    places: array[int]
    behind: Table


class Table(dict[str, Answer]):
    """The answers for lines that were read from one state, by the line's text."""

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state


class Reading(NamedTuple):
    """A document, its lines, and the answers for them."""

    document: str
    lines: list[str]
    answers: list[Answer]


class Memo:
    """The reference's answers, put together from those for lines.

    Threads may share one: what one of them forgets while another reads is read again.
    """

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self.most_kept = most_kept
        self._forget()

    def batch(self, document: str) -> Columns:
        """What `reference.batch` answers."""
        lines = split(document)
        answers, state = self._answers(lines)
        self._last = Reading(document, lines, answers)
        if not answers:
            return Columns(LEGEND, b"")
        all_codes, all_lengths, all_complaints, all_places, _ = zip(*answers, strict=True)
        codes, complaints = b"".join(all_codes), b"".join(all_complaints)
        places = moved_places(all_places, lines) if complaints else array("q")
        for complaint in end_complaints(state, len(document)):
            complaints += bytes((COMPLAINT_CODES[complaint.kind],))
            places.extend((complaint.start, complaint.end))
        starts, ends = places[::2].tobytes(), places[1::2].tobytes()
        try:
            lengths = b"".join(all_lengths)
        except TypeError:  # one of them does not fit into a byte
            of_tokens = np.fromiter(chain.from_iterable(all_lengths), np.int64, len(codes))
            token_ends = of_tokens.cumsum()
            starts = (token_ends - of_tokens).tobytes() + starts
            ends, lengths = token_ends.tobytes() + ends, b""
        return Columns(LEGEND, codes + complaints, starts, ends, lengths)

    def pieces(self, document: str) -> list[Piece]:
        """What `reference.pieces` answers. Nearly always asked about the document just read."""
        read, lines, answers = self._last
        if read is not document:
            lines = split(document)
            answers, _ = self._answers(lines)
        states = (INITIAL, *(answer.behind.state for answer in answers))
        return [Piece(len(line), (line, state)) for line, state in zip(lines, states, strict=False)]

    def _answers(self, lines: Sequence[str]) -> tuple[list[Answer], State]:
        """The answers for a document's lines, and the state at its end."""
        table, answers = self._first, []
        for line in lines:
            answer = table.get(line) or self._read(line, table)
            answers.append(answer)
            table = answer.behind
        return answers, table.state

    def _read(self, line: str, table: Table) -> Answer:
        """The reference's answer for a line that is not known."""
        if self._kept > self.most_kept:
            self._forget()
        lexer = Lexer(line, state=table.state, mode=mode_of(table.state.math))
        lexer.lex_line(0, len(line.rstrip("\r\n")), len(line))
        behind = table  # most lines leave the state as it is
        if lexer.state is not table.state:
            behind = self._tables.setdefault(lexer.state, Table(lexer.state))
        complaints, places = complaints_and_places(lexer.diagnostics)
        answer = Answer(*codes_and_lengths(lexer.tokens, len(line)), complaints, places, behind)
        table[line] = answer
        self._kept += len(line) + ENTRY
        return answer

    def _forget(self) -> None:
        """Everything. A document that is being put together goes on with the tables it has."""
        self._first = Table(INITIAL)
        self._tables = {INITIAL: self._first}
        self._last = Reading("", [], [])
        self._kept = 0


def split(document: str) -> list[str]:
    """The document's lines, with their terminators: what Python calls universal newlines is what
    the specification says, and `StringIO` is three times as fast as a pattern."""
    return list(StringIO(document, newline=""))


def codes_and_lengths(tokens: Sequence[Row], length: int) -> tuple[bytes, Lengths]:
    """The tokens of a line of that length. Their own lengths are enough to say where each of them
    stands, since they leave no gap: asserted here, because who compares no longer sees it."""
    codes, lengths, reached = bytearray(), [], 0
    for kind, start, end, mode in tokens:
        assert start == reached < end
        codes.append(CODES[mode][kind])
        lengths.append(end - start)
        reached = end
    assert reached == length
    return bytes(codes), bytes(lengths) if max(lengths) < 256 else tuple(lengths)


def complaints_and_places(diagnostics: Sequence[Diagnostic]) -> tuple[bytes, array[int]]:
    """The diagnostics of a line."""
    if not diagnostics:  # as for most lines
        return b"", NOWHERE
    codes = bytes([COMPLAINT_CODES[kind] for kind, _, _ in diagnostics])
    return codes, array("q", [offset for _, *offsets in diagnostics for offset in offsets])


def moved_places(all_places: Sequence[array[int]], lines: Sequence[str]) -> array[int]:
    """The starts and ends of each line's diagnostics, moved to where the line is."""
    moved, offset = array("q"), 0
    for line, places in zip(lines, all_places, strict=True):
        if places:
            moved.extend(map(offset.__add__, places))
        offset += len(line)
    return moved
