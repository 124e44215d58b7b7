"""LaTeX, lexed twice: a naive batch reference and an incremental lexer with checkpoints.

docs/LATEX_TOKENS.md is the specification of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

from fuzzeq.model.result import Result
from fuzzeq.model.target import Piece
from fuzzeq.targets.latex import reference
from fuzzeq.targets.latex.incremental import BlockEngine, SmallBlockEngine
from fuzzeq.targets.latex.memo import Memo

MEMO = Memo()
"""All targets of this module have the same reference, and so one memory."""


class LatexTarget:
    """The target `latex`; with another engine class, a planted bug."""

    language = "latex"
    """The recipe to draw from, whatever the target is called."""
    lossless = True
    thread_safe = True
    memo: Memo | None = MEMO

    def __init__(self, name: str = "latex", engine: Any = BlockEngine) -> None:
        self.name = name
        self.engine = engine

    def batch(self, document: str) -> Result:
        """The reference's tokens and diagnostics."""
        return self.memo.batch(document) if self.memo else reference.batch(document)

    def pieces(self, document: str) -> Sequence[Piece]:
        """The reference's lines."""
        return self.memo.pieces(document) if self.memo else reference.pieces(document)

    @property
    def reference(self) -> LatexTarget:
        """The same target with nothing remembered: every character is read each time."""
        target = copy(self)
        target.memo = None
        return target

    def open(self, document: str) -> Any:
        """An incremental handle."""
        return self.engine(document)

    def restore(self, snapshot: bytes, document: str) -> Any:
        """The handle that made the snapshot. Raises `InvalidSnapshot`."""
        return self.engine.restore(snapshot, document)


TARGET = LatexTarget()
SMALL_BLOCKS = LatexTarget("latex-small-blocks", SmallBlockEngine)
"""The same lexer where every few lines are a block of their own, for the sake of the seams."""
