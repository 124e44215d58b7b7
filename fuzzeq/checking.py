"""The whole property: `check(target, trace)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fuzzeq.calls import raised
from fuzzeq.lockstep import lockstep
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Dropped, Observation, Raised
from fuzzeq.model.trace import Trace
from fuzzeq.oracles import ORACLES

OPEN, EDITS = Cause.OPEN, Cause.EDITS

LARGE = 8192
"""Code points from which on a document is large: what an engine spends on every edit no longer
hides there how much it reuses."""


@dataclass(slots=True)
class Meter:
    """What was counted on the way: how often each oracle judged and fired, and how much was
    compared, dropped, unchanged and examined. `edits` are compared steps, `checks` comparisons
    of results in full with probes excluded; `keystrokes` has the counts of `keystroke`."""

    judged: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    edits: int = 0
    checks: int = 0
    dropped: int = 0
    unchanged: int = 0
    examined: int = 0
    characters: int = 0
    keystrokes: Counter[str] = field(default_factory=Counter)

    def count(self, observation: Observation) -> None:
        """Takes one observation in."""
        if isinstance(observation, Dropped):
            self.dropped += 1
        if not isinstance(observation, Comparison):
            return
        if observation.cause is OPEN:
            self.checks += 1
        elif observation.cause is EDITS:
            self.checks += 1
            self.edits += 1
            self.unchanged += observation.document == observation.before
            if observation.work is not None:
                self.examined += min(observation.work, len(observation.document))
                self.characters += len(observation.document)
            if counts := keystroke(observation):
                self.keystrokes.update(counts)

    def add(self, other: Meter) -> None:
        """Adds another meter's counts to this one's."""
        self.judged.update(other.judged)
        self.fired.update(other.fired)
        self.keystrokes.update(other.keystrokes)
        for name in ("edits", "checks", "dropped", "unchanged", "examined", "characters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def reuse(self) -> float | None:
        """The share of characters that did not have to be examined again; None where unknown."""
        return 1 - self.examined / self.characters if self.characters else None

    @property
    def keystroke_reuse(self) -> float | None:
        """The same for keystrokes in large documents alone."""
        examined, characters = self.keystrokes["examined"], self.keystrokes["characters"]
        return 1 - examined / characters if characters else None


def keystroke(observation: Comparison) -> dict[str, int]:
    """What to count of a step that typed or erased one character in a large document: `edits`, the
    characters `examined` of all `characters`, and whether `changed` named `everything`. Nothing
    of other steps."""
    document, edits = observation.document, observation.edits
    if len(document) < LARGE or sum(len(edit.text) + edit.end - edit.start for edit in edits) != 1:
        return {}
    counts = {"edits": 1}
    if observation.work is not None:
        counts |= {
            "examined": min(observation.work, len(document)),
            "characters": len(document),
        }
    if observation.changed is not None and not isinstance(observation.actual, Raised):
        counts["everything"] = observation.changed == (0, len(observation.actual))
    return counts


def check(
    target: Any,
    trace: Trace,
    meter: Meter | None = None,
    heard: Callable[[], None] = lambda: None,
    sparing: bool = False,
) -> Divergence | None:
    """The first invariant that the target breaks on this trace, or None.

    `heard` is called at each observation, for those who want to know that it still goes on.
    `sparing` is for great numbers of traces: what a target remembers, and what it gives as columns,
    is then looked at twice at one document in fifty, unless there is a divergence: that is judged
    again with nothing spared, and what comes of that is the answer.
    Raises `ValueError` where an edit of the trace does not fit the document that it meets.
    """
    if not trace.is_valid:
        raise ValueError("the trace has an edit that does not fit its document")
    divergence = Judges(meter, heard).first_divergence(lockstep(target, trace, sparing))
    if divergence and sparing:
        again = Judges(None, heard).first_divergence(lockstep(target, trace))
        return again or divergence
    return divergence


class Judges:
    """Every oracle with a fresh judge, for the observations of one trace."""

    def __init__(
        self, meter: Meter | None = None, heard: Callable[[], None] = lambda: None
    ) -> None:
        self.meter = meter if meter is not None else Meter()
        self._heard = heard
        self._judges = [(oracle.name, oracle.applies, oracle.start()) for oracle in ORACLES]

    def first_divergence(self, observations: Iterable[Observation]) -> Divergence | None:
        """The first divergence among the observations; those behind it are not asked for."""
        meter = self.meter
        for observation in observations:
            meter.count(observation)
            self._heard()
            for name, applies, judge in self._judges:
                if applies(observation):
                    meter.judged[name] += 1
                    try:
                        divergence = judge(observation)
                    except BaseException as error:
                        divergence = unjudged(name, observation.step, error)
                    if divergence:
                        meter.fired[name] += 1
                        return divergence
        return None


def unjudged(oracle: str, step: int, error: BaseException) -> Divergence:
    """What a judge touches is the target's: an item that cannot be compared, or lacks the offsets
    that it was said to have, is a divergence as well."""
    problem = raised("judging", error)
    message = f"the items cannot be judged: {problem.type}: {problem.message}"
    return Divergence(oracle, f"judging: {problem.type}", step, message, actual=problem.type)
