"""`fuzzeq replay`."""

from __future__ import annotations

import pdb
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import click

from fuzzeq import crash_store
from fuzzeq.campaign.keys import available_cores
from fuzzeq.campaign.rerun import can_run_again, logged_units, run_again
from fuzzeq.campaign.scheduler import Done, Lost, WorkerLimits, schedule
from fuzzeq.campaign.tasks import Replay
from fuzzeq.cli.parameters import HANG_OPTION, target_option
from fuzzeq.engines.replay import Replayed, Verdict, target_of
from fuzzeq.errors import UsageError
from fuzzeq.explain import describe_step, explain, printable
from fuzzeq.lockstep import lockstep
from fuzzeq.report.words import counted

CRASHES = Path("crashes")
REGRESSIONS = "corpus/*/regressions"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@target_option("Run them on this target")
@HANG_OPTION
@click.option(
    "--move",
    is_flag=True,
    help="File the fixed ones under corpus/TARGET/regressions, for the tests to replay.",
)
@click.option("--pdb", "debug", is_flag=True, help="Stop in the debugger before the failing step.")
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Run units of a campaign again, and compare their digests with its log.",
)
@click.option("--unit", "units", multiple=True, metavar="NAME", help="Only that unit of the log.")
def replay(
    paths: tuple[Path, ...],
    target: str | None,
    hang_seconds: float,
    move: bool,
    debug: bool,
    log: Path | None,
    units: tuple[str, ...],
) -> None:
    """Replay crash files: each is FIXED, FAILED, or ERROR where it cannot be judged.

    Without PATHS: all of crashes/ and corpus/*/regressions/. With --log: the units of a campaign's
    log instead, each SAME or DIFFERENT. Exit status 1 if any FAILED or is DIFFERENT, else 2 if any
    is an ERROR.
    """
    limits = WorkerLimits(hang_seconds)
    if log is not None:
        _replay_log(log, units, target, limits)
        return
    if units:
        raise UsageError("--unit names a unit of a log: give --log FOLDER as well")
    files = list(_files(paths))
    if not files:
        places = [*map(str, paths)] or ["crashes/", "corpus/*/regressions/"]
        click.echo(f"nothing to replay: no crash file in {' or '.join(places)}")
        return
    if debug:
        _debug(files, target)
        return
    verdicts = []
    for replayed in sorted(_replay(files, target, limits), key=lambda each: files.index(each.path)):
        verdicts.append(replayed.verdict)
        _say(replayed)
        if move and replayed.verdict == Verdict.FIXED:
            _move(replayed.path)
    failed, errors = verdicts.count(Verdict.FAILED), verdicts.count(Verdict.ERROR)
    click.echo(f"{len(verdicts)} replayed: {verdicts.count(Verdict.FIXED)} fixed, "
               f"{failed} failed, {counted(errors, 'error')}")  # fmt: skip
    if failed:
        raise click.exceptions.Exit(1)
    if errors:
        raise click.exceptions.Exit(2)


def _replay_log(
    log: Path, names: tuple[str, ...], target: str | None, limits: WorkerLimits
) -> None:
    """Runs units of a log again; each should come to what it came to then."""
    everything = logged_units(log, names, target)
    logged = [each for each in everything if can_run_again(each)]
    different, jobs = 0, min(available_cores(), max(len(logged), 1))
    for rerun in run_again(logged, jobs, limits):
        if rerun.now != rerun.then:
            different += 1
            told = f"DIFFERENT {rerun.unit}: {rerun.now}; the log has {rerun.then}"
            click.echo(printable(told))
        elif names:
            click.echo(printable(f"SAME {rerun.unit}: {rerun.now}"))
    click.echo(f"{counted(len(logged), 'unit')} run again: {len(logged) - different} same, "
               f"{different} different")  # fmt: skip
    if bred := len(everything) - len(logged):
        click.echo(f"{bred} guided units not run again: what they ran hung on their corpus; "
                   "their findings are files to replay")  # fmt: skip
    if different:
        raise click.exceptions.Exit(1)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every file to be replayed, once."""
    if paths:
        found = [file for path in paths for file in crash_store.reproducers(path)]
    else:
        folders = [CRASHES, *sorted(Path().glob(REGRESSIONS))]
        found = [
            f for folder in folders if folder.is_dir() for f in crash_store.reproducers(folder)
        ]
    yield from dict.fromkeys(found)


def _replay(files: list[Path], target: str | None, limits: WorkerLimits) -> Iterator[Replayed]:
    """The verdicts, in the order in which they come; in workers, since a reproducer may kill."""
    tasks = deque(Replay(path, target) for path in files)
    for event in schedule(tasks, min(available_cores(), len(files)), limits):
        if isinstance(event, Done):
            yield event.result
        elif isinstance(event, Lost):
            yield Replayed(event.task.path, Verdict.FAILED, f"its process: {event.how}")


def _say(replayed: Replayed) -> None:
    click.echo(f"{replayed.verdict:<6} {printable(str(replayed.path))}: {printable(replayed.why)}")
    if replayed.verdict == Verdict.FAILED and replayed.divergence:
        finding = crash_store.load(replayed.path).finding
        for line in explain(finding, replayed.divergence):
            click.echo(f"    {line}")


def _move(path: Path) -> None:
    """Files a fixed reproducer where the tests find it; one that is there already stays."""
    folder = Path("corpus") / crash_store.load(path).finding.target / "regressions"
    if path.parent.resolve() != folder.resolve():
        click.echo(printable(f"       moved to {crash_store.move(path, folder)}"))


def _debug(files: list[Path], target: str | None) -> None:
    """Stops before the step at which the file says that it diverges."""
    if len(files) != 1:
        raise UsageError(f"--pdb takes one file, not {len(files)}")
    finding = crash_store.load(files[0]).finding
    system = target_of(finding, target)
    step = finding.divergence.step
    observations = lockstep(system, finding.trace)
    documents = list(finding.trace.documents())
    while step and next(observations).step < step - 1:
        pass
    if step:
        described = describe_step(finding.trace.steps[step - 1], documents[step - 1])
        click.echo(f"next: step {step}: {described}")
    click.echo(
        "`next(observations)` takes it; step into that with `s`. `documents[i]` is the text."
    )
    pdb.Pdb().set_trace()
    next(observations)
