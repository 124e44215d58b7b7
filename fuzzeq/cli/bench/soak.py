"""`fuzzeq bench soak`: edits without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from fuzzeq.bench.config import parse_size
from fuzzeq.bench.extras import need
from fuzzeq.bench.operations import worth_showing
from fuzzeq.bench.regression import here
from fuzzeq.bench.soak import SIZE
from fuzzeq.bench.soak import soak as run_soak
from fuzzeq.bench.workers import Subject
from fuzzeq.cli.bench.parameters import report_option, samples_option
from fuzzeq.cli.outcome import Stop
from fuzzeq.cli.parameters import TIME, duration, read_by
from fuzzeq.engines.unit import language_for
from fuzzeq.registry import load_target
from fuzzeq.report import bench_report
from fuzzeq.report.files import check_place


@click.command()
@click.argument("target", default="latex")
@click.option("--time", "seconds", type=duration, metavar=TIME, default="10m", show_default=True,
              help="How long, after some short checks.")  # fmt: skip
@click.option("--size", type=read_by(parse_size), metavar="SIZE", default=str(SIZE),
              help="Characters of the document (100KB).")  # fmt: skip
@samples_option
@report_option("all looks")
def soak(
    target: str, seconds: float, size: int, samples: Path | None, report_file: Path | None
) -> None:
    """Edit TARGET without end: does it hold more, or take longer, than a fresh one?

    Exit status: 0 no, 1 yes, or its answer is not batch's; 2 too short a time to say.
    """
    need("scipy.stats")
    if report_file is not None:
        check_place(report_file)
    language = language_for(load_target(target), None if samples is None else str(samples))
    texts = worth_showing(language.samples)
    with _soak_progress() as tell, Stop() as stop:
        soaked = run_soak(Subject(target), texts, seconds, size=size, stop=stop, tell=tell)
    if not soaked.holds:
        said = "FAILED"
    else:
        said = "passed" if soaked.complete else "incomplete: too few points for a slope"
    click.echo(
        f"{said}: {soaked.edits:,} edits in {soaked.seconds:.0f} s, {len(soaked.points)} looks at "
        "a fresh engine"
    )
    for check in soaked.checks:
        click.echo(f"{'ok' if check.holds else 'FAILED':<6} {check.name}: {check.sentence}")
    if report_file is not None:
        facts = here()[0].facts()
        value = {"format": 1, "kind": "soak", "target": target, "environment": facts}
        bench_report.write({**value, **asdict(soaked)}, report_file)
        click.echo(f"report: {report_file}")
    if not soaked.holds:
        raise click.exceptions.Exit(1)
    raise click.exceptions.Exit(0 if soaked.complete else 2)


@contextmanager
def _soak_progress() -> Iterator[Callable[[str], None]]:
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what: None
        return
    with console.status("starting") as status:
        yield lambda what: status.update(what)
