#!/usr/bin/env python3
"""Engines side by side: how many comparisons each needs until a planted bug shows.

Every hunt has a limit of CPU time; one that is over it is censored: it counts as a hunt, not as a
kill, and with more checks than any that killed. The guided engine starts from an empty corpus each
time, and what its process takes to start counts; the exhaustive one has no seed and is run once for
all of them:

    python benchmarks/engines.py --seconds 30 --seeds 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import psutil

from fuzzeq.checking import Meter, check
from fuzzeq.engines import exhaustive, guided
from fuzzeq.engines.unit import Unit, language_of, traces
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target, planted_bugs

ENGINES = ("stream", "exhaustive", "property", "guided")
PREFIX = "latex-planted-"
BUGS = (
    "lookahead-lost-on-reuse",
    "no-look-back-on-deletion",
    "without-verbatim-name",
    "line-known-by-its-ends",
    "few-equal-lines",
    "fixed-window",
    "states-below-the-fold-kept",
    "stale-checkpoints",
)
"""Of the classes 1 to 18, those that take longest, and two of the ordinary ones."""


class Hunted(NamedTuple):
    """A hunt: whether it killed, and the traces run, the comparisons made and the seconds of CPU
    time spent until it did or the time was over."""

    killed: bool
    traces: int
    checks: int
    seconds: float


def main() -> None:
    """Hunts, and prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="limit of one hunt, of CPU time"
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument(
        "--bugs", nargs="+", default=BUGS, help="names without latex-planted-; classes such as 1-18"
    )
    arguments = parser.parse_args()
    bugs = list(named(arguments.bugs))
    print("| planted bug | " + " | ".join(arguments.engines) + " |")
    print("|---|" + "---|" * len(arguments.engines))
    for bug in bugs:
        row = [
            cell(hunts(engine, PREFIX + bug, arguments.seeds, arguments.seconds))
            for engine in arguments.engines
        ]
        print(f"| {bug} | " + " | ".join(row) + " |", flush=True)


def named(words: list[str]) -> Iterator[str]:
    """The bugs that were asked for."""
    for word in words:
        first, _, last = word.partition("-")
        if first.isdigit():
            for bug in planted_bugs():
                if int(first) <= bug.bug_class <= int(last or first):
                    yield bug.target.name.removeprefix(PREFIX)
        else:
            yield word


def cell(hunts: list[Hunted]) -> str:
    """Kills, and the medians of checks, traces and seconds; "over" where the median is
    censored."""
    kills = sum(hunted.killed for hunted in hunts)
    ordered = sorted(hunts, key=lambda hunted: (not hunted.killed, hunted.checks))
    middle = ordered[(len(ordered) - 1) // 2]
    over = "" if middle.killed else "over "
    seconds = statistics.median(hunted.seconds for hunted in hunts)
    return (
        f"{kills}/{len(hunts)}, {over}{middle.checks:,} checks in {middle.traces:,} traces, "
        f"{seconds:.1f} s"
    )


def hunts(engine: str, target: str, seeds: int, seconds: float) -> list[Hunted]:
    """One hunt for each seed."""
    if engine == "exhaustive":
        return [hunt(engine, target, 0, seconds)] * seeds
    return [hunt(engine, target, seed, seconds) for seed in range(seeds)]


def hunt(engine: str, target: str, seed: int, seconds: float) -> Hunted:
    """One hunt."""
    if engine == "guided":
        return hunt_guided(target, seed, seconds)
    system, meter, run = load_target(target), Meter(), 0
    started = time.process_time()
    for trace in endless(engine, target, seed):
        run += 1
        divergence = check(system, trace, meter, sparing=True)
        spent = time.process_time() - started
        if divergence or spent > seconds:
            return Hunted(divergence is not None, run, meter.checks, spent)
    return Hunted(False, run, meter.checks, seconds)


def endless(engine: str, target: str, seed: int) -> Iterator[Trace]:
    """The traces of one unit after the other."""
    if engine == "exhaustive":
        alphabet = language_of(target, None).alphabet
        for index in count():
            yield from exhaustive.traces(alphabet, index)
    for index in count():
        yield from traces(Unit(engine, target, seed, index, 250))


def hunt_guided(target: str, seed: int, seconds: float) -> Hunted:
    """The same, an edit at a time, from an empty corpus; the time of the process that does it."""
    run = checks = 0
    spent = 0.0
    with tempfile.TemporaryDirectory() as corpus:
        unit = Unit("guided", target, seed, 0, 1, corpus=corpus)
        while True:
            try:
                report, _, _ = guided.order(unit, lambda number, trace: None)
            except guided.ProcessLost:
                return Hunted(True, run, checks, spent)
            run, checks = run + report.executions, checks + report.meter.checks
            times = psutil.Process(guided._running[0].process.pid).cpu_times()
            spent = times.user + times.system
            if report.diverged or spent > seconds:
                guided.end()
                return Hunted(report.diverged > 0, run, checks, spent)


if __name__ == "__main__":
    main()
