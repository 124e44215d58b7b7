"""Hostile text, in no language: Unicode, line ends, control characters, sizes.

What any engine meets sooner or later, whatever it reads: characters outside the basic plane and
halves of them, marks that combine or turn text around, every line end there is and half of one,
NUL, a line of thousands of characters, thousands of empty lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzzeq.generate import Language, Limits, Source, Swarm
from fuzzeq.generate.documents import CHARACTERS
from fuzzeq.generate.source import magnitude
from fuzzeq.model.trace import Edits, Step, Trace

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

SMALL = Limits(document=1024, steps=8)
LETTERS = ("a", "\n", "\r", "\0", "\u0301", "\U0001d538", "\ud800", "\u2028", "\ufeff")
"""What the exhaustive engine writes with."""


def one_line(source: Source, swarm: Swarm, size: int) -> str:
    """A single line, as long as the document is to be."""
    return source.choice(swarm.pick("filling", FILLINGS)) * max(size, 1)


def line_ends(source: Source, swarm: Swarm, size: int) -> str:
    """Hardly anything but line ends of one sort, with something between here and there."""
    end = source.choice(CHARACTERS["line ends"])
    parts = [end * magnitude(source, 1, max(size // 2, 1))]
    while source.more(3):
        parts += [source.choice(CHARACTERS["odd"]), end * magnitude(source, 1, max(size // 4, 1))]
    return "".join(parts)


def any_unicode(source: Source, swarm: Swarm, size: int) -> str:
    """Code points from the whole of Unicode, surrogates included, every size as likely."""
    return "".join(chr(magnitude(source, 0, 0x10FFFF)) for _ in range(size))


FILLINGS = {
    group: CHARACTERS[group]
    for group in ("letters", "blanks", "wide", "odd", "controls", "punctuation")
}
"""What a long line is made of, by group of characters."""


def language(samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()) -> Language:
    """No language: the groups of characters are the hazards."""
    makers = {"one line": one_line, "line ends": line_ends, "any Unicode": any_unicode}
    menus = CHARACTERS | ({"of the target": hazards} if hazards else {})
    return Language(makers, menus, samples=samples, alphabet=LETTERS)


def documents(size: int = 256, hazards: tuple[str, ...] = ()) -> SearchStrategy[str]:
    """Hostile documents of up to about `size` code points."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.documents(language(hazards=hazards), size)


def edits(document: str, hazards: tuple[str, ...] = ()) -> SearchStrategy[Edits]:
    """One step's edits, which fit the document."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.edits(language(hazards=hazards), document)


def steps(
    document: str, limits: Limits = SMALL, hazards: tuple[str, ...] = ()
) -> SearchStrategy[tuple[Step, ...]]:
    """Steps that fit the document in order, probes among them."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.steps(language(hazards=hazards), document, limits)


def traces(limits: Limits = SMALL, hazards: tuple[str, ...] = ()) -> SearchStrategy[Trace]:
    """Traces, shrinking towards short ones on short documents."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.traces(language(hazards=hazards), limits)
