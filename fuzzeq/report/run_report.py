"""The report of a run: one JSON value whose top level other programs read, and its first line."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from fuzzeq.campaign.state import Run, Stored
from fuzzeq.campaign.watch import Leak
from fuzzeq.crash_store import versions
from fuzzeq.errors import UsageError
from fuzzeq.model.target import Capability
from fuzzeq.oracles import ORACLES

FORMAT = 1


class Verdict(StrEnum):
    """How a run ended. `clean` and `findings` ran as planned."""

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    COULD_NOT_RUN = "could-not-run"


def verdict(state: Run) -> Verdict:
    """Findings first: they stand, however the run ended."""
    if state.findings or state.flaky or state.leaks:
        return Verdict.FINDINGS
    return Verdict.CLEAN if state.complete else Verdict.INCOMPLETE


def first_line(state: Run) -> str:
    """What a reader wants first."""
    known = len(state.findings) - len(state.new)
    if state.canary is not None:
        canary = f"canary caught after {state.canary} edits"
    else:
        canary = "CANARY MISSED" if state.canary_tried else "canary not tried"
    planned = "" if state.units_planned is None else f" of {state.units_planned:,} planned"
    flaky = f", {len(state.flaky)} flaky" if state.flaky else ""
    return (
        f"{verdict(state)}: {len(state.new)} new, {known} known, {len(state.fixed)} fixed{flaky}; "
        f"{canary}; {state.meter.edits:,} edits compared; {state.units_done:,} units{planned}"
    )


def report(state: Run) -> dict[str, Any]:
    """The report as JSON values."""
    meter, settings = state.meter, state.settings
    seconds = state.wall_seconds
    return {
        "format": FORMAT,
        "verdict": verdict(state).value,
        "target": settings.target,
        "engine": settings.engine_names,
        "seed": settings.seed,
        "edits": meter.edits,
        "checks": meter.checks,
        "wall_seconds": round(seconds, 3),
        "edits_per_second": round(meter.edits / seconds, 1) if seconds else None,
        "reuse": None if meter.reuse is None else round(meter.reuse, 4),
        "keystroke_reuse": (
            None if meter.keystroke_reuse is None else round(meter.keystroke_reuse, 4)
        ),
        "capabilities": {name.value: name in state.capabilities for name in Capability},
        "oracles": {
            oracle.name: {
                "judged": meter.judged[oracle.name],
                "fired": meter.fired[oracle.name],
            }
            for oracle in ORACLES
        },
        "findings": [
            *(_finding(stored) for stored in (*state.findings, *state.flaky)),
            *(_leak(leak) for leak in state.leaks),
        ],
        "warnings": state.warnings,
        "canary": {"caught": state.canary is not None, "edits": state.canary},
        "units": {"done": state.units_done, "planned": state.units_planned},
        "fixed": [str(replayed.path) for replayed in state.fixed],
        "reach": None if state.reach is None else asdict(state.reach),
        "interrupted": state.interrupted,
        "jobs": settings.jobs,
        "versions": dict(versions()),
    }


def _finding(stored: Stored) -> dict[str, Any]:
    finding = stored.finding
    return {
        "fingerprint": finding.fingerprint,
        "oracle": finding.divergence.oracle,
        "kind": finding.divergence.kind,
        "reproducer": str(stored.path),
        "document_chars": len(finding.trace.document),
        "steps": len(finding.trace.steps),
        "status": finding.status.value,
        "known": stored.known,
    }


def _leak(leak: Leak) -> dict[str, Any]:
    """A leak beside the other findings. No single trace shows it: its numbers do."""
    return {
        "fingerprint": leak.fingerprint,
        "oracle": "memory",
        "kind": "leak",
        "reproducer": None,
        "document_chars": None,
        "steps": None,
        "status": "measured",
        "known": False,
        "mb_per_hour": round(leak.mb_per_hour, 1),
        "grown_mb": round(leak.grown_mb, 1),
        "seconds": round(leak.seconds, 1),
        "samples": leak.samples,
    }


def could_not_run(target: str, engine: str, seed: int, why: str) -> dict[str, Any]:
    """The report of a run that did not happen."""
    return {
        "format": FORMAT,
        "verdict": Verdict.COULD_NOT_RUN.value,
        "target": target,
        "engine": engine,
        "seed": seed,
        "edits": 0,
        "checks": 0,
        "wall_seconds": 0.0,
        "edits_per_second": None,
        "reuse": None,
        "keystroke_reuse": None,
        "capabilities": {},
        "oracles": {},
        "findings": [],
        "warnings": [why],
    }


def write(value: dict[str, Any], path: Path) -> None:
    """Writes a report: beside its place and then renamed, or into what stands there and is no
    file, such as a pipe. Raises `UsageError`."""
    text = json.dumps(value, indent=1) + "\n"
    try:
        if not path.name or path.is_dir():
            raise IsADirectoryError(21, "a folder, not a file")
        if path.exists() and not path.is_file():
            path.write_text(text, "ascii")
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_text(text, "ascii")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
