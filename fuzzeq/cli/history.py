"""`fuzzeq history`."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from fuzzeq.cli import tables
from fuzzeq.cli.parameters import database_option, load_home
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.history.charts import chart
from fuzzeq.history.database import History, days_ago, opened
from fuzzeq.history.file import NAME
from fuzzeq.history.nights import Appearance, Night, appearances
from fuzzeq.history.trends import RECENT, streak, trends
from fuzzeq.report.files import write_bytes
from fuzzeq.report.reading import read_report

DAYS = 30
MOST_DAYS = 36_500
COLUMNS = (
    "night", "campaign", "good", "new", "known", "edits", "edits/s", "reuse", "planted",
    "hazards met", "commit",
)  # fmt: skip


@click.group()
def history() -> None:
    """Nights over time: what was found, how fast, and between which commits a bug came.

    Campaigns record themselves when they end, in history.sqlite of the folder that they have theirs
    in.
    """


def days_option(command: Any) -> Any:
    """`--days N`."""
    return click.option(
        "--days", type=click.IntRange(0, MOST_DAYS), default=DAYS, show_default=True, metavar="N",
        help="Nights of so many days.",
    )(command)  # fmt: skip


def target_and_campaign(command: Any) -> Any:
    """`--target NAME` and `--campaign NAME`."""
    command = click.option("--campaign", metavar="NAME", help="Of this campaign alone.")(command)
    return click.option("--target", metavar="NAME", help="Of this target alone.")(command)


@history.command()
@click.argument(
    "reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT..."
)
@database_option
def record(reports: tuple[Path, ...], database: Path | None) -> None:
    """Record reports: files that --report has written. Twice is once."""
    values = [(path, read_report(path)) for path in reports]  # all, or none
    with _opened(database) as kept:
        for path, value in values:
            try:
                new = kept.record(value)
            except UsageError as error:
                raise UsageError(f"{path}: {error}") from None
            click.echo(f"{'recorded' if new else 'known already'}: {printable(str(path))}")


@history.command()
@days_option
@target_and_campaign
@database_option
def show(days: int, target: str | None, campaign: str | None, database: Path | None) -> None:
    """Show the nights, the latest last, with what has changed, and which bugs are open."""
    with _opened(database) as kept:
        nights = kept.nights(target, campaign, days_ago(days, datetime.now(UTC)))
        if not nights:
            click.echo(printable(f"no nights of {days} days in {kept.path}"))
            return
        table = Table(*COLUMNS, box=None)
        for night in nights:
            table.add_row(*map(printable, cells(night)))
        tables.show(table)
        for name, group in _groups(nights).items():
            click.echo(f"\n{printable(name)}: {words(group)}")
            _say_open(kept, group)


def _appearances(kept: History, target: str, campaign: str) -> dict[str, Appearance]:
    """When each finding of a campaign came, of nights that are kept and of those that were."""
    return appearances(kept.nights(target, campaign), kept.remembered(target, campaign))


def _say_open(kept: History, group: Sequence[Night]) -> None:
    """What the last night of a campaign found, and between which commits it came."""
    last = group[-1]
    ranges = _appearances(kept, last.target, last.campaign)
    for seen in kept.sightings(last):
        name = printable(f"{seen.oracle}: {seen.kind}")
        click.echo(f"  {seen.fingerprint[:8]} {name}: {ranges[seen.fingerprint].range()}")


@history.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@days_option
@target_and_campaign
@database_option
def charts(
    folder: Path, days: int, target: str | None, campaign: str | None, database: Path | None
) -> None:
    """Draw the nights into DIR: a PNG and an SVG for each campaign and target."""
    with _opened(database) as kept:
        nights = kept.nights(target, campaign, days_ago(days, datetime.now(UTC)))
    if not nights:
        raise UsageError(f"no nights of {days} days to draw")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
    for name, group in _groups(nights).items():
        plain = "".join(each if each.isalnum() or each in "-_" else "_" for each in name)
        for format in ("png", "svg"):
            path = folder / f"{plain}.{format}"
            write_bytes(chart(group, format), path)
            click.echo(printable(str(path)))


@history.command()
@click.option(
    "--keep",
    type=click.IntRange(1, MOST_DAYS),
    required=True,
    metavar="DAYS",
    help="Drop nights older than so many days.",
)
@database_option
def prune(keep: int, database: Path | None) -> None:
    """Drop old nights. When their findings were first seen stays known."""
    with _opened(database) as kept:
        count = kept.prune(days_ago(keep, datetime.now(UTC)))
    click.echo(f"{count} nights dropped")


# What the page shows, too.


def history_of(report: Mapping[str, Any], database: Path | None) -> dict[str, Any] | None:
    """What a history says beside a report: a section for its page, and when its findings were first
    seen. None where there is no history, or none of this campaign."""
    path = database or default_database()
    if not path.exists():
        return None
    with _opened(path) as kept:
        campaign = report.get("campaign", "")
        nights = kept.nights(report["target"], campaign)
        if not nights:
            return None
        found = _appearances(kept, report["target"], campaign)
    recent = [night for night in nights if night.at >= days_ago(DAYS, nights[-1].at)]
    return {
        "section": {
            "title": f"The last {DAYS} days",
            "words": words(recent),
            "charts": pictures(recent),
            "columns": COLUMNS,
            "rows": [cells(night) for night in reversed(recent)],
        },
        "findings": {
            fingerprint: {"first_seen": str(seen.first), "range": seen.range()}
            for fingerprint, seen in found.items()
        },
    }


def pictures(nights: Sequence[Night]) -> dict[str, str] | None:
    """The nights drawn, for a light page and a dark one, as addresses that hold the picture; None
    where there is nothing to draw with."""
    if len(nights) < 2:
        return None
    try:
        drawn = {name: chart(nights, "svg", name == "dark") for name in ("light", "dark")}
    except UsageError:
        return None
    return {
        name: f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
        for name, data in drawn.items()
    }


def words(nights: Sequence[Night]) -> str:
    """The streak, and what has changed."""
    good = streak(nights)
    told = "The last night was not good."
    if good:
        told = "The last night was good." if good == 1 else f"The last {good} nights were good."
    changed = "; ".join(map(str, trends(nights)))
    return f"{told} Medians of the last {RECENT} nights, against as many before: {changed}."


def cells(night: Night) -> list[str]:
    """A night as a row of `COLUMNS`."""

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.1%}"

    met = None if not night.cells or night.covered is None else night.covered / night.cells
    return [
        f"{night.at:%Y-%m-%d %H:%M}",
        f"{night.campaign} {night.target}".strip(),
        "good" if night.good else "BAD",
        str(night.new),
        str(night.known),
        f"{night.edits:,}",
        "-" if night.speed is None else f"{night.speed:,.0f}",
        share(night.reuse),
        f"{night.caught} of {night.hunted}" if night.hunted else "-",
        share(met),
        night.commit[:8] + ("+" if night.dirty else ""),
    ]


def _groups(nights: Sequence[Night]) -> dict[str, list[Night]]:
    """The nights by campaign and target: only such nights can be compared."""
    groups: dict[str, list[Night]] = {}
    for night in nights:
        groups.setdefault(f"{night.campaign} {night.target}".strip(), []).append(night)
    return groups


def default_database() -> Path:
    """Where campaigns record themselves."""
    return load_home() / NAME


@contextmanager
def _opened(path: Path | None) -> Iterator[History]:
    """A history; on standard error, what became of a damaged file."""
    with opened(path or default_database()) as kept:
        for note in kept.notes:
            click.echo(f"warning: {printable(note)}", err=True)
        yield kept


def keep_night(report: Mapping[str, Any], database: Path) -> None:
    """Records a campaign that has just ended. What goes wrong is a warning: the night is over, and
    its report stands."""
    try:
        with _opened(database) as kept:
            kept.record(report)
    except UsageError as error:
        click.echo(f"warning: not recorded: {printable(str(error))}", err=True)
