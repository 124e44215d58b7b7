"""Planted bugs: engines that are wrong on purpose, the proof that oracles fire.

Each replaces one small method of `LineEngine`, rarely two, the way someone might have written it;
one file for each group of docs/BUG_CLASSES.md, in its order. All open any ordinary document, and
all are healthy on most traces. Knows nothing of how they are hunted.
"""

from __future__ import annotations

from fuzzeq.model.target import Planted
from fuzzeq.targets.latex.planted import (
    convergence,
    histories,
    lines,
    persistence,
    process,
    reports,
    restart,
    shifting,
    state,
    units,
    vacuity,
)

PLANTED: tuple[Planted, ...] = (
    *restart.PLANTED,
    *state.PLANTED,
    *convergence.PLANTED,
    *shifting.PLANTED,
    *lines.PLANTED,
    *units.PLANTED,
    *reports.PLANTED,
    *histories.PLANTED,
    *persistence.PLANTED,
    *vacuity.PLANTED,
    *process.PLANTED,
)
"""Every planted bug of the LaTeX lexer, in the order of the bug classes."""
