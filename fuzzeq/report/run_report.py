"""The report of a run: one JSON value whose top level other programs read, and its first line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from fuzzeq.campaign.gates import NEEDED_BY, missing_units
from fuzzeq.campaign.state import Run, Stored
from fuzzeq.campaign.watch import Leak
from fuzzeq.crash_store import versions
from fuzzeq.engines.replay import Verdict as Replayed
from fuzzeq.engines.stream import MET
from fuzzeq.engines.unit import ENGINES
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.model.target import Capability
from fuzzeq.oracles import ORACLES
from fuzzeq.report.files import write_text
from fuzzeq.report.risk import residual
from fuzzeq.report.words import counted

FORMAT = 1
LONGEST_MESSAGE = 500
"""Characters of what a divergence says of itself."""


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
        canary = f"canary caught after {counted(state.canary, 'edit')}"
    else:
        canary = "CANARY MISSED" if state.canary_tried else "canary not tried"
    planned = "" if state.units_planned is None else f" of {state.units_planned:,} planned"
    flaky = f", {len(state.flaky)} flaky" if state.flaky else ""
    return (
        f"{verdict(state)}: {len(state.new)} new, {known} known, {len(state.fixed)} fixed{flaky}; "
        f"{canary}; {compared(state)}; "
        f"{counted(state.units_done, 'unit')}{planned}"
    )


def compared(state: Run) -> str:
    """How many edits were compared; and of how many, where a stop or divergences left some out."""
    done, asked = state.meter.edits, state.settings.edits or 0
    edits = counted(max(done, asked), "edit")
    return f"{done:,} of {edits} compared" if done < asked else f"{edits} compared"


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
        "hazards": hazards(state),
        "residual": residual(
            meter.edits - state.last_new_edits, state.units_done - state.last_new_units
        ),
        "not_run": [{"what": what, "why": why} for what, why in not_run(state)],
    }


def hazards(state: Run) -> dict[str, Any]:
    """In how many traces each kind of hazard met each way of editing. The stream engine counts
    them, others do not."""
    met = {
        edit: {hazard: state.drawn[MET + edit, hazard] for hazard in state.hazards}
        for edit in DRIVERS
    }
    counts = [count for row in met.values() for count in row.values()]
    return {
        "counted_by": "stream" if "stream" in dict(state.settings.engines) else None,
        "met": met,
        "cells": len(counts),
        "covered": sum(count > 0 for count in counts),
    }


def not_run(state: Run) -> Iterator[tuple[str, str]]:
    """What this run did not do, and why not: so that nobody takes it for done."""
    settings, can = state.settings, state.capabilities
    for engine in ENGINES:
        if engine not in dict(settings.engines):
            yield f"engine {engine}", "it is not in the mix"
    for oracle, capability in NEEDED_BY.items():
        if capability not in can:
            yield f"oracle {oracle}", f"the target has no capability {capability}"
    if Capability.PIECES not in can:
        yield "the self-calibrating work bound", "the target has no capability pieces"
    if Capability.REFERENCE not in can:
        yield "a third opinion on batch", "the target has no capability reference"
    if missing := missing_units(state):
        yield f"{missing:,} units", "the run was stopped" if state.interrupted else "they were lost"
    if state.meter.dropped:
        yield f"{state.meter.dropped:,} steps", "the target refuses the documents they give"
    for unit in state.quarantined:
        yield f"parts of unit {unit}", "it cost two workers"
    if not settings.canaries:
        yield "planted bugs among the units", "none were asked for"
    if not settings.driver_edits:
        yield "ways of editing by themselves", "none were asked for"
    if settings.leak_mb_per_hour is None:
        yield "growth of memory", "no limit was set"
    for replayed in state.replayed:
        if replayed.verdict == Replayed.ERROR:
            yield f"replay of {replayed.path}", replayed.why


def _finding(stored: Stored) -> dict[str, Any]:
    finding = stored.finding
    return {
        "fingerprint": finding.fingerprint,
        "oracle": finding.divergence.oracle,
        "kind": finding.divergence.kind,
        "message": finding.divergence.message[:LONGEST_MESSAGE],
        "reproducer": str(stored.path) if stored.written else None,
        "document_chars": len(finding.trace.document),
        "steps": len(finding.trace.steps),
        "status": finding.status.value,
        "known": stored.known,
        "why_known": stored.why_known,
    }


def _leak(leak: Leak) -> dict[str, Any]:
    """A leak beside the other findings. No single trace shows it: its numbers do."""
    return {
        "fingerprint": leak.fingerprint,
        "oracle": "memory",
        "kind": "leak",
        "message": str(leak)[:LONGEST_MESSAGE],
        "reproducer": None,
        "document_chars": None,
        "steps": None,
        "status": "measured",
        "known": False,
        "why_known": "",
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
    """Writes a report; see `write_text`. Raises `UsageError`."""
    write_text(json.dumps(value, indent=1) + "\n", path)
