"""Handles on several threads: what no trace can show, because a race has no reproducer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from threading import Barrier, Thread
from typing import Any

from fuzzeq.engines.conformance.subject import Subject, insertion
from fuzzeq.lockstep import guarded
from fuzzeq.model.observation import Raised
from fuzzeq.model.result import equal
from fuzzeq.model.trace import Edits

ROUNDS, THREAD_EDITS, SECONDS, SWITCH_SECONDS = 3, 40, 20.0, 1e-6


def thread_safe(subject: Subject) -> Iterator[str]:
    """Two handles on two threads end as each would alone."""
    document = max(subject.documents, key=len)
    ways = [_accepted_insertions(subject, document, letter) for letter in "ab"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)  # so that a race shows in a few edits
    try:
        rounds = [_side_by_side(subject.target, document, ways) for _ in range(ROUNDS)]
    finally:
        sys.setswitchinterval(interval)
    told: set[str] = set()
    for outcomes in rounds:
        for number, (_, text) in enumerate(ways):
            outcome, expected = outcomes.get(number), subject.target.batch(text)
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


def _accepted_insertions(subject: Subject, document: str, letter: str) -> tuple[list[Edits], str]:
    """Insertions here and there that the target accepts, and the document that they make."""
    steps = []
    for number in range(THREAD_EDITS):
        step = insertion(number * 37 % (len(document) + 1), letter)
        if subject.accepted([step[0].apply(document)]):
            document = step[0].apply(document)
            steps.append(step)
    return steps, document


def _side_by_side(
    target: Any, document: str, ways: Sequence[tuple[Sequence[Edits], str]]
) -> dict[int, Sequence[Any] | Raised]:
    """The last results of handles on the same document, driven at the same time, by number; none
    of one that takes too long."""
    outcomes: dict[int, Sequence[Any] | Raised] = {}
    barrier = Barrier(len(ways))

    def result(steps: Sequence[Edits]) -> Sequence[Any]:
        barrier.wait(SECONDS)
        handle = target.open(document)
        for step in steps:
            handle.apply(step)
            handle.result()
        return list(handle.result())

    def drive(number: int, steps: Sequence[Edits]) -> None:
        outcomes[number] = guarded("thread", lambda: result(steps))

    threads = [
        Thread(target=drive, args=(number, steps), daemon=True)
        for number, (steps, _) in enumerate(ways)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return dict(outcomes)
