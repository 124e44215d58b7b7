"""The report of a campaign: that of a run, with its gates, and whether it was good in front."""

from __future__ import annotations

from typing import Any

from fuzzeq.campaign.campaign import Outcome
from fuzzeq.campaign.gates import missed_canaries
from fuzzeq.campaign.watch import MEGABYTE
from fuzzeq.report import run_report
from fuzzeq.report.words import counted


def first_line(outcome: Outcome) -> str:
    """What a reader wants first: was it good, and if not, for what."""
    state = outcome.state
    why = [gate.name for gate in outcome.broken]
    if state.interrupted:
        why.insert(0, "stopped")
    good = "good" if outcome.is_good else f"bad ({', '.join(why)})"
    known = len(state.findings) - len(state.new)
    flaky = f", {len(state.flaky)} flaky" if state.flaky else ""
    canaries = 1 + state.settings.canaries
    caught = canaries - missed_canaries(state)
    planned = "" if state.units_planned is None else f" of {state.units_planned:,} planned"
    return (
        f"{good}: {len(state.new)} new, {known} known, {len(state.fixed)} fixed{flaky}; "
        f"{caught} of {counted(canaries, 'canary')} caught; "
        f"{run_report.compared(state)}; "
        f"{counted(state.units_done, 'unit')}{planned}"
    )


def report(outcome: Outcome) -> dict[str, Any]:
    """The report as JSON values."""
    state = outcome.state
    return run_report.report(state) | {
        "campaign": outcome.name,
        "first_line": first_line(outcome),
        "good": outcome.is_good,
        "gates": [
            {"name": g.name, "figure": g.figure, "limit": g.limit, "open": g.is_open}
            for g in outcome.gates
        ],
        "canaries": [{"name": c.name, "edits": c.edits} for c in state.canaries],
        "planted": {
            "hunted": len(state.canaries),
            "caught": sum(canary.edits is not None for canary in state.canaries),
        },
        "engines": {name: _measured(meter) for name, meter in state.meters.items()},
        "drivers": {name: _measured(meter) for name, meter in state.drivers.items()},
        "deaths": [
            {"unit": death.unit, "how": death.how, "explained": death.finding is not None}
            for death in state.deaths
        ],
        "quarantined": state.quarantined,
        "memory": {
            "worker_mb_per_hour": None
            if state.mb_per_hour is None
            else round(state.mb_per_hour, 1),
            "supervisor_mb": [round(size / MEGABYTE, 1) for size in state.own_memory],
        },
    }


def _measured(meter: Any) -> dict[str, Any]:
    return {
        "edits": meter.edits,
        "reuse": None if meter.reuse is None else round(meter.reuse, 4),
    }
