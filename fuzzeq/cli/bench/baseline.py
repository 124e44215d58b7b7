"""`fuzzeq bench baseline`: what accepted runs came to."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from fuzzeq.bench.baseline import Settings
from fuzzeq.bench.baselines import Baselines, Damaged, decode, encode
from fuzzeq.bench.config import load_config
from fuzzeq.bench.regression import here
from fuzzeq.cli import tables
from fuzzeq.cli.bench.parameters import baselines_option, config_option
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.report import bench_report


@click.group()
def baseline() -> None:
    """What accepted runs came to, by test and environment."""


def _stored(config_file: Path | None, folder: Path | None, key: str | None) -> Baselines:
    config = load_config(config_file)
    return Baselines(folder or Path(config.baselines), key or here()[0].key)


environment_option = click.option(
    "--environment", "key", metavar="KEY", show_default="this one", help="Of another environment."
)


def _say_notes(stored: Baselines) -> None:
    for note in stored.notes:
        click.echo(f"note: {printable(note)}", err=True)


@baseline.command()
@click.argument("report", type=click.Path(path_type=Path))
@click.option("--commit", metavar="NAME", default="", help="Kept with it.")
@baselines_option
@config_option
def accept(report: Path, commit: str, baselines: Path | None, config_file: Path | None) -> None:
    """Make what REPORT measured the baseline of its environment, or part of it.

    A run never does that by itself.
    """
    config = load_config(config_file)
    loaded = bench_report.read(report)
    new = loaded.baselines({"commit": commit} if commit else {})
    if not new:
        passed = " of a test that passed" if loaded.failed else ""
        raise UsageError(f"{report} has no samples{passed}")
    stored = Baselines(baselines or Path(config.baselines), loaded.key)
    settings = Settings(config.adaptation, config.decay, config.retention)
    before = stored.load()
    known = stored.accept(new, settings)
    _say_notes(stored)
    verdict = printable(loaded.verdict)
    click.echo(f"accepted {len(new)} of {report} ({verdict}): {stored.path}")
    if loaded.failed:
        failed = printable(", ".join(sorted(loaded.failed)))
        click.echo(f"not accepted, since their tests failed: {failed}")
    renewed = sum(name in before for name in new)
    click.echo(f"{renewed} renewed, {len(new) - renewed} new, {len(known)} in all")


@baseline.command()
@click.argument("name", required=False)
@environment_option
@baselines_option
@config_option
def show(
    name: str | None, key: str | None, baselines: Path | None, config_file: Path | None
) -> None:
    """Show what there is; of NAME, and of all below it."""
    stored = _stored(config_file, baselines, key)
    known = {
        each: value
        for each, value in sorted(stored.load().items())
        if name is None or each == name or each.startswith(name + "/")
    }
    _say_notes(stored)
    click.echo(f"{stored.path}: {len(known)} baselines")
    if not known:
        return
    columns = ("test", "unit", "median", "95 % from", "to", "MAD", "p95", "n", "runs", "accepted")
    table = Table(*columns, box=None)
    for each, value in known.items():
        of = value.statistics
        numbers = (of.median, of.low, of.high, of.mad, of.p95)
        cells = [printable(each), printable(value.unit), *(f"{number:.4g}" for number in numbers),
                 str(of.count), str(value.runs), printable(value.accepted)]  # fmt: skip
        table.add_row(*map(Text, cells))
    tables.show(table)


@baseline.command()
@click.argument("file", type=click.Path(path_type=Path))
@environment_option
@baselines_option
@config_option
def export(file: Path, key: str | None, baselines: Path | None, config_file: Path | None) -> None:
    """Write all baselines of an environment to FILE."""
    stored = _stored(config_file, baselines, key)
    known = stored.load()
    _say_notes(stored)
    bench_report.write(encode(known, stored.key), file)
    click.echo(f"{file}: {len(known)} baselines of {stored.key}")


@baseline.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--merge", is_flag=True, help="Keep what is there, where it is later or not in FILE.")
@environment_option
@baselines_option
@config_option
def import_(
    file: Path, merge: bool, key: str | None, baselines: Path | None, config_file: Path | None
) -> None:
    """Take over what `export` wrote, for the environment that it is of."""
    try:
        value = json.loads(file.read_text("utf-8"))
        new = decode(value)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from None
    except (ValueError, OverflowError, RecursionError, Damaged, UsageError) as error:
        raise UsageError(f"{file} cannot be imported: {error}") from None
    stored = _stored(config_file, baselines, key or str(value.get("environment")))
    known = stored.replace_all(new, merge)
    _say_notes(stored)
    click.echo(f"{stored.path}: {len(new)} imported, {len(known)} in all")


@baseline.command()
@click.argument("name", required=False)
@environment_option
@baselines_option
@config_option
def reset(
    name: str | None, key: str | None, baselines: Path | None, config_file: Path | None
) -> None:
    """Forget all baselines of an environment, or those of NAME and below it."""
    stored = _stored(config_file, baselines, key)
    gone = stored.reset(name)
    _say_notes(stored)
    if name is not None and not gone:
        raise UsageError(f"no baseline {name!r} in {stored.path}; fuzzeq bench baseline show")
    click.echo(f"{gone} forgotten")
