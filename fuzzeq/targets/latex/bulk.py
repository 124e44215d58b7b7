"""Many lines at once: the lexer for loading a document, and for edits that change half of it.

Gives exactly what `lex_line` gives line by line, by operations on whole arrays, in four phases:

1. what characters say by themselves: classes, lines, which backslashes escape;
2. a walk over the few lines that are left to `lex_line`, because they have notation, raw text,
   characters that are hardly ever there, or a switch: it finds the letter regime of every line, and
   the lines that are verbatim;
3. where a token of any other line starts and of what kind it is, under the regime of its line;
4. math: a walk over the characters that may open, close or end it.

What phases 1 and 3 say of lines that are not theirs is wrong, harmless, and overwritten.

An array is either a *column*, with an entry for each character and `PADS` more, so that looking
ahead needs no question, or *positions*: characters (or lines) by number, ascending.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from fuzzeq.targets.latex import classes as of
from fuzzeq.targets.latex import codes
from fuzzeq.targets.latex.block import COUNT, STATE, Block, Complaint, packed
from fuzzeq.targets.latex.classes import CodePoints, classify, code_points
from fuzzeq.targets.latex.codes import (
    AT_LETTER,
    EXPL,
    IGNORED,
    KIND_BITS,
    MATH_SHIFT,
    NEWLINE,
    OPENER_MODES,
    PAR,
    SPACE,
    TEXT,
    VERBATIM,
    VERBATIM_BITS,
    VERBATIM_NAMES,
    VERBATIM_SHIFT,
)
from fuzzeq.targets.latex.line_lexer import MATH_NAME, VERBATIM_NAME, LexedLine, lex_line
from fuzzeq.targets.latex.math_table import (
    BARRIER,
    COMPLAINT,
    DOLLAR_KIND,
    DOUBLED,
    MODE,
    NO_EVENT,
    PARAGRAPH,
    SINGLE,
    STATE_BEHIND,
    SYMBOL_EVENTS,
    WITHIN,
    environment_event,
)

Positions: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]

REGIME_BITS: Final = (1 << MATH_SHIFT) - 1
"""Of a state: all but math."""
WORD: Final = re.compile(
    rf"\\(?:(begin|end){MATH_NAME.pattern}|begin{VERBATIM_NAME.pattern}"
    r"|verb|lstinline|makeat(?:letter|other)|ExplSyntaxO(?:n|ff)|ProvidesExpl)"
)
"""Math environments; and words that a line is left to `lex_line` for, or that begin so."""
WORD_STARTS: Final = np.sort(
    [
        ord(first) << 42 | ord(second) << 21 | ord(third)
        for first, second, third in ("beg", "end", "ver", "lst", "mak", "Exp", "Pro")
    ]
)
"""The first three letters of each, as one number."""


class Lines(NamedTuple):
    """Of each line, where it starts, where its trailing spaces do, where its terminator does, and
    where it ends."""

    starts: Positions
    text_ends: Positions
    content_ends: Positions
    ends: Positions


class Walk(NamedTuple):
    """What the walk over the lines that are left to `lex_line` has found."""

    regimes: npt.NDArray[np.uint16]
    """The state at each line's start, but for math."""
    exit: int
    """The state behind the last line, but for math."""
    alone: list[int]
    """Those lines, by number."""
    reads: list[tuple[int, LexedLine]]
    """What each of them holds if it starts in a state, which is right but for math."""


class Marks(NamedTuple):
    """Columns in which tokens are marked."""

    starts: Mask
    """Whether a token starts there."""
    kinds: Bytes
    """Of what kind it is."""
    blanks: Mask
    """Whether that is a blank that depends on those around it: not an escaped or a trailing one."""
    skips: Mask
    """Whether TeX is in its state N or S there, so that a blank is ignored."""


class Math(NamedTuple):
    """The events of a text, and what came of them."""

    at: Positions
    """The last character of each."""
    events: Bytes
    states: Bytes
    """The state before each event, and behind the last."""
    reads: list[LexedLine]
    """The lines that are left to `lex_line`, each read from its entry state."""


def lex_bulk(text: str, entry: int) -> tuple[Block, int]:
    """The lines of a text as a block, read from a state, and the state behind them."""
    points = code_points(text)
    lines = split(text, points)
    if entry & VERBATIM_BITS and closing_of(entry) not in text:
        return fill(text, lines, entry), entry
    classes = classify(points)
    escapes = find_escapes(classes)
    suspects, environments = look_at_words(text, points, escapes)
    alone = lines_of(lines, suspects, rare_places(text, classes))
    walk = walk_lines(text, lines, alone, entry)
    marks = mark_tokens(classes, lines, escapes, walk)
    events = find_events(points, classes, lines, escapes, marks)
    for start, at, event in environments:
        if marks.starts[start]:
            events[at] = event
    math = walk_math(text, lines, walk, events, entry >> MATH_SHIFT)
    return put_together(text, lines, walk, marks, math)


def closing_of(state: int) -> str:
    """What ends the verbatim environment of a state."""
    return f"\\end{{{VERBATIM_NAMES[(state & VERBATIM_BITS) >> VERBATIM_SHIFT]}}}"


def fill(text: str, lines: Lines, entry: int) -> Block:
    """Lines all of which are verbatim."""
    count = len(lines.starts)
    line_lengths = array(COUNT, (lines.ends - lines.starts).astype(np.uint32).tobytes())
    return Block(
        text,
        line_lengths,
        array(STATE, [entry]) * count,
        array(COUNT, [1]) * count,
        bytes([VERBATIM | OPENER_MODES[entry >> MATH_SHIFT]]) * count,
        packed(line_lengths),
        (),
    )


# 1. Characters.


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


def find_escapes(classes: Bytes) -> Positions:
    """The backslashes that escape: of each run of them the first, the third and so on."""
    slashes = places(classes == of.ESCAPE)
    numbers = np.arange(len(slashes))
    goes_on = steps(slashes, -2) == 1
    first = np.maximum.accumulate(np.where(goes_on, 0, numbers))
    escapes: Positions = slashes[(numbers - first) & 1 == 0]
    return escapes


# 2. Lines that are left to `lex_line`.


def look_at_words(
    text: str, points: CodePoints, escapes: Positions
) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Where control words stand that a line is left to `lex_line` for; and math environments: where
    the word starts, where its `}` is, and which event that is."""
    keys = np.zeros(len(escapes), np.int64)
    for number in (1, 2, 3):
        keys = keys << 21 | points[escapes + number]
    suspects, environments = [], []
    nearest = WORD_STARTS.take(WORD_STARTS.searchsorted(keys), mode="clip")
    for start in escapes[keys == nearest].tolist():
        match = WORD.match(text, start)
        if match and match[1]:
            environments.append((start, match.end() - 1, environment_event(match[1], match[2])))
        elif match:
            suspects.append(start)
    return suspects, environments


def rare_places(text: str, classes: Bytes) -> Positions:
    """Where notation may be, and characters that are hardly ever there."""
    is_rare = classes >= of.RARE
    if "^^" in text:
        carets = classes == of.CARET
        is_rare[:-1] |= carets[:-1] & carets[1:]
    return places(is_rare)


def lines_of(lines: Lines, suspects: list[int], rare: Positions) -> list[int]:
    """The lines that these are in, each once."""
    found = lines.ends.searchsorted([*suspects, *rare.tolist()], side="right")
    return sorted(set(found.tolist()))


def walk_lines(text: str, lines: Lines, suspects: list[int], state: int) -> Walk:
    """Reads the suspects that are not verbatim, and the line that ends each verbatim environment:
    no other changes the state, but for math. That is taken to be what the last of them left."""
    starts, ends = lines.starts.tolist(), lines.ends.tolist()
    regimes = np.empty(len(starts), np.uint16)
    alone, reads = [], []
    line = 0
    while line < len(starts):
        if state & VERBATIM_BITS:
            closing = text.find(closing_of(state), starts[line])
            number = bisect_right(starts, closing) - 1 if closing >= 0 else len(starts)
        else:
            index = bisect_right(suspects, line - 1)
            number = suspects[index] if index < len(suspects) else len(starts)
        regimes[line : number + 1] = state & REGIME_BITS
        if number < len(starts):
            read = lex_line(text[starts[number] : ends[number]], state)
            alone.append(number)
            reads.append((state, read))
            state = read.exit
        line = number + 1
    return Walk(regimes, state & REGIME_BITS, alone, reads)


# 3. Tokens.


def mark_tokens(classes: Bytes, lines: Lines, escapes: Positions, walk: Walk) -> Marks:
    """The tokens of all lines but those left to `lex_line`, whose characters start none. A `$` is
    a token here whatever stands beside it."""
    kinds = classes & np.uint8(KIND_BITS)
    letters = classes == of.LETTER
    at_letter = column_of(walk.regimes & AT_LETTER != 0, lines, len(classes))
    if at_letter is not None:
        letters |= at_letter & (classes == of.AT)
    expl = column_of(walk.regimes & EXPL != 0, lines, len(classes))
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
    mark_comments(marks, classes, lines, walk)
    return marks


def mark_commands(
    marks: Marks, classes: Bytes, letters: Mask, expl: Mask | None, lines: Lines, escapes: Positions
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


def mark_blanks(marks: Marks, classes: Bytes, expl: Mask | None, lines: Lines) -> None:
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


def mark_comments(marks: Marks, classes: Bytes, lines: Lines, walk: Walk) -> None:
    """Comments; and that in verbatim lines and in those left to `lex_line` no token starts."""
    starts = marks.starts
    is_raw = walk.regimes & VERBATIM_BITS != 0
    is_raw[walk.alone] = True
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


def places(mask: Mask) -> Positions:
    """Where it is true."""
    return mask.nonzero()[0]


def steps(numbers: Positions, before: int) -> Positions:
    """What each number is above the one before it; `before` stands before the first."""
    differences = numbers.copy()
    differences[1:] -= numbers[:-1]
    differences[:1] -= before
    return differences


def ranges(starts: Positions, ends: Positions) -> Positions:
    """All positions of these ranges, some of which are empty."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    places: Positions = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return places


# 4. Math.


def find_events(
    points: CodePoints, classes: Bytes, lines: Lines, escapes: Positions, marks: Marks
) -> Bytes:
    """A column of the events of math, but for environments and lines left to `lex_line`."""
    dollars = (classes == of.DOLLAR) & marks.starts
    events: Bytes = dollars * np.uint8(SINGLE)
    events[:-1] += (dollars[:-1] & dollars[1:]) * np.uint8(DOUBLED - SINGLE)
    line_ends = lines.content_ends[lines.content_ends < lines.ends]
    is_paragraph = (marks.kinds[line_ends] == PAR) & marks.starts[line_ends]
    events[line_ends[is_paragraph]] = PARAGRAPH
    names = escapes[marks.starts[escapes]] + 1
    characters = points[names]
    for symbol, event in SYMBOL_EVENTS.items():
        events[names[characters == ord(symbol)]] = event
    return events


def walk_math(text: str, lines: Lines, walk: Walk, events: Bytes, math: int) -> Math:
    """Takes the events in order, and between them the lines left to `lex_line`."""
    alone = np.array(walk.alone, np.int64)
    events[lines.ends[alone] - 1] = BARRIER
    at = places(events != NO_EVENT)
    found = events[at]
    is_idle = (found[1:] == PARAGRAPH) & (found[:-1] == PARAGRAPH)
    if is_idle.any():
        keep = np.concatenate((np.ones(1, np.bool_), ~is_idle))
        at, found = at[keep], found[keep]
    sequence = found.tobytes()
    states, reads = bytearray((math,)), []
    add = states.append
    start = 0
    for line, (entry, read) in zip(walk.alone, walk.reads, strict=True):
        stop = sequence.index(BARRIER, start)
        for event in sequence[start:stop]:
            math = STATE_BEHIND[math][event]
            add(math)
        if math != entry >> MATH_SHIFT:
            entry = entry & REGIME_BITS | math << MATH_SHIFT
            read = lex_line(text[lines.starts[line] : lines.ends[line]], entry)
        reads.append(read)
        math = read.exit >> MATH_SHIFT
        add(math)
        start = stop + 1
    for event in sequence[start:]:
        math = STATE_BEHIND[math][event]
        add(math)
    return Math(at, found, np.frombuffer(states, np.uint8), reads)


def put_together(
    text: str, lines: Lines, walk: Walk, marks: Marks, math: Math
) -> tuple[Block, int]:
    """The columns of all tokens, modes added, and of all lines."""
    starts, kinds, _, _ = marks
    at, events, states, reads = math
    is_dollar = events <= DOUBLED
    dollars, before = at[is_dollar], states[:-1][is_dollar]
    kinds[dollars] = DOLLAR_KIND[before, events[is_dollar]]
    starts[dollars[before >= WITHIN[0]]] = False
    alone = [
        offset
        for line, read in zip(walk.alone, reads, strict=True)
        for offset in accumulate(read.lengths[:-1], initial=int(lines.starts[line]))
    ]
    starts[alone] = True
    is_verbatim = walk.regimes & VERBATIM_BITS != 0
    is_verbatim[walk.alone] = False
    starts[lines.starts[is_verbatim]] = True
    kinds[lines.starts[is_verbatim]] = VERBATIM
    tokens = places(starts[: len(text)])
    token_codes = kinds[tokens]
    changes = tokens.searchsorted(at, side="right")
    token_codes |= np.repeat(MODE[states], steps(np.append(changes, len(tokens)), 0))
    token_codes[tokens.searchsorted(alone)] = np.frombuffer(
        b"".join(read.codes for read in reads), np.uint8
    )
    token_ends = np.append(tokens[1:], len(text))
    line_tokens = tokens.searchsorted(lines.ends)
    entry_math = states[at.searchsorted(lines.starts)].astype(np.uint16)
    block = Block(
        text,
        array(COUNT, steps(lines.ends, 0).astype(np.uint32).tobytes()),
        array(STATE, (walk.regimes | entry_math << MATH_SHIFT).tobytes()),
        array(COUNT, steps(line_tokens, 0).astype(np.uint32).tobytes()),
        token_codes.tobytes(),
        packed(array(COUNT, (token_ends - tokens).astype(np.uint32).tobytes())),
        find_complaints(lines, walk, math),
    )
    return block, walk.exit | int(states[-1]) << MATH_SHIFT


def find_complaints(lines: Lines, walk: Walk, math: Math) -> tuple[Complaint, ...]:
    """The diagnostics of all lines, in order."""
    complaints: list[Complaint] = [
        (line, *complaint)
        for line, read in zip(walk.alone, math.reads, strict=True)
        for complaint in read.complaints
    ]
    said = COMPLAINT[math.states[:-1], math.events]
    complaining = places(said != 0)
    at = math.at[complaining]
    numbers = lines.ends.searchsorted(at, side="right")
    starts = at - lines.starts[numbers]
    is_paragraph = math.events[complaining] == PARAGRAPH
    ends = np.where(is_paragraph, (lines.ends - lines.starts)[numbers], starts + 1)
    columns = (numbers, said[complaining], starts, ends)
    complaints += zip(*(column.tolist() for column in columns), strict=True)
    return tuple(sorted(complaints, key=lambda complaint: complaint[0]))
