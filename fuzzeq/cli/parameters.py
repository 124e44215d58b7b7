"""Option values: seeds, durations, jobs. Functions that click calls with what was typed."""

from __future__ import annotations

import os
import re

import click

from fuzzeq.errors import UsageError
from fuzzeq.seeds import parse_seed

SEED = "INT|COMMIT"
TIME = "TIME"


def seed(value: str | int) -> int:
    """A whole number, or a commit hash, which is one written in hexadecimal."""
    try:
        return parse_seed(str(value))
    except UsageError as error:
        raise click.BadParameter(str(error)) from None


def duration(value: str) -> float:
    """A time such as 90, 90s, 10m, 1.5h; in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
    if not match or not float(match[1]):
        raise click.BadParameter(f"{value!r} is not a time such as 90s, 10m or 1.5h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
