"""`fuzzeq targets`."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from fuzzeq.errors import UsageError
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.registry import load_registered, planted_bugs, registered_names, trusted_targets


@click.command()
@click.option("--planted", is_flag=True, help="List the planted bugs instead.")
def targets(planted: bool) -> None:
    """List the targets there are, and what each can do."""
    console = Console(soft_wrap=True)
    if planted:
        table = Table("planted bug", "class", "what it gets wrong", box=None)
        for bug in planted_bugs():
            table.add_row(bug.target.name, str(bug.bug_class), bug.summary)
        console.print(table)
        return
    table = Table("target", *(name.value for name in Capability), box=None)
    for name in sorted({*registered_names(), *trusted_targets()}):
        try:
            target = load_registered(name)
            can = capabilities(target, target.open(""))
        except UsageError as error:
            table.add_row(name, str(error))
            continue
        table.add_row(name, *("on" if capability in can else "off" for capability in Capability))
    console.print(table)
