"""Classes 20 to 22: what is reported besides the tokens."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.model.edit import Edit
from fuzzeq.model.result import Diagnostic
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.planted.engine import Item, Line, LineEngine, LineTokens
from fuzzeq.targets.latex.planted.helpers import SparingEngine, is_letters, stretched
from fuzzeq.targets.latex.tokens import Kind


class OneLineReported(LineEngine):
    """Reports one line as changed, however many there are."""

    def update_sums(
        self, first: int, stop: int, stop_before: int, end_before: list[Diagnostic]
    ) -> None:
        # "An edit changes the line that it is in."
        super().update_sums(first, stop, stop_before, end_before)
        line_end = int(self.token_sums[min(first + 1, len(self.lines))])
        self._changed = self._changed[0], min(self._changed[1], line_end)


class DiagnosticsUnreported(LineEngine):
    """Reports changed tokens, and never a changed diagnostic."""

    def update_sums(
        self, first: int, stop: int, stop_before: int, end_before: list[Diagnostic]
    ) -> None:
        # Written before there were diagnostics behind the tokens.
        super().update_sums(first, stop, stop_before, end_before)
        self._changed = self._changed[0], int(self.token_sums[stop])


class DiagnosticsPublishedByNumber(LineEngine):
    """Gives the diagnostics of last time, as long as there are as many."""

    published: Sequence[Item] = ()

    def result(self) -> Sequence[Item]:
        # A way to spare an editor messages that say nothing new. They may say it elsewhere.
        items = list(super().result())
        diagnostics = [item for item in items if isinstance(item, Diagnostic)]
        if len(diagnostics) != len(self.published):
            self.published = diagnostics
        return [*items[: len(items) - len(diagnostics)], *self.published]


class NameTakenForText(SparingEngine):
    """Letters typed inside a text token stretch it, even where it names an environment."""

    def spare(self, line: Line, edit: Edit) -> LineTokens | None:
        # A token inside which nothing but letters changes keeps its kind. It may lose its role.
        if not is_letters(line.text[edit.start : edit.end] + edit.text):
            return None
        for index, (kind, start, end, _) in enumerate(line.content.tokens):
            if kind == Kind.TEXT and start < edit.start <= edit.end < end:
                return stretched(line.content, index, edit)
        return None


PLANTED = (
    Planted(
        LatexTarget("latex-planted-one-line-reported", OneLineReported),
        20,
        "the changed range ends with the first line that was read",
    ),
    Planted(
        LatexTarget("latex-planted-diagnostics-unreported", DiagnosticsUnreported),
        20,
        "the changed range leaves out diagnostics that came or went",
    ),
    Planted(
        LatexTarget("latex-planted-diagnostics-by-number", DiagnosticsPublishedByNumber),
        21,
        "diagnostics are the old ones as long as there are as many",
    ),
    Planted(
        LatexTarget("latex-planted-name-taken-for-text", NameTakenForText),
        22,
        "letters changed inside an environment's name are taken to change nothing else",
    ),
)
