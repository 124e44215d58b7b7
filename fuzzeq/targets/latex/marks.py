"""Where tokens start and of what kind they are, for all lines of a text at once.

One phase of `bulk`, which says what it leaves out: math, and the lines that are read by themselves.
Knows of a line no more than its letter regime. Everything is worked out on columns, which have an
entry for each character and `PADS` more; what depends on the character before is a column shifted
by one.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fuzzeq.targets.latex import classes as of
from fuzzeq.targets.latex import codes
from fuzzeq.targets.latex.classes import Classes, Lines, Mask, Positions, places, steps
from fuzzeq.targets.latex.codes import (
    AT_LETTER,
    EXPL,
    IGNORED,
    KIND_BITS,
    NEWLINE,
    PAR,
    SPACE,
    TEXT,
    VERBATIM_BITS,
)

Regimes: TypeAlias = npt.NDArray[np.uint16]
"""The state at each line's start, but for math."""


class Marks(NamedTuple):
    """Columns in which tokens are marked."""

    starts: Mask
    """Whether a token starts there."""
    kinds: Classes
    """Of what kind it is."""
    blanks: Mask
    """Whether that is a blank that depends on those around it: not an escaped or a trailing one."""
    skips: Mask
    """Whether TeX is in its state N or S there, so that a blank is ignored."""


def mark_tokens(
    classes: Classes, lines: Lines, escapes: Positions, regimes: Regimes, alone: list[int]
) -> Marks:
    """The tokens of all lines but those left to `lex_line`, whose characters start none. A `$` is
    a token here whatever stands beside it."""
    kinds = classes & np.uint8(KIND_BITS)
    letters = classes == of.LETTER
    at_letter = column_of(regimes & AT_LETTER != 0, lines, len(classes))
    if at_letter is not None:
        letters |= at_letter & (classes == of.AT)
    expl = column_of(regimes & EXPL != 0, lines, len(classes))
    if expl is not None:
        subscripts = expl & (classes == of.UNDERSCORE)
        letters |= subscripts | (expl & (classes == of.COLON))
        np.putmask(kinds, subscripts, TEXT)
        np.putmask(kinds, expl & (classes == of.TILDE), IGNORED)
    text = kinds == TEXT
    starts = np.ones(len(classes), np.bool_)
    np.logical_not(text[1:] & text[:-1], out=starts[1:])
    skips = np.zeros(len(classes), np.bool_)
    skips[lines.starts] = True
    marks = Marks(starts, kinds, kinds == IGNORED, skips)
    mark_commands(marks, classes, letters, expl, lines, escapes)
    mark_blanks(marks, classes, expl, lines)
    mark_line_ends(marks, expl, lines)
    mark_comments(marks, classes, lines, regimes, alone)
    return marks


def mark_commands(
    marks: Marks,
    classes: Classes,
    letters: Mask,
    expl: Mask | None,
    lines: Lines,
    escapes: Positions,
) -> None:
    """Control words and symbols."""
    starts, kinds, blanks, skips = marks
    is_word = letters[escapes + 1]
    words, symbols = escapes[is_word], escapes[~is_word]
    kinds[words] = codes.CONTROL_WORD
    starts[words + 1] = False
    is_escape = np.zeros(len(classes), np.bool_)
    is_escape[words] = True
    edges = places(letters[1:] != letters[:-1]) + 1
    edges = edges[int(letters[0]) :]  # where runs of letters start and end, in turn
    ends = edges[1::2][is_escape[edges[::2] - 1]]
    starts[ends] = skips[ends] = True
    # A backslash that nothing but trailing spaces follows takes them and the line's end.
    is_text_end = np.zeros(len(classes), np.bool_)
    is_text_end[lines.text_ends] = True
    takes_end = is_text_end[symbols + 1]
    skips[symbols[takes_end] + 1] = True
    names = symbols[~takes_end] + 1
    kinds[names] = codes.CONTROL_SYMBOL
    starts[names] = blanks[names] = False
    starts[names + 1] = True
    name_classes = classes[names]
    is_blank = (name_classes == of.SPACE) | (name_classes == of.TAB)
    if expl is not None:
        is_blank = np.where(expl[names], name_classes == of.TILDE, is_blank)
    skips[names[is_blank] + 1] = True


def mark_blanks(marks: Marks, classes: Classes, expl: Mask | None, lines: Lines) -> None:
    """Blanks: of each run of them the first is a space, if TeX is in state M there. In expl
    nothing but `~` counts."""
    starts, kinds, blanks, skips = marks
    trailing = ranges(lines.text_ends, lines.content_ends)
    blanks[trailing] = starts[trailing] = False
    firsts = blanks.copy()
    firsts[1:] &= ~blanks[:-1]
    spaces = firsts & ~skips
    if expl is not None:
        spaces &= ~expl
        ties = places(blanks & expl & (classes == of.TILDE))
        runs = places(firsts)
        run = runs[runs.searchsorted(ties, side="right") - 1]
        spaces[ties[(steps(run, -1) != 0) & ~skips[run]]] = True
    kinds ^= spaces.view(np.uint8) * np.uint8(IGNORED ^ SPACE)
    goes_on = blanks & ~firsts & ~spaces
    goes_on[1:] &= ~spaces[:-1]
    starts &= ~goes_on


def mark_line_ends(marks: Marks, expl: Mask | None, lines: Lines) -> None:
    """Where trailing spaces start, and terminators."""
    starts, kinds, blanks, skips = marks
    line_starts, text_ends, content_ends, ends = lines
    is_empty = text_ends == line_starts
    trailing = text_ends < content_ends
    starts[text_ends[trailing]] = (is_empty | (kinds[text_ends - 1] != IGNORED))[trailing]
    end_kinds = np.where(skips[text_ends], np.uint8(IGNORED), np.uint8(NEWLINE))
    end_kinds[is_empty] = PAR
    behind_blank = places(blanks[text_ends - 1] & ~is_empty)
    if len(behind_blank):
        others = places(~blanks)
        text_starts = others[others.searchsorted(line_starts[behind_blank])]
        is_blank = text_starts >= text_ends[behind_blank]
        end_kinds[behind_blank] = np.where(is_blank, np.uint8(PAR), np.uint8(IGNORED))
    if expl is not None:
        end_kinds[expl[line_starts]] = IGNORED
    kinds[content_ends] = end_kinds
    is_joined = (end_kinds == IGNORED) & (kinds[content_ends - 1] == IGNORED)
    starts[content_ends] = ~is_joined | (content_ends == line_starts)
    starts[content_ends[ends - content_ends == 2] + 1] = False


def mark_comments(
    marks: Marks, classes: Classes, lines: Lines, regimes: Regimes, alone: list[int]
) -> None:
    """Comments; and that in verbatim lines and in those left to `lex_line` no token starts."""
    starts = marks.starts
    is_raw = regimes & VERBATIM_BITS != 0
    is_raw[alone] = True
    signs = places((classes == of.COMMENT) & starts)
    numbers = lines.ends.searchsorted(signs, side="right")
    is_first = (steps(numbers, -1) != 0) & ~is_raw[numbers]
    silent_starts = np.sort(np.concatenate((lines.starts[is_raw], signs[is_first] + 1)))
    silent_ends = np.sort(np.concatenate((lines.ends[is_raw], lines.ends[numbers[is_first]])))
    bounds = np.zeros(2 * len(silent_starts) + 2, np.int64)
    bounds[1:-1:2], bounds[2:-1:2], bounds[-1] = silent_starts, silent_ends, len(starts)
    speaks = np.arange(len(bounds) - 1) % 2 == 0
    starts &= np.repeat(speaks, np.diff(bounds))


def column_of(flags: Mask, lines: Lines, size: int) -> Mask | None:
    """A column of what holds for some lines; nothing where it holds for none."""
    if not flags.any():
        return None
    column = np.zeros(size, np.bool_)
    column[: lines.ends[-1]] = np.repeat(flags, lines.ends - lines.starts)
    return column


def ranges(starts: Positions, ends: Positions) -> Positions:
    """All positions of these ranges, some of which are empty."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    positions: Positions = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return positions
