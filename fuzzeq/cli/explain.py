"""`fuzzeq explain`."""

from __future__ import annotations

from pathlib import Path

import click

from fuzzeq import crash_store
from fuzzeq.campaign.examining import examine_all
from fuzzeq.cli.parameters import target_option
from fuzzeq.report.finding_text import tell
from fuzzeq.report.finding_view import view_of


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@target_option("Run it on this target")
def explain(path: Path, target: str | None) -> None:
    """Explain the crash file PATH: each step, both answers, and what the engine did.

    The trace is run again in a process of its own, and the engine asked where it restarted, which
    checkpoint it can have used, how much it examined and where it stopped.
    """
    finding = crash_store.load(path).finding
    (examination,) = examine_all([finding], target, jobs=1)
    for line in tell(view_of(finding, examination, str(path), target)):
        click.echo(line)
