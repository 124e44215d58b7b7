"""Campaigns as wholes: what is found, whatever stops them, and however often they are taken up."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from fuzzeq import crash_store
from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events, record, scheduler, supervisor, watch
from fuzzeq.campaign.campaign import Around, Outcome
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.encoding import key_of
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.state import Run, Settings
from fuzzeq.campaign.tasks import RunUnit
from fuzzeq.campaign.watch import Room
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Status
from fuzzeq.model.trace import Trace
from fuzzeq.report.campaign_report import first_line, report
from tests.test_cli import check_usage_error, fuzzeq, start
from tests.test_run import pick_victim

FOLDER = Path(".fuzzeq/dev")
MIXED = {"mix": {"stream": 8, "exhaustive": 1, "property": 1}, "jobs": 2}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go to the test's own folder, and what a target's name adds to the path goes again.
    Nobody waits before a lost worker is replaced: that is for tests/test_scheduler.py."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(scheduler, "LONGEST_BACK_OFF", 0.0)


def values(target: str, edits: int = 2000, **others: Any) -> dict[str, Any]:
    """What the command line says of a campaign on a target of tests/broken.py: one worker and one
    engine, eight units, where nothing else is said. Each process more takes its time to start."""
    return {
        "target": f"tests.broken:{target}" if target.isupper() else target,
        "edits": edits,
        "jobs": 1,
        "mix": {"stream": 1},
        "gates.missed_canaries": 0,
        **others,
    }


def run(wanted: dict[str, Any], fresh: bool = False, **around: Any) -> Outcome:
    """Runs the campaign `dev` with such values; no file is left half-written."""
    outcome = campaigns.start(load_profile("dev", wanted), Around(**around), fresh)
    check_whole()
    return outcome


def resume(wanted: dict[str, Any], **around: Any) -> Outcome:
    """Goes on with it."""
    outcome = campaigns.resume(FOLDER, {"target": wanted["target"]}, Around(**around))
    check_whole()
    return outcome


def check_whole() -> None:
    """Every file that a campaign leaves can be read."""
    assert not [path for path in Path().rglob("*") if re.fullmatch(r"\..*\.\d+", path.name)]
    for path in Path("crashes").rglob(f"*{crash_store.SUFFIX}"):
        crash_store.load(path)
    for log in Path().glob(f"*/dev/{events.NAME}"):
        for line in log.read_bytes().splitlines():
            json.loads(line)


def found(outcome: Outcome) -> dict[str, Any]:
    """What was found, by fingerprint, without the paths."""
    return {item.finding.fingerprint: item.finding for item in outcome.state.findings}


def digests() -> dict[str, str]:
    """The digest of each unit in the log's last night; no unit was done twice."""
    done: dict[str, str] = {}
    for event in events.read(FOLDER):
        if event["event"] == "began":
            done = {}
        elif event["event"] == "unit":
            assert event["unit"] not in done
            done[event["unit"]] = event["digest"]
    return done


def broken(outcome: Outcome) -> list[str]:
    """The names of the gates that are."""
    return [gate.name for gate in outcome.broken]


# The plan.


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


# A night.


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


# Stopped, killed, taken up again.


def stop_after(units: int) -> tuple[Callable[[Run], None], Callable[[], bool]]:
    """A watch and a stop that ends a run behind so many units."""
    done = [0]

    def watch(state: Run) -> None:
        done[0] = state.units_done

    return watch, lambda: done[0] >= units


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
    with pytest.raises(UsageError, match="not finished: `fuzzeq campaign resume dev` goes on"):
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


def command(target: str, edits: int, *others: str) -> list[str]:
    """The command line of a campaign."""
    return ["campaign", "dev", "--target", f"tests.broken:{target}", "--edits", str(edits),
            "--jobs", "2", *others]  # fmt: skip


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Waits until something is so, or fails with what the process says."""
    deadline = time.monotonic() + 60
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(process.communicate())
        time.sleep(0.05)


def units_logged() -> int:
    """How many units the log has."""
    if not (FOLDER / events.NAME).exists():
        return 0
    return sum(event["event"] == "unit" for event in events.read(FOLDER))


@pytest.mark.slow
def test_kill_9_costs_at_most_the_units_in_flight() -> None:
    wanted = values("LOSES_COUNT", 12_000, **MIXED)
    undisturbed = run(wanted | {"folder": ".undisturbed", "crashes": "undisturbed"})
    for units in (5, 15, 25):
        arguments = command("LOSES_COUNT", 12_000)
        if units > 5:
            arguments = ["campaign", "resume", "dev", "--target", "tests.broken:LOSES_COUNT"]
        process = start(*arguments)
        wait_for(lambda least=units: units_logged() >= least, process)  # type: ignore[misc]
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []
        check_whole()
    outcome = resume(wanted)
    assert found(outcome) == found(undisturbed)
    assert outcome.state.meter == undisturbed.state.meter
    assert len(digests()) == outcome.state.units_planned


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_what_is_in_flight_and_writes_the_report(number: int) -> None:
    process = start(*command("LOSES_COUNT", 1_000_000, "--report", "r.json"))
    wait_for(lambda: units_logged() >= 3, process)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (1, 2), err
    assert out.startswith("bad (stopped, ")
    assert "to go on: fuzzeq campaign resume dev --target tests.broken:LOSES_COUNT" in out
    value = json.loads(Path("r.json").read_text())
    assert value["interrupted"]
    assert value["findings"]
    assert value["units"]["done"] == units_logged()
    check_whole()


@pytest.mark.slow
def test_what_does_not_finish_is_given_up_after_ten_seconds() -> None:
    process = start(*command("SLOW", 1_000_000))
    wait_for(Path("asleep").exists, process)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out.startswith("bad (stopped, ")
    assert 9 < time.monotonic() - began < 25


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


# Room.


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


# Known, accepted, fixed.


def test_what_an_earlier_night_found_is_known_though_its_file_is_gone() -> None:
    wanted = values("LOSES_COUNT")
    first = run(wanted)
    assert broken(first) == ["new findings"]
    second = run(wanted)
    assert second.is_good
    assert {item.why_known for item in second.state.findings} == {"its file is there and fails"}
    for path in list(crash_store.reproducers(Path("crashes"))):
        path.unlink()
    third = run(wanted)
    assert third.is_good
    assert {item.why_known for item in third.state.findings} == {"the night before found it"}
    assert found(first) == found(second) == found(third)
    assert "0 new, 2 known" in first_line(third)


@pytest.mark.slow
def test_what_looks_like_a_finding_whose_file_passes_now_is_new() -> None:
    wanted = values("LOSES_COUNT")
    first = run(wanted)
    for path in list(crash_store.reproducers(Path("crashes"))):
        finding = crash_store.load(path).finding
        path.unlink()
        passes = Trace("a", ((),) * finding.divergence.step)
        crash_store.store(replace(finding, trace=passes), Path("crashes"))
    second = run(wanted)
    assert found(first) == found(second)
    assert broken(second) == ["new findings"]
    assert {item.why_known for item in second.state.findings} == {""}


@pytest.mark.slow
def test_what_was_not_there_for_a_night_is_new_when_it_is_back() -> None:
    for target, files_go, red in (
        ("LOSES_COUNT", True, ["new findings"]),
        ("HEALTHY_LOSES_COUNT", False, []),
        ("LOSES_COUNT", False, ["new findings"]),
        ("LOSES_COUNT", False, []),
    ):
        assert broken(run(values(target))) == red
        for path in list(crash_store.reproducers(Path("crashes"))) if files_go else ():
            path.unlink()


@pytest.mark.slow
def test_what_is_accepted_is_known_until_its_day_is_over() -> None:
    now = datetime.now(UTC)
    marks = sorted(found(run(values("LOSES_COUNT"))))
    entries = "".join(
        f'[[accepted]]\nfingerprint = "{mark}"\nreason = "upstream knows"\nuntil = {now.date()}\n'
        for mark in marks
    )
    Path("fuzzeq.toml").write_text(entries)
    wanted = values("LOSES_COUNT", folder=".other", crashes="other")
    held = run(wanted, clock=lambda: now)
    assert held.is_good
    assert all("upstream knows" in item.why_known for item in held.state.findings)
    over = run(wanted, clock=lambda: now + timedelta(days=3))
    assert broken(over) == ["new findings"]
    assert len(over.state.new) == 2


@pytest.mark.slow
def test_open_files_and_regressions_are_replayed_first() -> None:
    first = run(values("LOSES_COUNT"))
    one, two = [item.path for item in first.state.findings]
    Path("back").mkdir()
    two.replace(Path("back") / two.name)
    wanted = values("LOSES_COUNT", 250, regressions="back", folder=".other",
                    mix={"exhaustive": 1}, **{"gates.silent_oracles": "none"})  # fmt: skip
    outcome = run(wanted)
    assert {replayed.path for replayed in outcome.state.replayed} == {one, Path("back") / two.name}
    assert [item.path for item in outcome.state.new] == [Path("back") / two.name]
    assert broken(outcome) == ["new findings"]
    fixed = run(wanted | {"target": "tests.broken:HEALTHY_LOSES_COUNT"})
    assert fixed.is_good, fixed.broken
    assert len(fixed.state.fixed) == 2


# Workers that die.


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


def test_what_cannot_begin_is_nothing_to_go_on_with() -> None:
    for wrong in ({"target": "nowhere:X"}, {"samples": "nowhere"}, {"crashes": "/proc/nowhere"}):
        with pytest.raises(UsageError):
            run(values("HEALTHY") | wrong)
    assert run(values("HEALTHY", 250)).state.complete


def test_a_report_that_cannot_be_written_costs_neither_the_verdict_nor_the_history() -> None:
    Path(".fuzzeq/dev/report.json").mkdir(parents=True)
    command = ["campaign", "dev", "--target", "tests.broken:HEALTHY", "--edits", "250"]
    ended = fuzzeq(*command, "--jobs", "1", "--set", "gates.silent_oracles=9")
    assert ended.status == 0
    assert ended.out.startswith("good: ")
    assert "warning: no report: cannot write .fuzzeq/dev/report.json" in ended.err
    assert "good" in fuzzeq("history", "show").out


def test_what_was_filed_is_replayed_and_new_when_it_is_back() -> None:
    (item, *_) = run(values("LOSES_COUNT")).state.findings
    crash_store.move(item.path, Path("corpus/loses-count/regressions"))
    mended = run(values("HEALTHY_LOSES_COUNT"))
    assert [each.verdict for each in mended.state.replayed] == ["FIXED", "FIXED"]
    back = run(values("LOSES_COUNT"))
    assert item.finding.fingerprint in {each.finding.fingerprint for each in back.state.new}


# Leaks.


def test_a_target_that_leaks_is_found_with_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_MEMORY_SECONDS", 0.0)
    monkeypatch.setattr(watch, "FEWEST_SAMPLES", 8)
    wanted = values("LEAKS", 6000, memory_mb=4096)
    outcome = run(wanted)
    assert broken(outcome) == ["leak"]
    (leak,) = outcome.state.leaks
    assert leak.mb_per_hour > 10_000
    assert leak.grown_mb > 100
    (finding,) = report(outcome)["findings"]
    assert (finding["oracle"], finding["kind"]) == ("memory", "leak")
    assert finding["mb_per_hour"] == round(leak.mb_per_hour, 1)
    assert report(outcome)["verdict"] == "findings"
    healthy = run(values("HEALTHY", 6000, folder=".healthy"))
    assert healthy.state.leaks == []


# The log.


def test_units_of_the_log_run_again_to_the_same_digests() -> None:
    run(values("LOSES_COUNT", 1500, **MIXED))
    target = ["--target", "tests.broken:LOSES_COUNT"]
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 0
    assert ended.out == f"{len(digests())} units run again: {len(digests())} same, 0 different\n"
    ended = fuzzeq("replay", "--log", str(FOLDER), "--unit", "property:0", *target)
    assert ended.out.startswith("SAME property:0: ")
    path = FOLDER / events.NAME
    path.write_text(path.read_text().replace(digests()["stream:1"], "0" * 16))
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 1
    assert ended.out.startswith("DIFFERENT stream:1: ")
    assert "1 different" in ended.out


def test_units_of_the_guided_engine_are_not_run_again() -> None:
    pytest.importorskip("atheris", reason="Atheris has no wheel for this platform")
    mix = {"stream": 1, "guided": 1}
    run(values("HEALTHY", 1000, mix=mix, corpus="entries", **{"gates.silent_oracles": "none"}))
    assert list(Path("entries").iterdir())
    target = ["--target", "tests.broken:HEALTHY"]
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 0
    assert ended.out.startswith("2 units run again: 2 same, 0 different\n2 guided units not run")
    check_usage_error(
        ["replay", "--log", str(FOLDER), "--unit", "guided:1", *target], "guided:1 cannot be run"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--unit", "stream:99"], "has no unit 'stream:99'; it has such as stream:"),
        ([], "nothing that a file names is imported"),
        (["--target", "latex"], "was begun on tests.broken:HEALTHY, not on latex"),
    ],
)
def test_what_cannot_be_run_again_is_told(arguments: list[str], words: str) -> None:
    run(values("HEALTHY", 500))
    check_usage_error(["replay", "--log", str(FOLDER), *arguments], words)


@pytest.mark.parametrize(
    "line",
    [
        "",
        '{"event": "began", "about": 3}',
        (
            '{"event": "began", "about": {"values": {"target": "latex"}, "seed": 0}}\n'
            '{"event": "unit", "unit": "../x:1", "edits": 1, "skip": [], "digest": "0"}'
        ),
        (
            '{"event": "began", "about": {"values": 3, "seed": 0}}\n'
            '{"event": "unit", "unit": "stream:1", "edits": 1, "skip": [], "digest": "0"}'
        ),
    ],
)
def test_a_log_that_is_none_is_told(line: str) -> None:
    Path("log").write_text(line + "\n")
    check_usage_error(["replay", "--log", "log"], "has no unit that could be run again")


def test_a_unit_without_a_log_is_told() -> None:
    check_usage_error(["replay", "--unit", "stream:0"], "give --log FOLDER as well")


# A million.


@pytest.mark.slow
def test_the_supervisors_memory_is_flat_over_a_million_edits() -> None:
    """Everything but the units is real: each of an engine comes to what the first of it came to."""
    results: dict[str, Any] = {}

    def executor(
        tasks: deque[Any], jobs: int, limits: scheduler.WorkerLimits
    ) -> Generator[scheduler.Event, None, None]:
        while tasks:
            task = tasks.popleft()
            kind = task.unit.engine if isinstance(task, RunUnit) else key_of(task)
            if kind not in results:
                results[kind] = task.run(lambda note: None)
            yield scheduler.Done(task, results[kind])
            yield scheduler.Tick(((1, 1 << 26),))

    wanted = values("LOSES_COUNT", 1_000_000, canaries=0)
    outcome = run(wanted, executor=executor)
    assert sum(unit.edits for unit in plan(outcome.state.settings)) >= 1_000_000
    assert outcome.state.units_done == outcome.state.units_planned
    first, last = outcome.state.own_memory
    assert last - first < 20 << 20
