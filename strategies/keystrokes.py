"""A person at a keyboard, in any language: what is drawn for a target without a recipe.

Knows no more of a language than the target says: its hazards, its samples, and punctuation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzzeq.generate import Language, Limits
from fuzzeq.generate.documents import PUNCTUATION
from fuzzeq.model.trace import Edits, Step, Trace

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


def documents(
    size: int = 256, samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()
) -> SearchStrategy[str]:
    """Any documents of up to about `size` code points."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.documents(language(samples, hazards), size)


def edits(
    document: str, samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()
) -> SearchStrategy[Edits]:
    """One step's edits, which fit the document."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.edits(language(samples, hazards), document)


def steps(
    document: str,
    limits: Limits = SMALL,
    samples: tuple[str, ...] = (),
    hazards: tuple[str, ...] = (),
) -> SearchStrategy[tuple[Step, ...]]:
    """Steps that fit the document in order, probes among them."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.steps(language(samples, hazards), document, limits)


def traces(
    limits: Limits = SMALL, samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()
) -> SearchStrategy[Trace]:
    """Traces, shrinking towards short ones on short documents."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.traces(language(samples, hazards), limits)
