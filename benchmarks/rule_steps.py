#!/usr/bin/env python3
"""How many rule steps a second the state machine takes, drawing, driving and judging together.

A measurement, not a test: it asserts nothing. Documents are drawn up to a size at which those that
the steps meet have the wanted median; CPU time is counted. Run it on an idle machine:

    python benchmarks/rule_steps.py
"""

from __future__ import annotations

import argparse
import cProfile
import platform
import pstats
import statistics
import time
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from fuzzeq.engines.machine import state_machine
from fuzzeq.registry import load_target

ROUNDS = 5
STEPS = 50


def main() -> None:
    """Measures in rounds and prints the median round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000, help="rule steps in all, about")
    parser.add_argument("--document", type=int, default=512, help="size that documents are drawn to")
    parser.add_argument("--target", default="latex")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    arguments = parser.parse_args()
    target = load_target(arguments.target)
    profiler = cProfile.Profile(time.process_time)
    if arguments.profile:
        profiler.enable()
    rates, sizes = [], []
    for number in range(ROUNDS):
        rate, met = measure(target, arguments.document, arguments.steps // ROUNDS, number)
        rates.append(rate)
        sizes += met
    if arguments.profile:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    deciles = statistics.quantiles(sizes, n=10)
    print(f"python {platform.python_version()}, {platform.machine()}")
    print(f"documents: median {statistics.median(sizes):.0f}, ninth decile {deciles[8]:.0f}")
    print(
        f"rule steps a second of CPU time: median {statistics.median(rates):.0f}, "
        f"lowest {min(rates):.0f}, highest {max(rates):.0f} of {ROUNDS} rounds"
    )


def measure(target: Any, document: int, steps: int, seed: int) -> tuple[float, list[int]]:
    """Rule steps a second, and the sizes of the documents that they met."""
    sizes: list[int] = []

    class Measured(state_machine(target, document)):  # type: ignore[misc]
        def take(self, step: Any) -> None:
            super().take(step)
            sizes.append(len(self.session.document))

    quiet = settings(
        max_examples=steps // STEPS, stateful_step_count=STEPS, database=None, deadline=None,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    started = time.process_time()
    run_state_machine_as_test(seeded(seed)(Measured), settings=quiet)
    return len(sizes) / (time.process_time() - started), sizes


if __name__ == "__main__":
    main()
