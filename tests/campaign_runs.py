"""Campaigns for tests, on targets of tests/broken.py, and what they come to."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzeq import crash_store
from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign import events
from fuzzeq.campaign.campaign import Around, Outcome
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.state import Run

FOLDER = Path(".fuzzeq/dev")
MIXED = {"mix": {"stream": 8, "exhaustive": 1, "property": 1}, "jobs": 2}


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


def stop_after(units: int) -> tuple[Callable[[Run], None], Callable[[], bool]]:
    """A watch and a stop that ends a run behind so many units."""
    done = [0]

    def watch(state: Run) -> None:
        done[0] = state.units_done

    return watch, lambda: done[0] >= units


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
