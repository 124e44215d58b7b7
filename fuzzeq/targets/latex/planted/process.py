"""Class 32: it raises, answers differently the second time, or shares what it must not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.result import Result
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Edits
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Item, Line, LineEngine, Sums
from fuzzeq.targets.latex.tokens import Diagnostic


class RaisesOnSurrogates(LineEngine):
    """Raises on a lone surrogate, which a `str` may hold and UTF-8 may not."""

    size = 0

    def read(self, line: Line, state: State) -> Line:
        # Somebody wanted a statistic.
        self.size += len(line.text.encode("utf-8"))
        return super().read(line, state)


class RaisesWhenEmptied(LineEngine):
    """Raises when an edit leaves nothing."""

    def update_sums(
        self, first: int, stop: int, stop_before: int, end_before: list[Diagnostic]
    ) -> None:
        # The line to be shown next. There was always thought to be one.
        super().update_sums(first, stop, stop_before, end_before)
        self.shown = self.lines[min(first, len(self.lines) - 1)]


class RaisesAnotherError(LineEngine):
    """Refuses an edit that does not fit with an `IndexError`."""

    def validate(self, edits: Edits) -> None:
        # The one that lists raise.
        try:
            super().validate(edits)
        except InvalidEdit as error:
            raise IndexError(str(error)) from error


class SharedStarts(LineEngine):
    """Keeps where lines start in a place that all handles share."""

    shared: ClassVar[list[Sums]] = [np.zeros(1, np.int64)]

    @property
    def starts(self) -> Sums:
        """Where lines start: those of the document that was edited last."""
        # A buffer at module level, made when there was one document to an editor.
        return self.shared[0]

    @starts.setter
    def starts(self, starts: Sums) -> None:
        self.shared[0] = starts


class SharedAnswer(LineEngine):
    """Keeps its answer in a place that all handles share."""

    latest: ClassVar[list[Sequence[Item]]] = [()]

    def __init__(self, document: str) -> None:
        super().__init__(document)
        self.remember()

    def apply(self, edits: Edits) -> None:
        """As it should be, and the answer is remembered."""
        super().apply(edits)
        self.remember()

    @classmethod
    def restore(cls, data: bytes, document: str) -> SharedAnswer:
        """As it should be, and the answer is remembered."""
        engine = super().restore(data, document)
        assert isinstance(engine, SharedAnswer)
        engine.remember()
        return engine

    def remember(self) -> None:
        """Puts the answer where `result` finds it."""
        if self.lines:
            self.latest[0] = super().result()

    def result(self) -> Sequence[Item]:
        """The answer to whoever edited last."""
        # A cache of one answer, for the one document that its author had in mind.
        return self.latest[0] if self.lines else super().result()


class AnswersFromHandle(LatexTarget):
    """Answers `batch` from the handle that is open on the document, if one is."""

    def __init__(self, name: str) -> None:
        super().__init__(name, LineEngine)
        self.open_handles: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def open(self, document: str) -> Any:
        """A handle, which is remembered by its document."""
        self.open_handles[document] = handle = super().open(document)
        return handle

    def batch(self, document: str) -> Result:
        """The reference's answer, or the handle's."""
        # It has it already. It may have been edited since.
        handle = self.open_handles.get(document)
        return handle.result() if handle else super().batch(document)


PLANTED = (
    Planted(
        LatexTarget("latex-planted-raises-on-surrogates", RaisesOnSurrogates),
        32,
        "a lone surrogate raises UnicodeEncodeError",
    ),
    Planted(
        LatexTarget("latex-planted-raises-when-emptied", RaisesWhenEmptied),
        32,
        "an edit that leaves nothing raises IndexError",
    ),
    Planted(
        LatexTarget("latex-planted-raises-another-error", RaisesAnotherError),
        32,
        "an edit that does not fit is refused with IndexError",
    ),
    Planted(
        LatexTarget("latex-planted-shared-answer", SharedAnswer),
        32,
        "all handles give the answer of the one that was edited last",
    ),
    Planted(
        LatexTarget("latex-planted-shared-starts", SharedStarts),
        32,
        "all handles share one table of line starts",
    ),
    Planted(
        AnswersFromHandle("latex-planted-answers-from-handle"),
        32,
        "batch gives the result of the handle that was opened on the document",
    ),
)
