"""Tasks over a dask cluster: another executor, for as many machines as there are.

Each dask worker runs a task in a process of its own kind, as the local scheduler does, so that a
target that dies, hangs or eats memory takes no dask worker with it, and its trace is known. A dask
worker that is lost gives its tasks to another. Knows nothing of what tasks are for.
"""

from __future__ import annotations

import multiprocessing
import queue
import socket
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

from fuzzeq.campaign.scheduler import Done, Event, Lost, Pool, Tick, WorkerLimits
from fuzzeq.campaign.supervisor import Executor
from fuzzeq.errors import TaskFailed, UsageError

LOCAL = "dask"
REMOTE = "dask://"
CONNECT_SECONDS = 10

_POLL_SECONDS = 0.2
_here = threading.local()


class Answer(NamedTuple):
    """What came of a task in a dask worker, and the memory of the process that ran it."""

    event: Done | Lost
    memory: tuple[tuple[int, int], ...]


@contextmanager
def over_dask(where: str, jobs: int) -> Iterator[Executor]:
    """An executor over the cluster whose scheduler is at `dask://HOST:PORT`; for `dask`, over a
    local one of so many workers, which ends with it. Raises `UsageError` where there is none."""
    try:
        dask: Any = import_module("dask")
        distributed: Any = import_module("distributed")
    except ImportError as error:
        why = "--executor dask needs dask: pip install 'fuzzeq[cluster]'"
        raise UsageError(why) from error
    if where == LOCAL:
        # Daemons may not have processes of their own.
        with (
            dask.config.set({"distributed.worker.daemon": False}),
            distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, dashboard_address=":0", silence_logs=50
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield _executor(client)
        return
    try:
        client = distributed.Client(f"tcp://{where.removeprefix(REMOTE)}", timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UsageError(f"no dask scheduler answers at {where}: {error}") from error
    with client:
        yield _executor(client)


def _executor(client: Any) -> Executor:
    def executor(
        tasks: deque[Any], jobs: int, limits: WorkerLimits
    ) -> Generator[Event, None, None]:
        """See `schedule`: at most `jobs` tasks are with the cluster at a time."""
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        waiting: dict[str, tuple[Any, Any]] = {}
        try:
            while tasks or waiting:
                while tasks and len(waiting) < jobs:
                    task = tasks.popleft()
                    future = client.submit(run_there, task, limits, list(sys.path), pure=False)
                    waiting[future.key] = task, future
                    future.add_done_callback(ended.put)
                try:
                    future = ended.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    yield Tick()
                    continue
                task, _ = waiting.pop(future.key)
                yield from _events(task, future)
        finally:
            client.cancel([future for _, future in waiting.values()])

    return executor


def _events(task: Any, future: Any) -> Iterator[Event]:
    """What a task's end means. Raises `UsageError` and `TaskFailed` where the task did."""
    error = None if future.status == "cancelled" else future.exception()
    if isinstance(error, UsageError | TaskFailed):
        raise error
    if error is not None or future.status == "cancelled":
        how = f"its dask worker was lost: {type(error).__name__}" if error else "dask gave it up"
        yield Lost(task, None, False, how)
        return
    answer: Answer = future.result()
    if isinstance(answer.event, Done):
        yield Done(task, answer.event.result)
    else:
        yield Lost(task, answer.event.note, answer.event.hung, answer.event.how)
    if answer.memory:
        yield Tick(answer.memory)


def run_there(task: Any, limits: WorkerLimits, path: list[str]) -> Answer:
    """Runs a task in a dask worker, in a process that is kept for the next one. Raises what
    `schedule` raises."""
    if multiprocessing.current_process().daemon:
        raise UsageError(
            "the dask workers are daemons, which may not start processes: start them with "
            "--no-nanny, or with DASK_DISTRIBUTED__WORKER__DAEMON=False"
        )
    sys.path += [place for place in path if place not in sys.path]
    if getattr(_here, "limits", None) != limits:
        if hasattr(_here, "pool"):
            _here.pool.end()
        _here.pool, _here.limits = Pool(1, limits), limits
    pool: Pool = _here.pool
    tasks = deque([task])
    memory: tuple[tuple[int, int], ...] = ()
    machine = hash(socket.gethostname())
    while True:
        pool.hand_out(tasks)
        for event in pool.events():
            if isinstance(event, Done | Lost):
                return Answer(event, tuple((machine ^ worker, size) for worker, size in memory))
            memory = event.memory or memory
