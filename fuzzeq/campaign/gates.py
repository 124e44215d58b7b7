"""Gates: what makes a campaign red, each with its figure and its limit.

Pure functions of what a run came to. A night that looks green because half of it never happened is
worse than a red one: so a figure that is missing breaks its gate, but for that of a leak, which
takes its time to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fuzzeq.campaign.state import Run
from fuzzeq.model.target import Capability
from fuzzeq.oracles import ORACLES

NEEDED_BY = {
    "work": Capability.WORK,
    "changes": Capability.CHANGES,
    "resume": Capability.CHECKPOINTS,
    "snapshots": Capability.SNAPSHOTS,
    "lossless": Capability.LOSSLESS,
}
"""Oracles that judge only where the target has something; all others always do."""


@dataclass(frozen=True, slots=True)
class GateLimits:
    """The most that a campaign may have of each; None is no limit. `reuse` has the least share of
    characters not examined again, by engine or driver."""

    new_findings: int | None = 0
    known_findings: int | None = None
    flaky_findings: int | None = 0
    missed_canaries: int | None = 0
    silent_oracles: int | None = 0
    missing_units: int | None = 0
    unexplained_deaths: int | None = 0
    leak_mb_per_hour: float | None = None
    reuse: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate with its figure and limit in words. `is_finding`: when it breaks, something is wrong
    with the target; otherwise the night did not do its work."""

    name: str
    figure: str
    limit: str
    is_open: bool
    is_finding: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.figure} ({self.limit})"


def judge(state: Run, limits: GateLimits) -> tuple[Gate, ...]:
    """Every gate that there is a limit for."""
    return tuple(_judged(state, limits))


def _judged(state: Run, limits: GateLimits) -> Iterator[Gate]:
    known = len(state.findings) - len(state.new)
    yield from _at_most("new findings", len(state.new), limits.new_findings, is_finding=True)
    yield from _at_most("known findings", known, limits.known_findings, is_finding=True)
    yield from _at_most("flaky findings", len(state.flaky), limits.flaky_findings, is_finding=True)
    yield from _at_most("missed canaries", missed_canaries(state), limits.missed_canaries)
    silent = silent_oracles(state)
    yield from _at_most("silent oracles", len(silent), limits.silent_oracles, ", ".join(silent))
    yield from _at_most("missing units", missing_units(state), limits.missing_units)
    yield from _at_most("unexplained deaths", len(state.unexplained), limits.unexplained_deaths)
    if limits.leak_mb_per_hour is not None:
        steepest = max((leak.mb_per_hour for leak in state.leaks), default=state.mb_per_hour)
        figure = "too short to tell" if steepest is None else f"{steepest:,.0f} MB/h"
        if steepest is not None and not state.leaks and steepest > limits.leak_mb_per_hour:
            figure += ", which did not go on"
        limit = f"at most {limits.leak_mb_per_hour:,.0f} MB/h"
        yield Gate("leak", figure, limit, not state.leaks, is_finding=True)
    for name, floor in limits.reuse:
        reuse = reuse_of(state, name)
        figure = "not measured" if reuse is None else f"{reuse:.1%}"
        is_open = reuse is not None and reuse >= floor
        yield Gate(f"reuse of {name}", figure, f"at least {floor:.1%}", is_open)


def _at_most(
    name: str, count: int | None, most: int | None, what: str = "", is_finding: bool = False
) -> Iterator[Gate]:
    if most is None:
        return
    figure = "unknown" if count is None else f"{count:,}" + (f" ({what})" if what else "")
    yield Gate(name, figure, f"at most {most:,}", count is not None and count <= most, is_finding)


def missed_canaries(state: Run) -> int:
    """Canaries that were not caught within their edits, or not tried."""
    missed = sum(canary.edits is None for canary in state.canaries)
    untried = max(state.settings.canaries - len(state.canaries), 0)
    return missed + untried + (state.canary is None)


def silent_oracles(state: Run) -> list[str]:
    """Oracles that the target gives something to judge, and that did not once."""
    return [
        oracle.name
        for oracle in ORACLES
        if not state.meter.judged[oracle.name]
        and NEEDED_BY.get(oracle.name) in (None, *state.capabilities)
    ]


def missing_units(state: Run) -> int | None:
    """Units that were planned and not done. Where time was the limit there is no plan: one that was
    cut short by something else is missing."""
    if state.settings.seconds is not None:
        return int(state.interrupted or not state.units_done)
    if state.units_planned is None:
        return None
    return max(state.units_planned - state.units_done, 0)


def reuse_of(state: Run, name: str) -> float | None:
    """The reuse of an engine or a driver; None where it was not measured."""
    meter = state.meters.get(name) or state.drivers.get(name)
    return meter.reuse if meter else None
