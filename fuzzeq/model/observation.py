"""What lockstep sees and oracles judge: outcomes of calls into a target, as data.

Four kinds: a comparison of two results, a refusal that was due, a resumption from a checkpoint, a
batch result asked for a second time. And a step that was dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from fuzzeq.model.result import Item
from fuzzeq.model.trace import Edits

FREE_WORK = 256
"""Characters that an `apply` may examine without anyone asking whether they were needed: the
constant term of the work bound. Below it, what was needed is not even counted."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A call into the target ended with an exception."""

    type: str
    message: str
    where: str
    """The call: "batch", "open", "apply", "result", ..."""


Outcome: TypeAlias = Sequence[Item] | Raised


class Cause(StrEnum):
    """Why two results are compared."""

    OPEN = "open"
    EDITS = "edits"
    REOPEN = "reopen"
    INVALID = "invalid"
    """Behind an edit that was to be refused: nothing may have changed."""
    RESTORE = "restore"
    FORK = "fork"
    """The handle itself, behind an edit of its twin."""
    TWIN_EDIT = "twin edit"
    """The twin of a fork, behind its own first edit."""
    TWIN = "twin"
    """The twin of a fork, behind all that was done to the handle since."""
    RESUME = "resume"
    """Behind a resumption, which is only a question."""


class Comparison(NamedTuple):  # made at every edit, in a fifth of a data class's time
    """Batch and incremental result for one document.

    With cause `edits`: `before` is the document before the step, `previous` its batch result.
    `work` is in characters; `needed` is how many had to be examined, None where the target cannot
    say or nobody has to know; `changed` is what the handle reported. Each is None where the target
    lacks the capability.
    """

    step: int
    cause: Cause
    document: str
    expected: Outcome
    actual: Outcome
    edits: Edits = ()
    before: str = ""
    previous: Sequence[Item] = ()
    work: int | None = None
    needed: int | None = None
    changed: tuple[int, int] | None = None
    has_pieces: bool = False
    lossless: bool = False
    flaw: str = ""
    """What the incremental result's length or single items have against its own items."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that had to be refused: `what` in words. `raised` is what came instead of the
    error that was due; None with `refused` False means that it was accepted."""

    step: int
    what: str
    due: str
    refused: bool
    raised: Raised | None = None


@dataclass(frozen=True, slots=True)
class Resumption:
    """The items from checkpoint `index` on, beside the whole batch result."""

    step: int
    offsets: tuple[int, ...]
    index: int
    length: int
    expected: Sequence[Item]
    actual: Outcome


@dataclass(frozen=True, slots=True)
class Repetition:
    """Two batch results for the same document, asked for at different times; or, with `of_memory`,
    the second of them computed with nothing remembered."""

    step: int
    first: Sequence[Item]
    second: Outcome
    of_memory: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A step that was not taken, because the target refuses the document that it would give."""

    step: int
    reason: str


Observation: TypeAlias = Comparison | Refusal | Resumption | Repetition | Dropped
