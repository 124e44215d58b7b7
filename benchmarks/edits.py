#!/usr/bin/env python3
"""What `fuzzeq bench --config benchmarks/bench.toml` does not measure of edits to LaTeX: how a
character is answered while one goes on typing, with no other process in between; edits that cost
what the text behind them is long; and an engine with a history beside a new one.

A measurement, not a test: it asserts nothing. Each edit is undone, untimed, before the next. The
time is CPU time, and holds one look at the result: `apply`, `result()`, an item in its middle,
`work()`.

    python benchmarks/edits.py
    python benchmarks/edits.py --history 1000000
"""

from __future__ import annotations

import argparse
import platform
import re
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from fuzzeq.bench.operations import person_at_work, places
from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex.incremental import BlockEngine

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.lexing import REALISTIC, document, look_at

LONG_LINE: Final = 100_000
SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
TYPED: Final = 1000


class Ours:
    """The incremental lexer."""

    def __init__(self, text: str) -> None:
        self.engine = BlockEngine(text)

    def apply(self, edit: Edit) -> None:
        """The edit, and one look at what came of it."""
        self.engine.apply((edit,))
        look_at(self.engine)


def main() -> None:
    """Prints what a character costs, and what stays linear; or what a history costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=int, help="compare with an engine of so many edits")
    arguments = parser.parse_args()
    print(f"python {platform.python_version()}, {platform.machine()}")
    if arguments.history is not None:
        after_history(arguments.history)
        return
    typing()
    for name, seconds in linear():
        print(f"{name:50}{1e3 * seconds:16.1f} ms")


def timed(subject: Ours, place: int, text: str) -> float:
    """Milliseconds for an insertion, which is undone."""
    edit, undo = Edit(place, place, text), Edit(place, place + len(text), "")
    started = time.process_time_ns()
    subject.apply(edit)
    took = time.process_time_ns() - started
    subject.apply(undo)
    return took / 1e6


def typing() -> None:
    """Characters typed all over documents of each size, which take turns at every edit."""
    subjects = [Ours(document(REALISTIC, size)) for size in SIZES]
    spread = [places(subject.engine.document(), TYPED) for subject in subjects]
    samples: list[list[float]] = [[] for _ in SIZES]
    for turn in zip(*spread, strict=True):
        for some, subject, place in zip(samples, subjects, turn, strict=True):
            some.append(timed(subject, place, "x"))
    for size, some in zip(SIZES, samples, strict=True):
        cuts = statistics.quantiles(some, n=100)
        print(
            f"a character in {size:>10,}: median {cuts[49]:.3f} ms, p95 {cuts[94]:.3f}, "
            f"p99 {cuts[98]:.3f}, the longest {max(some):.3f}"
        )
    first, *_, last = map(statistics.median, samples)
    print(f"from the first to the last: {last / first:.2f} times")


def linear() -> Iterator[tuple[str, float]]:
    """Edits that cost what the text behind them is long, in seconds."""
    line = ("word " * LONG_LINE)[:LONG_LINE]
    engine = Ours(f"a\n{line}\nb\n")
    middle = LONG_LINE // 2
    yield "a character in a line of 100,000", median_of(engine, Edit(middle, middle, "x"))
    text = re.sub("\n\n+", "\n", document(REALISTIC, 1_000_000))
    engine = Ours(text)
    yield "a $ with no paragraph end in 1 MB behind it", median_of(engine, Edit(0, 0, "$"))


def median_of(subject: Ours, edit: Edit) -> float:
    """Seconds for an edit, of seven."""
    took = [timed(subject, edit.start, edit.text) for _ in range(7)]
    return statistics.median(took) / 1e3


def after_history(edits: int) -> None:
    """An engine with a long history beside a new one on the same text: bytes and milliseconds."""
    old = Ours(document(REALISTIC, 1_000_000))
    for edit in islice(person_at_work(old.engine.document()), edits):
        old.engine.apply((edit,))
    text = old.engine.document()
    new = Ours(text)
    samples: tuple[list[float], list[float]] = [], []
    for place in places(text, 1000):
        for which, subject in enumerate((old, new)):
            samples[which].append(timed(subject, place, "x"))
    times = [statistics.median(some) for some in samples]
    sizes = [float(size_of(subject.engine)) for subject in (old, new)]
    print(f"after {edits:,} edits, {len(text):,} characters, beside a new engine")
    for what, (ours, fresh) in (("ms for a character typed", times), ("bytes held", sizes)):
        print(f"  {what}: {ours:,.6g}, {fresh:,.6g}; ratio {ours / fresh:.3f}")


def size_of(engine: BlockEngine) -> int:
    """The bytes of all that an engine keeps of its lines."""
    return sum(sys.getsizeof(part) for block in engine._blocks for part in (block, *block))


if __name__ == "__main__":
    main()
