"""Handles that break a promise each; the target that opens them is the healthy one."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from fuzzeq import Edit, InvalidEdit
from fuzzeq.model.trace import Edits
from tests.conformance_broken_targets import Panic
from tests.conformance_healthy import Handle, tokens


class NoResult(Handle):
    result = None  # type: ignore[assignment]


class NoResume(Handle):
    @property
    def resume(self) -> Any:
        raise AttributeError("resume")


class NoSnapshot(Handle):
    @property
    def snapshot(self) -> Any:
        raise AttributeError("snapshot")


class WorkNotCallable(Handle):
    work: Any = 5


class ShowsOpened(Handle):
    def apply(self, edits: Edits) -> None:
        self.validate(edits)


class RaisesOnEmptyStep(Handle):
    def apply(self, edits: Edits) -> None:
        super().apply((edits[0], *edits[1:]))


class Clamps(Handle):
    def apply(self, edits: Edits) -> None:
        length = len(self.document)
        places = [sorted(min(max(place, 0), length) for place in edit[:2]) for edit in edits[:1]]
        fitting = [Edit(start, end, edits[0].text) for start, end in places]
        super().apply((*fitting, *edits[1:]))


class RaisesIndexError(Handle):
    def validate(self, edits: Edits) -> None:
        try:
            super().validate(edits)
        except InvalidEdit:
            raise IndexError("out of range") from None


class HalfApplied(Handle):
    def apply(self, edits: Edits) -> None:
        for edit in edits:
            super().apply((edit,))


class BrokenByRefusal(Handle):
    """Nothing is seen of a refused edit until the next one."""

    refused = False

    def validate(self, edits: Edits) -> None:
        try:
            super().validate(edits)
        except InvalidEdit:
            self.refused = True
            raise

    def apply(self, edits: Edits) -> None:
        super().apply(edits)
        if self.refused:
            self.lines = []


class OneForAll(Handle):
    shared: ClassVar[list[str]] = []

    def __init__(self, document: str) -> None:
        super().__init__(document)
        OneForAll.shared = self.lines

    def apply(self, edits: Edits) -> None:
        self.lines = OneForAll.shared
        super().apply(edits)
        OneForAll.shared = self.lines


class WorkNegative(Handle):
    def work(self) -> Any:
        return -1


class WorkText(Handle):
    def work(self) -> Any:
        return "much"


class WorkNone(Handle):
    def work(self) -> Any:
        return 0


class NothingReused(Handle):
    def work(self) -> Any:
        return len(self.document)


class ChangedTriple(Handle):
    def changed(self) -> Any:
        return (*super().changed(), 0)


class ChangedAll(Handle):
    def changed(self) -> Any:
        return 0, len(self.lines)


class ChangedOut(Handle):
    def changed(self) -> Any:
        return 0, len(self.lines) + 1


class ChangedNothing(Handle):
    def changed(self) -> Any:
        return 0, 0


class CheckpointsDescend(Handle):
    def checkpoints(self) -> list[int]:
        return super().checkpoints()[::-1]


class NoCheckpoints(Handle):
    def checkpoints(self) -> list[int]:
        return []


class ResumesRelative(Handle):
    def resume(self, index: int) -> Sequence[Any]:
        return tokens(self.lines[index:])


class ResumeRaises(Handle):
    def resume(self, index: int) -> Sequence[Any]:
        raise KeyError(index)


class SnapshotText(Handle):
    def snapshot(self) -> Any:
        return "text"


class Racing(Handle):
    """Passes its lines through the module; a race needs two threads."""

    def replace(self, edit: Edit) -> tuple[int, int]:
        SCRATCH["lines"] = self.lines
        time.sleep(0)
        self.lines = SCRATCH["lines"]
        return super().replace(edit)


class FailsOnThreads(Handle):
    def apply(self, edits: Edits) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise Panic("not on the main thread")
        super().apply(edits)


SCRATCH: dict[str, list[str]] = {}


class KeepsSingleCharacters(Handle):
    """Deletes no single character that stands alone in its step, as a fork's twin has to."""

    def replace(self, edit: Edit) -> tuple[int, int]:
        if edit.end - edit.start == 1 and not edit.text:
            edit = Edit(edit.start, edit.start, "")
        return super().replace(edit)
