"""From our tokens to the tokens that TeX reads: the "TeX token" column of LATEX_TOKENS.md.

A TeX token is a pair: (catcode, character) for a character, (13, character) for an active one,
(0, name) for a control sequence, so that the empty line is (0, "par") and a lone backslash (0, CR).

The module also parses the golden rows, and decodes the `^^` notation for them. It is written from
the specification and does not know the lexers: it is what they are compared with.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

CATCODES = Path(__file__).parents[1] / "fuzzeq" / "targets" / "latex" / "lualatex_catcodes.txt"

_SINGLE_CHARACTERS = {
    "begin_group": 1,
    "end_group": 2,
    "math_open": 3,
    "math_close": 3,
    "math_stray": 3,
    "align": 4,
    "parameter": 6,
    "superscript": 7,
    "subscript": 8,
    "active": 13,
}
_HEX_DIGITS = frozenset("0123456789abcdef")
# TeX's line states. A line is ENDED once its end has been read, which may be before its last
# character: in a comment, at a made CR, at a lone backslash, at carets that took the line's end.
_NEW_LINE, _MIDDLE, _SKIP, _ENDED = "N", "M", "S", "ended"


class ReadToken(Protocol):
    """What `tex_tokens` has to know of a token."""

    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    def value(self, document: str) -> str: ...


@dataclass(frozen=True, slots=True)
class RowToken:
    """A token of a golden row; `mode` is text, inline or display."""

    kind: str
    start: int
    end: int
    mode: str

    def value(self, document: str) -> str:
        """What the token means, by this module's own decoder."""
        raw = document[self.start : self.end]
        if self.kind in ("comment", "verbatim", "ignored"):
            return raw
        if self.kind in ("space", "newline"):
            return " "
        if self.kind == "par":
            return "par"
        characters, _ = decode(raw)
        if self.kind in ("control_word", "control_symbol"):
            return characters[1:] or "\r"
        return characters


def parse_row(expected: Sequence[str]) -> tuple[tuple[RowToken, ...], tuple[str, ...]]:
    """The tokens of a golden row, one behind the other, and its diagnostics as they stand."""
    tokens: list[RowToken] = []
    position = 0
    for item in expected:
        if item.startswith("!"):
            continue
        label, _, raw = item.partition(":")
        kind, _, mode = label.partition("/")
        tokens.append(RowToken(kind, position, position + len(raw), mode or "text"))
        position += len(raw)
    return tuple(tokens), tuple(item for item in expected if item.startswith("!"))


def slices(expected: Sequence[str]) -> list[str]:
    """The raw text of each token of a golden row."""
    return [item.partition(":")[2] for item in expected if not item.startswith("!")]


def decode(raw: str) -> tuple[str, bool]:
    """The characters that a token's slice makes, and whether its last carets took the line's end.

    A slice ends behind whole notation, or at its line's end: carets at its very end mean CR there.
    """
    made: list[str] = []
    position = 0
    took_line_end = False
    while position < len(raw):
        character = raw[position]
        position += 1
        while character == "^" and raw.startswith("^", position):
            notation = _notation(raw, position)
            if notation is None:
                break
            character, position, took_line_end = notation
        made.append(character)
    return "".join(made), took_line_end


def _notation(raw: str, second: int) -> tuple[str, int, bool] | None:
    """What the notation makes whose second caret stands at `second`, and where it ends."""
    for carets in (6, 4, 2):
        digits = second + carets - 1
        if not raw.startswith("^" * (carets - 1), second):
            continue
        hexadecimal = raw[digits : digits + carets]
        if len(hexadecimal) == carets and set(hexadecimal) <= _HEX_DIGITS:
            code = int(hexadecimal, 16)
            if code <= 0x10FFFF:
                return chr(code), digits + carets, False
    follower = second + 1
    if follower == len(raw):
        return chr(ord("\r") ^ 64), follower, True
    if ord(raw[follower]) < 128:
        return chr(ord(raw[follower]) ^ 64), follower + 1, False
    return None


@cache
def _catcode_ranges() -> tuple[list[int], list[int]]:
    firsts: list[int] = []
    catcodes: list[int] = []
    for line in CATCODES.read_text(encoding="ascii").splitlines():
        codes, catcode = line.split()
        firsts.append(int(codes.partition("-")[0], 16))
        catcodes.append(int(catcode))
    return firsts, catcodes


def catcode(character: str, at_letter: bool = False, expl: bool = False) -> int:
    """The frozen catcode of a character, as the two regimes change it."""
    if character == "@" and at_letter:
        return 11
    if expl and character in "_:~ \t":
        return {"_": 11, ":": 11, "~": 10, " ": 9, "\t": 9}[character]
    firsts, catcodes = _catcode_ranges()
    return catcodes[bisect_right(firsts, ord(character)) - 1]


def tex_tokens(document: str, tokens: Sequence[ReadToken]) -> list[tuple[int, str]]:
    """The tokens that TeX reads, from ours; ValueError for tokens that have no counterpart.

    The mapping follows the regimes by the values of the control words, as the specification says,
    because the catcodes of `@`, `_`, `:` within text depend on them; and the line state, because
    TeX reads a terminator where the last one is missing.
    """
    if not document:
        return [(0, "par")]
    read: list[tuple[int, str]] = []
    at_letter = expl = line_began_in_expl = False
    state = _NEW_LINE
    for token in tokens:
        raw = document[token.start : token.end]
        value = token.value(document)
        match token.kind:
            case "ignored" | "invalid":
                pass
            case "comment":
                state = _ENDED
            case "space":
                read.append((10, " "))
                state = _SKIP
            case "newline":
                read.append((10, " "))
                state = _ENDED
            case "par":
                read.append((0, "par"))
                state = _ENDED
            case "control_word":
                read.append((0, value))
                state = _ENDED if decode(raw)[1] else _SKIP
                at_letter, expl = _switch(value, at_letter, expl)
            case "control_symbol":
                read.append((0, value))
                if len(decode(raw)[0]) == 1:
                    state = _ENDED
                else:
                    state = _SKIP if catcode(value, at_letter, expl) == 10 else _MIDDLE
            case "text":
                read.extend(_text(value, at_letter, expl))
                state = _ENDED if decode(raw)[1] else _MIDDLE
            case kind if kind in _SINGLE_CHARACTERS:
                read.extend((_SINGLE_CHARACTERS[kind], character) for character in value)
                state = _MIDDLE
            case kind:
                raise ValueError(f"TeX reads nothing that is {kind}: {raw!r}")
        if raw.endswith(("\n", "\r")):
            state = _NEW_LINE
            line_began_in_expl = expl
    return read + _missing_terminator(document, state, line_began_in_expl and expl)


def _switch(word: str, at_letter: bool, expl: bool) -> tuple[bool, bool]:
    match word:
        case "makeatletter":
            return True, expl
        case "makeatother":
            return False, expl
        case "ExplSyntaxOn" | "ProvidesExplPackage" | "ProvidesExplClass" | "ProvidesExplFile":
            return at_letter, True
        case "ExplSyntaxOff":
            return at_letter, False
        case _:
            return at_letter, expl


def _text(characters: str, at_letter: bool, expl: bool) -> list[tuple[int, str]]:
    read = [(catcode(character, at_letter, expl), character) for character in characters]
    for code, character in read:
        if code not in (11, 12):
            raise ValueError(f"{character!r} has catcode {code} here and cannot be text")
    return read


def _missing_terminator(document: str, state: str, expl: bool) -> list[tuple[int, str]]:
    """What TeX reads for the terminator that the last line lacks."""
    if document.endswith(("\n", "\r")) or expl:
        return []
    return {_NEW_LINE: [(0, "par")], _MIDDLE: [(10, " ")]}.get(state, [])
