"""Shrinking of traces: passes to a fixpoint, on the explicit trace.

    shrunk = shrink(trace, step, fails)

`shrinker` has the order and the loop's state, `passes` the ways of making a trace smaller,
`transform` the moves they are made of.
"""

from __future__ import annotations

from fuzzeq.model.trace import Trace
from fuzzeq.shrink.passes import PASSES
from fuzzeq.shrink.shrinker import BUDGET, Fails, OutOfBudget, Shrinker, Shrunk, size

__all__ = ["BUDGET", "Fails", "Shrunk", "shrink", "size"]


def shrink(trace: Trace, step: int, fails: Fails, budget: int = BUDGET) -> Shrunk:
    """The smallest trace that the passes find to fail, beginning with one that fails at `step`.

    Runs every pass in turn until none of them makes it smaller, or `budget` candidates were run.
    """
    shrinker = Shrinker(trace, step, fails, budget)
    exhausted = False
    try:
        before = None
        while before != shrinker.best:
            before = shrinker.best
            for shrinking_pass in PASSES:
                shrinker.by = shrinking_pass.__name__.replace("_", " ")
                shrinking_pass(shrinker)
    except OutOfBudget:
        exhausted = True
    return Shrunk(shrinker.best, shrinker.candidates, exhausted, tuple(shrinker.history))
