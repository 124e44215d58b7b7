"""What a system under test looks like to fuzzeq: two methods a target must have, and what it may.

A target is anything with the shape of `Target`; nothing has to be inherited. Capabilities are
optional: each is a method or an attribute whose presence switches its judges on.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from fuzzeq.model.result import Result
from fuzzeq.model.trace import Edits

if TYPE_CHECKING:  # what a stranger imports loads no numpy
    from fuzzeq.model.columns import Columns

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a target may be called: crash files are named after it, and nothing that a file names may
look like a path or a module."""


@runtime_checkable
class Incremental(Protocol):
    """The live, stateful side: one open document."""

    def apply(self, edits: Edits) -> None:
        """Apply the edits in order and update the result.

        Raises `InvalidEdit`, with nothing changed, if any is out of range.
        """

    def result(self) -> Result:
        """The result for the current document. It need not outlive the next `apply`."""


@runtime_checkable
class Target(Protocol):
    """The system under test."""

    name: str

    def batch(self, document: str) -> Result:
        """The result from scratch. May raise `InvalidDocument`. Pure: same text, same answer."""

    def open(self, document: str) -> Incremental:
        """A handle on a document that `batch` accepts."""


class Piece(NamedTuple):
    """A unit of restart, usually a line: its length in code points, and all that its result
    depends on: text and entry state."""

    length: int
    key: Hashable


class WorkHandle(Incremental, Protocol):
    """Capability `work`."""

    def work(self) -> int:
        """How many characters the last `apply` examined, counted each time they were."""


class ChangesHandle(Incremental, Protocol):
    """Capability `changes`."""

    def changed(self) -> tuple[int, int]:
        """`(start, end)` in the new result of the last `apply`: items before `start`, and those
        from `end` on, are the old ones (shifted where they lie behind the edit)."""


class CheckpointsHandle(Incremental, Protocol):
    """Capability `checkpoints`."""

    def checkpoints(self) -> Sequence[int]:
        """Offsets in ascending order at which the engine can restart."""

    def resume(self, index: int) -> Result:
        """The items from that checkpoint on, computed from its stored state, offsets absolute."""


class SnapshotsHandle(Incremental, Protocol):
    """Capability `snapshots`, together with `restore` of the target."""

    def snapshot(self) -> bytes:
        """The handle's state in a form that can be stored."""


class SnapshotsTarget(Target, Protocol):
    """Capability `snapshots`, together with `snapshot` of the handle."""

    def restore(self, snapshot: bytes, document: str) -> Incremental:
        """The handle that made the snapshot, again. Raises `InvalidSnapshot`."""


class PiecesTarget(Target, Protocol):
    """Capability `pieces`: lets the work bound calibrate itself."""

    def pieces(self, document: str) -> Sequence[Piece]:
        """The document cut into its units of restart, from scratch."""


class BatchSide(Protocol):
    """What capability `reference` holds."""

    def batch(self, document: str) -> Result:
        """What the target's `batch` answers, computed with nothing remembered. A target with
        `pieces` may have them here as well."""


class ReferenceTarget(Target, Protocol):
    """Capability `reference`: for a target whose `batch` remembers what it has read."""

    reference: BatchSide
    """Asked beside `batch` at every finding, and at one document in fifty."""


class ColumnsResult(Protocol):
    """A result, of either side, that can be had as bytes: these are compared, with no item made.

    Not a capability of its own, since it switches nothing on: the result has to be a sequence of
    items all the same, and at one document in fifty all of them are looked at.
    """

    def columns(self) -> Columns:
        """All items of the result, as they are now. A result may be a `Columns` itself."""


class Capability(StrEnum):
    """What a target can do besides the two methods; each is shown as on or off in every report."""

    WORK = "work"
    PIECES = "pieces"
    REFERENCE = "reference"
    CHANGES = "changes"
    CHECKPOINTS = "checkpoints"
    SNAPSHOTS = "snapshots"
    LOSSLESS = "lossless"
    THREAD_SAFE = "thread_safe"
    SAMPLES = "samples"
    HAZARDS = "hazards"

    __hash__ = str.__hash__  # that of an enumeration is a function in Python


def capabilities(target: Target, handle: Incremental) -> frozenset[Capability]:
    """What this target and this handle of it can do, read off their methods and attributes."""
    present = (
        (Capability.WORK, hasattr(handle, "work")),
        (Capability.PIECES, hasattr(target, "pieces")),
        (Capability.REFERENCE, hasattr(target, "reference")),
        (Capability.CHANGES, hasattr(handle, "changed")),
        (Capability.CHECKPOINTS, hasattr(handle, "checkpoints") and hasattr(handle, "resume")),
        (Capability.SNAPSHOTS, hasattr(handle, "snapshot") and hasattr(target, "restore")),
        (Capability.LOSSLESS, getattr(target, "lossless", False)),
        (Capability.THREAD_SAFE, getattr(target, "thread_safe", False)),
        (Capability.SAMPLES, getattr(target, "samples", ())),
        (Capability.HAZARDS, getattr(target, "hazards", ())),
    )
    return frozenset(capability for capability, on in present if on)


class Planted(NamedTuple):
    """A target that is wrong on purpose: proof that oracles fire, and the canary of campaigns."""

    target: Target
    bug_class: int
    """The number of its class in docs/BUG_CLASSES.md."""
    summary: str
    """What it gets wrong, in one line."""
