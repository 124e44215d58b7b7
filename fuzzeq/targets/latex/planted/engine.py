"""An incremental LaTeX lexer to be read: a list of lines, each with the state it was read from.

A line start is a checkpoint. An edit replaces the lines it touches; reading goes on from the first
of them until a line is met whose text is as it was and whose stored entry state is the one just
reached: from there on everything holds, because a line depends on nothing else. What lies behind
is never touched: tokens are stored relative to their line, and where lines start is a column of
sums that is spliced as a whole.

Every step of that is a small method, so that it can be got wrong on purpose, by itself: the
planted bugs beside this file do so. The lexer that is meant to be used is `latex.incremental`; both
give their lines to the same `lex_line`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from fuzzeq.errors import InvalidEdit, InvalidSnapshot
from fuzzeq.model.edit import Edit
from fuzzeq.model.result import Diagnostic
from fuzzeq.targets.latex import codes, line_lexer, snapshot
from fuzzeq.targets.latex.codes import LEGEND, State
from fuzzeq.targets.latex.tokens import Complaint, Token

Item: TypeAlias = Token | Diagnostic
Sums: TypeAlias = npt.NDArray[np.int64]

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
INITIAL = State()


class LineTokens(NamedTuple):
    """A line's tokens `(kind, start, end, mode)` and diagnostics `(kind, start, end)`, offsets
    from the line's start, and the state behind it."""

    tokens: tuple[tuple[str, int, int, str], ...]
    diagnostics: tuple[tuple[str, int, int], ...]
    exit: State


Row: TypeAlias = tuple[State, LineTokens]
Absolute: TypeAlias = Callable[[LineTokens, int], Sequence[Item]]
UNREAD = LineTokens((), (), INITIAL)


class Line(NamedTuple):
    """A line's text, the state it was read from (None: not read yet), and what was read."""

    text: str
    entry: State | None = None
    content: LineTokens = UNREAD


class LineEngine:
    """One open document."""

    def __init__(self, document: str) -> None:
        self.lines = [Line(text) for text in self.split(document)]
        self._work = 0
        self._changed = (0, 0)
        self.starts = sums(len(line.text) for line in self.lines)
        stop = self.read_on(0, len(self.lines))
        assert stop == len(self.lines)
        self.token_sums = sums(len(line.content.tokens) for line in self.lines)
        self.diagnostic_sums = sums(len(line.content.diagnostics) for line in self.lines)

    # What a caller sees.

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """All edits, then one reading. Raises `InvalidEdit`, nothing changed, if one is off."""
        self.validate(edits)
        lines_before, end_before = len(self.lines), self.end_diagnostics()
        first, last = len(self.lines), 0  # the lines that may be unread lie in [first, last)
        for edit in edits:
            start, stop, texts = self.replaced_lines(edit)
            self.replace_lines(start, stop, texts)
            first, last = self.widen(first, last, start, stop, len(texts))
        self._work = 0
        if not edits:
            self._changed = (0, 0)
            return
        stop = self.read_on(first, last)
        self.update_sums(first, stop, stop + lines_before - len(self.lines), end_before)

    def result(self) -> Sequence[Item]:
        """The tokens, then the diagnostics: a view that is good until the next `apply`."""
        return LineResult(self)

    def work(self) -> int:
        """How many characters the last `apply` gave to the line lexer."""
        return self._work

    def changed(self) -> tuple[int, int]:
        """The items of the result that the last `apply` may have changed, `[start, end)`."""
        return self._changed

    def checkpoints(self) -> list[int]:
        """Where each line starts."""
        starts: list[int] = self.starts[:-1].tolist()
        return starts

    def resume(self, index: int) -> list[Item]:
        """The items from a line on, read again from its stored state."""
        offset, entry = int(self.starts[index]), self.lines[index].entry
        assert entry is not None
        tokens: list[Item] = []
        diagnostics: list[Item] = []
        for line in self.lines[index:]:
            content = lex_line(line.text, entry)
            tokens += absolute_tokens(content, offset)
            diagnostics += absolute_diagnostics(content, offset)
            offset, entry = offset + len(line.text), content.exit
        return [*tokens, *diagnostics, *diagnostics_of_end(entry, offset)]

    def snapshot(self) -> bytes:
        """The state as bytes that `restore` takes; the document is not in them, its hash is."""
        return encode(self.document(), self.rows())

    @classmethod
    def restore(cls, data: bytes, document: str) -> LineEngine:
        """The engine that made the snapshot. Raises `InvalidSnapshot`."""
        rows = cls.rows_of(data, document)
        engine = cls("")
        texts = engine.split(document)
        try:
            engine.lines = [
                Line(text, State(*entry), LineTokens(tokens, diagnostics, State(*exit)))
                for text, (entry, (tokens, diagnostics, exit)) in zip(texts, rows, strict=True)
            ]
        except (TypeError, ValueError) as error:
            raise InvalidSnapshot(f"damaged: its rows do not fit the lines: {error}") from error
        engine.starts = sums(map(len, texts))
        engine.token_sums = sums(len(line.content.tokens) for line in engine.lines)
        engine.diagnostic_sums = sums(len(line.content.diagnostics) for line in engine.lines)
        return engine

    def rows(self) -> list[Row]:
        """What a snapshot keeps of each line."""
        return [(line.entry or INITIAL, line.content) for line in self.lines]

    @classmethod
    def rows_of(cls, data: bytes, document: str) -> list[Row]:
        """The rows in a snapshot of this document. Raises `InvalidSnapshot`."""
        return decode(data, document)

    def document(self) -> str:
        """The current text."""
        return "".join(line.text for line in self.lines)

    # How an edit is worked in.

    def split(self, text: str) -> list[str]:
        """The lines of a text, with their terminators."""
        return LINE.findall(text)

    def validate(self, edits: tuple[Edit, ...]) -> None:
        """Raises `InvalidEdit` for the first edit that does not fit what those before it leave."""
        length = int(self.starts[-1])
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit a document of {length} code points")
            length += edit.delta

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        """The lines `[first, stop)` that an edit touches, and the texts that take their place."""
        first, stop = self.first_touched(edit), self.stop_touched(edit)
        old = "".join(line.text for line in self.lines[first:stop])
        offset = int(self.starts[first])
        new = old[: edit.start - offset] + edit.text + old[edit.end - offset :]
        return first, stop, self.split(new)

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        """Puts new lines, not read yet, in the place of the lines `[start, stop)`."""
        self.lines[start:stop] = [Line(text) for text in texts]
        self.starts = self.splice(self.starts, start, stop, map(len, texts))

    def widen(self, first: int, last: int, start: int, stop: int, count: int) -> tuple[int, int]:
        """The lines `[first, last)` that may be unread, now that `count` lines stand where
        `[start, stop)` were."""
        return min(first, start), max(last, stop) + count - (stop - start)

    def first_touched(self, edit: Edit) -> int:
        """The line of the edit's start. The one before it, too, where it ends with a lone `\\r`:
        a `\\n` that comes to stand behind that would belong to it. And where the edit's start is
        the end of a document without a last terminator, its last line."""
        line = self.line_at(edit.start)
        if line > 0 and edit.start == self.starts[line]:
            before = self.lines[line - 1].text
            if not before.endswith("\n"):
                return line - 1
        return line

    def stop_touched(self, edit: Edit) -> int:
        """Behind the line of the edit's end, which may join with what is inserted before it."""
        return min(self.line_at(edit.end) + 1, len(self.lines))

    def line_at(self, offset: int) -> int:
        """The line that holds the offset; the number of lines at the document's end."""
        return int(np.searchsorted(self.starts, offset, side="right")) - 1

    def read_on(self, index: int, last: int) -> int:
        """Reads from line `index` on; at or behind line `last`, stops at the first line that holds
        as it is. Returns that line, or the number of lines."""
        state = self.state_before(index)
        while index < len(self.lines):
            line = self.lines[index]
            if not self.holds(line, state):
                line = self.read(line, state)
                self.lines[index] = line
            elif index >= last:
                break
            state = line.content.exit
            index += 1
        return index

    def state_before(self, index: int) -> State:
        """The state that the lines before this one leave."""
        return self.lines[index - 1].content.exit if index else INITIAL

    def holds(self, line: Line, state: State) -> bool:
        """Whether what is stored for a line is what reading it from this state would give."""
        return line.entry == state

    def read(self, line: Line, state: State) -> Line:
        """The line, read from this state."""
        self._work += len(line.text)
        return Line(line.text, state, lex_line(line.text, state))

    def splice(self, column: Sums, start: int, stop: int, lengths: Iterable[int]) -> Sums:
        """The sums with the entries for the lines `[start, stop)` replaced."""
        inner = column[start] + np.cumsum(np.fromiter(lengths, np.int64))
        end = inner[-1] if len(inner) else column[start]
        return np.concatenate(
            (column[: start + 1], inner, column[stop + 1 :] + (end - column[stop]))
        )

    def update_sums(
        self, first: int, stop: int, stop_before: int, end_before: list[Diagnostic]
    ) -> None:
        """Sums and changed range, once lines `[first, stop)` stand for the old `[first,
        stop_before)`."""
        read = self.lines[first:stop]
        complaints = self.diagnostic_sums[stop_before] - self.diagnostic_sums[first]
        tokens = (len(line.content.tokens) for line in read)
        self.token_sums = self.splice(self.token_sums, first, stop_before, tokens)
        diagnostics = (len(line.content.diagnostics) for line in read)
        self.diagnostic_sums = self.splice(self.diagnostic_sums, first, stop_before, diagnostics)
        complaints += self.diagnostic_sums[stop] - self.diagnostic_sums[first]
        kinds_before = [diagnostic.kind for diagnostic in end_before]
        end_changed = kinds_before != [diagnostic.kind for diagnostic in self.end_diagnostics()]
        end = len(LineResult(self)) if complaints or end_changed else int(self.token_sums[stop])
        self._changed = (int(self.token_sums[first]), end)

    def end_diagnostics(self) -> list[Diagnostic]:
        """What is still open at the document's end."""
        return diagnostics_of_end(self.state_before(len(self.lines)), int(self.starts[-1]))


class LineResult(Sequence[Item]):
    """The items of an engine, made as they are asked for."""

    __slots__ = ("_end", "_engine")

    def __init__(self, engine: LineEngine) -> None:
        self._engine = engine
        self._end = engine.end_diagnostics()

    def __len__(self) -> int:
        engine = self._engine
        return int(engine.token_sums[-1]) + int(engine.diagnostic_sums[-1]) + len(self._end)

    def __iter__(self) -> Iterator[Item]:
        lines = list(zip(self._engine.lines, self._engine.starts.tolist(), strict=False))
        for line, offset in lines:
            yield from absolute_tokens(line.content, offset)
        for line, offset in lines:
            if line.content.diagnostics:
                yield from absolute_diagnostics(line.content, offset)
        yield from self._end

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        engine = self._engine
        tokens, diagnostics = int(engine.token_sums[-1]), int(engine.diagnostic_sums[-1])
        if 0 <= index < tokens:
            return self._find(engine.token_sums, index, absolute_tokens)
        index -= tokens
        if 0 <= index < diagnostics:
            return self._find(engine.diagnostic_sums, index, absolute_diagnostics)
        if index < 0:
            raise IndexError(index)
        return self._end[index - diagnostics]

    def _find(self, column: Sums, index: int, absolute: Absolute) -> Item:
        """The item with that index in a column: its line by bisection, then its place there."""
        line = bisect_right(column, index) - 1
        offset = int(self._engine.starts[line])
        return absolute(self._engine.lines[line].content, offset)[index - int(column[line])]


def lex_line(text: str, entry: State) -> LineTokens:
    """The tokens of one line, terminator included, read from the given state."""
    line = line_lexer.lex_line(text, codes.pack(entry))
    tokens, end = [], 0
    for code, length in zip(line.codes, line.lengths, strict=True):
        item = LEGEND[code]
        assert isinstance(item, Token)
        tokens.append((item.kind, end, end + length, item.mode))
        end += length
    complaints = []
    for code, start, end in line.complaints:
        item = LEGEND[code]
        assert isinstance(item, Diagnostic)
        complaints.append((item.kind, start, end))
    return LineTokens(tuple(tokens), tuple(complaints), codes.unpack(line.exit))


def encode(document: str, rows: Iterable[Row]) -> bytes:
    """A snapshot whose body is JSON: nothing in it can run, and numbers have no width."""
    return snapshot.seal(document, json.dumps(list(rows), separators=(",", ":")).encode("ascii"))


def decode(data: bytes, document: str) -> list[Row]:
    """The rows, lists turned back into tuples. Raises `InvalidSnapshot`."""
    try:
        return [_as_tuple(row) for row in json.loads(snapshot.unseal(data, document))]
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidSnapshot(f"damaged: its body cannot be read: {error}") from error


def _as_tuple(value: Any) -> Any:
    """JSON has no tuples: every list becomes one, all the way down."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def sums(lengths: Iterable[int]) -> Sums:
    """0, then the running sums: entry i is where line i starts."""
    column = np.fromiter(lengths, np.int64)
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(column)))


def absolute_tokens(content: LineTokens, offset: int) -> list[Item]:
    """A line's tokens, in the document."""
    return [
        Token(kind, start + offset, end + offset, mode) for kind, start, end, mode in content.tokens
    ]


def absolute_diagnostics(content: LineTokens, offset: int) -> list[Item]:
    """A line's diagnostics, in the document."""
    return [
        Diagnostic(kind, start + offset, end + offset) for kind, start, end in content.diagnostics
    ]


def diagnostics_of_end(state: State, length: int) -> list[Diagnostic]:
    """What the state behind the last line complains of."""
    kinds = []
    if state.verbatim:
        kinds.append(Complaint.UNCLOSED_VERBATIM)
    if state.math:
        kinds.append(Complaint.UNCLOSED_MATH)
    return [Diagnostic(kind, length, length) for kind in kinds]
