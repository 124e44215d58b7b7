"""Oracles: each judges observations by one invariant.

An oracle does not exist until a planted bug makes it fire (tests/test_oracles.py has the table).
None knows a language, draws anything, or calls a target: all they see is data.
"""

from __future__ import annotations

from fuzzeq.oracles import (
    changes,
    equality,
    interleaving,
    invalid_edits,
    lossless,
    purity,
    raises,
    resume,
    snapshots,
    work,
)
from fuzzeq.oracles.oracle import Oracle

ORACLES: tuple[Oracle, ...] = (
    raises.ORACLE,
    equality.ORACLE,
    invalid_edits.ORACLE,
    snapshots.ORACLE,
    interleaving.ORACLE,
    resume.ORACLE,
    changes.ORACLE,
    work.ORACLE,
    lossless.ORACLE,
    purity.ORACLE,
)
"""In the order in which they judge: what an engine raised explains all that comes of it."""
