"""What findings shrink to: planted bugs, hidden in traces that the generator drew.

The hand-made traces of test_planted.py are the yardstick. What 1,000 edits on 8 KB shrink to, and
how fast, is measured by benchmarks/shrinking.py; traces are shorter here, and the bounds are wider
than what is reached, since another generator draws other traces.
"""

from __future__ import annotations

import pytest

from fuzzeq.engines.shrinking import shrink_finding
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Finding
from fuzzeq.model.trace import Probe, ProbeName, Trace
from tests.buried import buried, extent
from tests.test_planted import BY_NAME, PINNED

SEEDS = range(3)
EDITS, CHARACTERS = 2, 80
"""The bound for bugs that need no more."""

EXACT: dict[str, Trace] = {
    "appended-line": Trace("a", ((Edit(1, 1, "a"),),)),
    "no-look-back-on-deletion": Trace("\ra\n", ((Edit(1, 2, ""),),)),
    "checkpoints-one-line-off": Trace("a", (Probe(ProbeName.RESUME, 0),)),
    "rebuild-from-last-state": Trace("$", ((Edit(0, 1, ""),),)),
    "undo-trusted": Trace("\na", ((Edit(0, 0, "$"),), (Edit(0, 1, ""),))),
    "emptied-keeps-state": Trace("$", ((Edit(0, 1, ""),), (Edit(0, 0, "a"),))),
    "half-applied": Trace("a", (Probe(ProbeName.INVALID, 4),)),
}

OTHERS = [name for name in PINNED if name not in EXACT]


def shrunk(name: str, seed: int) -> Finding:
    """A buried finding of a bug, shrunk; it still fails in the same way."""
    target = BY_NAME[name].target
    finding = buried(target, seed, document=128, edits=12)
    assert finding is not None, "no trace fails: the generator no longer finds this bug"
    small = shrink_finding(target, finding).finding
    assert small.shrunk
    assert small.divergence.same_bug_as(finding.divergence)
    assert len(small.trace.steps) <= small.divergence.step
    return small


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EXACT)
def test_minimum_is_exact(name: str, seed: int) -> None:
    assert shrunk(name, seed).trace == EXACT[name]


@pytest.mark.parametrize(
    ("name", "seed"), [(name, (number + 2) % len(SEEDS)) for number, name in enumerate(OTHERS)]
)
def test_minimum_is_within_its_bound(name: str, seed: int) -> None:
    edits, characters = extent(shrunk(name, seed).trace)
    pinned_edits, pinned_characters = extent(PINNED[name][0])
    assert edits <= max(pinned_edits, EDITS)
    assert characters <= max(2 * pinned_characters, CHARACTERS)
