"""A night as it is kept, and what nights say of a finding: between which commits it came.

Pure functions of nights, which are given in the order of their time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

NOTHING = ""
"""The fingerprint of a finding that no night has: it is gone since the last night."""


@dataclass(frozen=True, slots=True)
class Night:
    """A night as it is kept. `at` is in UTC; `commit` is empty where nobody knew."""

    id: int
    at: datetime
    campaign: str
    target: str
    verdict: str
    good: bool
    first_line: str
    edits: int
    seconds: float
    speed: float | None
    reuse: float | None
    new: int
    known: int
    hunted: int | None
    caught: int | None
    cells: int | None
    covered: int | None
    branches: int | None
    commit: str
    dirty: bool
    fingerprints: frozenset[str]

    @property
    def score(self) -> float | None:
        """The share of planted bugs that was caught."""
        return self.caught / self.hunted if self.hunted and self.caught is not None else None


@dataclass(frozen=True, slots=True)
class Sight:
    """A night as far as a finding is concerned: when, at which commit, and after how many edits,
    None where that was not kept."""

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
    such night). `gone` is the last night, where that one did not see it."""

    first: Sight
    bad: Sight
    good: Sight | None
    gone: Sight | None = None

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


def appearances(
    nights: Sequence[Night], remembered: Mapping[str, Appearance]
) -> dict[str, Appearance]:
    """When each finding of one campaign and target appeared, by fingerprint. `remembered` is what
    the nights before these, which are no longer kept, came to."""
    found = dict(remembered)
    before = found[NOTHING].gone if NOTHING in found else None
    for night in nights:
        sight = Sight(night.at, night.commit, night.edits)
        found.setdefault(NOTHING, Appearance(sight, sight, None))
        for fingerprint in found.keys() - night.fingerprints:
            found[fingerprint] = replace(found[fingerprint], gone=sight)
        for fingerprint in sorted(night.fingerprints):
            known = found.get(fingerprint)
            if known is None:
                found[fingerprint] = Appearance(sight, sight, before)
            elif known.gone is not None:  # it is back
                found[fingerprint] = Appearance(known.first, sight, known.gone)
        before = sight
    return found
