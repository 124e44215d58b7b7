"""Where time and memory go: a flame graph by py-spy, a memory profile by memray.

Both start the worker themselves, which then does what it does when it is measured. A sampled or
traced process is slower, so nothing of it is counted as a measurement.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fuzzeq.bench.extras import need
from fuzzeq.bench.operations import EDITS, Operation, document, exercises
from fuzzeq.bench.workers import Failed, Subject, TextFile, WorkerProcess
from fuzzeq.errors import UsageError

RATE = 250
"""Samples a second."""
SECONDS = 10.0
TURN = 20
FLAME_GRAPH = "flame.svg"
MEMORY_PROFILE = "memory.html"


def profile(
    subject: Subject,
    samples: Sequence[str],
    hazards: Sequence[str],
    size: int,
    operations: Sequence[Operation],
    folder: Path,
    seconds: float = SECONDS,
) -> list[Path]:
    """Writes a flame graph and a memory profile of one subject to a folder; returns where. Raises
    `UsageError` where a tool is absent, may not look at the process, or its file is not there."""
    text = document(samples, size)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
    flame, memory = folder / FLAME_GRAPH, folder / MEMORY_PROFILE
    spy = [
        _program("py-spy"), "record", "--format", "flamegraph", "--rate", str(RATE),
        "--output", str(flame.resolve()), "--", sys.executable,
    ]  # fmt: skip
    _exercise(subject, spy, text, hazards, operations, seconds, flame)
    need("memray", "fuzzeq[bench]")
    record = folder / f".memory.{os.getpid()}.bin"
    trace = [sys.executable, "-m", "memray", "run", "--quiet", "--output", str(record.resolve())]
    try:
        _exercise(subject, trace, text, hazards, operations, seconds / 4, record)
        _render(record, memory)
    finally:
        with suppress(OSError):
            record.unlink()
    return [flame, memory]


def _program(name: str) -> str:
    """A program that came with this Python, or stands in the path."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(name, path=folders)
    if found is None:
        raise UsageError(f"{name} is not installed: pip install 'fuzzeq[bench]'")
    return found


def _exercise(
    subject: Subject,
    prefix: Sequence[str],
    text: str,
    hazards: Sequence[str],
    operations: Sequence[Operation],
    seconds: float,
    written: Path,
) -> None:
    """Lets a worker under a tool do all operations in turns; the tool's file has to be there."""
    with suppress(OSError):
        written.unlink()
    worker = WorkerProcess(subject, prefix)
    failure = ""
    try:
        with TextFile(text) as file:
            worker.ask("begin")
            worker.ask("open", document="", path=file.path, clock="wall")
            until = time.monotonic() + seconds
            planned = [
                exercises(operation, text, TURN, hazards)
                for operation in operations
                if operation in EDITS
            ]
            while planned and time.monotonic() < until:
                for turn in planned:
                    worker.ask("turn", document="", exercises=turn, clock="wall", seconds=seconds)
    except Failed as error:
        failure = str(error)
    said = worker.end()
    if failure or not written.is_file() or not written.stat().st_size:
        raise UsageError(
            f"no profile of {subject.name}: {failure or 'nothing was written'}; {said}"
        )


def _render(record: Path, page: Path) -> None:
    command = [
        sys.executable, "-m", "memray", "flamegraph", "--force", "--output", str(page), str(record),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not page.is_file():
        raise UsageError(f"memray could not make {page}: {done.stderr or done.stdout}")
