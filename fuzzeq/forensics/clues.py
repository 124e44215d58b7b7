"""Clues: questions to a finding's account, each with a plain answer, for `classes` to go by."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzeq.forensics.account import StepAccount
from fuzzeq.forensics.experiments import Answers
from fuzzeq.model.edit import Edit, apply_all, invert_all
from fuzzeq.model.finding import Divergence
from fuzzeq.model.trace import Edits, Probe, ProbeName, Trace


@dataclass(frozen=True, slots=True)
class Clues:
    """All that rules look at: the last step is the one at which the trace diverges."""

    divergence: Divergence
    trace: Trace
    last: StepAccount
    answers: Answers
    documents: tuple[str, ...]

    @property
    def edits(self) -> Edits:
        """The edits of the last step; none where it is a probe or the opening."""
        step = self.last.step
        return () if step is None or isinstance(step, Probe) else step

    @property
    def edit(self) -> Edit | None:
        """The only edit of the last step."""
        return self.edits[0] if len(self.edits) == 1 else None

    def is_(self, oracle: str, kind: str = "") -> bool:
        """Whether it broke that oracle, in a kind that begins so."""
        return self.divergence.oracle == oracle and self.divergence.kind.startswith(kind)

    @property
    def removed(self) -> str:
        """What the last step takes away."""
        document, removed = self.last.before, ""
        for edit in self.edits:
            removed += document[edit.start : edit.end]
            document = edit.apply(document)
        return removed

    @property
    def inserted(self) -> str:
        """What the last step puts in."""
        return "".join(edit.text for edit in self.edits)

    @property
    def everything(self) -> str:
        """All text of the trace."""
        texts = [self.trace.document]
        for step in self.trace.steps:
            if not isinstance(step, Probe):
                texts += [edit.text for edit in step]
        return "".join(texts)

    @property
    def needs_history(self) -> bool:
        """Whether the last step alone is not enough."""
        return len(self.documents) > 2 and self.answers.fails_fresh is False

    @property
    def stops_early(self) -> bool:
        """Whether the first wrong item lies behind where the engine stopped reading."""
        reading, wrong = self.last.reading, self.last.wrong_offset
        stop = reading.stop if reading else None
        return stop is not None and wrong is not None and wrong >= stop

    @property
    def restarts_late(self) -> bool:
        """Whether the first wrong item lies in front of what the engine read again."""
        reading, wrong = self.last.reading, self.last.wrong_offset
        restart = reading.restart if reading else None
        return restart is not None and wrong is not None and wrong < restart

    @property
    def reads_the_wrong_item(self) -> bool:
        """Whether the first wrong item lies within what the engine read again."""
        reading, wrong = self.last.reading, self.last.wrong_offset
        if reading is None or reading.restart is None or reading.stop is None or wrong is None:
            return False
        return reading.restart <= wrong < reading.stop

    @property
    def leaves_some_unread(self) -> bool:
        """Whether less was examined than lies behind the edit, where the item that is wrong does
        not say where it lies."""
        reading = self.last.reading
        if not self.edits or reading is None or reading.work is None:
            return False
        behind = len(self.last.document) - min(edit.start for edit in self.edits)
        return self.last.wrong_offset is None and 0 < reading.work < behind

    @property
    def fails_on_fresh_handle(self) -> bool:
        """Whether the last step fails on a handle that was just opened: alone, or because there is
        no other step."""
        return self.answers.fails_fresh is True or len(self.trace.steps) == 1

    @property
    def pair(self) -> tuple[str, str]:
        """The two items at the first difference, as text."""
        last = self.last
        texts = []
        for side in (last.expected, last.actual):
            place = -1 if last.wrong is None else last.wrong - side.first
            texts.append(side.items[place].text if 0 <= place < len(side.items) else "")
        return texts[0], texts[1]

    @property
    def only_moved(self) -> bool:
        """Whether the two items differ in nothing but their place."""
        expected, actual = self.pair
        last = self.last
        if not expected or not actual or last.wrong is None:
            return False
        here = last.expected.items[last.wrong - last.expected.first]
        there = last.actual.items[last.wrong - last.actual.first]
        if here.start is None or there.start is None or here.end is None or there.end is None:
            return False
        return (
            here.start != there.start
            and here.end - here.start == there.end - there.start
            and here.kind == there.kind
        )

    @property
    def keeps_tail(self) -> bool:
        """Whether the result is the right one, and then goes on."""
        last = self.last
        return last.wrong is not None and last.wrong == last.expected.count < last.actual.count

    @property
    def is_old(self) -> bool:
        """Whether the step changed the document, and nothing was examined for it; where it is known
        that nothing had to be, that is no clue."""
        reading = self.last.reading
        return bool(
            reading
            and reading.work == 0
            and reading.needed != 0
            and self.last.before != self.last.document
        )

    @property
    def replaces_all(self) -> bool:
        """Whether the last step replaces a whole document."""
        edit = self.edit
        whole = len(self.last.before)
        return edit is not None and whole > 0 and (edit.start, edit.end) == (0, whole)

    @property
    def about_a_complaint(self) -> bool:
        """Whether the first difference is about a diagnostic alone."""
        return all(not text or text.startswith("Diagnostic(") for text in self.pair) and any(
            self.pair
        )

    @property
    def changes_lines(self) -> bool:
        """Whether the last step adds or takes away lines."""
        before, after = self.last.before, self.last.document
        return before.count("\n") != after.count("\n") or before.count("\r") != after.count("\r")

    @property
    def stops_at_blank_line(self) -> bool:
        """Whether the line of the first wrong item is blank, or the one in front of it."""
        wrong, document = self.last.wrong_offset or 0, self.last.document
        before, here = document[:wrong].splitlines(), document[wrong:].splitlines()[:1]
        return bool(before) and not (before[-1].strip() and "".join(here).strip())

    @property
    def stops_at_equal_lines(self) -> bool:
        """Whether two lines in front of the first wrong item are the same."""
        lines = self.last.document[: self.last.wrong_offset].splitlines()
        return len(lines) > 2 and lines[-1] == lines[-2]

    @property
    def redoes(self) -> bool:
        """Whether the last step is one from before that was undone in between."""
        steps = self.trace.steps
        return (
            len(steps) > 2 and steps[-1] == steps[-3] and self.documents[-1] == self.documents[-3]
        )

    @property
    def undoes(self) -> bool:
        """Whether the last step takes the one in front of it back."""
        if len(self.trace.steps) < 2 or not self.edits or self.last.number < 2:
            return False
        before = self.trace.steps[-2]
        if isinstance(before, Probe) or self.documents[-1] != self.documents[-3]:
            return False
        return invert_all(self.documents[-3], before) == self.edits

    @property
    def inserts_again(self) -> bool:
        """Whether the last step inserts what the one in front of it had taken away."""
        if len(self.trace.steps) < 2 or not self.inserted:
            return False
        before, document = self.trace.steps[-2], self.documents[-3]
        if isinstance(before, Probe):
            return False
        return any(
            apply_all(document, before[:number])[edit.start : edit.end] == self.inserted
            for number, edit in enumerate(before)
        )

    @property
    def probe(self) -> ProbeName | None:
        """The probe that the last step is."""
        return self.last.step.name if isinstance(self.last.step, Probe) else None
