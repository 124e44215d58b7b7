"""What the reference answered for a line, remembered: the batch side of volume.

Most lines of a document have been read before, in the document before the edit. A line's tokens
depend on its text and on the state at its start, and on nothing else, so those two are the key; the
reference reads what is not known yet. Every document is put together from its first line on. Sound
only as far as the reference keeps that law: so it judges findings, and a share of all checks, with
nothing remembered.

Knows the reference alone: no code, pattern or table of the incremental lexer.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from operator import sub
from typing import NamedTuple

import numpy as np

from fuzzeq.model.columns import Columns, chained
from fuzzeq.model.target import Piece
from fuzzeq.targets.latex.codes import COMPLAINT_CODES, LEGEND, TOKEN_CODES
from fuzzeq.targets.latex.reference import Lexer, State, end_complaints, mode_of
from fuzzeq.targets.latex.tokens import Diagnostic, Token

ENDED_BY_RETURN = re.compile(r"[^\r]*\r\n?|[^\r]+")

MOST_KEPT = 1 << 22
"""Characters of lines that are kept, some 30 MB with all that is known of them; then everything is
forgotten."""
ENTRY = 32
"""An entry counts as so many characters beside those of its line."""

INITIAL = State()

FIELDS = 3
"""A diagnostic is so many numbers: its code, start and end."""


class Answer(NamedTuple):
    """What the reference answered for a line: a code for each token, their lengths as 64-bit
    integers, `FIELDS` of those for each diagnostic, in columns of the line; and the answers for the
    state behind it."""

    codes: bytes
    lengths: bytes
    complaints: bytes
    behind: Table


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
        lines = split(document)
        answers, state = self._answers(lines)
        if not answers:
            return Columns(LEGEND, b"", b"", b"")
        all_codes, all_lengths, all_complaints, _ = zip(*answers, strict=True)
        ends = np.frombuffer(b"".join(all_lengths), np.int64).cumsum().tobytes()
        starts = bytes(8) + ends[:-8]  # each token where the one before it ends
        columns = Columns(LEGEND, b"".join(all_codes), starts, ends)
        at_end = array("q", complaint_rows(end_complaints(state, 0))).tobytes()
        if at_end or any(all_complaints):
            columns = chained((columns, placed((*all_complaints, at_end), (*lines, ""))))
        return columns

    def pieces(self, document: str) -> list[Piece]:
        """What `reference.pieces` answers."""
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
        complaints = array("q", complaint_rows(lexer.diagnostics)).tobytes()
        answer = Answer(*codes_and_lengths(lexer.tokens, len(line)), complaints, behind)
        table[line] = answer
        self._kept += len(line) + ENTRY
        return answer

    def _forget(self) -> None:
        """Everything. A document that is being put together goes on with the tables it has."""
        self._first = Table(INITIAL)
        self._tables = {INITIAL: self._first}
        self._kept = 0


def split(document: str) -> list[str]:
    """The document's lines, with their terminators: cut behind each `\n`, then behind each `\r`
    that no `\n` follows. A pattern for both would take longer than all the rest."""
    lines = [line + "\n" for line in document.split("\n")]
    last = lines.pop().removesuffix("\n")
    if last:
        lines.append(last)
    if document.count("\r") == document.count("\r\n"):
        return lines
    parts: list[str] = []
    for line in lines:
        parts += ENDED_BY_RETURN.findall(line) if "\r" in line else (line,)
    return parts


def codes_and_lengths(tokens: Sequence[Token], length: int) -> tuple[bytes, bytes]:
    """The tokens of a line of that length. Their own lengths are enough to say where each of them
    stands, since they leave no gap: asserted here, because who compares no longer sees it."""
    kinds, starts, ends, modes = zip(*tokens, strict=True)
    assert (*starts, length) == (0, *ends)
    codes = bytes(map(TOKEN_CODES.__getitem__, zip(kinds, modes, strict=True)))
    return codes, array("q", map(sub, ends, starts)).tobytes()


def complaint_rows(complaints: Sequence[Diagnostic]) -> list[int]:
    """Diagnostics as rows of `FIELDS` numbers, one behind the other."""
    return [
        number for kind, start, end in complaints for number in (COMPLAINT_CODES[kind], start, end)
    ]


def placed(complaints: Sequence[bytes], lines: Sequence[str]) -> Columns:
    """The diagnostics of each line, as they are in its answer, where the line is."""
    counts = np.fromiter(map(len, complaints), np.int64) // (8 * FIELDS)
    line_lengths = np.fromiter(map(len, lines), np.int64)
    offsets = (line_lengths.cumsum() - line_lengths).repeat(counts)
    codes, starts, ends = np.frombuffer(b"".join(complaints), np.int64).reshape(-1, FIELDS).T
    return Columns.of(LEGEND, codes.astype(np.uint8).tobytes(), offsets + starts, offsets + ends)
