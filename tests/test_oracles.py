"""Every oracle on observations made by hand: what it must accept, and what it must not.

No target takes part: here oracles stand trial alone. Planted bugs have their own test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.calls import raised
from fuzzeq.checking import check
from fuzzeq.model.columns import Columns, Legend
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import (
    FREE_WORK,
    Cause,
    Comparison,
    Dropped,
    Observation,
    Outcome,
    Raised,
    Refusal,
    Repetition,
    Resumption,
)
from fuzzeq.model.result import Diagnostic, Token
from fuzzeq.model.trace import Edits, Probe, ProbeName, Trace
from fuzzeq.oracles import ORACLES
from fuzzeq.oracles.work import FACTOR, OPAQUE_LENGTH
from tests.notation import downwards

BY_NAME = {oracle.name: oracle for oracle in ORACLES}
BOOM = Raised("Boom", "it broke", "apply")


class Row(NamedTuple):
    """An oracle, a name for the case, and what it sees, in order. `kind` is that of the divergence
    that the last of them has to give; None where all of them are in order."""

    oracle: str
    name: str
    observations: Sequence[Observation]
    kind: str | None = None


class Unprintable(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Opaque(str):
    """An item that can be compared, and nothing else."""

    __slots__ = ()


def tokens(*ends: int) -> list[Token]:
    """Tokens side by side, the first from 0, with these ends."""
    starts = (0, *ends[:-1])
    return [Token("t", start, end) for start, end in zip(starts, ends, strict=True)]


LEGEND = Legend((Token("t", 0, 0), Token("u", 0, 0), Diagnostic("d", 0, 0)))


def columns(items: Sequence[Any], by_length: bool = False) -> Columns:
    """The same items as columns; with `by_length`, the first by their lengths alone."""
    codes = bytes(LEGEND.index(item._replace(start=0, end=0)) for item in items)
    lengths, reached = [], 0
    for item in items if by_length else ():
        if item.start != reached or not 0 <= item.end - item.start < 256:
            break
        lengths.append(item.end - item.start)
        reached = item.end
    starts = np.array([item.start for item in items[len(lengths) :]], np.int64)
    ends = np.array([item.end for item in items[len(lengths) :]], np.int64)
    return Columns(LEGEND, codes, starts.tobytes(), ends.tobytes(), bytes(lengths))


def compared(
    expected: Outcome,
    actual: Outcome,
    cause: Cause = Cause.EDITS,
    document: str = "abc",
    **more: Any,
) -> Comparison:
    return Comparison(3, cause, document, expected, actual, **more)


def step(text: str, previous: Sequence[Any], new: Sequence[Any], **more: Any) -> Comparison:
    """A comparison behind the step that `text` marks; both sides answer `new`."""
    before, edits = downwards(text)
    after = apply_all(before, edits)
    return compared(new, new, document=after, edits=edits, before=before, previous=previous, **more)


def changed(text: str, previous: Sequence[Any], new: Sequence[Any], span: Any) -> Comparison:
    return step(text, previous, new, changed=span)


def worked(work: int, needed: int | None = None) -> Comparison:
    return compared([1], [1], work=work, needed=needed, has_pieces=True)


def resumed(
    offsets: tuple[int, ...], index: int, expected: Sequence[Any], actual: Outcome, length: int = 3
) -> Resumption:
    return Resumption(3, offsets, index, length, expected, actual)


def refused(due: str, refused: bool, raised: Raised | None = None) -> Refusal:
    return Refusal(3, "[9:9] → 'x'", due, refused, raised)


LINES = 8
LINE = "abcdefghi " * 9  # with its terminator, eight of them are 728 characters


def letter_replaced(line: int, work: int, items: int = 3, **fields: Any) -> Comparison:
    """One letter for another on a line of a long document; so many opaque items are other ones."""
    rows = [LINE] * LINES
    before = "\n".join(rows)
    start = line * (len(LINE) + 1) + 1
    after = before[:start] + "z" + before[start + 1 :]
    old = [Opaque(f"item {number}") for number in range(20)]
    new = [Opaque(f"new {number}") for number in range(items)] + old[items:]
    made = compared(
        new,
        new,
        document=after,
        edits=(Edit(start, start + 1, "z"),),
        before=before,
        previous=old,
        work=work,
    )
    return made._replace(**fields)


def line_put_in_front() -> Comparison:
    """A step that makes each line the next one."""
    before = "\n".join([LINE] * LINES)
    edits = (Edit(0, 0, f"{LINE}\n"),)
    return compared([], [], document=f"{LINE}\n{before}", edits=edits, before=before, work=0)


ALL = len(LINE) * LINES
SUSPICIOUS = [letter_replaced(line, ALL) for line in range(LINES)]
HALF = (ALL + LINES - 1) // 2

TWO, SAME_TWO = ["a", "b"], ["a", "b"]

AGREE = [
    # raises
    Row("raises", "results", [compared([1], [1]), compared([], [], Cause.OPEN)]),
    Row("raises", "results that differ are for others", [compared([1], [2])]),
    Row("raises", "resumption", [resumed((0,), 0, [1], [])]),
    Row("raises", "repetition", [Repetition(3, [1], [2])]),
    Row("raises", "items that look like errors", [compared([BOOM, ValueError()], ["x"])]),
    # equality
    Row("equality", "nothing", [compared([], []), compared([], (), Cause.OPEN, "")]),
    Row("equality", "same items", [compared([1, "x"], [1, "x"], Cause.REOPEN)]),
    Row("equality", "other sequence type", [compared([1, 2], (1, 2)), compared((1,), [1])]),
    Row("equality", "range for list", [compared([0, 1, 2], range(3))]),
    Row("equality", "token as plain tuple", [compared(tokens(1), [("t", 0, 1, "")])]),
    Row("equality", "columns", [compared(columns(tokens(1, 3)), columns(tokens(1, 3)))]),
    Row("equality", "columns for list", [
        compared(columns(tokens(1, 3)), tokens(1, 3)),
        compared(tokens(1, 3), columns(tokens(1, 3))),
    ]),
    Row("equality", "raised is for others", [compared([1], BOOM), compared(BOOM, ())]),
    Row("equality", "twin behind its edit", [compared([1], [1], Cause.TWIN_EDIT)]),
    # invalid-edits
    Row("invalid-edits", "refused", [refused("InvalidEdit", True)]),
    Row("invalid-edits", "nothing changed", [compared([1], (1,), Cause.INVALID)]),
    Row("invalid-edits", "raised behind it is for others", [compared([1], BOOM, Cause.INVALID)]),
    # snapshots
    Row("snapshots", "refused", [refused("InvalidSnapshot", True)]),
    Row("snapshots", "round trip", [compared([1], (1,), Cause.RESTORE)]),
    Row("snapshots", "raised is for others", [compared([1], BOOM, Cause.RESTORE)]),
    # interleaving
    Row(
        "interleaving",
        "both as they should be",
        [compared([1], [1], Cause.TWIN), compared([2], (2,), Cause.FORK)],
    ),
    Row("interleaving", "raised is for others", [compared([1], BOOM, Cause.TWIN)]),
    # resume
    Row("resume", "all from 0", [resumed((0, 1, 2), 0, tokens(1, 2, 3), tokens(1, 2, 3))]),
    Row("resume", "suffix", [resumed((0, 1, 2), 2, tokens(1, 2, 3), tokens(1, 2, 3)[2:])]),
    Row("resume", "other sequence type", [resumed((0, 1), 1, tokens(1, 3), (Token("t", 1, 3),))]),
    Row("resume", "checkpoint at the end", [resumed((0, 3), 1, tokens(3), [])]),
    Row(
        "resume",
        "complaint in front left out, that at the end not",
        [resumed((1,), 0, [Diagnostic("d", 0, 1), Diagnostic("e", 3, 3)], [("e", 3, 3)])],
    ),
    Row("resume", "of no length at the checkpoint, given or not", [
        resumed((1, 2), 0, [*tokens(1, 2), Diagnostic("d", 1, 1)], tokens(1, 2)[1:]),
        resumed((1, 2), 0, [*tokens(1, 2), Diagnostic("d", 1, 1)],
                [*tokens(1, 2)[1:], Diagnostic("d", 1, 1)]),
    ]),
    Row("resume", "empty document", [resumed((0,), 0, [], [], 0)]),
    Row("resume", "opaque from 0", [resumed((0, 2), 0, ["a", "b"], ["a", "b"])]),
    Row("resume", "opaque suffix", [resumed((0, 2), 1, ["a", "b"], ["b"])]),
    Row("resume", "opaque, less from further behind", [
        resumed((0, 1, 2), index, TWO, TWO[index:]) for index in (2, 0, 1)
    ]),
    Row("resume", "opaque, nothing more behind", [
        resumed((1, 2), 1, TWO, []), resumed((1, 2), 0, TWO, []),
    ]),
    Row("resume", "opaque, another document with the same items", [
        resumed((0, 2), 1, TWO, ["b"]), resumed((0, 1), 1, SAME_TWO, []),
    ]),
    Row("resume", "raised is for others", [resumed((2, 1), 0, ["a"], BOOM)]),
    Row("resume", "handle as it was", [compared([1], (1,), Cause.RESUME)]),
    Row("resume", "handle raised, for others", [compared([1], BOOM, Cause.RESUME)]),
    # changes
    Row("changes", "all", [changed("«→x»ab", tokens(1, 2), tokens(1, 2, 3), (0, 3))]),
    Row("changes", "head kept", [changed("ab«→x»", tokens(1, 2), tokens(1, 2, 3), (2, 3))]),
    Row("changes", "tail moved on", [changed("«→x»ab", tokens(1, 2), tokens(1, 2, 3), (0, 1))]),
    Row("changes", "tail moved back", [changed("«x→»ab", tokens(1, 2, 3), tokens(1, 2), (0, 0))]),
    Row("changes", "middle", [changed("a«b→xy»c", tokens(1, 2, 3), tokens(1, 3, 4), (1, 2))]),
    Row("changes", "nothing at all", [changed("ab«→»", tokens(1, 2), tokens(1, 2), (0, 0))]),
    Row("changes", "nothing, said at the end", [changed("ab", tokens(1, 2), tokens(1, 2), (2, 2))]),
    Row("changes", "two edits in a step", [
        changed("a«→x»b«→x»c", tokens(1, 2, 3), tokens(1, 2, 3, 4, 5), (1, 4)),
    ]),
    Row("changes", "complaint at the end moved", [
        changed(
            "«→x»a",
            [Token("t", 0, 1), Diagnostic("d", 1, 1)],
            [Token("t", 0, 1), Token("t", 1, 2), Diagnostic("d", 2, 2)],
            (0, 1),
        )
    ]),
    Row("changes", "opaque", [changed("«→x»ab", ["a", "b"], ["x", "a", "b"], (0, 1))]),
    Row("changes", "document emptied", [changed("«ab→»", tokens(1, 2), [], (0, 0))]),
    Row("changes", "raised is for others", [
        compared(BOOM, (), edits=(Edit(0, 0, "x"),), changed=(0, 9)),
    ]),
    # work
    Row("work", "free", [worked(0), worked(FREE_WORK)]),
    Row("work", "needed is not known", [worked(10**9)]),
    Row("work", "at the bound", [worked(FACTOR * 1000 + FREE_WORK, 1000), worked(FREE_WORK, 0)]),
    Row("work", "opaque, two lines", SUSPICIOUS[:2]),
    Row("work", "opaque, two lines again and again", [*SUSPICIOUS[:2], *SUSPICIOUS[:2]]),
    Row("work", "opaque, half examined", [letter_replaced(line, HALF) for line in range(5)]),
    Row("work", "opaque, many items changed", [letter_replaced(line, ALL, 4) for line in range(5)]),
    Row("work", "opaque, items gone", [
        letter_replaced(line, ALL, 0, expected=[Opaque("item 0")]) for line in range(5)
    ]),
    Row("work", "opaque, surplus items", [
        row._replace(expected=[*row.previous, *"abcd"])
        for row in [letter_replaced(line, ALL, 0) for line in range(5)]
    ]),
    Row("work", "opaque, two edits in a step", [
        row._replace(edits=(*row.edits, Edit(0, 0, ""))) for row in SUSPICIOUS
    ]),
    Row("work", "opaque, not a letter", [
        row._replace(edits=(row.edits[0]._replace(text="1"),)) for row in SUSPICIOUS
    ]),
    Row("work", "opaque, not an ASCII letter", [
        row._replace(edits=(row.edits[0]._replace(text="é"),)) for row in SUSPICIOUS
    ]),
    Row("work", "opaque, one long line that moves", [
        row._replace(document=row.document.replace("\n", " ")) for row in SUSPICIOUS
    ]),
    Row("work", "opaque, one long line to those who end none with a CR", [
        row._replace(document=row.document.replace("\n", "\r")) for row in SUSPICIOUS
    ]),
    Row("work", "opaque, one line that is pushed down", [
        row for line in SUSPICIOUS for row in (line, line_put_in_front())
    ]),
    Row("work", "opaque, short document", [
        row._replace(document="a" * (OPAQUE_LENGTH - 1)) for row in SUSPICIOUS
    ]),
    Row("work", "raised is for others", [row._replace(expected=BOOM) for row in SUSPICIOUS]),
    # lossless
    Row("lossless", "empty", [compared([], [], document="", lossless=True)]),
    Row("lossless", "covered", [compared([], tokens(1, 3), lossless=True)]),
    Row("lossless", "complaints apart", [
        compared(
            [],
            [Diagnostic("d", 2, 2), *tokens(2, 3), Diagnostic("d", 0, 9)],
            lossless=True,
        )
    ]),
    Row("lossless", "raised is for others", [compared([], BOOM, lossless=True)]),
    # purity
    Row("purity", "same", [Repetition(3, [1], [1]), Repetition(3, [], ())]),
    Row("purity", "other sequence type", [Repetition(3, [1, 2], (1, 2))]),
    Row("purity", "raised is for others", [Repetition(3, [1], BOOM)]),
    Row("purity", "remembered as read", [
        Repetition(3, columns(tokens(1)), tokens(1), of_memory=True),
    ]),
]  # fmt: skip

FIRE = [
    # raises
    Row("raises", "apply", [compared([1], BOOM)], "apply: Boom"),
    Row("raises", "batch", [compared(replace(BOOM, where="batch"), ())], "batch: Boom"),
    Row("raises", "both", [compared(replace(BOOM, where="batch"), BOOM)], "batch: Boom"),
    Row("raises", "open", [compared([1], BOOM, Cause.OPEN)], "apply: Boom"),
    Row("raises", "twin", [compared([1], BOOM, Cause.TWIN)], "apply: Boom"),
    Row("raises", "resume", [resumed((0,), 0, [1], BOOM)], "apply: Boom"),
    Row("raises", "batch, again", [Repetition(3, [1], BOOM)], "apply: Boom"),
    Row(
        "raises",
        "error without a text",
        [compared([1], raised("result", Unprintable()))],
        "result: Unprintable",
    ),
    Row("raises", "exit", [compared([1], raised("open", SystemExit(0)))], "open: SystemExit"),
    # equality
    Row("equality", "other item", [compared([1, 2], [1, 3])], "differs"),
    Row("equality", "other column", [
        compared(columns(tokens(1, 3)), columns(tokens(2, 3))),
    ], "differs"),
    Row("equality", "other code", [
        compared(columns([Token("t", 0, 3)]), columns([Token("u", 0, 3)])),
    ], "differs"),
    Row("equality", "shorter column", [
        compared(columns(tokens(1, 3)), columns(tokens(1))),
    ], "differs"),
    Row("equality", "list for other columns", [
        compared(columns(tokens(1, 3)), tokens(2, 3)),
    ], "differs"),
    Row("equality", "surplus item", [compared([1], [1, 2])], "differs"),
    Row("equality", "missing item", [compared([1, 2], [1])], "differs"),
    Row("equality", "nothing for something", [compared([1], [])], "differs"),
    Row("equality", "something for nothing", [compared([], [1], document="")], "differs"),
    Row("equality", "surplus complaint", [
        compared(tokens(3), [*tokens(3), Diagnostic("d", 3, 3)]),
    ], "differs"),
    Row("equality", "order", [compared([1, 2], [2, 1])], "differs"),
    Row("equality", "mode only", [
        compared([Token("t", 0, 3, "text")], [Token("t", 0, 3, "inline")]),
    ], "differs"),
    Row("equality", "opened", [compared([1], [2], Cause.OPEN)], "differs"),
    Row("equality", "reopened", [compared([1], [2], Cause.REOPEN)], "differs"),
    Row("equality", "text for its letters", [compared(["ab"], ["a", "b"])], "differs"),
    Row("equality", "twin behind its edit", [compared([1], [2], Cause.TWIN_EDIT)], "differs"),
    Row("equality", "flaw", [compared([1], [1], flaw="len() is 2")], "inconsistent"),
    Row("equality", "flaw and difference", [compared([1], [2], flaw="len() is 2")], "differs"),
    # invalid-edits
    Row("invalid-edits", "accepted", [refused("InvalidEdit", False)], "accepted"),
    Row("invalid-edits", "wrong error", [refused("InvalidEdit", False, BOOM)], "wrong error"),
    Row("invalid-edits", "changed", [
        refused("InvalidEdit", True), compared([1], [1, 2], Cause.INVALID),
    ], "changed"),
    # snapshots
    Row("snapshots", "accepted", [refused("InvalidSnapshot", False)], "accepted"),
    Row("snapshots", "wrong error", [refused("InvalidSnapshot", False, BOOM)], "wrong error"),
    Row("snapshots", "round trip", [
        refused("InvalidSnapshot", True), compared([1, 2], [1], Cause.RESTORE),
    ], "round trip"),
    # interleaving
    Row("interleaving", "twin", [compared([1], [1, 2], Cause.TWIN)], "twin"),
    Row("interleaving", "fork", [
        compared([1], [1], Cause.TWIN), compared([1], [2], Cause.FORK),
    ], "fork"),
    # resume
    Row("resume", "nothing from 0", [resumed((0, 1), 0, tokens(1, 3), [])], "suffix"),
    Row("resume", "nothing from 0, opaque", [resumed((0, 1), 0, ["a"], [])], "suffix"),
    Row("resume", "too little from 0, opaque", [resumed((0,), 0, ["a", "b"], ["b"])], "suffix"),
    Row("resume", "nothing", [resumed((0, 1), 1, tokens(1, 3), [])], "suffix"),
    Row("resume", "missing item", [
        resumed((0, 1), 1, tokens(1, 2, 3), tokens(1, 2)[1:]),
    ], "suffix"),
    Row("resume", "surplus in front", [resumed((0, 1), 1, tokens(1, 3), tokens(1, 3))], "suffix"),
    Row("resume", "surplus behind", [
        resumed((0, 1), 1, tokens(1, 3), [*tokens(1, 3)[1:], Token("t", 3, 4)]),
    ], "suffix"),
    Row("resume", "relative offsets", [
        resumed((0, 1), 1, tokens(1, 3), [Token("t", 0, 2)]),
    ], "suffix"),
    Row("resume", "other opaque item", [resumed((0, 2), 1, ["a", "b"], ["a"])], "suffix"),
    Row("resume", "more opaque items than there are", [
        resumed((0, 2), 1, ["a", "b"], ["a", "b", "c"]),
    ], "suffix"),
    Row("resume", "opaque, fewer than from further behind", [
        resumed((0, 1, 2), 2, TWO, ["b"]), resumed((0, 1, 2), 1, TWO, []),
    ], "fewer"),
    Row("resume", "opaque, more than from further in front", [
        resumed((1, 2), 0, TWO, []), compared([1], [1], Cause.RESUME),
        resumed((1, 2), 1, TWO, ["b"]),
    ], "fewer"),
    Row("resume", "opaque, another number the second time", [
        resumed((1, 2), 0, TWO, ["b"]), resumed((1, 2), 1, TWO, ["b"]), resumed((1, 2), 0, TWO, []),
    ], "fewer"),
    Row("resume", "descending", [resumed((1, 0), 0, tokens(3), [])], "checkpoints"),
    Row("resume", "twice", [resumed((0, 1, 1), 0, tokens(3), tokens(3))], "checkpoints"),
    Row("resume", "negative", [resumed((-1, 0), 0, tokens(3), tokens(3))], "checkpoints"),
    Row("resume", "behind the end", [resumed((0, 4), 0, tokens(3), tokens(3))], "checkpoints"),
    Row("resume", "handle changed", [compared([1], [1, 2], Cause.RESUME)], "changed"),
    # changes
    Row("changes", "start behind end", [changed("ab", [1, 2], [1, 2], (2, 1))], "range"),
    Row("changes", "negative start", [changed("ab", [1, 2], [1, 2], (-1, 1))], "range"),
    Row("changes", "both negative", [changed("ab", [1, 2], [1, 2], (-1, -1))], "range"),
    Row("changes", "behind the end", [changed("ab", [1, 2], [1, 2], (0, 3))], "range"),
    Row("changes", "all behind the end", [changed("ab", [1, 2], [1, 2], (3, 3))], "range"),
    Row("changes", "more kept in front than there was", [
        changed("a«→b»", [1], [1, 2], (2, 2)),
    ], "range"),
    Row("changes", "more kept behind than there was", [
        changed("«→b»a", [1], [2, 1], (0, 0)),
    ], "range"),
    Row("changes", "one too few in front", [
        changed("a«b→xy»c", tokens(1, 2, 3), tokens(1, 3, 4), (2, 3)),
    ], "before"),
    Row("changes", "one too few behind", [
        changed("a«b→xy»c", tokens(1, 2, 3), tokens(1, 2, 3, 4), (1, 2)),
    ], "behind"),
    Row("changes", "tail not moved", [
        changed("«→x»ab", tokens(1, 2), [Token("t", 0, 1), *tokens(1, 2)], (0, 1)),
    ], "behind"),
    Row("changes", "tail across the edit", [
        changed("abc«→x»d", tokens(2, 4), tokens(3, 5), (0, 1)),
    ], "behind"),
    Row("changes", "tail moved by something else", [
        changed("a«b→x»cd", tokens(2, 4), tokens(3, 5), (0, 1)),
    ], "behind"),
    Row("changes", "tail of other lengths", [
        changed("«a→x»bcd", tokens(1, 3, 4), tokens(1, 2, 4), (0, 1)),
    ], "behind"),
    Row("changes", "complaint in the tail begins elsewhere", [
        changed("«a→x»b", [*tokens(1, 2), Diagnostic("d", 1, 2)],
                [*tokens(1, 2), Diagnostic("d", 2, 2)], (0, 1)),
    ], "behind"),
    Row("changes", "head of another kind", [
        changed("ab«→x»", [Token("u", 0, 1), Token("t", 1, 2)], tokens(1, 2, 3), (2, 3)),
    ], "before"),
    Row("changes", "tail of another kind", [
        changed("«→x»ab", [Token("t", 0, 1), Token("u", 1, 2)], tokens(1, 2, 3), (0, 1)),
    ], "behind"),
    Row("changes", "complaint at the end of the edit not moved", [
        changed("a«→x»b", [*tokens(1, 2), Diagnostic("d", 1, 1)],
                [*tokens(1, 2, 3), Diagnostic("d", 1, 1)], (1, 2)),
    ], "behind"),
    Row("changes", "tail that begins where it did", [
        changed("ab«→x»cde", tokens(1, 4, 5), tokens(1, 4, 5), (1, 2)),
    ], "behind"),
    Row("changes", "complaint in the head begins elsewhere", [
        changed("a«→»", [*tokens(1), Diagnostic("d", 0, 1)], [*tokens(1), Diagnostic("d", 1, 1)],
                (2, 2)),
    ], "before"),
    Row("changes", "head of other lengths", [
        changed("abc«→x»", tokens(1, 3), tokens(2, 3, 4), (2, 3)),
    ], "before"),
    Row("changes", "complaints behind a head that is all", [
        changed("a«→x»", [*tokens(1), Diagnostic("d", 0, 1)], [*tokens(1), Diagnostic("d", 0, 2)],
                (1, 1)),
    ], "behind"),
    Row("changes", "tail of other items", [changed("«→x»ab", ["a", "b"], ["x", "a", "c"], (0, 1))],
        "behind"),
    Row("changes", "complaint in the tail not moved", [
        changed(
            "«→x»a",
            [Token("t", 0, 1), Diagnostic("d", 1, 1)],
            [Token("t", 0, 1), Token("t", 1, 2), Diagnostic("d", 1, 1)],
            (0, 1),
        )
    ], "behind"),
    # work
    Row("work", "negative", [worked(-1)], "negative"),
    Row("work", "over the bound", [worked(FACTOR * 1000 + FREE_WORK + 1, 1000)], "bound"),
    Row("work", "nothing was needed", [worked(FREE_WORK + 1, 0)], "bound"),
    Row("work", "opaque, three lines", SUSPICIOUS[:3], "opaque bound"),
    Row("work", "opaque, three lines, which are pushed down", [
        *(row for line in SUSPICIOUS[6:2:-2] for row in (line, line_put_in_front())),
        SUSPICIOUS[0],
    ], "opaque bound"),
    Row("work", "opaque, no item changed", [letter_replaced(line, ALL, 0) for line in range(3)],
        "opaque bound"),
    Row("work", "opaque, with others between", [
        SUSPICIOUS[0], letter_replaced(4, 0), SUSPICIOUS[1], SUSPICIOUS[0], SUSPICIOUS[7],
    ], "opaque bound"),
    Row("work", "opaque, just over half", [letter_replaced(line, HALF + 1) for line in range(3)],
        "opaque bound"),
    Row("work", "opaque, insertion", [
        row._replace(edits=(Edit(row.edits[0].start, row.edits[0].start, "z"),))
        for row in SUSPICIOUS[:3]
    ], "opaque bound"),
    Row("work", "opaque, other length", [
        row._replace(edits=(row.edits[0]._replace(text="zz"),)) for row in SUSPICIOUS[:3]
    ], "opaque bound"),
    # lossless
    Row("lossless", "gap", [compared([], [*tokens(1), Token("t", 2, 3)], lossless=True)], "gap"),
    Row("lossless", "gap in front", [compared([], [Token("t", 1, 3)], lossless=True)], "gap"),
    Row("lossless", "overlap", [
        compared([], [*tokens(2), Token("t", 1, 3)], lossless=True),
    ], "gap"),
    Row("lossless", "order", [
        compared([], [Token("t", 1, 3), Token("t", 0, 1)], lossless=True),
    ], "gap"),
    Row("lossless", "empty item", [compared([], tokens(1, 1, 3), lossless=True)], "empty"),
    Row("lossless", "empty document, empty item", [
        compared([], [Token("t", 0, 0)], document="", lossless=True),
    ], "empty"),
    Row("lossless", "backwards", [
        compared([], [*tokens(2), Token("t", 2, 1)], lossless=True),
    ], "empty"),
    Row("lossless", "complaint in the place of a token", [
        compared([], [*tokens(2), Diagnostic("d", 2, 3)], lossless=True),
    ], "end"),
    Row("lossless", "ends early", [compared([], tokens(1, 2), lossless=True)], "end"),
    Row("lossless", "ends late", [compared([], tokens(1, 4), lossless=True)], "end"),
    Row("lossless", "nothing", [compared([], [], lossless=True)], "end"),
    Row("lossless", "complaint in a gap", [
        compared([], [*tokens(1), Diagnostic("d", 1, 2), Token("t", 2, 3)], lossless=True),
    ], "gap"),
    Row("lossless", "complaint in front of a gap", [
        compared([], [Diagnostic("d", 0, 1), Token("t", 1, 3)], lossless=True),
    ], "gap"),
    Row("lossless", "complaints only", [
        compared([], [Diagnostic("d", 0, 3)], lossless=True),
    ], "end"),
    # purity
    Row("purity", "other item", [Repetition(3, [1], [2])], "differs"),
    Row("purity", "surplus item", [Repetition(3, [1], [1, 2])], "differs"),
    Row("purity", "missing item", [Repetition(3, [1], [])], "differs"),
    Row("purity", "remembered otherwise than read", [
        Repetition(3, columns(tokens(2)), tokens(1), of_memory=True),
    ], "remembered"),
]  # fmt: skip

PASSED_OVER = [
    Row("raises", "refusal", [refused("InvalidEdit", True, BOOM)]),
    Row("raises", "dropped", [Dropped(3, "not a document")]),
    Row("equality", "probes", [compared([1], [2], cause) for cause in (
        Cause.INVALID, Cause.RESTORE, Cause.FORK, Cause.TWIN, Cause.RESUME)]),
    Row("equality", "repetition", [Repetition(3, [1], [2])]),
    Row("invalid-edits", "snapshot", [refused("InvalidSnapshot", False)]),
    Row("invalid-edits", "other comparison", [compared([1], [2], Cause.RESTORE)]),
    Row("snapshots", "invalid edit", [refused("InvalidEdit", False)]),
    Row("snapshots", "other comparison", [compared([1], [2], Cause.INVALID)]),
    Row("interleaving", "other comparison", [compared([1], [2], Cause.TWIN_EDIT)]),
    Row("resume", "comparison", [compared([1], [2])]),
    Row("changes", "capability missing", [compared([1], [2])]),
    Row("work", "capability missing", [compared([1], [2], has_pieces=True)]),
    Row("lossless", "capability missing", [compared([], tokens(1))]),
    Row("purity", "comparison", [compared([1], [2])]),
]  # fmt: skip


def in_columns(seen: Any, by_length: bool) -> Any:
    """An observation with each of its results as columns, where all items of it are such as can
    stand in some."""
    fields: dict[str, Any] = {
        name: columns(value, by_length)
        for name in ("expected", "actual", "previous", "first", "second")
        if isinstance(value := getattr(seen, name, None), list)
        and all(isinstance(item, Token | Diagnostic) for item in value)
        and all(entry._replace(start=0, end=0) in LEGEND for entry in value)
    }
    if not fields:
        return seen
    return seen._replace(**fields) if isinstance(seen, Comparison) else replace(seen, **fields)


def check_row(row: Row) -> Divergence | None:
    """All observations but the last are in order; the last gives a divergence of the row's kind,
    or none. The divergence is returned."""
    oracle = BY_NAME[row.oracle]
    assert all(map(oracle.applies, row.observations))
    judge = oracle.start()
    *earlier, last = row.observations
    assert [judge(observation) for observation in earlier] == [None] * len(earlier)
    divergence = judge(last)
    if row.kind is None:
        assert divergence is None
        return None
    assert divergence is not None
    assert (divergence.oracle, divergence.kind, divergence.step) == (row.oracle, row.kind, 3)
    assert divergence.message
    return divergence


AS_COLUMNS = [
    Row(
        row.oracle,
        f"{row.name}, as columns{' of lengths' if by_length else ''}",
        [in_columns(seen, by_length) for seen in row.observations],
        row.kind,
    )
    for by_length in (False, True)
    for row in (*AGREE, *FIRE)
    if row.oracle in ("equality", "lossless", "changes", "resume", "purity")
    and any(in_columns(seen, by_length) is not seen for seen in row.observations)
]
"""Every row of tokens and diagnostics once more, all results as columns: the same has to come of
it."""


def name_of(row: Row) -> str:
    return f"{row.oracle}: {row.name}"


@pytest.mark.parametrize("row", AGREE, ids=name_of)
def test_oracle_accepts(row: Row) -> None:
    check_row(row)


@pytest.mark.parametrize("row", FIRE, ids=name_of)
def test_oracle_fires(row: Row) -> None:
    check_row(row)


@pytest.mark.parametrize("row", AS_COLUMNS, ids=name_of)
def test_oracle_says_the_same_of_columns(row: Row) -> None:
    check_row(row)


def test_every_oracle_with_a_way_of_its_own_for_columns_has_rows_of_both_kinds() -> None:
    for oracle in ("equality", "lossless", "changes", "resume", "purity"):
        kinds = [row.kind for row in AS_COLUMNS if row.oracle == oracle]
        assert None in kinds
        assert any(kinds)


Coded = list[tuple[str, int]]
CODED = st.lists(st.tuples(st.sampled_from("tud"), st.integers(0, 2)), max_size=4)
PLACES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), max_size=2)
SMALL = st.integers(0, 6)


def items_of(coded: Coded, places: list[tuple[int, int]]) -> list[Any]:
    """Items that follow each other, and complaints anywhere behind them."""
    items: list[Any] = []
    reached = 0
    for kind, length in coded:
        start, reached = reached, reached + length
        items.append(
            Diagnostic(kind, start, reached) if kind == "d" else Token(kind, start, reached)
        )
    return [*items, *(Diagnostic("d", start, start + length) for start, length in places)]


@given(CODED, CODED, CODED, PLACES, PLACES, SMALL, SMALL, st.integers(0, 2), SMALL, SMALL)
@settings(max_examples=500)
def test_columns_are_judged_as_their_items_are(
    front: Coded,
    middle: Coded,
    back: Coded,
    places: list[tuple[int, int]],
    other_places: list[tuple[int, int]],
    start: int,
    end: int,
    inserted: int,
    changed_start: int,
    changed_end: int,
) -> None:
    before = "a" * 6
    edit = Edit(min(start, end), max(start, end), "b" * inserted)
    new = items_of([*front, *middle, *back], other_places)
    seen = Comparison(
        3, Cause.EDITS, edit.apply(before), new, new, (edit,), before,
        items_of([*front, *back], places), changed=(changed_start, changed_end), lossless=True,
    )  # fmt: skip
    for oracle in ("changes", "lossless"):
        said = [
            (word.kind, word.index, word.expected, word.actual) if word else None
            for form in (seen, in_columns(seen, False), in_columns(seen, True))
            for word in (BY_NAME[oracle].start()(form),)
        ]
        assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("by_length", [False, True])
def test_equal_columns_of_other_legends_are_not_kept(by_length: bool) -> None:
    other = Legend((LEGEND[1], LEGEND[0], *LEGEND[2:]))
    new = columns(tokens(1, 2), by_length)
    old = Columns(other, new.codes, new.starts, new.ends, new.lengths)
    for range_, kind in (((2, 2), "before"), ((0, 0), "behind")):
        seen = Comparison(3, Cause.EDITS, "ab", new, new, (), "ab", old, changed=range_)
        divergence = BY_NAME["changes"].start()(seen)
        assert divergence is not None
        assert divergence.kind == kind


@pytest.mark.parametrize("row", PASSED_OVER, ids=name_of)
def test_oracle_passes_over(row: Row) -> None:
    assert not any(map(BY_NAME[row.oracle].applies, row.observations))


def test_every_cause_of_a_comparison_has_one_oracle_that_compares() -> None:
    for cause in Cause:
        observation = compared([1], [2], cause)
        judging = [
            oracle.name
            for oracle in ORACLES
            if oracle.applies(observation) and oracle.start()(observation)
        ]
        assert len(judging) == 1, cause


@pytest.mark.parametrize("table", [AGREE, FIRE, PASSED_OVER], ids=["agree", "fire", "passed over"])
def test_every_oracle_has_rows_in_every_table(table: list[Row]) -> None:
    assert {row.oracle for row in table} == {oracle.name for oracle in ORACLES}
    names = [name_of(row) for row in table]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "observation",
    [
        changed("«→\n»\n", tokens(1), tokens(1, 2), (1, 1)),
        changed("a«→a»", ["a"], ["a", "a"], (1, 1)),
        changed("ab«→ab»", ["a", "b"], ["a", "b", "a", "b"], (2, 2)),
    ],
)
def test_range_that_keeps_an_old_item_twice_makes_no_sense(observation: Comparison) -> None:
    check_row(Row("changes", "kept twice", [observation], "range"))


@pytest.mark.parametrize(
    ("expected", "actual", "index", "kinds", "shown"),
    [
        ([1, 2], [1, 2, 3], 2, ("nothing", "int"), ("2: 3",)),
        ([1, 2, 3], [1], 1, ("int", "nothing"), ()),
        ([1, "x", 3], [1, 2, 3], 1, ("str", "int"), ("1: 2",)),
        (tokens(1), [Token("u", 0, 1)], 0, ("t", "u"), ("0: Token(kind='u',",)),
    ],
)
def test_divergence_points_at_the_first_difference(
    expected: Outcome, actual: Outcome, index: int, kinds: tuple[str, str], shown: tuple[str, ...]
) -> None:
    row = Row("equality", "pointing", [compared(expected, actual)], "differs")
    divergence = check_row(row)
    assert divergence is not None
    assert divergence.index == index
    assert (divergence.expected, divergence.actual) == kinds
    for text in shown:
        assert any(line.startswith(text) for line in divergence.actual_excerpt)


def test_judges_of_two_traces_know_nothing_of_each_other() -> None:
    oracle = BY_NAME["work"]
    first, second = oracle.start(), oracle.start()
    assert [first(observation) for observation in SUSPICIOUS[:2]] == [None, None]
    assert second(SUSPICIOUS[2]) is None
    assert first(SUSPICIOUS[2]) is not None


class Characters:
    """A handle with opaque items and a checkpoint at each; the one at 1 gives nothing."""

    def __init__(self, document: str) -> None:
        self.document = document

    def apply(self, edits: Edits) -> None:
        self.document = apply_all(self.document, edits)

    def result(self) -> list[str]:
        return list(self.document)

    def checkpoints(self) -> range:
        return range(len(self.document))

    def resume(self, index: int) -> list[str]:
        return [] if index == 1 else list(self.document[index:])


class CharactersTarget:
    name = "characters"
    open = Characters

    def batch(self, document: str) -> list[str]:
        return list(document)


def test_engine_that_resumes_too_little_is_caught_by_two_checkpoints() -> None:
    first, second, third = (Probe(ProbeName.RESUME, index) for index in range(3))
    assert check(CharactersTarget(), Trace("abc", (first, second))) is None
    divergence = check(CharactersTarget(), Trace("abc", (second, third)))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind, divergence.step) == ("resume", "fewer", 2)
    edited = Trace("abc", (second, (Edit(0, 0, ""),), third))
    assert check(CharactersTarget(), edited) is None


def test_error_without_a_text_says_so() -> None:
    assert raised("result", Unprintable()) == Raised(
        "Unprintable", "(its text cannot be had: RuntimeError)", "result"
    )
    assert len(raised("apply", ValueError("x" * 9999)).message) == 500
