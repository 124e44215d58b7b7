"""Campaigns over dask: the same findings, and nothing lost with a worker."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign.campaign import Around
from fuzzeq.campaign.cluster import over_dask
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.scheduler import Done, Lost, Tick, WorkerLimits
from fuzzeq.campaign.state import Run
from fuzzeq.errors import TaskFailed, UsageError
from tests.broken import Answer, Exit, Misuse, Raise, Sleep
from tests.campaign_runs import found, values
from tests.cli_runs import check_usage_error

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_folder")]


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """One of dask's own programs, in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.fixture(name="address", scope="module")
def a_scheduler_and_two_workers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, list[psutil.Process]]]:
    """A real dask scheduler with two worker processes; its address, and the workers."""
    folder = tmp_path_factory.mktemp("dask")
    scheduler = start(
        folder, "dask_scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1"
    )
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if match := re.search(r"tcp://([\d.]+:\d+)", line):
            break
    assert match
    workers = [
        start(folder, "dask_worker", f"tcp://{match[1]}", "--no-nanny", "--nthreads", "1",
              "--no-dashboard", "--local-directory", f"worker{number}")
        for number in range(2)
    ]  # fmt: skip
    try:
        yield f"dask://{match[1]}", [psutil.Process(worker.pid) for worker in workers]
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.communicate()


def check_events(address: str, tasks: list[Any], **limits: Any) -> tuple[dict[Any, Any], Any]:
    """Runs the tasks; every one of them must be done or lost, once."""
    done, lost = {}, {}
    with over_dask(address, 2) as executor:
        for event in executor(deque(tasks), 2, WorkerLimits(**limits)):
            if isinstance(event, Done):
                done[event.task] = event.result
            elif isinstance(event, Lost):
                lost[event.task] = event
            else:
                assert isinstance(event, Tick)
    assert len(done) + len(lost) == len(tasks)
    return done, lost


def test_what_happens_to_tasks_is_what_happens_to_them_here(
    address: tuple[str, list[psutil.Process]],
) -> None:
    where, _ = address
    exits = Exit(("first", "second"))
    tasks = [*(Answer(value) for value in range(6)), exits, Sleep(10**6)]
    done, lost = check_events(where, tasks, hang_seconds=10)  # on a busy machine, too
    assert [done[Answer(value)][0] for value in range(6)] == list(range(6))
    assert (lost[exits].note, lost[exits].how) == ("second", "exit status 7")
    assert lost[Sleep(10**6)].hung
    with pytest.raises(UsageError, match="not like this"):
        check_events(where, [Misuse("not like this")])
    with pytest.raises(TaskFailed, match="ZeroDivisionError: so what"):
        check_events(where, [Raise("so what")])


def test_a_killed_dask_worker_loses_nothing_and_the_findings_are_those_found_here(
    address: tuple[str, list[psutil.Process]],
) -> None:
    where, workers = address
    here = campaigns.start(load_profile("dev", values("LOSES_COUNT", folder=".here")))
    killed: list[int] = []

    def watch(state: Run) -> None:
        if state.units_done >= 3 and not killed:
            workers[0].kill()
            killed.append(workers[0].pid)

    with over_dask(where, 2) as executor:
        wanted = values("LOSES_COUNT", folder=".there", crashes="there")
        there = campaigns.start(load_profile("dev", wanted), Around(watch, executor=executor))
    assert killed
    assert there.state.units_done == there.state.units_planned
    assert found(there) == found(here)
    assert there.state.meter == here.state.meter
    assert there.state.deaths == []


def test_a_local_cluster_is_started_and_ended() -> None:
    before = psutil.Process().children(recursive=True)
    done, lost = check_events("dask", [Answer(value) for value in range(4)])
    assert sorted(value for value, _ in done.values()) == [0, 1, 2, 3]
    assert lost == {}
    deadline = time.monotonic() + 20
    while len(psutil.Process().children(recursive=True)) > len(before) + 1:  # a resource tracker
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("executor", "words"),
    [
        ("task", "--executor is dask or dask://HOST:PORT; not 'task'"),
        ("dask://here", "--executor is dask or dask://HOST:PORT"),
        ("dask://127.0.0.1:9", "no dask scheduler answers at dask://127.0.0.1:9"),
    ],
)
def test_a_cluster_that_is_not_there_is_told(
    executor: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzzeq.campaign.cluster.CONNECT_SECONDS", 1)
    check_usage_error(["campaign", "dev", "--executor", executor], words)
