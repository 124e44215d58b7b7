"""Drives the two sides of a target through a trace and reports what each answered.

Judges nothing; knows neither oracles nor where traces come from.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from operator import index
from typing import Any

from fuzzeq.calls import guarded, raised, refusal
from fuzzeq.errors import InvalidDocument, InvalidEdit, InvalidSnapshot
from fuzzeq.model.columns import Columns
from fuzzeq.model.edit import apply_all
from fuzzeq.model.observation import (
    FREE_WORK,
    Cause,
    Comparison,
    Dropped,
    Observation,
    Outcome,
    Raised,
    Repetition,
    Resumption,
)
from fuzzeq.model.result import Item, first_difference
from fuzzeq.model.target import Capability, Piece, capabilities
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace
from fuzzeq.needed import needed_work, touched_work
from fuzzeq.probes import damage, invalid_edits, other_documents, twin_edit

# Members that are asked for at every edit: to find one in its enumeration takes 100 ns.
EDITS = Cause.EDITS
WORK, PIECES, CHANGES = Capability.WORK, Capability.PIECES, Capability.CHANGES
LOSSLESS, REFERENCE = Capability.LOSSLESS, Capability.REFERENCE

SPARED = 50
"""A sparing session looks twice at one document in so many."""


def lockstep(target: Any, trace: Trace, sparing: bool = False) -> Iterator[Observation]:
    """What the target answers, step by step; ends early where a handle is no longer of use.

    The trace has to be valid (`Trace.is_valid`). Nothing is done ahead of being asked for. See
    `Session` for what is spared.
    """
    session = Session(target, trace.document, sparing)
    yield from session.open()
    for step in trace.steps:
        yield from session.take(step)
    yield from session.close()


class Session:
    """A target being driven, one step at a time, by whoever decides what the next one is.

    `document` is the current text and `expected` the batch result for it. Once `over`, because a
    call raised or the first document was refused, nothing more is observed.

    Every document is looked at twice: what `batch` remembers is compared with what is read, and
    what a result gives as columns with its items. Where `sparing`, only one in `SPARED` is, chosen
    by a checksum of the documents so far: a trace gives the same observations each time.
    """

    def __init__(self, target: Any, document: str, sparing: bool = False) -> None:
        self.target = target
        self.sparing = sparing
        self.looks_twice = False
        self.checksum = 0
        self.document = self.first_document = document
        self.expected: Sequence[Item] = ()
        self.first_expected: Sequence[Item] = ()
        self.handle: Any = None
        self.twin: tuple[Any, str, Sequence[Item]] | None = None
        self.can: frozenset[Capability] = frozenset()
        self.steps = 0
        self.over = False

    def open(self) -> Iterator[Observation]:
        """The handle opened, and its first result."""
        return self._until_over(self._opened())

    def take(self, step: Step) -> Iterator[Observation]:
        """One step taken."""
        self.steps += 1
        if isinstance(step, Probe):
            return self._until_over(self._probe(self.steps, step))
        return self._until_over(self._edit(self.steps, step))

    def close(self) -> Iterator[Observation]:
        """What can only be seen in the end: the twin of the last fork, and whether batch still
        answers what it did."""
        return self._until_over(self._closed())

    def _until_over(self, observations: Iterator[Observation]) -> Iterator[Observation]:
        """The observations up to the first that leaves nothing to go on with."""
        if self.over:
            return
        for observation in observations:
            if isinstance(observation, Comparison) and (
                isinstance(observation.actual, Raised) or isinstance(observation.expected, Raised)
            ):
                self.over = True
            yield observation
            if self.over:
                return

    def _opened(self) -> Iterator[Observation]:
        expected = self.batch(self.document)
        if isinstance(expected, Dropped):
            self.over = True
            yield expected
        elif isinstance(expected, Raised):
            yield Comparison(0, Cause.OPEN, self.document, expected, ())
        else:
            self.first_expected = expected
            self._enter(self.document, expected)
            self.handle = guarded("open", lambda: self.target.open(self.document))
            if not isinstance(self.handle, Raised):
                can = guarded("capabilities", lambda: capabilities(self.target, self.handle))
                self.can, self.handle = (
                    (frozenset(), can) if isinstance(can, Raised) else (can, self.handle)
                )
            if self._has_reference:
                yield self._remembered(0)
            yield self._compare(0, Cause.OPEN)

    def _enter(self, document: str, expected: Sequence[Item]) -> None:
        """Takes a document for the current one."""
        self.document, self.expected = document, expected
        # By what came before it, too: one that stays for a hundred steps is not chosen a hundred
        # times, and of small ones that are in many traces none is left out of all.
        self.checksum = checksum(document, self.checksum)
        self.looks_twice = not self.sparing or self.checksum % SPARED == 0

    def _closed(self) -> Iterator[Observation]:
        if self.twin:
            handle, document, expected = self.twin
            actual: Outcome = guarded("result", lambda: taken(handle.result()))
            yield Comparison(self.steps, Cause.TWIN, document, expected, actual)
        yield Repetition(self.steps, self.first_expected, self._repeat(self.first_document))
        if self.document != self.first_document:
            yield Repetition(self.steps, self.expected, self._repeat(self.document))

    # One step.

    def _edit(self, number: int, edits: Edits) -> Iterator[Observation]:
        before, previous = self.document, self.expected
        try:
            document = apply_all(before, edits)
        except InvalidEdit as error:  # only possible once a step in front of it was dropped
            yield Dropped(number, str(error))
            return
        expected = self.batch(document)
        if isinstance(expected, Dropped):
            yield Dropped(number, expected.reason)
            return
        if isinstance(expected, Raised):
            yield Comparison(number, EDITS, document, expected, ())
            return
        self._enter(document, expected)
        if self._has_reference:
            yield self._remembered(number)
        applied = guarded("apply", lambda: self.handle.apply(edits))
        if isinstance(applied, Raised):
            yield Comparison(number, EDITS, document, expected, applied, edits, before, previous)
            return
        yield self._compare(number, EDITS, edits, before, previous)

    def _probe(self, number: int, probe: Probe) -> Iterator[Observation]:
        argument = probe.argument or 0
        match probe.name:
            case ProbeName.INVALID:
                yield from self._invalid(number, argument)
            case ProbeName.RESTORE if Capability.SNAPSHOTS in self.can:
                yield from self._restore(number, probe.argument)
            case ProbeName.RESUME if Capability.CHECKPOINTS in self.can:
                yield from self._resume(number, argument)
            case ProbeName.REOPEN:
                self.handle = guarded("open", lambda: self.target.open(self.document))
                yield self._compare(number, Cause.REOPEN)
            case ProbeName.FORK:
                yield from self._fork(number, argument)

    # Probes.

    def _invalid(self, number: int, argument: int) -> Iterator[Observation]:
        edits = invalid_edits(len(self.document), argument)
        what = " then ".join(map(str, edits))
        yield refusal(number, what, InvalidEdit, lambda: self.handle.apply(edits))
        yield self._compare(number, Cause.INVALID)

    def _restore(self, number: int, argument: int | None) -> Iterator[Observation]:
        snapshot = guarded("snapshot", lambda: self.handle.snapshot() + b"")
        if isinstance(snapshot, Raised):
            yield Comparison(number, Cause.RESTORE, self.document, self.expected, snapshot)
            return
        if argument is not None:
            damaged = damage(snapshot, argument)
            what = f"a snapshot damaged at {argument}"
            restore = self.target.restore
            yield refusal(number, what, InvalidSnapshot, lambda: restore(damaged, self.document))
            yield self._compare(number, Cause.RESTORE)
            return
        for other in other_documents(self.document):
            what = f"a snapshot of another document of {len(other)} characters"
            yield refusal(
                number, what, InvalidSnapshot, partial(self.target.restore, snapshot, other)
            )
        self.handle = guarded("restore", lambda: self.target.restore(snapshot, self.document))
        yield self._compare(number, Cause.RESTORE)

    def _resume(self, number: int, argument: int) -> Iterator[Observation]:
        offsets = guarded("checkpoints", lambda: tuple(map(index, self.handle.checkpoints())))
        if isinstance(offsets, Raised):
            yield Comparison(number, EDITS, self.document, self.expected, offsets)
        elif offsets:
            which = argument % len(offsets)
            items = guarded("resume", lambda: taken(self.handle.resume(which)))
            yield Resumption(number, offsets, which, len(self.document), self.expected, items)
            yield self._compare(number, Cause.RESUME)

    def _fork(self, number: int, argument: int) -> Iterator[Observation]:
        edit = twin_edit(self.document, argument)
        document = edit.apply(self.document)
        expected = self.batch(document)
        if isinstance(expected, Dropped):
            return
        twin = guarded("open", lambda: self.target.open(self.document))
        outcome: Outcome = (
            twin
            if isinstance(twin, Raised)
            else guarded("apply", lambda: (twin.apply((edit,)), taken(twin.result()))[1])
        )
        yield Comparison(number, Cause.TWIN_EDIT, document, expected, outcome)
        if not isinstance(expected, Raised):
            self.twin = twin, document, expected
        yield self._compare(number, Cause.FORK)

    # Calls.

    def batch(self, document: str) -> Sequence[Item] | Raised | Dropped:
        """The batch result, copied; what was raised, or that the document is refused."""
        try:
            return taken(self.target.batch(document))
        except InvalidDocument as error:
            return Dropped(0, raised("batch", error).message)
        except BaseException as error:
            return raised("batch", error)

    def _repeat(self, document: str) -> Outcome:
        """The batch result, once more; a refusal is one of the ways to be different."""
        return guarded("batch", lambda: taken(self.target.batch(document)))

    @property
    def _has_reference(self) -> bool:
        """Whether what `batch` remembers is to be compared with what is read, for this document."""
        return self.looks_twice and REFERENCE in self.can

    def _remembered(self, number: int) -> Repetition:
        """The batch result beside the one with nothing remembered."""
        read = guarded("reference", lambda: taken(self.target.reference.batch(self.document)))
        return Repetition(number, self.expected, read, of_memory=True)

    def _pieces(self, document: str) -> Sequence[Piece]:
        """The document's units of restart; with nothing remembered where that is judged, too."""
        target = self.target
        if self._has_reference and hasattr(target.reference, "pieces"):
            target = target.reference
        pieces: Sequence[Piece] = target.pieces(document)
        return pieces

    def _needed(self, before: str, edits: Edits, work: int) -> int | Raised | None:
        """How much of a step's work was needed; None where all of it plainly was: what is inserted
        has to be examined, and so have the pieces that an edit touches."""
        if work <= sum(len(edit.text) for edit in edits):
            return None

        def count() -> int | None:
            if len(edits) == 1 and work <= touched_work(self._pieces(self.document), edits[0]):
                return None
            return needed_work(self._pieces, before, edits)

        return guarded("pieces", count)

    def _compare(
        self,
        number: int,
        cause: Cause,
        edits: Edits = (),
        before: str = "",
        previous: Sequence[Item] = (),
    ) -> Comparison:
        """The handle's result beside the batch result, with all that the handle says of itself."""
        if isinstance(self.handle, Raised):
            return Comparison(number, cause, self.document, self.expected, self.handle)
        shown = guarded("result", lambda: shown_by(self.handle.result(), self.looks_twice))
        actual, flaw = (shown, "") if isinstance(shown, Raised) else shown
        work = needed = changed = None
        can = self.can
        if cause is EDITS and not isinstance(actual, Raised):
            if WORK in can:
                work = guarded("work", lambda: index(self.handle.work()))
            if isinstance(work, int) and PIECES in can:
                needed = self._needed(before, edits, work - FREE_WORK)
            if CHANGES in can:
                changed = guarded("changed", lambda: pair(self.handle.changed()))
        for measured in (work, needed, changed):
            if isinstance(measured, Raised):
                return Comparison(number, cause, self.document, self.expected, measured)
        assert not isinstance(work, Raised)
        assert not isinstance(needed, Raised)
        assert not isinstance(changed, Raised)
        return Comparison(
            number, cause, self.document, self.expected, actual, edits, before, previous,
            work, needed, changed, PIECES in can, LOSSLESS in can, flaw,
        )  # fmt: skip


def pair(value: tuple[int, int]) -> tuple[int, int]:
    """Two whole numbers, whatever they came as."""
    start, end = value
    return index(start), index(end)


def checksum(document: str, before: int = 0) -> int:
    """A number that a document gives, and those that came before it with theirs."""
    return zlib.crc32(document.encode("utf-8", "surrogatepass") + b"\n", before)


def taken(result: Sequence[Item]) -> Sequence[Item]:
    """A result as it is kept: its columns, whose bytes nobody can change, or its items, copied."""
    columns: object = result
    if type(result) is not Columns and callable(to_columns := getattr(result, "columns", None)):
        columns = to_columns()
    if type(columns) is Columns:  # a class derived from it could call anything equal
        return Columns(columns.legend, columns.codes, columns.starts, columns.ends, columns.lengths)
    return list(result)


def shown_by(result: Sequence[Item], looks_twice: bool) -> tuple[Outcome, str]:
    """A result as it is kept, and the flaw of the result itself."""
    items = taken(result)
    flaw = guarded("result", lambda: flaw_of(result, items, looks_twice))
    return items, f"{flaw.type}: {flaw.message}" if isinstance(flaw, Raised) else flaw


def flaw_of(result: Sequence[Item], items: Sequence[Item], looks_twice: bool) -> str:
    """What a result's length, or an item in the middle, has against the items that were taken from
    it; "" if nothing. With `looks_twice`, what an item at either end has too, or any item that
    going through it gives."""
    if len(result) != len(items):
        return f"len() is {len(result)}, there are {len(items)} items"
    places = (0, len(items) // 2, len(items) - 1) if looks_twice else (len(items) // 2,)
    for place in places if items else ():
        if [result[place]] != [items[place]]:  # as lists compare: an item is equal to itself
            return f"item [{place}] is {result[place]!r}, going through gives {items[place]!r}"
    if looks_twice and isinstance(items, Columns):
        gone_through, shown = list(result), list(items)
        if gone_through != shown:
            differing = first_difference(gone_through, shown)
            return f"its columns are not the items that going through it gives, from {differing} on"
    return ""
