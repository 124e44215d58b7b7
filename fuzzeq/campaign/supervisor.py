"""The supervisor: sees a run's tasks through, whatever becomes of the workers, the disk or us.

What was done before is not done again; what is done is kept before anyone hears of it; what is lost
with its worker is tried once more; while there is trouble nothing new is begun; and once somebody
wants it to stop, what is in flight is finished, for ten seconds at most. Knows nothing of what the
tasks are for.
"""

from __future__ import annotations

import errno
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import psutil

from fuzzeq import crash_store
from fuzzeq.campaign.keeper import Keeper
from fuzzeq.campaign.scheduler import Done, Event, Lost, Tick, WorkerLimits
from fuzzeq.campaign.state import Run
from fuzzeq.campaign.watch import Memory, Sample
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Finding

STOP_SECONDS = 10.0
"""What is in flight when a run is stopped has so long to finish."""

MOST_LOSSES_IN_A_ROW = 20
"""Workers lost with nothing done in between, until nothing is expected of the next one."""
MOST_DEATHS_IN_A_ROW = 200
"""The same where each loss has been explained, by a trace that was lost a second time."""

PAUSE_SECONDS = 0.5
FULL_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))

Outcome: TypeAlias = Done | Lost


class Executor(Protocol):
    """Runs tasks somewhere: `fuzzeq.campaign.scheduler.schedule`, or what behaves like it."""

    def __call__(
        self, tasks: deque[Any], jobs: int, limits: WorkerLimits
    ) -> Generator[Event, None, None]:
        """See `schedule`."""


@dataclass(slots=True)
class Supervisor:
    """A run and what it is run with. `watch` hears of every change; `stop` says whether somebody
    wants it to end."""

    state: Run
    keeper: Keeper
    executor: Executor
    watch: Callable[[Run], None]
    stop: Callable[[], bool]
    started: float = field(default_factory=time.monotonic)
    memory: Memory = field(default_factory=Memory)
    _losses: int = 0
    _deaths: int = 0
    _stopped: float | None = None

    def must_stop(self) -> bool:
        """Whether nothing new is to be begun, for good. Notes when that was first seen."""
        if self._stopped is None and self.stop():
            self._stopped = time.monotonic()
            self.state.interrupted = True
            self.keeper.log("stopped", why="a signal")
        if self._nothing_expected() and not self.state.interrupted:
            self.state.interrupted = True
            why = f"given up: {self._losses + self._deaths} workers in a row were lost"
            self.state.warnings.append(why)
            self.keeper.log("stopped", why=why)
        return self.state.interrupted

    def enter(self, phase: str) -> None:
        """Says what is being done from now on."""
        self.state.phase = phase
        self.keeper.log("phase", phase=phase)
        self.watch(self.state)

    def perform(
        self, tasks: Iterable[Any], urgent: deque[Any] | None = None, jobs: int | None = None
    ) -> Iterator[Outcome]:
        """What comes of the tasks, as it comes. The caller may add to `urgent` between two
        outcomes: those tasks go first."""
        settings = self.state.settings
        jobs = settings.jobs if jobs is None else jobs
        again: deque[Any] = deque()
        line = _Line(iter(tasks), urgent if urgent is not None else deque(), again)
        tried: dict[int, int] = {}
        queue: deque[Any] = deque()
        while True:
            yield from self._fill(queue, line, jobs)
            if not queue:
                if line.empty or self.must_stop():
                    return
                time.sleep(PAUSE_SECONDS)  # there is trouble, and nothing in flight
                self.watch(self.state)
                continue
            with closing(self.executor(queue, jobs, settings.limits)) as events:
                for event in events:
                    if isinstance(event, Done):
                        self._losses = self._deaths = 0
                        tried.pop(id(event.task), None)
                        self.keeper.keep(event.task, event.result)
                        yield event
                    elif isinstance(event, Lost) and not self.must_stop():
                        if getattr(event.task, "explains", False):
                            self._losses, self._deaths = 0, self._deaths + 1
                        else:
                            self._losses += 1
                        self.keeper.log("lost", task=describe(event.task), how=event.how)
                        tries = tried.pop(id(event.task), 0) + 1
                        if event.hung or tries >= getattr(event.task, "tries", 2):
                            yield event
                        else:
                            tried[id(event.task)] = tries
                            again.append(event.task)
                    elif isinstance(event, Tick):
                        self._sample(event)
                    self.state.wall_seconds = time.monotonic() - self.started
                    yield from self._fill(queue, line, jobs)
                    self.watch(self.state)
                    if self._out_of_patience():
                        return

    def _fill(self, queue: deque[Any], line: _Line, jobs: int) -> Iterator[Done]:
        """Puts tasks into the queue, a few more than there are workers; what was done in an
        earlier life comes back at once."""
        if self.must_stop():
            queue.clear()
            return
        while len(queue) < 2 * jobs and not self._in_trouble():
            task = line.next()
            if task is None:
                return
            before = self.keeper.recall(task)
            if before is None:
                queue.append(task)
            else:
                yield Done(task, before[0])

    def _in_trouble(self) -> bool:
        """Whether to wait; says so when it begins and when it ends."""
        trouble = self.keeper.trouble()
        self._pause(trouble)
        return bool(trouble)

    def _pause(self, trouble: str) -> None:
        if trouble and not self.state.paused:
            self.keeper.log("paused", why=trouble)
        if self.state.paused and not trouble:
            self.keeper.log("continued")
        if trouble != self.state.paused:
            self.state.paused = trouble
            self.watch(self.state)

    def _sample(self, tick: Tick) -> None:
        """Notes how much memory workers take."""
        if not tick.memory:
            return
        own = psutil.Process().memory_info().rss
        self.state.own_memory = [(self.state.own_memory or [own])[0], own]
        seconds = time.monotonic() - self.started
        for worker, resident in tick.memory:
            self.memory.add(worker, Sample(seconds, resident))

    def _out_of_patience(self) -> bool:
        return (
            self._stopped is not None and time.monotonic() - self._stopped > STOP_SECONDS
        ) or self._nothing_expected()

    def _nothing_expected(self) -> bool:
        return self._losses >= MOST_LOSSES_IN_A_ROW or self._deaths >= MOST_DEATHS_IN_A_ROW

    def store(self, finding: Finding) -> Path | None:
        """Stores a finding and returns where; where the disk is full, waits until it is not, or
        somebody wants us to stop: then None, and `state.paused` says why. Raises `UsageError` for
        whatever else keeps it from being written."""
        while True:
            try:
                path = crash_store.store(finding, self.state.settings.crashes)
            except UsageError as error:
                full = isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL_DISK
                if not full:
                    raise
                self._pause(str(error))
                if self.must_stop():
                    return None
                time.sleep(PAUSE_SECONDS)
            else:
                return path


@dataclass(slots=True)
class _Line:
    """Tasks waiting: those to be tried again, those that are urgent, all others."""

    rest: Iterator[Any]
    urgent: deque[Any]
    again: deque[Any]
    _exhausted: bool = False

    def next(self) -> Any:
        """The next task; None where there is none at the moment."""
        for first in (self.again, self.urgent):
            if first:
                return first.popleft()
        task = next(self.rest, None)
        self._exhausted = task is None
        return task

    @property
    def empty(self) -> bool:
        """Whether nothing is waiting, as far as was seen."""
        return self._exhausted and not self.again and not self.urgent


def describe(task: Any) -> str:
    """A task in a word or two, for the log."""
    name = getattr(task, "name", None)
    kind = type(task).__name__
    return f"{kind} {name}" if name else kind
