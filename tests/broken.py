"""Targets and tasks that go wrong on purpose, for the tests of what becomes of them.

Workers import this module, so it imports nothing of pytest. The healthy target's items are the
document's characters; a victim is the document whose checksum stands in the environment, which
workers inherit: a test picks it among the traces of a unit, whatever the generator draws.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from fuzzeq.errors import InvalidDocument, UsageError
from fuzzeq.model.edit import apply_all
from fuzzeq.model.trace import Edits

VICTIM = "FUZZEQ_TESTS_VICTIM"
HANGING = "FUZZEQ_TESTS_HANGING"
DEADLY = "FUZZEQ_TESTS_DEADLY"

_said: set[str] = set()
"""What this process has done once already."""


def checksum(document: str) -> str:
    """A name for a document that fits into the environment."""
    return str(zlib.crc32(document.encode("utf-8", "surrogatepass")))


# Targets.


class Handle:
    """A healthy handle on a document; the others get one thing wrong."""

    def __init__(self, document: str) -> None:
        self.opened = self.document = self.shown = document

    def apply(self, edits: Edits) -> None:
        """Applies them all, or raises and changes nothing."""
        self.document = self.shown = apply_all(self.document, edits)

    def result(self) -> list[str]:
        """The characters."""
        return list(self.shown)


class ForgetsSecond(Handle):
    """Shows a step of several edits as if only the first had been made."""

    def apply(self, edits: Edits) -> None:
        before = self.document
        super().apply(edits)
        self.shown = apply_all(before, edits[:1]) if len(edits) > 1 else self.document


class LosesCount(Handle):
    """One character short behind a step that inserts a word, one too many behind one that removes
    as much: two bugs, and neither waits for a special document."""

    def apply(self, edits: Edits) -> None:
        super().apply(edits)
        if any(len(edit.text) > 2 for edit in edits):
            self.shown = self.document[:-1]
        elif any(edit.end - edit.start > 2 for edit in edits):
            self.shown = self.document + "x"


class Dies(Handle):
    """Ends its process on the victim."""

    def apply(self, edits: Edits) -> None:
        if checksum(self.opened) == os.environ.get(VICTIM):
            os._exit(3)
        super().apply(edits)


class IsKilled(Handle):
    """Is killed on any edit of a document that says so."""

    def apply(self, edits: Edits) -> None:
        if "kill" in self.document:
            os.kill(os.getpid(), signal.SIGKILL)
        super().apply(edits)


class AlwaysDies(Handle):
    """Ends its process on every edit."""

    def apply(self, edits: Edits) -> None:
        os._exit(5)


class ForgetsAfterDeletion(Handle):
    """Shows nothing of an insertion that comes right behind a deletion."""

    deleted = False

    def apply(self, edits: Edits) -> None:
        before, deleted = self.document, self.deleted
        super().apply(edits)
        self.deleted = len(self.document) < len(before)
        if deleted and len(self.document) > len(before):
            self.shown = before


class Hangs(Handle):
    """Sleeps for ever on the victim."""

    def apply(self, edits: Edits) -> None:
        if checksum(self.opened) == os.environ.get(VICTIM):
            time.sleep(10**6)
        super().apply(edits)


class Naps(Handle):
    """Sleeps at the eleventh edit of its process, when the canary has long been caught, and leaves
    a file that says so."""

    def apply(self, edits: Edits) -> None:
        _said.add(str(len(_said)))
        if len(_said) > 10:
            Path("asleep").touch()
            time.sleep(30)
        super().apply(edits)


def eat() -> None:
    """Takes 400 MB at once, which any machine does before it looks like a hang, and sits there."""
    eaten = b"x" * (400 << 20)
    while eaten:
        time.sleep(0.1)


class Eats(Handle):
    """Takes much memory on the victim."""

    def apply(self, edits: Edits) -> None:
        if checksum(self.opened) == os.environ.get(VICTIM):
            eat()
        super().apply(edits)


class Leaks(Handle):
    """Keeps some memory of every edit."""

    kept: ClassVar[list[bytes]] = []

    def apply(self, edits: Edits) -> None:
        self.kept.append(b"x" * (1 << 16))
        super().apply(edits)


class Troubled(LosesCount):
    """Loses count, eats memory on one victim and hangs on another."""

    def apply(self, edits: Edits) -> None:
        if checksum(self.opened) == os.environ.get(VICTIM):
            eat()
        if checksum(self.opened) == os.environ.get(HANGING):
            time.sleep(10**6)
        super().apply(edits)


class HangsOnce(Handle):
    """Sleeps at the first edit of a document with a brace, of all processes together: there is a
    file from then on."""

    def apply(self, edits: Edits) -> None:
        if "{" in self.document and not Path("asleep").exists():
            Path("asleep").touch()
            time.sleep(10**6)
        super().apply(edits)


class DiesOnBrace(Handle):
    """Ends its process at an edit of a document with a brace."""

    def apply(self, edits: Edits) -> None:
        if "{" in self.document:
            os._exit(7)
        super().apply(edits)


class WrongOnce(Handle):
    """Shows one wrong result for each process."""

    def result(self) -> list[str]:
        """The characters, the first time with one too many."""
        if self.document != self.opened and "wrong" not in _said:
            _said.add("wrong")
            return [*self.shown, "surplus"]
        return super().result()


class DiesWhenShrunk(LosesCount):
    """Ends its process on everything once a test has put the word into the environment."""

    def __init__(self, document: str) -> None:
        if DEADLY in os.environ:
            os._exit(4)
        super().__init__(document)


class Prints(Handle):
    """Says what it does."""

    def apply(self, edits: Edits) -> None:
        print("applied", flush=True)
        super().apply(edits)


class Loud(Handle):
    """Is wrong about every document, and raises at one in eight."""

    def result(self) -> list[str]:
        """One letter too many."""
        if len(self.document) % 8 == 0:
            raise KeyError(self.document)
        return [*super().result(), "x"]


class Letters:
    """A target whose items are the characters."""

    def __init__(self, name: str, handle: Callable[[str], Handle] = Handle) -> None:
        self.name = name
        self._handle = handle

    def batch(self, document: str) -> list[str]:
        """The characters."""
        return list(document)

    def open(self, document: str) -> Handle:
        """A handle."""
        return self._handle(document)


class Refuses(Letters):
    """Refuses one document in three."""

    def batch(self, document: str) -> list[str]:
        """The characters, of what is not refused."""
        if int(checksum(document)) % 3 == 0:
            raise InvalidDocument("a multiple of three")
        return super().batch(document)


class RefusesEverything(Letters):
    """Refuses every document."""

    def batch(self, document: str) -> list[str]:
        """Nothing at all."""
        raise InvalidDocument("no")


class DiesInWorkers(Letters):
    """Ends every process that only asks for its samples, as a module that fails there would."""

    @property
    def samples(self) -> tuple[str, ...]:
        """Nothing, where it is asked for by the process of the tests."""
        if multiprocessing.parent_process() is not None:
            os._exit(8)
        return ()


HEALTHY = Letters("healthy")
FORGETS_SECOND = Letters("forgets-second", ForgetsSecond)
LOSES_COUNT = Letters("loses-count", LosesCount)
PRINTS = Letters("prints", Prints)
LOUD = Letters("loud", Loud)
HEALTHY_LOSES_COUNT = Letters("loses-count")
"""The one of that name, once it is mended."""
DIES = Letters("dies", Dies)
ALWAYS_DIES = Letters("always-dies", AlwaysDies)
DIES_IN_WORKERS = DiesInWorkers("dies-in-workers")
FORGETS_LAST_OF_TWO_STEPS = Letters("forgets-last-of-two-steps", ForgetsAfterDeletion)
IS_KILLED = Letters("is-killed", IsKilled)
SLOW = Letters("slow", Naps)
HANGS = Letters("hangs", Hangs)
EATS = Letters("eats", Eats)
LEAKS = Letters("leaks", Leaks)
TROUBLED = Letters("troubled", Troubled)
HANGS_ONCE = Letters("hangs-once", HangsOnce)
DIES_ON_BRACE = Letters("dies-on-brace", DiesOnBrace)
WRONG_ONCE = Letters("wrong-once", WrongOnce)
DIES_WHEN_SHRUNK = Letters("dies-when-shrunk", DiesWhenShrunk)
REFUSES = Refuses("refuses")
REFUSES_EVERYTHING = RefusesEverything("refuses-everything")
ODDLY_NAMED = Letters("oddly named: ü", LosesCount)
NOT_A_TARGET = object()


# Tasks. Each has `run(began)`, as the scheduler wants it.

Began = Callable[[Any], None]


@dataclass(frozen=True)
class Answer:
    """Gives its value, and the process that gave it."""

    value: int

    def run(self, began: Began) -> tuple[int, int]:
        """The value and the process."""
        began(self.value)
        return self.value, os.getpid()


@dataclass(frozen=True)
class Alone(Answer):
    """The same, in a process of its own."""

    fresh: ClassVar[bool] = True


@dataclass(frozen=True)
class Eat:
    """Takes more and more memory, and answers once it has so much."""

    megabytes: int

    def run(self, began: Began) -> int:
        """The megabytes."""
        eaten = []
        for number in range(self.megabytes):
            began(number)
            eaten.append(b"x" * (1 << 20))
            time.sleep(0.005)
        return len(eaten)


@dataclass(frozen=True)
class LongNote:
    """Leaves a short note and one that is longer than the journal, then ends its process."""

    size: int

    def run(self, began: Began) -> None:
        """Never returns."""
        began("short")
        began("x" * self.size)
        os._exit(7)


@dataclass(frozen=True)
class Raise:
    """Raises."""

    message: str

    def run(self, began: Began) -> None:
        """Never returns."""
        raise ZeroDivisionError(self.message)


@dataclass(frozen=True)
class Misuse:
    """Raises what is the user's to mend."""

    message: str

    def run(self, began: Began) -> None:
        """Never returns."""
        raise UsageError(self.message)


@dataclass(frozen=True)
class Exit:
    """Sends its notes, then ends its process."""

    notes: tuple[str, ...]
    status: int = 7

    def run(self, began: Began) -> None:
        """Never returns."""
        for note in self.notes:
            began(note)
        os._exit(self.status)


@dataclass(frozen=True)
class Kill:
    """Kills its process."""

    def run(self, began: Began) -> None:
        """Never returns."""
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Sleep:
    """Sends a note and sleeps."""

    seconds: float

    def run(self, began: Began) -> float:
        """The seconds."""
        began("asleep")
        time.sleep(self.seconds)
        return self.seconds


@dataclass(frozen=True)
class Talk:
    """Works on for a while, with a note now and then."""

    notes: int
    pause: float

    def run(self, began: Began) -> int:
        """How many notes there were."""
        for note in range(self.notes):
            began(note)
            time.sleep(self.pause)
        return self.notes


class Late:
    """Takes its time to arrive, as one does whose modules have to be imported."""

    def __setstate__(self, state: Any) -> None:
        time.sleep(3)

    def __getstate__(self) -> str:
        return "late"

    def run(self, began: Began) -> str:
        """A word."""
        return "there"


@dataclass(frozen=True)
class BreakOff:
    """Ends its process in the middle of a message, as a killed one may."""

    def run(self, began: Began) -> None:
        """Never returns."""
        cells = [cell.cell_contents for cell in began.__closure__ or ()]
        (connection,) = (value for value in cells if isinstance(value, Connection))
        os.write(connection.fileno(), struct.pack("!i", 1000) + b"half")
        os._exit(5)
