"""`fuzzeq corpus`: what the guided engine keeps from one run to the next."""

from __future__ import annotations

from collections import deque
from dataclasses import replace as changed
from pathlib import Path

import click

from fuzzeq import crash_store
from fuzzeq.campaign.scheduler import Done, Lost, schedule
from fuzzeq.campaign.tasks import Confirm, Shrink
from fuzzeq.engines import guided_corpus, guided_merge
from fuzzeq.engines.guided_coverage import Cover, Covered
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain, printable
from fuzzeq.model.finding import Divergence, Finding, Origin, Status
from fuzzeq.registry import load_target
from fuzzeq.report.words import replay_command

LARGEST_LIST = 40

folder_option = click.option(
    "--corpus",
    "named",
    type=click.Path(path_type=Path),
    metavar="DIR",
    show_default="the user's cache",
    help="Where the entries are.",
)


@click.group()
def corpus() -> None:
    """Look after what the guided engine keeps from one run to the next."""


def _folder(target: str, named: Path | None) -> Path:
    return guided_corpus.folder(load_target(target).name, None if named is None else str(named))


@corpus.command()
@click.argument("target", default="latex")
@folder_option
def stats(target: str, named: Path | None) -> None:
    """How many entries there are for TARGET, and how large; names those that are damaged."""
    name = load_target(target).name
    path = named if named is not None else guided_corpus.default_folder(name)
    found = guided_corpus.stats(path)
    click.echo(f"{path}: {found.entries:,} entries, {found.bytes:,} bytes")
    for what, (middle, largest) in (
        ("bytes of an entry", found.entry_bytes),
        ("characters of a document", found.document_characters),
        ("steps of a trace", found.steps),
    ):
        click.echo(f"  {what}: median {middle:,}, at most {largest:,}")
    for line in found.damaged:
        click.echo(f"  damaged: {printable(line)} (the next run drops it)")


@corpus.command()
@click.argument("target")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@folder_option
def merge(target: str, folders: tuple[Path, ...], named: Path | None) -> None:
    """Add the entries of other FOLDERS that reach something new in TARGET."""
    path = _folder(target, named)
    before = guided_corpus.stats(path).entries
    for note in guided_merge.merge(target, path, folders):
        click.echo(printable(note))
    after = guided_corpus.stats(path).entries
    click.echo(f"{path}: {after - before:,} entries added, {after:,} in all")


@corpus.command()
@click.argument("target", default="latex")
@folder_option
def minimize(target: str, named: Path | None) -> None:
    """Drop the entries for TARGET that reach nothing that the others do not."""
    path = _folder(target, named)
    before = guided_corpus.stats(path).entries
    for note in guided_merge.minimize(target, path):
        click.echo(printable(note))
    found = guided_corpus.stats(path)
    click.echo(f"{path}: {before:,} entries became {found.entries:,}, {found.bytes:,} bytes")


@corpus.command()
@click.argument("target", default="latex")
@folder_option
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="DIR", help="Write pages to look at."
)
def coverage(target: str, named: Path | None, html: Path | None) -> None:
    """Lines and branches of TARGET's incremental side that its corpus reaches, and those that
    nothing reaches."""
    path = _folder(target, named)
    if not guided_corpus.stats(path).entries:
        raise UsageError(f"no entry in {path}: fuzzeq run --engine guided makes some")
    if html is not None:
        try:
            html.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot write to {html}: {error.strerror or error}") from error
    for event in schedule(deque([Cover(target, path, html)]), 1):
        if isinstance(event, Lost):
            raise UsageError(f"{event.note or path} ends the process: {event.how}")
        if isinstance(event, Done):
            if not event.result:
                raise UsageError(f"{target}: its incremental side is not written in Python")
            _say(event.result)
    if html is not None:
        click.echo(f"to look at: {html / 'index.html'}")


def _say(files: tuple[Covered, ...]) -> None:
    for covered in files:
        click.echo(f"{covered.file}: {_share('lines', *covered.lines)}, "
                   f"{_share('branches', *covered.branches)}")  # fmt: skip
        for function in covered.functions:
            click.echo(printable(f"  nothing reaches {function}"))
        if covered.unreached:
            shown = ", ".join(covered.unreached[:LARGEST_LIST])
            click.echo(f"  nothing reaches lines {shown}")
    lines = tuple(map(sum, zip(*(covered.lines for covered in files), strict=True)))
    branches = tuple(map(sum, zip(*(covered.branches for covered in files), strict=True)))
    click.echo(f"in all: {_share('lines', *lines)}, {_share('branches', *branches)}")


def _share(what: str, reached: int, whole: int) -> str:
    return f"{reached:,} of {whole:,} {what}" + (f" ({reached / whole:.1%})" if whole else "")


@corpus.command()
@click.argument("target")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--crashes",
    type=click.Path(path_type=Path),
    default=Path("crashes"),
    metavar="DIR",
    show_default=True,
    help="Where findings are kept.",
)
def replay(target: str, files: tuple[Path, ...], crashes: Path) -> None:
    """Run single entries, such as libFuzzer's crash-... files, on TARGET: what diverges is shrunk
    and kept like any other finding.

    Exit status 1 if anything does.
    """
    name = load_target(target).name
    diverged = False
    for path in files:
        if wrong := guided_corpus.flaw(path):
            raise UsageError(f"{path}: {wrong}")
        trace = guided_corpus.Entry(path, path.stat().st_size).trace()
        origin = Origin("guided", document_chars=len(trace.document), steps=len(trace.steps))
        unknown = Divergence("raises", Status.DIED.value, len(trace.steps), "")
        finding = Finding(name, unknown, trace, origin)
        for event in schedule(deque([Confirm(target, finding)]), 1):
            if isinstance(event, Lost):
                raise UsageError(f"{path} ends the process: {event.how}")
            if isinstance(event, Done):
                diverged |= _keep(target, path, finding, event.result, crashes)
    if diverged:
        raise click.exceptions.Exit(1)


def _keep(
    target: str, path: Path, finding: Finding, divergence: Divergence | None, crashes: Path
) -> bool:
    """Shrinks and stores what an entry shows; whether it shows anything."""
    if divergence is None:
        click.echo(printable(f"{path}: nothing diverges"))
        return False
    for event in schedule(deque([Shrink(target, changed(finding, divergence=divergence))]), 1):
        if isinstance(event, Done):
            small = event.result.finding
            stored = crash_store.store(small, crashes)
            click.echo(printable(f"{path}: {stored}"))
            for line in explain(small):
                click.echo(f"  {line}")
            command = replay_command(str(stored), None if target == finding.target else target)
            click.echo(f"to reproduce: {command}")
    return True
