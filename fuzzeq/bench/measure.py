"""How long functions take, in this process: one by itself, or two in turns.

The garbage collector is left as the program has it, as pyperf does: what it costs is part of what
the code costs. It is asked to finish before the first sample, so that nobody pays for what others
left behind.

Who comes first in a turn is drawn by lot. The scheduler gives time in slices of some milliseconds:
where turns keep in step with them, one function would be interrupted each time, and another never.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeAlias

from fuzzeq.bench.judgement import ALPHA, MAX_OVERHEAD, Direction, Judgement, Method, method_of
from fuzzeq.bench.judging import judge, with_all_tests
from fuzzeq.bench.statistics import Samples, Statistics, summarize
from fuzzeq.errors import UsageError

ITERATIONS = 100
WARM_UP = 10
SHORTEST_SAMPLE = 20e-6
"""Seconds. What is over sooner is called several times for one sample: a clock takes its time as
well."""
MOST_LOOPS = 1 << 20
CALIBRATION = 3


class Clock(StrEnum):
    """Whose time counts."""

    WALL = "wall"
    """The clock on the wall: what a user waits."""
    CPU = "cpu"
    """What this process used: what others do meanwhile counts less, and sleep not at all."""


CLOCKS: Mapping[Clock, Callable[[], int]] = {
    Clock.WALL: time.perf_counter_ns,
    Clock.CPU: time.process_time_ns,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a function took: seconds for each sample, each the mean of `loops` calls in a row."""

    name: str
    samples: tuple[float, ...]
    statistics: Statistics
    clock: Clock
    loops: int = 1


Function: TypeAlias = Callable[[], object]
Measurable: TypeAlias = "Function | Measured | Samples"


def run(
    function: Function,
    *,
    name: str = "",
    iterations: int = ITERATIONS,
    warmup: int = WARM_UP,
    setup: Function | None = None,
    clock: Clock = Clock.WALL,
) -> Measured:
    """Samples of a function; `setup` is called before each, untimed. Raises `UsageError`."""
    return interleaved((function,), (name,), iterations, warmup, setup, clock)[0]


def interleaved(
    functions: Sequence[Function],
    names: Sequence[str],
    iterations: int = ITERATIONS,
    warmup: int = WARM_UP,
    setup: Function | None = None,
    clock: Clock = Clock.WALL,
) -> tuple[Measured, ...]:
    """Samples of several functions, taken in turns: whatever the machine does is done to all."""
    if iterations < 1 or warmup < 0:
        raise UsageError("at least one iteration is needed, and no less than no warm-up")
    read = CLOCKS[clock]
    loops = [1 if setup else _loops(function, read) for function in functions]
    taken: list[list[float]] = [[] for _ in functions]
    lots, order = Random(0), list(range(len(functions)))
    gc.collect()
    for number in range(-warmup, iterations):
        lots.shuffle(order)
        for which in order:
            function, repeat = functions[which], range(loops[which])
            if setup:
                setup()
            started = read()
            for _ in repeat:
                function()
            took = read() - started
            if number >= 0:
                taken[which].append(took / loops[which] / 1e9)
    return tuple(
        Measured(name, tuple(samples), summarize(samples), clock, times)
        for name, samples, times in zip(names, taken, loops, strict=True)
    )


def _loops(function: Function, read: Callable[[], int]) -> int:
    """How many calls make a sample that a clock can tell."""
    loops = 1
    while loops < MOST_LOOPS:
        took = []
        for _ in range(CALIBRATION):  # a single one may be long by accident
            started = read()
            for _ in range(loops):
                function()
            took.append((read() - started) / 1e9)
        if min(took) >= SHORTEST_SAMPLE:
            break
        loops *= 2
    return loops


def compare(
    a: Measurable,
    b: Measurable,
    max_overhead: float = MAX_OVERHEAD,
    *,
    method: Method | str = Method.ROBUST,
    direction: Direction | str = Direction.LOWER,
    alpha: float = ALPHA,
    name: str = "",
    iterations: int = ITERATIONS,
    warmup: int = WARM_UP,
    clock: Clock = Clock.WALL,
) -> Judgement:
    """Is `b` worse than `a` by more than `max_overhead`, a share?

    Two functions are measured in turns, as often as `iterations` says; else both are samples of one
    metric in one unit, or what `run` gave. Raises `UsageError`.
    """
    paired = callable(a) and callable(b)
    if callable(a) and callable(b):
        a, b = interleaved((a, b), ("a", "b"), iterations, warmup, None, clock)
    if callable(a) or callable(b):
        raise UsageError("a function can be compared with a function, and samples with samples")
    first, second = (each.samples if isinstance(each, Measured) else each for each in (a, b))
    judged = judge(
        first, second, max_overhead, method=method_of(method), direction=Direction(direction),
        alpha=alpha, name=name, paired=paired,
    )  # fmt: skip
    return with_all_tests(judged, first, second)
