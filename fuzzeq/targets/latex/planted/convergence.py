"""Classes 9 to 11: reading stops too early, never, or after a fixed stretch."""

from __future__ import annotations

from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Edits
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Line, LineEngine
from fuzzeq.targets.latex.planted.helpers import TrustingEngine


class WrongLineCompared(TrustingEngine):
    """Stops behind a line that leaves the state as it found it."""

    def read(self, line: Line, state: State) -> Line:
        # The line's own entry state, instead of the next line's: a `$` that went is not missed.
        line = super().read(line, state)
        self.trusts = line.content.exit == state
        return line


class FewEqualLines(TrustingEngine):
    """Takes two lines in a row with the tokens that they had for proof that all will."""

    def __init__(self, document: str) -> None:
        self.equal_lines = 0
        super().__init__(document)

    def read_on(self, index: int, last: int) -> int:
        self.equal_lines, self.trusts = 0, False
        return super().read_on(index, last)

    def read(self, line: Line, state: State) -> Line:
        # Most lines look the same in every regime; a far one need not.
        new = super().read(line, state)
        self.equal_lines += 1 if new.content.tokens == line.content.tokens else -self.equal_lines
        self.trusts = self.equal_lines >= 2
        return new


class StopsBeforeSecondEdit(LineEngine):
    """Stops at the first line that holds, wherever a step's other edits are."""

    def read_on(self, index: int, last: int) -> int:
        # The loop knew one edit; its line never holds, so there was nothing to be reached.
        return super().read_on(index, index + 1)


class TypingTrusted(TrustingEngine):
    """What is typed right behind what was typed before is taken to stay within its line."""

    typed_up_to = -1

    def apply(self, edits: Edits) -> None:
        # Bursts of typing were to be cheap. The last letter of a word may complete a command.
        self.validate(edits)
        self.trusts = False
        for edit in edits:
            self.trusts = edit.start == edit.end == self.typed_up_to
            self.typed_up_to = edit.start + len(edit.text) if edit.text else -1
        super().apply(edits)


class ComparedByIdentity(LineEngine):
    """Compares states by `is`: one that was made anew is never the one that was stored."""

    def holds(self, line: Line, state: State) -> bool:
        # It looked interned.
        return line.entry is state


class PositionInState(LineEngine):
    """Takes no line to hold that has moved: its position counts as part of its state."""

    moved = False
    length = 0

    def read_on(self, index: int, last: int) -> int:
        length = int(self.starts[-1])
        self.moved, self.length = length != self.length, length
        return super().read_on(index, last)

    def holds(self, line: Line, state: State) -> bool:
        # A state remembered where its math began, for a message.
        return super().holds(line, state) and not self.moved


class FixedWindow(LineEngine):
    """Gives up after 300 characters."""

    CHARACTERS = 300

    def holds(self, line: Line, state: State) -> bool:
        # "Nobody sees further than a screen."
        gives_up = self._work > self.CHARACTERS and line.entry is not None
        return super().holds(line, state) or gives_up


PLANTED = (
    Planted(
        LatexTarget("latex-planted-wrong-line-compared", WrongLineCompared),
        9,
        "the state behind the edited line is compared with the one in front of it",
    ),
    Planted(
        LatexTarget("latex-planted-few-equal-lines", FewEqualLines),
        9,
        "two equal lines in a row are taken for convergence",
    ),
    Planted(
        LatexTarget("latex-planted-stops-before-second-edit", StopsBeforeSecondEdit),
        9,
        "reading stops before it reaches a step's second edit",
    ),
    Planted(
        LatexTarget("latex-planted-typing-trusted", TypingTrusted),
        9,
        "an insertion that continues the one before is taken to change its own line only",
    ),
    Planted(
        LatexTarget("latex-planted-compared-by-identity", ComparedByIdentity),
        10,
        "states are compared by identity, so that nothing behind an edit is reused",
    ),
    Planted(
        LatexTarget("latex-planted-position-in-state", PositionInState),
        10,
        "a line that moved is read again",
    ),
    Planted(
        LatexTarget("latex-planted-fixed-window", FixedWindow),
        11,
        "reading gives up after 300 characters",
    ),
)
