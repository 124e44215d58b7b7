"""Many lines read at once are what the line lexer makes of them one by one, from every state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.generate import RandomSource, Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.model.edit import Edit
from fuzzeq.recipes import recipe_for
from fuzzeq.targets.latex.block import Sizes, joined
from fuzzeq.targets.latex.block_lexer import LINE, lex, lex_until
from fuzzeq.targets.latex.bulk import lex_bulk
from fuzzeq.targets.latex.catcodes import catcode_ranges
from fuzzeq.targets.latex.codes import (
    AT_LETTER,
    EXPL,
    INITIAL,
    MATH_SHIFT,
    OPENERS,
    VERBATIM_NAMES,
    VERBATIM_SHIFT,
    State,
    pack,
)
from fuzzeq.targets.latex.incremental import BlockEngine
from tests.golden_rows import ROWS

SAMPLES = Path(__file__).parents[1] / "corpus" / "latex"
CORPUS = sorted(path for path in SAMPLES.iterdir() if path.is_file())
LANGUAGE = recipe_for("latex").language((), ())
HAZARDS = [snippet for snippets in LANGUAGE.hazards.values() for snippet in snippets]
CHARACTERS = "\\\\\\\\ \t\r\n\n{}$$%^_~&#@:[]()*|abM-\0\x7f\f\xad\ufeffé漢\U0001d538\ud800"
ENTRIES = [
    regime | verbatim << VERBATIM_SHIFT | math << MATH_SHIFT
    for regime in (0, AT_LETTER, EXPL, AT_LETTER | EXPL)
    for verbatim in range(len(VERBATIM_NAMES))
    for math in range(len(OPENERS))
]
USUAL_ENTRIES = [
    INITIAL,
    pack(State(at_letter=True)),
    pack(State(expl=True)),
    pack(State(verbatim="verbatim")),
    pack(State(expl=True, verbatim="lstlisting", math="$$")),
    *(pack(State(math=opener)) for opener in ("$", "$$", "\\(", "\\[", "align*")),
    pack(State(True, True, math="$")),
]
# What reading line by line has no way to get wrong.
WHOLE_TEXTS = {
    "verbatim like math": "\\begin{verbatim}\n$\n\\[\n\\begin{math}\n\\end{verbatim}$",
    "verbatim closed and opened": "\\begin{comment}\n\\end{comment}\\begin{minted}\n$\n",
    "lines alone, one behind the other": "\\verb|a|\n\\verb|$|$\n$^^41\n\\verb|\n\n",
    "a line alone between dollars": "$\n\\verb|$|\n$ $$\n\\verb|$|\n$\n$$\n\n",
    "a switch in the middle": "\\a@b\\makeatletter\\a@b\n\\a@b\n\\makeatother\\a@b\n\\a@b",
    "a switch in verbatim": "\\begin{verbatim}\n\\makeatletter\n\\end{verbatim}\n\\a@b",
    "a switch in a comment": "%\\makeatletter\n\\a@b\n\\\\makeatletter\n\\a@b",
    "a switch made by notation": "\\^^6dakeatletter\n\\a@b",
    "expl": "a b~ c\n\\ExplSyntaxOn\n a~ ~b_c\\d_e:f \\~ ~ \n\n~\n\\ExplSyntaxOff\na~",
    "dollars across a line's end": "$$\n$\n$\n$$$\n$$$$ $$$ $\n",
    "dollars behind backslashes": "\\$$\\\\$$\\\\\\$$$",
    "comments behind backslashes": "\\%a%\\\n\\\\%\\%\n%%\n\\\\\\%%",
    "blanks at ends": "a \t \n\t\n \n\\a \t\n\\ \t\n\\ \n\\\t\n\\\n \t",
    "environments": "\\begin{align}$\\end{align*}$\\end {align}$\n\\\\begin{math}$\\begin\n{math}$",
    "backslashes at ends": "\\\n\\\\\n\\ \n\\\r\\\r\n\\ \r\n\\",
    "an open end": "a  ",
    "an open comment": "%",
    "a byte order mark": "\ufeff\\documentclass{article}\n",
    "a line that is long": "ab $c$ \\d % " * 2_000,
    "tokens of 255 and 256 characters": "%" * 254 + "\n" + "%" * 255 + "\na",
    "lines that are many": "\n" * 3_000 + "$\n" * 3_000,
}


def check_bulk(text: str, entry: int) -> None:
    """Every column is the same, in type too, and so is the state behind the last line."""
    expected, expected_exit = lex_until(LINE.findall(text), entry)
    block, exit = lex_bulk(text, entry)
    assert block._asdict() == expected._asdict()
    assert [*map(type, block)] == [*map(type, expected)]
    assert block.lengths.typecode == expected.lengths.typecode
    assert exit == expected_exit


def drawn(count: int) -> Iterator[tuple[str, int]]:
    """Documents such as campaigns draw, and soups of characters; each with an entry state."""
    for number in range(count):
        source = RandomSource(f"bulk:{number}")
        if source.boolean(0.5):
            text = draw_document(source, LANGUAGE, Swarm(source), source.integer(1, 600))
        else:
            few = [source.choice(CHARACTERS) for _ in range(source.integer(2, 12))]
            text = "".join(source.choice(few) for _ in range(source.integer(1, 80)))
        if text:
            yield text, source.choice(USUAL_ENTRIES if source.boolean(0.5) else ENTRIES)


@pytest.mark.parametrize("entry", USUAL_ENTRIES)
def test_golden_rows(entry: int) -> None:
    for _, document, _ in ROWS:
        if document:
            check_bulk(document, entry)


def test_golden_rows_behind_each_other_and_wrapped() -> None:
    documents = [document for _, document, _ in ROWS]
    for first, second in zip(documents, documents[1:] + documents[:1], strict=True):
        check_bulk(first + second + "\n", INITIAL)
        check_bulk(f"$ \\verb|{first}\n\\makeatletter{second}", INITIAL)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", WHOLE_TEXTS)
def test_whole_text(name: str) -> None:
    for entry in USUAL_ENTRIES:
        check_bulk(WHOLE_TEXTS[name], entry)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_sample_from_its_start_and_from_elsewhere(path: Path) -> None:
    lines = LINE.findall(path.read_bytes().decode())
    source = RandomSource(path.name)
    for _ in range(min(len(lines), 8)):
        start = source.integer(0, len(lines) - 1)
        stop = source.integer(start + 1, len(lines))
        check_bulk("".join(lines[start:stop]), source.choice(ENTRIES))
    for entry in (INITIAL, source.choice(ENTRIES)) if lines else ():
        check_bulk("".join(lines), entry)


def test_every_entry_state() -> None:
    text = "\\a@b_c $x$ \\[ ~ \n\n$$ \\end{align*} \\verb|$| \\)\n\\end{minted}a ~$\n"
    for entry in ENTRIES:
        check_bulk(text, entry)


def test_borders_of_all_categories() -> None:
    borders = [chr(border) for first, last, _ in catcode_ranges() for border in (first, last)]
    check_bulk("\n".join(f"\\a{border}\\{border} {border}a" for border in borders), INITIAL)
    for border in borders[:200]:
        check_bulk(border, INITIAL)


@pytest.mark.no_cover
@given(
    st.lists(
        st.one_of(
            st.sampled_from(HAZARDS), st.sampled_from(LANGUAGE.words), st.sampled_from(CHARACTERS)
        ),
        min_size=1,
        max_size=20,
    ).map("".join),
    st.sampled_from(ENTRIES),
)
@settings(max_examples=300, deadline=None)
def test_soups_of_hazards(text: str, entry: int) -> None:
    check_bulk(text, entry)


@pytest.mark.no_cover
def test_what_campaigns_draw() -> None:
    for text, entry in drawn(1_500):
        check_bulk(text, entry)


def test_chunks_read_on_where_the_one_before_ended() -> None:
    sizes = Sizes(many=1, chunk=40)
    for text, entry in drawn(300):
        assert lex(text, entry, sizes) == lex_until(LINE.findall(text), entry)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_engine_reads_all_again_as_if_for_the_first_time(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    """However it reads: in one go, or behind an edit, as far as anything changes."""
    monkeypatch.setattr(BlockEngine, "sizes", Sizes(many=1))
    text = path.read_bytes().decode() * 2
    opening = "\\begin{BVerbatim}\n"
    engine = BlockEngine(text)
    for edit in (Edit(0, 0, opening), Edit(0, len(opening), ""), Edit(0, 0, "$"), Edit(0, 1, "")):
        engine.apply((edit,))
        text = edit.apply(text)
        expected, exit = lex_until(LINE.findall(text), INITIAL)
        assert joined(engine._blocks) == expected
        assert engine._exit == exit
