"""A person at a keyboard, in any language: what is drawn for a target without a recipe.

Knows no more of a language than the target says: its hazards, its samples, and punctuation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzzeq.generate import Language, Limits, Source, Swarm, draw_trace
from fuzzeq.generate.documents import PUNCTUATION
from fuzzeq.model.trace import Trace

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LETTERS = ("a", " ", "\n", "\r", "(", ")", '"', "\\")
"""What the exhaustive engine writes with, behind a target's first hazards."""

SMALL = Limits(document=256, steps=8)


def language(samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()) -> Language:
    """Any language at all: its hazards are menus of one, so that swarms tell them apart."""
    if hazards:
        menus = {snippet: (snippet,) for snippet in hazards}
    else:
        menus = {character: (character,) for character in PUNCTUATION}
    letters = (*hazards[:12], *LETTERS) if hazards else LETTERS
    return Language(hazards=menus, samples=samples, alphabet=letters)


def traces(
    samples: tuple[str, ...] = (), hazards: tuple[str, ...] = (), limits: Limits = SMALL
) -> SearchStrategy[Trace]:
    """A Hypothesis strategy of traces."""
    from fuzzeq.generate.hypothesis_source import strategy

    drawn_from = language(samples, hazards)

    def draw(source: Source) -> Trace:
        return draw_trace(source, drawn_from, Swarm(source), limits)

    return strategy(draw)
