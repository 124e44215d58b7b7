"""Workers that die during a campaign: a trace that kills is a finding, any other death is told, and
there is an end to trying again."""

from __future__ import annotations

import re
from collections.abc import Callable

import psutil
import pytest

from fuzzeq.campaign import events, supervisor
from fuzzeq.campaign.state import Run, Settings
from fuzzeq.model.finding import Status
from tests.campaign_runs import FOLDER, broken, found, resume, run, stop_after, values
from tests.test_run import pick_victim

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


@pytest.mark.slow
def test_a_trace_that_kills_is_a_finding_and_no_unexplained_death(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is it told twice where the campaign is stopped behind it and goes on."""
    wanted = values("DIES", 750, **{"gates.silent_oracles": "none"})
    pick_victim(Settings("tests.broken:DIES", edits=750, mix=(("stream", 1.0),)), monkeypatch)
    watch, stop = stop_after(3)
    outcome = run(wanted, watch=watch, stop=stop)
    assert outcome.state.interrupted
    assert [death.unit for death in outcome.state.deaths] == ["stream:1"]
    outcome = resume(wanted)
    assert broken(outcome) == ["new findings"]
    (item,) = outcome.state.findings
    assert item.finding.status == Status.DIED
    assert len(item.finding.trace.steps) == 1
    (death,) = outcome.state.deaths
    assert (death.unit, death.how) == ("stream:1", "exit status 3")
    assert outcome.state.quarantined == []


@pytest.mark.slow
def test_a_trace_that_eats_memory_is_a_finding_with_its_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pick_victim(Settings("tests.broken:EATS", edits=750, mix=(("stream", 1.0),)), monkeypatch)
    wanted = values("EATS", 750, memory_mb=250)
    (item,) = run(wanted).state.findings
    assert item.finding.status == Status.DIED
    assert re.search(r"\d{3} MB of memory; the limit is 250 MB", item.finding.divergence.message)
    assert item.finding.divergence.actual == "memory"


def kill_all(done: list[int]) -> Callable[[Run], None]:
    """A watch that kills all workers, once; one of them at least is busy."""

    def watch(state: Run) -> None:
        if state.units_done >= 2 and not done:
            children = psutil.Process().children()
            workers = [c for c in children if "spawn_main" in " ".join(c.cmdline())]
            for worker in workers:
                worker.kill()
                done.append(worker.pid)

    return watch


def test_a_worker_that_something_else_kills_costs_nothing_and_is_told() -> None:
    undisturbed = run(values("LOSES_COUNT", folder=".undisturbed", crashes="undisturbed"))
    done: list[int] = []
    outcome = run(values("LOSES_COUNT", 8000, jobs=2), watch=kill_all(done))
    assert done
    assert broken(outcome) == ["new findings", "unexplained deaths"]
    assert {death.how for death in outcome.state.unexplained} == {"killed by SIGKILL"}
    assert len(outcome.state.unexplained) <= len(done) == 2
    assert outcome.state.units_done == outcome.state.units_planned
    assert set(found(outcome)) == set(found(undisturbed))


def test_a_unit_that_kills_over_and_over_is_put_into_quarantine() -> None:
    outcome = run(values("ALWAYS_DIES", 250))
    assert outcome.state.quarantined == ["stream:0"]
    names = [event["event"] for event in events.read(FOLDER)]
    assert names.count("quarantined") == 1
    assert [item.finding.status for item in outcome.state.findings] == [Status.DIED]


def test_where_every_worker_dies_the_campaign_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_DEATHS_IN_A_ROW", 3)
    outcome = run(values("ALWAYS_DIES", 50_000))
    assert outcome.state.interrupted
    assert "given up: 3 workers in a row were lost" in outcome.state.warnings


@pytest.mark.slow
def test_deaths_that_are_explained_end_no_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_LOSSES_IN_A_ROW", 7)
    outcome = run(values("ALWAYS_DIES", 500))
    assert not outcome.state.interrupted
    (item,) = outcome.state.findings
    assert item.finding.shrunk
    monkeypatch.setattr(supervisor, "MOST_LOSSES_IN_A_ROW", 1)
    assert run(values("ALWAYS_DIES", 500)).state.interrupted
