"""The keys of a profile: what each means, what it may be, and what it is unless someone says so.

A value is read where it is written, so that a mistake can be told with its place. Knows nothing of
files and of profiles.
"""

from __future__ import annotations

import math
import os
import re
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from fuzzeq.campaign.state import CANARY_EDITS
from fuzzeq.engines.unit import ENGINES
from fuzzeq.errors import UsageError
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.seeds import parse_seed

CORES = "cores"
NEW = "new"
NONE = "none"

LEAST_HANG = 2.0


class Wrong(ValueError):
    """A value that a key cannot have; the message says what it can."""


# Kinds of values. Each takes what stands in a file, and gives what is meant.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong("a text")
    return value


def _whole(least: int, most: int = 10**12) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong(f"a whole number from {least:,} to {most:,}")
        return value

    return read


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise Wrong("a number, 0 or more")
    return float(value)


def parse_duration(value: Any) -> float:
    """Seconds of a time such as 90, "90s", "10m", "1.5h". Raises `ValueError`, which says that."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smh]?)", str(value))
    if isinstance(value, bool) or not match or not float(match[1]):
        raise Wrong("a time such as 90s, 10m or 1.5h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def parse_hang(value: Any) -> float:
    """The same for how long a worker may be silent: it gives a sign of life once a second, no
    oftener."""
    if (seconds := parse_duration(value)) < LEAST_HANG:
        raise Wrong(f"a time of {LEAST_HANG:g}s or more")
    return seconds


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_optional(value: Any) -> Any:
        if value == NONE:
            return None
        try:
            return read(value)
        except Wrong as wrong:
            raise Wrong(f'{wrong}, or "{NONE}"') from None

    return read_optional


def _jobs(value: Any) -> int:
    if value == CORES:
        return available_cores()
    try:
        return _whole(1, 1024)(value)
    except Wrong as wrong:
        raise Wrong(f'{wrong}, or "{CORES}"') from None


def _seed(value: Any) -> int:
    if value == NEW:
        return secrets.randbits(32)
    if type(value) in (int, str):
        try:
            return parse_seed(str(value))
        except UsageError:
            pass
    raise Wrong(f'a whole number, a commit hash in quotes, or "{NEW}"')


def _shares(names: tuple[str, ...], most: float = math.inf) -> Callable[[Any], Any]:
    allowed = f"a table of {', '.join(names)} with numbers over 0"
    allowed += "" if most == math.inf else f" and up to {most:g}"

    def read(value: Any) -> tuple[tuple[str, float], ...]:
        if not isinstance(value, dict):
            raise Wrong(allowed)
        for name, share in value.items():
            known = name in names and type(share) in (int, float)
            if not known or not 0 < share <= most or not math.isfinite(share):
                raise Wrong(f"{allowed}; not {name} = {share!r}")
        return tuple((name, float(value[name])) for name in names if name in value)

    return read


def _mix(value: Any) -> tuple[tuple[str, float], ...]:
    shares: tuple[tuple[str, float], ...] = _shares(ENGINES)(value)
    if not shares:
        raise Wrong("a table of one engine at least")
    return shares


class Key(NamedTuple):
    """A key of a profile: the value that it has unless someone says otherwise, and its meaning."""

    default: Any
    read: Callable[[Any], Any]
    meaning: str


KEYS: dict[str, Key] = {
    "target": Key("latex", _text, "what is fuzzed: a registered name, or module:attribute"),
    "seed": Key(0, _seed, "same seed, same traces; new draws one"),
    "edits": Key(50_000, _optional(_whole(1)), "edits to compare"),
    "time": Key(NONE, _optional(parse_duration), "how long to go on, with or instead of edits"),
    "jobs": Key(CORES, _jobs, "worker processes"),
    "mix": Key({"stream": 1}, _mix, "engines, and the share of the edits that each has"),
    "samples": Key(NONE, _optional(_text), "a folder of documents to cut and splice"),
    "corpus": Key(NONE, _optional(_text), "what the guided engine keeps; none is the user's cache"),
    "crashes": Key("crashes", _text, "the folder where findings are kept"),
    "regressions": Key(
        NONE, _optional(_text), "fixed findings, replayed first; none is corpus/NAME/regressions"
    ),
    "folder": Key(".fuzzeq", _text, "the folder where the state of campaigns is kept"),
    "canaries": Key(1, _whole(0, 1000), "canaries hunted among the units"),
    "canary_edits": Key(CANARY_EDITS, _whole(1), "edits in which the plain canary is caught"),
    "driver_edits": Key(0, _whole(0), "edits of each driver alone, to measure its reuse"),
    "hang": Key("60s", parse_hang, "a worker that says nothing for so long hangs"),
    "unit_time": Key("10m", parse_duration, "a unit that takes longer is ended"),
    "memory_mb": Key(2048, _whole(64), "a worker that takes more is ended"),
    "free_disk_mb": Key(100, _whole(0), "below this the campaign pauses"),
    "free_memory_mb": Key(200, _whole(0), "below this the campaign pauses"),
    "gates.new_findings": Key(0, _optional(_whole(0)), "findings that no one has seen before"),
    "gates.known_findings": Key(NONE, _optional(_whole(0)), "findings with a file, or accepted"),
    "gates.flaky_findings": Key(0, _optional(_whole(0)), "findings that did not come again"),
    "gates.missed_canaries": Key(0, _optional(_whole(0)), "canaries not caught in their edits"),
    "gates.silent_oracles": Key(0, _optional(_whole(0)), "oracles that could judge, and did not"),
    "gates.missing_units": Key(0, _optional(_whole(0)), "units planned and not done"),
    "gates.unexplained_deaths": Key(0, _optional(_whole(0)), "workers lost, nobody knows why"),
    "gates.leak_mb_per_hour": Key(200, _optional(_number), "growth of a worker's memory"),
    "gates.reuse": Key({}, _shares((*ENGINES, *DRIVERS), 1), "least reuse by engine or driver"),
}


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
