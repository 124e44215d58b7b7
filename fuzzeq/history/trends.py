"""What nights say over time: a streak, changes of figures, and between which commits a bug came.

Pure functions of nights, which are given in the order of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from fuzzeq.history.database import Night, Remembered

RECENT = 7
"""Nights whose median is held against that of as many before them."""

FIGURES: tuple[tuple[str, Callable[[Night], float | None]], ...] = (
    ("edits a second", lambda night: night.speed),
    ("reuse", lambda night: night.reuse),
    ("score of planted bugs", lambda night: night.score),
    ("hazards by ways of editing", lambda night: night.covered if night.cells else None),
    ("branches reached", lambda night: night.branches),
)


@dataclass(frozen=True, slots=True)
class Sight:
    """A night as far as a finding is concerned: when, at which commit, and after how many edits;
    None for a night that has been pruned."""

    at: datetime
    commit: str
    edits: int | None = None

    def __str__(self) -> str:
        commit = f" at {self.commit[:12]}" if self.commit else ""
        return f"{self.at:%Y-%m-%d}{commit}"


@dataclass(frozen=True, slots=True)
class Appearance:
    """When a finding was first seen; and of the nights on which it has been seen ever since, the
    first one (`bad`) and the last one before it, on which it was not (`good`, None: there is no
    such night)."""

    first: Sight
    bad: Sight
    good: Sight | None

    def range(self) -> str:
        """The regression range in words that claim no more than was seen."""
        if self.good is None:
            return f"there on the first night that is known of: {self.bad}"
        came = "came back" if self.bad != self.first else "came"
        if self.good.commit and self.good.commit == self.bad.commit:
            return (
                f"found on {self.bad} and not on {self.good}, which was the same commit: so it was "
                "there before, and nights missed it"
            )
        without = "" if self.good.edits is None else f" ({self.good.edits:,} edits without it)"
        return f"{came} between {self.good}{without} and {self.bad}, unless nights missed it"


def streak(nights: Sequence[Night]) -> int:
    """How many of the last nights were good, without one in between that was not."""
    count = 0
    for night in reversed(nights):
        if not night.good:
            break
        count += 1
    return count


def appearances(
    nights: Sequence[Night], remembered: Mapping[str, Remembered]
) -> dict[str, Appearance]:
    """When each finding of one target appeared, by fingerprint; those of the last night alone have
    a range that is still open."""
    found: dict[str, Appearance] = {}
    before: Night | None = None
    for night in nights:
        sight = _sight(night)
        for fingerprint in night.fingerprints:
            earlier = found.get(fingerprint)
            good = _sight(before) if before else None
            if earlier is None:
                found[fingerprint] = _first(sight, good, remembered.get(fingerprint))
            elif before is not None and fingerprint not in before.fingerprints:
                found[fingerprint] = Appearance(earlier.first, sight, good)
        before = night
    return found


def _sight(night: Night) -> Sight:
    return Sight(night.at, night.commit, night.edits)


def _first(sight: Sight, good: Sight | None, known: Remembered | None) -> Appearance:
    """The first appearance among the nights that are left; pruned ones may have known it."""
    if known is None:
        return Appearance(sight, sight, good)
    first = Sight(known.first_at, known.first_commit)
    if good is not None:  # it was gone in between
        return Appearance(first, sight, good)
    before = Sight(known.before_at, known.before_commit) if known.before_at else None
    return Appearance(first, first, before)


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure's median over the last nights, and over as many before them, None if there are too
    few."""

    name: str
    now: float
    before: float | None

    def __str__(self) -> str:
        shown = f"{self.now:,.0f}" if self.now >= 10 or self.now == 0 else f"{self.now:.3g}"
        if not self.before:
            return f"{self.name} {shown}"
        return f"{self.name} {shown} ({self.now / self.before - 1:+.1%})"


def trends(nights: Sequence[Night]) -> Iterator[Trend]:
    """Medians of the last nights beside those before, of each figure that there is."""
    for name, figure in FIGURES:
        values = [value for night in nights if (value := figure(night)) is not None]
        if values:
            earlier = values[-2 * RECENT : -RECENT]
            before = median(earlier) if len(earlier) >= RECENT else None
            yield Trend(name, median(values[-RECENT:]), before)
