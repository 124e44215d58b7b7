"""Tasks over processes: the one scheduler of fuzzeq.

Every worker has a pipe of its own: a queue shared by all can be left locked by one that is killed.
A task is any picklable value with a `run(began)` method; `began` sends a note home before the next
dangerous thing, so that when a worker dies or hangs it is known what it was doing. Knows nothing of
what tasks are for.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Protocol, TypeAlias

from fuzzeq.errors import UsageError

HANG_SECONDS = 60.0
"""A worker that says nothing for so long is taken to hang."""

_POLL_SECONDS = 0.2


class Task(Protocol):
    """Something to do in a worker."""

    def run(self, began: Callable[[Any], None]) -> Any:
        """Does it, and returns a picklable result."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task and what came of it."""

    task: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker died or hung; `note` is the last that it sent, None if it sent none."""

    task: Any
    note: Any
    hung: bool
    how: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing has happened for a moment."""


Event: TypeAlias = Done | Lost | Tick


class TaskFailed(Exception):
    """A task raised: our own fault. Carries the worker's traceback."""


def schedule(
    tasks: deque[Any],
    jobs: int,
    hang_seconds: float = HANG_SECONDS,
    fresh: bool = False,
) -> Iterator[Event]:
    """Runs the tasks over `jobs` processes, and yields what happens, as it does.

    The caller may add to `tasks`, or clear it, between two events. With `fresh`, every task gets a
    process of its own. Closing the iterator ends the workers. Raises `UsageError` and `TaskFailed`
    where a task did.
    """
    workers: list[_Worker] = []
    try:
        while tasks or any(worker.busy for worker in workers):
            if fresh:
                for worker in [worker for worker in workers if worker.used and not worker.busy]:
                    worker.end()
                    workers.remove(worker)
            while tasks and (idle := _idle(workers, jobs)):
                if idle.start(tasks[0]):
                    tasks.popleft()
                else:  # it has ended since its last task
                    idle.end()
                    workers.remove(idle)
            events = list(_events(workers, hang_seconds))
            yield from events or [Tick()]
    finally:
        for worker in workers:
            worker.end()


def _idle(workers: list[_Worker], jobs: int) -> _Worker | None:
    """A worker with nothing to do, made if there may be one more."""
    for worker in workers:
        if not worker.busy:
            return worker
    if len(workers) < jobs:
        workers.append(_Worker())
        return workers[-1]
    return None


def _events(workers: list[_Worker], hang_seconds: float) -> Iterator[Event]:
    """What the busy workers have to say, waiting a moment for it."""
    busy = {worker.connection: worker for worker in workers if worker.busy}
    for connection in wait(list(busy), _POLL_SECONDS):
        worker = busy[connection]  # type: ignore[index] # wait() returns what it was given
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):  # gone, or in the middle of a message
            yield worker.lost()
            workers.remove(worker)
            continue
        if kind == "began":
            worker.note, worker.heard = value, time.monotonic()
        elif kind == "done":
            task, worker.task, worker.busy = worker.task, None, False
            yield Done(task, value)
        elif kind == "usage":
            raise UsageError(value)
        else:
            raise TaskFailed(value)
    for worker in list(workers):
        if worker.busy and time.monotonic() - worker.heard > hang_seconds:
            yield worker.lost(hang_seconds)
            workers.remove(worker)


class _Worker:
    """A process, our end of its pipe, and what it is doing."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_work, args=(theirs, list(sys.path)), daemon=True
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
        self.busy = self.used = False
        self.task: Any = None
        self.note: Any = None
        self.heard = 0.0

    def start(self, task: Any) -> bool:
        """Hands a task over; false where the process is gone."""
        try:
            self.connection.send(task)
        except OSError:
            return False
        self.task, self.note, self.heard = task, None, time.monotonic()
        self.busy = self.used = True
        return True

    def lost(self, silent_for: float | None = None) -> Lost:
        """Ends the process, and says what is lost with it; where it hung, after how long."""
        hung = silent_for is not None
        if hung:
            self.process.kill()
        self.process.join(5)
        how = f"no word for {silent_for:g} s" if hung else _ending(self.process.exitcode)
        self.connection.close()
        return Lost(self.task, self.note, hung, how)

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


def _ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit status {code}"


def _work(connection: Connection, path: list[str]) -> None:
    """The worker's loop. Ctrl-C is for the supervisor, which decides what to finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    sys.path[:] = path
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return  # the supervisor is gone
        if task is None:
            return
        try:
            answer = "done", task.run(lambda note: connection.send(("began", note)))
        except UsageError as error:
            answer = "usage", str(error)
        except BaseException:
            answer = "failed", traceback.format_exc()
        connection.send(answer)
