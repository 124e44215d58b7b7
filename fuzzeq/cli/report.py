"""`fuzzeq report`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click

from fuzzeq import crash_store
from fuzzeq.campaign.keys import available_cores
from fuzzeq.cli.export import registered_place, source_of
from fuzzeq.cli.history import history_of
from fuzzeq.cli.parameters import (
    Decorator,
    crashes_option,
    database_option,
    load_home,
    target_option,
)
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.report.assembling import (
    Context,
    Examined,
    examined,
    finding_page,
    night_page,
    with_classes,
)
from fuzzeq.report.files import write_text
from fuzzeq.report.junit import junit
from fuzzeq.report.markdown import summary
from fuzzeq.report.needs import needed
from fuzzeq.report.prometheus import prometheus
from fuzzeq.report.pytest_function import Source
from fuzzeq.report.reading import read_report
from fuzzeq.report.sarif import sarif
from fuzzeq.report.words import counted

REPORT = "report.json"
PAGE = "report.html"
"""What a campaign leaves in its folder."""

FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    "junit": junit,
    "sarif": sarif,
    "markdown": summary,
    "prometheus": prometheus,
}


def output(name: str, file: str, what: str) -> Decorator:
    """An option for a format; `-` is standard output."""
    return click.option(
        f"--{name}", type=click.Path(path_type=Path, allow_dash=True), metavar=file, help=what
    )


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@output("html", "FILE.html", "The page. Written by default, beside the report.")
@output("junit", "FILE.xml", "JUnit XML, for CI systems.")
@output("sarif", "FILE.sarif", "SARIF 2.1.0, for code scanning.")
@output("markdown", "FILE.md", "A summary in Markdown, for a CI job.")
@output("prometheus", "FILE.prom", "Metrics for Prometheus's node exporter.")
@target_option("Run findings again on this target")
@crashes_option("reproducers are looked for that the report names, and which are")
@database_option
def report(
    paths: tuple[Path, ...],
    html: Path | None,
    target: str | None,
    crashes: Path,
    database: Path | None,
    **files: Path | None,
) -> None:
    """Make a page out of a campaign's folder, a report, or crash files.

    Without PATHS: of the campaign that was run last. Findings are run again, in processes of their
    own, to show what the engine did; a target that is not registered is imported for that only
    where --target names it. FILE may be - for standard output.
    """
    context = Context((crashes,), target, available_cores(), source_for)
    crash_files = {path: _crash_files(path) for path in paths}
    if any(crash_files.values()):
        if any(files.values()):
            raise UsageError("crash files make a page; the other formats are of a whole report")
        for path, below in crash_files.items():
            if not below:
                raise UsageError(f"{path} is no crash file: a page is of crash files or a report")
        _page_of_crash_files(chain(*crash_files.values()), context, html or Path("finding.html"))
        return
    if len(paths) > 1:
        raise UsageError(f"one report at a time, not {len(paths)}")
    path = report_in(paths[0] if paths else last_campaign())
    value = read_report(path)
    context = Context((crashes, path.parent / "crashes"), target, context.jobs, source_for)
    wants_page = html is not None or not any(files.values())
    if wants_page:
        needed("jinja2")
        findings = examined(value, context)
        value = with_classes(value, findings)
        place = html or path.with_name(PAGE)
        _say_not_run(value, findings, None if html else place)
        quiet = Path("-") in files.values()
        write(page_of(value, findings, context, database), place, quiet)
    for name, file in files.items():
        if file is not None:
            write(FORMATS[name](value), file, quiet=True)


def page_of(
    value: dict[str, Any], findings: tuple[Examined, ...], context: Context, database: Path | None
) -> str:
    """The page of a report, with what the history says if there is one."""
    return night_page(value, findings, context, history_of(value, database))


def write(text: str, path: Path, quiet: bool = False) -> None:
    """Writes to a file, and says where unless `quiet`; or to standard output. Raises
    `UsageError`."""
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_text(text, path)
    if not quiet:
        click.echo(f"page: {printable(str(path))}")


def source_for(name: str) -> Source | None:
    """Where a registered target is imported from; None for all that a user did not register: what
    a file names is never imported."""
    place = name if ":" in name else registered_place(name)
    try:
        return None if place is None else source_of(place)
    except UsageError:
        return None


def _crash_files(path: Path) -> list[Path]:
    """The path itself where it is a crash file, or those below a folder that holds no report."""
    if path.is_dir() and not (path / REPORT).exists():
        return list(crash_store.reproducers(path))
    return [path] if path.name.endswith(crash_store.SUFFIX) else []


def _page_of_crash_files(files: Iterable[Path], context: Context, place: Path) -> None:
    """Makes the page of those that can be read, and names the others: exit status 2, as `replay`
    has it. Raises `UsageError` where none can."""
    found, damaged = [], []
    for file in dict.fromkeys(files):
        try:
            found.append((file, crash_store.load(file).finding))
        except UsageError as error:
            damaged.append(error)
    if not found:
        raise damaged[0]
    write(finding_page(found, context), place)
    for each in damaged:
        click.echo(f"not on the page: {printable(str(each))}", err=True)
    if damaged:
        raise click.exceptions.Exit(2)


def _say_not_run(report: dict[str, Any], findings: Sequence[Examined], over: Path | None) -> None:
    """Says what to do where findings could not be run again for want of their target. Raises
    `UsageError` instead where the page would go `over` one that is there: the campaign's own, say,
    which has more."""
    missed = sum(each.examination is not None and each.examination.no_target for each in findings)
    if not missed:
        return
    named = report["target"] if ":" in report["target"] else "package.module:attribute"
    what = (
        f"{missed} of {counted(len(findings), 'finding')} cannot be run again without their "
        f"target: give --target {shlex.quote(named)}"
    )
    if over is not None and over.exists():
        raise UsageError(f"{over} is left as it is: {what}, or --html FILE for a page without them")
    click.echo(f"warning: {printable(what)}", err=True)


def report_in(path: Path) -> Path:
    """The report itself, or the one in a campaign's folder."""
    return path / REPORT if path.is_dir() else path


def last_campaign() -> Path:
    """The folder of the campaign whose report was written last. Raises `UsageError`."""
    home = load_home()
    found = sorted(home.glob(f"*/{REPORT}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"no report in {home}: run a campaign, or name a report or crash files")
    return found[-1].parent
