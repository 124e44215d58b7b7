"""The property engine: traces drawn by Hypothesis, which knows what it has drawn before.

Hypothesis's own shrinking is left out here, since fuzzeq shrinks the trace itself. In a test, where
Hypothesis shrinks what its strategies drew, use the recipes or `fuzzeq.state_machine`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzzeq.engines.stream import first_edits
from fuzzeq.generate import Language, Limits
from fuzzeq.generate import hypothesis_source as drawn_by_hypothesis
from fuzzeq.model.trace import Trace

LIMITS = Limits(document=256, steps=16)
EXAMPLES = 50
"""Traces drawn at a time."""


def traces(
    language: Language,
    number: int,
    index: int,
    edits: int,
    heard: Callable[[], None] = lambda: None,
) -> Iterator[Trace]:
    """The traces of a unit, which hold `edits` edits; `number` is the seed of the run. `heard` is
    called for each that is drawn, long before it comes.

    The same seed gives the same traces only where the same modules are imported: Hypothesis draws
    constants from local code. Hence a worker's last note carries the trace itself.
    """
    for batch in count():
        for trace in _examples(language, f"{number}:{index}:{batch}", heard):
            if edits <= 0:
                return
            trace = first_edits(trace, edits)
            edits -= trace.edit_count
            yield trace


def _examples(language: Language, seeded: str, heard: Callable[[], None]) -> list[Trace]:
    """What Hypothesis draws with that seed."""
    examples: list[Trace] = []

    def collect(trace: Trace) -> None:
        heard()
        examples.append(trace)

    quiet = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    seed(seeded)(quiet(given(drawn_by_hypothesis.traces(language, LIMITS))(collect)))()
    return examples
