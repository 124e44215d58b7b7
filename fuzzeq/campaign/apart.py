"""A trace checked in a process of its own, because it kills or hangs the one that runs it.

Used inside a worker, which forks: a child for each candidate costs a few milliseconds, a fresh
interpreter would cost hundreds. The worker has one thread, so that forking it is safe.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any

import psutil

from fuzzeq.campaign.worker import WorkerLimits, ending
from fuzzeq.checking import check
from fuzzeq.engines.parent import die_with
from fuzzeq.model.finding import Divergence
from fuzzeq.model.trace import Trace

_POLL_SECONDS = 0.02


def check_apart(target: Any, trace: Trace, limits: WorkerLimits) -> Divergence | None:
    """What `check` says; where its process dies or hangs, that is the divergence. The time limit
    is for the whole trace. A limit of memory is measured as for workers."""
    receiving, sending = Pipe(duplex=False)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _answer(sending, parent, target, trace)
    sending.close()
    try:
        over, hung = _wait(receiving, child, limits)
        if not over and receiving.poll():
            with suppress(EOFError):
                answer: Divergence | None = receiving.recv()
                return answer
    finally:
        receiving.close()
        with suppress(ProcessLookupError):
            os.kill(child, 9)
        _, status = os.waitpid(child, 0)
    how = over or ending(os.waitstatus_to_exitcode(status))
    return lost(len(trace.steps), hung, how)


def crowding() -> float:
    """How many processes there were to a core in the last minute; one at least."""
    return max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)


def lost(step: int, hung: bool, how: str) -> Divergence:
    """The divergence of a trace whose process was lost; `how` in words. What one died of goes into
    its fingerprint, figures do not."""
    kind = "hung" if hung else "died"
    cause = kind if hung else "memory" if "MB of memory" in how else how
    return Divergence("raises", kind, step, how, actual=cause)


def _answer(sending: Any, parent: int, target: Any, trace: Trace) -> None:
    """What the child does. It leaves without tidying up what is its parent's."""
    try:
        die_with(parent)
        sending.send(check(target, trace))
    finally:
        os._exit(0)


def _wait(receiving: Any, child: int, limits: WorkerLimits) -> tuple[str, bool]:
    """Waits for an answer; which limit was passed, in words, and whether it is that of time."""
    deadline = time.monotonic() + limits.hang_seconds
    while not receiving.poll(_POLL_SECONDS):
        if time.monotonic() > deadline:
            return f"no word for {limits.hang_seconds:g} s", True
        if limits.memory_bytes is not None:
            with suppress(psutil.Error):
                resident = psutil.Process(child).memory_info().rss
                if resident > limits.memory_bytes:
                    return limits.too_much(resident), False
    return "", False
