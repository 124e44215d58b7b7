#!/usr/bin/env python3
"""What `fuzzeq.bench` itself costs: the environment, a threshold, a judgement, a baseline.

A measurement, not a test: it asserts nothing.

    python benchmarks/own_cost.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from fuzzeq.bench.baseline import Settings, blended, made_of
from fuzzeq.bench.baselines import Baselines
from fuzzeq.bench.environment import calibrate, detect
from fuzzeq.bench.judgement import Method
from fuzzeq.bench.judging import judge, judge_against, threshold_of
from fuzzeq.bench.measure import Clock, run
from fuzzeq.bench.statistics import Statistics, summarize

SAMPLES = 100
TESTS = 100

FIRST = """
import time, psutil, fuzzeq.bench.environment as environment
started = time.process_time()
environment.detect()
print(time.process_time() - started)
"""


def judging(a: list[float] | Statistics, b: list[float], method: Method) -> Callable[[], object]:
    """A judgement, still to be made."""
    if isinstance(a, Statistics):
        return lambda: judge_against(a, b, method=method)
    return lambda: judge(a, b, method=method)


def main() -> None:
    """Prints a line for each part: median and 95th percentile, in milliseconds."""
    draw = Random(1)
    a = [draw.lognormvariate(0, 0.2) for _ in range(SAMPLES)]
    b = [draw.lognormvariate(0.1, 0.2) for _ in range(SAMPLES)]
    known, one = summarize(a), made_of(a, 0.001)
    with tempfile.TemporaryDirectory() as folder:
        stored = Baselines(Path(folder), "cost")
        run_of_all = {f"test/{number}": one for number in range(TESTS)}
        stored.accept(run_of_all, Settings())
        parts = {
            "environment, again": lambda: detect(),
            "a calibration": lambda: calibrate(),
            "a threshold": lambda: threshold_of(known),
            **{f"a judgement of two, {each}": judging(a, b, each) for each in Method},
            **{f"a judgement by a baseline, {each}": judging(known, b, each) for each in Method},
            "a baseline of samples": lambda: made_of(a, 0.001),
            "a baseline blended": lambda: blended(one, one, Settings()),
            f"{TESTS} baselines read": lambda: stored.load(),
            f"one of {TESTS} accepted": lambda: stored.accept({"test/1": one}, Settings()),
            f"all {TESTS} accepted": lambda: stored.accept(run_of_all, Settings()),
        }
        print(f"{SAMPLES} samples; milliseconds of CPU time: median, 95th percentile")
        first = [
            float(subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True,
                                 check=True).stdout)
            for _ in range(10)
        ]  # fmt: skip
        times = summarize(first)
        print(f"{'environment, first in a process':45}{1e3 * times.median:10.4f}"
              f"{1e3 * times.p95:10.4f}")  # fmt: skip
        for name, part in parts.items():
            times = run(part, iterations=50, clock=Clock.CPU).statistics
            print(f"{name:45}{1e3 * times.median:10.4f}{1e3 * times.p95:10.4f}", flush=True)


if __name__ == "__main__":
    main()
