"""Verdicts on limits, sides and baselines: what was lost does not pass, and what is not seen again
does not count."""

from __future__ import annotations

import pytest

from fuzzeq.bench.baseline import made_of
from fuzzeq.bench.environment import detect
from fuzzeq.bench.judgement import Judgement, Verdict
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.runner import Matrix, Settings
from fuzzeq.bench.verdicts import (
    USUAL_LIMITS,
    check_limits,
    compare_sides,
    judge_baselines,
    judge_sides,
)
from fuzzeq.bench.workers import Subject
from fuzzeq.cli.bench.table import show
from fuzzeq.report import bench_report
from fuzzeq.report.bench_report import Measurement, RunVerdict
from tests.bench_runs import SMALL, WORDS, cell, matrix_of, settings
from tests.cli_runs import fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


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


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_run_on_a_machine_that_was_another_does_not_pass(
    capsys: pytest.CaptureFixture[str], speed: float
) -> None:
    known = {"words/line/1000": made_of([1.0, 1.1] * 10, 0.001)}
    judged = judge_baselines(matrix_of(cell([1.0] * 20)), known, 0.001 * speed)
    told = "undecided: words/line/1000: not to be compared"
    check_verdict(judged, RunVerdict.INCOMPLETE, capsys, told)


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
