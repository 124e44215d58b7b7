"""Processes that `fuzzeq bench` starts: workers answer or are ended, loads run while they should,
and none outlives the one who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzzeq.bench import workers
from fuzzeq.bench.loads import Load, background
from fuzzeq.bench.workers import Failed, Subject, TextFile, WorkerProcess
from fuzzeq.model.edit import Edit
from tests.bench_runs import WORDS, name_of

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


def test_worker_that_hangs_is_ended() -> None:
    with WorkerProcess(Subject(name_of("HANGING"))) as worker, TextFile("some text") as file:
        worker.ask("open", document="", path=file.path, clock="wall")
        with pytest.raises(Failed, match="no answer within"):
            worker.ask("edits", 0.3, document="", edits=[Edit(0, 0, "x")])
        with pytest.raises(Failed, match="no answer within"):
            worker.ask("close", document="")


def test_worker_whose_target_prints_still_answers() -> None:
    Path("chatty.py").write_text(
        "from tests.bench_engines import Words as W\nprint('loaded')\n"
        "class Words(W):\n    def open(self, text):\n"
        "        print(text)\n        return W().open(text)\n"
    )
    with WorkerProcess(Subject("chatty:Words")) as worker, TextFile("a b") as file:
        assert worker.ask("open", document="", path=file.path, clock="cpu")["seconds"] >= 0


@pytest.mark.parametrize("load", Load)
def test_load_runs_while_the_context_does(load: Load) -> None:
    import psutil

    others = set(psutil.Process().children())  # of other tests, in the same process
    with background([load, load], 2):
        children = set(psutil.Process().children()) - others
        assert len(children) == (1 if load is Load.DISK else 2)
        until = time.monotonic() + 10  # a process has no command line yet when it has just begun
        while not all(child.cmdline() for child in children) and time.monotonic() < until:
            time.sleep(0.01)
        assert all(str(load) in child.cmdline() for child in children)
    assert not any(child.is_running() for child in children)


def test_worker_ends_with_the_one_who_started_it() -> None:
    code = (
        "import os\nfrom fuzzeq.bench.workers import *\n"
        f"worker = WorkerProcess(Subject({WORDS!r}))\nworker.ask('begin')\n"
        "print(worker._process.pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    pid = int(ended.stdout)
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        subprocess.run(["sleep", "0.01"], check=True)
    pytest.fail(f"{workers.PROGRAM.name} still runs")
