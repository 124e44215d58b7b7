"""Statistics against known answers: distributions whose figures stand in books, small sets that can
be worked out by hand, and verdicts on samples whose truth is planted."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import stats

from fuzzeq.bench.extras import need
from fuzzeq.bench.judgement import Band, Direction, Judgement, Method, Verdict, band_of, worst
from fuzzeq.bench.judging import judge, judge_against, threshold_of
from fuzzeq.bench.measure import Clock, compare, interleaved, run
from fuzzeq.bench.statistics import (
    OutlierRule,
    bootstrap_interval,
    cliffs_delta,
    cohens_d,
    kolmogorov_smirnov,
    mann_whitney,
    median_error,
    outliers,
    sign_test,
    summarize,
    summarize_plainly,
    theil_sen,
    welch,
)
from fuzzeq.errors import UsageError

MANY = 20_001


def quantiles_of(
    distribution: object, count: int = MANY
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Samples that lie just where the distribution says: nothing is drawn."""
    places = (np.arange(count) + 0.5) / count
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = distribution.ppf(places)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation", "median", "mad", "p95"),
    [
        # mad of a normal: 0.6745 sigma; p95: 1.6449 sigma
        (stats.norm(10, 2), 10, 2, 10, 1.34898, 13.28971),
        (stats.uniform(0, 1), 0.5, 0.288675, 0.5, 0.25, 0.95),
        # exponential: median ln 2, mad ln((1 + sqrt 5) / 2), p95 ln 20
        (stats.expon(), 1, 1, 0.693147, 0.481212, 2.995732),
        # log-normal: mean exp(1/2), median 1, p95 exp(1.6449)
        (stats.lognorm(1), 1.648721, 2.161197, 1, 0.599, 5.180252),
    ],
)
def test_summary_is_that_of_the_distribution(
    distribution: object, mean: float, deviation: float, median: float, mad: float, p95: float
) -> None:
    found = summarize(quantiles_of(distribution))
    assert found.count == MANY
    assert found.mean == pytest.approx(mean, rel=0.01)
    assert found.deviation == pytest.approx(deviation, rel=0.02)
    assert found.median == pytest.approx(median, rel=0.001)
    assert found.mad == pytest.approx(mad, rel=0.002)
    assert found.p95 == pytest.approx(p95, rel=0.001)
    assert found.least <= found.p5 <= found.p25 <= found.low <= found.median
    assert found.median <= found.high <= found.p75 <= found.p95 <= found.p99 <= found.most


def test_summary_of_a_few_samples_by_hand() -> None:
    found = summarize([5, 1, 3, 2, 4, 100])
    assert (found.median, found.mad, found.least, found.most) == (3.5, 1.5, 1, 100)
    assert (found.p25, found.p75) == (2.25, 4.75)
    assert found.mean == pytest.approx(115 / 6)
    assert found.outliers == 1
    one = summarize([7])
    assert (one.median, one.mad, one.deviation, one.low, one.high) == (7, 0, 0, 7, 7)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(5, 1, 5), (6, 1, 6), (9, 2, 8), (20, 6, 15), (100, 40, 61)],  # tables of the sign test
)
def test_interval_of_the_median_is_the_sign_tests(count: int, low: int, high: int) -> None:
    found = summarize(list(range(1, count + 1)))
    assert (found.low, found.high) == (low, high)


def test_interval_of_the_median_holds_it_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    held = 0
    for _ in range(1000):
        found = summarize(generator.lognormal(0, 1, 60))
        held += found.low <= 1 <= found.high
    assert 930 <= held <= 990  # 95 % at least, and not much more


def test_error_of_the_median_is_what_medians_of_normal_samples_vary_by() -> None:
    medians = np.median(np.random.default_rng(3).normal(10, 2, (4000, 100)), axis=1)
    found = median_error(summarize(quantiles_of(stats.norm(10, 2), 100)))
    assert found == pytest.approx(medians.std(), rel=0.05)


@pytest.mark.parametrize("rule", OutlierRule)
def test_outliers_are_those_that_were_put_in(rule: OutlierRule) -> None:
    plain = quantiles_of(stats.norm(10, 1), 200)[10:-10]
    with_two = np.append(plain, [30, -20])
    found = outliers(with_two, rule)
    assert found[-2:].all()
    if rule is not OutlierRule.FOREST:  # a forest always calls the edges isolated
        assert not found[:-2].any()


def test_outliers_where_most_samples_are_equal() -> None:
    assert outliers([1.0] * 50 + [2.0]).nonzero()[0].tolist() == [50]
    assert not outliers([1.0] * 50).any()


def test_isolation_forest_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match="pip install 'scikit-learn'"):
        outliers([1, 2, 3], OutlierRule.FOREST)
    with pytest.raises(UsageError, match=r"pip install 'fuzzeq\[bench\]'"):
        need("no_such_module_of_ours")


A = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
B = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)


def test_tests_by_hand() -> None:
    # U counts the pairs in which the second is larger, a tie for half.
    wins = sum((b > a) + (b == a) / 2 for a in A for b in B)
    assert mann_whitney(A, B).statistic == pytest.approx(wins)
    # All of three larger than all of three others: one of 20 orders.
    assert mann_whitney([1, 2, 3], [4, 5, 6], "greater").p == pytest.approx(1 / 20)
    assert mann_whitney([1, 2, 3], [4, 5, 6]).p == pytest.approx(2 / 20)
    # Welch: means 2 and 5, variances 1 and 1, so t = 3 / sqrt(2/3) at 4 degrees of freedom.
    found = welch([1, 2, 3], [4, 5, 6])
    assert found.statistic == pytest.approx(3 / math.sqrt(2 / 3))
    assert found.p == pytest.approx(0.0213, abs=1e-4)
    # Kolmogorov and Smirnov: the largest gap between the two steps.
    assert kolmogorov_smirnov([1, 2, 3, 4], [3, 4, 5, 6]).statistic == pytest.approx(0.5)
    assert kolmogorov_smirnov([1, 2, 3], [4, 5, 6]).p == pytest.approx(2 / 20)


def test_sign_test_by_hand() -> None:
    a = [0.0] * 10
    b = [1.0] * 8 + [-1.0, 0.0]  # 8 of 9: 10 of 512 ways have as many heads
    assert sign_test(a, b, "greater").p == pytest.approx(10 / 512)
    assert sign_test(a, b).p == pytest.approx(20 / 512)
    assert sign_test(a, b, "less").p == pytest.approx(511 / 512)
    assert sign_test(a, a, "greater").p == 1
    with pytest.raises(UsageError, match="pairs"):
        sign_test([1.0], [1.0, 2.0])


def test_pairs_see_through_what_comes_over_both() -> None:
    """The machine is two to ten times as slow for a while, again and again."""
    generator = np.random.default_rng(8)
    busy = np.repeat(generator.uniform(1, 10, 25), 4)
    a, b = busy * generator.normal(1, 0.02, 100), busy * generator.normal(1.2, 0.02, 100)
    assert judge(a, b).verdict is not Verdict.REGRESSED
    judged = judge(a, b, paired=True)
    assert judged.verdict is Verdict.REGRESSED
    assert judged.test == "sign test of pairs"
    assert judged.change == pytest.approx(0.2, abs=0.01)
    assert judged.interval == pytest.approx((0.2, 0.2), abs=0.02)
    assert judge(a, a * 1.04, paired=True).verdict is Verdict.UNCHANGED


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize(("count", "step"), [(5, 0), (8, 0.5), (9, 0), (60, 0), (60, 0.5), (60, 2)])
def test_ranks_are_scipys(alternative: str, count: int, step: float) -> None:
    """With and without ties: samples are rounded to a step."""
    generator = np.random.default_rng(count)
    a, b = generator.normal(0, 1, count), generator.normal(0.4, 1.5, count + 3)
    if step:
        a, b = np.round(a / step) * step, np.round(b / step) * step
    method = "exact" if count + 3 <= 8 and not step else "asymptotic"
    wanted = stats.mannwhitneyu(b, a, alternative=alternative, method=method)
    found = mann_whitney(a, b, alternative)
    assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))


def test_tests_of_constants() -> None:
    assert mann_whitney([1, 1], [1, 1]).p == 1
    assert welch([1, 1], [1, 1]).p == 1
    assert welch([1, 1], [2, 2], "greater").p == 0
    assert welch([1, 1], [2, 2], "less").p == 1


def test_p_values_are_uniform_where_nothing_differs() -> None:
    generator = np.random.default_rng(11)
    for test in (mann_whitney, welch, kolmogorov_smirnov):
        chances = [test(generator.normal(size=40), generator.normal(size=40)).p for _ in range(400)]
        assert 0.02 <= np.mean([p < 0.05 for p in chances]) <= 0.09, test
        assert 0.4 <= np.mean([p < 0.5 for p in chances]) <= 0.6, test


def test_effects_by_hand() -> None:
    assert cliffs_delta([1, 2, 3], [4, 5, 6]) == 1
    assert cliffs_delta([4, 5, 6], [1, 2, 3]) == -1
    assert cliffs_delta([1, 2], [1, 2]) == 0
    assert cliffs_delta([1, 3], [2, 4]) == pytest.approx(0.5)
    assert cohens_d(summarize_plainly([1, 2, 3]), summarize_plainly([2, 3, 4])) == pytest.approx(1)
    assert cohens_d((1, 0, 5), (1, 0, 5)) == 0
    assert cohens_d((1, 0, 5), (2, 0, 5)) == math.inf


def test_bootstrap_interval_is_that_of_theory() -> None:
    samples = quantiles_of(stats.norm(10, 2), 400)
    low, high = bootstrap_interval(samples, np.mean)
    assert (low, high) == pytest.approx((10 - 1.96 * 0.1, 10 + 1.96 * 0.1), abs=0.02)
    assert bootstrap_interval(samples) == bootstrap_interval(samples)  # its seed is fixed
    assert bootstrap_interval([3, 3, 3]) == (3, 3)


def test_slope_is_the_lines_even_where_a_quarter_of_the_points_are_not_on_it() -> None:
    x = np.arange(100.0)
    y = 5 + 0.25 * x + np.random.default_rng(1).normal(0, 0.1, 100)
    y[::4] += 1000
    found = theil_sen(x, y)
    assert found.low <= 0.25 <= found.high
    assert found.slope == pytest.approx(0.25, abs=0.05)
    flat = theil_sen(x, np.random.default_rng(2).normal(0, 1, 100))
    assert flat.low < 0 < flat.high
    with pytest.raises(UsageError, match="one place"):
        theil_sen([1, 1, 1], [1, 2, 3])
    with pytest.raises(UsageError, match="places"):
        theil_sen([1, 2, 3], [1, 2, 3, 4])


@pytest.mark.parametrize("samples", [[], [[1.0]], [1.0, math.nan], [math.inf]])
def test_what_is_no_sample_is_refused(samples: Sequence[float]) -> None:
    with pytest.raises(UsageError, match="samples"):
        summarize(samples)


@pytest.mark.parametrize(
    ("change", "band"),
    [
        (0, Band.NEGLIGIBLE), (0.0499, Band.NEGLIGIBLE), (0.05, Band.MINOR), (-0.05, Band.MINOR),
        (0.2, Band.MINOR), (1.2 / 1 - 1, Band.MINOR), (0.201, Band.MAJOR), (0.5, Band.MAJOR),
        (0.501, Band.CRITICAL), (-0.7, Band.CRITICAL), (math.inf, Band.CRITICAL),
    ],
)  # fmt: skip
def test_bands(change: float, band: Band) -> None:
    assert band_of(change) is band


def noisy(median: float, count: int = 100, seed: int = 0, spread: float = 0.15) -> list[float]:
    """Times as they are on a busy machine: log-normal, one in twenty much longer."""
    generator = np.random.default_rng(seed)
    samples = median * generator.lognormal(0, spread, count)
    samples[generator.random(count) < 0.05] *= 5
    return list(map(float, samples))


def check_both(a: list[float], b: list[float], verdict: Verdict, **options: object) -> None:
    """The same from the samples of both, and from the summary of the first."""
    for method in Method:
        judged = judge(a, b, method=method, **options)  # type: ignore[arg-type]
        assert judged.verdict is verdict, judged.sentence
        judged = judge_against(summarize(a), b, method=method, **options)  # type: ignore[arg-type]
        assert judged.verdict is verdict, judged.sentence


@pytest.mark.parametrize(
    ("factor", "direction", "verdict"),
    [
        (1.0, Direction.LOWER, Verdict.UNCHANGED),
        (1.4, Direction.LOWER, Verdict.REGRESSED),
        (0.6, Direction.LOWER, Verdict.IMPROVED),
        (1.4, Direction.HIGHER, Verdict.IMPROVED),
        (0.6, Direction.HIGHER, Verdict.REGRESSED),
    ],
)
def test_what_is_planted_is_told_in_its_direction(
    factor: float, direction: Direction, verdict: Verdict
) -> None:
    check_both(
        noisy(1.0, 400), noisy(factor, 400, seed=1), verdict, direction=direction,
        max_overhead=0.1,
    )  # fmt: skip


def test_what_is_allowed_is_no_regression_however_certain_it_is() -> None:
    a, b = noisy(1.0, 1500, spread=0.01), noisy(1.08, 1500, seed=1, spread=0.01)
    check_both(a, b, Verdict.REGRESSED, max_overhead=0.02)
    check_both(a, b, Verdict.UNCHANGED, max_overhead=0.15)


def test_mean_that_a_few_long_samples_moved_is_no_regression() -> None:
    usual = [1.0, 1.01, 0.99] * 20
    some_long = usual[:40] + [2.0, 2.2, 1.9, 2.1] * 5
    judged = judge(usual, some_long, method=Method.PARAMETRIC)
    assert judged.after is not None
    assert judged.after.mean > 1.3
    assert judged.verdict is Verdict.UNCHANGED


def test_too_few_samples_leave_it_undecided() -> None:
    judged = judge([1.0, 1.5, 0.8], [1.6, 1.2, 1.9])
    assert judged.verdict is Verdict.UNDECIDED
    assert "measure more" in judged.sentence
    assert not judged.fails
    check_both([1.0], [9.0], Verdict.UNDECIDED)  # which has no spread at all to be judged by
    check_both([1.0] * 5, [9.0] * 5, Verdict.UNDECIDED)
    check_both([9.0] * 5, [1.0] * 5, Verdict.UNCHANGED)
    check_both([1.0] * 30, [9.0] * 30, Verdict.REGRESSED)


@pytest.mark.parametrize(("a", "b"), [([], [1.0]), ([1.0], []), ([], [])])
def test_missing_is_a_failure(a: list[float], b: list[float]) -> None:
    judged = judge(a, b, name="latex/line")
    assert judged.verdict is Verdict.MISSING
    assert judged.fails
    if a:
        assert judge_against(summarize(a), b).fails


def test_equal_constants_are_unchanged_and_a_constant_excess_is_not() -> None:
    """Work is counted, and the same each time."""
    check_both([300.0] * 30, [300.0] * 30, Verdict.UNCHANGED)
    assert judge([300] * 30, [400] * 30).verdict is Verdict.REGRESSED
    assert judge([0.0] * 30, [1.0] * 30).verdict is Verdict.REGRESSED
    assert judge_against(summarize([300] * 30), [400] * 30).verdict is Verdict.REGRESSED


@pytest.mark.no_cover
@pytest.mark.parametrize("method", Method)
def test_false_alarms_are_rarer_than_one_in_a_thousand(method: Method) -> None:
    """The law that `benchmarks/alarms.py` holds against real code, on samples drawn here."""
    rounds = 50 if method is Method.BOOTSTRAP else 1000
    alarms = sum(
        judge(
            noisy(1.0, 50, 2 * seed, 0.3), noisy(1.0, 50, 2 * seed + 1, 0.3), 0.0, method=method
        ).fails
        for seed in range(rounds)
    )
    assert alarms <= 4  # with no overhead allowed: alpha, one in a thousand, is all that protects
    alarms = sum(
        judge(
            noisy(1.0, 50, 2 * seed, 0.15), noisy(1.0, 50, 2 * seed + 1, 0.15), method=method
        ).fails
        for seed in range(rounds)
    )
    assert alarms == 0


@pytest.mark.parametrize("method", [Method.ROBUST, Method.PARAMETRIC])
def test_slow_downs_of_a_fifth_are_found_with_100_samples(method: Method) -> None:
    found = sum(
        judge(noisy(1.0, 100, 2 * seed), noisy(1.2, 100, 2 * seed + 1), method=method).fails
        for seed in range(300)
    )
    assert found >= 0.95 * 300


def test_threshold() -> None:
    known = summarize([10.0] * 20)
    assert threshold_of(known, 0.2).limit == pytest.approx(12)
    assert threshold_of(known, 1.0, direction=Direction.HIGHER).limit == pytest.approx(5)
    for wrong in (-0.1, math.nan, math.inf):
        with pytest.raises(UsageError, match="overhead"):
            threshold_of(known, wrong)


def test_sentence_says_what_a_reader_needs() -> None:
    judged = judge(noisy(1.0), noisy(1.5, seed=1), name="latex/line/10000")
    for part in ("latex/line/10000: worse", "+4", "at 95 %", "5% are allowed", "p < 0.0001"):
        assert part in judged.sentence, judged.sentence
    assert judged.interval is not None
    assert judged.change is not None
    assert judged.interval[0] < judged.change < judged.interval[1]
    assert judged.effect is not None
    assert judged.effect > 0.8


def test_worst_part_is_the_runs_verdict() -> None:
    def of(*verdicts: Verdict) -> Verdict:
        return worst([Judgement("", verdict, "") for verdict in verdicts])

    assert of(Verdict.IMPROVED, Verdict.REGRESSED, Verdict.UNCHANGED) is Verdict.REGRESSED
    assert of(Verdict.IMPROVED, Verdict.UNCHANGED) is Verdict.UNCHANGED
    with pytest.raises(UsageError):
        worst([])


def test_functions_are_measured_in_turns() -> None:
    calls: list[str] = []
    measured = interleaved(
        (lambda: calls.append("a"), lambda: calls.append("b")), ("a", "b"),
        iterations=30, warmup=1, setup=lambda: calls.append("."),
    )  # fmt: skip
    turns = ["".join(calls[start : start + 4]) for start in range(0, len(calls), 4)]
    assert len(turns) == 31
    assert set(turns) == {".a.b", ".b.a"}, "who comes first is drawn by lot"
    assert [len(each.samples) for each in measured] == [30, 30]
    assert {each.loops for each in measured} == {1}


def test_what_is_over_at_once_is_called_several_times_for_a_sample() -> None:
    measured = run(lambda: None, iterations=5, clock=Clock.CPU)
    assert measured.loops > 1
    assert measured.statistics.count == 5


def test_compare_takes_functions_or_samples_and_no_mixture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0]

    def lasting(nanoseconds: int) -> Callable[[], None]:
        def work() -> None:
            now[0] += nanoseconds

        return work

    monkeypatch.setattr("fuzzeq.bench.measure.CLOCKS", {Clock.WALL: lambda: now[0]})
    judged = compare(lasting(1000), lasting(1300), iterations=30)
    assert judged.verdict is Verdict.REGRESSED
    assert judged.change == pytest.approx(0.3)
    assert len(judged.tests) == 3
    assert judged.before is not None
    assert judged.before.median == pytest.approx(1e-6)
    assert compare([1.0] * 20, [1.0] * 20, method="bootstrap").method is Method.BOOTSTRAP
    with pytest.raises(UsageError, match="compared with a function"):
        compare(lambda: None, [1.0])
    with pytest.raises(UsageError, match="there are robust"):
        compare([1.0], [1.0], method="guess")
    with pytest.raises(UsageError, match="iteration"):
        run(lambda: None, iterations=0)


def test_what_half_of_the_pairs_deny_is_no_regression() -> None:
    """Fifty samples are slower, in one stretch; the others are as they were."""
    a = np.random.default_rng(1).normal(1, 0.01, 102)
    b = a * np.where(np.arange(102) < 52, 1.3, 0.99)
    judged = judge(a, b, method=Method.PARAMETRIC)
    paired = judge(a, b, method=Method.PARAMETRIC, paired=True)
    assert judged.p is not None
    assert paired.p is not None
    assert judged.p < 0.05 < paired.p
    assert paired.verdict is Verdict.UNDECIDED


def test_pairs_are_held_against_what_is_allowed() -> None:
    """All are slower than before; by more than is allowed only half are."""
    judged = judge([1.0] * 100, [1.01] * 49 + [1.1] * 51, paired=True)
    assert judged.verdict is Verdict.UNDECIDED
    assert judged.p == pytest.approx(sign_test([1.05] * 100, [1.01] * 49 + [1.1] * 51, "greater").p)


def test_samples_of_other_number_are_no_pairs() -> None:
    judged = judge([1.0] * 20, [2.0] * 19, paired=True)
    assert (judged.verdict, judged.test) == (Verdict.REGRESSED, "Mann-Whitney U")


def test_error_of_what_is_known_grows_with_what_is_allowed() -> None:
    known, new = summarize(noisy(1.0, 50)), noisy(2.4, 50, seed=1)
    after = summarize(new)
    judged = judge_against(known, new, 1.0)
    error = math.hypot(2 * median_error(known), median_error(after))
    assert judged.statistic == pytest.approx((after.median - 2 * known.median) / error)


def test_median_at_its_limit_is_no_regression_whatever_the_ranks_say() -> None:
    judged = judge([1.0] * 100, [1.0 * 1.05] * 51 + [2.0] * 49)
    assert judged.p is not None
    assert judged.p < 1e-6
    assert judged.verdict is Verdict.UNCHANGED


@pytest.mark.parametrize("direction", Direction)
def test_undecided_at_twice_its_limit_fails(direction: Direction) -> None:
    for times, fails in ((1.04, False), (2.05, False), (2.2, True)):
        factor = times if direction is Direction.LOWER else 1 / times
        judged = judge([1.0] * 3, [factor] * 3, direction=direction)
        assert judged.fails is fails, judged.sentence
        assert judge([factor] * 3, [1.0] * 3, direction=direction).fails is False
