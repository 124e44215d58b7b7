"""`fuzzeq selftest`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from fuzzeq.campaign.scheduler import Done, Lost, schedule
from fuzzeq.campaign.tasks import Hunt, Hunted
from fuzzeq.checking import Meter
from fuzzeq.cli import tables
from fuzzeq.cli.parameters import JOBS_OPTION, SEED_OPTION
from fuzzeq.explain import printable
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Probe, Step
from fuzzeq.oracles import ORACLES
from fuzzeq.registry import planted_bugs, registered_names

PLANTED_PREFIX = "latex-planted-"
SECOND_CHANCES = 3
SECOND_CHANCE_EDITS = 2000
"""Where an oracle has fired at nothing, all bugs are hunted again for so long, with other seeds."""


@click.command()
@click.option(
    "--edits",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    help="Edits in which each planted bug has to die, and no healthy engine may.",
)
@SEED_OPTION
@JOBS_OPTION
def selftest(edits: int, seed: int, jobs: int) -> None:
    """Hunt every planted bug, and accuse no healthy engine: is fuzzeq itself any good?

    Exit status 1 if a planted bug survives, a healthy engine is accused, or an oracle judged or
    fired not once.
    """
    bugs = {bug.target.name: bug for bug in planted_bugs()}
    healthy = registered_names()
    # The longest first, so that no worker is left with one of them at the end.
    tasks = deque(Hunt(name, seed, edits) for name in (*healthy, *bugs))
    hunted: dict[str, Hunted | Lost] = {}
    with Console(stderr=True).status("hunting") as status:
        for event in schedule(tasks, jobs):
            if isinstance(event, Done | Lost):
                hunted[event.task.target] = event.result if isinstance(event, Done) else event
                status.update(f"hunting: {len(hunted)} of {len(bugs) + len(healthy)} done")
        total = _total(hunted)
        for again in range(1, SECOND_CHANCES + 1):
            if all(total.fired[oracle.name] for oracle in ORACLES):
                break
            # Which of its oracles sees a bug first depends on the seed.
            tasks = deque(Hunt(name, seed + again, SECOND_CHANCE_EDITS, False) for name in bugs)
            total.add(_total({event.task.target: event.result for event in schedule(tasks, jobs)
                              if isinstance(event, Done)}))  # fmt: skip
    complaints = _judge(bugs, healthy, hunted, total)
    tables.show(_table(bugs, hunted))
    for name in healthy:
        result = hunted[name]
        if isinstance(result, Hunted):
            click.echo(f"healthy {name}: {result.edits:,} edits, accused: "
                       f"{'yes' if result.shrunk else 'no'}")  # fmt: skip
    for complaint in complaints:
        click.echo(printable(f"FAILED: {complaint}"))
    killed = sum(isinstance(hunted[name], Hunted) and _killed(hunted[name]) for name in bugs)
    click.echo(f"{killed} of {len(bugs)} planted bugs killed within {edits:,} edits each, "
               f"seed {seed}")  # fmt: skip
    if complaints:
        raise click.exceptions.Exit(1)


def _total(hunted: Mapping[str, Hunted | Lost]) -> Meter:
    """What all hunts counted."""
    total = Meter()
    for result in hunted.values():
        if isinstance(result, Hunted):
            total.add(result.meter)
    return total


def _killed(result: Hunted | Lost) -> bool:
    return isinstance(result, Lost) or result.shrunk is not None


def _judge(
    bugs: dict[str, Planted],
    healthy: list[str],
    hunted: dict[str, Hunted | Lost],
    total: Meter,
) -> list[str]:
    """Everything that is not as it has to be."""
    complaints = []
    for name in bugs:
        if not _killed(hunted[name]):
            complaints.append(f"planted bug {name} survives")
    for name in healthy:
        result = hunted[name]
        if isinstance(result, Lost):
            complaints.append(f"healthy engine {name}: {result.how}")
        elif result.shrunk:
            message = result.shrunk.finding.divergence.message
            complaints.append(f"healthy engine {name} accused: {message}")
    for oracle in ORACLES:
        if not total.judged[oracle.name]:
            complaints.append(f"oracle {oracle.name} judged nothing")
        if not total.fired[oracle.name]:
            complaints.append(f"oracle {oracle.name} fired at nothing")
    return complaints


def _table(bugs: dict[str, Planted], hunted: dict[str, Hunted | Lost]) -> Table:
    table = Table("class", "planted bug", "killed by", "edits", "seconds", "minimum", box=None)
    for name, bug in sorted(bugs.items(), key=lambda pair: (pair[1].bug_class, pair[0])):
        result, short = hunted[name], name.removeprefix(PLANTED_PREFIX)
        if isinstance(result, Lost):
            table.add_row(str(bug.bug_class), short, result.how, "", "", "")
        elif result.shrunk is None:
            table.add_row(str(bug.bug_class), short, "SURVIVED", f"{result.edits:,}", "", "")
        else:
            finding = result.shrunk.finding
            table.add_row(
                str(bug.bug_class), short, finding.divergence.oracle, f"{result.edits:,}",
                f"{result.seconds:.1f}", _size(finding.trace.document, finding.trace.steps),
            )  # fmt: skip
    return table


def _size(document: str, steps: tuple[Step, ...]) -> str:
    """The size of a minimum: characters and edits or probes."""
    edits = sum(1 if isinstance(step, Probe) else len(step) for step in steps)
    return f"{len(document)} chars, {edits} edits"
