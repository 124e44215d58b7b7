"""The canary: the target under test with a fault put in, which every run has to find.

A run that finds nothing says something only if it could have found something. The fault is the
plainest there is: one edit in a few is applied to the text and forgotten by the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fuzzeq.checking import Meter, check
from fuzzeq.engines.unit import Unit, traces
from fuzzeq.model.result import Result
from fuzzeq.model.trace import Edits
from fuzzeq.registry import load_target

FORGETS_EVERY = 3


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
        target, meter = Forgetful(load_target(self.unit.target)), Meter()
        for trace in traces(self.unit):
            began(None)
            if check(target, trace, meter, sparing=True):
                return meter.edits
        return None
