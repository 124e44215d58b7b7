"""Every planted bug is a bug: a hand-made trace that it fails and the healthy lexer passes.

The traces are minimal: none of their steps can be left out. So they also say what a bug takes.
"""

from __future__ import annotations

import pytest

from fuzzeq.checking import check
from fuzzeq.generate import RandomSource
from fuzzeq.generate.rewrites import REWRITES
from fuzzeq.model.edit import Edit
from fuzzeq.model.target import Planted
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.oracles import ORACLES
from fuzzeq.targets.latex import TARGET
from fuzzeq.targets.latex.planted import PLANTED
from tests.notation import trace, upwards

BUG_CLASSES = range(1, 33)

CHANGED_AFTER_FIRST = Probe(ProbeName.INVALID, 4)  # an edit that fits, then one that does not
BEYOND_END = Probe(ProbeName.INVALID, 0)
FORK = Probe(ProbeName.FORK, 0)
RESTORE = Probe(ProbeName.RESTORE)
FLIP_A_BIT, CUT_SHORT, ADD_A_BYTE = (Probe(ProbeName.RESTORE, kind) for kind in range(3))
RESUME_FIRST, RESUME_SECOND = (Probe(ProbeName.RESUME, index) for index in range(2))

MANY_LINES = "b\n" * 300

PINNED: dict[str, tuple[Trace, str]] = {
    # Restart.
    "lookahead-unrecorded": (trace("a\r«→\n»b"), "equality"),
    "lookahead-lost-on-reuse": (trace("a\rb\n«→c»", "a\r«→\n»b\nc"), "equality"),
    "appended-line": (trace("a«→b»"), "equality"),
    "word-not-joined": (trace(r"\a«→x»."), "equality"),
    "restart-at-last-edit": (trace("«→x»a\n«→y»b\n"), "equality"),
    "no-look-back-on-deletion": (trace("a\r«x→»\nb"), "equality"),
    "exit-filed-as-entry": (trace("«→$»\n$\n"), "equality"),
    "checkpoints-one-line-off": (trace("a\nb\n", RESUME_FIRST), "resume"),
    # State.
    "without-at-letter": (trace("«→\\makeatletter»\n\\a@b\n"), "equality"),
    "without-expl": (trace("«→\\ExplSyntaxOn»\na_b\n"), "equality"),
    "without-verbatim-name": (
        trace("\\begin{verbatim«→*»}\n\\end{verbatim}\n"),
        "equality",
    ),
    "without-math-opener": (trace("\\begin{align«→*»}\n\\end{align}a\n"), "equality"),
    "summarised-state": (trace("«→\\[»$$\n$$\n"), "equality"),
    "line-known-by-its-ends": (trace("a" * 40 + "«x→$»" + "a" * 40), "equality"),
    "cached-without-state": (trace("«→$»\na\n"), "equality"),
    # Convergence.
    "wrong-line-compared": (trace("«$→»\na\n"), "equality"),
    "few-equal-lines": (trace("«→\\makeatletter»\na\na\n\\a@b\n"), "equality"),
    "stops-before-second-edit": (trace("«→x»a\nb\n«→y»c\n"), "equality"),
    "typing-trusted": (trace("«→a»\nb\n", "a«→$»\nb\n"), "equality"),
    "compared-by-identity": (trace("«→x»a\n" + MANY_LINES), "work"),
    "position-in-state": (trace("«→x»a\n" + MANY_LINES), "work"),
    "fixed-window": (trace("«→$»a\n" + MANY_LINES), "equality"),
    # Shifting.
    "states-by-number": (trace("«→$\n»$\n$\na\n"), "equality"),
    "checkpoints-not-moved": (
        trace("«→x»a\nb\n", "«→y»xa\nb\n", RESUME_SECOND),
        "resume",
    ),
    "states-below-the-fold-kept": (
        trace(
            "a\n" * 40 + "«→x»a\n",
            "«→$»" + "a\n" * 40 + "xa\n",
            "$" + "a\n" * 40 + "«→x»xa\n",
        ),
        "equality",
    ),
    "tail-not-moved": (trace("«→x»a\nb\nc\n"), "equality"),
    "end-complaint-not-moved": (trace("«→x»$"), "equality"),
    "lengths-in-bytes": (trace("«→x»" + "a" * 255 + "\nb\n"), "equality"),
    "stale-tail": (trace("a« b→»"), "equality"),
    "stale-checkpoints": (
        trace("«→x»a\nb\nc\n", "xa\n«b\nc\n→»", RESUME_FIRST),
        "resume",
    ),
    # Lines.
    "lines-not-joined": (trace("a«\n→»b"), "equality"),
    "snaps-out-of-line-end": (trace("a\r«→x»\n"), "equality"),
    "line-feed-parted": (trace("a«→\r»\n"), "equality"),
    "return-dropped": (trace("a\r\n"), "lossless"),
    "split-by-python": (trace("a«→\x85»b"), "equality"),
    "phantom-line": (trace("«→x»a\nb\n", RESUME_FIRST), "resume"),
    "blank-line-holds": (trace("«→\\makeatletter»\n\n\\a@b\n"), "equality"),
    # Units.
    "columns-in-utf16": (trace("𝔸«→ »b"), "equality"),
    "validated-in-bytes": (trace("aa", BEYOND_END), "invalid-edits"),
    "answers-in-utf16": (trace("𝔸"), "lossless"),
    # Reports.
    "one-line-reported": (trace("«→$»\na\n"), "changes"),
    "diagnostics-unreported": (trace("a«→$»"), "changes"),
    "diagnostics-by-number": (trace("«→x»\0"), "equality"),
    "name-taken-for-text": (trace("\\begin{verba«→x»tim}\n$\n"), "equality"),
    # Histories.
    "undo-trusted": (trace("«→$»\na\n", "«$→»\na\n"), "equality"),
    "redo-not-moved": (trace("«→x»a\nb\nc", "«x→»a\nb\nc", "«→x»a\nb\nc"), "equality"),
    "reinsertion-trusted": (trace("«$→»\na\n", "«→$»\na\n"), "equality"),
    "original-coordinates": (trace("«→a»b«→ »cd"), "equality"),
    "later-edit-in-front": (
        trace("a\nb\nc\n", upwards("«→\n\n»a\nb\n«→x»c\n")[1]),
        "equality",
    ),
    "merged-insertions": (trace("a«→b»«→ »c"), "equality"),
    "empty-edit-ends-step": (trace("a«→»«→ »b"), "equality"),
    "rebuild-reports-nothing": (trace("«a→b c»"), "changes"),
    "rebuild-from-last-state": (trace("«$→a»"), "equality"),
    "emptied-keeps-state": (trace("«$→»", "«→a»"), "equality"),
    "journal-full": (
        trace("\na\n", *[(Edit(0, 0, "x"),)] * 40, "x" * 40 + "«→$»\na\n"),
        "equality",
    ),
    "same-text-not-read": (trace("«a→a»"), "equality"),
    "comment-not-stretched": (trace("%a«→b»c"), "equality"),
    "half-applied": (trace("a", CHANGED_AFTER_FIRST), "invalid-edits"),
    "half-rolled-back": (trace("a\nb\n", CHANGED_AFTER_FIRST), "invalid-edits"),
    # Persistence.
    "offsets-in-bytes": (trace("a" * 255 + "\nb", RESTORE), "snapshots"),
    "diagnostics-not-stored": (trace("\0", RESTORE), "snapshots"),
    "states-not-stored": (trace("$\n$\n", RESTORE, RESUME_SECOND), "resume"),
    "surplus-accepted": (trace("a", ADD_A_BYTE), "snapshots"),
    "torn-accepted": (trace("a", CUT_SHORT), "snapshots"),
    "other-document-accepted": (trace("a", RESTORE), "snapshots"),
    "damage-answered-by-opening": (trace("a", FLIP_A_BIT), "snapshots"),
    # Vacuity.
    "reads-everything": (trace("«→x»a\n" + MANY_LINES), "work"),
    "reads-on-behind-line-ends": (trace("«→\n»a\n" + MANY_LINES), "work"),
    # Process.
    "raises-on-surrogates": (trace("a«→\ud800»"), "raises"),
    "raises-when-emptied": (trace("«a→»"), "raises"),
    "raises-another-error": (trace("a", BEYOND_END), "invalid-edits"),
    "shared-answer": (trace("a", FORK), "interleaving"),
    "shared-starts": (trace("a\nb\n", FORK), "interleaving"),
    "answers-from-handle": (trace("a«→ »"), "purity"),
}

DEEP = frozenset(
    "states-below-the-fold-kept redo-not-moved journal-full emptied-keeps-state few-equal-lines "
    "line-known-by-its-ends fixed-window lengths-in-bytes offsets-in-bytes compared-by-identity "
    "position-in-state reads-on-behind-line-ends".split()
)
"""Those that take three edits or more, or a particular size."""

REWRITTEN: dict[str, tuple[str, Trace]] = {
    "undo and redo": ("undo-trusted", trace("«→$»\na\n")),
    "join steps": ("stops-before-second-edit", trace("«→x»a\nb\nc\n", "xa\nb\n«→y»c\n")),
    "part steps": ("undo-trusted", Trace("\na\n", ((Edit(0, 0, "$"), Edit(0, 1, "")),))),
    "split insertion": ("merged-insertions", trace("a«→b »c")),
    "swap disjoint": ("later-edit-in-front", trace("«→\n\n»a\nb\n«→x»c\n")),
    "no-ops": ("same-text-not-read", trace("a")),
    "replace whole": ("rebuild-from-last-state", trace("$«→a»")),
    "delete and reinsert": ("reinsertion-trusted", trace("$\na\n")),
    "long history": ("journal-full", trace("«→$»\na\n")),
}
"""For each rewrite a bug, and a trace on which only the rewrite brings it out."""

BY_NAME = {bug.target.name.removeprefix("latex-planted-"): bug for bug in PLANTED}


def fired(bug: Planted | None, steps: Trace) -> str | None:
    """The oracle that fires on a trace, if one does; of the healthy lexer for None."""
    divergence = check(bug.target if bug else TARGET, steps)
    return divergence.oracle if divergence else None


@pytest.mark.parametrize("name", PINNED)
def test_bug_is_caught_where_the_healthy_lexer_passes(name: str) -> None:
    steps, oracle = PINNED[name]
    assert fired(BY_NAME[name], steps) == oracle
    assert fired(None, steps) is None


@pytest.mark.parametrize("name", PINNED)
def test_bug_is_caught_again(name: str) -> None:
    steps, _ = PINNED[name]
    first = check(BY_NAME[name].target, steps)
    assert first == check(BY_NAME[name].target, steps)


@pytest.mark.parametrize("name", PINNED)
def test_no_step_of_the_pinned_trace_can_be_left_out(name: str) -> None:
    whole, oracle = PINNED[name]
    for index in range(len(whole.steps)):
        shorter = Trace(whole.document, (*whole.steps[:index], *whole.steps[index + 1 :]))
        assert not shorter.is_valid or fired(BY_NAME[name], shorter) != oracle


@pytest.mark.parametrize("name", PINNED)
def test_bug_opens_ordinary_documents(name: str) -> None:
    target = BY_NAME[name].target
    for document in ("", "a", "Text.\n\n$x$ \\foo{a} % b\n"):
        assert list(target.open(document).result()) == list(target.batch(document))


@pytest.mark.parametrize("rewrite", REWRITES)
def test_rewrite_brings_out_a_bug(rewrite: str) -> None:
    name, steps = REWRITTEN[rewrite]
    assert fired(BY_NAME[name], steps) is None
    rewritten = (REWRITES[rewrite](RandomSource(str(seed)), steps) for seed in range(100))
    assert any(fired(BY_NAME[name], other) for other in rewritten)


def test_every_bug_has_its_trace_and_its_own_name() -> None:
    assert list(PINNED) == list(BY_NAME)
    assert len(BY_NAME) == len(PLANTED)
    assert all(bug.target.name.startswith("latex-planted-") for bug in PLANTED)
    assert all(bug.summary and "\n" not in bug.summary for bug in PLANTED)


def test_every_class_has_a_bug() -> None:
    assert {bug.bug_class for bug in PLANTED} == set(BUG_CLASSES)


def test_every_oracle_catches_a_bug() -> None:
    assert {oracle for _, oracle in PINNED.values()} == {oracle.name for oracle in ORACLES}


def test_deep_bugs_take_three_edits_or_a_size() -> None:
    assert len(DEEP) >= 8
    for name in DEEP:
        steps, _ = PINNED[name]
        is_long = steps.edit_count >= 3
        is_large = len(steps.document) > 80 or steps.document.count("\n") >= 4
        is_emptied = "" in steps.documents()
        assert is_long or is_large or is_emptied
