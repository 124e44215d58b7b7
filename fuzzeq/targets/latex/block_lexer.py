"""Many lines read at once: a text and the state at its start become blocks."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence

from fuzzeq.targets.latex.block import COUNT, SHORT, STATE, Block, Sizes, joined
from fuzzeq.targets.latex.bulk import lex_bulk
from fuzzeq.targets.latex.line_lexer import lex_line

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
LINE_END = re.compile("\r\n|\r|\n")


def lex(text: str, entry: int, sizes: Sizes) -> tuple[Block, int]:
    """All lines of a text as one block, and the state behind them."""
    if len(text) <= sizes.chunk:
        return lex_chunk(text, entry, sizes)
    blocks = []
    for block, exit in lex_chunks(text, entry, sizes):
        blocks.append(block)
        entry = exit
    return joined(blocks), entry


def lex_chunks(text: str, entry: int, sizes: Sizes) -> Iterator[tuple[Block, int]]:
    """The lines of a text, some at a time, each time with the state behind them."""
    start = 0
    while start < len(text):
        end = chunk_end(text, start, sizes.chunk)
        block, entry = lex_chunk(text[start:end], entry, sizes)
        yield block, entry
        start = end


def lex_chunk(text: str, entry: int, sizes: Sizes) -> tuple[Block, int]:
    """A text of moderate size, however it is read fastest."""
    if len(text) < sizes.long:
        lines = LINE.findall(text)
        if len(lines) < sizes.many:
            return lex_until(lines, entry)
    return lex_bulk(text, entry)


def chunk_end(text: str, start: int, size: int) -> int:
    """Behind the last line that ends within so many characters, or behind the first."""
    limit = start + size
    if limit >= len(text):
        return len(text)
    end = text.rfind("\n", start, limit) + 1
    if not end:  # a `\r` in front of the limit's last character is not followed by a `\n`
        end = text.rfind("\r", start, limit - 1) + 1
    if not end:
        line_end = LINE_END.search(text, limit - 1)
        end = line_end.end() if line_end else len(text)
    return end


def lex_until(lines: Iterable[str], entry: int, held: Sequence[int] = ()) -> tuple[Block, int]:
    """Lines read one by one, up to the first whose held entry state is the one that is reached,
    and the state behind those read. `held` begins with the first line; it may be shorter."""
    texts, entries, counts, codes = [], [], [], []
    lengths: list[int] = []
    complaints: list[int] = []
    for number, line in enumerate(lines):
        if number < len(held) and held[number] == entry:
            break
        texts.append(line)
        entries.append(entry)
        line_codes, line_lengths, line_complaints, entry = lex_line(line, entry)
        counts.append(len(line_codes))
        codes.append(line_codes)
        lengths += line_lengths
        for complaint in line_complaints:
            complaints += (number, *complaint)
    try:
        packed = array(SHORT, lengths)
    except OverflowError:  # one of them needs more
        packed = array(COUNT, lengths)
    block = Block(
        "".join(texts),
        array(COUNT, map(len, texts)),
        array(STATE, entries),
        array(COUNT, counts),
        b"".join(codes),
        packed,
        array(COUNT, complaints),
    )
    return block, entry
