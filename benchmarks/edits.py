"""Edits to LaTeX: how a character is answered while one goes on typing, with no other process in
between, and other small edits; edits that cost what the text behind them is long; and an engine
with a history beside a new one.

A measurement, not a test: it asserts nothing. Each edit is undone, untimed, before the next. The
time is CPU time, and holds one look at the result: `apply`, `result()`, an item in its middle,
`work()`.

    python -m benchmarks.edits
    python -m benchmarks.edits --history 1000000
"""

from __future__ import annotations

import argparse
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Final

from benchmarks.bars import Bar
from benchmarks.lexing import REALISTIC, document, look_at
from fuzzeq.bench.operations import Operation, exercises, person_at_work, places
from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex.incremental import BlockEngine

LONG_LINE: Final = 100_000
SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
TYPED: Final = 1000
EDITS: Final = 300
SHORT_PARAGRAPH: Final = 10
HISTORY: Final = 1_000_000


class Ours:
    """The incremental lexer."""

    def __init__(self, text: str) -> None:
        self.engine = BlockEngine(text)

    def apply(self, edit: Edit) -> None:
        """The edit, and one look at what came of it."""
        self.engine.apply((edit,))
        look_at(self.engine)


def main() -> None:
    """Prints what small edits cost, and what stays linear; or what a history costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=int, help="compare with an engine of so many edits")
    arguments = parser.parse_args()
    print(f"python {platform.python_version()}, {platform.machine()}")
    found = small_edits() if arguments.history is None else after_history(arguments.history)
    for bar in found:
        print(bar, flush=True)


def small_edits(typed: int = TYPED, edits: int = EDITS) -> Iterator[Bar]:
    """So many characters, and so many of the other edits, to documents of each size, which take
    turns at every edit; then edits that cost what the text behind them is long."""
    subjects = [Ours(document(REALISTIC, size)) for size in SIZES]
    into = ", ".join(f"{len(subject.engine.document()):,}" for subject in subjects)
    into = f"into {into} characters"
    samples = in_turns(subjects, lambda text: [Edit(p, p, "x") for p in places(text, typed)])
    medians = [statistics.median(some) for some in samples]
    yield Bar(f"a character typed {into}", medians, "ms", 0.05)
    ninety_ninths = [statistics.quantiles(some, n=100)[98] for some in samples]
    yield Bar("its 99th percentile", ninety_ninths, "ms", 0.15)
    yield Bar(
        "its median, from the smallest to the largest of these",
        [medians[-1] / medians[0]],
        "times",
        1.25,
    )
    for what, limit, draw in (
        ("a line", 0.12, lambda text: inserted(Operation.LINE, text, edits)),
        ("1,000 characters", 0.5, lambda text: inserted(Operation.PARAGRAPH, text, edits)),
        (f"a `$` in a paragraph of at most {SHORT_PARAGRAPH} lines", 0.15,
         lambda text: dollars(text, edits)),
    ):  # fmt: skip
        medians = [statistics.median(some) for some in in_turns(subjects, draw)]
        yield Bar(f"{what} {into}", medians, "ms", limit)
    yield from linear()


def inserted(operation: Operation, text: str, count: int) -> list[Edit]:
    """What an operation puts in."""
    return [exercise.timed for exercise in exercises(operation, text, count)]


def dollars(text: str, count: int) -> list[Edit]:
    """A `$` in so many short paragraphs spread over the text, the same ones again where there are
    fewer."""
    found = [place for place in places(text, 4 * count) if is_short(text, place)]
    return [
        Edit(place, place, "$")
        for place in (found[number * len(found) // count] for number in range(count))
    ]


def is_short(text: str, place: int) -> bool:
    """Whether a place is in a paragraph of few lines, in which a `$` opens math: no comment, and
    nothing that is raw."""
    start = text.rfind("\n\n", 0, place) + 2
    paragraph = text[start : text.find("\n\n", place)]
    is_plain = not any(sign in paragraph for sign in ("%", "verb", "Verb", "lst", "minted"))
    return is_plain and paragraph.count("\n") < SHORT_PARAGRAPH


def in_turns(subjects: list[Ours], draw: Callable[[str], list[Edit]]) -> list[list[float]]:
    """Milliseconds of the edits that are drawn for each subject's text; who comes first is drawn by
    lot at every turn."""
    drawn = [draw(subject.engine.document()) for subject in subjects]
    samples: list[list[float]] = [[] for _ in subjects]
    lot = Random(0)
    for turn in zip(*drawn, strict=True):
        order = list(zip(samples, subjects, turn, strict=True))
        lot.shuffle(order)
        for some, subject, edit in order:
            some.append(timed(subject, edit))
    return samples


def timed(subject: Ours, edit: Edit) -> float:
    """Milliseconds for an insertion, which is undone."""
    undo = Edit(edit.start, edit.start + len(edit.text), "")
    started = time.process_time_ns()
    subject.apply(edit)
    took = time.process_time_ns() - started
    subject.apply(undo)
    return took / 1e6


def linear() -> Iterator[Bar]:
    """Edits that cost what the text behind them is long."""
    line = ("word " * LONG_LINE)[:LONG_LINE]
    middle = LONG_LINE // 2
    for what, text, edit in (
        ("a character in a line of 100,000", f"a\n{line}\nb\n", Edit(middle, middle, "x")),
        (
            "a `$` with no paragraph end in 1 MB behind it",
            re.sub("\n\n+", "\n", document(REALISTIC, 1_000_000)),
            Edit(0, 0, "$"),
        ),
    ):
        engine = Ours(text)
        yield Bar(what, [statistics.median(timed(engine, edit) for _ in range(7))], "ms")


def after_history(edits: int = HISTORY) -> Iterator[Bar]:
    """An engine with a long history beside a new one on the same text: time and bytes."""
    old = Ours(document(REALISTIC, 1_000_000))
    for edit in islice(person_at_work(old.engine.document()), edits):
        old.engine.apply((edit,))
    new = Ours(old.engine.document())
    samples = in_turns([old, new], lambda text: [Edit(p, p, "x") for p in places(text, TYPED)])
    ours, fresh = map(statistics.median, samples)
    yield Bar(f"a character after {edits:,} edits, beside a new engine", [ours / fresh],
              "times", 1.1)  # fmt: skip
    ours, fresh = (size_of(subject.engine) for subject in (old, new))
    yield Bar(f"bytes held after {edits:,} edits, beside a new engine", [ours / fresh],
              "times", 1.1)  # fmt: skip


def size_of(engine: BlockEngine) -> int:
    """The bytes of all that an engine keeps of its lines."""
    return sum(sys.getsizeof(part) for block in engine._blocks for part in (block, *block))


if __name__ == "__main__":
    main()
