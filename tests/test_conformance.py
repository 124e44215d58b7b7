"""The conformance kit: it accuses no healthy target, and tells each broken one what it breaks.

The healthy target has every capability. Each of the broken ones varies one thing of it; its row
says which promise it has to be told of, and a word of the message.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import pytest
from click.testing import CliRunner, Result

from fuzzeq import Edit, InvalidDocument, InvalidEdit, InvalidSnapshot, Token, cli
from fuzzeq.engines.conformance import PROMISES, assert_conforms, complaints, promises
from fuzzeq.model.target import Capability, Piece
from fuzzeq.model.trace import Edits
from fuzzeq.registry import load_target, registered_names

LINE = re.compile(r"[^\n]*\n|[^\n]+")


def tokens(lines: Sequence[str], offset: int = 0) -> list[Token]:
    """A token for each line; its mode is the text."""
    found = []
    for line in lines:
        found.append(Token("line", offset, offset + len(line), line))
        offset += len(line)
    return found


def seal(*parts: str) -> bytes:
    """A checksum."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


class Handle:
    """A healthy handle: it reads only the lines that an edit touches."""

    def __init__(self, document: str) -> None:
        self.lines: list[str] = LINE.findall(document)
        self.examined = 0
        self.span = 0, 0

    @property
    def document(self) -> str:
        return "".join(self.lines)

    def apply(self, edits: Edits) -> None:
        self.validate(edits)
        self.examined, head, tail = 0, len(self.lines), len(self.lines)
        for edit in edits:
            start, stop = self.replace(edit)
            head, tail = min(head, start), min(tail, len(self.lines) - stop)
        self.span = (head, max(len(self.lines) - tail, head)) if edits else (0, 0)

    def validate(self, edits: Edits) -> None:
        length = len(self.document)
        for edit in edits:
            if not edit.fits(length):
                raise InvalidEdit(f"{edit} does not fit")
            length += edit.delta

    def replace(self, edit: Edit) -> tuple[int, int]:
        start, offset = 0, 0
        while start < len(self.lines) and offset + len(self.lines[start]) < edit.start:
            offset += len(self.lines[start])
            start += 1
        stop, end = start, offset
        while stop < len(self.lines) and end <= edit.end:
            end += len(self.lines[stop])
            stop += 1
        text = Edit(edit.start - offset, edit.end - offset, edit.text).apply(
            "".join(self.lines[start:stop])
        )
        lines = LINE.findall(text)
        self.examined += len(text)
        self.lines[start:stop] = lines
        return start, start + len(lines)

    def result(self) -> Sequence[Any]:
        return tokens(self.lines)

    def work(self) -> Any:
        return self.examined

    def changed(self) -> Any:
        return self.span

    def checkpoints(self) -> list[int]:
        return [token.start for token in tokens(self.lines)]

    def resume(self, index: int) -> Sequence[Any]:
        return tokens(self.lines[index:], self.checkpoints()[index])

    def snapshot(self) -> Any:
        return seal(self.document)


class Lines:
    """The healthy target."""

    name: Any = "lines"
    lossless = True
    thread_safe = True
    samples: Any = ("one\ntwo\n", "three")
    hazards: Any = ("\n", "\n\n")
    handle: ClassVar[type[Handle]] = Handle

    def batch(self, document: str) -> Any:
        return tokens(LINE.findall(document))

    def open(self, document: str) -> Any:
        return self.handle(document)

    def pieces(self, document: str) -> list[Any]:
        return [Piece(len(line), line) for line in LINE.findall(document)]

    @property
    def reference(self) -> Any:
        return self

    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(document):
            raise InvalidSnapshot("damaged, or of another document")
        return self.open(document)


class WordsHandle:
    def __init__(self, document: str) -> None:
        self.document = document

    def apply(self, edits: Edits) -> None:
        document = self.document
        for edit in edits:
            document = edit.apply(document)
        self.document = document

    def result(self) -> list[str]:
        return self.document.split()


class Words:
    """The target of README.md: two methods, and nothing reused."""

    name = "words"

    def batch(self, document: str) -> list[str]:
        return document.split()

    def open(self, document: str) -> WordsHandle:
        return WordsHandle(document)


class RefusesCarriageReturns(Lines):
    """Healthy: it may refuse what it likes."""

    def batch(self, document: str) -> Any:
        if "\r" in document:
            raise InvalidDocument("a carriage return")
        return super().batch(document)


# What goes wrong in targets.


class NameWithBlank(Lines):
    name = "my lines"


class NameNotText(Lines):
    name = 7


class SamplesList(Lines):
    samples: Any = {"one\n": 1}.keys()


class HazardsText(Lines):
    hazards: Any = "\n"


class HazardsOfBytes(Lines):
    hazards: Any = (b"\n",)


class RefusesAll(Lines):
    def batch(self, document: str) -> Any:
        raise InvalidDocument("no")


class RaisesOnAstral(Lines):
    def batch(self, document: str) -> Any:
        document.encode("ascii", "ignore" if max(document, default="") < "\uffff" else "strict")
        return super().batch(document)


class RaisesEscapes(Lines):
    def batch(self, document: str) -> Any:
        raise RuntimeError("\u202e")


class ResultNone(Lines):
    def batch(self, document: str) -> Any:
        return None


class Counts(Lines):
    calls = 0

    def batch(self, document: str) -> Any:
        self.calls += 1
        return [*super().batch(document), Token("call", self.calls, 0)]


class Remembers(Lines):
    longest = 0

    def batch(self, document: str) -> Any:
        self.longest = max(self.longest, len(document))
        return [*super().batch(document), Token("longest", self.longest, 0)]


class IdentityItems(Lines):
    def batch(self, document: str) -> Any:
        return [object() for _ in super().batch(document)]


class OneList(Lines):
    def __init__(self) -> None:
        self.list: list[Token] = []

    def batch(self, document: str) -> Any:
        self.list[:] = super().batch(document)
        return self.list


class BatchEditsHandles(Lines):
    def __init__(self) -> None:
        self.handles: list[Handle] = []

    def batch(self, document: str) -> Any:
        for handle in self.handles:
            handle.lines = LINE.findall(document)
        return super().batch(document)

    def open(self, document: str) -> Any:
        self.handles = [self.handle(document)]
        return self.handles[0]


class Unequal(str):
    """An item that is not even equal to itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Picky(str):
    """An item that asserts what it is compared with."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        assert str(self) == str(other), "not of one text"
        return True

    __hash__ = str.__hash__


class Shy(str):
    """An item that cannot be printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Items(Lines):
    """The lines as items of some type, on both sides."""

    lossless = False
    item: ClassVar[Any] = str

    def batch(self, document: str) -> Any:
        return [self.item(line) for line in LINE.findall(document)]

    def open(self, document: str) -> Any:
        handle = ItemsHandle(document)
        handle.item = self.item
        return handle


class ItemsHandle(Handle):
    item: Any

    def result(self) -> Sequence[Any]:
        return [self.item(line) for line in self.lines]

    def resume(self, index: int) -> Sequence[Any]:
        return self.result()[index:]


class UnequalItems(Items):
    item = Unequal


class PickyItems(Items):
    item = Picky


class ShyItems(Items):
    item = Shy


class Miscounted(list[Token]):
    def __len__(self) -> int:
        return sum(1 for _ in self) + 1


class LengthLies(Lines):
    def batch(self, document: str) -> Any:
        return Miscounted(super().batch(document))


class PiecesLack(Lines):
    def pieces(self, document: str) -> list[Any]:
        return super().pieces(document)[1:]


class PiecesUnhashable(Lines):
    def pieces(self, document: str) -> list[Any]:
        return [Piece(piece.length, [piece.key]) for piece in super().pieces(document)]  # type: ignore[arg-type]


class RemembersWrongly(Lines):
    """What it takes for its memory is right, and what it would read is not."""

    @property
    def reference(self) -> Any:
        return Reads()


class Reads:
    def batch(self, document: str) -> Any:
        return tokens(LINE.findall(document))[1:]


class OnePiece(Lines):
    def pieces(self, document: str) -> list[Any]:
        return [Piece(len(document), document)]


class TakesAnyBytes(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        return self.handle(document)


class TakesAnyDocument(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        if len(snapshot) != 32:
            raise InvalidSnapshot("damaged")
        return super().restore(seal(document), document)


class SealsTheLength(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(str(len(document))):
            raise InvalidSnapshot("damaged")
        return self.handle(document)


class RaisesOnDamage(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        if snapshot != seal(document):
            raise KeyError("damaged")
        return self.handle(document)


class RestoresEmpty(Lines):
    def restore(self, snapshot: bytes, document: str) -> Any:
        super().restore(snapshot, document)
        return self.handle("")


class RestoresForgetful(Lines):
    """The restored handle forgets its first step."""

    def restore(self, snapshot: bytes, document: str) -> Any:
        handle = super().restore(snapshot, document)
        handle.apply = lambda edits: handle.__dict__.pop("apply")
        return handle


class NoBatch:
    name = "no-batch"

    def open(self, document: str) -> Handle:
        return Handle(document)


class Panic(BaseException):
    """What a native engine raises."""


class RaisesEverywhere:
    def __getattribute__(self, name: str) -> Any:
        raise Panic(name)


class PanicsOnOpen(Lines):
    def open(self, document: str) -> Any:
        raise Panic("open")


# What goes wrong in handles.


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


class SnapshotOfLength(Handle):
    def snapshot(self) -> Any:
        return seal(str(len(self.document)))


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


class Place:
    """An item that has an offset and cannot be shifted."""

    def __init__(self, token: Token) -> None:
        self.start, self.line = token.start, token.mode

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self.line == other.line

    def __repr__(self) -> str:
        return self.line

    __hash__ = None  # type: ignore[assignment]


class KeepsSingleCharacters(Handle):
    """Deletes no single character that stands alone in its step, as a fork's twin has to."""

    def replace(self, edit: Edit) -> tuple[int, int]:
        if edit.end - edit.start == 1 and not edit.text:
            edit = Edit(edit.start, edit.start, "")
        return super().replace(edit)


class NoShift(Lines):
    lossless = False

    def batch(self, document: str) -> Any:
        return [Place(token) for token in super().batch(document)]

    class handle(Handle):  # noqa: N801
        def result(self) -> Sequence[Any]:
            return [Place(token) for token in super().result()]

        def resume(self, index: int) -> Sequence[Any]:
            return self.result()[index:]


class Stuck(Token):
    """A token whose `shift` does nothing."""

    __slots__ = ()

    def shift(self, by: int) -> Any:
        return self


class StuckShift(Lines):
    def batch(self, document: str) -> Any:
        return [Stuck(*token) for token in super().batch(document)]


class Gaps(Lines):
    def batch(self, document: str) -> Any:
        return super().batch(document)[1:]

    class handle(Handle):  # noqa: N801
        def result(self) -> Sequence[Any]:
            return super().result()[1:]


class LosslessOpaque(Items):
    lossless = True


class Row(NamedTuple):
    """A broken target or handle, the promise it breaks, and words of the message."""

    broken: type[Any]
    promise: str
    words: str = ""


BROKEN = [
    Row(NameWithBlank, "name", "'my lines'"),
    Row(NameNotText, "name"),
    Row(SamplesList, "samples", "`samples` is dict_keys"),
    Row(HazardsText, "samples", "`hazards` is"),
    Row(HazardsOfBytes, "samples", "`hazards` is"),
    Row(NoBatch, "methods", "no batch()"),
    Row(NoResult, "methods", "no result()"),
    Row(PanicsOnOpen, "methods", "Panic"),
    Row(RaisesEverywhere, "methods", "Panic"),
    Row(RefusesAll, "documents", "refused every"),
    Row(RaisesOnAstral, "documents", "UnicodeEncodeError"),
    Row(ResultNone, "documents", "TypeError"),
    Row(NoResume, "capabilities", "no resume()"),
    Row(NoSnapshot, "capabilities", "no snapshot()"),
    Row(WorkNotCallable, "capabilities", "`work` is not a method"),
    Row(Counts, "determinism", "two different answers for ''"),
    Row(Remembers, "determinism", "seen others"),
    Row(IdentityItems, "determinism", "compare by value"),
    Row(OneList, "purity", "its own result"),
    Row(BatchEditsHandles, "purity", "open handle"),
    Row(UnequalItems, "determinism", "compare by value"),
    Row(UnequalItems, "results", "equal to itself"),
    Row(PickyItems, "results", "AssertionError"),
    Row(ShyItems, "results", "RuntimeError"),
    Row(LengthLies, "results", ""),
    Row(ShowsOpened, "equality", "insert 'a'"),
    Row(KeepsSingleCharacters, "equality"),
    Row(RaisesOnEmptyStep, "raises", "a step without edits"),
    Row(Clamps, "invalid-edits", "was accepted"),
    Row(RaisesIndexError, "invalid-edits", "IndexError"),
    Row(HalfApplied, "invalid-edits", "behind a refused edit"),
    Row(BrokenByRefusal, "invalid-edits"),
    Row(OneForAll, "interleaving"),
    Row(WorkNegative, "work", "work() is -1"),
    Row(WorkText, "work", "TypeError"),
    Row(WorkNone, "work", "work() is 0"),
    Row(NothingReused, "work", "nothing is reused"),
    Row(PiecesLack, "pieces", "hold 0 of 1"),
    Row(PiecesUnhashable, "pieces", "unhashable"),
    Row(OnePiece, "pieces", "is one piece"),
    Row(RemembersWrongly, "reference", "differently"),
    Row(ChangedTriple, "changes"),
    Row(ChangedAll, "changes", "reports everything"),
    Row(ChangedOut, "changes", "changed range [0, "),
    Row(ChangedNothing, "changes", "reported as unchanged"),
    Row(NoShift, "changes", "no attribute 'shift'"),
    Row(StuckShift, "changes", "shift(3)"),
    Row(CheckpointsDescend, "checkpoints", "do not ascend"),
    Row(NoCheckpoints, "checkpoints", "is empty"),
    Row(ResumesRelative, "checkpoints", "resumed from checkpoint"),
    Row(ResumeRaises, "checkpoints", "KeyError"),
    Row(SnapshotText, "snapshots", "snapshot() is a str"),
    Row(TakesAnyBytes, "snapshots", "was accepted"),
    Row(TakesAnyDocument, "snapshots", "was accepted"),
    Row(RaisesOnDamage, "snapshots", "KeyError"),
    Row(RestoresEmpty, "snapshots", "restored result"),
    Row(RestoresForgetful, "snapshots"),
    Row(Gaps, "lossless", "ends at 0"),
    Row(LosslessOpaque, "lossless", "AttributeError"),
    Row(Racing, "thread_safe", "on another thread"),
    Row(FailsOnThreads, "thread_safe", "handle 2 raised Panic"),
]


def made(broken: type[Any]) -> Any:
    """The target; a broken handle's is the healthy one with that handle."""
    if not issubclass(broken, Handle):
        return broken()
    target = Lines()
    target.handle = broken  # type: ignore[misc]
    return target


ALONE = ("name", "samples", "interleaving", "work", "changes", "checkpoints")
"""Promises whose breach must not be told of others."""
FOLLOWS = {"raises", "thread_safe"}
"""What may come of one: a number that is none raises in the harness, a shared state races."""


def check_told(target: Any, promise: str, words: str) -> None:
    """The target is told of the promise, in these words, and what to change."""
    found = list(complaints(target))
    messages = [complaint.message for complaint in found if complaint.promise == promise]
    assert any(words in message for message in messages), found
    assert all(message.endswith(PROMISES[promise]) for message in messages)
    if promise in ALONE:
        assert {complaint.promise for complaint in found} - FOLLOWS == {promise}


@pytest.mark.parametrize("name", registered_names())
def test_registered_target_conforms(name: str) -> None:
    assert_conforms(load_target(name))


@pytest.mark.parametrize("target", [Lines(), Words(), RefusesCarriageReturns(), Items()])
def test_healthy_target_is_not_accused(target: Any) -> None:
    assert list(complaints(target)) == []


@pytest.mark.no_cover
@pytest.mark.parametrize("row", BROKEN, ids=lambda row: f"{row.promise}-{row.broken.__name__}")
def test_broken_target_is_told_which_promise_it_breaks(row: Row) -> None:
    check_told(made(row.broken), row.promise, row.words)


def test_fork_is_not_blamed_for_what_goes_wrong_without_it() -> None:
    told = {complaint.promise for complaint in complaints(made(KeepsSingleCharacters))}
    assert "equality" in told
    assert "interleaving" not in told


PLANTED = {
    "answers-from-handle": "determinism",
    "checkpoints-one-line-off": "checkpoints",
    "half-applied": "invalid-edits",
    "one-line-reported": "changes",
    "raises-when-emptied": "raises",
    "reads-everything": "work",
    "return-dropped": "lossless",
    "shared-answer": "interleaving",
    "states-below-the-fold-kept": "equality",
    "tail-not-moved": "equality",
    "torn-accepted": "snapshots",
}
"""Planted bugs of the LaTeX lexer, and the promise that each breaks."""
OF_TWO_HANDLES = {"thread_safe", "interleaving"}
"""Promises that nobody is told of whose handles go wrong one by one."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_planted_bug_is_told_which_promise_it_breaks(name: str) -> None:
    told = {complaint.promise for complaint in complaints(load_target(f"latex-planted-{name}"))}
    assert PLANTED[name] in told
    assert not (told - {PLANTED[name]}) & OF_TWO_HANDLES


def test_every_promise_is_broken_by_some_target() -> None:
    assert {row.promise for row in BROKEN} == PROMISES.keys()


def test_promises_are_asked_of_those_who_declare_them() -> None:
    assert list(promises(Lines())) == list(PROMISES)
    assert set(PROMISES) - set(promises(Words())) == {*Capability} - {
        Capability.SAMPLES,
        Capability.HAZARDS,
    }


def test_complaints_are_the_same_each_time() -> None:
    assert list(complaints(made(HalfApplied))) == list(complaints(made(HalfApplied)))


def test_assertion_lists_every_complaint() -> None:
    target = made(ChangedAll)
    target.name = "my lines"
    with pytest.raises(AssertionError) as caught:
        assert_conforms(target)
    assert str(caught.value).splitlines()[1:] == [
        f"  {complaint.promise}: {complaint.message}" for complaint in complaints(target)
    ]
    assert "  name: " in str(caught.value)
    assert "  changes: " in str(caught.value)


def test_switch_interval_is_left_as_it_was() -> None:
    before = sys.getswitchinterval()
    list(complaints(Lines()))
    assert sys.getswitchinterval() == before


# The command line.


def fuzzeq(*arguments: str) -> Result:
    """`fuzzeq targets --check`, up to where `main` would turn a `UsageError` into status 2."""
    return CliRunner().invoke(cli.cli, ["targets", "--check", *arguments])


def test_check_prints_a_line_for_each_promise_kept() -> None:
    ended = fuzzeq("tests.test_conformance:Lines")
    assert ended.exit_code == 0
    lines = ended.output.splitlines()
    assert [line.split()[:2] for line in lines] == [["kept", name] for name in PROMISES]


def test_check_prints_a_line_for_each_complaint() -> None:
    ended = fuzzeq("tests.test_conformance:SamplesList")
    assert ended.exit_code == 1
    (line,) = ended.output.splitlines()
    assert line.startswith("broken  samples ")
    assert line.endswith(PROMISES["samples"])


def test_check_lets_no_document_steer_the_terminal() -> None:
    ended = fuzzeq("tests.test_conformance:RaisesEscapes")
    assert ended.exit_code == 1
    assert "\\u202e" in ended.output
    assert "\u202e" not in ended.output


def test_check_asks_a_small_target_for_less() -> None:
    ended = fuzzeq("tests.test_conformance:Words")
    assert ended.exit_code == 0
    assert "equality" in ended.output
    assert "snapshots" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("absent",), "no target 'absent'"),
        (("tests.test_conformance:Absent",), "Absent"),
        (("tests.test_conformance:NameNotText",), "a str `name`"),
        (("latex", "--planted"), "--planted"),
    ],
)
def test_check_of_what_is_no_target_is_an_error_of_usage(
    arguments: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzzeq", "targets", "--check", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert word in err
    assert len(err.splitlines()) == 1
