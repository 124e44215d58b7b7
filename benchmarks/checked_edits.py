#!/usr/bin/env python3
"""How many checked edits a second one process makes, against the naive reference.

A measurement, not a test: it asserts nothing. The mix is fixed (documents of 1 KB median and 4 KB
ninth decile, fixed seeds, all kinds of edits and probes), CPU time is counted, and generating is
told apart from checking. Run it on an idle machine:

    python benchmarks/checked_edits.py --edits 20000
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time

from fuzzeq.checking import Meter, check
from fuzzeq.engines.unit import language_of
from fuzzeq.generate import Limits, RandomSource, Swarm, draw_trace
from fuzzeq.registry import load_target

LIMITS = Limits(smallest=600, document=4096, steps=64)
ROUNDS = 5


def main() -> None:
    """Measures in rounds and prints the median round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=10_000, help="edits to check in all")
    parser.add_argument("--target", default="latex")
    arguments = parser.parse_args()
    rates, generating, sizes = [], [], []
    for number in range(ROUNDS):
        rate, share, drawn = measure(arguments.target, arguments.edits // ROUNDS, number)
        rates.append(rate)
        generating.append(share)
        sizes += drawn
    deciles = statistics.quantiles(sizes, n=10)
    print(f"python {platform.python_version()}, {platform.machine()}")
    print(f"documents: median {statistics.median(sizes):.0f}, ninth decile {deciles[8]:.0f}")
    print(
        f"checked edits a second of CPU time: median {statistics.median(rates):.0f}, "
        f"lowest {min(rates):.0f}, highest {max(rates):.0f} of {ROUNDS} rounds"
    )
    print(f"generating takes {statistics.median(generating):.1%} of that")


def measure(name: str, edits: int, seed: int) -> tuple[float, float, list[int]]:
    """Checked edits a second, the share of generating, and the sizes of all documents compared."""
    target, language, meter = load_target(name), language_of(name, None), Meter()
    sizes: list[int] = []
    generating = 0.0
    started = time.process_time()
    unit = 0
    while meter.edits < edits:
        source = RandomSource(f"benchmark {seed}:{unit}")
        swarm = Swarm(source)
        unit += 1
        for _ in range(8):
            before = time.process_time()
            trace = draw_trace(source, language, swarm, LIMITS)
            generating += time.process_time() - before
            sizes += map(len, trace.documents())
            if check(target, trace, meter):
                raise SystemExit(f"{name} diverges: run fuzzeq on it first")
    seconds = time.process_time() - started
    return meter.edits / seconds, generating / seconds, sizes


if __name__ == "__main__":
    main()
