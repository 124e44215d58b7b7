"""The recipes as Hypothesis strategies: what failures shrink to in a test with `@given`, by
Hypothesis alone."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from fuzzeq import Diverged, Trace, assert_equivalent, load_target
from fuzzeq.recipes import recipe_for
from fuzzeq.shrink import size

pytestmark = [pytest.mark.hypothesis, pytest.mark.slow]

SEEDS = 5
QUIET = settings(
    max_examples=400,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)

SMALL = {
    # recipe and target: edits and probes, characters written
    ("latex", "latex-planted-appended-line"): (4, 4),
    ("latex", "latex-planted-end-complaint-not-moved"): (3, 8),
    ("latex", "latex-planted-one-line-reported"): (12, 12),
    ("latex", "latex-planted-original-coordinates"): (8, 10),
    ("latex", "latex-planted-raises-when-emptied"): (6, 6),
    ("latex", "latex-planted-rebuild-reports-nothing"): (2, 2),
    ("latex", "latex-planted-stale-tail"): (8, 10),
    ("hostile", "latex-planted-raises-on-surrogates"): (4, 8),
    ("hostile", "latex-planted-return-dropped"): (4, 6),
    ("keystrokes", "tests.outline:CHANGED_TOO_SMALL"): (6, 12),
}
"""What failures shrink to, or to less, with most seeds; not with all, since Hypothesis has a limit,
and what a seed draws depends on which modules are imported. It need not be the least: what a test
keeps under crashes/ is shrunk once more, by fuzzeq."""


def traces_of(recipe: str, target: Any) -> SearchStrategy[Trace]:
    """The traces of a recipe, as a test of the target would have them."""
    module: Any = recipe_for(recipe)
    hazards = getattr(target, "hazards", ())
    drawn: SearchStrategy[Trace] = module.traces(**({"hazards": hazards} if hazards else {}))
    return drawn


@pytest.mark.parametrize(("recipe", "name"), SMALL)
def test_failure_shrinks(recipe: str, name: str) -> None:
    target, (edits, characters) = load_target(name), SMALL[recipe, name]
    sizes = []
    for number in range(SEEDS):

        @seed(number)
        @QUIET
        @given(traces_of(recipe, target))
        def conforms(trace: Trace) -> None:
            assert_equivalent(target, trace)

        with pytest.raises(Diverged) as caught:
            conforms()
        sizes.append(size(caught.value.finding.trace))
    assert median(found[0] for found in sizes) <= edits, sizes
    assert median(found[2] for found in sizes) <= characters, sizes
