"""Drivers by themselves: how much of its work an engine reuses at each way of editing.

In a mixed trace a paste pays for what typing saved. Here one driver has the documents to itself, so
that a floor can be set for each: an engine that reads a whole line for every letter typed in a long
one is correct, and still not what anyone wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from fuzzeq.generate import Language, RandomSource, Swarm
from fuzzeq.generate.documents import lines
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.model.trace import Trace

DOCUMENT_CHARS = 2048
"""Large enough for reuse to mean something."""

TRACE_EDITS = 20
MOST_TRIES = 4
"""Times that a driver is asked for each edit that is wanted; some find nothing to do at times."""


def traces(language: Language, driver: str, seed: int, edits: int) -> Iterator[Trace]:
    """Traces of one driver, which hold `edits` edits; the same ones each time. Fewer where the
    driver finds next to nothing to do."""
    source = RandomSource(f"{seed}:{driver}")
    for _ in range(MOST_TRIES * edits):
        if edits <= 0:
            return
        swarm = Swarm(source)
        document = lines(source, language, swarm, DOCUMENT_CHARS)
        drawn = DRIVERS[driver](source, language, swarm, document)
        steps = tuple(islice(drawn, min(TRACE_EDITS, edits)))
        edits -= len(steps)
        if steps:
            yield Trace(document, steps)
