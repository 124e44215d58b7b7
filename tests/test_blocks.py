"""The seams between blocks: faults put into the production lexer there, which fuzzing has to find.

The planted bugs vary the readable engine. Here the methods that only blocks need are got wrong, in
the lexer with tiny blocks, and a short stream run is to see it.
"""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from fuzzeq.engines.assertions import Diverged, assert_no_divergence
from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex import LatexTarget, block
from fuzzeq.targets.latex.block import Block, Sizes, cut, joined, pieces
from fuzzeq.targets.latex.block_lexer import chunk_end, lex
from fuzzeq.targets.latex.incremental import SmallBlockEngine

EDITS = 3000

Fault = type[SmallBlockEngine]


class NoLookBackAcrossBlocks(SmallBlockEngine):
    """A `\\r` that ends a block is taken for a whole terminator."""

    def _touched_blocks(self, edit: Edit) -> tuple[int, int]:
        index = self._block_at(edit.start)
        return index, max(index, self._block_at(edit.end))


class NextBlockNotTouched(SmallBlockEngine):
    """An edit that ends where a block begins is thought not to touch that block."""

    def _touched_blocks(self, edit: Edit) -> tuple[int, int]:
        first, last = super()._touched_blocks(edit)
        at_start = edit.end > edit.start and edit.end == self._characters[last]
        return first, max(first, last - at_start)


class NotReadOn(SmallBlockEngine):
    """What an edit changes is thought to end with its block."""

    def _read_on(self, index: int, state: int, already: int) -> tuple[int, bool]:
        return int(self._tokens[index]), False


class ExitForgotten(SmallBlockEngine):
    """The state behind the last block is not kept."""

    def _read_on(self, index: int, state: int, already: int) -> tuple[int, bool]:
        before = self._exit
        found = super()._read_on(index, state, already)
        self._exit = before
        return found


class ReadsOnForEver(SmallBlockEngine):
    """Blocks behind the edit are all read again."""

    def _read_on(self, index: int, state: int, already: int) -> tuple[int, bool]:
        for which in range(index, len(self._blocks)):
            read, state = lex(self._blocks[which].text, state, self.sizes)
            self._work += len(read.text)
            self._replace(which, which + 1, [read])
        self._exit = state
        return int(self._tokens[-1]), True


class JoinedWithoutComplaints(SmallBlockEngine):
    """What a block complains of is lost when it joins another."""

    def _tidy(self, index: int) -> None:
        self._blocks[index] = self._blocks[index]._replace(complaints=array(block.COUNT))
        super()._tidy(index)


class SumsNotMoved(SmallBlockEngine):
    """Where the tokens behind a block begin is not corrected."""

    def _replace(self, first: int, stop: int, new: Any) -> None:
        before = self._tokens[:]
        super()._replace(first, stop, new)
        if len(before) == len(self._tokens):
            self._tokens[stop:-1] = before[stop:-1]


FAULTS = (
    NoLookBackAcrossBlocks,
    NextBlockNotTouched,
    NotReadOn,
    ExitForgotten,
    ReadsOnForEver,
    JoinedWithoutComplaints,
    SumsNotMoved,
)


@pytest.mark.no_cover
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_fault_at_a_seam_is_found(fault: Fault) -> None:
    with pytest.raises(Diverged):
        assert_no_divergence(LatexTarget("faulty", fault), EDITS)


@pytest.mark.no_cover
def test_without_a_fault_nothing_is_found() -> None:
    assert_no_divergence(LatexTarget("healthy", SmallBlockEngine), EDITS)


# Blocks by themselves.

TEXT = "a $x$\n\n\\b c\r\nd\re\0\n\\verb|f\n" * 5


def blocks_of(text: str, size: int) -> list[Block]:
    """A text as blocks of so many lines."""
    whole, _ = lex(text, 0, Sizes())
    lines = len(whole.entries)
    return cut(whole, [*range(0, lines, size), lines])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_what_is_cut_can_be_joined(size: int) -> None:
    assert joined(blocks_of(TEXT, size)) == lex(TEXT, 0, Sizes())[0]


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        (Sizes(4, 1000), "a\n" * 100),
        (Sizes(1000, 16), "a\n" * 100),
        (Sizes(4, 16), "a" * 50 + "\n" + "b\n" * 9 + "c" * 50),
        (Sizes(4, 16), "a" * 500),
        (Sizes(2, 2), "\n\n\n\n\n"),
    ],
)
def test_pieces_are_not_large_and_lose_nothing(sizes: Sizes, text: str) -> None:
    whole, _ = lex(text, 0, Sizes())
    parts = pieces(whole, sizes)
    assert joined(parts) == whole
    assert not any(part.is_large(sizes) for part in parts)
    assert all(part.text for part in parts)
    assert not pieces(block.EMPTY, sizes)


@pytest.mark.parametrize("ends", ["\n", "\r", "\r\n", "x\r\n\r"])
def test_chunks_end_where_lines_do(ends: str) -> None:
    for length in range(1, 20):
        text = ("a" * length + ends) * 3
        start = 0
        while start < len(text):
            end = chunk_end(text, start, 8)
            assert end > start
            assert end == len(text) or text[end - 1] in "\r\n"
            assert text[end - 1 : end + 1] != "\r\n"
            start = end


def test_blocks_stay_of_moderate_size_however_a_document_grows_and_shrinks() -> None:
    engine = SmallBlockEngine("")
    document = ""

    def check_sizes() -> None:
        large = [some for some in engine._blocks if some.is_large(engine.sizes)]
        small = [some for some in engine._blocks if some.is_small(engine.sizes)]
        assert not large
        assert len(small) <= 1 + len(engine._blocks) // 2

    for number in range(200):
        engine.apply((Edit(len(document) // 2, len(document) // 2, "ab\n" * (number % 7)),))
        document = engine.document()
        check_sizes()
    while document:
        start = len(document) // 3
        engine.apply((Edit(start, min(start + 5, len(document)), ""),))
        document = engine.document()
        check_sizes()
    assert engine._blocks == [block.EMPTY]
