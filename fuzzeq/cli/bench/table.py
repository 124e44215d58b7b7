"""A measurement on the terminal."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from fuzzeq.bench.judgement import Verdict
from fuzzeq.cli import tables
from fuzzeq.explain import printable
from fuzzeq.report import bench_report
from fuzzeq.report.bench_report import COLUMNS, SPARED, Measurement

SUSPICIOUS = 0.05
"""What is undecided and more likely than this by chance is not worth a line."""


def show(done: Measurement) -> None:
    """The first line, the table, what was judged, and what has to be said."""
    click.echo(bench_report.first_line(done))
    for damaged in done.damaged:
        click.echo(f"baselines: {printable(damaged)}")
    environment, settings = done.environment, done.matrix.settings
    busy = f", busy with {', '.join(settings.loads)}" if settings.loads else ""
    click.echo(
        f"{printable(environment.processor)}, {environment.cores} cores, load "
        f"{environment.load}{busy}; {environment.python}; clock: {settings.clock}; milliseconds"
    )
    _table(done)
    for judgement in done.judgements:
        unlikely = judgement.verdict is not Verdict.UNDECIDED or (judgement.p or 0) < SUSPICIOUS
        worth_a_line = judgement.verdict not in (Verdict.UNCHANGED, Verdict.NO_BASELINE)
        if judgement.fails or (worth_a_line and unlikely):
            click.echo(f"{judgement.verdict}: {printable(judgement.sentence)}")
    for check in done.limits:
        if not check.holds:
            value = "not measured" if check.value is None else f"{check.value:.4g} {check.unit}"
            click.echo(f"limit: {check.name}: {value}, at most {check.limit:g} {check.unit}")
    for note in done.matrix.notes:
        click.echo(f"note: {printable(note)}")


def _table(done: Measurement) -> None:
    width = tables.width()
    rows = bench_report.rows(done.matrix)
    spared: set[str] = set()
    for column in (*SPARED, ""):
        if _width(rows, spared) <= width:
            break
        spared.add(column)
    shown = [n for n, column in enumerate(COLUMNS) if column not in spared]
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("")
    for number in shown:
        table.add_column(COLUMNS[number], justify="right", no_wrap=True)
    table.add_column("")
    for name, *cells, note in rows:
        texts = [Text(cells[number]) for number in shown]
        table.add_row(Text(name), *texts, Text(printable(note)))
    tables.show(table)


def _width(rows: list[tuple[str, ...]], spared: set[str]) -> int:
    """How wide a table of these would be, notes apart."""
    width = max((len(row[0]) for row in rows), default=0) + 1
    for number, column in enumerate(COLUMNS):
        if column not in spared:
            width += max([len(column), *(len(row[number + 1]) for row in rows)]) + 1
    return width
