#!/usr/bin/env python3
"""How many rule steps a second the state machine takes: drawn, driven and judged.

A measurement, not a test: it asserts nothing. Documents are drawn to sizes around `--document`, so
that those which the steps meet have about that median (it is printed); CPU time is counted. Run it
on an idle machine:

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
from hypothesis.stateful import initialize, run_state_machine_as_test

from fuzzeq.engines.machine import state_machine
from fuzzeq.engines.unit import language_for
from fuzzeq.generate import Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.hypothesis_source import strategy
from fuzzeq.generate.source import Source
from fuzzeq.model.trace import Step
from fuzzeq.registry import load_target

ROUNDS = 5
STEPS = 50


def main() -> None:
    """Measures in rounds and prints the median round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000, help="rule steps in all, about")
    parser.add_argument("--document", type=int, default=300, help="size of documents, about")
    parser.add_argument("--target", default="latex")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    arguments = parser.parse_args()
    target = load_target(arguments.target)
    profiler = cProfile.Profile(time.process_time)
    rates, sizes = [], []
    for number in range(ROUNDS):
        if arguments.profile:
            profiler.enable()
        rate, met = measure(target, arguments.document, arguments.steps // ROUNDS, number)
        profiler.disable()
        rates.append(rate)
        sizes += met
    if arguments.profile:
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
    language = language_for(target)

    def documents(source: Source) -> str:
        size = source.integer(document // 2, 3 * document // 2)
        return draw_document(source, language, Swarm(source), size)

    class Measured(state_machine(target)):  # type: ignore[misc]
        @initialize(document=strategy(documents))
        def open(self, document: str) -> None:
            self.open_document(document)

        def take(self, step: Step) -> None:
            super().take(step)
            sizes.append(len(self.session.document))

    quiet = settings(
        max_examples=steps // STEPS,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    started = time.process_time()
    run_state_machine_as_test(seeded(seed)(Measured), settings=quiet)
    return len(sizes) / (time.process_time() - started), sizes


if __name__ == "__main__":
    main()
