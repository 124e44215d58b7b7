"""An outliner: a stranger's engine, of another kind than a lexer, and ten bugs planted in it.

A document is a list of lines, ended by `\\n`, `\\r\\n` or `\\r`. Each that is not blank is an item:

- a line that begins with three backticks is a `fence`; from one to the next, lines are `code`;
- `{` or `}` alone is the `open` or `close` of a block; blocks nest;
- one to six `#` and a space begin a `heading`, numbered within the headings above it: 2.1;
- anything else is `text`, with the count of words in its paragraph so far.

What is blank and what is not text ends a paragraph. Blanks are the space and the tab.

Uses nothing of fuzzeq but what any target needs. The two sides share the type of their items, and
no line of code. The target has hazards, and no samples, no pieces, no snapshots and no recipe.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fuzzeq import Edit, InvalidEdit


@dataclass(frozen=True, slots=True)
class Entry:
    """An item: where a line is, its end not included, and what it is."""

    kind: str
    start: int
    end: int
    depth: int
    """How many blocks it lies in; a brace does not lie in its own."""
    number: tuple[int, ...] = ()
    words: int = 0

    def shift(self, by: int) -> Entry:
        """The same entry `by` characters further on."""
        return Entry(self.kind, self.start + by, self.end + by, self.depth, self.number, self.words)


# The batch side: everything, from the first character to the last, as plainly as it can be said.

BATCH_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


def outline(document: str) -> list[Entry]:
    """All entries of a document."""
    entries: list[Entry] = []
    fenced, depth, words = False, 0, 0
    counts = [0] * 6
    for match in BATCH_LINE.finditer(document):
        line, (start, end) = match[1], match.span(1)
        counted, words = words, 0
        hashes = len(line) - len(line.lstrip("#")) if line.startswith("#") else 0
        if line.startswith("```"):
            fenced = not fenced
            entries.append(Entry("fence", start, end, depth))
        elif not line.strip(" \t"):
            continue
        elif fenced:
            entries.append(Entry("code", start, end, depth))
        elif line == "{":
            entries.append(Entry("open", start, end, depth))
            depth += 1
        elif line == "}":
            depth = max(depth - 1, 0)
            entries.append(Entry("close", start, end, depth))
        elif 1 <= hashes <= 6 and line[hashes:].startswith(" "):
            counts[hashes - 1] += 1
            counts[hashes:] = [0] * (6 - hashes)
            entries.append(Entry("heading", start, end, depth, tuple(counts[:hashes])))
        else:
            words = counted + len([word for word in line.replace("\t", " ").split(" ") if word])
            entries.append(Entry("text", start, end, depth, words=words))
    return entries


# The incremental side: a list of lines, each with the state that it was read from.


class State(NamedTuple):
    """All that a line takes over from those above it."""

    fenced: bool = False
    depth: int = 0
    number: tuple[int, ...] = ()
    words: int = 0


class Line(NamedTuple):
    """A line with its end, the state before it, its entry (as if it stood at 0) and the state
    behind it."""

    text: str
    entered: State
    entry: Entry | None
    left: State


SPLIT = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
CONTENT = re.compile(r"[^\r\n]*")
HEADING = re.compile(r"(#{1,6}) ")
WORD = re.compile(r"[^ \t]+")


def read_line(text: str, state: State) -> Line:
    """A line, read from a state."""
    content = CONTENT.match(text)
    assert content
    end, depth = content.end(), state.depth
    behind = state._replace(words=0)
    if text[:3] == "```":
        behind = behind._replace(fenced=not state.fenced)
        return Line(text, state, Entry("fence", 0, end, depth), behind)
    words = len(WORD.findall(content[0]))
    if words == 0:
        return Line(text, state, None, behind)
    if state.fenced:
        return Line(text, state, Entry("code", 0, end, depth), behind)
    if content[0] == "{":
        return Line(text, state, Entry("open", 0, end, depth), behind._replace(depth=depth + 1))
    if content[0] == "}":
        outer = depth - 1 if depth else 0
        return Line(text, state, Entry("close", 0, end, outer), behind._replace(depth=outer))
    if heading := HEADING.match(text):
        level = len(heading[1])
        above = (*state.number, *(0,) * level)[:level]
        number = (*above[:-1], above[-1] + 1)
        entry = Entry("heading", 0, end, depth, number)
        return Line(text, state, entry, behind._replace(number=number))
    words += state.words
    return Line(text, state, Entry("text", 0, end, depth, (), words), state._replace(words=words))


class Outliner:
    """One open document. The last line is the one that has no end; there always is one."""

    def __init__(self, document: str) -> None:
        self.examined = 0
        self.lines: list[Line] = []
        self.lines = self.read(SPLIT.split(document), State())
        self.kept = 0, 0

    # What a caller sees.

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Applies the edits, one by one."""
        length = sum(len(line.text) for line in self.lines)
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit {length} characters")
            length += edit.delta
        self.examined = 0
        head = tail = len(self.lines)
        for edit in edits:
            start, stop = self.edit(edit)
            head, tail = min(head, start), min(tail, len(self.lines) - stop)
        self.kept = head, min(tail, len(self.lines) - head)

    def result(self) -> list[Entry]:
        """All entries."""
        return entries(self.lines, 0)

    def work(self) -> int:
        """The characters of all lines read by the last `apply`."""
        return self.examined

    def changed(self) -> tuple[int, int]:
        """Which entries are on other lines than those that the last `apply` left alone."""
        head, tail = self.kept
        middle = self.lines[head : len(self.lines) - tail]
        start = len([line for line in self.lines[:head] if line.entry])
        return start, start + len([line for line in middle if line.entry])

    def checkpoints(self) -> list[int]:
        """Where lines start."""
        ends = [0]
        for line in self.lines:
            ends.append(ends[-1] + len(line.text))
        return ends[:-1]

    def resume(self, index: int) -> list[Entry]:
        """The entries from a line on, read again from the state before it."""
        lines, state = [], self.lines[index].entered
        for line in self.lines[index:]:
            lines.append(read_line(line.text, state))
            state = lines[-1].left
        return entries(lines, self.checkpoints()[index])

    # Small steps, each of which can be got wrong by itself.

    def edit(self, edit: Edit) -> tuple[int, int]:
        """Makes an edit; the lines from the first to behind the last that are not as they were."""
        start, column = self.locate(edit.start)
        last, rest = self.locate(edit.end)
        text = self.lines[start].text[:column] + edit.text + self.lines[last].text[rest:]
        if self.joins_line_before(start, text):
            start -= 1
            text = self.lines[start].text + text
        texts = SPLIT.split(text)
        if last + 1 < len(self.lines):
            assert texts[-1] == ""
            texts.pop()
        fresh = self.read(texts, self.state_before(start))
        self.replace_lines(start, last + 1, fresh)
        return start, self.read_on(start + len(fresh))

    def locate(self, offset: int) -> tuple[int, int]:
        """The line of an offset, and the column in it."""
        index = 0
        while index + 1 < len(self.lines) and offset >= len(self.lines[index].text):
            offset -= len(self.lines[index].text)
            index += 1
        return index, offset

    def joins_line_before(self, index: int, text: str) -> bool:
        """Whether a text that is to be a line begins with the second half of a line's end."""
        return index > 0 and text[:1] == "\n" and self.lines[index - 1].text[-1:] == "\r"

    def replace_lines(self, start: int, stop: int, lines: Sequence[Line]) -> None:
        """Puts lines in the place of others."""
        self.lines[start:stop] = lines

    def read_on(self, index: int) -> int:
        """Reads lines again from an index on, until one's state is what it was; its index."""
        while index < len(self.lines):
            state = self.state_before(index)
            if self.agree(index, self.lines[index].entered, state):
                break
            self.lines[index : index + 1] = self.read([self.lines[index].text], state)
            index += 1
        return index

    def state_before(self, index: int) -> State:
        """What the line in front left."""
        return self.lines[index - 1].left if index else State()

    def agree(self, index: int, old: State, new: State) -> bool:
        """Whether a line would be read as it was."""
        return old == new

    def read(self, texts: Sequence[str], state: State) -> list[Line]:
        """Reads lines, one behind the other."""
        lines = []
        for text in texts:
            lines.append(self.read_one(text, state))
            state = lines[-1].left
        return lines

    def read_one(self, text: str, state: State) -> Line:
        """Reads a line, and counts its characters."""
        self.examined += len(text)
        return read_line(text, state)


def entries(lines: Sequence[Line], offset: int) -> list[Entry]:
    """The entries of lines of which the first starts at an offset."""
    found = []
    for line in lines:
        if line.entry:
            found.append(line.entry.shift(offset))
        offset += len(line.text)
    return found


class Outline:
    """The target; with another handle, a planted bug."""

    hazards = ("# ", "\n## ", "\n\n", "\n```\n", "```", "\n{\n", "\n}\n", "{", "}", "\r\n", "\r")

    def __init__(self, name: str = "outline", handle: type[Outliner] = Outliner) -> None:
        self.name = name
        self.handle = handle

    def batch(self, document: str) -> list[Entry]:
        """The entries, from scratch."""
        return outline(document)

    def open(self, document: str) -> Outliner:
        """A handle."""
        return self.handle(document)


# Ten bugs. Each begins with the number of its class in docs/BUG_CLASSES.md.


class KnowsLinesByTheirBeginning(Outliner):
    """7: keeps what it has read, by state, length and the first hundred characters."""

    def __init__(self, document: str) -> None:
        self.known: dict[tuple[str, int, State], Line] = {}
        super().__init__(document)

    def read_one(self, text: str, state: State) -> Line:
        known = self.known.setdefault((text[:100], len(text), state), super().read_one(text, state))
        return known._replace(text=text)


class PagesOfFortyLines(Outliner):
    """9: takes the state at the start of a page for right when an edit is on another page."""

    def agree(self, index: int, old: State, new: State) -> bool:
        return index % 40 == 0 or super().agree(index, old, new)


class EmptiedKeepsLines(Outliner):
    """27: takes an empty text in the place of all lines for nothing to put there."""

    def replace_lines(self, start: int, stop: int, lines: Sequence[Line]) -> None:
        if start or stop < len(self.lines) or any(line.text for line in lines):
            super().replace_lines(start, stop, lines)


class JournalOfSixty(Outliner):
    """26: from the 61st edit on, never reads on behind the lines of the edit."""

    applied = 0

    def apply(self, edits: tuple[Edit, ...]) -> None:
        self.applied += 1
        super().apply(edits)

    def agree(self, index: int, old: State, new: State) -> bool:
        return self.applied > 60 or super().agree(index, old, new)


class FourLevels(Outliner):
    """6: compares states as if no block were deeper than the fourth."""

    def agree(self, index: int, old: State, new: State) -> bool:
        flat = [state._replace(depth=min(state.depth, 4)) for state in (old, new)]
        return super().agree(index, *flat)


class LineEndsNotJoined(Outliner):
    """16: does not see that a `\\r` and a `\\n` have met."""

    def joins_line_before(self, index: int, text: str) -> bool:
        return False


class LineStartsOncePerStep(Outliner):
    """25: looks up the lines of all edits of a step where they were before the step."""

    def apply(self, edits: tuple[Edit, ...]) -> None:
        self.starts = self.checkpoints()
        super().apply(edits)

    def locate(self, offset: int) -> tuple[int, int]:
        index = bisect_right(self.starts, offset) - 1
        return index, offset - self.starts[index]


class StaleCheckpoints(Outliner):
    """14: writes checkpoints into a table that never gets shorter."""

    def __init__(self, document: str) -> None:
        self.table: list[int] = []
        super().__init__(document)

    def checkpoints(self) -> list[int]:
        offsets = super().checkpoints()
        self.table[: len(offsets)] = offsets
        return self.table


class NeverConverges(Outliner):
    """10: a state holds the number of the edit it comes from, so no two are ever the same."""

    def agree(self, index: int, old: State, new: State) -> bool:
        return False


class ReportsOnlyWhatWasTyped(Outliner):
    """20: does not report what was read again behind the lines of the edit."""

    def read_on(self, index: int) -> int:
        super().read_on(index)
        return index


OUTLINE = Outline()
LONG_LINE = Outline("outline-long-line", KnowsLinesByTheirBeginning)
FORTY_LINES = Outline("outline-forty-lines", PagesOfFortyLines)
EMPTIED = Outline("outline-emptied", EmptiedKeepsLines)
SIXTY_EDITS = Outline("outline-sixty-edits", JournalOfSixty)
FIVE_DEEP = Outline("outline-five-deep", FourLevels)
LINE_END_JOINED = Outline("outline-line-end-joined", LineEndsNotJoined)
SECOND_EDIT = Outline("outline-second-edit", LineStartsOncePerStep)
STALE_TAIL = Outline("outline-stale-tail", StaleCheckpoints)
NEVER_CONVERGES = Outline("outline-never-converges", NeverConverges)
CHANGED_TOO_SMALL = Outline("outline-changed-too-small", ReportsOnlyWhatWasTyped)
