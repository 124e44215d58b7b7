"""`fuzzeq config`."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from fuzzeq.campaign.config import load_profile, profile_names
from fuzzeq.campaign.keys import KEYS
from fuzzeq.cli import tables
from fuzzeq.cli.campaign import overrides_of, overriding
from fuzzeq.explain import printable


@click.command()
@click.argument("name", required=False)
@overriding
def config(name: str | None, assignments: tuple[str, ...], **options: Any) -> None:
    """Show what is in force for the campaign NAME, and where each value was said.

    Without NAME: which profiles there are.
    """
    if name is None:
        click.echo(f"profiles: {', '.join(profile_names())}")
        click.echo("fuzzeq config NAME shows what is in force for one")
        return
    profile = load_profile(name, overrides_of(options, assignments))
    table = Table("key", "value", "from", "meaning", box=None)
    for key, value in profile.values.items():
        table.add_row(key, printable(_shown(value.written)), value.origin, KEYS[key].meaning)
    tables.show(table)
    for acceptance in profile.accepted:
        click.echo(f"accepted until {acceptance.until}: {acceptance.fingerprint}: "
                   f"{printable(acceptance.reason)}")  # fmt: skip


def _shown(value: Any) -> str:
    """A value as it is written in a file."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {each}" for key, each in value.items()) + " }"
    return str(value)
