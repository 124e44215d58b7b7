"""A worker: a process that does one task after the other, as its supervisor sees it and as it is.

It leaves a note of what it is at, which outlives it, and does not outlive its supervisor. Knows
nothing of other workers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from fuzzeq.campaign.journal import Journal
from fuzzeq.engines.parent import die_with
from fuzzeq.errors import UsageError

HANG_SECONDS = 60.0
"""A worker that says nothing for so long is taken to hang."""

START_SECONDS = 60.0
"""A process has at least so long until its first word, which its first task gives once it has
loaded what it runs: to start and to import all that takes seconds, and is no silence of the
target's."""

MEGABYTE = 1 << 20

_LONG = Ellipsis  # the note that says that the last one went over the pipe


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What a worker may take before it is ended: seconds without a word, seconds for one task,
    bytes of memory (resident, measured once a second). None is no limit."""

    hang_seconds: float = HANG_SECONDS
    task_seconds: float | None = None
    memory_bytes: int | None = None

    def too_much(self, resident: int) -> str:
        """That so many bytes are too many, in words."""
        limit = (self.memory_bytes or 0) // MEGABYTE
        return f"{resident // MEGABYTE:,} MB of memory; the limit is {limit:,} MB"


USUAL_LIMITS = WorkerLimits()


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker died or hung; `note` is the last that it left, None if it left none."""

    task: Any
    note: Any
    hung: bool
    how: str


class Worker:
    """A process, our end of its pipe, and what it is doing."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._journal = Journal(context)
        self.process: SpawnProcess = context.Process(
            target=_work, args=(theirs, self._journal, os.getpid(), list(sys.path)), daemon=True
        )
        # Ctrl-C goes to the whole group: until the worker ignores it, it must not take it. The
        # tracker is started first, because starting it unblocks the signal again.
        resource_tracker.ensure_running()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        self.busy = self.used = self.spent = False
        self.task: Any = None
        self.long_note: Any = None
        self._count = self._count_before = 0
        self.heard = self.started = 0.0

    def start(self, task: Any) -> bool:
        """Hands a task over; false where the process is gone."""
        count = self._journal.count  # before the task is: its first note may come at once
        try:
            self.connection.send(task)
        except OSError:
            return False
        self.task, self.long_note = task, None
        self._count = self._count_before = count
        self.heard = self.started = time.monotonic()
        self.busy = self.used = True
        self.spent = is_fresh(task)
        return True

    def finish(self) -> Any:
        """The task, which is done."""
        task, self.task, self.busy = self.task, None, False
        return task

    def over_time(self, now: float, limits: WorkerLimits) -> str:
        """Which limit of time it is over, in words, if any."""
        if (count := self._journal.count) != self._count:
            self._count, self.heard = count, now
        patience = limits.hang_seconds if count else max(limits.hang_seconds, START_SECONDS)
        if now - self.heard > patience:
            return f"no word for {patience:g} s"
        if limits.task_seconds is not None and now - self.started > limits.task_seconds:
            return f"not done after {limits.task_seconds:g} s"
        return ""

    def lost(self, over: str, hung: bool) -> Lost:
        """Ends the process, and says what is lost with it, and to which limit if to any."""
        if over:
            self.process.kill()
        self.process.join(5)
        if self.process.is_alive():  # it has closed its end of the pipe, and goes on
            over = "its pipe was closed"
            self.process.kill()
            self.process.join(5)
        self.connection.close()
        return Lost(self.task, self._note(), hung, over or ending(self.process.exitcode))

    def _note(self) -> Any:
        """The last note of the task, read when nobody writes there any more."""
        if self._journal.count == self._count_before:
            return None
        note = self._journal.last()
        return self.long_note if note is _LONG else note

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        try:
            if not self.busy and self.process.is_alive():
                self.connection.send(None)
                self.process.join(2)
        except OSError:
            pass  # it is gone already
        if self.process.is_alive():
            self.process.kill()
            self.process.join(5)
        self.connection.close()


def ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit status {code}"


def _work(connection: Connection, journal: Journal, supervisor: int, path: list[str]) -> None:
    """The worker's loop. Ctrl-C is for the supervisor, which decides what to finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    die_with(supervisor)
    os.dup2(2, 1)  # what an engine prints is not what fuzzeq answers
    sys.path[:] = path

    def began(note: Any) -> None:
        if not journal.write(note):
            connection.send(("began", note))
            journal.write(_LONG)

    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return  # the supervisor is gone
        if task is None:
            return
        try:
            answer = "done", task.run(began)
        except UsageError as error:
            answer = "usage", str(error)
        except BaseException:
            answer = "failed", traceback.format_exc()
        try:
            connection.send(answer)
        except OSError:
            return  # the supervisor is gone


def is_fresh(task: Any) -> bool:
    """Whether a task wants a process of its own."""
    return bool(getattr(task, "fresh", False))
