"""Class 19: bytes, code points and UTF-16 mixed."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.edit import Edit
from fuzzeq.model.result import Result
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Edits
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.incremental import Item, LineEngine


class ColumnsInUtf16(LineEngine):
    """Takes an edit's columns for UTF-16 code units."""

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        # Editors speak of UTF-16, so an edit comes to stand too far left behind astral characters.
        line = self.first_touched(edit)
        before = self.document()[int(self.starts[line]) : edit.start]
        by = utf16_length(before) - len(before)
        return super().replaced_lines(Edit(edit.start - by, edit.end - by, edit.text))


class ValidatedInBytes(LineEngine):
    """Takes the document to be as long as its bytes."""

    def validate(self, edits: Edits) -> None:
        # The length of the file.
        length = len(self.document().encode("utf-8", "surrogatepass"))
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit a document of {length} bytes")
            length += edit.delta


class AnswersInUtf16(LineEngine):
    """Gives offsets in UTF-16 code units."""

    def result(self) -> Sequence[Item]:
        # As its editor wants them.
        return in_utf16(self.document(), super().result())

    def resume(self, index: int) -> list[Item]:
        return in_utf16(self.document(), super().resume(index))


class Utf16Target(LatexTarget):
    """Gives offsets in UTF-16 code units, from both engines: they agree, and both are wrong."""

    def batch(self, document: str) -> Result:
        """The reference's items, converted."""
        return in_utf16(document, super().batch(document))


def utf16_length(text: str) -> int:
    """How many code units of UTF-16 a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


def in_utf16(document: str, items: Sequence[Item]) -> list[Item]:
    """The items with their offsets in UTF-16 code units of the document."""
    units = [0]
    for character in document:
        units.append(units[-1] + 1 + (character > "\uffff"))
    return [item._replace(start=units[item.start], end=units[item.end]) for item in items]


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
        Utf16Target("latex-planted-answers-in-utf16", AnswersInUtf16),
        19,
        "both engines give offsets in UTF-16 code units",
    ),
)
