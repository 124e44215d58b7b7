"""Tasks over processes: the one scheduler of fuzzeq.

Every worker has a pipe of its own: a queue shared by all can be left locked by one that is killed.
A task is any picklable value with a `run(began)` method; `began` leaves a note before the next
dangerous thing, so that when a worker dies or hangs it is known what it was doing. Knows nothing of
what tasks are for.
"""

from __future__ import annotations

import errno
import pickle
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Protocol, TypeAlias

import psutil

from fuzzeq.campaign.worker import USUAL_LIMITS, Lost, Worker, WorkerLimits, is_fresh
from fuzzeq.errors import TaskFailed, UsageError

__all__ = [
    "Done", "Event", "Lost", "Pool", "Task", "Tick", "WorkerLimits", "schedule",
]  # fmt: skip

LONGEST_BACK_OFF = 1.0
"""Seconds. Workers that die one after the other are replaced after a pause, which doubles."""

ROOM_SECONDS = 10.0
"""For so long the first worker is waited for, where the machine has no room for it."""

NO_ROOM = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM, errno.EAGAIN, errno.EMFILE)
)
"""What a full disk, or a machine with too much to do, says to whoever starts a process."""

_POLL_SECONDS = 0.2
_MEMORY_SECONDS = 1.0
_FIRST_BACK_OFF = 0.05
_ASLEEP_SECONDS = 2.0


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
class Tick:
    """A moment has passed. Once a second it brings the resident memory of the workers along, as
    `(process id, bytes)`."""

    memory: tuple[tuple[int, int], ...] = ()


Event: TypeAlias = Done | Lost | Tick


def schedule(
    tasks: deque[Any],
    jobs: int,
    limits: WorkerLimits = USUAL_LIMITS,
) -> Generator[Event, None, None]:
    """Runs the tasks over `jobs` processes, and yields what happens, as it does.

    The caller may add to `tasks`, or clear it, between two events; a worker that has finished one
    is given the next before that is told of. Closing the iterator ends the workers. Raises
    `UsageError` and `TaskFailed` where a task did.
    """
    pool = Pool(jobs, limits)
    try:
        while tasks or pool.busy:
            pool.hand_out(tasks)
            for event in pool.events() or [Tick()]:
                pool.hand_out(tasks)  # nobody has to wait until the caller is done with the event
                yield event
    finally:
        pool.end()


class Pool:
    """The workers there are, and what they may take."""

    def __init__(self, jobs: int, limits: WorkerLimits) -> None:
        self._jobs, self._limits = jobs, limits
        self._workers: list[Worker] = []
        self._losses = 0  # in a row
        self._has_begun = False
        self._created = time.monotonic()
        self._next_start = self._looked = self._measured = self._created

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
        while tasks and (worker := self._idle(is_fresh(tasks[0]))):
            if worker.start(tasks[0]):
                tasks.popleft()
            else:  # it has ended since its last task
                self._remove(worker)

    def _idle(self, fresh: bool) -> Worker | None:
        """A worker with nothing to do, made if there may be one more. One that did a task that
        wanted a process of its own does no other."""
        for worker in list(self._workers):
            if not worker.busy:
                if not worker.used or not (fresh or worker.spent):
                    return worker
                self._remove(worker)
        if len(self._workers) < self._jobs and time.monotonic() >= self._next_start:
            return self._begun()
        return None

    def _begun(self) -> Worker | None:
        """One more worker; where the machine has no room for it just now, none yet. Raises
        `UsageError` where there never was any, for some time."""
        try:
            worker = Worker()
        except OSError as error:
            now = time.monotonic()
            if error.errno not in NO_ROOM:
                raise
            if now - self._created > ROOM_SECONDS and not self._has_begun:
                raise UsageError(f"cannot start a worker: {error.strerror}") from error
            self._next_start = now + LONGEST_BACK_OFF
            return None
        self._has_begun = True
        self._workers.append(worker)
        return worker

    def _remove(self, worker: Worker) -> None:
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

    def _hear(self, worker: Worker) -> Event | None:
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

    def _lose(self, worker: Worker, over: str = "", hung: bool = False) -> Lost:
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
