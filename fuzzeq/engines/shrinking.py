"""A finding made small: the predicate that shrinking needs, over `check`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fuzzeq.checking import check
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.probes import twin_edit
from fuzzeq.shrink import BUDGET, shrink

LARGEST_ORIGINAL = 1 << 20
"""Characters of a trace that is kept as it was found, once it was shrunk."""


@dataclass(frozen=True, slots=True)
class ShrunkFinding:
    """The small finding, how many candidates it took, and what else broke on the way: findings of
    other oracles or kinds, neither followed nor lost. `passed` has the fingerprints of candidates
    that broke the same oracle in the same kind."""

    finding: Finding
    candidates: int
    others: tuple[Finding, ...] = ()
    passed: frozenset[str] = frozenset()


def shrink_finding(
    target: Any,
    finding: Finding,
    budget: int = BUDGET,
    began: Callable[[Trace], None] = lambda trace: None,
    checked: Callable[[Trace], Divergence | None] | None = None,
) -> ShrunkFinding:
    """The smallest trace found that breaks the same oracle in the same kind.

    `began` is told of each candidate before it is run; `checked` takes the place of `check`, for
    what cannot be run here. A finding that no longer repeats, at the beginning or in the end, comes
    back as it was, with status `FLAKY`.
    """
    checked = checked or (lambda trace: check(target, trace))
    others: dict[tuple[str, str], Finding] = {}
    original = finding.divergence
    passed: set[str] = set()

    def fails(trace: Trace) -> int | None:
        began(trace)
        divergence = checked(trace)
        if divergence is None:
            return None
        if divergence.same_bug_as(original):
            passed.add(divergence.fingerprint(finding.target))
            return divergence.step
        key = divergence.oracle, divergence.kind
        others.setdefault(key, replace(finding, divergence=divergence, trace=trace, shrunk=False))
        return None

    flaky = replace(finding, status=Status.FLAKY)
    if fails(finding.trace) is None:  # no part of it would be any better
        return ShrunkFinding(flaky, 0, tuple(others.values()))
    trace, step = finding.trace, original.step
    plain = without_fork(trace, step)
    if plain is not None and (at := fails(plain)) is not None:
        trace, step = plain, at
    shrunk = shrink(trace, step, fails, budget)
    began(shrunk.trace)
    divergence: Divergence | None = checked(shrunk.trace)
    if divergence is None or not divergence.same_bug_as(original):
        return ShrunkFinding(flaky, shrunk.candidates, tuple(others.values()))
    small = replace(
        finding, divergence=divergence, trace=shrunk.trace, shrunk=True,
        original=finding.original or as_kept(finding.trace), shrinking=shrunk.history,
    )  # fmt: skip
    return ShrunkFinding(small, shrunk.candidates, tuple(others.values()), frozenset(passed))


def as_kept(trace: Trace) -> Trace | None:
    """The trace, if it is small enough to be kept beside its minimum."""
    texts = (edit.text for step in trace.steps if not isinstance(step, Probe) for edit in step)
    return trace if len(trace.document) + sum(map(len, texts)) <= LARGEST_ORIGINAL else None


def without_fork(trace: Trace, step: int) -> Trace | None:
    """What the twin sees of a fork that is the trace's step of that number: a new handle, and an
    edit. An engine that fails on this has no trouble with two handles. None for other steps."""
    fork = trace.steps[step - 1] if step else None
    if not isinstance(fork, Probe) or fork.name != ProbeName.FORK:
        return None
    document = list(trace.documents())[step]
    return Trace(document, ((twin_edit(document, fork.argument or 0),),))
