"""`fuzzeq run`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from fuzzeq.campaign.run import run as run_campaign
from fuzzeq.campaign.state import Settings
from fuzzeq.cli.outcome import Stop, say_figures, say_findings, telling
from fuzzeq.cli.parameters import (
    HANG_OPTION,
    JOBS_OPTION,
    SEED_OPTION,
    TIME,
    crashes_option,
    duration,
)
from fuzzeq.cli.progress import Progress
from fuzzeq.engines.unit import ENGINES
from fuzzeq.errors import UsageError
from fuzzeq.report.files import check_place
from fuzzeq.report.run_report import Verdict, could_not_run, first_line, report, verdict, write
from fuzzeq.report.surroundings import surroundings

DEFAULT_EDITS = 50_000


@click.command()
@click.argument("target", default="latex")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="stream",
    show_default=True,
    help="How traces are made.",
)
@click.option("--edits", type=click.IntRange(min=1), help="Edits to compare; 50,000 by default.")
@click.option(
    "--time", "seconds", type=duration, metavar=TIME, help="How long to run: 90s, 10m, 1.5h."
)
@SEED_OPTION
@JOBS_OPTION
@HANG_OPTION
@click.option(
    "--samples",
    type=click.Path(),
    metavar="DIR",
    help="Documents to cut and splice: a tree of .tex .sty .ltx .cls .dtx files.",
)
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    metavar="DIR",
    show_default="the user's cache",
    help="Where the guided engine keeps what reached something new.",
)
@crashes_option("findings are")
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Where to write the report.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["any", "new"]),
    default="any",
    show_default=True,
    help="Which findings make the exit status 1.",
)
def run(
    target: str,
    engine: str,
    edits: int | None,
    seconds: float | None,
    seed: int,
    jobs: int,
    hang_seconds: float,
    samples: str | None,
    corpus: Path | None,
    crashes: Path,
    report_path: Path | None,
    fail_on: str,
) -> None:
    """Fuzz TARGET: a registered name, or package.module:attribute.

    Every disagreement is shrunk, confirmed in a fresh process and kept as a file. Ctrl-C ends a run
    cleanly, with its report; a second one at once.
    """
    if edits is None and seconds is None and engine != "exhaustive":
        edits = DEFAULT_EDITS
    if report_path:
        check_place(report_path)
    settings = Settings(
        target, engine, edits, seconds, seed, jobs, samples, crashes, hang_seconds, corpus
    )
    console = Console(stderr=True)
    try:
        with Stop() as stop, Progress(console) as progress:
            state = run_campaign(settings, progress.show, stop)
    except UsageError as error:
        if report_path:
            write(could_not_run(target, engine, seed, str(error)), report_path)
        raise
    try:
        with telling():
            click.echo(first_line(state))
            say_figures(state)
            say_findings(state)
    finally:  # the report is written even if nothing could be said
        if report_path:
            write(report(state) | surroundings(datetime.now(UTC)), report_path)
    outcome = verdict(state)
    if outcome == Verdict.FINDINGS and (fail_on == "any" or state.new or state.flaky):
        raise click.exceptions.Exit(1)
    if not state.complete:
        raise click.exceptions.Exit(2)
