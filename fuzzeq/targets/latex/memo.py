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
from itertools import accumulate, chain
from typing import TypeAlias

import numpy as np

from fuzzeq.model.columns import Columns
from fuzzeq.model.target import Piece
from fuzzeq.targets.latex.codes import COMPLAINT_CODES, LEGEND, TOKEN_CODES
from fuzzeq.targets.latex.reference import Lexer, Row, State, end_complaints, mode_of

MOST_KEPT = 1 << 22
"""Characters of lines that are kept: 20 to 40 MB with all that is known of them, and 90 where
nearly every character is complained of. Then everything is forgotten."""
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


Answer: TypeAlias = "tuple[bytes, Lengths, bytes, array[int], Table]"
"""What the reference answered for a line: a code and a length for each token; a code for each
diagnostic, and the start and end of each in the line, one behind the other; and the answers for the
state behind it. A plain tuple: one is unpacked for each line of each document."""


class Table(dict[str, Answer]):
    """The answers for lines that were read from one state, by the line's text."""

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state


class Memo:
    """The reference's answers, put together from those for lines.

    Threads may share one: what one of them forgets while another reads is read again.
    """

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self.most_kept = most_kept
        self._forget()

    def batch(self, document: str) -> Columns:
        """What `reference.batch` answers."""
        lines, table = split(document), self._first
        codes: list[bytes] = []
        lengths: list[Lengths] = []
        complaining: list[tuple[int, bytes, array[int]]] = []
        for line in lines:
            try:
                answer = table[line]
            except KeyError:
                answer = self._read(line, table)
            line_codes, line_lengths, complaint_codes, places, table = answer
            codes.append(line_codes)
            lengths.append(line_lengths)
            if complaint_codes:
                complaining.append((len(codes) - 1, complaint_codes, places))
        all_complaints, all_places = bytearray(), array("q")
        if complaining:
            starts = list(accumulate(map(len, lines), initial=0))
            for number, complaint_codes, places in complaining:
                all_complaints += complaint_codes
                all_places.extend(map(starts[number].__add__, places))
        for complaint in end_complaints(table.state, len(document)):
            all_complaints.append(COMPLAINT_CODES[complaint.kind])
            all_places.extend((complaint.start, complaint.end))
        return columns(b"".join(codes) + all_complaints, lengths, all_places)

    def pieces(self, document: str) -> list[Piece]:
        """What `reference.pieces` answers."""
        table, pieces = self._first, []
        for line in split(document):
            pieces.append(Piece(len(line), (line, table.state)))
            _, _, _, _, table = table.get(line) or self._read(line, table)
        return pieces

    def _read(self, line: str, table: Table) -> Answer:
        """The reference's answer for a line that is not known."""
        if self._kept > self.most_kept:
            self._forget()
        lexer = Lexer(line, state=table.state, mode=mode_of(table.state.math))
        lexer.lex_line(0, len(line.rstrip("\r\n")), len(line))
        behind = table  # most lines leave the state as it is
        if lexer.state is not table.state:
            behind = self._tables.setdefault(lexer.state, Table(lexer.state))
        codes, lengths = codes_and_lengths(lexer.tokens, len(line))
        complaint_codes, places = b"", NOWHERE
        if lexer.diagnostics:  # as in few lines
            complaint_codes = bytes([COMPLAINT_CODES[kind] for kind, _, _ in lexer.diagnostics])
            offsets = (offset for _, *both in lexer.diagnostics for offset in both)
            places = array("q", offsets)
        answer = table[line] = codes, lengths, complaint_codes, places, behind
        self._kept += len(line) + ENTRY
        return answer

    def _forget(self) -> None:
        """Everything. A document that is being put together goes on with the tables it has."""
        self._first = Table(INITIAL)
        self._tables = {INITIAL: self._first}
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


def columns(codes: bytes, lengths: list[Lengths], places: array[int]) -> Columns:
    """Tokens and then diagnostics with these codes: the lengths of each line's tokens, and the
    start and end of each diagnostic in the document, one behind the other."""
    starts, ends = places[::2].tobytes(), places[1::2].tobytes()
    try:
        joined = b"".join(lengths)  # type: ignore[arg-type] # bytes for every line, nearly always
    except TypeError:  # one of them does not fit into a byte
        widths = np.fromiter(chain.from_iterable(lengths), np.int64)
        token_ends = widths.cumsum()
        starts = (token_ends - widths).tobytes() + starts
        ends, joined = token_ends.tobytes() + ends, b""
    return Columns(LEGEND, codes, starts, ends, joined)
