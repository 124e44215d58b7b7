"""`fuzzeq bench`: operations, the matrix, limits, baselines, another checkout, reports, charts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.bench import runner, worker, workers
from fuzzeq.bench.baseline import DOCUMENTS, made_of
from fuzzeq.bench.config import Config, load_config
from fuzzeq.bench.environment import detect
from fuzzeq.bench.judgement import FEWEST, FEWEST_PAIRS, Judgement, Verdict
from fuzzeq.bench.loads import Load, background
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
from fuzzeq.bench.peers import PEERS, peer
from fuzzeq.bench.runner import Cell, Matrix, Settings, measure
from fuzzeq.bench.verdicts import (
    USUAL_LIMITS,
    check_limits,
    compare_sides,
    judge_baselines,
    judge_sides,
    with_enough,
)
from fuzzeq.bench.workers import Failed, Subject, TextFile, WorkerProcess
from fuzzeq.cli.bench.table import show
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.registry import load_target
from fuzzeq.report import bench_report
from fuzzeq.report.bench_charts import draw
from fuzzeq.report.bench_report import Measurement, RunVerdict
from fuzzeq.report.files import check_place
from tests.test_cli import check_usage_error, fuzzeq

ROOT = Path(__file__).parents[1]
WORDS = "tests.bench_engines:Words"
SMALL = ("--size", "2KB", "--size", "5KB", "--count", "8")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go to the test's own folder; workers find this project's tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(sys, "path", list(sys.path))


RUN = sys.modules["fuzzeq.cli.bench.run"]  # whose package has a command of that name


@pytest.fixture(autouse=True)
def on_a_steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine does besides is nothing to these tests."""
    monkeypatch.setattr(RUN, "calibrate", lambda: 0.001)


def name_of(engine: str) -> str:
    return f"tests.bench_engines:{engine}"


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


@pytest.mark.parametrize("name", PEERS)
def test_peer_is_a_target_of_its_language(name: str) -> None:
    pytest.importorskip({"tree-sitter": "tree_sitter_language_pack"}.get(name, name))
    target = peer(name, "latex")
    text = "Some \\emph{words} and $x$ in it.\n" * 5
    handle = target.open(text)
    for edit in (Edit(5, 5, "y"), Edit(0, 4, ""), Edit(3, 3, "é漢"), Edit(9, 12, "zz")):
        handle.apply((edit,))
        text = edit.apply(text)
    assert list(handle.result()) == list(target.batch(text))
    with pytest.raises(UsageError):
        peer(name, "no such language")


def test_peer_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there are tree-sitter"):
        peer("other", "latex")
    monkeypatch.setitem(sys.modules, "pygments", None)
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    with pytest.raises(UsageError, match="pip install"):
        peer("pygments", "latex")


def settings(*engines: str, **changes: object) -> Settings:
    said: dict[str, object] = {"sizes": (2000, 4000), "count": 8, "loads_count": 6, "warmup": 2}
    said["subjects"] = tuple(Subject(name_of(engine)) for engine in engines)
    return Settings(**{**said, **changes})  # type: ignore[arg-type]


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


def test_worker_that_hangs_is_ended() -> None:
    with WorkerProcess(Subject(name_of("HANGING"))) as worker, TextFile("some text") as file:
        worker.ask("open", document="", path=file.path, clock="wall")
        with pytest.raises(Failed, match="no answer within"):
            worker.ask("edits", 0.3, document="", edits=[Edit(0, 0, "x")])
        with pytest.raises(Failed, match="no answer within"):
            worker.ask("close", document="")


def test_worker_whose_target_prints_still_answers() -> None:
    Path("chatty.py").write_text(
        "from tests.bench_engines import Words as W\nprint('loaded')\n"
        "class Words(W):\n    def open(self, text):\n"
        "        print(text)\n        return W().open(text)\n"
    )
    with WorkerProcess(Subject("chatty:Words")) as worker, TextFile("a b") as file:
        assert worker.ask("open", document="", path=file.path, clock="cpu")["seconds"] >= 0


def test_subject_that_takes_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = measure(settings("Words", sizes=(2000, 1_000_000), cell_seconds=1e-9, memory=False))
    small, large = cells_of(matrix, "Words", Operation.LINE)
    assert len(small.samples) >= 1
    assert "fewer samples" in small.note
    assert "opening would take" in large.note
    assert not large.failed


@pytest.mark.parametrize("load", Load)
def test_load_runs_while_the_context_does(load: Load) -> None:
    import psutil

    others = set(psutil.Process().children())  # of other tests, in the same process
    with background([load, load], 2):
        children = set(psutil.Process().children()) - others
        assert len(children) == (1 if load is Load.DISK else 2)
        until = time.monotonic() + 10  # a process has no command line yet when it has just begun
        while not all(child.cmdline() for child in children) and time.monotonic() < until:
            time.sleep(0.01)
        assert all(str(load) in child.cmdline() for child in children)
    assert not any(child.is_running() for child in children)


def matrix_of(*cells: Cell, **changes: object) -> Matrix:
    return Matrix(settings("Words", **changes), list(cells))


def cell(samples: list[float], side: str = "", **changes: object) -> Cell:
    said: dict[str, object] = {"operation": Operation.LINE, "size": 1000, "samples": samples}
    return Cell(Subject("words", "", None, side), **{**said, **changes})  # type: ignore[arg-type]


def test_limits_are_judged_at_the_95th_percentile() -> None:
    fast = [0.001] * 96 + [1.0] * 4
    slow = [0.001] * 90 + [0.1] * 10
    limits = {Operation.LINE: 5.0, "memory": 1.0}
    for samples, holds in ((fast, True), (slow, False), ([], False)):
        checks = check_limits(matrix_of(cell(samples, peak=2_000_000, failed=not samples)), limits)
        assert [check.holds for check in checks] == [holds, False]
    assert check_limits(matrix_of(cell([1.0], operation=Operation.UNDO)), {"line": 1}) == []
    left_out = check_limits(matrix_of(cell([], note="left out: too long")), limits)
    assert [(check.value, check.holds) for check in left_out] == [(None, False)] * 2
    peers = cell([1.0])
    peers.subject = Subject("peer:other")
    assert check_limits(matrix_of(peers), USUAL_LIMITS) == []


def test_metric_that_one_side_lost_is_a_failure() -> None:
    steady = [1.0, 1.1] * 10
    base, base_of_head = cell(steady, "base", work=[5] * 20), cell(steady, "head", work=[5] * 20)
    for head, verdicts in (
        (cell(steady, "head", work=[5] * 20), [Verdict.UNCHANGED, Verdict.UNCHANGED]),
        (cell([], "head", failed=True), [Verdict.MISSING, Verdict.MISSING]),
        (cell(steady, "head"), [Verdict.UNCHANGED, Verdict.MISSING]),
        (cell([2.0] * 20, "head", work=[5] * 20), [Verdict.REGRESSED, Verdict.UNCHANGED]),
        (cell(steady, "head", work=[9] * 20), [Verdict.UNCHANGED, Verdict.REGRESSED]),
    ):
        judged = judge_sides(matrix_of(base, head))
        assert [judgement.verdict for judgement in judged] == verdicts
    assert judge_sides(matrix_of(base, base_of_head))[0].test == "sign test of pairs"
    nothing = judge_sides(matrix_of(cell([], "base", note="no such target"), cell(steady, "head")))
    assert [judgement.verdict for judgement in nothing] == [Verdict.NO_BASELINE]


def test_baseline_without_a_measurement_is_a_failure() -> None:
    steady = [1.0, 1.1] * 10
    known = {"words/line/1000": made_of(steady, 0.001),
             "words/line/1000/work": made_of([5] * 20, 0.001, unit="characters")}  # fmt: skip
    found = judge_baselines(matrix_of(cell(steady)), known, 0.001)
    assert [each.verdict for each in found] == [Verdict.UNCHANGED, Verdict.MISSING]
    found = judge_baselines(matrix_of(cell([])), known, 0.001)
    assert [each.verdict for each in found] == [Verdict.MISSING, Verdict.MISSING]
    found = judge_baselines(matrix_of(cell(steady)), {}, 0.001)
    assert [each.verdict for each in found] == [Verdict.NO_BASELINE]


def engines(**numbers: float) -> str:
    """This project's engines as they were elsewhere, with other numbers."""
    text = (ROOT / "tests" / "bench_engines.py").read_text()
    for name, number in numbers.items():
        text = re.sub(rf"^{name} = [\d.]+$", f"{name} = {number}", text, flags=re.MULTILINE)
    return text


def other_checkout(folder: Path, **numbers: float) -> Path:
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "bench_engines.py").write_text(engines(**numbers))
    return folder


def test_the_slower_it_became_the_surer_it_does_not_pass(tmp_path: Path) -> None:
    """Two samples would use up the budget. Where a base's sample was disturbed for as long as the
    head takes, ten pairs do not decide; and then it does not pass either."""
    base = other_checkout(tmp_path / "base", SECONDS=0)
    Path("short.toml").write_text("cell_seconds = 0.1\n")
    ended = fuzzeq(
        "bench", name_of("SLUGGISH"), "--size", "2KB", "--operation", "line", "--operation", "load",
        "--against", str(base), "--config", "short.toml", "--report", "report.json",
    )  # fmt: skip
    assert ended.status in (1, 2), ended
    for operation in ("line", "load"):
        name = f"{name_of('SLUGGISH')}/{operation}/2000"
        assert re.search(rf"^(regressed|undecided): {name}: ", ended.out, re.MULTILINE), ended
    report = json.loads(Path("report.json").read_text())
    for each in report["measurements"]:
        assert len(each["samples"]) >= FEWEST_PAIRS, each["name"]


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


class Counting:
    """A worker's owner that does so many exercises of each turn, each sample telling which."""

    def __init__(self, most: int) -> None:
        self.most = most

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        done = [float(exercise[1].start) for exercise in arguments["exercises"]][: self.most]
        return {"samples": done, "work": [1] * len(done)}


@pytest.mark.parametrize("most", [(5, 2), (2, 5), (5, 5), (1, 1), (5, 1)])
@pytest.mark.parametrize("warmup", [0, 3])
def test_samples_of_both_sides_are_pairs_of_one_exercise(
    most: tuple[int, int], warmup: int
) -> None:
    base, head = (Subject("words", "", None, side) for side in ("base", "head"))
    run = runner._Run(
        settings(sizes=(2000,), warmup=warmup, count=12, subjects=(base, head)),
        lambda progress: None,
    )
    run.workers = dict(zip((base, head), map(Counting, most), strict=True))  # type: ignore[arg-type]
    run.open = {(base, 2000), (head, 2000)}
    run._take_turns(Operation.LINE)
    first, second = (run.cells[Operation.LINE, 2000, side].samples for side in (base, head))
    assert first == second
    assert first == sorted(set(first))
    assert len(first) == 12
    assert len(run.cells[Operation.LINE, 2000, head].work) == len(first)


def check_verdict(
    judgements: list[Judgement], verdict: RunVerdict, capsys: pytest.CaptureFixture[str], told: str
) -> None:
    """A run with these, and a line about the first where the run does not pass."""
    done = Measurement(detect({}), 0.001, matrix_of(cell([1.0])), judgements)
    show(done)
    assert bench_report.verdict(done) is verdict
    lines = [line for line in capsys.readouterr().out.splitlines()[2:] if ": words/" in line]
    assert [line for line in lines if line.startswith(told)] or not told, lines


def test_undecided_and_far_beyond_its_limit_does_not_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for samples, verdict in (
        ([9.0] * 3, RunVerdict.INCOMPLETE),
        ([1.3] * 3, RunVerdict.PASSED),
        ([2.0] * 3, RunVerdict.PASSED),
        ([1.0] * 3, RunVerdict.PASSED),
    ):
        judged = judge_sides(matrix_of(cell([1.0] * 3, "base"), cell(samples, "head")))
        told = "undecided: words/line/1000: perhaps" if verdict is RunVerdict.INCOMPLETE else ""
        check_verdict(judged, verdict, capsys, told)


def test_target_of_a_src_layout_is_found_there(tmp_path: Path) -> None:
    """The head's folder is in the path, as it is where one develops."""
    base = tmp_path / "base"
    for root, work in ((Path(), 10), (base, 1)):
        (root / "src").mkdir(parents=True)
        (root / "src" / "engine_of_src.py").write_text(engines(WORK=work))
    sys.path.insert(0, str(tmp_path / "src"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "src"), str(ROOT)]))
        command = ["bench", "engine_of_src:Words", *SMALL[:2], "--operation", "line",
                   "--max-overhead", "5", "--against", str(base)]  # fmt: skip
        ended = fuzzeq(*command)
        assert ended.status == 1, ended
        assert "regressed: engine_of_src:Words/line/2000/work" in ended.out
        (base / "src" / "engine_of_src.py").unlink()
        check_usage_error(command, "engine_of_src:Words of", "which is not of that checkout")
        command[-1] = str(tmp_path.parent)  # ours lies inside of it
        check_usage_error(command, "which is not of that checkout")


@pytest.mark.parametrize("name", [WORDS, "mine"])
def test_target_stands_where_its_name_says_and_where_its_class_is(name: str) -> None:
    Path("fuzzeq.toml").write_text(f"[targets]\nmine = '{WORDS}'\n")
    import tests.bench_engines

    files = worker.files_of(name, Counting(1))
    assert files == sorted(map(os.path.realpath, (tests.bench_engines.__file__, __file__)))
    latex = ROOT / "fuzzeq" / "targets" / "latex" / "__init__.py"
    assert worker.files_of("latex", load_target("latex")) == [str(latex.resolve())]


def test_clock_is_part_of_a_baselines_name() -> None:
    command = ("bench", WORDS, *SMALL[:2], "--operation", "line", "--max-overhead", "500")
    for clock in ("cpu", "wall"):
        assert fuzzeq(*command, "--clock", clock, "--report", f"{clock}.json").status == 0
    assert fuzzeq("bench", "baseline", "accept", "cpu.json").status == 0
    ended = fuzzeq(*command)
    assert "nothing to compare with yet" in ended.out
    assert "2 unchanged" in fuzzeq(*command, "--clock", "cpu").out
    check_usage_error(["bench", "compare", "cpu.json", "wall.json"], "has the clock cpu")


def test_baseline_of_other_documents_is_none() -> None:
    steady = [1.0, 1.1] * 10
    for documents, verdict in (
        (settings("Words").documents, Verdict.REGRESSED),
        (settings("Words", samples=("a b\n",)).documents, Verdict.NO_BASELINE),
        (None, Verdict.REGRESSED),
    ):
        metadata = {} if documents is None else {DOCUMENTS: documents}
        known = {"words/line/1000": made_of(steady, 0.001, metadata=metadata)}
        matrix = matrix_of(cell([9.0] * 20))
        assert [each.verdict for each in judge_baselines(matrix, known, 0.001)] == [verdict]
        assert bool(matrix.notes) is (verdict is Verdict.NO_BASELINE)


def test_peers_are_not_read_from_a_report() -> None:
    other = cell([1.0] * 6)
    other.subject = Subject("peer:other")
    done = Measurement(detect({}), 0.001, matrix_of(cell([1.0] * 6), other))
    bench_report.write(bench_report.report(done), Path("report.json"))
    assert set(bench_report.read(Path("report.json")).samples) == {"words/line/1000"}


def test_report_that_was_accepted_before_is_renewed_only() -> None:
    for name, second in (("one", 1.0), ("two", 2.0)):
        done = Measurement(detect({}), 0.001, matrix_of(cell([second] * 6)))
        bench_report.write(bench_report.report(done), Path(f"{name}.json"))
    spreads = []
    for name in ("one", "one", "two", "one", "two"):
        ended = fuzzeq("bench", "baseline", "accept", f"{name}.json", "--baselines", "known")
        table = json.loads(next(Path("known").glob("*.json")).read_text())
        spreads.append(table["baselines"]["words/line/1000"]["spread"])
    assert spreads == [spreads[0]] * 2 + [spreads[2]] * 3
    assert spreads[0] != spreads[2]
    assert "1 renewed, 0 new" in ended.out


@pytest.mark.parametrize("command", [("bench", WORDS), ("bench", "soak", WORDS)])
@pytest.mark.parametrize(("place", "told"), [(".", "a folder"), ("there", "a folder"),
                                             ("none/a.json", "No such file")])  # fmt: skip
def test_place_of_a_report_is_looked_at_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], place: str, told: str
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    Path("there").mkdir()
    check_usage_error([*command, "--report", place], "cannot write", told)
    with pytest.raises(UsageError, match="cannot write"):
        bench_report.write({}, Path(place))
    assert [path.name for path in Path().rglob("*")] == ["there"]


@pytest.mark.parametrize(
    ("work", "status", "told"), [(1, 1, f"regressed: {WORDS}/line/2000/work"), (10, 0, "")]
)
def test_other_checkout_is_measured_in_turns(
    tmp_path: Path, work: int, status: int, told: str
) -> None:
    """Work is judged as times are, and is the same each time; five times are allowed, so that no
    noise of times can fail this test."""
    base = other_checkout(tmp_path / "base", WORK=work)
    ended = fuzzeq(
        "bench", WORDS, *SMALL[:4], "--count", "20", "--operation", "line", "--against", str(base),
        "--max-overhead", "5", "--report", "report.json",
    )  # fmt: skip
    assert ended.status == status, ended
    assert told in ended.out
    assert "(base)" in ended.out
    report = json.loads(Path("report.json").read_text())
    sides = {each["side"] for each in report["measurements"]}
    assert sides == {"base", "head"}
    if status:
        assert "again in fresh processes" in ended.out


def test_base_that_has_no_such_target_is_told_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("empty").mkdir()
    Path("engine_of_head.py").write_text(engines())
    sys.path.insert(0, str(tmp_path))
    monkeypatch.setattr("fuzzeq.bench.verdicts.measure", None)
    name = "engine_of_head:Words"
    check_usage_error(["bench", name, "--against", "empty"], f"{name} of", "cannot be measured")


def test_base_that_cannot_be_measured_is_nothing_to_pass_by(tmp_path: Path) -> None:
    base = other_checkout(tmp_path / "base")
    place = base / "tests" / "bench_engines.py"
    place.write_text(place.read_text().replace("return self.handle(document)", "raise OSError"))
    command = ("bench", WORDS, *SMALL, "--operation", "line", "--against", str(base))
    ended = fuzzeq(*command, "--limit", "line=100000")
    assert ended.status == 2, ended
    first = ended.out.splitlines()[0]
    assert first.startswith("incomplete: 2 cells measured; 2 of the base could not be measured; ")
    assert "yet" not in first


def test_calibration_is_the_median_of_some_before_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    took = iter([9.0, 1.0, 1.1, 1.2, 9.0, 1.1])
    monkeypatch.setattr(RUN, "calibrate", lambda: next(took))
    fuzzeq("bench", WORDS, *SMALL[:2], "--operation", "line", "--report", "report.json")
    report = json.loads(Path("report.json").read_text())
    assert report["calibration_seconds"] == pytest.approx(1.15)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_run_on_a_machine_that_was_another_does_not_pass(
    capsys: pytest.CaptureFixture[str], speed: float
) -> None:
    known = {"words/line/1000": made_of([1.0, 1.1] * 10, 0.001)}
    judged = judge_baselines(matrix_of(cell([1.0] * 20)), known, 0.001 * speed)
    told = "undecided: words/line/1000: not to be compared"
    check_verdict(judged, RunVerdict.INCOMPLETE, capsys, told)


def test_damaged_baselines_are_told_first_and_nothing_to_pass_by() -> None:
    place = Path("known") / f"{detect().key}.json"
    place.parent.mkdir()
    place.write_text("damaged")
    command = ("bench", WORDS, *SMALL[:2], "--operation", "line", "--baselines", "known")
    ended = fuzzeq(*command, "--report", "report.json")
    assert ended.status == 2, ended
    first, second = ended.out.splitlines()[:2]
    assert first.startswith("incomplete: 1 cells measured; the baselines are damaged")
    assert second.startswith("baselines: ")
    assert second.endswith(f"set aside as {place.name}.damaged-1")
    assert json.loads(Path("report.json").read_text())["verdict"] == "incomplete"


def test_pipe_is_a_place_though_nothing_can_stand_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As /dev/stdout is one."""
    os.mkfifo("pipe")
    monkeypatch.setattr(Path, "touch", None)
    check_place(Path("pipe"))
    with pytest.raises(TypeError):
        check_place(Path("file"))


def test_regression_that_is_not_seen_again_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, slower = [1.0, 1.1] * 10, [3.0, 3.1] * 10
    answers = iter(
        [
            matrix_of(cell(steady, "base"), cell(slower, "head")),
            matrix_of(cell(steady, "base"), cell(steady, "head")),
        ]
    )
    asked = []

    def measured(settings: Settings, watch: object) -> Matrix:
        asked.append(settings)
        return next(answers)

    monkeypatch.setattr("fuzzeq.bench.verdicts.measure", measured)
    _, judged = compare_sides(settings("Words"))
    assert [each.verdict for each in judged] == [Verdict.UNDECIDED]
    assert "not again" in judged[0].sentence
    assert asked[1].operations == (Operation.LINE,)
    assert asked[1].sizes == (1000,)
    assert asked[1].hash_seed != asked[0].hash_seed
    assert not judged[0].fails


@pytest.mark.parametrize("factor", [1.3, 9.0])
@pytest.mark.parametrize(
    ("lost", "verdict", "told"),
    [
        ("base", Verdict.UNDECIDED, "could not be measured again"),
        ("head", Verdict.MISSING, "there was nothing"),
    ],
)
def test_side_that_was_lost_when_measured_again_is_neither_seen_nor_refuted(
    monkeypatch: pytest.MonkeyPatch, factor: float, lost: str, verdict: Verdict, told: str
) -> None:
    steady = [1.0, 1.01] * 10
    slower = [factor * sample for sample in steady]
    sides = {"base": steady, "head": slower}
    again = {**sides, lost: []}
    answers = iter(
        matrix_of(*(cell(taken, side, work=[int(10 * each) for each in taken], note="gone")
                    for side, taken in each.items()))
        for each in (sides, again)
    )  # fmt: skip
    monkeypatch.setattr("fuzzeq.bench.verdicts.measure", lambda settings, watch: next(answers))
    _, judged = compare_sides(settings("Words"))
    assert [each.verdict for each in judged] == [verdict] * 2
    assert all(told in each.sentence for each in judged)
    assert not any("and again" in each.sentence for each in judged)
    assert all(each.fails for each in judged) is (lost == "head" or factor > 2)


def test_accepted_run_judges_the_next(tmp_path: Path) -> None:
    command = ("bench", WORDS, *SMALL, "--operation", "line", "--max-overhead", "500")
    ended = fuzzeq(*command, "--report", "first.json")
    assert ended.status == 0, ended
    assert "nothing to compare with yet: only fixed limits" in ended.out
    assert not Path(".fuzzeq").exists()
    ended = fuzzeq("bench", "baseline", "accept", "first.json", "--commit", "abc")
    assert "4 new, 4 in all" in ended.out
    stored = next(Path(".fuzzeq/baselines").glob("*.json"))
    before = stored.read_bytes()
    ended = fuzzeq(*command, "--report", "second.json")
    assert ended.status == 0, ended
    assert "4 unchanged" in ended.out
    assert stored.read_bytes() == before
    assert f"{WORDS}/line/2000/work" in fuzzeq("bench", "baseline", "show").out
    assert fuzzeq("bench", "baseline", "export", "all.json").status == 0
    assert "4 forgotten" in fuzzeq("bench", "baseline", "reset").out
    assert "4 imported, 4 in all" in fuzzeq("bench", "baseline", "import", "all.json").out
    assert "2 forgotten" in fuzzeq("bench", "baseline", "reset", f"{WORDS}/line/2000").out
    assert "4 in all" in fuzzeq("bench", "baseline", "import", "--merge", "all.json").out
    assert fuzzeq("bench", "compare", "first.json", "second.json",
                  "--max-overhead", "500").status == 0  # fmt: skip
    report = json.loads(Path("second.json").read_text())
    assert report["environment"]["key"] == stored.stem
    kept = [each for each in report["measurements"] if "2000" not in each["name"]]
    Path("less.json").write_text(json.dumps({**report, "measurements": kept}))
    ended = fuzzeq("bench", "compare", "first.json", "less.json", "--max-overhead", "500")
    assert ended.status == 2
    assert f"missing: {WORDS}/line/2000" in ended.out


def test_limit_that_is_broken_is_a_failure() -> None:
    ended = fuzzeq("bench", WORDS, *SMALL, "--operation", "line", "--limit", "line=0.000001")
    assert ended.status == 1
    assert f"limit: {WORDS}/line/2000" in ended.out
    ended = fuzzeq("bench", WORDS, *SMALL, "--operation", "line", "--limit", "line=100000",
                   "--limit", "memory=100000", "--clock", "cpu", "--load", "cpu")  # fmt: skip
    assert ended.status == 0, ended
    assert "0 of 4 limits broken" in ended.out
    assert "busy with cpu" in ended.out
    assert f"{WORDS}/line/2000/load-cpu" in ended.out


def test_engine_that_raises_is_told_and_reaches_no_terminal_as_it_is() -> None:
    ended = fuzzeq("bench", name_of("RAISING"), *SMALL, "--operation", "line")
    assert ended.status == 2
    assert "failed: line: it raised RuntimeError" in ended.out
    assert "\x1b" not in ended.out


def test_charts_are_pictures() -> None:
    pytest.importorskip("matplotlib")
    matrix = measure(settings("Words", memory=False))
    written = draw(matrix, Path("charts"))
    assert sorted(path.name for path in written) == [
        "latency.png", "latency.svg", "spread.png", "spread.svg",
    ]  # fmt: skip
    for path in written:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
            assert len(ElementTree.parse(path).findall(".//*")) > 100
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="nothing was measured"):
        draw(matrix_of(cell([])), Path("charts"))


@pytest.mark.slow
def test_profile_has_the_engines_own_functions() -> None:
    ended = fuzzeq("bench", "latex", "--size", "20KB", "--count", "8", "--operation", "paste",
                   "--profile", "profile")  # fmt: skip
    assert ended.status == 0, ended
    flame = Path("profile/flame.svg").read_text()
    assert "<svg" in flame
    assert "(fuzzeq/targets/latex/" in flame
    memory = Path("profile/memory.html").read_text()
    assert "incremental.py" in memory
    assert len(list(Path("profile").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], ("no target 'nobody'",)),
        ([WORDS, "--size", "0"], ("a size such as",)),
        ([WORDS, "--operation", "typing"], ("one of character",)),
        ([WORDS, "--peer", "nobody"], ("no peer 'nobody'; there are",)),
        ([WORDS, "--peer", "pylatexenc"], ("reads LaTeX only",)),
        ([WORDS, "--limit", "line"], ("usual, or one of",)),
        ([WORDS, "--limit", "line=nan"], ("usual, or one of",)),
        ([WORDS, "--against", "nowhere"], ("no folder 'nowhere'",)),
        ([WORDS, "--config", "none.toml"], ("none.toml cannot be read",)),
        ([WORDS, "--samples", "nowhere"], ("no folder 'nowhere'",)),
        (["compare", "a.json", "b.json"], ("cannot read a.json",)),
        (["baseline", "accept", "a.json"], ("cannot read a.json",)),
        (["baseline", "import", "a.json"], ("cannot read a.json",)),
        (["baseline", "reset", "nothing"], ("no baseline 'nothing'",)),
        (["baseline", "show", "--environment", "../x"], ("no name of an environment",)),
        (["soak", "nobody"], ("no target 'nobody'",)),
    ],
)
def test_mistake_is_one_line(arguments: list[str], words: tuple[str, ...]) -> None:
    check_usage_error(["bench", *arguments], *words)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"kind": "run"}', '{"kind": "bench", "format": 9}',
     '{"kind": "bench", "format": 1}', "[" * 100_000,
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": ["x"]}]}',
     '{"kind": "bench", "format": 1, "measurements": [3]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [NaN]}]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [1e9999]}]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [%s]}]}' % 10**400],
)  # fmt: skip
def test_report_that_makes_no_sense_is_told(text: str) -> None:
    Path("a.json").write_text(text)
    check_usage_error(["bench", "baseline", "accept", "a.json"], "a.json cannot be used")
    check_usage_error(["bench", "baseline", "import", "a.json"], "a.json cannot be imported")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sizes = [0]", "sizes of [tool.fuzzeq.bench] of pyproject.toml wants a size such as"),
        ("sizes = []", "a list of sizes"),
        ("operations = ['typing']", "one of character"),
        ("count = 1.5", "a whole number"),
        ("max_overhead = -1", "a number from 0"),
        ("max_overhead = nan", "a number from 0"),
        ("clock = 'sun'", "one of wall, cpu"),
        ("limits = {typing = 1}", "'usual', or a table"),
        ("limits = {line = 'x'}", "a number"),
        ("peers = 'tree-sitter'", "a list of texts"),
        ("baselines = ''", "a text"),
        ("speed = 1", "knows no 'speed'"),
    ],
)
def test_configuration_that_makes_no_sense_names_its_place(line: str, told: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.fuzzeq.bench]\n{line}\n")
    with pytest.raises(UsageError, match=re.escape(told)):
        load_config()


def test_configuration_is_read_from_the_project_or_a_file() -> None:
    assert load_config() == Config()
    Path("pyproject.toml").write_text("[tool.fuzzeq.bench]\nsizes = ['1KB', 500]\ncount = 7\n")
    Path("fuzzeq.toml").write_text("[bench]\ncount = 9\nlimits = 'usual'\n")
    config = load_config()
    assert (config.sizes, config.count) == ((500, 1000), 9)
    assert dict(config.limits) == dict(USUAL_LIMITS)
    Path("own.toml").write_text("targets = ['a:b']\noperations = ['undo', 'character']\n")
    config = load_config(Path("own.toml"))
    assert config.targets == ("a:b",)
    assert config.operations == (Operation.CHARACTER, Operation.UNDO)
    assert config.count == Config().count


def test_environment_is_told() -> None:
    assert "calibration" in fuzzeq("bench", "environment").out
    facts = json.loads(fuzzeq("bench", "environment", "--json").out)
    assert facts["key"]
    assert facts["calibration_seconds"] > 0


def test_extra_that_is_absent_is_told_before_anything_is_measured() -> None:
    code = (
        "import sys; sys.modules['scipy'] = None; sys.modules['scipy.stats'] = None\n"
        f"sys.argv = ['fuzzeq', 'bench', {WORDS!r}]\nfrom fuzzeq.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.strip() == "fuzzeq: scipy is not installed: pip install 'fuzzeq[bench]'"


def test_worker_ends_with_the_one_who_started_it() -> None:
    code = (
        "import os\nfrom fuzzeq.bench.workers import *\n"
        f"worker = WorkerProcess(Subject({WORDS!r}))\nworker.ask('begin')\n"
        "print(worker._process.pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    pid = int(ended.stdout)
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        subprocess.run(["sleep", "0.01"], check=True)
    pytest.fail(f"{workers.PROGRAM.name} still runs")
