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
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fuzzeq.model.columns import Columns
from fuzzeq.model.target import Piece
from fuzzeq.targets.latex.codes import COMPLAINT_CODES, LEGEND, TOKEN_CODES
from fuzzeq.targets.latex.reference import Lexer, State, end_complaints, line_ranges, mode_of
from fuzzeq.targets.latex.tokens import Diagnostic, Token

LINE = re.compile(r"[^\n\r]*(?:\r\n?|\n)|[^\n\r]+")

MOST_KEPT = 1 << 20
"""Characters of lines that are kept, some 30 MB with all that is known of them; then everything is
forgotten."""
ENTRY = 32
"""An entry counts as so many characters beside those of its line."""

Rows: TypeAlias = tuple[bytes, bytes, bytes]
"""Codes, starts and ends, as in `Columns`."""
Offsets: TypeAlias = npt.NDArray[np.int64]

INITIAL = State()
NO_ROWS: Rows = b"", b"", b""


class Answer(NamedTuple):
    """What the reference answered for a line, offsets from the line's start, and the table of the
    state behind it."""

    tokens: Rows
    complaints: Rows | None
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
        lines = LINE.findall(document)
        answers, table = self._answers(lines)
        starts = np.cumsum([0, *map(len, lines)])
        tokens = joined([answer.tokens for answer in answers], starts)
        places = [place for place, answer in enumerate(answers) if answer.complaints]
        complaints = NO_ROWS
        if places:
            rows = [answers[place].complaints or NO_ROWS for place in places]
            complaints = joined(rows, starts[places])
        at_end = complaint_rows(end_complaints(table.state, len(document)))
        columns = zip(tokens, complaints, at_end, strict=True)
        return Columns(LEGEND, *(b"".join(column) for column in columns))

    def pieces(self, document: str) -> list[Piece]:
        """What `reference.pieces` answers."""
        lines = LINE.findall(document)
        answers, _ = self._answers(lines)
        states = (INITIAL, *(answer.behind.state for answer in answers))
        return [Piece(len(line), (line, state)) for line, state in zip(lines, states, strict=False)]

    def _answers(self, lines: Sequence[str]) -> tuple[list[Answer], Table]:
        """The answers for a document's lines, and the table of the state at its end."""
        table, answers = self._first, []
        for line in lines:
            answer = table.get(line) or self._read(line, table)
            answers.append(answer)
            table = answer.behind
        return answers, table

    def _read(self, line: str, table: Table) -> Answer:
        """The reference's answer for a line that is not known."""
        if self._kept > self.most_kept:
            self._forget()
        lexer = Lexer(line, state=table.state, mode=mode_of(table.state.math))
        for span in line_ranges(line):
            lexer.lex_line(*span)
        complaints = complaint_rows(lexer.diagnostics) if lexer.diagnostics else None
        behind = self._tables.setdefault(lexer.state, Table(lexer.state))
        answer = table[line] = Answer(token_rows(lexer.tokens), complaints, behind)
        self._kept += len(line) + ENTRY
        return answer

    def _forget(self) -> None:
        """Everything. A document that is being put together goes on with the tables it has."""
        self._first = Table(INITIAL)
        self._tables = {INITIAL: self._first}
        self._kept = 0


def joined(rows: Sequence[Rows], offsets: Offsets) -> Rows:
    """Rows of several lines one behind the other, those of each moved to its offset; there may be
    more offsets than lines."""
    codes = b"".join([row[0] for row in rows])
    by = np.repeat(offsets[: len(rows)], [len(row[0]) for row in rows])
    starts = np.frombuffer(b"".join([row[1] for row in rows]), np.int64) + by
    ends = np.frombuffer(b"".join([row[2] for row in rows]), np.int64) + by
    return codes, starts.tobytes(), ends.tobytes()


def token_rows(tokens: Sequence[Token]) -> Rows:
    """Tokens as rows."""
    codes = bytes([TOKEN_CODES[token.kind, token.mode] for token in tokens])
    return codes, *spans(tokens)


def complaint_rows(complaints: Sequence[Diagnostic]) -> Rows:
    """Diagnostics as rows."""
    codes = bytes([COMPLAINT_CODES[complaint.kind] for complaint in complaints])
    return codes, *spans(complaints)


def spans(items: Sequence[Token | Diagnostic]) -> tuple[bytes, bytes]:
    """The starts and the ends of items."""
    starts, ends = [item.start for item in items], [item.end for item in items]
    return array("q", starts).tobytes(), array("q", ends).tobytes()
