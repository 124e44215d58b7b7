"""What a run consists of: its units in order, those of several engines mixed.

Units are numbered by engine and seeded by their number, so the plan of a seed is always the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from fuzzeq.campaign.state import Settings
from fuzzeq.engines import exhaustive, stream
from fuzzeq.engines.unit import Unit, language_of

EXHAUSTIVE_LETTERS = 2


def plan(settings: Settings) -> Iterator[Unit]:
    """The units of a run, in order; without end where only time limits it.

    Engines take turns so that, at any time, each has had about its share of the edits.
    """
    engines, total = settings.engines, sum(share for _, share in settings.engines)
    queues = {
        engine: units_of(settings, engine, _share(settings.edits, share / total))
        for engine, share in engines
    }
    planned = dict.fromkeys(queues, 0.0)
    shares = dict(engines)
    while queues:
        engine = min(queues, key=lambda name: planned[name] / shares[name])
        unit = next(queues[engine], None)
        if unit is None:
            del queues[engine]
            continue
        planned[engine] += unit.edits
        yield unit


def _share(edits: int | None, share: float) -> int | None:
    """An engine's part of the edits, rounded up: together they are never too few."""
    return None if edits is None else -int(-edits * share // 1)


def units_of(settings: Settings, engine: str, edits: int | None) -> Iterator[Unit]:
    """The units of one engine."""
    if engine == "exhaustive":
        language = language_of(settings.target, settings.samples)
        for index, held in exhaustive.plan(language.alphabet, edits, EXHAUSTIVE_LETTERS):
            yield Unit(engine, settings.target, settings.seed, index, held, settings.samples)
        return
    left, corpus = edits, None if settings.corpus is None else str(settings.corpus)
    for index in count():
        size = stream.UNIT_EDITS if left is None else min(stream.UNIT_EDITS, left)
        if size <= 0:
            return
        giant = index and index % (stream.EDITS_PER_GIANT // stream.UNIT_EDITS) == 0
        if giant and engine == "stream":
            # A unit of giants stands in for an ordinary one, with fewer edits.
            size = min(size, stream.GIANT_EDITS)
            number = -index
        else:
            number = index
        yield Unit(engine, settings.target, settings.seed, number, size, settings.samples,
                   corpus=corpus)  # fmt: skip
        left = None if left is None else left - size
