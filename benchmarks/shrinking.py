#!/usr/bin/env python3
"""How small findings become, and how fast: a long trace on a large document, for each planted bug.

A measurement, not a test: it asserts nothing. The traces are the generator's, with fixed seeds: a
history that leaves the bug asleep, and then the failure (`tests/buried.py`). What they shrink to
depends on nothing but the seed; seconds are those of the CPU. From the root of the repository:

    python -m benchmarks.shrinking --seeds 1

Making a trace takes much longer than shrinking it: half a minute for each bug and seed.
"""

from __future__ import annotations

import argparse
import time
from typing import NamedTuple

from fuzzeq.engines.shrinking import shrink_finding
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex.planted import PLANTED
from tests.buried import buried, extent
from tests.test_planted import PINNED

PREFIX = "latex-planted-"
EDITS, CHARACTERS, SECONDS = 2, 40, 10
"""What a minimum is wanted to stay within, edits and probes counted alike."""


class Row(NamedTuple):
    """One finding shrunk."""

    bug: str
    seed: int
    oracle: str
    steps: int
    edits: int
    characters: int
    candidates: int
    seconds: float

    @property
    def is_within(self) -> bool:
        """Whether it is as small as wanted, and was reached in time."""
        return self.edits <= EDITS and self.characters <= CHARACTERS and self.seconds <= SECONDS


def main() -> None:
    """Prints a row for each bug and seed, and the share that is as wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--document", type=int, default=8192, help="code points")
    parser.add_argument("--edits", type=int, default=1000, help="steps of the history")
    parser.add_argument("--bugs", nargs="*", default=[], help="all by default")
    arguments = parser.parse_args()
    bugs = {bug.target.name.removeprefix(PREFIX): bug for bug in PLANTED}
    rows = []
    print(f"{'bug':30} seed steps edits chars candidates seconds")
    for name in arguments.bugs or bugs:
        for seed in range(arguments.seeds):
            row = measure(bugs[name], seed, arguments.document, arguments.edits)
            if row is None:
                print(f"{name:30} {seed:4} no finding", flush=True)
                continue
            rows.append(row)
            mark = "" if row.is_within else " more by nature" if needs_more(row) else " MISSED"
            print(
                f"{name:30} {seed:4} {row.steps:5} {row.edits:5} {row.characters:5} "
                f"{row.candidates:10} {row.seconds:7.2f}{mark}",
                flush=True,
            )
    small = [row for row in rows if not needs_more(row)]
    within = sum(row.is_within for row in small)
    print(
        f"{within} of {len(small)} findings of bugs that need no more are within {EDITS} edits, "
        f"{CHARACTERS} characters and {SECONDS} s; {len(rows) - len(small)} are of bugs that do"
    )


def needs_more(row: Row) -> bool:
    """Whether a minimum within the bounds cannot be: the bug's hand-made one is beyond them, or the
    work bound fired, which leaves the first 256 characters alone."""
    edits, characters = extent(PINNED[row.bug][0])
    return edits > EDITS or characters > CHARACTERS or row.oracle == "work"


def measure(bug: Planted, seed: int, document: int, edits: int) -> Row | None:
    """A finding of the bug, made and shrunk; None where none was found."""
    finding = buried(bug.target, seed, document, edits)
    if finding is None:
        return None
    started = time.process_time()
    shrunk = shrink_finding(bug.target, finding)
    seconds = time.process_time() - started
    name, origin = bug.target.name.removeprefix(PREFIX), finding.divergence
    edits, characters = extent(shrunk.finding.trace)
    candidates = shrunk.candidates
    return Row(name, seed, origin.oracle, origin.step, edits, characters, candidates, seconds)


if __name__ == "__main__":
    main()
