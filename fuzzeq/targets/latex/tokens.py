"""The words that both lexers speak: kinds, modes, and the token that they answer with.

Names and nothing that could be wrong twice: the two engines share this file, no lexing code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from fuzzeq.model import result
from fuzzeq.targets.latex.notation import decode

Diagnostic = result.Diagnostic

_TERMINATOR = re.compile("\r\n|\n|\r")


class Token(result.Token):
    """A LaTeX token: `kind` is a `Kind`, `mode` a `Mode`, the one in force at its start."""

    __slots__ = ()

    def value(self, document: str) -> str:
        """What TeX reads: the notation decoded, a name without its backslash, "\\r" for `\\<CR>`,
        one space for a blank or a line's end; the slice itself for `comment`, `verbatim` and
        `ignored`."""
        match self.kind:
            case Kind.SPACE | Kind.NEWLINE:
                return " "
            case Kind.PAR:
                return "par"
            case Kind.COMMENT | Kind.VERBATIM | Kind.IGNORED:
                return document[self.start : self.end]
            case Kind.CONTROL_WORD | Kind.CONTROL_SYMBOL:
                return decode(document, self.start, self.end)[1:] or "\r"
        return decode(document, self.start, self.end)

    def line_and_column(self, document: str) -> tuple[int, int]:
        """Its 0-based line, and its column in code points; lines end with \\n, \\r\\n or \\r."""
        starts = line_starts(document)
        line = bisect_right(starts, self.start) - 1
        return line, self.start - starts[line]


def line_starts(document: str) -> list[int]:
    """Where each line starts; behind a last terminator an empty one does."""
    return [0, *(terminator.end() for terminator in _TERMINATOR.finditer(document))]


class Kind:
    """Every kind of token."""

    TEXT: Final = "text"
    SPACE: Final = "space"
    NEWLINE: Final = "newline"
    PAR: Final = "par"
    IGNORED: Final = "ignored"
    INVALID: Final = "invalid"
    COMMENT: Final = "comment"
    CONTROL_WORD: Final = "control_word"
    CONTROL_SYMBOL: Final = "control_symbol"
    BEGIN_GROUP: Final = "begin_group"
    END_GROUP: Final = "end_group"
    ALIGN: Final = "align"
    PARAMETER: Final = "parameter"
    SUPERSCRIPT: Final = "superscript"
    SUBSCRIPT: Final = "subscript"
    ACTIVE: Final = "active"
    MATH_OPEN: Final = "math_open"
    MATH_CLOSE: Final = "math_close"
    MATH_STRAY: Final = "math_stray"
    VERBATIM: Final = "verbatim"


class Mode:
    """Where a token stands."""

    TEXT: Final = "text"
    INLINE: Final = "inline"
    DISPLAY: Final = "display"


class Complaint:
    """Every kind of diagnostic."""

    INVALID: Final = "invalid"
    MATH_STRAY: Final = "math_stray"
    MATH_ENDED: Final = "math_ended"
    UNCLOSED_VERB: Final = "unclosed_verb"
    UNCLOSED_VERBATIM: Final = "unclosed_verbatim"
    UNCLOSED_MATH: Final = "unclosed_math"
