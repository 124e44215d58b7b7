"""Engines to be measured: one that is well, and some that are not in one way each."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from fuzzeq import Edit

WORK = 10
"""Characters that an edit is said to examine; tests write another number here."""


class Handle:
    """Words, split anew each time."""

    def __init__(self, document: str) -> None:
        self.document = document

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Applies them."""
        for edit in edits:
            self.document = edit.apply(self.document)

    def result(self) -> Sequence[str]:
        """The words."""
        return self.document.split()

    def work(self) -> int:
        """What it says."""
        return WORK


class Words:
    """A target that is well."""

    name = "words"
    handle: type[Handle] = Handle
    thread_safe = True

    def batch(self, document: str) -> Sequence[str]:
        """The words."""
        return document.split()

    def open(self, document: str) -> Any:
        """A handle."""
        return self.handle(document)


class Raising(Handle):
    """Fails at edits of a line."""

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Raises, where a line's end comes in."""
        if "\n" in edits[0].text:
            raise RuntimeError("no \x1b[31mlines")
        super().apply(edits)


class Dying(Handle):
    """Takes its process with it."""

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Ends the process, where a line's end comes in."""
        if "\n" in edits[0].text:
            os._exit(7)
        super().apply(edits)


class Forgetful(Handle):
    """Does not undo the eleventh edit and those behind it."""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        self.edits = 0

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Applies insertions only, after a while."""
        self.edits += 1
        if self.edits < 11 or edits[0].text:
            super().apply(edits)


class Leaking(Handle):
    """Keeps something of each edit."""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        self.kept: list[bytes] = []

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Keeps 50 KB."""
        super().apply(edits)
        self.kept.append(os.urandom(50_000))


KEPT: list[Any] = []


class Undropped(Handle):
    """Is never let go."""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        KEPT.append((self, os.urandom(500_000)))


class Sharing(Handle):
    """All handles have one document."""

    shared = ""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        Sharing.shared = document

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """To the one."""
        for edit in edits:
            if edit.fits(len(Sharing.shared)):
                Sharing.shared = edit.apply(Sharing.shared)
        self.document = Sharing.shared


class Hanging(Handle):
    """Never comes back."""

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Sleeps."""
        time.sleep(3600)


class Heavy(Handle):
    """Takes its process with it where a document is large."""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        if len(document) >= 10_000:
            os._exit(7)


def target(handle: type[Handle]) -> Words:
    """The target of a handle."""
    made = Words()
    made.handle, made.name = handle, handle.__name__.lower()
    return made


RAISING, DYING, FORGETFUL, LEAKING, UNDROPPED, SHARING, HANGING, HEAVY = map(
    target, (Raising, Dying, Forgetful, Leaking, Undropped, Sharing, Hanging, Heavy)
)


SECONDS = 0.05
"""What an edit takes; tests write another number here."""


class Sluggish(Handle):
    """Waits."""

    def __init__(self, document: str) -> None:
        super().__init__(document)
        time.sleep(SECONDS)

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Waits, then applies them."""
        time.sleep(SECONDS)
        super().apply(edits)


SLUGGISH = target(Sluggish)
