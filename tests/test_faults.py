"""Faults, tried and counted: whatever is done to a campaign, it finds what it would have found.

During one campaign, workers are killed at random fifty times and stopped, the supervisor is killed
and stopped, the disk is full for a while, the state file, a crash file and a regression are
damaged, and the clock jumps; the target itself hangs once and eats memory once. All of it is drawn
from one seed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil
import pytest

from fuzzeq import crash_store
from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.plan import plan
from fuzzeq.engines.unit import traces
from fuzzeq.errors import UsageError
from tests import broken, night

ROOT = Path(__file__).parents[1]
FOLDER = Path(".fuzzeq/dev")
SEED = 20261121
KILLS = 50
OTHERS = ("stop a worker", "stop the supervisor", "kill the supervisor", "fill the disk",
          "damage the state", "damage a crash file", "damage a regression", "stop a worker",
          "kill the supervisor")  # fmt: skip

pytestmark = [
    pytest.mark.usefixtures("own_folder"),
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs limits of other processes"),
]


def choose_victims(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of the third unit to eat memory on, and one of the fifth to hang on."""
    settings = load_profile("dev", night.values()).settings(0)
    units = [unit for unit in plan(settings) if unit.engine == "stream"][:8]
    documents = [[trace.document for trace in traces(unit) if trace.edit_count] for unit in units]
    opened = Counter(document for group in documents for document in group)
    for name, unit in ((broken.VICTIM, 2), (broken.HANGING, 4)):
        victim = next(d for d in documents[unit] if d and opened[d] == 1)
        monkeypatch.setenv(name, broken.checksum(victim))


class Night:
    """The campaign's process, and what can be done to it."""

    def __init__(self, random: Random) -> None:
        self.random, self.done = random, Counter[str]()
        self.lives = 0
        self.process = self.begin("begin")

    def begin(self, how: str) -> subprocess.Popen[str]:
        """Begins or goes on."""
        self.lives += 1
        return subprocess.Popen(
            [sys.executable, "-m", "tests.night", how, str(SEED + self.lives)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def workers(self) -> list[psutil.Process]:
        """The worker processes that there are."""
        try:
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        except psutil.Error:
            return []

    def one_worker(self) -> psutil.Process | None:
        """One of them, whichever it is."""
        workers = self.workers()
        return self.random.choice(workers) if workers else None

    def kill_a_worker(self) -> None:
        """What the machine does when memory is short."""
        while wait_for(lambda: bool(self.workers()), self):
            if (worker := self.one_worker()) is not None:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
                    self.done["killed"] += 1
                    return

    def do(self, what: str) -> None:
        """One of the other faults."""
        self.done[what] += 1
        match what:
            case "stop a worker":
                if (worker := self.one_worker()) is not None:
                    with suppress(psutil.NoSuchProcess):  # it may end, or be ended, at any time
                        worker.suspend()
                        time.sleep(self.random.uniform(0.5, 1.5))
                        worker.resume()
            case "stop the supervisor":
                self.process.send_signal(signal.SIGSTOP)
                time.sleep(12)  # longer than a worker may be silent
                self.process.send_signal(signal.SIGCONT)
            case "kill the supervisor":
                self.kill()
                self.process = self.begin("resume")
            case "fill the disk":
                supervisor = psutil.Process(self.process.pid)
                supervisor.rlimit(psutil.RLIMIT_FSIZE, (16, psutil.RLIM_INFINITY))
                assert wait_for(Path("paused").exists, self), self.process.communicate()[0]
                time.sleep(1)
                no_limit = psutil.RLIM_INFINITY, psutil.RLIM_INFINITY
                supervisor.rlimit(psutil.RLIMIT_FSIZE, no_limit)
            case "damage the state":
                self.kill()
                for path in FOLDER.glob("state.sqlite*"):
                    data = bytearray(path.read_bytes())
                    for _ in range(len(data) // 50):
                        data[self.random.randrange(len(data))] = self.random.randrange(256)
                    path.write_bytes(data)
                self.process = self.begin("resume")
            case "damage a crash file":
                (known,) = Path("crashes").glob(f"*{crash_store.SUFFIX}")
                known.write_text(known.read_text()[: self.random.randrange(10, 200)])
            case "damage a regression":
                (regression,) = Path("regressions").iterdir()
                regression.write_bytes(self.random.randbytes(300))
            case _:
                raise AssertionError(what)

    def kill(self) -> None:
        """kill -9, and no worker is left."""
        workers = self.workers()
        self.process.kill()
        self.process.communicate()
        _, alive = psutil.wait_procs(workers, timeout=5)
        assert alive == []


def names() -> Counter[str]:
    """The events of the log, and how often each is there."""
    try:
        return Counter(event["event"] for event in events.read(FOLDER))
    except UsageError:
        return Counter()


def wait_for(condition: Callable[[], bool], ongoing: Night, seconds: float = 120) -> bool:
    """Waits until something is so; false where the campaign has ended before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if ongoing.process.poll() is not None:
            return False
        assert time.monotonic() < deadline, names()
        time.sleep(0.02)
    return True


def test_whatever_is_done_to_a_campaign_it_finds_what_it_would_have_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose_victims(monkeypatch)
    random = Random(SEED)
    wanted = night.values(folder=".undisturbed", crashes="undisturbed")
    undisturbed = campaigns.start(load_profile("dev", wanted)).state
    expected = {item.finding.fingerprint for item in undisturbed.findings}
    assert len(expected) == 4, "two wrong results, a hang, and memory"
    wrong = [item for item in undisturbed.findings if item.finding.divergence.oracle == "equality"]
    one, two = [item.path for item in wrong]
    for folder, path in (("crashes", one), ("regressions", two)):
        Path(folder).mkdir()
        (Path(folder) / path.name).write_bytes(path.read_bytes())

    faults = ["kill a worker"] * KILLS + list(OTHERS)
    random.shuffle(faults)
    ongoing = Night(random)
    try:
        for number, fault in enumerate(faults):
            going = wait_for(lambda least=number: names()["unit"] > least, ongoing)  # type: ignore[misc]
            assert going, (number, fault, ongoing.process.communicate()[0])
            if fault == "kill a worker":
                ongoing.kill_a_worker()
            else:
                ongoing.do(fault)
        said, _ = ongoing.process.communicate(timeout=400)
    finally:
        ongoing.process.kill()
        ongoing.process.communicate()
    assert ongoing.process.returncode == 0, said

    assert ongoing.done["killed"] == KILLS
    assert all(ongoing.done[fault] for fault in OTHERS)
    outcome = json.loads(Path("outcome.json").read_text())
    assert {f["fingerprint"] for f in outcome["findings"] if f["status"] != "flaky"} >= expected
    # A victim's unit whose worker chance has killed twice before is alone when it does its worst.
    given_up = [warning for warning in outcome["warnings"] if "given up" in warning]
    assert outcome["units"]["planned"] - outcome["units"]["done"] == len(given_up) <= 2
    check_files(expected, outcome["warnings"])
    happened = names()
    assert happened["resumed"] == ongoing.lives - 1 == 3
    assert happened["state damaged"] >= 1
    assert happened["paused"] == happened["continued"] >= 1
    assert happened["lost"] >= KILLS / 2  # an idle worker is no loss
    assert happened["finished"] == 1


def is_whole(path: Path) -> bool:
    """Whether a crash file can be read."""
    try:
        crash_store.load(path)
    except UsageError:
        return False
    return True


def check_files(expected: set[str], warnings: list[str]) -> None:
    """No file is half-written, and every finding has its file; what was damaged is told, and stays
    as it is."""
    assert not [path for path in Path().rglob("*") if re.fullmatch(r"\..*\.\d+", path.name)]
    paths = list(crash_store.reproducers(Path("crashes")))
    (spoilt,) = [path for path in paths if path.parent.name == "crashes" and not is_whole(path)]
    assert any(str(spoilt) in warning for warning in warnings), warnings
    paths.remove(spoilt)
    stored = {crash_store.load(path).finding.fingerprint for path in paths}
    assert stored >= expected
    damaged = 0
    for line in (FOLDER / events.NAME).read_bytes().splitlines():
        if line:
            try:
                json.loads(line)
            except ValueError:  # cut short by the full disk or by kill -9, and ended
                damaged += 1
    assert damaged <= 4
