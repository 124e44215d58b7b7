"""What `run` and `campaign` have in common: how an end is told, and how it is asked for."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from fuzzeq.campaign.state import Run
from fuzzeq.campaign.worker import HANG_SECONDS
from fuzzeq.checking import LARGE
from fuzzeq.cli import silence
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain, printable
from fuzzeq.model.finding import Status
from fuzzeq.report.words import replay_command

SHOWN_FINDINGS = 5


@contextmanager
def telling() -> Iterator[None]:
    """Standard output, while an outcome is told. Where its reader has gone, as `head` goes, the
    rest is not said, and the exit status is the verdict all the same. Raises `UsageError` where it
    cannot be written for another reason."""
    try:
        yield
    except BrokenPipeError:
        silence()
    except OSError as error:
        raise UsageError(f"cannot write to standard output: {error.strerror or error}") from error


def say_figures(state: Run) -> None:
    """What was compared, how fast, by whom it was judged, and what to know before believing it."""
    meter = state.meter
    reuse = "unknown" if meter.reuse is None else f"{meter.reuse:.1%}"
    if meter.keystroke_reuse is not None:
        reuse += f" ({meter.keystroke_reuse:.1%} for one character in {LARGE // 1024} KB and more)"
    click.echo(
        f"{state.settings.target}, {state.settings.engine_names}, seed {state.settings.seed}: "
        f"{meter.checks:,} full comparisons in {state.wall_seconds:.1f} s "
        f"({meter.edits / state.wall_seconds:,.0f} edits/s); reuse {reuse}"
    )
    can = [str(capability) for capability in sorted(state.capabilities)]
    click.echo(f"capabilities: {', '.join(can) or 'none beyond the two methods'}")
    judged = ", ".join(f"{name} {count:,}" for name, count in meter.judged.most_common())
    click.echo(f"judged: {judged or 'nothing'}")


def say_findings(state: Run) -> None:
    """Warnings, what is fixed, what was found, and the command that reproduces the first new
    finding, or the first known one."""
    for warning in state.warnings:
        click.echo(f"warning: {printable(warning)}")
    for replayed in state.fixed:
        if replayed.path.parent != state.settings.regressions:
            click.echo(printable(f"fixed: {replayed.path} (fuzzeq replay --move files it)"))
    for leak in state.leaks:
        click.echo(printable(f"leak in {leak.target}: {leak}"))
    stored = [*state.findings, *state.flaky]
    for number, item in enumerate(stored):
        if number == SHOWN_FINDINGS:
            more, folder = len(stored) - SHOWN_FINDINGS, state.settings.crashes
            click.echo(f"... and {more} more in {printable(str(folder))}")
            break
        click.echo("")
        new = "known" if item.known else "new"
        where = printable(str(item.path)) if item.written else "in no file"
        click.echo(f"{new} finding, {item.finding.status}: {where}")
        if item.why_known.startswith("accepted"):
            click.echo(f"  {printable(item.why_known)}")
        for line in explain(item.finding):
            click.echo(f"  {line}")
    kept = [item for item in stored if item.written]
    if kept:
        first = next((item for item in kept if not item.known), kept[0])
        asked, found = state.settings.target, first.finding.target
        command = replay_command(str(first.path), None if asked == found else asked)
        if first.finding.status == Status.HUNG and state.settings.hang_seconds != HANG_SECONDS:
            command += f" --hang {state.settings.hang_seconds:g}s"
        click.echo(f"\nto reproduce: {command}")


class Stop:
    """Ctrl-C and SIGTERM, taken as a wish; a second one is taken as it comes."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[int, object] = {}

    def __call__(self) -> bool:
        return self._asked

    def __enter__(self) -> Stop:
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
