"""`fuzzeq shrink`."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import click

from fuzzeq import crash_store
from fuzzeq.campaign.scheduler import Done, Lost, WorkerLimits, schedule
from fuzzeq.campaign.tasks import Confirm, Shrink
from fuzzeq.cli.parameters import HANG_OPTION, crashes_option, target_option
from fuzzeq.engines.replay import target_of
from fuzzeq.engines.shrinking import ShrunkFinding
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain, printable
from fuzzeq.model.finding import Finding, Status
from fuzzeq.report.words import counted, replay_command
from fuzzeq.shrink import BUDGET


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@target_option("Run it on this target")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=BUDGET,
    show_default=True,
    help="Candidates to try.",
)
@HANG_OPTION
@crashes_option("the smaller finding is")
def shrink(path: Path, target: str | None, budget: int, hang_seconds: float, crashes: Path) -> None:
    """Make the finding in a crash file smaller. The file itself stays as it is.

    Exit status 1 if it still fails (it was shrunk), 2 if it no longer does.
    """
    finding = crash_store.load(path).finding
    name = target if target is not None else target_of(finding, None).name
    limits = WorkerLimits(hang_seconds)
    for event in schedule(deque([Shrink(name, finding, budget, limits)]), 1, limits):
        if isinstance(event, Lost):
            raise UsageError(f"{path}: its process: {event.how}; nothing was changed")
        if not isinstance(event, Done):
            continue
        result: ShrunkFinding = event.result
        small = result.finding
        if small.status == Status.FLAKY:
            raise UsageError(f"{path} does not fail as it says: nothing to shrink")
        if small.status in (Status.DIED, Status.HUNG) and not _is_lost(name, small, limits):
            raise UsageError(
                f"{path}: its process was lost while it was shrunk, with less patience than "
                f"{hang_seconds:g} s, and what is left is not: nothing was changed"
            )
        stored = crash_store.store(small, crashes)
        before, after = finding.trace, small.trace
        click.echo(
            f"{counted(len(before.document), 'character')} and "
            f"{counted(len(before.steps), 'step')} became {len(after.document):,} and "
            f"{len(after.steps):,}, {counted(result.candidates, 'candidate')} tried"
        )
        for line in explain(small):
            click.echo(f"  {line}")
        for other in result.others:
            click.echo(printable(f"also broken on the way: {crash_store.store(other, crashes)}"))
        click.echo(f"to reproduce: {replay_command(str(stored), target)}")
        raise click.exceptions.Exit(1)


def _is_lost(target: str, finding: Finding, limits: WorkerLimits) -> bool:
    """Whether the process that runs a finding is lost, within the limits that were asked for."""
    events = schedule(deque([Confirm(target, finding)]), 1, limits)
    return any(isinstance(event, Lost) for event in events)
