"""What characters say by themselves, to a lexer that reads many at once: the class of each, one
byte; where lines start and end; which backslashes escape.

The lower five bits of a class are the kind of the token that the character makes or begins where
nothing else has a say (see `codes`); the bits above tell apart characters of one kind where
something has. Which characters are letters comes from the frozen table of category codes.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fuzzeq.targets.latex import codes
from fuzzeq.targets.latex.catcodes import LETTER as LETTER_CATCODE
from fuzzeq.targets.latex.catcodes import catcode_ranges
from fuzzeq.targets.latex.codes import MODE_SHIFT

Classes: TypeAlias = npt.NDArray[np.uint8]
CodePoints: TypeAlias = npt.NDArray[Any]
"""Of `uint8` or `uint32`, whichever the text needs."""
Mask: TypeAlias = npt.NDArray[np.bool_]
Positions: TypeAlias = npt.NDArray[np.int64]

OTHER: Final = codes.TEXT
LETTER, AT, COLON = (codes.TEXT | number << MODE_SHIFT for number in (1, 2, 3))
SPACE, TAB = (codes.IGNORED | number << MODE_SHIFT for number in (0, 1))
LINE_FEED, CARRIAGE_RETURN = (codes.NEWLINE | number << MODE_SHIFT for number in (0, 1))
ESCAPE: Final = codes.CONTROL_SYMBOL
COMMENT: Final = codes.COMMENT
DOLLAR: Final = codes.MATH_OPEN
CARET: Final = codes.SUPERSCRIPT
UNDERSCORE: Final = codes.SUBSCRIPT
ACTIVE, TILDE = (codes.ACTIVE | number << MODE_SHIFT for number in (0, 1))
RARE: Final = 7 << MODE_SHIFT
"""What is not below it is hardly ever there."""
INVALID, BYTE_ORDER_MARK = codes.INVALID | RARE, codes.IGNORED | RARE
PADDING: Final = codes.PAR
"""Of no character: it stands behind the text."""
PADS: Final = 4
"""So many of it."""

CLASS_OF: Final = {
    "@": AT, ":": COLON, "_": UNDERSCORE, " ": SPACE, "\t": TAB, "\n": LINE_FEED,
    "\r": CARRIAGE_RETURN, "\\": ESCAPE, "%": COMMENT, "$": DOLLAR, "^": CARET,
    "{": codes.BEGIN_GROUP, "}": codes.END_GROUP, "&": codes.ALIGN, "#": codes.PARAMETER,
    "~": TILDE, "\f": ACTIVE, "\u00ad": ACTIVE, "\ufeff": BYTE_ORDER_MARK,
}  # fmt: skip
CONTROLS: Final = (*range(0x20), 0x7F)
"""Those among them that `CLASS_OF` does not have are invalid."""


@cache
def class_table() -> Classes:
    """The class of each code point."""
    table = np.full(0x110000, OTHER, np.uint8)
    for first, last, catcode in catcode_ranges():
        if catcode == LETTER_CATCODE:
            table[first : last + 1] = LETTER
    table[list(CONTROLS)] = INVALID
    for character, number in CLASS_OF.items():
        table[ord(character)] = number
    return table


@cache
def byte_table() -> bytes:
    """The class of each code point below 256."""
    return class_table()[:256].tobytes()


def code_points(text: str) -> CodePoints:
    """The code points of a text, with `PADS` zeros behind them."""
    try:
        return np.frombuffer(text.encode("latin-1") + bytes(PADS), np.uint8)
    except UnicodeEncodeError:
        return np.frombuffer(text.encode("utf-32-le", "surrogatepass") + bytes(4 * PADS), "<u4")


def classify(points: CodePoints) -> Classes:
    """The class of each, and `PADDING` behind them."""
    if points.dtype == np.uint8:
        classes = np.frombuffer(bytearray(points.tobytes().translate(byte_table())), np.uint8)
    else:
        classes = class_table()[points]
    classes[-PADS:] = PADDING
    return classes


class Lines(NamedTuple):
    """Of each line, where it starts, where its trailing spaces do, where its terminator does, and
    where it ends."""

    starts: Positions
    text_ends: Positions
    content_ends: Positions
    ends: Positions


def split(text: str, points: CodePoints) -> Lines:
    """The lines of a text, which is not empty."""
    is_end = points == ord("\n")
    if "\r" in text:
        returns = points == ord("\r")
        is_pair = returns[:-1] & is_end[1:]
        is_end |= returns
        is_end[:-1] &= ~is_pair
        ends = places(is_end) + 1
        content_ends = ends - 1 - is_pair[ends - 2]  # in front of the text stands padding
    else:
        ends = places(is_end) + 1
        content_ends = ends - 1
    if not len(ends) or ends[-1] < len(text):
        ends, content_ends = np.append(ends, len(text)), np.append(content_ends, len(text))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    text_ends = content_ends.copy()
    trailing = places((points[content_ends - 1] == ord(" ")) & (content_ends > starts))
    for line in trailing.tolist():
        start = int(starts[line])
        text_ends[line] = start + len(text[start : int(content_ends[line])].rstrip(" "))
    return Lines(starts, text_ends, content_ends, ends)


def find_escapes(classes: Classes) -> Positions:
    """The backslashes that escape: of each run of them the first, the third and so on."""
    slashes = places(classes == ESCAPE)
    numbers = np.arange(len(slashes))
    goes_on = steps(slashes, -2) == 1
    first = np.maximum.accumulate(np.where(goes_on, 0, numbers))
    escapes: Positions = slashes[(numbers - first) & 1 == 0]
    return escapes


def places(mask: Mask) -> Positions:
    """Where it is true."""
    return mask.nonzero()[0]


def steps(numbers: Positions, before: int) -> Positions:
    """What each number is above the one before it; `before` stands before the first."""
    differences = numbers.copy()
    differences[1:] -= numbers[:-1]
    differences[:1] -= before
    return differences
