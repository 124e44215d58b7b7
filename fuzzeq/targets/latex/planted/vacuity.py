"""Class 31: always right, because nothing is ever reused."""

from __future__ import annotations

from fuzzeq.model.edit import Edit
from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.planted.engine import LineEngine


class ReadsEverything(LineEngine):
    """Replaces all lines, whatever the edit."""

    def first_touched(self, edit: Edit) -> int:
        # Put in while looking for a bug, and it helped.
        return 0

    def stop_touched(self, edit: Edit) -> int:
        return len(self.lines)


class ReadsOnBehindLineEnds(LineEngine):
    """Reuses nothing behind an edit that brings a line end."""

    def stop_touched(self, edit: Edit) -> int:
        # Numbers of lines were thought to be part of what is stored.
        if "\n" in edit.text or "\r" in edit.text:
            return len(self.lines)
        return super().stop_touched(edit)


PLANTED = (
    Planted(
        LatexTarget("latex-planted-reads-everything", ReadsEverything),
        31,
        "every edit has the whole document read",
    ),
    Planted(
        LatexTarget("latex-planted-reads-on-behind-line-ends", ReadsOnBehindLineEnds),
        31,
        "an edit with a line end has all lines behind it read",
    ),
)
