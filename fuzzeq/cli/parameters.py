"""Option values: seeds, durations, jobs. Functions that click calls with what was typed."""

from __future__ import annotations

import click

from fuzzeq.campaign.keys import available_cores, parse_duration
from fuzzeq.errors import UsageError
from fuzzeq.seeds import parse_seed

__all__ = ["SEED", "TIME", "available_cores", "duration", "seed"]

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
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not {error}") from None
