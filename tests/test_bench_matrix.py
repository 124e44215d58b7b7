"""The matrix: every cell has samples, as many as a judgement takes, or says why it has none."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.bench import runner
from fuzzeq.bench.judgement import FEWEST
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.runner import Cell, Matrix, measure
from fuzzeq.bench.verdicts import with_enough
from fuzzeq.bench.workers import ORDER_SECONDS, Subject, WorkerProcess
from tests.bench_runs import SMALL, name_of, settings
from tests.cli_runs import fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


def cells_of(matrix: Matrix, engine: str, operation: Operation) -> list[Cell]:
    return [
        cell
        for cell in matrix.cells
        if cell.subject.name == name_of(engine) and cell.operation is operation
    ]


def test_matrix_has_every_cell_with_time_work_and_memory() -> None:
    told: list[str] = []
    matrix = measure(settings("Words", "SHARING"), lambda progress: told.append(progress.what))
    assert len(matrix.cells) == len(Operation) * 2 * 2
    for cell in matrix.cells:
        assert len(cell.samples) == (6 if cell.operation is Operation.LOAD else 8), cell
        assert min(cell.samples) > 0
        assert cell.work == ([] if cell.operation is Operation.LOAD else [10] * 8)
        assert cell.length >= cell.size
        assert not cell.note
        if sys.platform == "linux":
            assert cell.peak is not None
    assert told[0].startswith("opening")
    assert told[-1] == "memory"


def test_what_fails_is_a_cell_with_its_reason_and_costs_no_other() -> None:
    matrix = measure(
        settings("RAISING", "Words", "DYING", operations=(Operation.CHARACTER, Operation.LINE))
    )
    for cell in cells_of(matrix, "RAISING", Operation.LINE):
        assert "RuntimeError: no" in cell.note
        assert cell.failed
    for cell in cells_of(matrix, "DYING", Operation.LINE):
        assert "ended with status 7" in cell.note
    for engine in ("RAISING", "Words"):
        assert all(len(c.samples) == 8 for c in cells_of(matrix, engine, Operation.CHARACTER))


def test_engine_that_is_wrong_in_the_end_is_not_measured() -> None:
    matrix = measure(settings("FORGETFUL", memory=False, operations=(Operation.CHARACTER,)))
    for cell in matrix.cells:
        assert cell.failed
        assert not cell.samples
        assert "not a fresh one's" in cell.note


def test_subject_that_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = measure(settings("Words", sizes=(2000, 1_000_000), cell_seconds=1e-9, memory=False))
    small, large = cells_of(matrix, "Words", Operation.LINE)
    assert len(small.samples) >= 1
    assert "fewer samples" in small.note
    assert "opening would take" in large.note
    assert not large.failed


def test_a_document_that_is_too_much_costs_no_other() -> None:
    matrix = measure(
        settings(
            "HEAVY", "Words", sizes=(2000, 10_000, 50_000), memory=False,
            operations=(Operation.CHARACTER, Operation.LOAD),
        )
    )  # fmt: skip
    for operation in (Operation.CHARACTER, Operation.LOAD):
        small, heavy, larger = cells_of(matrix, "HEAVY", operation)
        assert small.samples
        assert not small.note
        assert (heavy.failed, heavy.note) == (True, "open: its process ended with status 7")
        assert (larger.failed, larger.note) == (
            False, "left out: 10,000 characters were too much already",
        )  # fmt: skip
        assert all(cell.samples for cell in cells_of(matrix, "Words", operation))


def test_edits_that_end_a_process_cost_no_other_cell() -> None:
    operations = (Operation.LINE, Operation.CHARACTER, Operation.LOAD)
    matrix = measure(settings("DYING", "Words", memory=False, operations=operations))
    for operation in operations:
        for cell in cells_of(matrix, "DYING", operation):
            if operation is Operation.LINE:
                assert (cell.failed, cell.samples) == (True, [])
                assert cell.note == "line: its process ended with status 7"
            else:
                assert (cell.failed, cell.note) == (False, "")
                assert cell.samples
    assert all(cell.samples for cell in matrix.cells if cell.subject.name == name_of("Words"))


def test_an_engine_that_hangs_is_begun_again_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = WorkerProcess.ask

    def impatient(worker: WorkerProcess, what: str, limit: float = 1.0, **more: object) -> Any:
        return ask(worker, what, 1.0 if what == "turn" else 20.0, **more)

    monkeypatch.setattr(WorkerProcess, "ask", impatient)
    operations = (Operation.CHARACTER, Operation.LINE, Operation.DELETE, Operation.LOAD)
    matrix = measure(settings("HANGING", memory=False, operations=operations))
    cells = {operation: cells_of(matrix, "HANGING", operation) for operation in operations}
    assert all(cell.samples and not cell.failed for cell in cells[Operation.LOAD])
    for operation in operations[:-1]:
        assert all(cell.failed for cell in cells[operation])
        assert all("no answer within 1 s" in cell.note for cell in cells[operation])


def test_peers_have_less_time_and_documents_are_opened_again_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[tuple[str, float, str, int]] = []
    ask = WorkerProcess.ask

    def recorded(
        worker: WorkerProcess, what: str, limit: float = ORDER_SECONDS, **more: Any
    ) -> Any:
        if what == "open":
            length = len(Path(more["path"]).read_text("utf-8"))
            opened.append((worker.subject.name, limit, more["document"], length))
        return ask(worker, what, limit, **more)

    monkeypatch.setattr(WorkerProcess, "ask", recorded)
    wanted = settings("HEAVY", sizes=(2000, 5000, 10_000), memory=False,
                      operations=(Operation.CHARACTER,))  # fmt: skip
    wanted = replace(wanted, subjects=(*wanted.subjects, Subject("peer:pygments", "latex")))
    matrix = measure(wanted)
    lengths = {str(cell.size): cell.length for cell in matrix.cells}
    assert all(length == lengths[document] for _, _, document, length in opened)
    limits = {name: {limit for who, limit, _, _ in opened if who == name} for name, *_ in opened}
    assert limits == {name_of("HEAVY"): {300.0}, "peer:pygments": {60.0}}
    again = [document for who, _, document, _ in opened if who == name_of("HEAVY")]
    assert again[-3:] == ["10000", "2000", "5000"]


def test_baseline_has_the_samples_that_it_takes_to_judge() -> None:
    settings_of_seconds = settings(
        "SLUGGISH", sizes=(2000,), count=20, warmup=0, cell_seconds=0.1, memory=False,
        operations=(Operation.LINE, Operation.LOAD),
    )  # fmt: skip
    few_wanted = with_enough(settings("Words", count=3, loads_count=2), 10)
    assert (few_wanted.count, few_wanted.loads_count) == (10, 10)
    few = measure(settings_of_seconds)
    enough = measure(with_enough(settings_of_seconds, FEWEST))
    assert max(len(cell.samples) for cell in few.cells if cell.operation is Operation.LINE) < FEWEST
    assert all(FEWEST <= len(cell.samples) < 20 for cell in enough.cells)


@pytest.mark.parametrize("seconds", [0.5, 100.0])
def test_time_for_a_judgements_samples_has_an_end(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(runner, "MOST_SECONDS", seconds)
    run = runner._Run(settings("Words", cell_seconds=0.1, fewest=10), lambda progress: None)
    words, peers = Subject(name_of("Words")), Subject("peer:other")
    for spent, budget, taken, subject, is_over in (
        (0.2, 0.1, 9, words, seconds < 0.2),
        (0.2, 0.1, 10, words, True),
        (seconds + 0.1, 0.1, 9, words, True),
        (0.2, 0.1, 1, peers, True),
        (0.05, 0.1, 10, words, False),
        (seconds + 0.1, seconds + 0.2, 1, words, False),
    ):
        assert run._is_over(subject, spent, budget, taken) is is_over


def test_engine_that_raises_is_told_and_reaches_no_terminal_as_it_is() -> None:
    ended = fuzzeq("bench", name_of("RAISING"), *SMALL, "--operation", "line")
    assert ended.status == 2
    assert "failed: line: it raised RuntimeError" in ended.out
    assert "\x1b" not in ended.out
