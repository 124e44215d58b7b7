"""Is it slower, and does that stand up? Two sets of samples, or one and what is known of earlier
runs, make one judgement.

What is asked is always whether the second is worse than the first *by more than is allowed*: the
allowed overhead is in the hypothesis that the test has to refuse, so a verdict of `regressed` says
that the excess is beyond chance, and not just that some difference is. The same question the other
way around makes an improvement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, assert_never

from fuzzeq.bench.extras import need
from fuzzeq.bench.judgement import (
    ALPHA,
    FAR,
    FEWEST,
    MAX_OVERHEAD,
    Direction,
    Judgement,
    Method,
    Threshold,
    Verdict,
    band_of,
    sentence_of,
)
from fuzzeq.bench.statistics import (
    MAD_TO_DEVIATION,
    Samples,
    Statistics,
    all_tests,
    checked,
    cliffs_delta,
    cohens_d,
    mann_whitney,
    median_error,
    resampled_medians,
    sign_test,
    summarize,
    welch_from,
)
from fuzzeq.errors import UsageError

if TYPE_CHECKING:
    from fuzzeq.bench.statistics import Floats


def threshold_of(
    known: Statistics,
    max_overhead: float = MAX_OVERHEAD,
    method: Method = Method.ROBUST,
    direction: Direction = Direction.LOWER,
) -> Threshold:
    """What a metric may come to, given what it was. Raises `UsageError` for an overhead that is no
    share."""
    check_overhead(max_overhead)
    if method is Method.PARAMETRIC:
        reference, deviation, count = known.inner
        error = deviation / count**0.5
    else:
        reference, error = known.median, median_error(known)
    limit = reference * _allowed(max_overhead, direction)
    return Threshold(limit, reference, error, max_overhead, direction)


def check_overhead(share: float) -> None:
    """Raises `UsageError` where this is no share by which something may be slower."""
    if not isfinite(share) or share < 0:
        raise UsageError(f"an overhead is a share of 0 or more, not {share}")


def _allowed(max_overhead: float, direction: Direction) -> float:
    """The factor: as much worse as is allowed. Half as many a second is an overhead of 100 %."""
    return 1 + max_overhead if direction is Direction.LOWER else 1 / (1 + max_overhead)


@dataclass(frozen=True, slots=True)
class _Held:
    """Samples against a limit: how likely they are if nothing lies beyond it."""

    test: str
    statistic: float
    p: float


def judge(
    a: Samples,
    b: Samples,
    max_overhead: float = MAX_OVERHEAD,
    *,
    method: Method = Method.ROBUST,
    direction: Direction = Direction.LOWER,
    alpha: float = ALPHA,
    name: str = "",
    seed: int = 0,
    paired: bool = False,
) -> Judgement:
    """Samples of `b` against samples of `a`, of the same metric in the same unit.

    `a` or `b` without samples is `MISSING`. `seed` is of the bootstrap. Where samples were taken in
    turns (`paired`), the pairs decide: noise comes in bursts over both of a pair, and makes samples
    depend on each other, which no test of ranks allows for. What the methods say that are not
    robust has to be true of the pairs too. Raises `UsageError`.
    """
    if not len(a) or not len(b):
        which = "the first" if not len(a) else "the second"
        return Judgement(name, Verdict.MISSING, f"{name}: missing, {which} has no samples", method)
    first, second = checked(a), checked(b)
    before, after = summarize(first), summarize(second)
    threshold = threshold_of(before, max_overhead, method, direction)

    paired = paired and first.size == second.size

    def hold(factor: float, alternative: str) -> _Held:
        """`b` against `a` times a factor."""
        if not paired:
            return _hold(method, first, second, before, after, factor, alternative, seed)
        signs = sign_test(first * factor, second, alternative)
        if method is Method.ROBUST:
            return _Held(signs.test, signs.statistic, signs.p)
        held = _hold(method, first, second, before, after, factor, alternative, seed)
        return replace(held, p=max(held.p, signs.p))

    if method is Method.BOOTSTRAP:
        interval = _resampled_interval(first, second, seed)
    else:
        interval = _interval(before, after, method)
    effect = (
        cohens_d(before.inner, after.inner)
        if method is Method.PARAMETRIC
        else cliffs_delta(first, second)
    )
    judged = _judged(
        name, method, direction, alpha, before, after, threshold, interval, effect, hold
    )
    if paired and method is Method.ROBUST and first.all():
        pairs = summarize(second / first - 1)  # what was judged is what is told
        change, interval = pairs.median, (pairs.low, pairs.high)
        judged = replace(judged, change=change, interval=interval, band=band_of(change))
        judged = replace(judged, sentence=sentence_of(judged))
    return judged


def _hold(
    method: Method,
    first: Floats,
    second: Floats,
    before: Statistics,
    after: Statistics,
    factor: float,
    alternative: str,
    seed: int,
) -> _Held:
    """The second samples against the first times a factor, by the test of a method."""
    if method is Method.ROBUST:
        found = mann_whitney(first * factor, second, alternative)
        return _Held(found.test, found.statistic, found.p)
    if method is Method.PARAMETRIC:
        mean, deviation, count = before.inner
        found = welch_from((mean * factor, deviation * factor, count), after.inner, alternative)
        return _Held(found.test, found.statistic, found.p)
    if method is Method.BOOTSTRAP:
        limits = resampled_medians(first, seed) * factor
        return _share_beyond(limits, resampled_medians(second, seed + 1), alternative)
    assert_never(method)


def with_all_tests(judgement: Judgement, a: Samples, b: Samples) -> Judgement:
    """The judgement with what the three tests say of its samples."""
    if min(len(a), len(b)) < 2:
        return judgement
    return replace(judgement, tests=all_tests(a, b))


def judge_against(
    known: Statistics,
    samples: Samples,
    max_overhead: float = MAX_OVERHEAD,
    *,
    method: Method = Method.ROBUST,
    direction: Direction = Direction.LOWER,
    alpha: float = ALPHA,
    name: str = "",
    seed: int = 0,
) -> Judgement:
    """Samples against what is known of earlier runs, whose samples are gone. Raises `UsageError`.

    The difference is held against both standard errors; the bootstrap draws the new samples again
    and holds them against the upper end of the old interval (the lower, where higher is better).
    """
    if not len(samples):
        return Judgement(name, Verdict.MISSING, f"{name}: missing, it has no samples", method)
    array = checked(samples)
    after = summarize(array)
    threshold = threshold_of(known, max_overhead, method, direction)

    def held(factor: float, alternative: str) -> _Held:
        if method is Method.PARAMETRIC:
            mean, deviation, count = known.inner
            found = welch_from((mean * factor, deviation * factor, count), after.inner, alternative)
            return _Held(found.test, found.statistic, found.p)
        if method is Method.BOOTSTRAP:
            bound = known.high if alternative == "greater" else known.low
            return _share_beyond([bound * factor], resampled_medians(array, seed), alternative)
        return _normal(
            after.median - known.median * factor,
            median_error(known) * factor,
            median_error(after),
            alternative,
        )

    interval = _interval(known, after, method)
    effect = (
        cohens_d(known.inner, after.inner)
        if method is Method.PARAMETRIC
        else _robust_effect(known, after)
    )
    return _judged(name, method, direction, alpha, known, after, threshold, interval, effect, held)


def _judged(  # what both have in common
    name: str,
    method: Method,
    direction: Direction,
    alpha: float,
    before: Statistics,
    after: Statistics,
    threshold: Threshold,
    interval: tuple[float, float],
    effect: float,
    held: Callable[[float, str], _Held],
) -> Judgement:
    overhead = threshold.max_overhead
    value = after.inner_mean if method is Method.PARAMETRIC else after.median
    change = _change(threshold.reference, value)
    worse = "greater" if direction is Direction.LOWER else "less"
    better = "less" if direction is Direction.LOWER else "greater"
    opposite = Direction.HIGHER if direction is Direction.LOWER else Direction.LOWER
    limit = before.median * _allowed(overhead, direction)
    beyond = _is_beyond(value, threshold.limit, direction) and _is_beyond(
        after.median,
        limit,
        direction,  # a mean that a few long samples moved says too little
    )
    enough = min(before.count, after.count) >= FEWEST
    far = FAR if direction is Direction.LOWER else 1 / FAR
    gain = threshold.reference * _allowed(overhead, opposite)
    if not beyond and _is_beyond(value, gain, opposite):
        found = held(_allowed(overhead, opposite), better)
        verdict = Verdict.IMPROVED if found.p < alpha and enough else Verdict.UNCHANGED
    else:
        found = held(_allowed(overhead, direction), worse)
        if found.p < alpha and beyond and enough:
            verdict = Verdict.REGRESSED
        else:
            verdict = Verdict.UNDECIDED if beyond else Verdict.UNCHANGED
    judgement = Judgement(
        name, verdict, "", method, direction, before, after, threshold, change, interval,
        band_of(change), found.test, found.statistic, found.p, effect,
        far=_is_beyond(after.median, limit * far, direction),
    )  # fmt: skip
    return replace(judgement, sentence=sentence_of(judgement))


def _is_beyond(value: float, limit: float, direction: Direction) -> bool:
    return value > limit if direction is Direction.LOWER else value < limit


def _change(before: float, after: float) -> float:
    if before:
        return after / before - 1
    return 0.0 if before == after else float("inf")


def _normal(difference: float, a: float, b: float, alternative: str) -> _Held:
    """A difference of two medians, in their common standard error."""
    error = (a * a + b * b) ** 0.5
    if not error:
        z = 0.0 if not difference else float("inf") * (1 if difference > 0 else -1)
    else:
        z = difference / error
    upper = float(need("scipy.special").ndtr(-z if alternative == "greater" else z))
    return _Held("difference of medians", z, upper)


def _robust_effect(known: Statistics, after: Statistics) -> float:
    """The difference of medians, in deviations made of both median absolute deviations."""
    spread = MAD_TO_DEVIATION * ((known.mad**2 + after.mad**2) / 2) ** 0.5
    difference = after.median - known.median
    if not spread:
        return 0.0 if not difference else float("inf") * (1 if difference > 0 else -1)
    return float(difference / spread)


def _share_beyond(limits: Samples, medians: Samples, alternative: str) -> _Held:
    """How many resampled medians do not lie beyond the limits; one more, as nothing is certain."""
    import numpy as np

    low, high = np.asarray(limits), np.asarray(medians)
    against = (high <= low) if alternative == "greater" else (high >= low)
    beyond = float(np.median(high) - np.median(low))
    return _Held("bootstrap", beyond, (int(against.sum()) + 1) / (against.size + 1))


def _interval(before: Statistics, after: Statistics, method: Method) -> tuple[float, float]:
    """The change's interval, by the errors of both sides."""
    if method is Method.PARAMETRIC:
        first, second = before.inner_mean, after.inner_mean
        errors = tuple(
            deviation / count**0.5 for _, deviation, count in (before.inner, after.inner)
        )
    else:
        first, second = before.median, after.median
        errors = median_error(before), median_error(after)
    if not first:
        change = _change(first, second)
        return change, change
    ratio = second / first
    relative = (errors[0] / first) ** 2 + ((errors[1] / second) ** 2 if second else 0.0)
    reach = 1.959963984540054 * abs(ratio) * relative**0.5
    return ratio - 1 - reach, ratio - 1 + reach


def _resampled_interval(a: Samples, b: Samples, seed: int) -> tuple[float, float]:
    import numpy as np

    first, second = resampled_medians(a, seed), resampled_medians(b, seed + 1)
    if not first.all():
        change = _change(float(np.median(a)), float(np.median(b)))
        return change, change
    low, high = np.percentile(second / first - 1, [2.5, 97.5]).tolist()
    return low, high
