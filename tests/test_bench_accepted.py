"""Accepted runs: they judge the next one of the same clock and documents, a report counts once, and
damage is nothing to pass by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fuzzeq.bench.baseline import DOCUMENTS, made_of
from fuzzeq.bench.environment import detect
from fuzzeq.bench.judgement import Verdict
from fuzzeq.bench.verdicts import judge_baselines
from fuzzeq.report import bench_report
from fuzzeq.report.bench_report import Measurement
from tests.bench_runs import SMALL, WORDS, cell, matrix_of, settings
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


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


def test_damaged_baselines_are_told_first_and_nothing_to_pass_by() -> None:
    place = Path("known") / f"{detect().key}.json"
    place.parent.mkdir()
    place.write_text("damaged")
    command = ("bench", WORDS, *SMALL[:2], "--operation", "line", "--baselines", "known")
    ended = fuzzeq(*command, "--report", "report.json")
    assert ended.status == 2, ended
    first, second = ended.out.splitlines()[:2]
    assert first.startswith("incomplete: 1 cell measured; the baselines are damaged")
    assert second.startswith("baselines: ")
    assert second.endswith(f"set aside as {place.name}.damaged-1")
    assert json.loads(Path("report.json").read_text())["verdict"] == "incomplete"


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
