"""The log of a campaign: one JSON object a line, never changed, only added to.

It says what was done and what came of it, with a digest of every unit's result, so that any unit
can be run again and held against it. A line that a full disk cut short is ended before the next
one, and passed over by readers.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fuzzeq.errors import UsageError

NAME = "events.jsonl"
LONGEST_LINE = 1 << 20

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """The time, for those who read the log; nothing is ever decided by it."""
    return datetime.now(UTC)


class Log:
    """A log that is being written. Lines that do not fit onto the disk wait in order."""

    def __init__(self, folder: Path, clock: Clock = wall_clock) -> None:
        self.path = folder / NAME
        self._clock, self._started = clock, time.monotonic()
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._waiting: list[bytes] = []
        self._torn = self._ends_within_a_line()

    def _ends_within_a_line(self) -> bool:
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def write(self, event: str, **what: Any) -> None:
        """Adds a line: the time, the seconds since this process began to write, the event."""
        line = {
            "at": self._clock().isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - self._started, 3),
            "event": event,
            **what,
        }
        self._waiting.append(json.dumps(line).encode("ascii") + b"\n")
        with suppress(OSError):
            self.flush()

    def flush(self) -> None:
        """Writes what is waiting. Raises `OSError` where it cannot be."""
        while self._waiting:
            line = (b"\n" if self._torn else b"") + self._waiting[0]
            written = os.write(self._file, line)
            if written < len(line):  # the rest of it goes onto a line that can be read
                self._torn = True
                continue
            self._torn = False
            del self._waiting[0]

    def close(self) -> None:
        """Writes what can still be written."""
        with suppress(OSError):
            self.flush()
        os.close(self._file)


def seconds_of(path: Path) -> float:
    """The seconds that the last night of a log has taken so far, over all its lives."""
    earlier = last = 0.0
    for event in read(path):
        seconds = event.get("seconds")
        if event["event"] == "began":
            earlier = last = 0.0
        if isinstance(seconds, int | float):
            if seconds < last:  # another process
                earlier += last
            last = seconds
    return earlier + last


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a log, or of the log in a folder; lines that are none are passed over. Raises
    `UsageError` where there is no such file."""
    path = path / NAME if path.is_dir() else path
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                with suppress(ValueError, RecursionError):
                    event = json.loads(line)
                    if isinstance(event, dict) and isinstance(event.get("event"), str):
                        yield event
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
