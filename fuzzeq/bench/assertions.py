"""What a test says of a measurement: how long it may take, and that it did not become slower."""

from __future__ import annotations

from pathlib import Path

from fuzzeq.bench.judgement import MAX_OVERHEAD, Judgement, Method
from fuzzeq.bench.measure import Measured
from fuzzeq.bench.regression import regression
from fuzzeq.bench.statistics import Samples, Statistics, summarize
from fuzzeq.errors import UsageError


def assert_within(
    result: Measured | Statistics | Samples,
    *,
    median_ms: float | None = None,
    p95_ms: float | None = None,
) -> None:
    """Asserts that the median and the 95th percentile stay within so many milliseconds. Samples are
    in seconds. Raises `AssertionError`; `UsageError` where no limit is given."""
    if median_ms is None and p95_ms is None:
        raise UsageError("assert_within: give median_ms, p95_ms or both")
    if isinstance(result, Measured):
        result = result.statistics
    statistics = result if isinstance(result, Statistics) else summarize(result)
    for what, value, limit in (
        ("median", statistics.median, median_ms),
        ("95th percentile", statistics.p95, p95_ms),
    ):
        if limit is not None and not value * 1e3 <= limit:
            raise AssertionError(
                f"the {what} of {statistics.count} samples is {value * 1e3:.4g} ms, "
                f"more than the {limit:g} ms allowed"
            )


def assert_no_regression(
    name: str,
    samples: Measured | Samples,
    max_overhead: float = MAX_OVERHEAD,
    *,
    method: Method | str = Method.ROBUST,
    baselines: Path | str | None = None,
) -> Judgement:
    """Asserts that samples, in seconds, are not worse than the test's baseline allows; returns what
    was judged. Without a baseline it passes, and says so in the judgement's sentence. Raises
    `AssertionError`, also where there are no samples."""
    if isinstance(samples, Measured):
        samples = samples.samples
    judgement = regression(name, samples, max_overhead, method=method, baselines=baselines)
    if judgement.fails:
        raise AssertionError(judgement.sentence)
    return judgement
