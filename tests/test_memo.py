"""What the batch side remembers: it answers as the reference does, forgets in time, and a memory
that is wrong is told from an engine that is."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.checking import Meter, check
from fuzzeq.generate import RandomSource, Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.lockstep import SPARED, checksum
from fuzzeq.model.columns import Columns
from fuzzeq.model.trace import Trace
from fuzzeq.recipes import recipe_for
from fuzzeq.targets.latex import MEMO, TARGET, LatexTarget, memo, reference
from fuzzeq.targets.latex.incremental import BlockEngine
from fuzzeq.targets.latex.memo import ENTRY, Answer, Memo, Table
from fuzzeq.targets.latex.tokens import Token
from tests.golden_rows import ROWS
from tests.notation import trace

LANGUAGE = recipe_for("latex").language((), ())
HAZARDS = [snippet for snippets in LANGUAGE.hazards.values() for snippet in snippets]
LONG_TOKENS = ["x" * 255, "x" * 256, "%" + "c" * 300]
SOUP = st.lists(
    st.one_of(
        *map(st.sampled_from, (HAZARDS, LANGUAGE.words, LONG_TOKENS)),
        st.characters(),
    ),
    max_size=12,
).map("".join)
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
SHARED = Memo()
"""Remembers through all documents of a test, as the target's does through a run."""


class KnownByText(Memo):
    """Class 8: looks a line up by its text alone."""

    def __init__(self) -> None:
        self.known: dict[str, Answer] = {}
        super().__init__()

    def _read(self, line: str, table: Table) -> Answer:
        # Equal text, equal tokens.
        if line not in self.known:
            self.known[line] = super()._read(line, table)
        return self.known[line]


class Mistaken(Memo):
    """Takes every document for its first line."""

    def batch(self, document: str) -> Columns:
        return super().batch(memo.split(document)[0] if document else "")


def target_with(memory: Memo, engine: Any = BlockEngine) -> LatexTarget:
    """The LaTeX target, with another memory."""
    target = LatexTarget("latex", engine)
    target.memo = memory
    return target


def check_memo(memory: Memo, document: str) -> None:
    """The answers are the reference's, their types as well."""
    expected, remembered = reference.batch(document), memory.batch(document)
    assert list(remembered) == expected
    assert [type(item) for item in remembered] == [type(item) for item in expected]
    assert memory.pieces(document) == reference.pieces(document)


def soup(number: int, size: int) -> str:
    """A document such as campaigns draw."""
    source = RandomSource(f"memo:{number}")
    return draw_document(source, LANGUAGE, Swarm(source), size)


@given(SOUP)
@settings(max_examples=300, deadline=None)
def test_memo_answers_as_the_reference_does(document: str) -> None:
    check_memo(SHARED, document)
    check_memo(SHARED, document)


@pytest.mark.parametrize("most_kept", [0, 100, 5000, memo.MOST_KEPT])
def test_memo_of_any_size_answers_as_the_reference_does(most_kept: int) -> None:
    memory = Memo(most_kept)
    for number in range(120):
        check_memo(memory, soup(number % 40, 300))
    for _, document, _ in ROWS:
        check_memo(memory, document)


@given(st.text("a\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ud800", max_size=12))
@settings(max_examples=500)
def test_documents_are_cut_into_the_lines_of_the_specification(document: str) -> None:
    assert memo.split(document) == LINE.findall(document)


def kept(memory: Memo) -> list[tuple[str, Answer]]:
    """Every entry that can be reached, by way of the answers too."""
    found: list[tuple[str, Answer]] = []
    waiting, seen = list(memory._tables.values()), set()
    while waiting:
        table = waiting.pop()
        if id(table) not in seen:
            seen.add(id(table))
            found += table.items()
            waiting += [behind for *_, behind in table.values()]
    return found


@pytest.mark.parametrize("most_kept", [200, 1000, 20_000])
def test_memo_is_bounded(most_kept: int) -> None:
    memory, largest, forgot = Memo(most_kept), 0, False
    for number in range(300):
        document = soup(number, 400)
        memory.batch(document)
        size = sum(len(line) + ENTRY for line, _ in kept(memory))
        longest = max(map(len, memo.split(document)), default=0)
        forgot = forgot or size < largest
        largest = max(largest, size)
        # What is read last may go over the bound, and so may a document that is being read on.
        assert size <= most_kept + longest + ENTRY
    assert forgot


@pytest.mark.parametrize("ends", [(0, 1, 2), (0, 2, 4), (1, 3), (0, 0, 3)])
def test_tokens_that_leave_a_gap_are_never_remembered(ends: tuple[int, ...]) -> None:
    tokens = [Token("text", start, end, "text") for start, end in pairwise(ends)]
    with pytest.raises(AssertionError):
        memo.codes_and_lengths(tokens, 3)
    whole = [Token("text", 0, 1, "text"), Token("text", 1, 3, "text")]
    assert memo.codes_and_lengths(whole, 3)[1] == b"\1\2"


LONG = (
    "x" * 255,
    "x" * 256,
    "%" + "c" * 300,
    "x" * 300 + "{a",
    "x" * 256 + "\n" + "ab cd\n" * 15_000,
)
"""Tokens as long as a byte can say, longer ones, and behind one of them more than 16 bits can."""


@pytest.mark.parametrize("document", LONG, ids=len)
def test_lengths_stand_for_offsets_as_long_as_each_is_a_byte(document: str) -> None:
    for result in (Memo().batch(document), BlockEngine(document).result().columns()):
        assert list(result) == reference.batch(document)
        longest = max(item.end - item.start for item in result)
        assert len(result.lengths) == (len(result) if longest < 256 else 0)
    by_index = BlockEngine(document).result()
    for place in (0, len(by_index) // 2, -1):
        assert by_index[place] == reference.batch(document)[place]


def test_line_is_read_once() -> None:
    memory = Memo()
    document = "a $x\nb\n$\n" * 3
    memory.batch(document)
    before = kept(memory)
    memory.batch(document * 2)
    assert kept(memory) == before
    assert sorted(line for line, _ in before) == ["$\n", "a $x\n", "b\n"]


def test_memo_is_not_asked_where_nothing_is_to_be_remembered() -> None:
    target = target_with(Mistaken())
    assert list(target.batch("a\nb")) != reference.batch("a\nb")
    assert target.reference.batch("a\nb") == reference.batch("a\nb")
    assert target.reference.pieces("a\nb") == reference.pieces("a\nb")
    assert target.memo is not None
    assert TARGET.memo is MEMO


def test_memory_without_state_is_told_from_a_wrong_engine() -> None:
    steps = trace("«→$»\na\n")
    assert check(TARGET, steps) is None
    divergence = check(target_with(KnownByText()), steps)
    assert divergence is not None
    assert (divergence.oracle, divergence.kind) == ("purity", "remembered")
    assert "nothing remembered" in divergence.message


def test_memory_that_is_wrong_is_named_where_most_documents_are_spared() -> None:
    """Most documents are not looked at twice: the first sign is that the engine seems wrong."""
    documents = [f"a{number}\nb" for number in range(20)]
    for document in documents:
        divergence = check(target_with(Mistaken()), trace(document), sparing=True)
        assert divergence is not None
        assert (divergence.oracle, divergence.kind) == ("purity", "remembered")


def test_wrong_engine_is_not_laid_to_the_memory() -> None:
    class Wrong(BlockEngine):
        def result(self) -> Any:
            return [*super().result(), Token("text", 0, 1, "text")]

    for number in range(20):
        divergence = check(target_with(Memo(), Wrong), trace(f"a{number}\nb"), sparing=True)
        assert divergence is not None
        assert (divergence.oracle, divergence.kind) == ("equality", "differs")


def test_share_of_all_checks_is_judged_with_nothing_remembered() -> None:
    documents = [f"line {number}\n" for number in range(400)]
    meter = Meter()
    for document in documents:
        assert check(TARGET, Trace(document), meter, sparing=True) is None
    asked_again = len(documents)  # at the end of each trace
    chosen = sum(checksum(document) % SPARED == 0 for document in documents)
    assert meter.judged["purity"] == asked_again + chosen
    assert chosen > 0
    everything = Meter()
    assert check(TARGET, Trace(documents[0]), everything) is None
    assert everything.judged["purity"] == 2


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([f"line {number}\n" for number in range(10_000)], id="each another one"),
        pytest.param(["the same\n"] * 10_000, id="the same again and again"),
        pytest.param([""] * 10_000, id="nothing"),
    ],
)
def test_share_is_two_of_a_hundred(documents: list[str]) -> None:
    sums = accumulate(documents, lambda before, document: checksum(document, before), initial=0)
    chosen = sum(each % SPARED == 0 for each in list(sums)[1:])
    assert 150 <= chosen <= 250
