"""What a generator has to know of a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from fuzzeq.generate.source import Source
from fuzzeq.generate.swarm import Swarm

Snippets: TypeAlias = tuple[str, ...]


class Tweak(NamedTuple):
    """A small change at a place that matters: `at` characters behind the start of `anchor`,
    `remove` characters go and `insert` comes. Where the anchor is missing it is inserted first."""

    anchor: str
    at: int
    remove: int
    insert: str


@dataclass(frozen=True, slots=True)
class Language:
    """Menus of a language; each maps the names of kinds to what is drawn for them."""

    documents: Mapping[str, Callable[[Source, Swarm, int], str]] = field(default_factory=dict)
    """Makers of documents; the number is the wanted size in code points, to be met roughly."""
    hazards: Mapping[str, Snippets] = field(default_factory=dict)
    """Snippets that change how other text is read."""
    tweaks: Mapping[str, tuple[Tweak, ...]] = field(default_factory=dict)
    """Changes that do so at a place which the document already has."""
    words: Snippets = ("a", "the", "word", "x1", "Token")
    """What a person types most of the time."""
    samples: Snippets = ()
    """Whole documents."""
    alphabet: Snippets = ("a", " ", "\n", "\r", "(", ")", '"', "\\")
    """The letters of the exhaustive engine."""
