"""A campaign from its plan to its verdict: every engine has its turn; first line, report and exit
status say the same; and the number of workers changes no finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.state import Settings
from fuzzeq.errors import UsageError
from fuzzeq.report.campaign_report import first_line, report
from tests.campaign_runs import MIXED, digests, found, resume, run, values
from tests.cli_runs import fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


def test_a_mixed_plan_has_every_engine_take_turns_and_at_least_the_edits() -> None:
    mix = (("stream", 8.0), ("exhaustive", 1.0), ("property", 1.0))
    units = list(plan(Settings(edits=20_000, mix=mix)))
    edits = {engine: sum(u.edits for u in units if u.engine == engine) for engine, _ in mix}
    assert (edits["stream"], edits["property"]) == (16_000, 2_000)
    assert 2_000 <= edits["exhaustive"] < 3_000
    assert len({(unit.engine, unit.index) for unit in units}) == len(units)
    half = [unit.edits for unit in units[: len(units) // 2] if unit.engine == "stream"]
    assert 0.3 < sum(half) / 16_000 < 0.7
    assert units == list(plan(Settings(edits=20_000, mix=mix)))


def test_a_good_night_says_so_first() -> None:
    outcome = run(values("HEALTHY", 2500, **MIXED))
    assert outcome.is_good, outcome.broken
    line = first_line(outcome)
    assert line.startswith("good: 0 new, 0 known, 0 fixed; 2 of 2 canaries caught; ")
    state = outcome.state
    assert state.meter.edits >= 2500
    assert state.units_done == state.units_planned == len(digests())
    assert set(state.meters) == {"stream", "exhaustive", "property"}
    value = json.loads(json.dumps(report(outcome)))
    assert value["good"]
    assert value["first_line"] == line
    assert value["verdict"] == "clean"
    assert value["engine"] == "stream+exhaustive+property"
    assert all(gate["open"] for gate in value["gates"])
    with pytest.raises(UsageError, match="nothing to resume"):
        resume(values("HEALTHY"))
    assert run(values("HEALTHY")).is_good, "and it may be begun anew"


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["--target", "tests.broken:HEALTHY"], 0, "good: "),
        (["--target", "tests.broken:LOSES_COUNT"], 1, "bad (new findings): "),
        (
            ["--target", "tests.broken:LOSES_COUNT", "--set", "gates.new_findings=none"],
            0,
            "good: 2 new",
        ),
        (["--target", "tests.broken:REFUSES_EVERYTHING"], 2, "bad (missed canaries, silent "),
        (
            ["--target", "tests.broken:HEALTHY", "--set", "gates.reuse={stream=0.5}"],
            2,
            "bad (reuse of stream): ",
        ),
    ],
)
def test_the_exit_status_says_what_the_first_line_says(
    arguments: list[str], status: int, line: str
) -> None:
    wanted = ["--edits", "2500", "--jobs", "2", "--report", "r.json"]
    ended = fuzzeq("campaign", "dev", *wanted, *arguments)
    assert ended.status == status, ended.err
    assert ended.out.startswith(line)
    assert json.loads(Path("r.json").read_text())["first_line"] == ended.out.splitlines()[0]
    assert ("gate BROKEN" in ended.out) == (status != 0)


@pytest.mark.slow
def test_the_number_of_workers_changes_no_finding() -> None:
    results = []
    for jobs in (1, 3):
        wanted = values("LOSES_COUNT", 2500, crashes=f"crashes{jobs}", folder=f".{jobs}",
                        **MIXED | {"jobs": jobs})  # fmt: skip
        outcome = campaigns.start(load_profile("dev", wanted))
        log = [event for event in events.read(outcome.folder) if event["event"] == "unit"]
        results.append((found(outcome), {event["unit"]: event["digest"] for event in log},
                        outcome.state.meter))  # fmt: skip
    assert results[0] == results[1]
    assert len(results[0][0]) >= 2


def test_a_report_that_cannot_be_written_costs_neither_the_verdict_nor_the_history() -> None:
    Path(".fuzzeq/dev/report.json").mkdir(parents=True)
    command = ["campaign", "dev", "--target", "tests.broken:HEALTHY", "--edits", "250"]
    ended = fuzzeq(*command, "--jobs", "1", "--set", "gates.silent_oracles=9")
    assert ended.status == 0
    assert ended.out.startswith("good: ")
    assert "warning: no report: cannot write .fuzzeq/dev/report.json" in ended.err
    assert "good" in fuzzeq("history", "show").out
