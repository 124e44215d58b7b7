"""A judgement: what was compared, what came of it, and that in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fuzzeq.bench.statistics import Statistics, TestResult
from fuzzeq.errors import UsageError

ALPHA = 0.001
"""How often chance alone may make a judgement: once in a thousand."""
FEWEST = 6
"""With fewer samples on either side nothing is held against anybody: no interval of their median
has 95 %."""
FEWEST_PAIRS = 10
"""With fewer pairs no sign test comes below `ALPHA`: 10 heads in a row are one in 1,024."""
FAR = 2.0
"""What is estimated at more than so many times its limit does not pass, though too few samples or
too much noise leave it undecided: noise alone seldom doubles a median."""
MAX_OVERHEAD = 0.05
"""Where nobody says how much slower is allowed."""


class Method(StrEnum):
    """How two sets of samples are held against each other."""

    ROBUST = "robust"
    """Medians and median absolute deviations; ranks (Mann and Whitney), and the signs of pairs."""
    PARAMETRIC = "parametric"
    """Means without outliers; Welch's test."""
    BOOTSTRAP = "bootstrap"
    """Medians of samples drawn again."""


class Direction(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"


class Verdict(StrEnum):
    """What came of a comparison."""

    UNCHANGED = "unchanged"
    IMPROVED = "improved"
    REGRESSED = "regressed"
    UNDECIDED = "undecided"
    """Beyond what is allowed by its estimate, and not beyond chance: more samples are needed."""
    MISSING = "missing"
    """One side has no samples. That is a failure, not a pass."""
    NO_BASELINE = "no baseline"
    """Nothing is known of earlier runs, so nothing was compared."""


FAILING = frozenset((Verdict.REGRESSED, Verdict.MISSING))


class Band(StrEnum):
    """How much a change is, whatever its direction."""

    NEGLIGIBLE = "negligible"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a metric may come to at most (or least, where higher is better), in its unit."""

    limit: float
    reference: float
    """What it was."""
    error: float
    """The standard error of that."""
    max_overhead: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Judgement:
    """One metric, judged. `change` is the share by which the second is larger than the first;
    `interval` bounds it at 95 %."""

    name: str
    verdict: Verdict
    sentence: str
    method: Method = Method.ROBUST
    direction: Direction = Direction.LOWER
    before: Statistics | None = None
    after: Statistics | None = None
    threshold: Threshold | None = None
    change: float | None = None
    interval: tuple[float, float] | None = None
    band: Band | None = None
    test: str = ""
    statistic: float | None = None
    p: float | None = None
    """The chance of samples like these where nothing exceeds what is allowed."""
    effect: float | None = None
    """Cliff's delta, or Cohen's d where the method is parametric."""
    tests: tuple[TestResult, ...] = ()
    """What Mann and Whitney, Welch, and Kolmogorov and Smirnov say of any difference at all, where
    somebody wanted to know; none of it decides."""
    far: bool = False
    """Whether it is estimated at more than `FAR` times its limit."""
    comparable: bool = True
    """Whether the machine was about as fast as then. If not, it is undecided."""

    @property
    def fails(self) -> bool:
        """Whether a run with this in it must not pass. What nobody could decide, and is far beyond
        its limit, must not: else the slower an engine became, the fewer samples there would be, and
        the surer it would pass."""
        return self.verdict in FAILING or (self.verdict is Verdict.UNDECIDED and self.far)


def band_of(change: float) -> Band:
    """Negligible under 5 %, minor to 20 %, major to 50 %, critical beyond."""
    size = round(abs(change), 12)  # 0.2 is minor, though 1.2 / 1 - 1 is a hair less or more
    if size < 0.05:
        return Band.NEGLIGIBLE
    if size <= 0.2:
        return Band.MINOR
    return Band.MAJOR if size <= 0.5 else Band.CRITICAL


def method_of(name: Method | str) -> Method:
    """The method of a name. Raises `UsageError`."""
    try:
        return Method(name)
    except ValueError:
        raise UsageError(f"no method {name!r}; there are {', '.join(Method)}") from None


_WORDS = {
    Verdict.REGRESSED: "worse than is allowed",
    Verdict.IMPROVED: "better",
    Verdict.UNCHANGED: "no change beyond what is allowed",
    Verdict.UNDECIDED: "perhaps worse than is allowed, but chance could do that: measure more",
}


def sentence_of(judgement: Judgement) -> str:
    """The judgement in words, for one who knows no statistics."""
    change, interval, threshold = judgement.change, judgement.interval, judgement.threshold
    assert change is not None
    assert interval is not None
    assert threshold is not None
    assert judgement.p is not None
    what = f"{judgement.name}: " if judgement.name else ""
    chance = "p < 0.0001" if judgement.p < 1e-4 else f"p = {judgement.p:.2g}"
    return (
        f"{what}{_WORDS[judgement.verdict]}: {change:+.1%} "
        f"({interval[0]:+.1%} to {interval[1]:+.1%} at 95 %), {judgement.band}; "
        f"{threshold.max_overhead:.0%} are allowed; {chance} by {judgement.test}"
    )


def worst(judgements: Sequence[Judgement]) -> Verdict:
    """The verdict of a run: that of its worst part. Raises `UsageError` where there is none."""
    order = (
        Verdict.REGRESSED, Verdict.MISSING, Verdict.UNDECIDED, Verdict.NO_BASELINE,
        Verdict.UNCHANGED, Verdict.IMPROVED,
    )  # fmt: skip
    if not judgements:
        raise UsageError("nothing was judged")
    verdicts = {judgement.verdict for judgement in judgements}
    return next(verdict for verdict in order if verdict in verdicts)
