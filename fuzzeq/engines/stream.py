"""The stream engine: pseudo-random traces, as many as there is time for.

Volume belongs here: drawing a trace costs far less than running it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.generate.documents import hazard
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Probe, Trace

UNIT_EDITS = 250
"""Edits of a unit: enough for a swarm to show, little enough to be stopped at any time."""

EDITS_PER_GIANT = 100_000
"""For so many edits, one unit of giant documents is run as well: a budget of their own."""

GIANT_EDITS = 3
"""Edits of such a unit."""

MET = "hazard met by "
"""With the name of a way of editing behind it: the menu in which hazards are counted that came up
in one trace with it, in its document or its edits."""

GIANT_LINE = 100_000
GIANT_LINES = 1_000_000


def traces(
    language: Language,
    seed: int,
    index: int,
    edits: int,
    limits: Limits,
    drawn: Counter[tuple[str, str]],
) -> Iterator[Trace]:
    """The traces of a unit: they depend on nothing but the arguments, and hold `edits` edits.

    Units with a negative index are giant ones.
    """
    source = RandomSource(f"{seed}:{index}")
    swarm = Swarm(source)
    while edits > 0:
        if index < 0:
            trace = first_edits(giant(source, language, swarm), edits)
        else:
            trace = first_edits(draw_trace(source, language, swarm, limits), edits)
        edits -= trace.edit_count
        swarm.meet("hazard", "edit")
        yield trace
    drawn.update(swarm.drawn)
    drawn.update({(MET + edit, hazard): count for (hazard, edit), count in swarm.met.items()})


def first_edits(trace: Trace, edits: int) -> Trace:
    """The trace up to so many steps of edits, with the probes between them."""
    for index, step in enumerate(trace.steps):
        if not isinstance(step, Probe):
            if edits == 0:
                return Trace(trace.document, trace.steps[:index])
            edits -= 1
    return trace


def giant(source: Source, language: Language, swarm: Swarm) -> Trace:
    """One very long line, or very many empty ones, with a hazard put in and taken out again."""
    character = source.choice(("x", "\n", "\n", "x ", "\r\n", "{"))
    wanted = GIANT_LINE if character[0] in "x{" else GIANT_LINES >> source.integer(0, 4)
    document = character * (wanted // len(character))
    place = source.integer(0, 2) * len(document) // 2
    text = hazard(source, language, swarm)
    length = magnitude(source, 1, len(document) - place) if place < len(document) else 0
    return Trace(
        document,
        (
            (Edit(place, place, text),),
            (Edit(place, place + len(text), ""),),
            (Edit(place, place + length, ""),),
        ),
    )
