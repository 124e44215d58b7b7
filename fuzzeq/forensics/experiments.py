"""Experiments: what comes of a trace with one thing changed.

Each is a run of the same property on a trace next to the finding's, and answers one question that
tells classes of bugs apart. They cost a few runs of a small trace; of a large one none are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.checking import check
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Probe, Trace

LARGEST = 200_000
"""Characters and steps of a trace that is worth experiments."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of them; None where an experiment was not made.

    `fails_fresh`: the last step alone fails on a handle that was just opened. `fails_one_by_one`:
    the edits of the last step fail as steps of their own. `fails_in_plain_letters`: it fails with
    an `a` in place of everything beyond ASCII. `work_at_end`: the share of the document that is
    examined for a letter put behind it, on a line of its own.
    """

    fails_fresh: bool | None = None
    fails_one_by_one: bool | None = None
    fails_in_plain_letters: bool | None = None
    work_at_end: float | None = None


def experiment(target: Any, trace: Trace, divergence: Divergence) -> Answers:
    """Makes those that make sense for a trace, cut behind the step at which it diverges."""
    trace = Trace(trace.document, trace.steps[: divergence.step])
    documents = list(trace.documents())
    if sum(map(len, documents)) > LARGEST or not trace.steps:
        return Answers()

    def fails(other: Trace) -> bool | None:
        if other == trace or not other.is_valid:
            return None
        found = check(target, other)
        return found is not None and found.same_bug_as(divergence)

    last = trace.steps[-1]
    fresh = fails(Trace(documents[-2], (last,)))
    one_by_one = None
    if not isinstance(last, Probe) and len(last) > 1:
        one_by_one = fails(Trace(trace.document, (*trace.steps[:-1], *((edit,) for edit in last))))
    return Answers(fresh, one_by_one, fails(plain(trace)), _work_at_end(target, documents[-1]))


def plain(trace: Trace) -> Trace:
    """The trace with an `a` in place of every character beyond ASCII; nothing is moved by it."""
    return Trace(
        _plain(trace.document),
        tuple(
            step
            if isinstance(step, Probe)
            else tuple(Edit(edit.start, edit.end, _plain(edit.text)) for edit in step)
            for step in trace.steps
        ),
    )


def _plain(text: str) -> str:
    return "".join(character if character.isascii() else "a" for character in text)


def _work_at_end(target: Any, document: str) -> float | None:
    """How much of a document is examined when a letter is put behind it, some lines further on."""
    document += "\n\n\n"

    def work() -> int:
        handle = target.open(document)
        if Capability.WORK not in capabilities(target, handle):
            return -1
        handle.apply((Edit(len(document), len(document), "a"),))
        return int(handle.work())

    examined = guarded("work", work)
    if not isinstance(examined, int) or examined < 0:
        return None
    return min(examined / len(document), 1.0)
