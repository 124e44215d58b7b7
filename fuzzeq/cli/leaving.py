"""What a campaign leaves behind when it ends: its report, the page, a row in the history.

The night is over by then, and has been told: what goes wrong here is a warning, and changes nothing
of how it is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from fuzzeq.campaign.campaign import Outcome
from fuzzeq.cli.history import history_of, keep_night
from fuzzeq.cli.report import PAGE, REPORT, source_for
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.history.file import NAME
from fuzzeq.report.assembling import Context, examined, night_page, with_classes
from fuzzeq.report.files import write_text
from fuzzeq.report.needs import needed
from fuzzeq.report.run_report import write


def leave(outcome: Outcome, value: Mapping[str, Any], report_path: Path | None) -> Iterator[Path]:
    """Writes into the campaign's folder, and to `report_path`; tells what was written. One that was
    stopped leaves its report alone: the rest belongs to its end."""
    folder, state = outcome.folder, outcome.state
    database = folder.parent / NAME
    places = [path for path in (report_path, folder / REPORT) if path is not None]
    for place in places:
        with warned("no report"):
            write(dict(value), place)
    if state.interrupted:
        yield folder / REPORT
        return
    with warned("not in the history"):
        keep_night(value, database)
    with warned("no page"):
        needed("jinja2")
        settings = state.settings
        folders = tuple(filter(None, (settings.crashes, settings.regressions)))
        context = Context(folders, settings.target, settings.jobs, source_for)
        findings = examined(value, context)
        value = with_classes(value, findings)
        for place in places:
            write(dict(value), place)
        history = history_of(value, database)
        write_text(night_page(value, findings, context, history), folder / PAGE)
        yield folder / PAGE


@contextmanager
def warned(what: str) -> Iterator[None]:
    """What goes wrong is told in a line, and keeps nothing else from being done."""
    try:
        yield
    except UsageError as error:
        click.echo(f"warning: {what}: {printable(str(error))}", err=True)
