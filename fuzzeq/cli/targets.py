"""`fuzzeq targets`."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.registry import load_registered, planted_bugs, registered_names, trusted_targets


@click.command()
@click.option("--planted", is_flag=True, help="List the planted bugs instead.")
def targets(planted: bool) -> None:
    """List the targets there are, and what each can do."""
    if planted:
        console = Console()
        if not console.is_terminal:
            console.width = 120  # a log has no edge to wrap at
        table = Table("planted bug", "class", "what it gets wrong", box=None)
        for bug in planted_bugs():
            table.add_row(bug.target.name, str(bug.bug_class), bug.summary)
        console.print(table)
        return
    for name in sorted({*registered_names(), *trusted_targets()}):
        try:
            target = load_registered(name)
            can = capabilities(target, target.open(""))
        except UsageError as error:
            click.echo(f"{name}: {printable(str(error))}")
            continue
        on = [capability for capability in Capability if capability in can]
        off = [capability for capability in Capability if capability not in can]
        click.echo(f"{name}\n  on   {', '.join(on) or 'none'}\n  off  {', '.join(off) or 'none'}")
