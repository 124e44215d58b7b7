#!/usr/bin/env python3
"""How many executions a second the guided engine makes in one process.

A measurement, not a test: it asserts nothing. Counted are traces of at most 200 characters and 6
steps that were checked as the engine checks them, on the instrumented side; libFuzzer is told to
make entries of at most 256 bytes. The time is CPU time from the first of them on, and what it takes
to mutate, to keep entries and to pass over larger traces is in it. Run it on an idle machine:

    python benchmarks/executions.py --seconds 20
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time

from fuzzeq.checking import check
from fuzzeq.engines.counters import Counters
from fuzzeq.engines.guided_features import Features, Noting
from fuzzeq.engines.guided_process import Fuzzer, command
from fuzzeq.engines.guided_seeds import seeds_of
from fuzzeq.engines.unit import language_of
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

CHARACTERS = 200
STEPS = 6
MAX_BYTES = 256
LOOKS = 32
"""Executions between two looks at the clock, which has its price."""


def main() -> None:
    """Runs until the time is over, and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of CPU time")
    parser.add_argument("--target", default="latex")
    arguments = parser.parse_args()
    target, language = load_target(arguments.target), language_of(arguments.target, None)
    counters = Counters()
    meter = Noting(features=Features(counters))
    sizes: list[int] = []
    steps: list[int] = []
    started = 0.0

    def judge(data: bytes, trace: Trace) -> None:
        nonlocal started
        if len(trace.document) > CHARACTERS or len(trace.steps) > STEPS:
            return
        started = started or time.process_time()
        check(target, trace, meter, sparing=True)
        sizes.append(len(trace.document))
        steps.append(len(trace.steps))
        if len(sizes) % LOOKS:
            return
        spent = time.process_time() - started
        if spent > arguments.seconds:
            print(
                f"{len(sizes) / spent:,.0f} executions and {meter.edits / spent:,.0f} edits a "
                f"second of CPU time; documents of {statistics.mean(sizes):.0f} characters and "
                f"traces of {statistics.mean(steps):.1f} steps on average, "
                f"{statistics.median(sizes):.0f} and {statistics.median(steps):.0f} in the median"
            )
            sys.stdout.flush()
            os._exit(0)

    with tempfile.TemporaryDirectory() as corpus:
        fuzzer = Fuzzer(target, language, judge, seeds_of(target, language), counters)
        fuzzer.start(
            command(arguments.target), [corpus, f"-max_len={MAX_BYTES}", "-verbosity=0", "-seed=1"]
        )


if __name__ == "__main__":
    main()
