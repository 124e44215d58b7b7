"""Operations: each is what it is called, all over the document, and leaves it as it was."""

from __future__ import annotations

import pytest

from fuzzeq.bench.operations import (
    EDITS,
    PARAGRAPH,
    PASTE,
    Operation,
    document,
    exercises,
    person_at_work,
    worth_showing,
)
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import apply_all

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


@pytest.mark.parametrize("operation", EDITS)
@pytest.mark.parametrize(
    "text",
    [document((), 20_000), "", "x", "x" * 5000, "\n" * 300, "漢字 and some words\r\n" * 50],
    ids=["words", "empty", "one", "no line", "lines", "others"],
)
def test_exercise_leaves_the_text_as_it_was(operation: Operation, text: str) -> None:
    planned = exercises(operation, text, 12, ("$", "%"))
    assert len(planned) == 12
    for exercise in planned:
        edits = [edit for edit in exercise if edit is not None]
        assert apply_all(text, edits) == text
        assert exercise.timed.text or exercise.timed.end > exercise.timed.start or not text


def test_operations_are_what_they_are_called() -> None:
    text = document((), 100_000)
    one = {operation: exercises(operation, text, 5, ("$", "%")) for operation in EDITS}
    assert {exercise.timed.text for exercise in one[Operation.CHARACTER]} == {"x"}
    assert all(exercise.timed.text.count("\n") == 1 for exercise in one[Operation.LINE])
    assert {len(exercise.timed.text) for exercise in one[Operation.PARAGRAPH]} == {PARAGRAPH}
    assert all(PASTE <= len(each.timed.text) <= 2 * PASTE for each in one[Operation.PASTE])
    assert all(not exercise.timed.text for exercise in one[Operation.DELETE])
    for exercise in one[Operation.UNDO]:
        assert exercise.before is not None
        assert exercise.timed == exercise.before.invert(text)
    assert [exercise.timed.text for exercise in one[Operation.HAZARD]] == ["$", "%", "$", "%", "$"]
    starts = [exercise.timed.start for exercise in one[Operation.CHARACTER]]
    assert starts == sorted(starts)
    assert starts[-1] - starts[0] > 60_000  # all over the document


def test_document_is_whole_samples_of_some_length() -> None:
    long, short = "long " * 1000, "short\n"
    assert document((short, "", long), 6000) == short + long + short + long
    assert worth_showing((short, long)) == (long,)
    assert worth_showing((short,)) == (short,)
    assert document((short,), 7) == short * 2
    for wrong in (0, -1, 10**9):
        with pytest.raises(UsageError, match="can be had"):
            document((), wrong)


def test_person_at_work_keeps_the_document_at_its_size() -> None:
    text = document((), 3000)
    first = len(text)
    edits = person_at_work(text, 5)
    for _ in range(5000):
        text = next(edits).apply(text)  # which raises where one does not fit
        assert first / 2 < len(text) < 2.5 * first
