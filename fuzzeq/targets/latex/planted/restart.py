"""Classes 1 to 5: reading starts at the wrong place, or from the wrong state."""

from __future__ import annotations

from fuzzeq.model.edit import Edit
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Line, LineEngine, LineTokens
from fuzzeq.targets.latex.planted.helpers import SparingEngine, is_letters, stretched
from fuzzeq.targets.latex.tokens import Kind


def has_return_before(engine: LineEngine, edit: Edit) -> bool:
    """Whether the line before the edit's own ends with a lone `\\r`, which looked for a `\\n`."""
    line = engine.line_at(edit.start)
    return line > 0 and engine.lines[line - 1].text.endswith("\r")


class LookaheadUnrecorded(LineEngine):
    """Restarts at the edit's line, though the `\\r` before it looked one character ahead."""

    def first_touched(self, edit: Edit) -> int:
        # The line before ends where the edit begins: it seems to be none of the edit's business.
        if has_return_before(self, edit):
            return self.line_at(edit.start)
        return super().first_touched(edit)


class LookaheadLostOnReuse(LineEngine):
    """Knows which lines looked ahead, but only of the lines that the last edit had read."""

    def read_on(self, index: int, last: int) -> int:
        # Lines that are kept were "not read this time", so nothing is noted for them.
        stop = super().read_on(index, last)
        texts = enumerate(line.text for line in self.lines[index:stop])
        self.looked_ahead = {index + number for number, text in texts if text.endswith("\r")}
        return stop

    def first_touched(self, edit: Edit) -> int:
        line = self.line_at(edit.start)
        if has_return_before(self, edit) and line - 1 not in self.looked_ahead:
            return line
        return super().first_touched(edit)


class AppendedLine(LineEngine):
    """Text behind the last character becomes a line of its own, though the last line is open."""

    def first_touched(self, edit: Edit) -> int:
        # At the document's end the edit's start lies in no line.
        line = self.line_at(edit.start)
        return line if line == len(self.lines) else super().first_touched(edit)


class WordNotJoined(SparingEngine):
    """Letters typed between a control word and text stretch the text; they belong to the word."""

    def spare(self, line: Line, edit: Edit) -> LineTokens | None:
        # `<=` for `<`: typing in front of a word is typing in the word.
        if not is_letters(line.text[edit.start : edit.end] + edit.text):
            return None
        for index, (kind, start, end, _) in enumerate(line.content.tokens):
            in_braces = line.text[:start].endswith("{")
            if kind == Kind.TEXT and start <= edit.start <= edit.end < end and not in_braces:
                return stretched(line.content, index, edit)
        return None


class RestartAtLastEdit(LineEngine):
    """Starts to read at the line of a step's last edit; an earlier one may lie above it."""

    def widen(self, first: int, last: int, start: int, stop: int, count: int) -> tuple[int, int]:
        # Written when a step had one edit.
        _, last = super().widen(first, last, start, stop, count)
        return start, last


class NoLookBackOnDeletion(LineEngine):
    """Looks back at a lone `\\r` only where something is inserted behind it."""

    def first_touched(self, edit: Edit) -> int:
        # "Only an insertion can bring a line feed." A deletion can bring one nearer.
        if not edit.text and has_return_before(self, edit):
            return self.line_at(edit.start)
        return super().first_touched(edit)


class ExitFiledAsEntry(LineEngine):
    """The state behind a line is filed as the one in front of it."""

    def read(self, line: Line, state: State) -> Line:
        # "The line's state": the variable had moved on when it was stored.
        line = super().read(line, state)
        return line._replace(entry=line.content.exit)


class CheckpointsOneLineOff(LineEngine):
    """Says that a checkpoint lies where its line ends."""

    def checkpoints(self) -> list[int]:
        # `[1:]` for `[:-1]`, in a column that has one entry more than there are lines.
        ends: list[int] = self.starts[1:].tolist()
        return ends


PLANTED = (
    Planted(
        LatexTarget("latex-planted-lookahead-unrecorded", LookaheadUnrecorded),
        1,
        r"a \n inserted behind a lone \r does not join it",
    ),
    Planted(
        LatexTarget("latex-planted-lookahead-lost-on-reuse", LookaheadLostOnReuse),
        2,
        r"a \n joins a lone \r only if the last edit had that line read",
    ),
    Planted(
        LatexTarget("latex-planted-appended-line", AppendedLine),
        3,
        "text appended to a last line without terminator is a line by itself",
    ),
    Planted(
        LatexTarget("latex-planted-word-not-joined", WordNotJoined),
        3,
        "letters typed behind a control word join the text behind them instead",
    ),
    Planted(
        LatexTarget("latex-planted-restart-at-last-edit", RestartAtLastEdit),
        4,
        "of several edits in one step, lines above the last one's are not read",
    ),
    Planted(
        LatexTarget("latex-planted-no-look-back-on-deletion", NoLookBackOnDeletion),
        4,
        r"\r and \n do not join when what parts them is deleted",
    ),
    Planted(
        LatexTarget("latex-planted-exit-filed-as-entry", ExitFiledAsEntry),
        5,
        "the state behind a line is stored as the state in front of it",
    ),
    Planted(
        LatexTarget("latex-planted-checkpoints-one-line-off", CheckpointsOneLineOff),
        5,
        "checkpoints are given at line ends, resumed at line starts",
    ),
)
