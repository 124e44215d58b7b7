"""What a project says of its measurements: the table `bench` of its files, or a file of its own.

Every value is read where it stands, so that a mistake is told with its place.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fuzzeq.bench.baseline import Settings as BaselineSettings
from fuzzeq.bench.folder import FOLDER
from fuzzeq.bench.judgement import MAX_OVERHEAD, Method
from fuzzeq.bench.measure import Clock
from fuzzeq.bench.operations import LARGEST_DOCUMENT, Operation
from fuzzeq.bench.runner import SIZES
from fuzzeq.bench.verdicts import MEMORY, USUAL_LIMITS
from fuzzeq.errors import UsageError
from fuzzeq.project_file import ProjectTable, project_tables

USUAL = "usual"
QUICK_SIZES = (10_000, 100_000, 1_000_000)
QUICK_COUNT = 50
QUICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration; paths are as they were written, from the current directory."""

    targets: tuple[str, ...] = ("latex",)
    peers: tuple[str, ...] = ()
    sizes: tuple[int, ...] = SIZES
    operations: tuple[Operation, ...] = tuple(Operation)
    samples: tuple[str, ...] = ()
    """Files, in this order; none: those of the target."""
    count: int = 200
    warmup: int = 10
    turn: int = 5
    cell_seconds: float = 5.0
    clock: Clock = Clock.WALL
    method: Method = Method.ROBUST
    max_overhead: float = MAX_OVERHEAD
    limits: tuple[tuple[str, float], ...] = ()
    baselines: str = str(FOLDER)
    adaptation: float = BaselineSettings().adaptation
    decay: float = BaselineSettings().decay
    retention: float = BaselineSettings().retention


class Wrong(ValueError):
    """A value that a key cannot have; the message says what it can."""


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise Wrong("a list of texts")
    return tuple(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong("a text")
    return value


def parse_size(value: Any) -> int:
    """Characters of a size such as 5000, "10KB", "1.5MB". Raises `Wrong`, a `ValueError`."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*(KB|MB)?", str(value).strip(), re.IGNORECASE)
    size = (
        round(float(match[1]) * {"": 1, "KB": 1000, "MB": 10**6}[(match[2] or "").upper()])
        if match and not isinstance(value, bool)
        else 0
    )
    if not 1 <= size <= LARGEST_DOCUMENT:
        raise Wrong(f"a size such as 5000, 10KB or 1MB, at most {LARGEST_DOCUMENT // 10**6}MB")
    return size


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise Wrong("a list of sizes")
    return tuple(sorted({parse_size(each) for each in value}))


def parse_operation(value: Any) -> Operation:
    """The operation of a name. Raises `Wrong`, a `ValueError`."""
    if value not in tuple(Operation):
        raise Wrong(f"one of {', '.join(Operation)}")
    return Operation(value)


def _operations(value: Any) -> tuple[Operation, ...]:
    if not isinstance(value, list) or not value:
        raise Wrong(f"a list of {', '.join(Operation)}")
    wanted = {parse_operation(each) for each in value}
    return tuple(operation for operation in Operation if operation in wanted)


def _number(least: float, most: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise Wrong(f"a number from {least:g} to {most:g}")
        if not least <= value <= most:
            raise Wrong(f"a number from {least:g} to {most:g}")
        return float(value)

    return read


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong(f"a whole number from {least:,} to {most:,}")
        return value

    return read


def _one_of(kind: Any) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in tuple(kind):
            raise Wrong(f"one of {', '.join(kind)}")
        return kind(value)

    return read


def _limits(value: Any) -> tuple[tuple[str, float], ...]:
    if value == USUAL:
        return tuple(USUAL_LIMITS.items())
    known = (*Operation, MEMORY)
    number = _number(0, 1e9)
    if not isinstance(value, dict) or not value.keys() <= set(known):
        raise Wrong(f"{USUAL!r}, or a table of {', '.join(known)}: milliseconds at p95, and MB")
    return tuple((str(key), number(limit)) for key, limit in value.items())


KEYS: Mapping[str, Callable[[Any], Any]] = {
    "targets": _texts,
    "peers": _texts,
    "sizes": _sizes,
    "operations": _operations,
    "samples": _texts,
    "count": _whole(1, 100_000),
    "warmup": _whole(0, 10_000),
    "turn": _whole(1, 10_000),
    "cell_seconds": _number(0.001, 86_400),
    "clock": _one_of(Clock),
    "method": _one_of(Method),
    "max_overhead": _number(0, 1000),
    "limits": _limits,
    "baselines": _text,
    "adaptation": _number(0.001, 1),
    "decay": _number(0.001, 1e6),
    "retention": _number(0.001, 1e6),
}


def load_config(file: Path | None = None) -> Config:
    """What a file says, or the table `bench` of the project's files. Raises `UsageError`."""
    values: dict[str, Any] = {}
    for table in [_of_file(file)] if file else project_tables():
        part = table.table if file else table.table.get("bench", {})
        place = str(table.path) if file else table.place("bench")
        if not isinstance(part, dict):
            raise UsageError(f"{place} is no table")
        for key, value in part.items():
            if key not in KEYS:
                raise UsageError(f"{place} knows no {key!a}; there are {', '.join(KEYS)}")
            try:
                values[key] = KEYS[key](value)
            except Wrong as wrong:
                raise UsageError(f"{key} of {place} wants {wrong}") from None
    assert KEYS.keys() == {each.name for each in fields(Config)}
    return Config(**values)


def _of_file(file: Path) -> ProjectTable:
    try:
        return ProjectTable(str(file), tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def parse_limit(text: str) -> tuple[tuple[str, float], ...]:
    """Limits of the command line: "usual", or "OPERATION=MS". Raises `Wrong`, a `ValueError`."""
    if text == USUAL:
        return _limits(USUAL)
    name, _, value = text.partition("=")
    try:
        return _limits({name: float(value)})
    except (Wrong, ValueError):
        known = ", ".join((*Operation, MEMORY))
        raise Wrong(f"{USUAL}, or one of {known} with = and a number") from None
