"""The guided engine: traces bred by Atheris from those that reached something new.

A unit is a number of edits, as with other engines, but what it finds depends on what was kept
before it, in this run and in earlier ones. So a worker that runs units of this engine has one
Atheris process that lives as long as the worker does, and every unit orders it to go on. Where that
process dies or hangs, the worker is lost with it and in the same way, so that everything holds that
is known of lost workers.

Atheris is started in a process of its own because libFuzzer never gives one back, and because what
it instruments must not slow down anything else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from fuzzeq.checking import Meter
from fuzzeq.engines import guided_corpus
from fuzzeq.engines.last_entry import LastEntry
from fuzzeq.errors import UsageError
from fuzzeq.generate import RandomSource
from fuzzeq.generate.codec import decode
from fuzzeq.model.finding import Divergence
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

if TYPE_CHECKING:
    from fuzzeq.engines.unit import Unit

Began: TypeAlias = Callable[[int, Trace], None]

PROCESS = "fuzzeq.engines.guided_process"
SERVE = "--serve"
PASS = "FUZZEQ_DIVERGENCES_PASS"
"""Set in its environment, a divergence is no crash: for sorting entries, whatever they show."""

MISSING = (
    "the guided engine needs Atheris, which is not installed here: pip install atheris "
    "(CPython 3.11 to 3.13 on x86-64 Linux); the other engines work without"
)

_POLL_SECONDS = 0.2
_LINES_KEPT = 20
_SIGNALS = "abrt bus fpe ill int segv term xfsz usr1 usr2".split()
_FLAGS = (
    "-close_fd_mask=3",
    "-timeout=1000000",
    "-print_final_stats=0",
    *(f"-handle_{name}=0" for name in _SIGNALS),
)
"""For libFuzzer, and for Atheris, which takes a time limit of 0 for one that is over: what ends the
process, or hangs it, is for its supervisor to see."""

_REACHED = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True, slots=True)
class Service:
    """What a process is started for: the target by a name for `load_target`, whether the canary's
    fault is put into it, its samples, the numbers of entries not to be run since they killed one
    before, and who started it."""

    target: str
    faulty: bool
    samples: str | None
    skip: frozenset[int]
    last_entry: int
    supervisor: int
    arguments: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What came of an order; `found` holds the traces worth reporting."""

    meter: Meter = field(default_factory=Meter)
    executions: int = 0
    diverged: int = 0
    found: list[tuple[Trace, Divergence]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a process has come: branches of the incremental side that were taken, libFuzzer's
    features (branches by how often, and the like), and entries that are kept for them."""

    branches: int = 0
    features: int = 0
    entries: int = 0


def farthest(one: Reach | None, other: Reach | None) -> Reach | None:
    """The farther of two: processes that share a corpus come to about the same."""
    return max(filter(None, (one, other)), key=lambda reach: reach.features, default=None)


class ProcessLost(Exception):
    """The Atheris process has ended, with this exit status or minus this signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the Atheris process ended with {status}")
        self.status = status


def is_there() -> bool:
    """Whether Atheris is installed."""
    return importlib.util.find_spec("atheris") is not None


def require_atheris() -> None:
    """Raises `UsageError` where Atheris is not installed."""
    if not is_there():
        raise UsageError(MISSING)


@dataclass(slots=True)
class _Process:
    """An Atheris process, our end of its pipe, what it runs and the last lines that it wrote."""

    started_for: tuple[object, ...]
    process: subprocess.Popen[bytes]
    connection: Connection
    last_entry: LastEntry
    notes: tuple[str, ...]
    reach: Reach = field(default_factory=Reach)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    unfinished: str = ""


_running: list[_Process] = []
"""The one that this worker has, if any."""


def order(unit: Unit, began: Began, faulty: bool = False) -> tuple[Report, Reach, tuple[str, ...]]:
    """Has the edits of a unit compared; gives what came of them, how far the process has come, and
    what has to be said of the corpus. `began` is told now and then what is being run. A `faulty`
    target is the canary.

    Raises `UsageError`, and `ProcessLost` once `began` was told which entry did it.
    """
    process = _process_for(unit, faulty)
    try:
        process.connection.send(unit.edits)
    except OSError:  # it has ended since the last unit, and no entry is to blame
        raise _lost(process) from None
    report = _answer(process, began)
    notes, process.notes = process.notes, ()
    return report, process.reach, notes


def end() -> None:
    """Ends the process, where there is one."""
    while _running:
        process = _running.pop()
        process.process.kill()
        process.process.wait()
        process.connection.close()
        process.last_entry.close()
        assert process.process.stderr is not None
        process.process.stderr.close()


def end_like(status: int) -> NoReturn:
    """Ends this worker as another process has ended, whose work was its own: with an exit status,
    or by minus a signal."""
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def number_of(entry: bytes) -> int:
    """The number by which an entry is known."""
    return int.from_bytes(hashlib.blake2b(entry, digest_size=8).digest(), "big")


def _process_for(unit: Unit, faulty: bool) -> _Process:
    """The process that goes on with what the unit before it did, or a new one."""
    started_for = unit.target, unit.samples, unit.corpus, unit.skip, faulty
    if not _running or _running[0].started_for != started_for:
        end()
        _running.append(_start(unit, faulty, started_for))
    return _running[0]


def _start(unit: Unit, faulty: bool, started_for: tuple[object, ...]) -> _Process:
    """A new process, which reads the corpus first."""
    require_atheris()
    target = load_target(unit.target)  # a mistake is told better here
    folder = guided_corpus.folder(target.name, unit.corpus)
    notes = guided_corpus.tidy(folder)
    ours, theirs = Pipe()
    last_entry = LastEntry()
    seed = RandomSource(f"{unit.seed}:{unit.index}").integer(1, (1 << 31) - 1)
    process = subprocess.Popen(
        [sys.executable, "-m", PROCESS, SERVE, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(theirs.fileno(), last_entry.descriptor),
        env=environment(),
    )
    theirs.close()
    ours.send(
        Service(
            target=unit.target,
            faulty=faulty,
            samples=unit.samples,
            skip=unit.skip,
            last_entry=last_entry.descriptor,
            supervisor=os.getpid(),
            arguments=(str(folder), f"-seed={seed}", *_FLAGS),
        )
    )
    return _Process(started_for, process, ours, last_entry, notes)


def environment() -> dict[str, str]:
    """The environment of a process that has to import what this one can."""
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)
    return os.environ | {"PYTHONPATH": path}


def _answer(process: _Process, began: Began) -> Report:
    """Waits for the report. Of a process in which nothing moves nothing is told, so whoever waits
    for `began` takes it to hang."""
    output = process.process.stderr
    assert output is not None
    sources: list[Any] = [process.connection, output]
    told, last = time.monotonic(), process.last_entry.read()[0]
    while True:
        ready: list[Any] = wait(sources, _POLL_SECONDS)
        if output in ready and not _hear(process, os.read(output.fileno(), 1 << 16)):
            sources.remove(output)
        if process.connection in ready:
            try:
                kind, value = process.connection.recv()
            except (EOFError, OSError):
                _tell(process, began)
                raise _lost(process) from None
            if kind == "failed":
                raise RuntimeError(f"in the Atheris process:\n{value}")
            report: Report = value
            return report
        beats = process.last_entry.read()[0]
        if beats != last and time.monotonic() - told >= _POLL_SECONDS:
            told, last = time.monotonic(), beats
            _tell(process, began)


def _tell(process: _Process, began: Began) -> None:
    beats, entry = process.last_entry.read()
    if beats:
        began(number_of(entry), decode(entry))


def _lost(process: _Process) -> Exception:
    """Why there is nobody any more."""
    status = process.process.wait()
    beats, _ = process.last_entry.read()
    said = "\n".join(process.lines)
    end()
    if not beats:
        return RuntimeError(f"the Atheris process ended with {status}, nothing run:\n{said}")
    return ProcessLost(status)


def _hear(process: _Process, data: bytes) -> bool:
    """Takes in what the process wrote; false where there will be no more."""
    *lines, process.unfinished = (process.unfinished + data.decode("utf-8", "replace")).split("\n")
    process.lines += lines
    for line in lines:
        if match := _REACHED.search(line):
            process.reach = Reach(*map(int, match.groups()))
    return bool(data)
