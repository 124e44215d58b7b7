#!/usr/bin/env python3
"""How often `fuzzeq.bench` is wrong: false alarms about code compared with itself, and slow-downs
of a fifth that it does not find, with the machine left alone and kept busy.

A measurement, not a test: it asserts nothing. A sample is five characters typed into 10 KB of LaTeX
and erased again; what is slower is busy for a fifth of that time more. Each comparison has engines
of its own.

    python benchmarks/alarms.py
    python benchmarks/alarms.py --comparisons 1000 --planted 200
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable

from fuzzeq.bench.environment import available_cores
from fuzzeq.bench.judgement import Method, Verdict
from fuzzeq.bench.judging import judge
from fuzzeq.bench.loads import Load, background
from fuzzeq.bench.measure import Clock, interleaved
from fuzzeq.bench.operations import Operation, document, exercises, worth_showing
from fuzzeq.engines.unit import language_of
from fuzzeq.registry import load_target

SIZE = 10_000
EDITS = 5
SLOWER = 1.2
SAMPLES = 100
BOOTSTRAPS = 200
"""Comparisons by bootstrap: it takes longer than measuring."""


def typing(text: str, slower: float = 1.0) -> Callable[[], None]:
    """A function that types and erases, in an engine of its own, and then is busy until it has
    taken so many times as long."""
    engine = load_target("latex").open(text)
    planned = exercises(Operation.CHARACTER, text, EDITS)
    now = time.perf_counter_ns

    def work() -> None:
        started = now()
        for _, edit, undo in planned:
            assert undo is not None
            engine.apply((edit,))
            engine.apply((undo,))
        until = started + (now() - started) * slower
        while now() < until:
            pass

    return work


def verdicts(slower: float, rounds: int, clock: Clock) -> dict[Method, Counter[Verdict]]:
    """What each method says of the same code, or of code that is slower: the same samples for
    all."""
    text = document(worth_showing(language_of("latex", None).samples), SIZE)
    counts: dict[Method, Counter[Verdict]] = {method: Counter() for method in Method}
    for number in range(rounds):
        functions = typing(text), typing(text, slower)
        if number % 2:  # whoever comes first has no advantage over all
            functions = functions[::-1]
        measured = interleaved(functions, ("a", "b"), SAMPLES, 5, clock=clock)
        a, b = measured if not number % 2 else measured[::-1]
        for method in Method:
            if method is Method.BOOTSTRAP and number >= BOOTSTRAPS:
                continue
            counts[method][judge(a.samples, b.samples, method=method, paired=True).verdict] += 1
    return counts


def main() -> None:
    """Prints a line for each condition and method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comparisons", type=int, default=1000)
    parser.add_argument("--planted", type=int, default=100, help="for each kind of load")
    parser.add_argument("--busy", type=int, default=50, help="with itself, for each kind of load")
    parser.add_argument("--clock", type=Clock, default=Clock.WALL)
    arguments = parser.parse_args()
    conditions: dict[str, tuple[Load, ...]] = {
        "left alone": (),
        **{f"{load} busy": (load,) for load in Load},
        "all busy": tuple(Load),
    }
    print(f"{SAMPLES} samples of {EDITS} edits; 5 % allowed; clock: {arguments.clock}")
    for name, loads in conditions.items():
        with background(loads, available_cores()):
            for what, slower, rounds in (
                ("20 % slower", SLOWER, arguments.planted),
                ("itself", 1.0, arguments.busy if loads else arguments.comparisons),
            ):
                started = time.monotonic()
                counts = verdicts(slower, rounds, arguments.clock)
                seconds = time.monotonic() - started
                for method, count in counts.items():
                    told = ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict
                                     if count[verdict])  # fmt: skip
                    print(f"{name}, {what}, {method}: {count.total()} comparisons: {told} "
                          f"({seconds:.0f} s)", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
