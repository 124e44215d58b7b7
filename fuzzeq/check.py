"""The whole property: `check(target, trace)`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fuzzeq.lockstep import lockstep
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Dropped, Observation
from fuzzeq.model.trace import Trace
from fuzzeq.oracles import ORACLES


@dataclass(slots=True)
class Meter:
    """What was counted on the way: how often each oracle judged and fired, and how much was
    compared, dropped, unchanged and examined. `edits` are compared steps, `checks` comparisons
    of results in full with probes excluded."""

    judged: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    edits: int = 0
    checks: int = 0
    dropped: int = 0
    unchanged: int = 0
    examined: int = 0
    characters: int = 0

    def count(self, observation: Observation) -> None:
        """Takes one observation in."""
        if isinstance(observation, Dropped):
            self.dropped += 1
        if not isinstance(observation, Comparison):
            return
        if observation.cause == Cause.OPEN:
            self.checks += 1
        elif observation.cause == Cause.EDITS:
            self.checks += 1
            self.edits += 1
            self.unchanged += observation.document == observation.before
            if observation.work is not None:
                self.examined += min(observation.work, len(observation.document))
                self.characters += len(observation.document)

    def add(self, other: Meter) -> None:
        """Adds another meter's counts to this one's."""
        self.judged.update(other.judged)
        self.fired.update(other.fired)
        for name in ("edits", "checks", "dropped", "unchanged", "examined", "characters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def reuse(self) -> float | None:
        """The share of characters that did not have to be examined again; None where unknown."""
        return 1 - self.examined / self.characters if self.characters else None


def check(target: Any, trace: Trace, meter: Meter | None = None) -> Divergence | None:
    """The first invariant that the target breaks on this trace, or None.

    Raises `ValueError` where an edit of the trace does not fit the document that it meets.
    """
    if not trace.is_valid:
        raise ValueError("the trace has an edit that does not fit its document")
    meter = meter if meter is not None else Meter()
    judges = [(oracle.name, oracle.applies, oracle.start()) for oracle in ORACLES]
    for observation in lockstep(target, trace):
        meter.count(observation)
        for name, applies, judge in judges:
            if applies(observation):
                meter.judged[name] += 1
                divergence = judge(observation)
                if divergence:
                    meter.fired[name] += 1
                    return divergence
    return None
