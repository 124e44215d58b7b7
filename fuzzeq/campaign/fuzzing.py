"""The units of a run, and what becomes of those whose worker is lost.

A lost worker accuses the trace that it was at. That trace is run again in a fresh process: if it
takes that one along as well, it is a finding, and its unit is run without it. If it does not, the
death is unexplained, and nothing of the unit may be missed: it is run again as it is. A unit that
has cost two workers goes into quarantine, and is tried once more when all others are done.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from fuzzeq.campaign.apart import lost
from fuzzeq.campaign.keeper import DEATH, LEFT_OVER
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.scheduler import Done, Lost
from fuzzeq.campaign.settling import Chosen, key_of
from fuzzeq.campaign.state import CanaryResult, Death, Settings, status_of
from fuzzeq.campaign.supervisor import Supervisor
from fuzzeq.campaign.tasks import DriveAlone, Hunt, Hunted, RunAlone, RunUnit, Suspect, without
from fuzzeq.crash_store import decode, encode
from fuzzeq.engines.canary import Canary
from fuzzeq.engines.guided import farthest
from fuzzeq.engines.unit import Unit, UnitResult, found, traces
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.model.finding import Finding
from fuzzeq.registry import load_target, planted_bugs

MOST_KILLS = 2
"""Workers that a unit may cost before it is put into quarantine."""

PLANTED_EDITS = 20_000
"""Edits in which a planted bug is caught at the latest; `selftest` says that they all are."""


def fuzz(supervisor: Supervisor) -> Chosen:
    """Runs the units; returns the findings worth shrinking, each already in `pending/`."""
    state = supervisor.state
    settings = state.settings
    work = _Work(supervisor)
    for fact in supervisor.keeper.facts(DEATH):
        death = Death(
            fact["unit"], fact["how"], decode(fact["finding"]) if fact["finding"] else None
        )
        work.take_death(death)
    for fact in supervisor.keeper.facts(LEFT_OVER):
        work.take_finding(decode(fact))
    units = plan(settings)
    if settings.seconds is None:
        state.units_planned = sum(1 for _ in plan(settings))
    tasks = _mixed(supervisor, units, state.units_planned)
    for outcome in supervisor.perform(_in_time(supervisor, tasks), work.urgent):
        work.take(outcome)
    quarantine, work.quarantine = work.quarantine, []
    for outcome in supervisor.perform([RunAlone(task.unit) for task in quarantine], work.urgent):
        work.take(outcome)
    return work.chosen


def _mixed(supervisor: Supervisor, units: Iterable[Unit], planned: int | None) -> Iterator[Any]:
    """Units, with the canaries and drivers among them, evenly as far as their number is known."""
    settings = supervisor.state.settings
    others: deque[Any] = deque(canaries(supervisor))
    if settings.driver_edits:
        others += (
            DriveAlone(settings.target, name, settings.seed, settings.driver_edits,
                       settings.samples)
            for name in DRIVERS
        )  # fmt: skip
    every = max((planned or 0) // (len(others) + 1), 1)
    for number, unit in enumerate(units, 1):
        yield RunUnit(unit)
        if others and number % every == 0:
            yield others.popleft()
    yield from others


def canaries(supervisor: Supervisor) -> list[Any]:
    """The canaries to be hunted among the units: the target's planted bugs, other ones with each
    seed; where it has none, the plain fault with other seeds. Where the mix has the guided engine,
    one is for that."""
    settings = supervisor.state.settings
    hunted = _canaries(settings)
    if hunted and "guided" in dict(settings.engines):
        hunted[0] = Canary(_canary_unit(settings, "guided", 1))
    return hunted


def _canaries(settings: Settings) -> list[Any]:
    bugs = planted_bugs(settings.target)
    if bugs:
        names = [
            bugs[(settings.seed + number * len(bugs) // settings.canaries) % len(bugs)].target.name
            for number in range(settings.canaries)
        ]
        return [Hunt(name, settings.seed, PLANTED_EDITS, False) for name in names]
    return [
        Canary(_canary_unit(settings, "stream", number))
        for number in range(1, settings.canaries + 1)
    ]


def _canary_unit(settings: Settings, engine: str, number: int) -> Unit:
    return Unit(engine, settings.target, settings.seed, number, settings.canary_edits,
                settings.samples)  # fmt: skip


def _canary_name(unit: Unit) -> str:
    """For people; the stream engine's is the ordinary one."""
    engine = "" if unit.engine == "stream" else f" by {unit.engine}"
    return f"{unit.target} #{unit.index}{engine}"


def _in_time(supervisor: Supervisor, tasks: Iterator[Any]) -> Iterator[Any]:
    """The tasks that are begun before the time is over."""
    seconds = supervisor.state.settings.seconds
    for task in tasks:
        if seconds is not None and time.monotonic() - supervisor.started > seconds:
            return
        yield task


@dataclass(slots=True)
class _Work:
    """What has come of the units so far, and what has to be done because of it."""

    supervisor: Supervisor
    urgent: deque[Any] = field(default_factory=deque)
    quarantine: list[RunUnit] = field(default_factory=list)
    chosen: Chosen = field(default_factory=Chosen)
    _kills: Counter[str] = field(default_factory=Counter)
    _seen: set[tuple[str, str, str, str]] = field(default_factory=set)

    def take(self, outcome: Done | Lost) -> None:
        """Takes an outcome in."""
        task = outcome.task
        if isinstance(task, RunUnit):
            if isinstance(outcome, Done):
                self._take_unit(task, outcome.result)
            else:
                self._take_loss(task, outcome)
        elif isinstance(task, Suspect):
            self._take_suspect(task, outcome)
        elif isinstance(task, DriveAlone):
            if isinstance(outcome, Done):
                self.supervisor.state.drivers[task.driver] = outcome.result
        else:
            self._take_canary(task, outcome)

    def _take_unit(self, task: RunUnit, result: UnitResult) -> None:
        state = self.supervisor.state
        state.units_done += 1
        state.meter.add(result.meter)
        state.meters.setdefault(task.unit.engine, type(result.meter)()).add(result.meter)
        state.drawn.update(result.drawn)
        state.diverged += result.diverged
        state.reach = farthest(state.reach, result.reach)
        state.warnings += result.notes
        for finding in result.findings:
            self.take_finding(finding)

    def take_finding(self, finding: Finding) -> None:
        """Takes a finding in; the first of its kind is written down at once."""
        key = key_of(finding)
        self.chosen.add(finding)
        if key not in self._seen:
            self._seen.add(key)
            state = self.supervisor.state
            state.last_new = time.monotonic() - self.supervisor.started
            state.last_new_edits, state.last_new_units = state.meter.edits, state.units_done
            self.supervisor.store(finding)

    def _take_loss(self, task: RunUnit, event: Lost) -> None:
        """Accuses the trace, if there is one; a unit in quarantine has no other chance."""
        if isinstance(task, RunAlone):
            state = self.supervisor.state
            state.warnings.append(f"unit {task.name} given up: {event.how}")
            self.supervisor.keeper.log("given up", unit=task.name, how=event.how)
        self._kills[task.name] += 1
        if event.note is None:
            self._explain(task, Death(task.name, event.how))
            return
        number, trace = event.note
        if trace is None:
            trace = next(islice(traces(task.unit), number, None))
        divergence = lost(len(trace.steps), event.hung, event.how)
        finding = found(task.unit, load_target(task.unit.target).name, trace, divergence)
        self.urgent.append(Suspect(task, number, replace(finding, status=status_of(event.hung))))

    def _take_suspect(self, suspect: Suspect, outcome: Done | Lost) -> None:
        task, finding = suspect.task, suspect.finding
        if isinstance(outcome, Lost):
            divergence = lost(len(finding.trace.steps), outcome.hung, outcome.how)
            finding = replace(finding, divergence=divergence, status=status_of(outcome.hung))
            self._explain(task, Death(task.name, outcome.how, finding), suspect.trace)
        else:
            self._explain(task, Death(task.name, finding.divergence.message))

    def _explain(self, task: RunUnit, death: Death, trace: int | None = None) -> None:
        """Writes a death down, and sees to the rest of the unit."""
        fact = {"unit": death.unit, "how": death.how}
        finding = encode(death.finding) if death.finding else None
        self.supervisor.keeper.add(DEATH, fact | {"finding": finding})
        self.supervisor.keeper.log(DEATH, **fact, explained=death.finding is not None)
        self.take_death(death)
        if isinstance(task, RunAlone):
            return
        again = task if trace is None else without(task, trace)
        if self._kills[task.name] < MOST_KILLS:
            self.urgent.append(again)
            return
        self.supervisor.state.quarantined.append(task.name)
        self.supervisor.keeper.log("quarantined", unit=task.name)
        self.quarantine.append(again)

    def take_death(self, death: Death) -> None:
        """Counts a death, of this life or an earlier one."""
        self.supervisor.state.deaths.append(death)
        if death.finding is not None:
            self.supervisor.state.diverged += 1
            self.take_finding(death.finding)

    def _take_canary(self, task: Hunt | Canary, outcome: Done | Lost) -> None:
        name = task.target if isinstance(task, Hunt) else _canary_name(task.unit)
        edits: int | None = 0  # one that takes its process along is caught as well
        if isinstance(outcome, Done):
            result: Hunted | int | None = outcome.result
            if isinstance(result, Hunted):
                edits = result.edits if result.shrunk else None
            else:
                edits = result
        self.supervisor.state.canaries.append(CanaryResult(name, edits))
        self.supervisor.keeper.log("canary", name=name, edits=edits)
