"""The golden rows against what LuaLaTeX answered (golden_tex.json), and against the simplest laws.

No lexer takes part: the rows themselves are on trial here. tools/confirm_golden.py asks LuaLaTeX
anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.golden_rows import ROWS, VALUES
from tests.tex_tokens import parse_row, slices, tex_tokens

STORED = json.loads(Path(__file__).with_name("golden_tex.json").read_text(encoding="ascii"))
CONFIRMED = [row for row in ROWS if row[0] in STORED]
DOCUMENTS = {name: document for name, document, _ in ROWS}
# A terminator, and something behind it: but CR LF is one terminator.
CROSSED_TERMINATOR = re.compile(r"(?:\n|\r(?!\n))(?=.)", re.DOTALL)


def check_agrees_with_tex(name: str, document: str, expected: list[str]) -> None:
    tokens, _ = parse_row(expected)
    stored = [(catcode, what) for catcode, what in STORED[name]["tokens"]]
    assert STORED[name]["document"] == document
    assert tex_tokens(document, tokens) == stored


def check_lossless(document: str, expected: list[str]) -> None:
    pieces = slices(expected)
    assert "".join(pieces) == document
    for piece in pieces:
        assert piece
        assert not CROSSED_TERMINATOR.search(piece)


def test_enough_rows_are_confirmed() -> None:
    assert len(ROWS) >= 180
    assert len(VALUES) >= 25
    assert len(CONFIRMED) >= 60
    assert STORED["_engine"].startswith("This is LuaHBTeX")


def test_every_stored_answer_belongs_to_a_row() -> None:
    assert STORED.keys() - {"_engine"} <= DOCUMENTS.keys()


def test_names_of_rows_are_kebab_case_and_unique() -> None:
    names = [name for name, _, _ in [*ROWS, *VALUES]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*", name) for name in names)


@pytest.mark.parametrize(
    ("name", "document", "expected"), CONFIRMED, ids=[row[0] for row in CONFIRMED]
)
def test_confirmed_row_is_what_tex_reads(name: str, document: str, expected: list[str]) -> None:
    check_agrees_with_tex(name, document, expected)


@pytest.mark.parametrize(("name", "document", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_row_is_lossless_and_keeps_to_its_lines(
    name: str, document: str, expected: list[str]
) -> None:
    check_lossless(document, expected)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("lines-lf", ["text:a", "par:\n", "text:b", "newline:\n"]),
        ("lines-crlf", ["text:a", "newline:\r", "par:\n", "text:b", "newline:\r\n"]),
        ("missing-caret", ["text:x", "superscript:^", "superscript:^"]),
        ("at-letter", ["control_word:\\makeatletter", "control_word:\\a", "text:@b", "space: "]),
        ("symbol-percent", ["control_symbol:\\", "comment:%a\n"]),
    ],
)
def test_wrong_row_disagrees_with_tex(name: str, wrong: list[str]) -> None:
    with pytest.raises(AssertionError):
        check_agrees_with_tex(name, DOCUMENTS[name], wrong)


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ("ab", ["text:a"]),
        ("ab", ["text:a", "text:", "text:b"]),
        ("a\nb", ["comment:a\nb"]),
        ("a\r\nb", ["comment:a\r\nb"]),
        ("a\rb", ["comment:a\rb"]),
        ("\r\r\n", ["ignored:\r\r\n"]),
    ],
)
def test_wrong_slices_are_noticed(document: str, wrong: list[str]) -> None:
    with pytest.raises(AssertionError):
        check_lossless(document, wrong)
