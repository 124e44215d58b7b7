"""The incremental LaTeX lexer: blocks of lines, each line with the state that it was read from.

A line start is a checkpoint. An edit has the lines read again that it touches; reading goes on
until a line is met whose stored entry state is the one just reached: from there on everything
holds, because a line depends on its text and on that state and on nothing else. What lies behind
is never touched: blocks keep lengths and no offsets (`block`), and where each block starts is a
column of sums. At rest there is no object for a token or for a line.

Shares no lexing code with `reference`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple, TypeAlias, overload

import numpy as np

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.columns import Columns, added
from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex import snapshot
from fuzzeq.targets.latex.block import (
    EMPTY,
    FIELDS,
    SHORT,
    Block,
    Place,
    Sizes,
    Span,
    complaints_within,
    cut,
    joined,
    pieces,
    replaced,
    span,
)
from fuzzeq.targets.latex.block_lexer import LINE, lex, lex_chunk, lex_chunks, lex_until
from fuzzeq.targets.latex.codes import (
    INITIAL,
    LEGEND,
    MATH_SHIFT,
    SAYS_UNCLOSED_MATH,
    SAYS_UNCLOSED_VERBATIM,
    VERBATIM_BITS,
)
from fuzzeq.targets.latex.sums import holder, move, running, splice
from fuzzeq.targets.latex.tokens import Diagnostic, Token

Item: TypeAlias = Token | Diagnostic


class Reread(NamedTuple):
    """What an edit had read again: all tokens but so many at the beginning and so many at the end;
    and whether there is a diagnostic among what was read, before or now."""

    head: int
    tail: int
    complains: bool


class BlockEngine:
    """One open document."""

    sizes = Sizes()

    def __init__(self, document: str) -> None:
        self._read(document, INITIAL)

    def _read(self, document: str, entry: int) -> None:
        """Reads a whole document from the given state."""
        blocks: list[Block] = []
        for block, behind in lex_chunks(document, entry, self.sizes):
            blocks += pieces(block, self.sizes)
            entry = behind
        self._hold(blocks, entry)

    def _hold(self, blocks: list[Block], behind: int) -> None:
        """Takes these blocks for the document, `behind` for the state that they leave."""
        self._blocks = blocks or [EMPTY]
        self._exit = behind
        self._characters = running(len(block.text) for block in self._blocks)
        self._tokens = running(len(block.codes) for block in self._blocks)
        self._complaints = running(len(block.complaints) // FIELDS for block in self._blocks)
        self._work = 0
        self._changed = (0, 0)

    # What a caller sees.

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """The edits, one after the other. Raises `InvalidEdit`, nothing changed, if one is off."""
        self._validate(edits)
        self._work, self._changed = 0, (0, 0)
        if not edits:
            return
        exit_before, head, tail = self._exit, self._tokens[-1], self._tokens[-1]
        # What stands between two edits has moved by what the first of them added.
        complains = len(edits) > 1 and bool(self._complaints[-1])
        for edit in edits:
            reread = self._edit(edit)
            head, tail = min(head, reread.head), min(tail, reread.tail)
            complains = complains or reread.complains
        if exit_before != self._exit:
            complains = complains or end_codes(exit_before) != end_codes(self._exit)
        self._changed = (head, len(self.result()) if complains else self._tokens[-1] - tail)

    def result(self) -> BlockResult:
        """The tokens, then the diagnostics: a view that is good until the next `apply`."""
        return BlockResult(self)

    def work(self) -> int:
        """How many characters the last `apply` gave to a lexer."""
        return self._work

    def changed(self) -> tuple[int, int]:
        """The items of the result that the last `apply` may have changed, `[start, end)`."""
        return self._changed

    def checkpoints(self) -> list[int]:
        """Where each line starts."""
        lengths = (length for block in self._blocks for length in block.line_lengths)
        return list(accumulate(lengths, initial=0))[:-1]

    def resume(self, index: int) -> Columns:
        """The items from a line on, read again from its stored state."""
        line = index
        for number, block in enumerate(self._blocks):
            if line < len(block.entries):
                offset = self._characters[number] + sum(block.line_lengths[:line])
                rest = type(self)("")
                rest._read(self.document()[offset:], block.entries[line])
                return rest.result().columns().shifted(0, offset)
            line -= len(block.entries)
        raise IndexError(index)

    def snapshot(self) -> bytes:
        """The state as bytes that `restore` takes; the document is not in them, its hash is."""
        body = snapshot.encode(joined(self._blocks), self._exit)
        return snapshot.seal(self.document(), body)

    @classmethod
    def restore(cls, data: bytes, document: str) -> BlockEngine:
        """The engine that made the snapshot. Raises `InvalidSnapshot`."""
        block, behind = snapshot.decode(snapshot.unseal(data, document), document)
        engine = cls("")
        engine._hold(pieces(block, cls.sizes), behind)
        return engine

    def document(self) -> str:
        """The current text."""
        return "".join(block.text for block in self._blocks)

    # How an edit is worked in.

    def _validate(self, edits: tuple[Edit, ...]) -> None:
        """Raises `InvalidEdit` for the first edit that does not fit what those before it leave."""
        length = self._characters[-1]
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit a document of {length} code points")
            length += edit.delta

    def _edit(self, edit: Edit) -> Reread:
        """One edit: its lines are read again, and those behind them that read otherwise now."""
        already = self._work
        index, last = self._touched_blocks(edit)
        block, offset = self._blocks[index], self._characters[index]
        complains = False
        if last > index:  # what lies between the two is gone
            offset_last = self._characters[last] - len(block.text)
            complains = bool(self._complaints[last] - self._complaints[index + 1])
            block = joined((block, self._blocks[last]))
        else:
            offset_last = offset
        touched = block.line_at(edit.start - offset)
        first, start, _ = look_back(block, touched, edit.start - offset)
        if edit.end - offset_last >= touched.end:
            touched = block.line_at(edit.end - offset_last)
        stop, _, end = touched
        stop = min(stop + 1, len(block.entries))
        text = (
            block.text[start : edit.start - offset]
            + edit.text
            + block.text[edit.end - offset_last : end]
        )
        entry = block.entries[first] if first < len(block.entries) else self._exit
        new, state = lex(text, entry, self.sizes)
        self._work += len(text)
        if stop < len(block.entries) and block.entries[stop] != state:
            rest = (match.group() for match in LINE.finditer(block.text, end))
            more, state = lex_until(rest, state, block.entries[stop:])
            self._work += len(more.text)
            stop, end = stop + len(more.entries), end + len(more.text)
            new = joined((new, more))
        old = span(block, first, start, stop, end)
        complains = complains or complain(block, old, new)
        self._replace(index, last + 1, [replaced(block, old, new)])
        head = self._tokens[index] + old.token
        behind = head + len(new.codes)
        if stop == len(block.entries):
            behind, more_complains = self._read_on(index + 1, state, already)
            complains = complains or more_complains
        tail = self._tokens[-1] - behind
        self._tidy(index)
        return Reread(head, tail, complains)

    def _touched_blocks(self, edit: Edit) -> tuple[int, int]:
        """The first and the last block that hold lines which the edit touches."""
        index = self._block_at(edit.start)
        last = index
        if edit.end >= self._characters[index + 1]:
            last = self._block_at(edit.end)
        if index and edit.start == self._characters[index]:
            # The line before the edit may go on in it: a `\r` may be half of a terminator.
            index -= not self._blocks[index - 1].text.endswith("\n")
        return index, last

    def _block_at(self, offset: int) -> int:
        """The block that holds an offset; the last one at the document's end."""
        return holder(self._characters, offset)

    def _read_on(self, index: int, state: int, already: int) -> tuple[int, bool]:
        """Reads blocks from `index` on until a line holds. Gives the number of the first token that
        is an old one, and whether there are diagnostics in what was read, before or now.

        Line by line at first, since the very next one may hold; then as much at a time as was read
        since the work was `already` so much: so at most half of it all is read for nothing.
        """
        complains = False
        while index < len(self._blocks):
            if self._blocks[index].entries[0] == state:
                return self._tokens[index], complains
            old = self._next_blocks(index, self._work - already)
            text = "".join(block.text for block in old)
            if len(text) > self._work - already:
                lines = (match.group() for match in LINE.finditer(text))
                read, state = lex_until(lines, state, old[0].entries)
                line = len(read.entries)
            else:
                read, state = lex_chunk(text, state, self.sizes)
                line = first_held(old, read)
            self._work += len(read.text)
            bounds = list(accumulate((len(block.entries) for block in old), initial=0))
            whole = bisect_right(bounds, line) - 1  # so many blocks are not kept in any part
            new = cut(read, [*bounds[: whole + 1], line])
            complains = complains or any(some.complaints for some in (*old, read))
            self._replace(index, index + whole, new[:whole])
            index += whole
            if line < bounds[-1]:
                kept = old[whole]
                size = len(new[whole].text)
                part = span(kept, 0, 0, len(new[whole].entries), size)
                self._replace(index, index + 1, [replaced(kept, part, new[whole])])
                return self._tokens[index] + len(new[whole].codes), complains
        self._exit = state
        return self._tokens[-1], complains

    def _next_blocks(self, index: int, characters: int) -> list[Block]:
        """The block at `index`, and those behind it that are in so many characters with it."""
        limit = self._characters[index] + min(characters, self.sizes.chunk)
        stop = bisect_right(self._characters, limit) - 1
        return self._blocks[index : max(stop, index + 1)]

    def _replace(self, first: int, stop: int, new: Sequence[Block]) -> None:
        """Puts blocks in the place of the blocks `[first, stop)`, which need not be as many."""
        if stop - first == 1 == len(new):  # as after most edits: only what has changed is moved
            old, (block,) = self._blocks[first], new
            self._blocks[first] = block
            if by := len(block.text) - len(old.text):
                move(self._characters, stop, by)
            if by := len(block.codes) - len(old.codes):
                move(self._tokens, stop, by)
            if by := len(block.complaints) - len(old.complaints):
                move(self._complaints, stop, by // FIELDS)
            return
        self._blocks[first:stop] = new
        splice(self._characters, first, stop, [len(some.text) for some in new])
        splice(self._tokens, first, stop, [len(some.codes) for some in new])
        complaints = [len(some.complaints) // FIELDS for some in new]
        splice(self._complaints, first, stop, complaints)

    def _tidy(self, index: int) -> None:
        """Cuts a block that has become too large; joins one that has become small to another."""
        block = self._blocks[index]
        if block.is_large(self.sizes):
            self._replace(index, index + 1, pieces(block, self.sizes))
        elif len(self._blocks) > 1 and block.is_small(self.sizes):
            first = min(index, len(self._blocks) - 2)
            pair = joined(self._blocks[first : first + 2])
            self._replace(first, first + 2, pieces(pair, self.sizes) or [EMPTY])


class SmallBlockEngine(BlockEngine):
    """The same with tiny sizes: what else shows only on many pages shows on a few lines."""

    sizes = Sizes(lines=4, characters=64, many=3, long=24, chunk=200)


class BlockResult(Sequence[Item]):
    """The items of an engine, made as they are asked for."""

    __slots__ = ("_engine",)

    def __init__(self, engine: BlockEngine) -> None:
        self._engine = engine

    def columns(self) -> Columns:
        """All items, as they are now."""
        return columns_of(self._engine._blocks, self._engine._exit)

    def __len__(self) -> int:
        engine = self._engine
        ends = len(end_codes(engine._exit))
        return engine._tokens[-1] + engine._complaints[-1] + ends

    def __iter__(self) -> Iterator[Item]:
        return iter(self.columns())

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Columns: ...
    def __getitem__(self, index: int | slice) -> Item | Columns:
        if isinstance(index, slice):
            return self.columns()[index]
        if index < 0:
            index += len(self)
        engine = self._engine
        tokens, complaints = engine._tokens[-1], engine._complaints[-1]
        if 0 <= index < tokens:
            return self._token(index)
        index -= tokens
        if 0 <= index < complaints:
            return self._complaint(index)
        if index < 0:
            raise IndexError(index)
        end = engine._characters[-1]
        return item(end_codes(engine._exit)[index - complaints], end, end)

    def _token(self, index: int) -> Item:
        """The token with that number: its block by bisection, then its place there."""
        engine = self._engine
        which = holder(engine._tokens, index)
        block, number = engine._blocks[which], index - engine._tokens[which]
        before = block.lengths[:number]
        start = engine._characters[which]
        start += added(before.tobytes()) if before.typecode == SHORT else sum(before)
        return item(block.codes[number], start, start + block.lengths[number])

    def _complaint(self, index: int) -> Item:
        """The diagnostic with that number, found like a token."""
        engine = self._engine
        which = holder(engine._complaints, index)
        block, number = engine._blocks[which], index - engine._complaints[which]
        line, code, start, end = block.complaints[FIELDS * number : FIELDS * (number + 1)]
        offset = engine._characters[which] + sum(block.line_lengths[:line])
        return item(code, offset + start, offset + end)


def item(code: int, start: int, end: int) -> Item:
    """What a code stands for, at that place."""
    made: Item = LEGEND.item(code, start, end)
    return made


def columns_of(blocks: Sequence[Block], exit: int) -> Columns:
    """The tokens and diagnostics of these blocks, and what the state behind them complains of."""
    codes = b"".join([block.codes for block in blocks])
    complaints, starts, ends = complaint_columns(blocks, exit)
    if all(block.lengths.typecode == SHORT for block in blocks):
        lengths = b"".join([block.lengths for block in blocks])
        return Columns(LEGEND, codes + complaints, starts, ends, lengths)
    parts = [np.frombuffer(block.lengths, block.lengths.typecode) for block in blocks]
    of_tokens = np.concatenate(parts)
    token_ends = of_tokens.cumsum(dtype=np.int64)
    token_starts = token_ends - of_tokens
    starts, ends = token_starts.tobytes() + starts, token_ends.tobytes() + ends
    return Columns(LEGEND, codes + complaints, starts, ends)


def complaint_columns(blocks: Sequence[Block], exit: int) -> tuple[bytes, bytes, bytes]:
    """Codes, starts and ends of the diagnostics of these blocks, and of the state behind them."""
    if not end_codes(exit) and not any(block.complaints for block in blocks):
        return b"", b"", b""
    codes, starts, ends = bytearray(), array("q"), array("q")
    offset = 0
    for block in blocks:
        if rows := block.complaints:
            line_starts = list(accumulate(block.line_lengths, initial=offset))
            bases = [line_starts[line] for line in rows[::FIELDS]]
            codes.extend(rows[1::FIELDS].tolist())  # as they are, they would be bytes
            starts.extend(map(add, bases, rows[2::FIELDS]))
            ends.extend(map(add, bases, rows[3::FIELDS]))
        offset += len(block.text)
    for code in end_codes(exit):
        codes.append(code)
        starts.append(offset)
        ends.append(offset)
    return bytes(codes), starts.tobytes(), ends.tobytes()


def end_codes(exit: int) -> tuple[int, ...]:
    """The diagnostics of a document that ends in this state."""
    codes: tuple[int, ...] = ()
    if exit & VERBATIM_BITS:
        codes += (SAYS_UNCLOSED_VERBATIM,)
    if exit >> MATH_SHIFT:
        codes += (SAYS_UNCLOSED_MATH,)
    return codes


def look_back(block: Block, place: Place, offset: int) -> Place:
    """The line before, where the offset is a line's start and that line may go on there: it ends
    with a lone `\r`, or with the document."""
    if place.line and place.start == offset and not block.text.endswith("\n", 0, offset):
        line = place.line - 1
        return Place(line, place.start - block.line_lengths[line], place.start)
    return place


def complain(block: Block, old: Span, new: Block) -> bool:
    """Whether some lines have diagnostics, or had."""
    if new.complaints or not block.complaints:
        return bool(new.complaints)
    complaining = complaints_within(block, old.first, old.stop)
    return bool(complaining.start < complaining.stop)


def first_held(old: Sequence[Block], read: Block) -> int:
    """The first line that was read from the state that it had been read from before; the number
    of lines if there is none."""
    before = np.frombuffer(b"".join(block.entries for block in old), np.uint16)
    held = np.frombuffer(read.entries, np.uint16) == before
    line = int(held.argmax())
    return line if held[line] else len(held)
