"""`fuzzeq lex`: the tokens of a file, whatever is in it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cli_runs import Ended, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder")


def test_lex_shows_a_line_for_each_token() -> None:
    Path("a.tex").write_bytes(b"a $x$\n")
    ended = fuzzeq("lex", "a.tex")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0].split() == ["1:1", "text", "text", "'a'"]
    assert fuzzeq("lex", "a.tex", "--incremental") == ended


def test_lex_reads_line_ends_as_they_are() -> None:
    text = "a\r\nb\rc\n"
    Path("a.tex").write_bytes(text.encode())
    ended = fuzzeq("lex", "a.tex", "--json")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert "".join(text[row["start"] : row["end"]] for row in rows) == text
    assert {"kind", "start", "end", "mode", "value"} <= set(rows[0])


def test_lex_reads_what_is_not_utf_8_as_latin_1_and_says_so() -> None:
    Path("a.tex").write_bytes(b"caf\xe9")
    ended = fuzzeq("lex", "a.tex")
    assert ended.status == 0
    assert "'café'" in ended.out
    assert ended.err == "fuzzeq: a.tex is not UTF-8, read as Latin-1\n"


def test_lex_of_nothing_is_nothing() -> None:
    Path("a.tex").touch()
    assert fuzzeq("lex", "a.tex") == Ended(0, "", "")


@pytest.mark.parametrize("data", [b"", b"a $x$\r", b"caf\xe9"], ids=["empty", "text", "latin-1"])
def test_lex_reads_standard_input_as_it_reads_a_file(data: bytes) -> None:
    Path("a.tex").write_bytes(data)
    from_file, from_input = fuzzeq("lex", "a.tex"), fuzzeq("lex", "-", stdin=data)
    assert from_input._replace(err="") == from_file._replace(err="")
    assert ("Latin-1" in from_input.err) == ("Latin-1" in from_file.err)


def test_lex_lets_no_document_steer_the_terminal() -> None:
    Path("a.tex").write_text("\x1b[2J\x07\x7f\u202e")
    ended = fuzzeq("lex", "a.tex")
    assert ended.status == 0
    assert not set("\x1b\x07\x7f\u202e") & set(ended.out)


@pytest.mark.slow
def test_lex_takes_time_in_proportion_to_the_document() -> None:
    line = b"hello \\foo{x} $a$\n"
    seconds = []
    for lines in (60, 960):
        Path("a.tex").write_bytes(line * lines)
        began = time.process_time()
        assert fuzzeq("lex", "a.tex").status == 0
        seconds.append(time.process_time() - began)
    assert seconds[1] < 40 * seconds[0]
