"""Tokens and states as small numbers: what the incremental lexer keeps instead of objects.

A token is one byte, its kind in the lower five bits and its mode above them; a state at a line's
start is 16 bits. Both are closed sets, so there is no table that grows. `LEGEND` turns a byte back
into an item; it is vocabulary, like `tokens`, and so the batch side may use it too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from fuzzeq.model.columns import Legend
from fuzzeq.model.result import Diagnostic
from fuzzeq.targets.latex.tokens import Complaint, Kind, Mode, Token

KINDS: Final = (
    Kind.TEXT, Kind.SPACE, Kind.NEWLINE, Kind.PAR, Kind.IGNORED, Kind.INVALID, Kind.COMMENT,
    Kind.CONTROL_WORD, Kind.CONTROL_SYMBOL, Kind.BEGIN_GROUP, Kind.END_GROUP, Kind.ALIGN,
    Kind.PARAMETER, Kind.SUPERSCRIPT, Kind.SUBSCRIPT, Kind.ACTIVE, Kind.MATH_OPEN, Kind.MATH_CLOSE,
    Kind.MATH_STRAY, Kind.VERBATIM,
)  # fmt: skip
(
    TEXT, SPACE, NEWLINE, PAR, IGNORED, INVALID, COMMENT,
    CONTROL_WORD, CONTROL_SYMBOL, BEGIN_GROUP, END_GROUP, ALIGN,
    PARAMETER, SUPERSCRIPT, SUBSCRIPT, ACTIVE, MATH_OPEN, MATH_CLOSE,
    MATH_STRAY, VERBATIM,
) = range(len(KINDS))  # fmt: skip
"""The lower five bits of a token's byte."""

MODES: Final = (Mode.TEXT, Mode.INLINE, Mode.DISPLAY)
MODE_SHIFT: Final = 5
KIND_BITS: Final = (1 << MODE_SHIFT) - 1
INLINE, DISPLAY = 1 << MODE_SHIFT, 2 << MODE_SHIFT
"""What a mode adds to a token's byte; text adds nothing."""

COMPLAINTS: Final = (
    Complaint.INVALID, Complaint.MATH_STRAY, Complaint.MATH_ENDED, Complaint.UNCLOSED_VERB,
    Complaint.UNCLOSED_VERBATIM, Complaint.UNCLOSED_MATH,
)  # fmt: skip
FIRST_COMPLAINT: Final = len(MODES) << MODE_SHIFT
(
    SAYS_INVALID, SAYS_MATH_STRAY, SAYS_MATH_ENDED, SAYS_UNCLOSED_VERB,
    SAYS_UNCLOSED_VERBATIM, SAYS_UNCLOSED_MATH,
) = range(FIRST_COMPLAINT, FIRST_COMPLAINT + len(COMPLAINTS))  # fmt: skip
"""The bytes of diagnostics, behind those of tokens."""

LEGEND: Final = Legend(
    (
        *(
            Token(KINDS[kind], 0, 0, mode) if kind < len(KINDS) else None
            for mode in MODES
            for kind in range(1 << MODE_SHIFT)
        ),
        *(Diagnostic(kind, 0, 0) for kind in COMPLAINTS),
    )
)
"""What a byte stands for, offsets to be filled in; see `fuzzeq.model.columns`."""

TOKEN_CODES: Final = {
    (item.kind, item.mode): code for code, item in enumerate(LEGEND) if isinstance(item, Token)
}
COMPLAINT_CODES: Final = {
    item.kind: code for code, item in enumerate(LEGEND) if isinstance(item, Diagnostic)
}


class State(NamedTuple):
    """What crosses a line's end: two letter regimes, the name of the open verbatim environment,
    and the math opener (`$`, `$$`, `\\(`, `\\[` or an environment's name)."""

    at_letter: bool = False
    expl: bool = False
    verbatim: str = ""
    math: str = ""


VERBATIM_NAMES: Final = (
    "", "verbatim", "verbatim*", "Verbatim", "BVerbatim", "lstlisting", "minted", "comment",
    "filecontents", "filecontents*",
)  # fmt: skip
DISPLAY_NAMES: Final = (
    "displaymath", "equation", "align", "alignat", "gather", "multline", "flalign", "eqnarray",
)  # fmt: skip
OPENERS: Final = (
    "", "$", "$$", "\\(", "\\[", "math", *DISPLAY_NAMES, *(f"{name}*" for name in DISPLAY_NAMES),
)  # fmt: skip

AT_LETTER: Final = 1
EXPL: Final = 2
VERBATIM_SHIFT: Final = 2
VERBATIM_BITS: Final = 15 << VERBATIM_SHIFT
MATH_SHIFT: Final = 6
INITIAL: Final = 0
"""A state as a number: bit 0 `at_letter`, bit 1 `expl`, then the index of the verbatim name in
`VERBATIM_NAMES` (4 bits) and that of the opener in `OPENERS`."""

VERBATIM_INDEX: Final = {name: index for index, name in enumerate(VERBATIM_NAMES)}
OPENER_INDEX: Final = {opener: index for index, opener in enumerate(OPENERS)}
OPENER_MODES: Final = tuple(
    0 if not opener else INLINE if opener in ("$", "\\(", "math") else DISPLAY for opener in OPENERS
)
"""What each opener, by its index, adds to a token's byte."""
STATES: Final = len(OPENERS) << MATH_SHIFT
"""Every state is below this number, though not every number below it is a state."""


def pack(state: State) -> int:
    """The number of a state."""
    return (
        AT_LETTER * state.at_letter
        | EXPL * state.expl
        | VERBATIM_INDEX[state.verbatim] << VERBATIM_SHIFT
        | OPENER_INDEX[state.math] << MATH_SHIFT
    )


def unpack(number: int) -> State:
    """The state with that number. Raises `IndexError` where there is none."""
    return State(
        bool(number & AT_LETTER),
        bool(number & EXPL),
        VERBATIM_NAMES[(number & VERBATIM_BITS) >> VERBATIM_SHIFT],
        OPENERS[number >> MATH_SHIFT],
    )
