"""Campaigns that are stopped and taken up again: they find what an undisturbed one finds, and what
cannot be gone on with is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events, record
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.state import Run
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Status
from fuzzeq.report.campaign_report import first_line
from tests.campaign_runs import (
    FOLDER,
    MIXED,
    command,
    digests,
    found,
    resume,
    run,
    stop_after,
    values,
)
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


@pytest.mark.slow
def test_a_campaign_that_is_stopped_again_and_again_finds_what_another_finds() -> None:
    wanted = values("LOSES_COUNT", 2500, folder=".undisturbed", crashes="undisturbed", **MIXED)
    undisturbed = campaigns.start(load_profile("dev", wanted))
    wanted = values("LOSES_COUNT", 2500, **MIXED)
    watch, stop = stop_after(2)
    outcome = run(wanted, watch=watch, stop=stop)
    assert not outcome.is_good
    assert first_line(outcome).startswith("bad (stopped")
    for units in (4, 7):
        watch, stop = stop_after(units)
        outcome = resume(wanted, watch=watch, stop=stop)
        assert outcome.state.interrupted
    outcome = resume(wanted)
    assert not outcome.state.interrupted
    assert found(outcome) == found(undisturbed)
    assert all(not item.known for item in outcome.state.findings)
    assert outcome.state.meter == undisturbed.state.meter
    assert len(digests()) == outcome.state.units_done == undisturbed.state.units_done


def test_a_campaign_that_is_stopped_while_it_shrinks_goes_on_with_that() -> None:
    shrinking: list[str] = []

    def watch(state: Run) -> None:
        if state.phase == "shrinking":
            shrinking.append(state.phase)

    wanted = values("LOSES_COUNT")
    outcome = run(wanted, watch=watch, stop=lambda: bool(shrinking))
    assert outcome.state.interrupted
    assert outcome.state.findings
    assert list(Path("crashes/pending").iterdir())
    again = resume(wanted)
    assert len(again.state.new) == 2
    assert all(item.finding.status == Status.CONFIRMED for item in again.state.findings)
    assert not list(Path("crashes/pending").iterdir())


def test_an_unfinished_campaign_is_not_begun_over_by_mistake() -> None:
    wanted = values("LOSES_COUNT")
    watch, stop = stop_after(3)
    left = run(wanted, watch=watch, stop=stop)
    assert left.state.diverged
    with pytest.raises(
        UsageError, match=r"`fuzzeq campaign resume dev --target tests.broken:LOSES_COUNT` goes on"
    ):
        run(wanted)
    fresh = run(values("HEALTHY", 300), fresh=True)
    assert fresh.state.flaky, "what the first had found is settled by the second, and is looked at"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({}, "nothing that a file names is imported: say it once more, with --target"),
        ({"target": "tests.broken:HEALTHY"}, "was begun on tests.broken:LOSES_COUNT, not on"),
        ({"target": "tests.broken:LOSES_COUNT", "seed": 3}, "has its seed already"),
    ],
)
def test_what_cannot_be_changed_when_it_goes_on(overrides: dict[str, Any], words: str) -> None:
    watch, stop = stop_after(1)
    run(values("LOSES_COUNT"), watch=watch, stop=stop)
    with pytest.raises(UsageError, match=words):
        campaigns.resume(FOLDER, overrides)


def test_a_target_that_the_project_names_need_not_be_typed_again() -> None:
    Path("fuzzeq.toml").write_text('[profiles.dev]\ntarget = "tests.broken:LOSES_COUNT"\n')
    watch, stop = stop_after(1)
    run(values("LOSES_COUNT"), watch=watch, stop=stop)
    assert campaigns.unfinished(Path(".fuzzeq")) == [FOLDER]
    assert fuzzeq("campaign", "resume").status == 1
    assert campaigns.unfinished(Path(".fuzzeq")) == []


def test_two_campaigns_in_one_folder_the_second_says_who_holds_it() -> None:
    lock = record.lock(FOLDER)
    check_usage_error(command("HEALTHY", 500), f"is held by process {os.getpid()} on ")
    os.close(lock)
    assert fuzzeq(*command("HEALTHY", 2500)).status == 0


def test_a_damaged_state_file_costs_work_and_no_finding() -> None:
    wanted = values("LOSES_COUNT")
    undisturbed = found(run(wanted | {"folder": ".undisturbed", "crashes": "undisturbed"}))
    watch, stop = stop_after(5)
    run(wanted, watch=watch, stop=stop)
    (FOLDER / "state.sqlite").write_bytes(b"damage" * 1000)
    outcome = campaigns.resume(FOLDER, {"target": wanted["target"]})
    assert found(outcome) == undisturbed
    assert outcome.state.units_done == outcome.state.units_planned
    assert (FOLDER / "state.sqlite.damaged-1").exists()
    assert "state damaged" in {event["event"] for event in events.read(FOLDER)}


def test_what_cannot_begin_is_nothing_to_go_on_with() -> None:
    for wrong in ({"target": "nowhere:X"}, {"samples": "nowhere"}, {"crashes": "/proc/nowhere"}):
        with pytest.raises(UsageError):
            run(values("HEALTHY") | wrong)
    assert run(values("HEALTHY", 250)).state.complete
