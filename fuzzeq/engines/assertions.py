"""Assertions for tests: a target that diverges fails the test, with the whole story."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fuzzeq.checking import Meter, check
from fuzzeq.crash_store import versions
from fuzzeq.engines import stream
from fuzzeq.engines.shrinking import shrink_finding
from fuzzeq.engines.unit import language_for
from fuzzeq.explain import explain
from fuzzeq.generate import Limits
from fuzzeq.model.finding import Divergence, Finding, Origin, Status
from fuzzeq.model.trace import Trace

SHORT_EDITS = 1000
FLAKY = (
    "flaky     it did not come again when the same steps were taken again: does the target keep "
    "anything outside its handles?"
)


class Diverged(AssertionError):
    """A target broke an invariant inside a test.

    `finding` is the whole story. `target` is there where it has not been shrunk yet.
    """

    def __init__(self, finding: Finding, target: Any = None) -> None:
        lines = ["the target diverges", *explain(finding)]
        if finding.status == Status.FLAKY:
            lines.append(FLAKY)
        super().__init__("\n".join(lines))
        self.finding = finding
        self.target = target


def smallest(diverged: Diverged) -> Finding:
    """The finding, shrunk where nobody has done so yet; as it is where it cannot be had again."""
    if diverged.target is None:
        return diverged.finding
    return shrink_finding(diverged.target, diverged.finding).finding


def finding_of(target: Any, trace: Trace, divergence: Divergence, engine: str) -> Finding:
    """A divergence seen in a test, as a finding."""
    origin = Origin(engine, 0, 0, len(trace.document), len(trace.steps), versions())
    return Finding(target.name, divergence, trace, origin)


def assert_equivalent(target: Any, trace: Trace) -> None:
    """Raises `Diverged` where the target breaks an invariant on the trace.

    Raises `ValueError` where an edit of the trace does not fit the document that it meets.
    """
    __tracebackhide__ = True  # what matters is the test that called it
    divergence = check(target, trace)
    if divergence:
        raise Diverged(finding_of(target, trace, divergence, "assertion"), target)


def assert_no_divergence(target: Any, edits: int = SHORT_EDITS, seed: int = 0) -> Meter:
    """A short stream run, in this process. Raises `Diverged`, with the trace shrunk.

    Returns what was counted: edits, checks, how often each oracle judged, how much was reused.
    """
    meter = Meter()
    language = language_for(target)
    for index in range(-(-edits // stream.UNIT_EDITS)):
        budget = min(stream.UNIT_EDITS, edits - index * stream.UNIT_EDITS)
        for trace in stream.traces(language, seed, index, budget, Limits(), Counter()):
            divergence = check(target, trace, meter, sparing=True)
            if divergence:
                found = finding_of(target, trace, divergence, "stream")
                raise Diverged(shrink_finding(target, found).finding)
    return meter
