"""Probes: what is asked of a handle between edits, and what comes of each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.checking import Meter, check
from fuzzeq.errors import InvalidDocument, InvalidEdit
from fuzzeq.lockstep import lockstep
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.observation import Resumption
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace
from fuzzeq.probes import damage, invalid_edits, twin_edit
from fuzzeq.targets.latex import LatexTarget
from tests.words import Capable, Handle, Panic, Words, broken, check_run, raising, short

RESTORE = (Probe(ProbeName.RESTORE),)


@pytest.mark.parametrize("probe", list(ProbeName))
def test_probes_are_neither_edits_nor_checks(probe: ProbeName) -> None:
    meter = Meter()
    steps: tuple[Step, ...] = ((Edit(0, 0, "b"),), Probe(probe))
    assert check(LatexTarget(), Trace("a", steps), meter) is None
    assert meter.judged["equality"] >= 2
    assert (meter.edits, meter.checks) == (1, 2)


@pytest.mark.parametrize(
    ("method", "probe", "expected"),
    [
        ("apply", Probe(ProbeName.INVALID, 0), ["1 InvalidEdit Panic", "1 invalid 'a'"]),
        ("snapshot", Probe(ProbeName.RESTORE), ["1 restore snapshot raised Panic"]),
        ("snapshot", Probe(ProbeName.RESTORE, 2), ["1 restore snapshot raised Panic"]),
        (
            "restore",
            Probe(ProbeName.RESTORE),
            ["1 InvalidSnapshot Panic"] * 2 + ["1 restore restore raised Panic"],
        ),
        ("restore", Probe(ProbeName.RESTORE, 5), ["1 InvalidSnapshot Panic"]),
        ("checkpoints", Probe(ProbeName.RESUME, 0), ["1 edits checkpoints raised Panic"]),
        ("resume", Probe(ProbeName.RESUME, 0), ["1 resumed 0"]),
        ("apply", Probe(ProbeName.FORK, 0), ["1 twin edit apply raised Panic"]),
    ],
)
def test_whatever_a_probe_meets_is_data(method: str, probe: Probe, expected: list[str]) -> None:
    target = broken(Capable, **{method: raising(Panic())})
    seen = [short(observation) for observation in lockstep(target, Trace("a", (probe,)))]
    assert seen[1 : len(expected) + 1] == expected
    assert check(target, Trace("a", (probe,))) is not None


def test_probes_of_missing_capabilities_are_passed_over() -> None:
    probes = (Probe(ProbeName.RESTORE), Probe(ProbeName.RESTORE, 4), Probe(ProbeName.RESUME, 0))
    check_run(Words(), "a", probes, ["0 open 'a'", "3 again"])
    check_run(
        Capable(),
        "a",
        probes,
        [
            "0 open 'a'",
            "1 InvalidSnapshot refused",  # a longer document
            "1 InvalidSnapshot refused",  # one of the same length
            "1 restore 'a'",
            "2 InvalidSnapshot refused",
            "2 restore 'a'",
            "3 resumed 0",
            "3 resume 'a'",
            "3 again",
        ],
    )


def test_probes_that_any_target_answers() -> None:
    check_run(
        Words(),
        "ab",
        [Probe(ProbeName.INVALID, 4), Probe(ProbeName.REOPEN), Probe(ProbeName.FORK, 4), ()],
        [
            "0 open 'ab'",
            "1 InvalidEdit refused",
            "1 invalid 'ab'",
            "2 reopen 'ab'",
            "3 twin edit 'a'",
            "3 fork 'ab'",
            "4 edits 'ab'",
            "4 twin 'a'",
            "4 again",
        ],
    )


def test_snapshots_are_tried_on_other_documents_and_never_on_their_own() -> None:
    tried: list[str] = []

    def restore(target: Any, snapshot: bytes, document: str) -> Any:
        tried.append(document)
        return Capable.restore(target, snapshot, document)

    for document in ("", "a", "ax", "\ud800"):
        tried.clear()
        assert check(broken(Capable, restore=restore), Trace(document, RESTORE)) is None
        *others, own = tried
        assert own == document
        assert document not in others
        assert {len(other) - len(document) for other in others} == ({0, 1} if document else {1})


def test_fork_whose_twin_would_be_refused_is_passed_over() -> None:
    class NoEmpty(Words):
        def batch(self, document: str) -> Sequence[Any]:
            if not document:
                raise InvalidDocument("empty")
            return super().batch(document)

    check_run(NoEmpty(), "a", [Probe(ProbeName.FORK, 0)], ["0 open 'a'", "1 again"])


def test_resumption_holds_the_items_from_the_checkpoint_that_was_asked_for() -> None:
    trace = Trace("a b", (Probe(ProbeName.RESUME, 4),))
    resumption = list(lockstep(Capable(), trace))[1]
    expected = Capable().batch("a b")
    assert resumption == Resumption(1, (0, 1, 2), 1, 3, expected, expected[1:])
    check_run(Capable(), "", [Probe(ProbeName.RESUME, 4)], ["0 open ''", "1 again"])


def test_edits_that_are_accepted_or_half_applied_are_seen() -> None:
    def half_way(handle: Any, edits: Edits) -> None:
        for edit in edits:
            handle.text = edit.apply(handle.text)

    def sloppy(handle: Any, edits: Edits) -> None:
        for start, end, text in edits:
            handle.text = handle.text[: max(start, 0)] + text + handle.text[max(end, 0) :]

    def wrong(handle: Any, edits: Edits) -> None:
        if not all(edit.fits(len(handle.text)) for edit in edits):
            raise IndexError("string index out of range")
        handle.text = apply_all(handle.text, edits)

    table = [(half_way, 4, "changed"), (sloppy, 0, "accepted"), (wrong, 0, "wrong error")]
    for apply, argument, kind in table:
        trace = Trace("ab", (Probe(ProbeName.INVALID, argument),))
        divergence = check(broken(Words, apply=apply), trace)
        assert divergence is not None
        assert (divergence.oracle, divergence.kind) == ("invalid-edits", kind)


def test_handles_that_share_their_text_are_seen() -> None:
    class Shared(Words):
        def open(self, document: str) -> Handle:
            if not hasattr(self, "handle"):
                self.handle = Handle(self, document)
            self.handle.text = document
            return self.handle

    trace = Trace("ab", (Probe(ProbeName.FORK, 0), (Edit(0, 0, "c"),)))
    divergence = check(Shared(), trace)
    assert divergence is not None
    assert (divergence.oracle, divergence.kind, divergence.step) == ("interleaving", "fork", 1)


@given(st.integers(0, 40), st.integers(0, 1 << 13))
@settings(max_examples=500, deadline=None)
def test_invalid_edits_never_fit(length: int, argument: int) -> None:
    edits = invalid_edits(length, argument)
    with pytest.raises(InvalidEdit):
        apply_all("x" * length, edits)
    for edit in edits[:-1]:
        assert edit.fits(length)


@pytest.mark.parametrize("length", [0, 1, 2, 40])
def test_invalid_edits_come_in_every_kind(length: int) -> None:
    kinds = set()
    for argument in range(24):
        *fitting, misfit = invalid_edits(length, argument)
        now = length + sum(edit.delta for edit in fitting)
        how = (
            "negative" if misfit.start < 0
            else "backwards" if misfit.start > misfit.end
            else "start" if misfit.start > now
            else "end"
        )  # fmt: skip
        kinds.add((len(fitting), how))
    first = {(0, "start"), (0, "negative"), (0, "end")}
    assert kinds == (first | {(0, "backwards"), (1, "start")} if length else first)


@given(st.binary(max_size=40), st.integers(0, 1 << 13))
@settings(max_examples=500, deadline=None)
def test_damage_never_gives_the_same_bytes(snapshot: bytes, argument: int) -> None:
    damaged = damage(snapshot, argument)
    assert damaged != snapshot
    assert damage(snapshot, argument) == damaged
    assert abs(len(damaged) - len(snapshot)) <= max(len(snapshot), 1)


def test_damage_reaches_every_byte_and_every_length() -> None:
    snapshot = bytes(range(16))
    damaged = [damage(snapshot, argument) for argument in range(400)]
    flipped = {
        place
        for data in damaged
        if len(data) == len(snapshot)
        for place in range(16)
        if data[place] != snapshot[place]
    }
    assert flipped == set(range(16))
    bits = {old ^ new for data in damaged for old, new in zip(snapshot, data, strict=False)}
    assert {1 << bit for bit in range(8)} <= bits
    assert {len(data) for data in damaged} == set(range(18))


@given(st.text("ab\n\ud800", max_size=12), st.integers(0, 1 << 13))
@settings(max_examples=300, deadline=None)
def test_edit_of_a_twin_fits_and_changes_the_document(document: str, argument: int) -> None:
    edit = twin_edit(document, argument)
    assert edit.fits(len(document))
    assert edit.apply(document) != document


@pytest.mark.parametrize("names", [("resume",), ("checkpoints",), ("snapshot",), ("restore",)])
def test_half_a_capability_is_none(names: tuple[str, ...]) -> None:
    """One method of two switches nothing on."""
    target, handle = Words(), Handle(Words(), "a")
    for name in names:
        owner: Any = target if name == "restore" else handle
        setattr(owner, name, raising(AssertionError("asked")))
    target.open = lambda document: handle  # type: ignore[method-assign]
    trace = Trace("a", (Probe(ProbeName.RESUME, 0), Probe(ProbeName.RESTORE)))
    assert check(target, trace) is None
