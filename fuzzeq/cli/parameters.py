"""Kinds of option values: seeds, durations, jobs."""

from __future__ import annotations

import os
import re
from typing import Any

import click


class Seed(click.ParamType):
    """A whole number, or a commit hash, which is one written in hexadecimal."""

    name = "INT|COMMIT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        if isinstance(value, int):
            return value
        if re.fullmatch(r"-?[0-9]{1,39}", value):
            return int(value)
        if re.fullmatch(r"[0-9a-fA-F]{4,64}", value):
            return int(value, 16)
        message = f"{value!r} is neither a whole number nor a commit hash"
        raise click.BadParameter(message, ctx, param)


class Duration(click.ParamType):
    """A time such as 90, 90s, 10m, 1.5h; in seconds."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", value)
        if not match or not float(match[1]):
            message = f"{value!r} is not a time such as 90s, 10m or 1.5h"
            raise click.BadParameter(message, ctx, param)
        return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
