"""What fuzzeq finds: a divergence, and the finding that pairs it with its trace and origin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from fuzzeq.model.trace import Trace


class Status(StrEnum):
    """How sure a finding is."""

    CONFIRMED = "confirmed"
    """It came again in a fresh process."""
    FLAKY = "flaky"
    """It did not come again in a fresh process."""
    DIED = "died"
    """The process that ran it ended."""
    HUNG = "hung"
    """The process that ran it went over its limit of time."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A broken invariant.

    `step` is 0 for the freshly opened document and i for the i-th step; `index` is the first
    differing item, or None where no items were compared. `expected` and `actual` are the item
    kinds there, which go into the fingerprint; the excerpts are for people.
    """

    oracle: str
    kind: str
    step: int
    message: str
    index: int | None = None
    expected: str = ""
    actual: str = ""
    expected_excerpt: tuple[str, ...] = ()
    actual_excerpt: tuple[str, ...] = ()

    def same_bug_as(self, other: Divergence) -> bool:
        """Whether both break the same oracle in the same kind: what shrinking has to keep."""
        return self.oracle == other.oracle and self.kind == other.kind

    def fingerprint(self, target: str) -> str:
        """16 hex digits that name the bug; meant to be taken of a shrunk trace's divergence."""
        parts = "\x1f".join((target, self.oracle, self.kind, self.expected, self.actual))
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a finding came from: enough to say so, not needed to replay it."""

    engine: str = ""
    seed: int = 0
    unit: int = 0
    document_chars: int = 0
    steps: int = 0
    versions: tuple[tuple[str, str], ...] = ()


class Smaller(NamedTuple):
    """A trace that shrinking went on with: after how many candidates, by which pass it was found,
    and its edits and probes, characters written, and characters removed."""

    candidates: int
    by: str
    steps: int
    written: int
    removed: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A divergence with the trace that shows it. One that was shrunk has the trace that it was
    found with as `original`, unless that is too large to be kept, and how it became smaller."""

    target: str
    divergence: Divergence
    trace: Trace
    origin: Origin = field(default_factory=Origin)
    status: Status = Status.CONFIRMED
    shrunk: bool = False
    original: Trace | None = None
    shrinking: tuple[Smaller, ...] = ()

    @property
    def fingerprint(self) -> str:
        """See `Divergence.fingerprint`."""
        return self.divergence.fingerprint(self.target)
