"""The canary: the target under test with a fault put in, which every run has to find.

A run that finds nothing says something only if it could have found something. The fault is the
plainest there is: one edit in a few is applied to the text and forgotten by the result. The guided
engine has to find it by itself, from an empty corpus.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fuzzeq.checking import Meter, check
from fuzzeq.engines import guided
from fuzzeq.engines.unit import Unit, seldom, traces
from fuzzeq.model.result import Result
from fuzzeq.model.trace import Edits
from fuzzeq.registry import load_target

FORGETS_EVERY = 3

EDITS_AT_ONCE = 25
"""What the guided engine is ordered at a time, to see whether that was enough."""


class Forgetful:
    """A target whose handles forget every third step, until the next one reminds them."""

    def __init__(self, target: Any) -> None:
        self.name = target.name
        self._target = target

    def batch(self, document: str) -> Result:
        """The target's own."""
        result: Result = self._target.batch(document)
        return result

    def open(self, document: str) -> ForgetfulHandle:
        """A handle of the target's, with the fault around it."""
        return ForgetfulHandle(self._target.open(document))


class ForgetfulHandle:
    """Shows the result from before every third step."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._applied = 0
        self._stale: Result | None = None

    def apply(self, edits: Edits) -> None:
        """Applies the edits, and remembers the old result where it is going to be shown."""
        self._applied += 1
        forgets = self._applied % FORGETS_EVERY == 0
        self._stale = list(self._handle.result()) if forgets else None
        self._handle.apply(edits)

    def result(self) -> Result:
        """The result, or the one before it."""
        result: Result = self._handle.result() if self._stale is None else self._stale
        return result


@dataclass(frozen=True, slots=True)
class Canary:
    """The hunt for the canary: a task that gives the edits it took, or None if it was missed."""

    unit: Unit

    def run(self, began: Callable[[object], None]) -> int | None:
        """Runs the unit's traces on the faulty target until one diverges."""
        if self.unit.engine == "guided":
            return self._guided(began)
        target, meter = Forgetful(load_target(self.unit.target)), Meter()
        heard = seldom(lambda: began(None))
        for trace in traces(self.unit):
            began(None)
            if check(target, trace, meter, heard, sparing=True):
                return meter.edits
        return None

    def _guided(self, began: Callable[[object], None]) -> int | None:
        """The same where another process breeds them; it is not there any more afterwards."""
        edits = 0
        with tempfile.TemporaryDirectory() as corpus:
            unit = replace(self.unit, edits=EDITS_AT_ONCE, corpus=corpus)
            try:
                for _ in range(-(-self.unit.edits // EDITS_AT_ONCE)):  # refused ones count as well
                    report, _, _ = guided.order(
                        unit, lambda number, trace: began(None), faulty=True
                    )
                    edits += report.meter.edits
                    if report.diverged:
                        return edits
            except guided.ProcessLost as lost:
                guided.end_like(lost.status)
            finally:
                guided.end()
        return None
