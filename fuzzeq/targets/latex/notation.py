"""TeX's `^^` notation: ways to write one character with several.

Source: the TeXbook, chapter 8, and LuaTeX's manual for the forms with four and six carets.
"""

from __future__ import annotations

from typing import TypeAlias

HEX_DIGITS = frozenset("0123456789abcdef")
LARGEST_CODE = 0x10FFFF


# A character as TeX reads it, where what stands for it in the document ends, and whether the CR
# that TeX sees behind the line's text went into it. A plain tuple: one is made for each character.
Made: TypeAlias = tuple[str, int, bool]


def read_character(document: str, start: int, line_end: int) -> Made:
    """The character that TeX reads at `start`.

    `line_end` is where the line's own text ends, trailing spaces and terminator left out; TeX sees
    a CR there. A caret that the notation makes may begin another, so this goes on until nothing
    more is made.
    """
    made = document[start], start + 1, False
    while made[0] == "^":
        further = _behind_caret(document, made[1], line_end)
        if further is None:
            break
        made = further
    return made


def _behind_caret(document: str, start: int, line_end: int) -> Made | None:
    """What is made by a caret and the text from `start` on, if anything is."""
    for carets, digits in ((5, 6), (3, 4)):
        if document[start : min(start + carets, line_end)] == "^" * carets:
            code = _hex_code(document, start + carets, digits, line_end)
            if code is not None:
                return chr(code), start + carets + digits, False
    if start >= line_end or document[start] != "^":
        return None
    code = _hex_code(document, start + 1, 2, line_end)
    if code is not None:
        return chr(code), start + 3, False
    if start + 1 == line_end:
        return chr(ord("\r") + 64), start + 1, True
    code = ord(document[start + 1])
    if code < 128:
        return chr(code + 64 if code < 64 else code - 64), start + 2, False
    return None


def _hex_code(document: str, start: int, digits: int, line_end: int) -> int | None:
    """The code that so many lowercase hexadecimal digits name, if they are there."""
    end = start + digits
    if end > line_end or not set(document[start:end]) <= HEX_DIGITS:
        return None
    code = int(document[start:end], 16)
    return code if code <= LARGEST_CODE else None


def decode(document: str, start: int, end: int) -> str:
    """The characters that TeX reads in `[start, end)`, a range that begins and ends with one.

    A `^^` that reaches `end` with nothing behind it can only be one at its line's end.
    """
    characters = []
    while start < end:
        character, start, _ = read_character(document, start, end)
        characters.append(character)
    return "".join(characters)
