#!/usr/bin/env python3
"""How many planted bugs the state machine kills by itself, and how small it tells them.

A measurement, not a test: it asserts nothing. Runs the machine of each with a profile of
Hypothesis's, shrinking included; CPU time is counted. Run it on an idle machine:

    python benchmarks/machine_kills.py
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from hypothesis import HealthCheck, settings

from fuzzeq import Diverged, Finding, state_machine
from fuzzeq.registry import planted_bugs
from fuzzeq.shrink import size


def main() -> None:
    """Prints a line for each planted bug, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="ci", help="which profile (default: ci)")
    given = settings(
        settings.get_profile(parser.parse_args().profile), suppress_health_check=list(HealthCheck)
    )
    killed, slowest, started = 0, 0.0, time.process_time()
    for bug in planted_bugs():
        before = time.process_time()
        finding = run(bug.target, given)
        seconds = time.process_time() - before
        told = "survives"
        if finding:
            edits, _, characters, *_ = size(finding.trace)
            told = f"{finding.divergence.oracle}: {edits} edits, {characters} characters"
            killed += 1
            slowest = max(slowest, seconds)
        print(f"{bug.target.name:<46} {seconds:5.1f} s  {told}", flush=True)
    seconds = time.process_time() - started
    print(
        f"{killed} of {len(planted_bugs())} killed in {seconds:.0f} s of CPU time, "
        f"shrinking included; the slowest kill took {slowest:.1f} s"
    )


def run(target: Any, given: settings) -> Finding | None:
    """The finding with which a target's machine fails, or None where it passes."""
    case = state_machine(target).TestCase
    case.settings = given
    try:
        case("runTest").runTest()
    except Diverged as diverged:
        return diverged.finding
    return None


if __name__ == "__main__":
    main()
