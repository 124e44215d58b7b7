"""Traces that bring each oracle to judge, and the promise that a divergence breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.checking import check
from fuzzeq.engines import stream
from fuzzeq.engines.conformance.promises import PROMISES, Complaint, shown
from fuzzeq.engines.conformance.subject import Subject, insertion
from fuzzeq.engines.shrinking import without_fork
from fuzzeq.explain import describe_step
from fuzzeq.generate import Limits
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Raised
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace, is_probe

LIMITS = Limits(document=400, steps=12, probes=0.2)
RANDOM_UNITS, UNIT_EDITS = 6, 24
INVALID_KINDS, DAMAGES, CHECKPOINTS = range(12), (*range(48), *range(3000, 3024)), range(8)
OF_PROBE = {
    ProbeName.INVALID: "invalid-edits",
    ProbeName.RESTORE: "snapshots",
    ProbeName.RESUME: "checkpoints",
    ProbeName.FORK: "interleaving",
}
OF_ORACLE = {"resume": "checkpoints", "purity": "determinism"}  # others are called as their promise


def told_by_traces(subject: Subject) -> Iterator[Complaint]:
    """Where oracles fire: each promise once for each kind of divergence."""
    told: set[tuple[str, str]] = set()
    for trace in _traces(subject):
        divergence = guarded("check", lambda: check(subject.target, trace))  # noqa: B023
        if isinstance(divergence, Raised):  # by an item's own ==
            message = f"comparing raised {divergence.type}: {divergence.message}"
            divergence = Divergence("results", "raised", 0, message)
        if divergence is None:
            continue
        promise = _blamed(subject.target, trace, divergence)
        if (promise, divergence.kind) not in told:
            told.add((promise, divergence.kind))
            where = f"{_where(trace, divergence.step)}: {divergence.message}"
            yield Complaint(promise, f"{where}: {PROMISES[promise]}")


def _traces(subject: Subject) -> Iterator[Trace]:
    """Steps and probes on every document, then letters typed in long ones, then random traces."""
    resumed = [Probe(ProbeName.RESUME, argument) for argument in CHECKPOINTS]
    damaged = tuple(Probe(ProbeName.RESTORE, argument) for argument in DAMAGES)
    for document in subject.documents:
        length = len(document)
        first, second = insertion(length // 2, "a"), insertion(0, "b")
        replaced = (Edit(0, length // 2, ""), Edit(0, 0, "c\n"), Edit(1, 1, "d"))
        ways: tuple[tuple[Step, ...], ...] = (
            (),
            ((), first, second),
            (replaced, second),
            ((Edit(0, length, ""),), (Edit(0, 0, document),)),
            *((Probe(ProbeName.INVALID, argument), first, second) for argument in INVALID_KINDS),
            (Probe(ProbeName.FORK, 0), first, Probe(ProbeName.FORK, 1), second),
            (first, Probe(ProbeName.REOPEN), second),
            (first, *resumed, second),
            (first, Probe(ProbeName.RESTORE), second),
            damaged,
        )
        yield from (Trace(document, steps) for steps in ways)
    yield from subject.sprinkled
    yield from subject.typed()
    for unit in range(RANDOM_UNITS):
        yield from stream.traces(subject.language, 0, unit, UNIT_EDITS, LIMITS, Counter())


def _blamed(target: Any, trace: Trace, divergence: Divergence) -> str:
    """The promise that a divergence breaks: that of the last probe before it, where the same edits
    without probes go well, and so does what a fork does to its twin."""
    taken = trace.steps[: divergence.step]
    probes = [step for step in taken if isinstance(step, Probe)]
    edits: list[Step] = [step for step in taken if not is_probe(step)]
    if divergence.oracle in ("equality", "raises") and probes:
        others = Trace(trace.document, tuple(edits)), without_fork(trace, divergence.step)
        if not any(guarded("check", lambda: check(target, other)) for other in others if other):  # noqa: B023
            return OF_PROBE.get(probes[-1].name, divergence.oracle)
    return OF_ORACLE.get(divergence.oracle, divergence.oracle)


def _where(trace: Trace, step: int) -> str:
    """A step in words, on the document that it meets."""
    if step == 0:
        return f"opened on {shown(trace.document)}"
    document = list(trace.documents())[step - 1]
    return f"{describe_step(trace.steps[step - 1], document)}, on {shown(document)}"
