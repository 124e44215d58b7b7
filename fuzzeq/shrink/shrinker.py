"""What shrinking is: an order on traces, a predicate, a budget, and the smallest trace so far.

Knows neither targets nor oracles: all it sees of failing is the step at which a candidate does.
Deliberately absent: any randomness, any clock (budgets count candidates, so that the same finding
shrinks to the same minimum on every machine), and any repair of candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from fuzzeq.model.finding import Smaller
from fuzzeq.model.trace import Probe, Trace

Fails: TypeAlias = Callable[[Trace], int | None]
"""The step at which a trace fails in the way that counts (0: opening), or None."""

RANKS = "abx1 \n"
"""The plainest characters, plainest first; a character not among them is less plain than these."""

BUDGET = 3000
"""Candidates tried by default."""


def rank(character: str) -> int:
    """How plain a character is; less is plainer."""
    index = RANKS.find(character)
    if index >= 0:
        return index
    return len(RANKS) + ord(character) if character.isascii() else 2 * len(RANKS) + ord(character)


def size(trace: Trace) -> tuple[int, int, int, int, int, int]:
    """The order: edits and probes first, then steps, characters written, characters removed, and
    how plain they are."""
    edits = [edit for step in trace.steps if not isinstance(step, Probe) for edit in step]
    probes = [step for step in trace.steps if isinstance(step, Probe)]
    texts = [trace.document, *(edit.text for edit in edits)]
    return (
        len(edits) + len(probes),
        len(trace.steps),
        sum(map(len, texts)),
        sum(edit.end - edit.start for edit in edits),
        sum(rank(character) for text in texts for character in text),
        sum((probe.argument if probe.argument is not None else -1) for probe in probes),
    )


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest trace found, and how many candidates were run for it."""

    trace: Trace
    candidates: int
    exhausted: bool
    """Whether the budget ended before the passes had nothing more to offer."""
    history: tuple[Smaller, ...] = ()
    """Every trace that it went on with, the first one included."""


class OutOfBudget(Exception):
    """Every candidate that was allowed has been run."""


class Shrinker:
    """The smallest trace so far, and the way to make it smaller. `by` names the pass that is on."""

    def __init__(self, trace: Trace, step: int, fails: Fails, budget: int) -> None:
        self.best = cut(trace, step)
        self.candidates = 0
        self._fails = fails
        self._budget = budget
        self._seen: set[Trace] = set()
        self._size = size(self.best)
        self.by = ""
        self.history = [self._milestone()]

    def attempt(self, candidate: Trace | None) -> bool:
        """Whether the candidate is smaller and fails; then it is the best from now on.

        None, an invalid trace, one already tried and one that is not smaller cost nothing. Raises
        `OutOfBudget`.
        """
        if candidate is None or candidate in self._seen:
            return False
        if size(candidate) >= self._size or not candidate.is_valid:
            return False
        if self.candidates >= self._budget:
            raise OutOfBudget
        self.candidates += 1
        self._seen.add(candidate)
        step = self._fails(candidate)
        if step is None:
            return False
        self.best = cut(candidate, step)
        self._size = size(self.best)
        if self.by == self.history[-1].by:  # a pass is told once for all that it made smaller
            self.history.pop()
        self.history.append(self._milestone())
        return True

    def _milestone(self) -> Smaller:
        steps, _, written, removed, *_ = self._size
        return Smaller(self.candidates, self.by, steps, written, removed)


def cut(trace: Trace, step: int) -> Trace:
    """The trace up to the step at which it fails."""
    return Trace(trace.document, trace.steps[:step])
