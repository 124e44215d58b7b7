"""Many lines at once: the lexer for loading a document, and for edits that change half of it.

Gives exactly what `lex_line` gives line by line, by operations on whole arrays, in four phases:

1. what characters say by themselves: classes, lines, which backslashes escape (`classes`);
2. a walk over the few lines that are left to `lex_line`, because they have notation, raw text,
   characters that are hardly ever there, or a switch: it finds the letter regime of every line, and
   the lines that are verbatim;
3. where a token of any other line starts and of what kind it is, under the regime of its line
   (`marks`);
4. math: a walk over the characters that may open, close or end it (`math_table`).

What phases 1 and 3 say of lines that are not theirs is wrong, harmless, and overwritten.

An array is either a *column*, with an entry for each character and `PADS` more, so that looking
ahead needs no question, or *positions*: characters (or lines) by number, ascending.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np

from fuzzeq.targets.latex import classes as of
from fuzzeq.targets.latex.block import COUNT, FIELDS, STATE, Block, packed
from fuzzeq.targets.latex.classes import (
    Classes,
    CodePoints,
    Lines,
    Positions,
    classify,
    code_points,
    find_escapes,
    places,
    split,
    steps,
)
from fuzzeq.targets.latex.codes import (
    MATH_SHIFT,
    OPENER_MODES,
    PAR,
    VERBATIM,
    VERBATIM_BITS,
)
from fuzzeq.targets.latex.line_lexer import (
    MATH_NAME,
    VERBATIM_NAME,
    LexedLine,
    closing_of,
    lex_line,
)
from fuzzeq.targets.latex.marks import Marks, Regimes, mark_tokens
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
    Events,
    environment_event,
)

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


class Walk(NamedTuple):
    """What the walk over the lines that are left to `lex_line` has found."""

    regimes: Regimes
    """The state at each line's start, but for math."""
    exit: int
    """The state behind the last line, but for math."""
    alone: list[int]
    """Those lines, by number."""
    reads: list[tuple[int, LexedLine]]
    """What each of them holds if it starts in a state, which is right but for math."""


class Math(NamedTuple):
    """The events of a text, and what came of them."""

    at: Positions
    """The last character of each."""
    events: Events
    states: Events
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
    marks = mark_tokens(classes, lines, escapes, walk.regimes, walk.alone)
    events = find_events(points, classes, lines, escapes, marks)
    for start, at, event in environments:
        if marks.starts[start]:
            events[at] = event
    math = walk_math(text, lines, walk, events, entry >> MATH_SHIFT)
    return put_together(text, lines, walk, marks, math)


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
        array(COUNT),
    )


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


def rare_places(text: str, classes: Classes) -> Positions:
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


# 4. Math.


def find_events(
    points: CodePoints, classes: Classes, lines: Lines, escapes: Positions, marks: Marks
) -> Events:
    """A column of the events of math, but for environments and lines left to `lex_line`."""
    dollars = (classes == of.DOLLAR) & marks.starts
    events: Events = dollars * np.uint8(SINGLE)
    events[:-1] += (dollars[:-1] & dollars[1:]) * np.uint8(DOUBLED - SINGLE)
    line_ends = lines.content_ends[lines.content_ends < lines.ends]
    is_paragraph = (marks.kinds[line_ends] == PAR) & marks.starts[line_ends]
    events[line_ends[is_paragraph]] = PARAGRAPH
    names = escapes[marks.starts[escapes]] + 1
    characters = points[names]
    for symbol, event in SYMBOL_EVENTS.items():
        events[names[characters == ord(symbol)]] = event
    return events


def walk_math(text: str, lines: Lines, walk: Walk, events: Events, math: int) -> Math:
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


def mark_rest(lines: Lines, walk: Walk, marks: Marks, math: Math) -> list[int]:
    """What `mark_tokens` has left out: what each `$` is; verbatim lines; and where the tokens of
    lines left to `lex_line` start, which is returned too."""
    starts, kinds, _, _ = marks
    is_dollar = math.events <= DOUBLED
    dollars, before = math.at[is_dollar], math.states[:-1][is_dollar]
    kinds[dollars] = DOLLAR_KIND[before, math.events[is_dollar]]
    starts[dollars[before >= WITHIN[0]]] = False
    is_verbatim = walk.regimes & VERBATIM_BITS != 0
    is_verbatim[walk.alone] = False
    verbatim = lines.starts[is_verbatim]
    kinds[verbatim] = VERBATIM
    starts[verbatim] = True
    alone = [
        offset
        for line, read in zip(walk.alone, math.reads, strict=True)
        for offset in accumulate(read.lengths[:-1], initial=int(lines.starts[line]))
    ]
    starts[alone] = True
    return alone


def put_together(
    text: str, lines: Lines, walk: Walk, marks: Marks, math: Math
) -> tuple[Block, int]:
    """The columns of all tokens, modes added, and of all lines."""
    alone = mark_rest(lines, walk, marks, math)
    tokens = places(marks.starts[: len(text)])
    token_codes = marks.kinds[tokens]
    changes = np.append(tokens.searchsorted(math.at, side="right"), len(tokens))
    token_codes |= np.repeat(MODE[math.states], steps(changes, 0))
    alone_codes = b"".join(read.codes for read in math.reads)  # their modes are in them
    token_codes[tokens.searchsorted(alone)] = np.frombuffer(alone_codes, np.uint8)
    token_ends = np.append(tokens[1:], len(text))
    line_tokens = tokens.searchsorted(lines.ends)
    entry_math = math.states[math.at.searchsorted(lines.starts)].astype(np.uint16)
    block = Block(
        text,
        array(COUNT, steps(lines.ends, 0).astype(np.uint32).tobytes()),
        array(STATE, (walk.regimes | entry_math << MATH_SHIFT).tobytes()),
        array(COUNT, steps(line_tokens, 0).astype(np.uint32).tobytes()),
        token_codes.tobytes(),
        packed(array(COUNT, (token_ends - tokens).astype(np.uint32).tobytes())),
        find_complaints(lines, walk, math),
    )
    return block, walk.exit | int(math.states[-1]) << MATH_SHIFT


def find_complaints(lines: Lines, walk: Walk, math: Math) -> array[int]:
    """The diagnostics of all lines, in order."""
    alone = [
        (line, *complaint)
        for line, read in zip(walk.alone, math.reads, strict=True)
        for complaint in read.complaints
    ]
    said = COMPLAINT[math.states[:-1], math.events]
    complaining = places(said != 0)
    if not alone and not len(complaining):
        return array(COUNT)
    at = math.at[complaining]
    numbers = lines.ends.searchsorted(at, side="right")
    starts = at - lines.starts[numbers]
    is_paragraph = math.events[complaining] == PARAGRAPH
    ends = np.where(is_paragraph, (lines.ends - lines.starts)[numbers], starts + 1)
    rows = np.stack((numbers, said[complaining], starts, ends), axis=1)
    if alone:
        rows = np.concatenate((np.array(alone, np.int64).reshape(-1, FIELDS), rows))
        rows = rows[rows[:, 0].argsort(kind="stable")]
    return array(COUNT, rows.astype(np.uint32).tobytes())
