"""Ctrl-C, SIGTERM and readers that go away, on real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.cli_runs import start

pytestmark = pytest.mark.usefixtures("own_folder")


def wait_for_workers(process: subprocess.Popen[str], wanted: int) -> list[psutil.Process]:
    """The worker processes once there are so many, and they have done something."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
        if len([child for child in children if child.cpu_times().user > 0.6]) >= wanted:
            return children
        time.sleep(0.1)
    raise AssertionError("no workers")


def check_interrupted(
    signals: list[int], group: bool = False
) -> tuple[subprocess.Popen[str], str, str]:
    """Sends the signals to a long run; it ends within 15 s, with status 2 and no worker left."""
    process = start("run", "latex", "--edits", "1000000", "--jobs", "2", "--report", "r.json")
    try:
        children = wait_for_workers(process, 2)
        for number in signals:
            (os.killpg if group else os.kill)(process.pid, number)
            time.sleep(0.3)
        out, err = process.communicate(timeout=15)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 2, err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    return process, out, err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["SIGINT-from-a-terminal", "SIGTERM"],
)
def test_a_signal_ends_a_run_with_its_report(number: int, group: bool) -> None:
    _, out, _ = check_interrupted([number], group)
    assert out.startswith("incomplete: 0 new, ")
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "incomplete"
    assert value["interrupted"]
    assert 0 < value["edits"] < 1_000_000


@pytest.mark.slow
def test_a_second_signal_ends_a_run_at_once() -> None:
    began = time.monotonic()
    process = start("run", "tests.broken:SLOW", "--edits", "1000000", "--jobs", "1")
    try:
        children = wait_for_nap(process)
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None, "the unit in flight is finished first"
        os.kill(process.pid, signal.SIGINT)
        second = time.monotonic()
        _, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 2
    assert err.splitlines()[-1] == "fuzzeq: interrupted"
    assert time.monotonic() - second < 6
    assert time.monotonic() - began < 40
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def wait_for_nap(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The worker processes, once one of them has said that it sleeps."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if Path("asleep").exists():
            children: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
            return children
        time.sleep(0.1)
    raise AssertionError("nothing sleeps")


@pytest.mark.slow
def test_ctrl_c_while_workers_start_is_not_our_fault() -> None:
    for delay in (0.1, 0.3):
        process = start("run", "latex", "--edits", "1000000", "--jobs", "2")
        deadline = time.monotonic() + 20
        while len(psutil.Process(process.pid).children(recursive=True)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert "Traceback" not in err
        assert process.returncode == 2


def test_a_reader_that_goes_away_is_not_a_finding() -> None:
    Path("a.tex").write_text("a\n" * 2000)
    with start("lex", "a.tex", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (2, "")
