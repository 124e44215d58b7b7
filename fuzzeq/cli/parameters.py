"""What options take (seeds, durations, cores), and the options that several commands share.

An option means the same wherever it stands; what a command does with it is said in its own help.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from fuzzeq.errors import UsageError
from fuzzeq.seeds import parse_seed

TIME = "TIME"

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


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


SEED_OPTION = click.option(
    "--seed",
    type=seed,
    metavar="INT|COMMIT",
    default=0,
    show_default=True,
    help="A whole number or a commit hash: same seed, same traces.",
)

JOBS_OPTION = click.option(
    "--jobs",
    type=click.IntRange(min=1, max=1024),
    default=available_cores,
    show_default="all cores",
    help="Worker processes.",
)


def crashes_option(what: str) -> Decorator:
    """`--crashes DIR`; `what` is kept there."""
    return click.option(
        "--crashes",
        type=click.Path(path_type=Path),
        default=Path("crashes"),
        metavar="DIR",
        show_default=True,
        help=f"Where {what} kept.",
    )


def target_option(what: str) -> Decorator:
    """`--target NAME`; `what` is done with the target."""
    return click.option("--target", help=f"{what}: a name, or package.module:attribute.")
