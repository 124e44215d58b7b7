"""Tasks over processes: the one scheduler of fuzzeq.

Every worker has a pipe of its own: a queue shared by all can be left locked by one that is killed.
A task is any picklable value with a `run(began)` method; `began` leaves a note before the next
dangerous thing, so that when a worker dies or hangs it is known what it was doing. Knows nothing of
what tasks are for.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol, TypeAlias

import psutil

from fuzzeq.campaign.journal import Journal
from fuzzeq.errors import UsageError

HANG_SECONDS = 60.0
"""A worker that says nothing for so long is taken to hang."""

LONGEST_BACK_OFF = 1.0
"""Seconds. Workers that die one after the other are replaced after a pause, which doubles."""

MEGABYTE = 1 << 20

_POLL_SECONDS = 0.2
_MEMORY_SECONDS = 1.0
_FIRST_BACK_OFF = 0.05
_ASLEEP_SECONDS = 2.0
_LONG = Ellipsis  # the note that says that the last one went over the pipe
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


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


class Task(Protocol):
    """Something to do in a worker. One with a true attribute `fresh` gets a process of its own."""

    def run(self, began: Callable[[Any], None]) -> Any:
        """Does it, and returns a picklable result."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task and what came of it."""

    task: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker died or hung; `note` is the last that it left, None if it left none."""

    task: Any
    note: Any
    hung: bool
    how: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment has passed. Once a second it brings the resident memory of the workers along, as
    `(process id, bytes)`."""

    memory: tuple[tuple[int, int], ...] = ()


Event: TypeAlias = Done | Lost | Tick


class TaskFailed(Exception):
    """A task raised: our own fault. Carries the worker's traceback."""


def schedule(
    tasks: deque[Any],
    jobs: int,
    limits: WorkerLimits = USUAL_LIMITS,  # frozen
) -> Generator[Event, None, None]:
    """Runs the tasks over `jobs` processes, and yields what happens, as it does.

    The caller may add to `tasks`, or clear it, between two events. Closing the iterator ends the
    workers. Raises `UsageError` and `TaskFailed` where a task did.
    """
    pool = Pool(jobs, limits)
    try:
        while tasks or pool.busy:
            pool.hand_out(tasks)
            yield from pool.events() or [Tick()]
    finally:
        pool.end()


class Pool:
    """The workers there are, and what they may take."""

    def __init__(self, jobs: int, limits: WorkerLimits) -> None:
        self._jobs, self._limits = jobs, limits
        self._workers: list[_Worker] = []
        self._losses = 0  # in a row
        self._next_start = self._looked = self._measured = time.monotonic()

    @property
    def busy(self) -> bool:
        """Whether anything is being done."""
        return any(worker.busy for worker in self._workers)

    def end(self) -> None:
        """Ends all workers, whatever they are doing."""
        for worker in self._workers:
            worker.end()

    def hand_out(self, tasks: deque[Any]) -> None:
        """Gives tasks, from the left, to workers that have nothing to do."""
        while tasks and (worker := self._idle(_is_fresh(tasks[0]))):
            if worker.start(tasks[0]):
                tasks.popleft()
            else:  # it has ended since its last task
                self._remove(worker)

    def _idle(self, fresh: bool) -> _Worker | None:
        """A worker with nothing to do, made if there may be one more. One that did a task that
        wanted a process of its own does no other."""
        for worker in list(self._workers):
            if not worker.busy:
                if not worker.used or not (fresh or worker.spent):
                    return worker
                self._remove(worker)
        if len(self._workers) < self._jobs and time.monotonic() >= self._next_start:
            self._workers.append(_Worker())
            return self._workers[-1]
        return None

    def _remove(self, worker: _Worker) -> None:
        worker.end()
        self._workers.remove(worker)

    def events(self) -> list[Event]:
        """What the busy workers have to say, waiting a moment for it."""
        events: list[Event] = []
        busy = {worker.connection: worker for worker in self._workers if worker.busy}
        for connection in wait(list(busy), _POLL_SECONDS):
            event = self._hear(busy[connection])  # type: ignore[index] # wait() returns its own
            if event is not None:
                events.append(event)
        now = time.monotonic()
        asleep = now - self._looked - _POLL_SECONDS
        self._looked = now
        for worker in [worker for worker in self._workers if worker.busy]:
            if asleep > _ASLEEP_SECONDS:  # we were stopped, or busy: nobody could have been heard
                worker.heard += asleep
                worker.started += asleep
            if over := worker.over_time(now, self._limits):
                events.append(self._lose(worker, over, hung=True))
        if now - self._measured >= _MEMORY_SECONDS:
            self._measured = now
            events += self._measure()
        return events

    def _hear(self, worker: _Worker) -> Event | None:
        """Takes one message of a worker."""
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):  # gone, or in the middle of a message
            return self._lose(worker)
        if kind == "began":
            worker.long_note = value
            worker.heard = time.monotonic()
            return None
        if kind == "usage":
            raise UsageError(value)
        if kind == "failed":
            raise TaskFailed(value)
        self._losses = 0
        return Done(worker.finish(), value)

    def _lose(self, worker: _Worker, over: str = "", hung: bool = False) -> Lost:
        """A worker is gone, or has to go; the next one waits a little if this happens often."""
        self._workers.remove(worker)
        lost = worker.lost(over, hung)
        self._losses += 1
        if self._losses > 1:
            pause = min(_FIRST_BACK_OFF * 2 ** (self._losses - 2), LONGEST_BACK_OFF)
            self._next_start = time.monotonic() + pause
        return lost

    def _measure(self) -> list[Event]:
        """The memory of all workers, and those that are busy and take too much."""
        events: list[Event] = []
        measured = []
        for worker in list(self._workers):
            with suppress(psutil.Error):  # it has just ended; its pipe will say so
                resident = psutil.Process(worker.process.pid).memory_info().rss
                measured.append((worker.process.pid or 0, resident))
                limit = self._limits.memory_bytes
                if worker.busy and limit is not None and resident > limit:
                    events.append(self._lose(worker, self._limits.too_much(resident)))
        return [*events, Tick(tuple(measured))]


def _is_fresh(task: Any) -> bool:
    return bool(getattr(task, "fresh", False))


class _Worker:
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
        self.spent = _is_fresh(task)
        return True

    def finish(self) -> Any:
        """The task, which is done."""
        task, self.task, self.busy = self.task, None, False
        return task

    def over_time(self, now: float, limits: WorkerLimits) -> str:
        """Which limit of time it is over, in words, if any."""
        if (count := self._journal.count) != self._count:
            self._count, self.heard = count, now
        if now - self.heard > limits.hang_seconds:
            return f"no word for {limits.hang_seconds:g} s"
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


def die_with(supervisor: int) -> None:
    """Sees to it that this process does not outlive a supervisor that is killed, even where it
    hangs in the target. Only Linux can do that; elsewhere it ends with the task that it is at."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != supervisor:  # killed in the meantime
            os._exit(1)
