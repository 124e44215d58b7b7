"""One step of a finding as rows of text: the document with its margin, both sides item by item, and
what the engine did, in words.

Texts of documents and targets have gone through `explain.visible` here. Offsets that are shown are
code points.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, pairwise, zip_longest
from typing import NamedTuple

from fuzzeq.explain import describe_step, one_line, visible, visible_repr
from fuzzeq.forensics.account import Items, StepAccount
from fuzzeq.model.trace import Probe
from fuzzeq.report.words import counted

LINE_END = re.compile(r"\r\n|\r|\n")
CONTEXT_LINES = 2
MOST_LINES = 40
ITEMS_BEFORE, ITEMS_BEHIND = 4, 12
LONGEST_PART = 160


class Mark(NamedTuple):
    """Something at an offset: its sign in the margin, and the same in words."""

    sign: str
    words: str


RESTARTED = Mark("R", "the engine restarted here")
TRUSTED = Mark("C", "the checkpoint that it went by")
STOPPED = Mark("S", "it stopped reading here")
DUE = Mark("D", "it had to read up to here")
WRONG = Mark("W", "the first wrong item begins here")
LEGEND = (RESTARTED, TRUSTED, STOPPED, DUE, WRONG)


class Part(NamedTuple):
    """A piece of a line; `role` is "", "inserted", "wrong" or "gap"."""

    text: str
    role: str = ""


class Line(NamedTuple):
    """A line of a document, number 1 being the first: what stands in its margin and its text.
    Number 0 is not a line but a gap, its text says how large."""

    number: int
    parts: tuple[Part, ...]
    marks: tuple[Mark, ...] = ()
    checkpoint: bool = False
    read: bool = False


class ItemPair(NamedTuple):
    """Two items side by side, with their numbers; `state` is "same", "differs", "missing" (from
    the incremental side), "surplus" or "gap", where `expected` says how many are left out."""

    state: str
    expected_number: int | None
    expected: str
    actual_number: int | None
    actual: str
    is_first: bool = False


class Fact(NamedTuple):
    """Something known of a step, in words."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class StepView:
    """A step: what is done, the document behind it, both sides, and what the engine did."""

    number: int
    what: str
    fails: bool
    cause: str
    raised: str
    lines: tuple[Line, ...]
    items: tuple[ItemPair, ...]
    facts: tuple[Fact, ...]


def step_view(account: StepAccount, fails: bool) -> StepView:
    """What is shown of a step; `fails` if it is the one that diverges."""
    what = "the document is opened"
    if account.step is not None:
        what = describe_step(account.step, account.before)
    return StepView(
        account.number, what, fails, one_line(account.cause), visible_repr(account.raised),
        tuple(_lines(account)), tuple(_pairs(account)), tuple(_facts(account)),
    )  # fmt: skip


def marks_of(account: StepAccount) -> dict[int, list[Mark]]:
    """What is to be seen at which offset of the document behind a step."""
    reading, found = account.reading, []
    if reading is not None:
        found += [
            (reading.checkpoint, TRUSTED),
            (reading.restart, RESTARTED),
            (reading.stop, STOPPED),
            (reading.must_end, DUE),
        ]
    found.append((account.wrong_offset, WRONG))
    marks: dict[int, list[Mark]] = {}
    for offset, mark in found:
        if offset is not None:
            marks.setdefault(offset, []).append(mark)
    return marks


def inserted_ranges(account: StepAccount) -> list[tuple[int, int]]:
    """Where the text stands that the step put in, in the document behind it. Of several edits, each
    later one moves those before it."""
    if account.step is None or isinstance(account.step, Probe):
        return []
    ranges: list[tuple[int, int]] = []
    for edit in account.step:
        moved = []
        for start, end in ranges:
            if start >= edit.end:
                moved.append((start + edit.delta, end + edit.delta))
            elif end <= edit.start:
                moved.append((start, end))
        ranges = [*moved, (edit.start, edit.start + len(edit.text))]
    return ranges


def _lines(account: StepAccount) -> Iterator[Line]:
    """The lines that matter, each with its margin, and gaps between."""
    document = account.document
    starts = line_starts(document)
    marks = marks_of(account)
    inserted = inserted_ranges(account)
    at = [*marks, *(offset for pair in inserted for offset in pair)]
    if account.step is not None and not isinstance(account.step, Probe):
        at += [edit.start for edit in account.step]
    numbers = [bisect_right(starts, max(offset, 0)) - 1 for offset in at]
    if account.wrong is not None and account.wrong_offset is None and len(starts) <= MOST_LINES:
        numbers += range(len(starts))  # the item does not say where it lies: it may be anywhere
    chosen = _around(numbers or [0], len(starts))
    checkpoints = frozenset(account.checkpoints or ())
    reading = account.reading
    read = (reading.restart, reading.stop) if reading and reading.stop is not None else (0, 0)
    before = -1
    for number in chosen:
        if number != before + 1:
            yield Line(0, (Part(f"… {counted(number - before - 1, 'line')}"),))
        before = number
        is_last = number == len(starts) - 1
        start, end = starts[number], len(document) if is_last else starts[number + 1]
        yield Line(
            number + 1,
            tuple(_parts(document[start:end], start, account, inserted)),
            tuple(
                mark
                for offset in sorted(marks)
                if start <= offset < end or (is_last and offset >= end)
                for mark in marks[offset]
            ),
            start in checkpoints,
            start < (read[1] or 0) and end > (read[0] or 0),
        )
    if before < len(starts) - 1:
        yield Line(0, (Part(f"… {counted(len(starts) - 1 - before, 'line')}"),))


def _around(numbers: Iterable[int], count: int) -> list[int]:
    """These lines, at most so many, the first of them above all; each with a little context as far
    as there is room for it. A single line between them is no gap."""
    wanted = dict.fromkeys(numbers)
    for number in tuple(wanted)[:MOST_LINES]:
        for near in range(number - CONTEXT_LINES, number + CONTEXT_LINES + 1):
            if 0 <= near < count:
                wanted.setdefault(near)
    chosen = set(islice(wanted, MOST_LINES))
    edges = {-1, count} | chosen
    single = {
        between for number in edges if (between := number + 1) not in edges and between + 1 in edges
    }
    return sorted(chosen | single)


def _parts(
    text: str, start: int, account: StepAccount, inserted: Sequence[tuple[int, int]]
) -> Iterator[Part]:
    """A line in parts that look different, long ones cut in the middle."""
    wrong = account.wrong_offset
    roles: list[tuple[int, int, str]] = [
        (first - start, last - start, "inserted") for first, last in inserted if first < last
    ]
    if wrong is not None:
        roles.insert(0, (wrong - start, wrong - start + 1, "wrong"))
    cuts = {0, len(text)}
    for first, last, _ in roles:
        cuts |= {min(max(first, 0), len(text)), min(max(last, 0), len(text))}
    edges = sorted(cuts)
    for first, last in pairwise(edges):
        role = next((role for a, b, role in roles if a <= first and last <= b), "")
        part = text[first:last]
        if len(part) > LONGEST_PART:
            half = LONGEST_PART // 2
            yield Part(visible(part[:half]), role)
            yield Part(f"…{len(part) - 2 * half:,}…", "gap")
            yield Part(visible(part[-half:]), role)
        else:
            yield Part(visible(part), role)


def _pairs(account: StepAccount) -> Iterator[ItemPair]:
    """Both sides, item by item, around the first difference; equal items face each other."""
    expected, actual = account.expected, account.actual
    wrong = account.wrong
    if wrong is None:
        centre = expected.first + min(ITEMS_BEFORE, len(expected.items))
        wanted = account.reading.changed[0] if account.reading and account.reading.changed else 0
        centre = max(centre, wanted)
    else:
        centre = wrong
    first = max(centre - ITEMS_BEFORE, expected.first)
    stop = centre + ITEMS_BEHIND
    if first:
        yield ItemPair("gap", None, f"… {counted(first, 'item')} in front", None, "")
    left, right = _texts(expected, first, stop), _texts(actual, first, stop)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        for i, j in zip_longest(range(a, b), range(c, d)):
            state = "missing" if j is None else "surplus" if i is None else "differs"
            if i is not None and j is not None and left[i] == right[j]:
                state = "same"
            numbers = [n + first for n in (i, j) if n is not None]
            yield ItemPair(
                state,
                None if i is None else first + i,
                "" if i is None else visible_repr(left[i]),
                None if j is None else first + j,
                "" if j is None else visible_repr(right[j]),
                wrong is not None and state != "same" and min(numbers) == wrong,
            )
    behind = max(expected.count, actual.count) - stop
    if behind > 0:
        yield ItemPair("gap", None, f"… {counted(behind, 'item')} behind", None, "")


def _texts(items: Items, first: int, stop: int) -> list[str]:
    return [item.text for item in items.items[first - items.first : stop - items.first]]


def _facts(account: StepAccount) -> Iterator[Fact]:
    """What the engine did, in words; nothing of what it does not say."""
    reading, starts = account.reading, line_starts(account.document)

    def at(offset: int) -> str:
        return f"offset {offset:,}, line {bisect_right(starts, offset):,}"

    if reading is not None:
        if reading.restart is not None:
            yield Fact("restarted at", f"{at(reading.restart)} (by changed())")
        if reading.checkpoint is not None:
            latest = "" if reading.restart is not None else ", or an earlier one"
            yield Fact(
                "checkpoint", f"{at(reading.checkpoint)}: the last one it can have used{latest}"
            )
        if reading.stop is not None:
            yield Fact("stopped at", at(reading.stop))
        if reading.must_start is not None and reading.must_end is not None:
            yield Fact("had to read", f"from {at(reading.must_start)} to {at(reading.must_end)}")
        elif reading.must_start is None and reading.restart is not None:
            yield Fact("had to read", "nothing: the items are the old ones")
        if reading.work is not None:
            needed = "" if reading.needed is None else f", {reading.needed:,} needed"
            yield Fact("work", f"{counted(reading.work, 'character')} examined{needed}")
        if reading.changed is not None:
            yield Fact("changed()", f"items {reading.changed[0]:,} to {reading.changed[1]:,}")
    if account.wrong is not None:
        where = "" if account.wrong_offset is None else f", {at(account.wrong_offset)}"
        yield Fact("first wrong item", f"number {account.wrong:,}{where}{_relation(account)}")
    counts = f"{account.expected.count:,} by batch, {account.actual.count:,} incremental"
    yield Fact("items", counts)
    if account.checkpoints is not None:
        yield Fact("checkpoints", f"{len(account.checkpoints):,}")


def _relation(account: StepAccount) -> str:
    """Where the first wrong item lies as the engine's reading goes."""
    reading, wrong = account.reading, account.wrong_offset
    if reading is None or reading.restart is None or reading.stop is None or wrong is None:
        return ""
    if wrong < reading.restart:
        return ": in front of where it restarted"
    if wrong >= reading.stop:
        return ": behind where it stopped"
    return ": within what it read again"


def line_starts(document: str) -> list[int]:
    """Where the lines of a document begin; behind a line's end there is always another one."""
    return [0, *(end.end() for end in LINE_END.finditer(document))]
