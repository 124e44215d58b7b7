#!/usr/bin/env python3
"""What reports cost, and what the guess at a bug's class is worth.

A measurement, not a test: it asserts nothing. From the root of the repository:

    python -m benchmarks.reports page          # a night of 1,000 findings: made, weighed, opened
    python -m benchmarks.reports classes       # planted bugs hunted, and their class guessed
    python -m benchmarks.reports counting      # what it costs to count hazards by ways of editing

The page is opened in Debian's Chromium by playwright. Seconds of its main thread are those of the
CPU; by the clock, they are until two frames behind the last event of loading.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from fuzzeq.campaign.state import Run, Settings
from fuzzeq.campaign.tasks import Hunt
from fuzzeq.checking import check
from fuzzeq.engines.unit import Unit, traces
from fuzzeq.forensics.examination import examine
from fuzzeq.generate import Swarm
from fuzzeq.model.finding import Finding
from fuzzeq.report.assembling import Context, Examined, night_page
from fuzzeq.report.pytest_function import Source
from fuzzeq.report.run_report import report
from fuzzeq.targets.latex.planted import PLANTED
from tests.test_planted import PINNED

FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def page(count: int, times: int) -> None:
    """A night of so many findings: the planted bugs on their minima, again and again."""
    found = []
    for bug in PLANTED:
        which, _ = PINNED[bug.target.name.removeprefix("latex-planted-")]
        divergence = check(bug.target, which)
        if divergence:
            finding = Finding(bug.target.name, divergence, which, shrunk=True)
            found.append((finding, examine(bug.target, finding)))
    seen = []
    for number in range(count):
        finding, examination = found[number % len(found)]
        row = {
            "fingerprint": f"{number:08x}" * 2, "oracle": finding.divergence.oracle,
            "kind": finding.divergence.kind, "document_chars": len(finding.trace.document),
            "reproducer": f"crashes/{number}.fuzzeq.json", "steps": len(finding.trace.steps),
            "status": "confirmed", "known": False, "why_known": "",
        }  # fmt: skip
        seen.append(Examined(row, Path(f"crashes/{number}"), finding, examination))
    context = Context(sources=lambda name: Source("from fuzzeq.targets.latex import TARGET"))
    value = report(Run(Settings("latex"))) | {"findings": [each.row for each in seen]}
    started = time.process_time()
    text = night_page(value, seen, context)
    seconds = time.process_time() - started
    print(f"{count:,} findings: {len(text.encode()) / 1e6:.1f} MB, made in {seconds:.1f} s of CPU")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(text, "utf-8")
        open_it(path, times)


def open_it(path: Path, times: int) -> None:
    """Opens a page so many times, each in a context of its own."""
    from playwright.sync_api import sync_playwright

    clock, thread = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for _ in range(times):
            tab = browser.new_context().new_page()
            session = tab.context.new_cdp_session(tab)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            started = time.perf_counter()
            tab.goto(path.as_uri(), wait_until="load")
            tab.evaluate(FRAMES)
            clock.append(time.perf_counter() - started)
            metrics = session.send("Performance.getMetrics")["metrics"]
            thread += [each["value"] for each in metrics if each["name"] == "TaskDuration"]
            tab.context.close()
        browser.close()
    print(f"opened {times} times: main thread {told(thread)} of CPU, by the clock {told(clock)}")


def told(seconds: list[float]) -> str:
    """The median, and from the least to the most."""
    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def classes(seed: int) -> None:
    """Hunts each planted bug, shrinks what is found, and has its class guessed."""
    first = among = count = 0
    for bug in PLANTED:
        hunted = Hunt(bug.target.name, seed, 20_000).run(lambda note: None)
        if hunted.shrunk is None:
            continue
        likely = [each.number for each in examine(bug.target, hunted.shrunk.finding).likely]
        count += 1
        first += likely[:1] == [bug.bug_class]
        among += bug.bug_class in likely
        print(f"{bug.bug_class:>3} {bug.target.name:<45} {likely}", flush=True)
    print(f"seed {seed}: of {count} bugs {first} first, {among} among the three")


def counting(units: int) -> None:
    """Draws the same units with and without counting, in turns."""

    def seconds() -> float:
        started = time.process_time()
        for index in range(units):
            for _ in traces(Unit("stream", "latex", 0, index, 250), Counter()):
                pass
        return time.process_time() - started

    counted: Callable[..., Any] = Swarm.meet
    with_it, without = [], []
    seconds()
    for _ in range(7):
        Swarm.meet = counted  # type: ignore[method-assign]
        with_it.append(seconds())
        Swarm.meet = lambda self, one, other: None  # type: ignore[method-assign]
        without.append(seconds())
    Swarm.meet = counted  # type: ignore[method-assign]
    more = (min(with_it) - min(without)) / units
    print(f"drawing a unit of 250 edits: {min(without) / units * 1e3:.2f} ms, with counting "
          f"{more * 1e3:+.3f} ms")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["page", "classes", "counting"])
    parser.add_argument("--findings", type=int, default=1000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--units", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.what == "page":
        page(arguments.findings, arguments.times)
    elif arguments.what == "classes":
        classes(arguments.seed)
    else:
        counting(arguments.units)
