"""What the commands of `fuzzeq bench` have in common."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from fuzzeq.bench.judgement import Method


def names(kind: type[StrEnum]) -> list[str]:
    """The values of an enumeration as plain texts: newer clicks take the members' names."""
    return [each.value for each in kind]


config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.toml",
    help="Configuration, in place of [tool.fuzzeq.bench] of pyproject.toml.",
)
baselines_option = click.option(
    "--baselines",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where baselines are kept: .fuzzeq/baselines, unless the configuration says otherwise.",
)


samples_option = click.option(
    "--samples",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Documents to build from, in place of the target's.",
)
overhead_option = click.option(
    "--max-overhead",
    type=click.FloatRange(min=0, max=1000),
    metavar="SHARE",
    help="By which share something may be slower (0.05).",
)
method_option = click.option(
    "--method", type=click.Choice(names(Method)), help="How it is judged (robust)."
)


def report_option(what: str) -> Callable[..., Any]:
    """`--report FILE.json`; `what` is written there."""
    return click.option(
        "--report",
        "report_file",
        type=click.Path(path_type=Path),
        metavar="FILE.json",
        help=f"Write {what} there.",
    )
