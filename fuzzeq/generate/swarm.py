"""Swarm testing: each unit draws from some of the kinds only.

A generator that always does a bit of everything hardly ever does enough of one thing. Source:
Groce et al., "Swarm Testing" (ISSTA 2012).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from fuzzeq.generate.source import Source

T = TypeVar("T")


class Swarm:
    """Which kinds of each menu are on, and how often each was drawn.

    A menu is a table of named kinds. `drawn` counts `(menu, name)`, and `met` pairs of names out of
    two menus, such as a hazard and a way of editing, that were drawn for one trace.
    """

    def __init__(self, source: Source, share: float = 0.5) -> None:
        self._source = source
        self._share = share
        self._on: dict[str, list[str]] = {}
        self.drawn: Counter[tuple[str, str]] = Counter()
        self.met: Counter[tuple[str, str]] = Counter()
        self._counted: dict[tuple[str, str], int] = {}

    def pick(self, menu: str, kinds: Mapping[str, T]) -> T:
        """One of the kinds of a menu that are on; which are is decided when it is first used."""
        names = self._on.get(menu)
        if names is None:
            names = [name for name in kinds if self._source.boolean(self._share)] or list(kinds)
            self._on[menu] = names
        name = self._source.choice(names)
        self.drawn[menu, name] += 1
        return kinds[name]

    def meet(self, one: str, other: str) -> None:
        """Counts each kind of one menu with each of the other, where both were drawn since this was
        last called. To be called once a trace: it costs nothing while one is drawn."""
        drawn, counted = self.drawn, self._counted
        new = [key for key, count in drawn.items() if count != counted.get(key)]
        self._counted = dict(drawn)
        others = [name for menu, name in new if menu == other]
        self.met.update((name, with_) for menu, name in new if menu == one for with_ in others)
