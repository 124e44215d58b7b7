"""A block: some consecutive lines and all that was read of them, in columns.

Nothing in a block says where in the document it stands: token *lengths* are kept and no offsets,
so a splice changes nothing behind it. Blocks are never written to; a changed block is a new one,
put together from parts of old ones.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np

COUNT: Final = "I"
"""The type of lengths and counts in an `array`: 32 bits, unsigned."""
SHORT: Final = "B"
"""The type of the token lengths of most blocks: 8 bits."""
STATE: Final = "H"
"""The type of states there: 16 bits, unsigned."""


class Sizes(NamedTuple):
    """How much is kept and read together, in lines and characters."""

    lines: int = 128
    characters: int = 8192
    """A block that has more of either is cut, unless it is one line, into halves or less, so that
    there is room to grow; one that has less than an eighth of both joins its neighbour."""
    many: int = 80
    """From so many lines on, reading them all at once is faster than line by line."""
    long: int = 3072
    """So it is from so many characters on, however few lines they are."""
    chunk: int = 1 << 17
    """So many characters, or one line, are read at a time at the most."""


FIELDS: Final = 4
"""A complaint is so many numbers: the line within the block, the diagnostic's code, and its range
in columns of that line."""


class Place(NamedTuple):
    """A line of a block: its number, and the characters `[start, end)` that it is."""

    line: int
    start: int
    end: int


class Span(NamedTuple):
    """Some lines `[first, stop)` of a block: the characters and the tokens that they are."""

    first: int
    stop: int
    start: int
    end: int
    token: int
    token_stop: int


class Block(NamedTuple):
    """Lines with their terminators, and what they hold; lengths are in code points."""

    text: str
    line_lengths: array[int]
    entries: array[int]
    """The state at each line's start."""
    counts: array[int]
    """How many tokens each line has."""
    codes: bytes
    """A byte for each token: see `codes`."""
    lengths: array[int]
    """The length of each token, as `SHORT`, or as `COUNT` where one of them needs it."""
    complaints: array[int]
    """`FIELDS` numbers for each complaint, in order."""

    def line_at(self, offset: int) -> Place:
        """The line that holds an offset; at the text's end the last one where it is open, else the
        one behind it."""
        text = self.text
        if "\r" not in text:
            start = text.rfind("\n", 0, offset) + 1
            end = text.find("\n", offset) + 1 or len(text)
            return Place(text.count("\n", 0, start), start, end)
        starts = list(accumulate(self.line_lengths, initial=0))
        line = bisect_right(starts, offset) - 1
        return Place(line, starts[line], starts[min(line + 1, len(starts) - 1)])

    def is_large(self, sizes: Sizes) -> bool:
        """Whether the block should be cut."""
        lines = len(self.line_lengths)
        return lines > sizes.lines or (len(self.text) > sizes.characters and lines > 1)

    def is_small(self, sizes: Sizes) -> bool:
        """Whether the block should join its neighbour."""
        few = 8 * len(self.line_lengths) < sizes.lines
        return few and 8 * len(self.text) < sizes.characters


EMPTY: Final = Block("", array(COUNT), array(STATE), array(COUNT), b"", array(SHORT), array(COUNT))


def span(block: Block, first: int, start: int, stop: int, end: int) -> Span:
    """The lines `[first, stop)`, which are the characters `[start, end)` of the block."""
    token = sum(block.counts[:first])
    return Span(first, stop, start, end, token, token + sum(block.counts[first:stop]))


def complaints_within(block: Block, first: int, stop: int) -> slice:
    """Which numbers are the complaints of the lines `[first, stop)`."""
    lines = block.complaints[::FIELDS]
    return slice(FIELDS * bisect_left(lines, first), FIELDS * bisect_left(lines, stop))


def replaced(block: Block, old: Span, new: Block) -> Block:
    """The block with `new` in the place of some of its lines."""
    complaints = new.complaints
    if block.complaints or complaints:
        by = len(new.line_lengths) - (old.stop - old.first)
        kept, gone = block.complaints, complaints_within(block, old.first, old.stop)
        complaints = (
            kept[: gone.start] + _moved(complaints, old.first) + _moved(kept[gone.stop :], by)
        )
    line_lengths, entries, counts = block.line_lengths[:], block.entries[:], block.counts[:]
    line_lengths[old.first : old.stop] = new.line_lengths
    entries[old.first : old.stop] = new.entries
    counts[old.first : old.stop] = new.counts
    if block.lengths.typecode == new.lengths.typecode == SHORT:
        lengths = block.lengths[:]
        lengths[old.token : old.token_stop] = new.lengths
    else:
        lengths = packed(block.lengths[: old.token], new.lengths, block.lengths[old.token_stop :])
    return Block(
        block.text[: old.start] + new.text + block.text[old.end :],
        line_lengths,
        entries,
        counts,
        block.codes[: old.token] + new.codes + block.codes[old.token_stop :],
        lengths,
        complaints,
    )


def joined(blocks: Sequence[Block]) -> Block:
    """The lines of several blocks, one behind the other."""
    if len(blocks) == 1:
        return blocks[0]
    line_lengths, entries, counts = array(COUNT), array(STATE), array(COUNT)
    lengths = packed(*(block.lengths for block in blocks))
    complaints = array(COUNT)
    for block in blocks:
        complaints += _moved(block.complaints, len(line_lengths))
        line_lengths += block.line_lengths
        entries += block.entries
        counts += block.counts
    text = "".join(block.text for block in blocks)
    codes = b"".join(block.codes for block in blocks)
    return Block(text, line_lengths, entries, counts, codes, lengths, complaints)


def cut(block: Block, bounds: Sequence[int]) -> list[Block]:
    """The block cut into the lines between each two of these line numbers, which ascend."""
    characters = _added_before(block.line_lengths, bounds)
    tokens = _added_before(block.counts, bounds)
    return [
        Block(
            block.text[characters[number] : characters[number + 1]],
            block.line_lengths[first:stop],
            block.entries[first:stop],
            block.counts[first:stop],
            block.codes[tokens[number] : tokens[number + 1]],
            packed(block.lengths[tokens[number] : tokens[number + 1]]),
            block.complaints
            and _moved(block.complaints[complaints_within(block, first, stop)], -first),
        )
        for number, (first, stop) in enumerate(pairwise(bounds))
    ]


def pieces(block: Block, sizes: Sizes) -> list[Block]:
    """The block as blocks that are not too large, or are one line; none of them is empty."""
    if not block.is_large(sizes):
        return [block] if block.text else []
    ends = list(accumulate(block.line_lengths))
    bounds, start = [0], 0
    while bounds[-1] < len(ends):
        first = bounds[-1]
        stop = first + sizes.lines // 2
        fitting = bisect_right(ends, start + sizes.characters // 2, first, min(stop, len(ends)))
        bounds.append(max(fitting, first + 1))
        start = ends[bounds[-1] - 1]
    return cut(block, bounds)


def packed(*columns: array[int]) -> array[int]:
    """Token lengths one behind the other, as `SHORT` if none needs more."""
    if all(column.typecode == SHORT for column in columns):
        return array(SHORT, b"".join(columns))
    numbers = np.concatenate([np.frombuffer(column, column.typecode) for column in columns])
    if numbers.max(initial=0) < 1 << 8:
        return array(SHORT, numbers.astype(np.uint8).tobytes())
    return array(COUNT, numbers.astype(np.uint32).tobytes())


def _added_before(column: array[int], bounds: Sequence[int]) -> list[int]:
    """What the entries before each bound add up to."""
    sums = np.zeros(len(column) + 1, np.int64)
    np.cumsum(np.frombuffer(column, np.uint32), out=sums[1:])
    ends: list[int] = sums[list(bounds)].tolist()
    return ends


def _moved(complaints: array[int], by: int) -> array[int]:
    """Complaints, so many lines further on."""
    if not by or not complaints:
        return complaints
    numbers = np.frombuffer(complaints, np.uint32).astype(np.int64)
    numbers[::FIELDS] += by
    return array(COUNT, numbers.astype(np.uint32).tobytes())
