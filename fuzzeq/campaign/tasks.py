"""What workers do: run a unit, shrink a finding, replay a file, hunt a planted bug."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from fuzzeq.checking import Meter, check
from fuzzeq.engines.guided import ProcessLost
from fuzzeq.engines.replay import Replayed, replay
from fuzzeq.engines.shrinking import ShrunkFinding, shrink_finding
from fuzzeq.engines.stream import UNIT_EDITS
from fuzzeq.engines.unit import Unit, UnitResult, found, run_unit, traces
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target
from fuzzeq.shrink import BUDGET

Began = Callable[[Any], None]

UNREPEATABLE = ("property", "guided")
"""Engines whose traces cannot be made again from a unit's fields alone."""


@dataclass(frozen=True, slots=True)
class RunUnit:
    """Gives a `UnitResult`; the note is the number of the trace, and the trace itself where its
    engine could not make it again elsewhere."""

    unit: Unit

    def run(self, began: Began) -> UnitResult:
        """See `run_unit`."""

        def tell(number: int, trace: Trace) -> None:
            began((number, trace if self.unit.engine in UNREPEATABLE else None))

        try:
            return run_unit(self.unit, tell)
        except ProcessLost as lost:
            end_like(lost.status)


@dataclass(frozen=True, slots=True)
class Shrink:
    """Gives a `ShrunkFinding`; a note for each candidate."""

    target: str
    finding: Finding
    budget: int = BUDGET

    def run(self, began: Began) -> ShrunkFinding:
        """See `shrink_finding`."""
        target = load_target(self.target)
        return shrink_finding(target, self.finding, self.budget, lambda trace: began(None))


@dataclass(frozen=True, slots=True)
class Confirm:
    """Gives the divergence of a finding's trace, or None; meant for a fresh process."""

    target: str
    finding: Finding

    def run(self, began: Began) -> Divergence | None:
        """See `check`."""
        return check(load_target(self.target), self.finding.trace)


@dataclass(frozen=True, slots=True)
class Replay:
    """Gives a `Replayed`."""

    path: Path
    target: str | None = None

    def run(self, began: Began) -> Replayed:
        """See `replay`."""
        return replay(self.path, self.target)


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
        started = time.perf_counter()
        for index in range(-(-self.edits // UNIT_EDITS)):
            unit = Unit("stream", self.target, self.seed, index, UNIT_EDITS)
            for trace in traces(unit):
                began(None)
                divergence = check(target, trace, meter)
                if divergence is None:
                    continue
                seconds = time.perf_counter() - started
                finding = found(unit, target.name, trace, divergence)
                if not self.shrinks:
                    return Hunted(meter, meter.edits, seconds, ShrunkFinding(finding, 0))
                return Hunted(meter, meter.edits, seconds, shrink_finding(target, finding))
        return Hunted(meter, meter.edits, time.perf_counter() - started, None)


def end_like(status: int) -> NoReturn:
    """Ends this worker as another process has ended, whose work was its own: with an exit status,
    or by minus a signal."""
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def without(task: RunUnit, trace: int) -> RunUnit:
    """The unit once more, with the trace left out that has just killed its worker."""
    return RunUnit(replace(task.unit, skip=task.unit.skip | {trace}))
