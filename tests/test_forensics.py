"""Forensics: planted bugs give themselves away by what they read, and what an engine does not say
is not made up.

Rows are minima of planted bugs, with the class that each is of; the guess has to have it among its
three, and where the row says so, first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fuzzeq import Edit, Finding, InvalidDocument, Probe, ProbeName, Trace
from fuzzeq.checking import check
from fuzzeq.engines import shrinking
from fuzzeq.engines.shrinking import shrink_finding
from fuzzeq.forensics.account import MOST_STEPS, Account, account_of, place_of
from fuzzeq.forensics.classes import CLASSES, MOST, RULES, likely_classes
from fuzzeq.forensics.examination import Examination, examine
from fuzzeq.forensics.experiments import LARGEST, Answers, experiment, plain
from fuzzeq.model.edit import apply_all
from fuzzeq.model.trace import Edits
from fuzzeq.registry import load_target, planted_bugs
from fuzzeq.report.finding_text import tell
from fuzzeq.report.finding_view import view_of
from fuzzeq.report.page import Entry, page
from tests.notation import trace

BUG_CLASSES = Path(__file__).parents[1] / "docs" / "BUG_CLASSES.md"
RESTORE, RESUME = Probe(ProbeName.RESTORE), Probe(ProbeName.RESUME, 0)
DAMAGED, INVALID = Probe(ProbeName.RESTORE, 0), Probe(ProbeName.INVALID, 4)
FORK = Probe(ProbeName.FORK, 0)


def examined(name: str, which: Trace) -> Examination:
    return examined_on(load_target(f"latex-planted-{name}"), which)


def examined_on(target: Any, which: Trace) -> Examination:
    divergence = check(target, which)
    assert divergence is not None, f"{target.name} is not seen on {which}"
    return examine(target, Finding(target.name, divergence, which))


def check_reasons(examination: Examination) -> None:
    """What reasons say of the reading is known, and so."""
    assert examination.account is not None
    last = examination.account.steps[-1]
    reading, wrong = last.reading, last.wrong_offset
    for likely in examination.likely:
        because = likely.because
        if "restart" in because or "read again" in because or because.startswith("it stopped"):
            assert reading is not None, because
            assert wrong is not None, because
            restart, stop = reading.restart, reading.stop
            assert restart is not None, because
            if "in front of the restart" in because:
                assert wrong < restart
            elif because.startswith("it stopped early"):
                assert stop is not None
                assert wrong >= stop
            elif "within what was read again" in because:
                assert stop is not None
                assert restart <= wrong < stop


FIRST, AMONG = True, False


@pytest.mark.parametrize(
    ("name", "which", "bug_class", "is_first"),
    [
        ("lookahead-unrecorded", trace("\r«→\n»"), 1, FIRST),
        ("appended-line", trace("a«→a»"), 3, FIRST),
        ("no-look-back-on-deletion", trace("\r«a→»\n"), 4, AMONG),
        ("exit-filed-as-entry", trace("«→$»\n$"), 5, AMONG),
        ("checkpoints-one-line-off", trace("a", RESUME), 5, FIRST),
        ("without-at-letter", trace("«→\\makeatletter»\n\\@"), 6, FIRST),
        ("without-expl", trace("«→\\ExplSyntaxOn»\n\n"), 6, AMONG),
        ("line-known-by-its-ends", trace(f"{'a' * 20}«aa→ a»{'a' * 19}"), 7, AMONG),
        ("cached-without-state", trace("$«\n→»\na"), 8, FIRST),
        ("wrong-line-compared", trace("$«\n→»\na\na"), 9, FIRST),
        ("position-in-state", trace(f"«a→»\n\n{'a' * 259}"), 10, FIRST),
        ("fixed-window", trace(f"\\[{'a' * 80}«\\→»]{'a' * 217}\na"), 11, FIRST),
        ("states-by-number", trace("«\n→%»$\na"), 12, AMONG),
        ("tail-not-moved", trace("«→a»\n\na"), 13, FIRST),
        ("stale-tail", trace("«a→»"), 14, AMONG),
        ("lines-not-joined", trace("a«\n→»a"), 15, FIRST),
        ("snaps-out-of-line-end", trace("\r«→a»\n"), 16, FIRST),
        ("split-by-python", trace("\\verb\x0ca"), 17, FIRST),
        ("blank-line-holds", trace("$«\n→»\n "), 18, AMONG),
        ("columns-in-utf16", trace("\U0001d538« →»"), 19, FIRST),
        ("one-line-reported", trace("a«→$»"), 20, FIRST),
        ("diagnostics-by-number", trace("$«→a»"), 21, AMONG),
        ("redo-not-moved", trace("«→\n»\n\na", "«\n→»\n\na", "«→\n»\n\na"), 23, FIRST),
        ("undo-trusted", trace("«→$»\na", "«$→»\na"), 23, FIRST),
        ("reinsertion-trusted", trace("«x→$»\na", "«$→x»\na"), 24, FIRST),
        ("merged-insertions", Trace("", ((Edit(0, 0, "a"), Edit(1, 1, " ")),)), 25, FIRST),
        ("rebuild-from-last-state", trace("«$→»"), 26, FIRST),
        ("emptied-keeps-state", trace("«$→»", "«→a»"), 26, FIRST),
        ("same-text-not-read", trace("a«→»", (Edit(1, 1, ""),)), 27, FIRST),
        ("half-applied", trace("a", INVALID), 28, FIRST),
        ("diagnostics-not-stored", trace("^^^", RESTORE), 29, FIRST),
        ("surplus-accepted", trace("", DAMAGED), 29, FIRST),
        ("other-document-accepted", trace("a", RESTORE), 30, FIRST),
        ("reads-everything", trace(f"{'a' * 300}\n\na", (Edit(303, 303, ""),)), 31, FIRST),
        ("shared-answer", trace("a", FORK), 32, FIRST),
    ],
)
def test_a_planted_bug_is_of_its_class(
    name: str, which: Trace, bug_class: int, is_first: bool
) -> None:
    planted = {bug.target.name: bug.bug_class for bug in planted_bugs()}
    assert planted[f"latex-planted-{name}"] == bug_class
    examination = examined(name, which)
    check_reasons(examination)
    likely = [each.number for each in examination.likely]
    assert bug_class in (likely[:1] if is_first else likely)
    assert len(likely) <= MOST


class Words:
    """An engine whose items do not say where they lie, and which reads three characters behind an
    edit, whatever that opens. `says_work` is whether it tells."""

    name = "words"

    def __init__(self, document: str = "") -> None:
        self.document, self.old = document, self.batch(document)

    def batch(self, document: str) -> list[Any]:
        """Each character, and whether there is a `*` in front of it."""
        return [(each, "*" in document[:number]) for number, each in enumerate(document)]

    def open(self, document: str) -> Words:
        """A handle of the same class."""
        return type(self)(document)

    def apply(self, edits: Edits) -> None:
        """Applies them, and gives up early."""
        self.document = apply_all(self.document, edits)
        new = self.batch(self.document)
        read = edits[0].start + 3
        self.old = new[:read] + self.old[read - len(new) :] if read < len(new) else new

    def result(self) -> list[Any]:
        """What is stored."""
        return self.old


class SayingWords(Words):
    def work(self) -> int:
        """What it examined."""
        return 3


class IdleWords(Words):
    def work(self) -> int:
        """Nothing, it says."""
        return 0


def test_a_class_is_not_guessed_from_figures_that_nobody_knows() -> None:
    """That little was examined is a clue, and that nothing was; without them nothing tells."""
    which = trace("«→*»abcd")
    told = examined_on(SayingWords(), which)
    check_reasons(told)
    assert [each.number for each in told.likely] == [9, 11, 6]
    assert {each.because for each in told.likely} == {
        "less was examined than lies behind the edit: it may have stopped too early"
    }
    idle = examined_on(IdleWords(), which)
    assert [each.number for each in idle.likely] == [8, 7, 27]
    assert {each.because for each in idle.likely} == {
        "nothing was examined, and the text had changed"
    }
    silent = examined_on(Words(), which)
    assert silent.likely == ()
    assert silent.account is not None
    assert silent.account.divergence is not None
    view = view_of(Finding("words", silent.account.divergence, which), silent)
    reason = "what can be seen from outside does not tell: work() and changed() would say more"
    assert f"  likely class none: {reason}" in list(tell(view))
    assert f"none: {reason}" in page([Entry("finding-1", view)])


@pytest.mark.parametrize(
    ("name", "which", "because"),
    [
        ("reads-everything", trace(f"{'a' * 300}\n\na", (Edit(303, 303, ""),)),
         "far more is examined than had to be"),
        ("checkpoints-one-line-off", trace("a«→b»", RESUME),
         "going on from a checkpoint gives something else"),
    ],
    ids=["work", "resume"],
)  # fmt: skip
def test_an_experiment_that_was_not_made_is_no_reason(
    name: str, which: Trace, because: str
) -> None:
    account = examined(name, which).account
    assert account is not None
    assert likely_classes(account, which, Answers())[0].because == because


def test_classes_are_those_of_the_document() -> None:
    text = BUG_CLASSES.read_text("utf-8")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(CLASSES)
    assert {number for rule in RULES for number in rule.classes} <= set(CLASSES)


# What an engine says of its reading.


def test_an_account_says_where_an_engine_restarted_and_stopped() -> None:
    examination = examined("states-by-number", trace("«\n→%»$\na"))
    assert examination.account is not None
    opened, step = examination.account.steps
    assert opened.reading is None
    assert opened.checkpoints == (0, 1, 3)
    assert step.checkpoints_before == (0, 1, 3)
    reading = step.reading
    assert reading is not None
    assert (reading.restart, reading.checkpoint, reading.stop) == (0, 0, 3)
    assert (reading.must_start, reading.must_end) == (0, 4)
    assert (reading.work, reading.needed) == (3, 4)
    assert (step.wrong, step.wrong_offset) == (1, 3)


def test_the_needed_work_is_counted_even_below_what_is_free() -> None:
    account = account_of(load_target("latex"), trace("a\nb«→c»\nd"))
    assert account.divergence is None
    reading = account.steps[-1].reading
    assert reading is not None
    assert reading.needed
    assert reading.work


class Characters:
    """An engine with the two methods and nothing else; wrong behind the third edit."""

    name = "characters"

    def __init__(self, document: str = "") -> None:
        self.document, self.edits = document, 0

    def batch(self, document: str) -> list[Any]:
        """The characters; a refusal where there is a `!`."""
        if "!" in document:
            raise InvalidDocument("no")
        return list(document)

    def open(self, document: str) -> Characters:
        """A handle of the same class."""
        return type(self)(document)

    def apply(self, edits: Edits) -> None:
        """Applies them."""
        self.document, self.edits = apply_all(self.document, edits), self.edits + 1

    def result(self) -> list[Any]:
        """The characters, or too many."""
        return [*self.document, "x"] if self.edits == 3 else list(self.document)


THREE = trace("a«→b»", "ab«→c»", "abc«→d»")


def test_what_an_engine_does_not_say_is_not_made_up() -> None:
    account = account_of(Characters(), THREE)
    step = account.steps[-1]
    assert account.divergence is not None
    assert step.wrong == 4
    assert (step.wrong_offset, step.checkpoints) == (None, None)
    reading = step.reading
    assert reading is not None
    assert [reading.work, reading.needed, reading.changed, reading.restart, reading.stop] == [
        None
    ] * 5


def test_an_account_ends_with_the_step_that_diverges() -> None:
    longer = Trace(THREE.document, (*THREE.steps, (Edit(0, 0, "z"),)))
    account = account_of(Characters(), longer)
    assert [step.number for step in account.steps] == [0, 1, 2, 3]


def test_asking_does_not_change_the_verdict() -> None:
    """An engine that repairs itself when it is asked for its checkpoints still diverges."""

    class Repairing(Characters):
        def checkpoints(self) -> list[int]:
            self.edits = 0
            return [0]

        def resume(self, index: int) -> list[Any]:
            return list(self.document)

    account = account_of(Repairing(), THREE)
    assert account.divergence is not None
    assert account.divergence.step == 3


def test_an_item_that_cannot_be_shown_is_shown_by_what_it_raised() -> None:
    class Shy(str):
        __slots__ = ()

        def __repr__(self) -> str:
            raise RuntimeError("no")

    class Bashful(Characters):
        def batch(self, document: str) -> list[Any]:
            return [Shy(character) for character in document]

    steps = account_of(Bashful(), trace("a")).steps
    assert steps[0].expected.items[0].text == "<RuntimeError>"


def test_items_that_cannot_be_compared_leave_a_finding_without_an_account() -> None:
    class Prickly(str):
        __slots__ = ()
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no touching")

        __ne__ = __eq__

    class Thorny(Characters):
        def batch(self, document: str) -> list[Any]:
            return [Prickly(character) for character in document]

    which = trace("«→ab»")
    divergence = check(Thorny(), which)
    assert divergence is not None
    examination = examine(Thorny(), Finding("thorny", divergence, which))
    assert examination.account is None
    assert examination.why_not == "its items cannot be looked at: RuntimeError: no touching"


def test_of_many_steps_the_last_are_kept() -> None:
    many = Trace("a", ((Edit(0, 0, "b"), Edit(0, 1, "")),) * (MOST_STEPS + 50))
    steps = account_of(load_target("latex"), many).steps
    assert len(steps) == MOST_STEPS
    assert steps[-1].number == MOST_STEPS + 50


def test_of_large_documents_few_steps_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzzeq.forensics.account.MOST_CHARACTERS", 100)
    steps = account_of(load_target("latex"), trace(f"«→b»{'a' * 60}", f"b«→c»{'a' * 60}")).steps
    assert [step.number for step in steps] == [2]


def test_a_refused_document_has_an_account() -> None:
    account = account_of(Characters(), trace("a«→!»", (Edit(0, 0, "b"),)))
    assert account == Account(None, account.steps, account.capabilities)
    assert len(account.steps) == 3


@pytest.mark.parametrize(("number", "place"), [(0, 0), (1, 2), (2, 9), (3, 9), (4, None)], ids=str)
def test_a_place_is_where_an_item_begins(number: int, place: int | None) -> None:
    """Behind the last one, and where offsets go back, it is the document's end."""
    items = load_target("latex").batch("$a")[:0]
    assert place_of(items, 0, 9) == 9

    class At:
        def __init__(self, start: int) -> None:
            self.start = start

    assert place_of([At(0), At(2), At(1)], number, 9) == place


# Experiments.


def test_plain_letters_move_nothing() -> None:
    changed = plain(trace("é«\U0001d538→ü»x", RESTORE))
    assert changed == trace("a«a→a»x", RESTORE)


def test_a_large_trace_is_not_experimented_with() -> None:
    def ran(size: int) -> bool:
        large = trace(f"«→b»{'a' * size}")
        divergence = check(Wrong(), large)
        assert divergence is not None
        return experiment(Wrong(), large, divergence).fails_fresh is not None

    class Wrong(Characters):
        def result(self) -> list[Any]:
            return [*self.document, "x"]

    assert not ran(LARGEST)


def test_an_experiment_that_would_be_the_trace_itself_is_none() -> None:
    divergence = check(Characters(), THREE)
    assert divergence is not None
    answers = experiment(Characters(), THREE, divergence)
    assert answers.fails_fresh is False
    assert answers.fails_in_plain_letters is None
    assert answers.work_at_end is None


# What a shrunk finding keeps of what it was.


def a_large_finding() -> Finding:
    which = trace(f"{'a' * 50}\n«→\\makeatletter»\n\\@ and more\n")
    target = load_target("latex-planted-without-at-letter")
    divergence = check(target, which)
    assert divergence is not None
    return Finding(target.name, divergence, which)


def test_a_shrunk_finding_keeps_the_trace_that_it_was_found_with() -> None:
    finding = a_large_finding()
    target = load_target(finding.target)
    small = shrink_finding(target, finding).finding
    assert small.shrunk
    assert small.original == finding.trace
    assert small.trace != finding.trace
    first, *_, last = small.shrinking
    assert first.written > last.written
    again = shrink_finding(target, small).finding
    assert again.original == finding.trace


def test_what_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = a_large_finding()
    monkeypatch.setattr(shrinking, "LARGEST_ORIGINAL", 20)
    small = shrink_finding(load_target(finding.target), finding).finding
    assert small.shrunk
    assert small.original is None


def test_the_page_shows_the_way_to_the_minimum_and_what_it_began_with() -> None:
    finding = a_large_finding()
    target = load_target(finding.target)
    small = shrink_finding(target, finding).finding
    told = "\n".join(tell(view_of(small, examine(target, small))))
    assert "as it was found:" in told
    assert "and more" in told
    assert any(each.by in told for each in small.shrinking[1:])
