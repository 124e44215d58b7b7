"""What workers do: run a unit, shrink a finding, replay a file, hunt a planted bug.

`tries` of a task, 2 where it has none, is how often it is begun at most when its worker is lost.
The loss of one that `explains` is an answer: it says what took an earlier worker along.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fuzzeq.calls import guarded
from fuzzeq.campaign.apart import check_apart, crowding
from fuzzeq.campaign.worker import USUAL_LIMITS, WorkerLimits
from fuzzeq.checking import Meter, check
from fuzzeq.engines import drivers
from fuzzeq.engines.guided import ProcessLost, end_like
from fuzzeq.engines.replay import Replayed, replay, target_of
from fuzzeq.engines.shrinking import ShrunkFinding, shrink_finding
from fuzzeq.engines.stream import UNIT_EDITS
from fuzzeq.engines.unit import Unit, UnitResult, found, language_of, run_unit, seldom, traces
from fuzzeq.errors import UsageError
from fuzzeq.forensics.examination import Examination, examine
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.observation import Raised
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target
from fuzzeq.shrink import BUDGET

if TYPE_CHECKING:
    from fuzzeq.engines.conformance import Complaint

Began = Callable[[Any], None]

APART_SECONDS = 2.0
"""What hangs for so long in a process of its own hangs; longer where processes share a core."""
APART_BUDGET = 300
"""Candidates of a trace that kills; each is a process."""
MOST_HANGING = 30
"""Of these, those that may hang; each costs the whole limit."""
UNREPEATABLE = ("property", "guided")
"""Engines whose traces cannot be made again from a unit's fields alone."""


@dataclass(frozen=True, slots=True)
class RunUnit:
    """Gives a `UnitResult`; the note is the number of the trace, and the trace itself where its
    engine could not make it again elsewhere."""

    unit: Unit
    tries: ClassVar[int] = 1

    def run(self, began: Began) -> UnitResult:
        """See `run_unit`."""

        def tell(number: int, trace: Trace) -> None:
            began((number, trace if self.unit.engine in UNREPEATABLE else None))

        try:
            return run_unit(self.unit, tell, lambda: began(None))
        except ProcessLost as lost:
            end_like(lost.status)

    @property
    def name(self) -> str:
        """The unit's, for people and for the log."""
        return unit_name(self.unit)


@dataclass(frozen=True, slots=True)
class RunAlone(RunUnit):
    """The same in a process of its own, where a unit can do least harm and is harmed least."""

    fresh: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Suspect:
    """The trace that was on when a worker was lost, run again in a fresh process, where it is
    either lost again or acquitted. Gives what `check` says."""

    task: RunUnit
    trace: int
    finding: Finding
    fresh: ClassVar[bool] = True
    explains: ClassVar[bool] = True

    def run(self, began: Began) -> Divergence | None:
        """See `check`."""
        target = load_target(self.task.unit.target)
        began(None)
        return check(target, self.finding.trace, heard=seldom(lambda: began(None)))


@dataclass(frozen=True, slots=True)
class Shrink:
    """Gives a `ShrunkFinding`; a note for each candidate. What died or hung does so again in
    processes of its own, within a limit of time that is tighter."""

    target: str
    finding: Finding
    budget: int = BUDGET
    limits: WorkerLimits = USUAL_LIMITS

    def run(self, began: Began) -> ShrunkFinding:
        """See `shrink_finding`."""
        target = load_target(self.target)
        checked: Callable[[Trace], Divergence | None]
        if self.finding.status in (Status.DIED, Status.HUNG):
            checked, budget = _apart(target, self.limits), min(self.budget, APART_BUDGET)
        else:
            heard = seldom(lambda: began(None))
            checked, budget = partial(check, target, heard=heard), self.budget
        return shrink_finding(target, self.finding, budget, lambda trace: began(None), checked)


def _apart(target: Any, limits: WorkerLimits) -> Callable[[Trace], Divergence | None]:
    """`check_apart` with little patience, each trace once; behind so many that hang nothing else is
    tried."""
    patience = round(min(APART_SECONDS * crowding(), limits.hang_seconds / 2), 1)
    limits = replace(limits, hang_seconds=patience)
    seen: dict[Trace, Divergence | None] = {}

    def checked(trace: Trace) -> Divergence | None:
        hung = sum(each is not None and each.kind == Status.HUNG for each in seen.values())
        if trace not in seen and hung < MOST_HANGING:
            seen[trace] = check_apart(target, trace, limits)
        return seen.get(trace)

    return checked


@dataclass(frozen=True, slots=True)
class Look:
    """Gives what a target can do; where it raises for an empty document, the divergence that this
    is, or what was raised where it is none. An engine may end whoever asks it that."""

    target: str
    tries: ClassVar[int] = 1

    def run(self, began: Began) -> frozenset[Capability] | Divergence | Raised:
        """See `capabilities`."""
        target = load_target(self.target)
        began("open")  # what ends the process now is a finding
        handle = guarded("open", lambda: target.open(""))
        if isinstance(handle, Raised):
            return check(target, Trace("")) or handle
        began(None)
        return guarded("capabilities", lambda: capabilities(target, handle))


@dataclass(frozen=True, slots=True)
class Conform:
    """Gives every complaint about a target, and where there is none, the promises that it keeps."""

    target: str

    def run(self, began: Began) -> tuple[list[Complaint], list[str]]:
        """See `complaints`."""
        from fuzzeq.engines.conformance import complaints, promises  # for this command alone

        target, found = load_target(self.target), []
        began(None)
        for complaint in complaints(target):
            began(None)
            found.append(complaint)
        return found, [] if found else promises(target)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Gives the divergence of a finding's trace, or None, in a fresh process."""

    target: str
    finding: Finding
    fresh: ClassVar[bool] = True

    def run(self, began: Began) -> Divergence | None:
        """See `check`."""
        target = load_target(self.target)
        began(None)
        return check(target, self.finding.trace, heard=seldom(lambda: began(None)))


@dataclass(frozen=True, slots=True)
class Replay:
    """Gives a `Replayed`."""

    path: Path
    target: str | None = None

    def run(self, began: Began) -> Replayed:
        """See `replay`."""
        return replay(self.path, self.target, lambda: began(None))


@dataclass(frozen=True, slots=True)
class Examine:
    """Gives an `Examination`. The target is the one that the user named, else the registered one of
    the finding's name."""

    finding: Finding
    target: str | None = None

    def run(self, began: Began) -> Examination:
        """See `examine`."""
        try:
            return examine(target_of(self.finding, self.target), self.finding)
        except UsageError as error:
            return Examination(why_not=str(error), no_target=True)


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt came to: the edits and seconds to the kill, and the shrunk finding; None where
    the bug survived. `meter` has the counts, those of the oracles among them."""

    meter: Meter
    edits: int
    seconds: float
    shrunk: ShrunkFinding | None


@dataclass(frozen=True, slots=True)
class Hunt:
    """Runs one stream unit after the other until a bug shows; gives a `Hunted`."""

    target: str
    seed: int
    edits: int
    shrinks: bool = True

    def run(self, began: Began) -> Hunted:
        """Hunts for at most so many edits."""
        target, meter = load_target(self.target), Meter()
        started, heard = time.perf_counter(), seldom(lambda: began(None))
        for index in range(-(-self.edits // UNIT_EDITS)):
            unit = Unit("stream", self.target, self.seed, index, UNIT_EDITS)
            for trace in traces(unit):
                began(None)
                divergence = check(target, trace, meter, heard, sparing=True)
                if divergence is None:
                    continue
                seconds = time.perf_counter() - started
                finding = found(unit, target.name, trace, divergence)
                if not self.shrinks:
                    return Hunted(meter, meter.edits, seconds, ShrunkFinding(finding, 0))
                shrunk = shrink_finding(target, finding, began=lambda trace: began(None))
                return Hunted(meter, meter.edits, seconds, shrunk)
        return Hunted(meter, meter.edits, time.perf_counter() - started, None)


@dataclass(frozen=True, slots=True)
class DriveAlone:
    """Runs one driver by itself; gives a `Meter`. See `engines.drivers`."""

    target: str
    driver: str
    seed: int
    edits: int
    samples: str | None = None

    def run(self, began: Began) -> Meter:
        """Stops at the first divergence, which is for the units to find."""
        target, meter = load_target(self.target), Meter()
        language = language_of(self.target, self.samples)
        for trace in drivers.traces(language, self.driver, self.seed, self.edits):
            began(None)
            check(target, trace, meter, seldom(lambda: began(None)))
        return meter


def without(task: RunUnit, trace: int) -> RunUnit:
    """The unit once more, with the trace left out that has killed its worker."""
    return RunUnit(replace(task.unit, skip=task.unit.skip | {trace}))


def unit_name(unit: Unit) -> str:
    """The name of a unit in its campaign: engine and index."""
    return f"{unit.engine}:{unit.index}"
