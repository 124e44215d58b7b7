"""`fuzzeq targets`."""

from __future__ import annotations

from collections import deque

import click
from rich.table import Table

from fuzzeq.calls import guarded
from fuzzeq.campaign.scheduler import Done, Lost, WorkerLimits, schedule
from fuzzeq.campaign.tasks import Conform
from fuzzeq.cli import tables
from fuzzeq.engines.conformance import PROMISES
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.model.observation import Raised
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.registry import (
    load_registered,
    load_target,
    planted_bugs,
    registered_names,
    trusted_targets,
)

CHECK_SECONDS = 300.0
"""A promise that takes longer to be looked into is not kept."""


@click.command()
@click.option("--planted", is_flag=True, help="List the planted bugs instead.")
@click.option(
    "--check",
    "checked",
    metavar="NAME",
    help="Ask one target for every promise that a target makes; NAME may be "
    "package.module:attribute.",
)
def targets(planted: bool, checked: str | None) -> None:
    """List the targets there are, and what each can do.

    With --check, exit status 1 if the target breaks a promise.
    """
    if planted and checked is not None:
        raise UsageError("--planted lists and --check examines: name one of them")
    if planted:
        list_planted()
    elif checked is not None:
        examine(checked)
    else:
        list_targets()


def list_planted() -> None:
    """Every planted bug, its class and its summary. Raises `UsageError`."""
    table = Table("planted bug", "class", "what it gets wrong", box=None)
    for bug in planted_bugs():
        table.add_row(bug.target.name, str(bug.bug_class), bug.summary)
    tables.show(table)


def list_targets() -> None:
    """Every registered and trusted target with its capabilities; one that fails says so."""
    for name in sorted({*registered_names(), *trusted_targets()}):
        try:
            target = load_registered(name)
        except UsageError as error:
            click.echo(printable(f"{name}: {error}"))
            continue
        can = guarded("open", lambda: capabilities(target, target.open("")))  # noqa: B023
        if isinstance(can, Raised):
            click.echo(printable(f"{name}: {can.where} raised {can.type}: {can.message}"))
            continue
        on = [capability for capability in Capability if capability in can]
        off = [capability for capability in Capability if capability not in can]
        click.echo(f"{name}\n  on   {', '.join(on) or 'none'}\n  off  {', '.join(off) or 'none'}")


def examine(name: str) -> None:
    """One line for each promise that the target keeps, or for each complaint, and then exit
    status 1. In a worker, since a target may end whoever asks it. Raises `UsageError` where there
    is no such target."""
    load_target(name)
    for event in schedule(deque([Conform(name)]), 1, WorkerLimits(CHECK_SECONDS)):
        if isinstance(event, Lost):
            click.echo(
                f"broken  {'process':<14} the target ended the process that asked it: {event.how}"
            )
            raise click.exceptions.Exit(1)
        if isinstance(event, Done):
            complaints, kept = event.result
    for complaint in complaints:
        click.echo(f"broken  {complaint.promise:<14} {printable(complaint.message)}")
    if complaints:
        raise click.exceptions.Exit(1)
    for promise in kept:
        click.echo(f"kept    {promise:<14} {PROMISES[promise]}")
