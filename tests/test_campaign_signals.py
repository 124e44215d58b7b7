"""Campaigns whose process is killed or told to end: what is lost is what was in flight at most, and
where there is time for it the report is written."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.campaign_runs import (
    MIXED,
    check_whole,
    command,
    digests,
    found,
    resume,
    run,
    units_logged,
    values,
    wait_for,
)
from tests.cli_runs import start

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


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
