"""What can be said of samples: summaries, outliers, tests of two against each other, intervals.

Pure functions of numbers; scipy does the mathematics. Knows nothing of what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from fuzzeq.bench.extras import need
from fuzzeq.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Samples: TypeAlias = "Sequence[float] | Floats"
Moments: TypeAlias = tuple[float, float, int]
"""Mean, standard deviation, count."""

MAD_TO_DEVIATION = 1.4826022185056018
"""The standard deviation of a normal distribution, in its median absolute deviations:
1 / Φ⁻¹(3/4)."""
MEDIAN_ERROR = 1.2533141373155003
"""The standard error of a median, in that of a mean, for many normal samples: √(π/2)."""
FAR = 3.5
"""Modified z-scores beyond this are outliers (Iglewicz and Hoaglin, How to Detect and Handle
Outliers, 1993)."""
FENCE = 1.5
"""Interquartile ranges beyond the quartiles: Tukey's fence."""
RESAMPLES = 2000
MOST_DRAWN = 1_000_000
"""Numbers at a time, so that many samples cost time and not memory."""
CONFIDENCE = 0.95


class OutlierRule(StrEnum):
    """How outliers are told from the rest."""

    MODIFIED_Z = "modified-z"
    IQR = "iqr"
    FOREST = "isolation-forest"


class TestName(StrEnum):
    """Tests of two sets of samples against each other."""

    MANN_WHITNEY = "Mann-Whitney U"
    WELCH = "Welch's t"
    KOLMOGOROV_SMIRNOV = "Kolmogorov-Smirnov"
    SIGN = "sign test of pairs"


@dataclass(frozen=True, slots=True)
class Statistics:
    """A summary of samples, in their unit. `low` and `high` bound the median at 95 %."""

    count: int
    mean: float
    deviation: float
    median: float
    mad: float
    """Median absolute deviation, not scaled."""
    least: float
    p5: float
    p25: float
    p75: float
    p95: float
    p99: float
    most: float
    low: float
    high: float
    outliers: int
    """By modified z-score."""
    inner_mean: float
    """Without outliers."""
    inner_deviation: float

    @property
    def inner(self) -> Moments:
        """The moments of what is no outlier."""
        return self.inner_mean, self.inner_deviation, self.count - self.outliers


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a test said: its statistic, and the chance of one as large by chance alone."""

    test: TestName
    statistic: float
    p: float


@dataclass(frozen=True, slots=True)
class Slope:
    """A line through points, and the interval that its slope lies in."""

    slope: float
    low: float
    high: float
    intercept: float


def checked(samples: Samples, least: int = 1) -> Floats:
    """The samples as an array. Raises `UsageError` where there are too few, or one is no number."""
    import numpy as np

    array = np.asarray(samples, dtype=np.float64)
    if array.ndim != 1 or array.size < least:
        raise UsageError(f"samples: at least {least} are needed, there are {array.size}")
    if not np.isfinite(array).all():
        raise UsageError("samples: each has to be a finite number")
    return array


def summarize(samples: Samples) -> Statistics:
    """The summary of at least one sample. Raises `UsageError`.

    The interval is the sign test's, from the order of the samples, which no distribution is
    assumed for; below six samples no such interval has 95 %, and it is the whole range.
    """
    import numpy as np

    array = np.sort(checked(samples))
    is_far = outliers(array)
    inner = array[~is_far]
    p5, p25, median, p75, p95, p99 = np.percentile(array, [5, 25, 50, 75, 95, 99]).tolist()
    low, high = _median_interval(array)
    return Statistics(
        count=array.size,
        mean=float(array.mean()),
        deviation=float(array.std(ddof=1)) if array.size > 1 else 0.0,
        median=median,
        mad=float(np.median(np.abs(array - median))),
        least=float(array[0]),
        p5=p5,
        p25=p25,
        p75=p75,
        p95=p95,
        p99=p99,
        most=float(array[-1]),
        low=low,
        high=high,
        outliers=int(is_far.sum()),
        inner_mean=float(inner.mean()),
        inner_deviation=float(inner.std(ddof=1)) if inner.size > 1 else 0.0,
    )


def _median_interval(ordered: Floats) -> tuple[float, float]:
    """From order statistics: the ranks between which a fair coin's heads fall at 95 %."""
    count = ordered.size
    rank = need("scipy.special").bdtrik((1 - CONFIDENCE) / 2, count, 0.5)
    index = int(rank) if rank > 0 else 0  # nan and below: the whole range
    return float(ordered[index]), float(ordered[count - 1 - index])


def outliers(samples: Samples, rule: OutlierRule = OutlierRule.MODIFIED_Z) -> NDArray[np.bool_]:
    """Which samples lie far off the others. Raises `UsageError`, where scikit-learn is wanted and
    absent as well."""
    import numpy as np

    array = checked(samples)
    if rule is OutlierRule.FOREST:
        forest = need("sklearn.ensemble", "scikit-learn").IsolationForest(random_state=0)
        found: NDArray[np.bool_] = forest.fit_predict(array.reshape(-1, 1)) == -1
        return found
    if rule is OutlierRule.IQR:
        first, third = np.percentile(array, [25, 75])
        reach = FENCE * (third - first)
        far: NDArray[np.bool_] = (array < first - reach) | (array > third + reach)
        return far
    distance = np.abs(array - np.median(array))
    mad = np.median(distance)
    # Where most samples are equal, the mean distance takes the median one's place, as there.
    unit = float(MAD_TO_DEVIATION * mad if mad else MEDIAN_ERROR * distance.mean())
    beyond: NDArray[np.bool_] = distance > FAR * unit
    return beyond


def median_error(statistics: Statistics) -> float:
    """The standard error of the median, from the median absolute deviation."""
    return float(MEDIAN_ERROR * MAD_TO_DEVIATION * statistics.mad / statistics.count**0.5)


def mann_whitney(a: Samples, b: Samples, alternative: str = "two-sided") -> TestResult:
    """Whether `b` tends to be larger ("greater") or smaller ("less") than `a`, by ranks.

    Few samples have scipy's exact answer. For more, the normal approximation with corrections for
    ties and continuity (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 4.1): the
    same figures as scipy's, in a tenth of the time, which a judgement does not have.
    """
    import numpy as np

    first, second = checked(a), checked(b)
    pairs, count = first.size * second.size, first.size + second.size
    statistic = (cliffs_delta(first, second) + 1) / 2 * pairs
    _, tied = np.unique(np.concatenate((first, second)), return_counts=True)
    if tied.size == 1:  # nothing but ties has no variance to divide by
        return TestResult(TestName.MANN_WHITNEY, statistic, 1.0)
    if max(first.size, second.size) <= 8 and tied.size == count:
        stats = need("scipy.stats")
        found = stats.mannwhitneyu(second, first, alternative=alternative, method="exact")
        return TestResult(TestName.MANN_WHITNEY, float(found.statistic), float(found.pvalue))
    ties = float((tied**3 - tied).sum()) / (count * (count - 1))
    deviation = (pairs / 12 * (count + 1 - ties)) ** 0.5
    beyond = statistic - pairs / 2
    beyond = {"greater": beyond, "less": -beyond}.get(alternative, abs(beyond))
    sides = 2 if alternative == "two-sided" else 1
    p = sides * float(need("scipy.special").ndtr(-(beyond - 0.5) / deviation))
    return TestResult(TestName.MANN_WHITNEY, statistic, min(1.0, p))


def sign_test(a: Samples, b: Samples, alternative: str = "two-sided") -> TestResult:
    """Of pairs of samples that were taken one behind the other: in how many is that of `b` larger?
    Pairs of equals do not count. What came over the machine came over both, so this sees through
    noise that comes in bursts. Raises `UsageError` where they are no pairs."""
    first, second = checked(a), checked(b)
    if first.size != second.size:
        raise UsageError(f"pairs: {first.size} samples and {second.size}")
    larger, smaller = int((second > first).sum()), int((second < first).sum())
    special, count = need("scipy.special"), larger + smaller

    def at_least(wins: int) -> float:
        """The chance of so many heads or more."""
        return 1.0 if wins <= 0 else float(special.bdtrc(wins - 1, count, 0.5))

    if alternative == "two-sided":
        p = min(1.0, 2 * at_least(max(larger, smaller)))
    else:
        p = at_least(larger if alternative == "greater" else smaller)
    return TestResult(TestName.SIGN, float(larger), p)


def welch(a: Samples, b: Samples, alternative: str = "two-sided") -> TestResult:
    """Whether the mean of `b` is larger or smaller than that of `a`; variances may differ."""
    first, second = summarize_plainly(a), summarize_plainly(b)
    return welch_from(first, second, alternative)


def summarize_plainly(samples: Samples) -> Moments:
    """Mean, standard deviation and count of at least two samples. Raises `UsageError`."""
    array = checked(samples, 2)
    return float(array.mean()), float(array.std(ddof=1)), array.size


def welch_from(first: Moments, second: Moments, alternative: str = "two-sided") -> TestResult:
    """Welch's t of moments alone."""
    if not first[1] and not second[1]:  # two constants: nothing is left to chance
        difference = second[0] - first[0]
        holds = {"greater": difference > 0, "less": difference < 0}.get(
            alternative, difference != 0
        )
        return TestResult(TestName.WELCH, _sign(difference) * float("inf"), 0.0 if holds else 1.0)
    stats = need("scipy.stats")
    found = stats.ttest_ind_from_stats(*second, *first, equal_var=False, alternative=alternative)
    return TestResult(TestName.WELCH, float(found.statistic), float(found.pvalue))


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0)) or 1.0


def kolmogorov_smirnov(a: Samples, b: Samples) -> TestResult:
    """Whether the two come from one distribution, whatever it is: their shapes, tails included."""
    stats = need("scipy.stats")
    found = stats.ks_2samp(checked(a), checked(b), method="auto")
    return TestResult(TestName.KOLMOGOROV_SMIRNOV, float(found.statistic), float(found.pvalue))


def all_tests(a: Samples, b: Samples) -> tuple[TestResult, ...]:
    """The three tests, two-sided."""
    return mann_whitney(a, b), welch(a, b), kolmogorov_smirnov(a, b)


def cliffs_delta(a: Samples, b: Samples) -> float:
    """How much more often a sample of `b` is larger than one of `a` than smaller: -1 to 1."""
    import numpy as np

    first, second = np.sort(checked(a)), checked(b)
    below = np.searchsorted(first, second, side="left").sum()
    above = (first.size - np.searchsorted(first, second, side="right")).sum()
    return float(below - above) / (first.size * second.size)


def cohens_d(first: Moments, second: Moments) -> float:
    """The difference of two means in their common standard deviations."""
    (mean_a, deviation_a, count_a), (mean_b, deviation_b, count_b) = first, second
    freedom = max(1, count_a + count_b - 2)
    common = ((count_a - 1) * deviation_a**2 + (count_b - 1) * deviation_b**2) / freedom
    if not common:
        return 0.0 if mean_a == mean_b else _sign(mean_b - mean_a) * float("inf")
    return float((mean_b - mean_a) / common**0.5)


def resampled_medians(samples: Samples, seed: int, resamples: int = RESAMPLES) -> Floats:
    """Medians of samples drawn again from the samples, with replacement."""
    import numpy as np

    array = checked(samples)
    generator = np.random.default_rng(seed)
    medians = np.empty(resamples)
    batch = max(1, MOST_DRAWN // array.size)
    for start in range(0, resamples, batch):
        rows = min(batch, resamples - start)
        draws = generator.integers(0, array.size, (rows, array.size))
        medians[start : start + rows] = np.median(array[draws], axis=1)
    return medians


def bootstrap_interval(
    samples: Samples,
    statistic: Callable[..., Any] | None = None,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> tuple[float, float]:
    """The interval of a statistic (the median, unless another is given: a function that takes
    `axis`), by drawing the samples again. Raises `UsageError`."""
    import numpy as np

    array = checked(samples, 2)
    if np.ptp(array) == 0:
        return float(array[0]), float(array[0])
    interval = (
        need("scipy.stats")
        .bootstrap(
            (array,),
            np.median if statistic is None else statistic,
            confidence_level=confidence,
            n_resamples=RESAMPLES,
            method="percentile",  # BCa divides by zero where a median hardly moves
            rng=np.random.default_rng(seed),
        )
        .confidence_interval
    )
    return float(interval.low), float(interval.high)


def theil_sen(x: Samples, y: Samples, confidence: float = CONFIDENCE) -> Slope:
    """The median of the slopes between all pairs of points, with its interval. Raises
    `UsageError`."""
    along, up = checked(x, 3), checked(y, 3)
    if along.size != up.size:
        raise UsageError(f"points: {along.size} places and {up.size} values")
    if (along == along[0]).all():
        raise UsageError("points: all are at one place")
    found = need("scipy.stats").theilslopes(up, along, alpha=confidence)
    return Slope(*(float(part) for part in (found[0], found[2], found[3], found[1])))
