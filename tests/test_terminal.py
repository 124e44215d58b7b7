"""What people see on the terminal while something goes on, and in tables: nothing of it is cut."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from fuzzeq.campaign.campaign import Outcome
from fuzzeq.campaign.state import Run, Settings
from fuzzeq.cli import tables
from fuzzeq.cli.progress import Progress
from fuzzeq.engines.guided import Reach
from fuzzeq.report import campaign_report, run_report
from fuzzeq.report.run_report import compared

NAME = "latex-planted-" + "x" * 80


def squeezed(text: str) -> str:
    """The text as if its lines had not been folded, and without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\s", "", text)


def a_run() -> Run:
    """One about which there is much to say."""
    state = Run(Settings(edits=1_000_000), phase="fuzzing", wall_seconds=10.0, diverged=3)
    state.meter.edits = state.meter.checks = 20_000
    state.meter.characters, state.meter.examined = 1000, 100
    state.paused = "no room on the disk of a folder with quite a long name"
    state.reach = Reach(branches=700, features=3000, entries=90)
    return state


@pytest.mark.parametrize("width", [40, 80, 200])
def test_progress_shows_all_that_it_has_to_say(width: int) -> None:
    file = io.StringIO()
    with Progress(Console(file=file, force_terminal=True, width=width, height=20)) as progress:
        progress.show(a_run())
    shown = squeezed(file.getvalue())
    for word in ("20,000of1,000,000edits", "2,000checks/s", "reuse90.0%", "PAUSED:noroomonthedisk",
                 "quitealongname", "90entries"):  # fmt: skip
        assert word in shown


def test_progress_can_be_printed_in_ascii() -> None:
    Progress(Console(file=io.StringIO())).line(a_run()).encode("ascii")


@pytest.mark.parametrize("width", ["20", "80", "200"])
def test_a_table_has_each_name_in_full(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", width)
    table = Table("name", box=None)
    table.add_column("a number", no_wrap=True)
    table.add_row(NAME, "123,456,789,012,345,678")
    table.add_row("[bold]brackets[/bold] :smile:")
    tables.show(table)
    out = capsys.readouterr().out
    assert "…" not in out
    assert ("123,456,789,012,345,678" in out) == (width != "20")
    assert "".join(re.findall("[0-9,]", squeezed(out))) == "123,456,789,012,345,678"
    shown = re.sub("[0-9,]", "", squeezed(out))
    assert NAME in shown
    assert "[bold]brackets[/bold]:smile:" in shown


def test_a_log_has_no_edge_to_wrap_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    table = Table("name", box=None)
    table.add_row(NAME)
    tables.show(table)
    assert capsys.readouterr().out.splitlines()[1].strip() == NAME


@pytest.mark.parametrize(
    ("done", "asked", "words"),
    [
        (500, 500, "500 edits compared"),
        (510, 500, "510 edits compared"),
        (499, 500, "499 of 500 edits compared"),
        (0, 1, "0 of 1 edit compared"),
        (7, None, "7 edits compared"),
    ],
)
def test_fewer_edits_than_were_asked_for_are_told(done: int, asked: int | None, words: str) -> None:
    state = Run(Settings(edits=asked))
    state.meter.edits = done
    assert compared(state) == words
    assert f"; {words}; " in run_report.first_line(state)
    outcome = Outcome("dev", Path(".fuzzeq/dev"), state, ())
    assert f"; {words}; " in campaign_report.first_line(outcome)
