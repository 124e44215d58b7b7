"""Findings that lie deep: a long healthy history on a large document, and a failure at its end.

The generator draws the steps. Those that bring the bug out, and those that leave little of the
document, are left out of the history, so that it is as long as it was meant to be: a finding that
is cut behind its first step would be no work for a shrinker. Imports nothing of pytest: a benchmark
uses it, too.
"""

from __future__ import annotations

from typing import Any

from fuzzeq.checking import Judges, check
from fuzzeq.engines.unit import language_for
from fuzzeq.generate import Language, Limits, RandomSource, Source, Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.traces import draw_steps
from fuzzeq.lockstep import Session
from fuzzeq.model.finding import Finding
from fuzzeq.model.trace import Probe, Step, Trace

PATIENCE = 2
"""Steps drawn for each of the history, at most: some bugs come out at nearly every one."""

ENDINGS = 1000
"""Endings drawn until one fails."""


def buried(target: Any, seed: object, document: int, edits: int) -> Finding | None:
    """A finding on a document of about so many code points, behind about so many healthy steps;
    fewer where the target is hardly ever healthy. None where no ending fails."""
    source, language = RandomSource(f"{target.name}:{seed}"), language_for(target)
    first = ""
    while not first or check(target, Trace(first)):  # some bugs come out on opening
        first = draw_document(source, language, Swarm(source), document)
    history = healthy_steps(target, source, language, first, edits)
    *_, last = Trace(first, history).documents()
    for _ in range(ENDINGS):
        limits = Limits(document=document, steps=64)
        ending = draw_steps(source, language, Swarm(source), limits, last)
        if check(target, Trace(last, ending)):
            trace = Trace(first, (*history, *ending))
            divergence = check(target, trace)
            if divergence:
                return Finding(target.name, divergence, trace)
    return None


def healthy_steps(
    target: Any, source: Source, language: Language, document: str, wanted: int
) -> tuple[Step, ...]:
    """Steps behind which the target is healthy, and the document is about as long as it was."""
    limits = Limits(document=len(document), steps=32)
    smallest, largest = len(document) // 2, len(document) * 5 // 4
    steps: list[Step] = []
    session, judges = opened(target, document)
    left = PATIENCE * wanted
    while left > 0 and len(steps) < wanted:
        for step in draw_steps(source, language, Swarm(source), limits, session.document):
            left -= 1
            before, behind = session.document, Trace(session.document, (step,))
            if not behind.is_valid:  # a step that it was drawn for was left out
                continue
            *_, after = behind.documents()
            if not smallest <= len(after) <= largest:
                continue
            if judges.first_divergence(session.take(step)):
                session, judges = opened(target, before)
            else:
                steps.append(step)
    return tuple(steps[:wanted])


def opened(target: Any, document: str) -> tuple[Session, Judges]:
    """A target freshly opened on a document, and judges that have seen it opened."""
    session, judges = Session(target, document), Judges()
    judges.first_divergence(session.open())
    return session, judges


def extent(trace: Trace) -> tuple[int, int]:
    """How many edits and probes a trace has, steps without edits counted too, and how many
    characters are written in it."""
    edits, characters = 0, len(trace.document)
    for step in trace.steps:
        if isinstance(step, Probe):
            edits += 1
        else:
            edits += max(len(step), 1)
            characters += sum(len(edit.text) for edit in step)
    return edits, characters
