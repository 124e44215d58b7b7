"""Classes 15 to 18: where lines begin, end and join."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.model.edit import Edit
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Item, Line, LineEngine
from fuzzeq.targets.latex.planted.helpers import AgreeingTarget, ConvertingEngine


class LinesNotJoined(LineEngine):
    """A line whose end was deleted is not read together with the next."""

    def stop_touched(self, edit: Edit) -> int:
        # The line of the last deleted character, and not of the one behind it.
        last = max(edit.start, edit.end - 1)
        return min(self.line_at(last) + 1, len(self.lines))


class SnapsOutOfLineEnd(LineEngine):
    """What is inserted between `\\r` and `\\n` comes in front of both."""

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        # A caret cannot stand inside a line's end; a range of the document can.
        line, start = self.line_at(edit.start), edit.start
        if edit.start == edit.end and line < len(self.lines):
            text, column = self.lines[line].text, start - int(self.starts[line])
            start -= text[:column].endswith("\r") and text[column:] == "\n"
        return super().replaced_lines(Edit(start, start + edit.end - edit.start, edit.text))


class LineFeedPastedAlone(LineEngine):
    """Edited text is split before the `\\n` of a `\\r\\n` that it did not bring itself."""

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        # The inserted text is split by itself, then its last piece is joined with what follows.
        first, stop, texts = super().replaced_lines(edit)
        if edit.text.endswith("\r"):
            texts = [part for text in texts for part in self.parted(text)]
        return first, stop, texts

    def parted(self, text: str) -> list[str]:
        """A line that ends with both as two."""
        return [text[:-1], "\n"] if text.endswith("\r\n") else [text]


class ReturnDropped(ConvertingEngine):
    """Leaves the `\\r` of a `\\r\\n` out of its token, as the other engine does."""

    @staticmethod
    def convert(document: str, items: Sequence[Item]) -> list[Item]:
        # A line's end is one character, whatever the file says.
        return [
            item._replace(start=item.end - 1) if document[item.start : item.end] == "\r\n" else item
            for item in items
        ]


class SplitByPython(LineEngine):
    """Splits lines with `str.splitlines`, which knows many more line ends."""

    def split(self, text: str) -> list[str]:
        # It is what everyone uses.
        return text.splitlines(keepends=True)


class PhantomLine(LineEngine):
    """Finds an empty line behind the last terminator of whatever it splits."""

    def split(self, text: str) -> list[str]:
        # As `text.split("\n")` does; an empty line has no tokens, so who would notice?
        texts = super().split(text)
        return [*texts, ""] if text.endswith(("\r", "\n")) else texts


class BlankLineHolds(LineEngine):
    """Takes a blank line to hold, whatever stands before it."""

    def holds(self, line: Line, state: State) -> bool:
        # A paragraph ends all damage: that of a `$`, not that of an environment or a regime.
        is_blank = line.entry is not None and not line.text.strip()
        return is_blank or super().holds(line, state)


PLANTED = (
    Planted(
        LatexTarget("latex-planted-lines-not-joined", LinesNotJoined),
        15,
        "deleting a line's end does not join the line with the next",
    ),
    Planted(
        LatexTarget("latex-planted-snaps-out-of-line-end", SnapsOutOfLineEnd),
        16,
        r"what is inserted between \r and \n comes before both",
    ),
    Planted(
        LatexTarget("latex-planted-line-feed-parted", LineFeedPastedAlone),
        16,
        r"a \r inserted before a \n does not join it",
    ),
    Planted(
        AgreeingTarget("latex-planted-return-dropped", ReturnDropped),
        16,
        r"in both engines the \r of a \r\n belongs to no token",
    ),
    Planted(
        LatexTarget("latex-planted-split-by-python", SplitByPython),
        17,
        "lines are split with str.splitlines",
    ),
    Planted(
        LatexTarget("latex-planted-phantom-line", PhantomLine),
        17,
        "an edit leaves an empty line behind the lines that it touched",
    ),
    Planted(
        LatexTarget("latex-planted-blank-line-holds", BlankLineHolds),
        18,
        "no change is carried on beyond a blank line",
    ),
)
