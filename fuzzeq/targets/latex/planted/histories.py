"""Classes 23 to 28: what an edit does depends on the edits before it, or beside it."""

from __future__ import annotations

from itertools import takewhile

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.edit import Edit, apply_all, invert_all
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Edits
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import INITIAL, Line, LineEngine, LineTokens
from fuzzeq.targets.latex.planted.helpers import SparingEngine, TrustingEngine
from fuzzeq.targets.latex.tokens import Kind


class UndoTrusted(TrustingEngine):
    """Undoing an insertion puts the line back, and not what the insertion did to those behind."""

    inverse: Edits | None = None

    def apply(self, edits: Edits) -> None:
        # "What is behind was right before, so it is right again." It was read anew in between.
        inverse = invert_all(self.document(), edits)
        self.trusts = edits == self.inverse
        self.inverse = inverse if any(edit.text for edit in edits) else None
        super().apply(edits)


class RedoNotMoved(LineEngine):
    """Redoing what was undone puts the lines back, and does not move those behind."""

    is_redo = False

    def __init__(self, document: str) -> None:
        self.done: list[tuple[Edits, Edits]] = []  # each step with what undoes it
        self.undone: list[Edits] = []
        super().__init__(document)

    def apply(self, edits: Edits) -> None:
        inverse = invert_all(self.document(), edits)
        is_undo = bool(self.done) and edits == self.done[-1][1]
        self.is_redo = not is_undo and self.undone[-1:] == [edits]
        if is_undo:
            self.undone.append(self.done.pop()[0])
        else:
            self.undone = self.undone[:-1] if self.is_redo else []
            self.done.append((edits, inverse))
        super().apply(edits)

    def replace_lines(self, start: int, stop: int, texts: list[str]) -> None:
        # "They are where they were the first time." The undo had moved them back.
        behind = self.starts[stop + 1 :]
        super().replace_lines(start, stop, texts)
        if self.is_redo:
            self.starts[start + len(texts) + 1 :] = behind


class ReinsertionTrusted(TrustingEngine):
    """Text that comes back after it was deleted is taken to bring nothing new."""

    deleted = ""

    def apply(self, edits: Edits) -> None:
        # Cut and paste was to be free. But the cut had changed what is behind.
        inverse = invert_all(self.document(), edits)
        self.trusts = any(edit.text == self.deleted for edit in edits if edit.text)
        self.deleted = "".join(edit.text for edit in inverse)
        super().apply(edits)


class OriginalCoordinates(LineEngine):
    """Takes all edits of a step to be in the coordinates of the document before it."""

    def apply(self, edits: Edits) -> None:
        # As the changes of many a protocol are: each is moved by those in front of it.
        moved: list[Edit] = []
        for edit in edits:
            by = sum(other.delta for other in moved if other.start <= edit.start)
            moved.append(Edit(edit.start + by, edit.end + by, edit.text))
        super().apply(tuple(moved))


class LaterEditInFront(LineEngine):
    """Forgets that an edit moves the lines of the step's earlier edits which lie behind it."""

    def widen(self, first: int, last: int, start: int, stop: int, count: int) -> tuple[int, int]:
        # Right as long as edits come from top to bottom.
        return min(first, start), max(last, start + count)


class MergedInsertions(LineEngine):
    """Makes one insertion of two adjacent ones in a step, the second one's text in front."""

    def apply(self, edits: Edits) -> None:
        # Written for edits that come from bottom to top.
        merged: list[Edit] = []
        for edit in edits:
            start, end, text = merged[-1] if merged else Edit(-1, -1, "")
            if start == end and edit.start == edit.end == start + len(text):
                merged[-1] = Edit(start, end, edit.text + text)
            else:
                merged.append(edit)
        super().apply(tuple(merged))


class EmptyEditEndsStep(LineEngine):
    """Takes an edit that neither removes nor inserts for the end of the step's edits."""

    def apply(self, edits: Edits) -> None:
        # The list came from C, where a row of zeros ends it.
        super().apply(tuple(takewhile(lambda edit: not edit.is_noop, edits)))


class RebuildReportsNothing(LineEngine):
    """Reports no change when the whole document is replaced."""

    def apply(self, edits: Edits) -> None:
        # That takes the way of a document just opened, and nothing changes by opening.
        whole = [(0, int(self.starts[-1]))]
        super().apply(edits)
        if [(edit.start, edit.end) for edit in edits] == whole:
            self._changed = 0, 0


class RebuildFromLastState(LineEngine):
    """Reads a document that replaces the whole one from the state in which that ended."""

    left = INITIAL

    def apply(self, edits: Edits) -> None:
        # The rebuild reuses the lexer, which stands where it stopped.
        is_rebuild = any((edit.start, edit.end) == (0, int(self.starts[-1])) for edit in edits[:1])
        self.left = super().state_before(len(self.lines)) if is_rebuild else INITIAL
        super().apply(edits)

    def state_before(self, index: int) -> State:
        return super().state_before(index) if index else self.left


class EmptiedKeepsState(LineEngine):
    """Once emptied, a document is read from the state in which its last text ended."""

    end = INITIAL
    was_empty = False

    def apply(self, edits: Edits) -> None:
        # The state at the end is that of the last line, and kept where there is none.
        self.was_empty = not self.lines
        self.end = self.lines[-1].content.exit if self.lines else self.end
        super().apply(edits)

    def state_before(self, index: int) -> State:
        if index == 0 and self.was_empty and self.lines:
            return self.end
        return super().state_before(index)


class JournalFull(TrustingEngine):
    """From the 40th edit on, changes nothing behind the lines of an edit."""

    EDITS = 40
    applied = 0

    def apply(self, edits: Edits) -> None:
        # What has to be read again stands in a journal that is written to disk at times: elsewhere.
        super().apply(edits)
        self.applied += 1
        self.trusts = self.applied >= self.EDITS


class SameTextNotRead(LineEngine):
    """Does not read where a step leaves the text as it was; its lines were thrown away before."""

    same = False

    def apply(self, edits: Edits) -> None:
        self.same = apply_all(self.document(), edits) == self.document()
        super().apply(edits)

    def read_on(self, index: int, last: int) -> int:
        # "Nothing changed, so there is nothing to do."
        return last if self.same else super().read_on(index, last)


class CommentNotStretched(SparingEngine):
    """Works an edit inside a comment into the text, and not into the tokens."""

    def spare(self, line: Line, edit: Edit) -> LineTokens | None:
        # "Comments do not matter." Their length does.
        for kind, start, end, _ in line.content.tokens:
            if kind == Kind.COMMENT and start < edit.start <= edit.end < end:
                return line.content
        return None


class HalfApplied(LineEngine):
    """Looks at a step's edits one by one, and leaves those made when a later one does not fit."""

    def validate(self, edits: Edits) -> None:
        # Each is looked at when its turn comes.
        super().validate(edits[:1])

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        self.validate((edit,))
        return super().replaced_lines(edit)


class HalfRolledBack(HalfApplied):
    """Takes back the lines when an edit does not fit, and not where they start."""

    def apply(self, edits: Edits) -> None:
        # Lines were the only thing there was when this was written.
        lines = list(self.lines)
        try:
            super().apply(edits)
        except InvalidEdit:
            self.lines = lines
            raise


PLANTED = (
    Planted(
        LatexTarget("latex-planted-undo-trusted", UndoTrusted),
        23,
        "undoing an insertion leaves what it did to the lines behind",
    ),
    Planted(
        LatexTarget("latex-planted-redo-not-moved", RedoNotMoved),
        23,
        "redoing what was undone does not move the lines behind",
    ),
    Planted(
        LatexTarget("latex-planted-reinsertion-trusted", ReinsertionTrusted),
        24,
        "inserting again what was just deleted does not reach the lines behind",
    ),
    Planted(
        LatexTarget("latex-planted-original-coordinates", OriginalCoordinates),
        25,
        "a step's later edits are moved by its earlier ones once more",
    ),
    Planted(
        LatexTarget("latex-planted-later-edit-in-front", LaterEditInFront),
        25,
        "lines of a step's edit are not read when a later one adds lines in front",
    ),
    Planted(
        LatexTarget("latex-planted-merged-insertions", MergedInsertions),
        25,
        "two adjacent insertions of a step change places",
    ),
    Planted(
        LatexTarget("latex-planted-empty-edit-ends-step", EmptyEditEndsStep),
        25,
        "edits behind an empty one in the same step are dropped",
    ),
    Planted(
        LatexTarget("latex-planted-rebuild-reports-nothing", RebuildReportsNothing),
        26,
        "replacing the whole document is reported as no change",
    ),
    Planted(
        LatexTarget("latex-planted-rebuild-from-last-state", RebuildFromLastState),
        26,
        "replacing the whole document starts in the state where the old one ended",
    ),
    Planted(
        LatexTarget("latex-planted-emptied-keeps-state", EmptiedKeepsState),
        26,
        "text put into an emptied document starts in the state where the old one ended",
    ),
    Planted(
        LatexTarget("latex-planted-journal-full", JournalFull),
        26,
        "after 40 edits, lines behind an edit are never read again",
    ),
    Planted(
        LatexTarget("latex-planted-same-text-not-read", SameTextNotRead),
        27,
        "text replaced by itself loses its tokens",
    ),
    Planted(
        LatexTarget("latex-planted-comment-not-stretched", CommentNotStretched),
        27,
        "an edit inside a comment changes the text and not the tokens",
    ),
    Planted(
        LatexTarget("latex-planted-half-applied", HalfApplied),
        28,
        "a step that is refused leaves its first edit behind",
    ),
    Planted(
        LatexTarget("latex-planted-half-rolled-back", HalfRolledBack),
        28,
        "a step that is refused leaves line starts moved",
    ),
)
