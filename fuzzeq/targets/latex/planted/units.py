"""Class 19: bytes, code points and UTF-16 mixed."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.edit import Edit
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Edits
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.planted.engine import Item, LineEngine
from fuzzeq.targets.latex.planted.helpers import AgreeingTarget, ConvertingEngine


class ColumnsInUtf16(LineEngine):
    """Takes an edit's columns for UTF-16 code units."""

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        # Editors speak of UTF-16, so an edit comes to stand too far left behind astral characters.
        line = self.first_touched(edit)
        before = self.document()[int(self.starts[line]) : edit.start]
        by = utf16_length(before) - len(before)
        return super().replaced_lines(Edit(edit.start - by, edit.end - by, edit.text))


class ValidatedInBytes(LineEngine):
    """Takes the document to be as long as the bytes of its UTF-16."""

    def validate(self, edits: Edits) -> None:
        # The size of a buffer, taken for what the buffer holds.
        length = 2 * utf16_length(self.document())
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit a buffer of {length} bytes")
            length += 2 * edit.delta


class AnswersInUtf16(ConvertingEngine):
    """Gives offsets in UTF-16 code units, as the other engine does."""

    @staticmethod
    def convert(document: str, items: Sequence[Item]) -> list[Item]:
        # As their editor wants them.
        units = [0]
        for character in document:
            units.append(units[-1] + utf16_length(character))
        return [item._replace(start=units[item.start], end=units[item.end]) for item in items]


def utf16_length(text: str) -> int:
    """How many code units of UTF-16 a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


PLANTED = (
    Planted(
        LatexTarget("latex-planted-columns-in-utf16", ColumnsInUtf16),
        19,
        "an edit behind an astral character in its line is made too far left",
    ),
    Planted(
        LatexTarget("latex-planted-validated-in-bytes", ValidatedInBytes),
        19,
        "edits are checked against the length in bytes",
    ),
    Planted(
        AgreeingTarget("latex-planted-answers-in-utf16", AnswersInUtf16),
        19,
        "both engines give offsets in UTF-16 code units",
    ),
)
