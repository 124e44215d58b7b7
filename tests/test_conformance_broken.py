"""The conformance kit tells each broken target what it breaks.

The healthy target has every capability. Each of the broken ones varies one thing of it; its row
says which promise it has to be told of, and a word of the message.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from fuzzeq.engines.conformance import PROMISES, complaints
from fuzzeq.registry import load_target
from tests.conformance_broken_handles import (
    BrokenByRefusal,
    ChangedAll,
    ChangedNothing,
    ChangedOut,
    ChangedTriple,
    CheckpointsDescend,
    Clamps,
    FailsOnThreads,
    HalfApplied,
    KeepsSingleCharacters,
    NoCheckpoints,
    NoResult,
    NoResume,
    NoSnapshot,
    NothingReused,
    OneForAll,
    Racing,
    RaisesIndexError,
    RaisesOnEmptyStep,
    ResumeRaises,
    ResumesRelative,
    ShowsOpened,
    SnapshotText,
    WorkNegative,
    WorkNone,
    WorkNotCallable,
    WorkText,
)
from tests.conformance_broken_targets import (
    BatchEditsHandles,
    Counts,
    Gaps,
    HazardsOfBytes,
    HazardsText,
    IdentityItems,
    LengthLies,
    LosslessOpaque,
    NameNotText,
    NameWithBlank,
    NoBatch,
    NoShift,
    OneList,
    OnePiece,
    PanicsOnOpen,
    PickyItems,
    PiecesLack,
    PiecesUnhashable,
    RaisesEverywhere,
    RaisesOnAstral,
    RaisesOnDamage,
    RefusesAll,
    Remembers,
    RemembersWrongly,
    RestoresEmpty,
    RestoresForgetful,
    ResultNone,
    SamplesList,
    SealsTheLength,
    ShyItems,
    StuckShift,
    TakesAnyBytes,
    TakesAnyDocument,
    UnequalItems,
)
from tests.conformance_healthy import made


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
    Row(SealsTheLength, "snapshots", "was accepted"),
    Row(RaisesOnDamage, "snapshots", "KeyError"),
    Row(RestoresEmpty, "snapshots", "restored result"),
    Row(RestoresForgetful, "snapshots"),
    Row(Gaps, "lossless", "ends at 0"),
    Row(LosslessOpaque, "lossless", "AttributeError"),
    Row(Racing, "thread_safe", "on another thread"),
    Row(FailsOnThreads, "thread_safe", "handle 2 raised Panic"),
]

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
