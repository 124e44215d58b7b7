"""Handles on several threads: what no trace can show, because a race has no reproducer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from threading import Barrier, Thread
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.checking import check
from fuzzeq.engines.conformance.subject import Subject
from fuzzeq.model.observation import Raised
from fuzzeq.model.result import equal
from fuzzeq.model.trace import Trace

ROUNDS, SECONDS, SWITCH_SECONDS = 3, 20.0, 1e-6


def thread_safe(subject: Subject) -> Iterator[str]:
    """Two handles on two threads end as each does alone; where one does not do well alone, that is
    told of another promise."""
    target, traces = subject.target, subject.sprinkled
    if any(guarded("check", lambda: check(target, trace)) for trace in traces):  # noqa: B023
        return
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)  # so that a race shows in a few edits
    try:
        rounds = [_side_by_side(target, traces) for _ in range(ROUNDS)]
    finally:
        sys.setswitchinterval(interval)
    told: set[str] = set()
    for outcomes in rounds:
        for number, trace in enumerate(traces):
            *_, document = trace.documents()
            outcome, expected = outcomes.get(number), target.batch(document)
            message = f"with another handle on another thread, handle {number + 1} "
            if outcome is None:
                message += f"was not ready within {SECONDS:.0f} s"
            elif isinstance(outcome, Raised):
                message += f"raised {outcome.type}: {outcome.message}"
            elif not equal(outcome, expected):
                message += "ended with another result than batch()"
            else:
                continue
            if message not in told:
                told.add(message)
                yield message


def _side_by_side(target: Any, traces: Sequence[Trace]) -> dict[int, Sequence[Any] | Raised]:
    """The last results of handles that are driven through a trace of edits each, at the same time,
    by number; none of one that takes too long."""
    outcomes: dict[int, Sequence[Any] | Raised] = {}
    barrier = Barrier(len(traces))

    def result(trace: Trace) -> Sequence[Any]:
        barrier.wait(SECONDS)
        handle = target.open(trace.document)
        for step in trace.steps:
            handle.apply(step)
            handle.result()
        return list(handle.result())

    def drive(number: int, trace: Trace) -> None:
        outcomes[number] = guarded("thread", lambda: result(trace))

    threads = [
        Thread(target=drive, args=(number, trace), daemon=True)
        for number, trace in enumerate(traces)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return dict(outcomes)
