"""`fuzzeq run`."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from fuzzeq.campaign.run import Run, Settings
from fuzzeq.campaign.run import run as run_campaign
from fuzzeq.cli.parameters import SEED, TIME, available_cores, duration
from fuzzeq.cli.parameters import seed as parse_seed
from fuzzeq.cli.progress import Progress
from fuzzeq.engines.unit import ENGINES
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain, printable
from fuzzeq.report.run_report import Verdict, could_not_run, first_line, report, verdict, write

DEFAULT_EDITS = 50_000
SHOWN_FINDINGS = 5


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
@click.option(
    "--seed",
    type=parse_seed,
    metavar=SEED,
    default=0,
    show_default=True,
    help="A whole number or a commit hash: same seed, same traces.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1, max=1024),
    default=available_cores,
    show_default="all cores",
    help="Worker processes.",
)
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
@click.option(
    "--crashes",
    type=click.Path(path_type=Path),
    default=Path("crashes"),
    metavar="DIR",
    show_default=True,
    help="Where findings are kept.",
)
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
    settings = Settings(target, engine, edits, seconds, seed, jobs, samples, crashes, corpus=corpus)
    console = Console(stderr=True)
    stopping = _Stop()
    try:
        with stopping, Progress(console) as progress:
            state = run_campaign(settings, progress.show, stopping)
    except UsageError as error:
        if report_path:
            write(could_not_run(target, engine, seed, str(error)), report_path)
        raise
    if report_path:
        write(report(state), report_path)
    _say(state)
    outcome = verdict(state)
    if outcome == Verdict.FINDINGS and (fail_on == "any" or state.new or state.flaky):
        raise click.exceptions.Exit(1)
    if not state.complete:
        raise click.exceptions.Exit(2)


def _say(state: Run) -> None:
    """The result, on standard output."""
    meter = state.meter
    click.echo(first_line(state))
    reuse = "unknown" if meter.reuse is None else f"{meter.reuse:.1%}"
    click.echo(
        f"{state.settings.target}, {state.settings.engine}, seed {state.settings.seed}: "
        f"{meter.checks:,} full comparisons in {state.wall_seconds:.1f} s "
        f"({meter.edits / state.wall_seconds:,.0f} edits/s); reuse {reuse}"
    )
    can = [str(capability) for capability in sorted(state.capabilities)]
    click.echo(f"capabilities: {', '.join(can) or 'none beyond the two methods'}")
    judged = ", ".join(f"{name} {count:,}" for name, count in meter.judged.most_common())
    click.echo(f"judged: {judged or 'nothing'}")
    for warning in state.warnings:
        click.echo(f"warning: {printable(warning)}")
    for replayed in state.fixed:
        click.echo(f"fixed: {replayed.path} (fuzzeq replay --move files it)")
    stored = [*state.findings, *state.flaky]
    for number, item in enumerate(stored):
        if number == SHOWN_FINDINGS:
            click.echo(f"... and {len(stored) - SHOWN_FINDINGS} more in {state.settings.crashes}")
            break
        click.echo("")
        new = "known" if item.known else "new"
        click.echo(f"{new} finding, {item.finding.status}: {item.path}")
        for line in explain(item.finding):
            click.echo(f"  {line}")
    if stored:
        asked, found = state.settings.target, stored[0].finding.target
        option = "" if asked == found else f" --target {shlex.quote(asked)}"
        click.echo(f"\nto reproduce: fuzzeq replay{option} {shlex.quote(str(stored[0].path))}")


class _Stop:
    """Ctrl-C and SIGTERM, taken as a wish; a second one is taken as it comes."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, object] = {}

    def __call__(self) -> bool:
        return self._asked

    def __enter__(self) -> _Stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() returned

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
