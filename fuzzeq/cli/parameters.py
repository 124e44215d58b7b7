"""What options take (seeds, durations, cores), and the options that several commands share.

An option means the same wherever it stands; what a command does with it is said in its own help.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from fuzzeq.campaign.config import load_profile, profile_names
from fuzzeq.campaign.keys import available_cores, parse_duration, parse_hang
from fuzzeq.campaign.worker import HANG_SECONDS
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


def read_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """An option's type that tells what it wants."""

    def read(value: str) -> Any:
        try:
            return parse(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not {error}") from None

    return read


duration = read_by(parse_duration)


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

HANG_OPTION = click.option(
    "--hang",
    "hang_seconds",
    type=read_by(parse_hang),
    metavar=TIME,
    default=f"{HANG_SECONDS:g}s",
    show_default=True,
    help="An engine that takes longer for one step hangs, which is a finding; 2s or more.",
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


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--database FILE`: the history."""
    return click.option(
        "--database",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        show_default="history.sqlite beside the campaigns",
        help="Where the history is kept.",
    )(command)


def load_home() -> Path:
    """The folder in which campaigns keep their state, as the project's files say."""
    folder: str = load_profile(profile_names()[0]).read("folder")
    return Path(folder)
