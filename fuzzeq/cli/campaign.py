"""`fuzzeq campaign`, and the options by which a profile's values are overridden."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign.campaign import Around, Outcome
from fuzzeq.campaign.cluster import LOCAL, REMOTE, over_dask
from fuzzeq.campaign.config import RESUME, load_profile, profile_names, resume_command
from fuzzeq.campaign.scheduler import schedule
from fuzzeq.campaign.supervisor import Executor
from fuzzeq.campaign.watch import MEGABYTE
from fuzzeq.cli.leaving import leave
from fuzzeq.cli.outcome import Stop, say_figures, say_findings, telling
from fuzzeq.cli.parameters import TIME, load_home
from fuzzeq.cli.progress import Progress
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.report.campaign_report import first_line, report
from fuzzeq.report.files import check_place
from fuzzeq.report.run_report import could_not_run, write
from fuzzeq.report.surroundings import surroundings

OWN_OPTIONS = ("target", "edits", "time", "seed", "jobs", "samples", "corpus", "crashes", "folder")
"""Keys that have an option of their own."""

TEXTS = ("target", "time", "seed", "samples", "crashes", "folder")


def overriding(command: Any) -> Any:
    """Gives a command the options that override a profile's values."""
    metavars = {"edits": "N", "jobs": "N", "seed": "INT|COMMIT", "time": TIME, "target": "TARGET"}
    options = [
        click.option(f"--{name}", metavar=metavars.get(name, "DIR"), help=f"See the key {name}.")
        for name in OWN_OPTIONS
    ]
    options.append(
        click.option(
            "--set", "assignments", multiple=True, metavar="KEY=VALUE",
            help="Any other key, such as gates.new_findings=2; `fuzzeq config` shows them.",
        )
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def overrides_of(options: dict[str, Any], assignments: tuple[str, ...]) -> dict[str, Any]:
    """What the command line says, by key. Raises `UsageError`."""
    given = [(name, options[name]) for name in OWN_OPTIONS if options.get(name) is not None]
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set wants KEY=VALUE, such as edits=1000; not {assignment!r}")
        given.append((name.strip(), value.strip()))
    return {name: _value(name, value) for name, value in given}


def _value(name: str, text: str) -> Any:
    """A value as it would be written in a file; what cannot be, is a text, and so is a seed, whose
    hexadecimal digits may look like a number."""
    if name in TEXTS:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


@click.command()
@click.argument("name")
@click.argument("which", required=False)
@overriding
@click.option(
    "--executor",
    "where",
    metavar="dask[://HOST:PORT]",
    help="Run the units on a dask cluster: one that it starts here, or the one there.",
)
@click.option("--fresh", is_flag=True, help="Begin anew where the last one was not finished.")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Where to write the report.",
)
def campaign(
    name: str,
    which: str | None,
    assignments: tuple[str, ...],
    where: str | None,
    fresh: bool,
    report_path: Path | None,
    **options: Any,
) -> None:
    """Run the campaign NAME: dev, ci, nightly, release, or a profile of your own.

    `fuzzeq campaign resume [NAME]` goes on with one that was stopped or killed. The first line says
    whether it was good. Exit status: 0 good, 1 something was found, 2 it did not do its work.
    """
    if which is not None and name != RESUME:
        raise UsageError(f"one campaign at a time: {name!r} or {which!r}?")
    overrides = overrides_of(options, assignments)
    if report_path:
        check_place(report_path)
    console = Console(stderr=True)
    try:
        jobs = load_profile(profile_names()[0] if name == RESUME else name, overrides).read("jobs")
        with Stop() as stop, _executor(where, jobs) as executor, Progress(console) as progress:
            around = Around(progress.show, stop, executor)
            if name == RESUME:
                home = Path(str(overrides.pop("folder", None) or load_home()))
                outcome = campaigns.resume(_to_resume(home, which), overrides, around)
            else:
                outcome = campaigns.start(load_profile(name, overrides), around, fresh)
    except UsageError as error:
        if report_path:
            asked = overrides.get("target", "")
            write(could_not_run(str(asked), "", 0, str(error)), report_path)
        raise
    value = report(outcome) | surroundings(datetime.now(UTC))
    try:
        with telling():
            _say(outcome)
    finally:  # files are left even if nothing could be said
        for path in leave(outcome, value, report_path):
            with telling():
                click.echo(f"report: {path}")
    if any(gate.is_finding for gate in outcome.broken):
        raise click.exceptions.Exit(1)
    if not outcome.is_good:
        raise click.exceptions.Exit(2)


@contextmanager
def _executor(where: str | None, jobs: int) -> Iterator[Executor]:
    """Where the tasks are run. Raises `UsageError`."""
    if where is None:
        yield schedule
    elif where != LOCAL and not re.fullmatch(re.escape(REMOTE) + r".+:\d+", where):
        raise UsageError(f"--executor is {LOCAL} or {REMOTE}HOST:PORT; not {where!r}")
    else:
        with over_dask(where, jobs) as executor:
            yield executor


def _to_resume(home: Path, name: str | None) -> Path:
    """The folder of the campaign to go on with. Raises `UsageError`."""
    if name is not None:
        if not (home / name).is_dir():
            raise UsageError(f"no campaign {name!r} in {home}")
        return home / name
    found = campaigns.unfinished(home)
    if not found:
        raise UsageError(f"nothing to resume in {home}: no campaign there was left unfinished")
    return found[0]


def _say(outcome: Outcome) -> None:
    """The result, on standard output."""
    state = outcome.state
    click.echo(first_line(outcome))
    click.echo(f"campaign {outcome.name} in {outcome.folder}")
    say_figures(state)
    reuses = {**state.meters, **state.drivers}
    parts = [f"{name} {meter.reuse:.1%}" for name, meter in reuses.items() if meter.reuse]
    if parts:
        click.echo(f"reuse: {', '.join(parts)}")
    if state.own_memory:
        first, last = (size / MEGABYTE for size in state.own_memory)
        click.echo(f"memory: the supervisor from {first:.0f} to {last:.0f} MB")
    for gate in outcome.gates:
        click.echo(f"gate {'ok' if gate.is_open else 'BROKEN':<6} {printable(str(gate))}")
    for death in state.unexplained:
        click.echo(printable(f"unexplained: unit {death.unit} lost its worker: {death.how}"))
    say_findings(state)
    if state.interrupted:
        click.echo(f"\nto go on: {resume_command(outcome.name, state.settings.target)}")
