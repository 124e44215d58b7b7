"""A trace: one test case, a document and what is done to it, with every decision written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from fuzzeq.model.edit import Edit, apply_all


class ProbeName(StrEnum):
    """What can be asked of a handle besides edits."""

    INVALID = "invalid"
    """Apply an edit that is out of range; the argument says which kind and how far."""
    RESTORE = "restore"
    """Snapshot and go on with the restored handle; with an argument, damage the snapshot there."""
    RESUME = "resume"
    """Ask for the items from a checkpoint on; the argument says which, modulo their number."""
    REOPEN = "reopen"
    """Close the handle and open a new one on the current document."""
    FORK = "fork"
    """Open a second handle, edit it at the argument (modulo the length), look at both again."""


class Probe(NamedTuple):
    """A question between two edits. `argument` is a non-negative integer, or None."""

    name: ProbeName
    argument: int | None = None

    def __str__(self) -> str:
        return self.name if self.argument is None else f"{self.name} {self.argument}"


Edits: TypeAlias = tuple[Edit, ...]
Step: TypeAlias = Edits | Probe


def is_probe(step: Step) -> bool:
    """Whether the step is a probe; a type check cannot tell the two kinds of tuple apart."""
    return isinstance(step, Probe)


@dataclass(frozen=True, slots=True)
class Trace:
    """A document and the steps taken on it, each edit in the coordinates before it."""

    document: str
    steps: tuple[Step, ...] = ()

    def documents(self) -> Iterator[str]:
        """The document before the first step, then after each. Raises `InvalidEdit`."""
        document = self.document
        yield document
        for step in self.steps:
            if not isinstance(step, Probe):
                document = apply_all(document, step)
            yield document

    @property
    def is_valid(self) -> bool:
        """Whether every edit fits the document that it meets."""
        length = len(self.document)
        for step in self.steps:
            if isinstance(step, Probe):
                continue
            for edit in step:
                if not edit.fits(length):
                    return False
                length += edit.delta
        return True

    @property
    def edit_count(self) -> int:
        """How many compared re-lexes the trace asks for: steps of edits, probes not counted."""
        return sum(not isinstance(step, Probe) for step in self.steps)
