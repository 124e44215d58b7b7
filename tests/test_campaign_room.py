"""Campaigns without room: they do not begin, or wait until there is some, and lose no finding."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import psutil
import pytest

from fuzzeq import crash_store
from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events, record
from fuzzeq.campaign.state import Run
from fuzzeq.campaign.watch import Room
from fuzzeq.cli.outcome import say_findings
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Finding
from fuzzeq.report import campaign_report
from tests.campaign_runs import (
    FOLDER,
    MIXED,
    check_whole,
    command,
    digests,
    found,
    run,
    units_logged,
    values,
    wait_for,
)
from tests.cli_runs import check_usage_error, start

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


def test_without_room_a_campaign_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "room", lambda folder: Room(1 << 20, 1 << 40))
    check_usage_error(command("HEALTHY", 500), "no room for a campaign: 1 MB free on the disk")


def test_a_campaign_that_runs_out_of_room_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [Room(1 << 40, 1 << 40)]
    monkeypatch.setattr(record, "room", lambda folder: free[0])
    monkeypatch.setattr(record, "LOOK_SECONDS", 0.0)
    paused: list[str] = []

    def watch(state: Run) -> None:
        if state.units_done == 3 and not paused:
            free[0] = Room(1000, 1 << 40)
        if state.paused:
            paused.append(state.paused)
            if len(paused) > 4:
                free[0] = Room(1 << 40, 1 << 40)

    outcome = run(values("LOSES_COUNT"), watch=watch)
    assert set(paused) == {f"0 MB free on the disk of {FOLDER}; free_disk_mb wants 100"}
    assert outcome.state.units_done == outcome.state.units_planned
    assert len(outcome.state.new) == 2
    names = [event["event"] for event in events.read(FOLDER)]
    assert names.index("paused") < names.index("continued")


@pytest.mark.parametrize("pending_too", [False, True])
def test_a_finding_that_cannot_be_written_is_told_and_stays_as_it_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pending_too: bool
) -> None:
    store = crash_store.store

    def full(finding: Finding, folder: Path) -> Path:
        if not finding.shrunk and not pending_too:
            return store(finding, folder)
        raise UsageError("cannot write it: No space left") from OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(crash_store, "store", full)
    said: list[str] = []
    outcome = run(
        values("LOSES_COUNT"),
        watch=lambda state: said.append(state.paused),
        stop=lambda: any(said),
    )
    state = outcome.state
    rows = campaign_report.report(outcome)["findings"]
    found_as = sorted(map(str, Path("crashes").glob("pending/*.json")))
    say_findings(state)
    out = capsys.readouterr().out
    warnings = [line for line in state.warnings if "cannot write it: No space left" in line]
    assert len(warnings) == 1
    assert all(warning in out for warning in warnings)
    if pending_too:
        assert found_as == []
        assert [row["reproducer"] for row in rows] == [None] * 2
        assert out.count("new finding, confirmed: in no file") == 2
        assert "to reproduce" not in out
    else:
        assert len(found_as) == 2
        assert sorted(row["reproducer"] for row in rows) == found_as
        assert [crash_store.load(Path(path)).finding.shrunk for path in found_as] == [False] * 2
        assert "to reproduce: fuzzeq replay --target" in out


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="needs limits of other processes")
def test_on_a_full_disk_findings_are_kept_until_there_is_room() -> None:
    undisturbed = found(
        run(values("LOSES_COUNT", 8000, folder=".undisturbed", crashes="undisturbed", **MIXED))
    )
    process = start(*command("LOSES_COUNT", 8000))
    try:
        wait_for(lambda: units_logged() >= 3, process)
        supervisor = psutil.Process(process.pid)
        supervisor.rlimit(psutil.RLIMIT_FSIZE, (16, psutil.RLIM_INFINITY))
        time.sleep(4)
        before = units_logged()
        time.sleep(2)
        assert units_logged() == before
        assert process.poll() is None
        supervisor.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 1, err
    assert "PAUSED: cannot write " in err
    assert out.startswith("bad (new findings): 2 new, ")
    check_whole()
    stored = {
        crash_store.load(path).finding.fingerprint
        for path in crash_store.reproducers(Path("crashes"))
    }
    assert stored == set(undisturbed)
    assert len(digests()) == units_logged()
