"""Classes 12 to 14: what lies behind an edit is not moved, moved wrongly, or not dropped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Item, LineEngine, Sums
from fuzzeq.targets.latex.tokens import Diagnostic


class StatesByNumber(LineEngine):
    """Files states by line number, and leaves them there when lines come or go."""

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        # Two tables, one of lines and one of states; the second was forgotten.
        entries = [line.entry for line in self.lines]
        super().replace_lines(start, stop, texts)
        for number in range(start + len(texts), min(len(self.lines), len(entries))):
            self.lines[number] = self.lines[number]._replace(entry=entries[number])


class CheckpointsNotMoved(LineEngine):
    """Notes anew where checkpoints are only when their number changes."""

    offsets: Sequence[int] = ()

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        # "No line came or went, so the lines are where they were."
        super().replace_lines(start, stop, texts)
        if len(self.offsets) != len(self.lines):
            self.offsets = super().checkpoints()

    def checkpoints(self) -> list[int]:
        return list(self.offsets) or super().checkpoints()


class StatesBelowTheFoldKept(LineEngine):
    """Keeps the states from line 40 on by line number, and never drops one."""

    LINES = 40

    def __init__(self, document: str) -> None:
        self.kept: dict[int, State] = {}
        super().__init__(document)

    def state_before(self, index: int) -> State:
        # A cache for long documents, without a thought of what makes it stale.
        if index < self.LINES or index == len(self.lines):
            return super().state_before(index)
        return self.kept.setdefault(index, super().state_before(index))


class TailNotMoved(LineEngine):
    """Moves what lies behind an edit only where lines come or go."""

    def splice(self, column: Sums, start: int, stop: int, lengths: Iterable[int]) -> Sums:
        # "As many lines as before, so nothing moves." Their lengths are another matter.
        lengths = list(lengths)
        new = super().splice(column, start, stop, lengths)
        if len(lengths) == stop - start:
            new[stop + 1 :] = column[stop + 1 :]
        return new


class EndComplaintNotMoved(LineEngine):
    """What is still open at the end is complained of where the end was."""

    known: Sequence[Diagnostic] = ()

    def end_diagnostics(self) -> list[Diagnostic]:
        # Built anew only if there is something else to say.
        now = super().end_diagnostics()
        if [known.kind for known in self.known] != [new.kind for new in now]:
            self.known = now
        return list(self.known)


class LengthsInBytes(LineEngine):
    """Counts the characters of an edited line modulo 256."""

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        # One byte for each line's length: most lines of TeX have fewer than 80.
        column = self.starts
        super().replace_lines(start, stop, texts)
        self.starts = self.splice(column, start, stop, (len(text) % 256 for text in texts))


class StaleTail(LineEngine):
    """Writes results into a table that never gets shorter."""

    def __init__(self, document: str) -> None:
        self.table: list[Item] = []
        super().__init__(document)

    def result(self) -> Sequence[Item]:
        # The table is kept to save allocations.
        items = list(super().result())
        self.table[: len(items)] = items
        return self.table


class StaleCheckpoints(LineEngine):
    """Writes checkpoints into a table that never gets shorter."""

    table: Sequence[int] = ()

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        # The same table again; the engine itself knows how many of its entries count.
        super().replace_lines(start, stop, texts)
        offsets = super().checkpoints()
        self.table = [*offsets, *self.table[len(offsets) :]]

    def checkpoints(self) -> list[int]:
        return list(self.table) or super().checkpoints()


PLANTED = (
    Planted(
        LatexTarget("latex-planted-states-by-number", StatesByNumber),
        12,
        "stored states keep their line number when lines come or go",
    ),
    Planted(
        LatexTarget("latex-planted-checkpoints-not-moved", CheckpointsNotMoved),
        12,
        "checkpoints stay where they were while no line comes or goes",
    ),
    Planted(
        LatexTarget("latex-planted-states-below-the-fold-kept", StatesBelowTheFoldKept),
        12,
        "the state before a line is remembered by number for ever, from line 40 on",
    ),
    Planted(
        LatexTarget("latex-planted-tail-not-moved", TailNotMoved),
        13,
        "lines behind an edit keep their offsets unless a line came or went",
    ),
    Planted(
        LatexTarget("latex-planted-end-complaint-not-moved", EndComplaintNotMoved),
        13,
        "the diagnostics at the document's end stay where the end was",
    ),
    Planted(
        LatexTarget("latex-planted-lengths-in-bytes", LengthsInBytes),
        13,
        "an edited line of 256 characters or more is counted as a shorter one",
    ),
    Planted(
        LatexTarget("latex-planted-stale-tail", StaleTail),
        14,
        "a result that gets shorter keeps its old end",
    ),
    Planted(
        LatexTarget("latex-planted-stale-checkpoints", StaleCheckpoints),
        14,
        "checkpoints of deleted lines stay",
    ),
)
