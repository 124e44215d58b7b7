"""What accepted runs of one test came to in one environment, and how a new one takes part.

Values and functions of them: nothing is read or written here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from fuzzeq import __version__
from fuzzeq.bench.judgement import Direction
from fuzzeq.bench.statistics import MAD_TO_DEVIATION, MEDIAN_ERROR, Samples, Statistics, summarize

SECONDS = "s"
"""The unit of what is slower on a slower machine, and so is scaled by calibrations."""
MOST_CORRECTED = 0.25
"""A machine that seems slower or faster by a larger share is another one, or its calibration was
disturbed: nobody knows which, so times are not corrected for it."""
SPREAD = 0.1
"""How far medians of the same code lie apart from one process and day to the next, as a share, for
all that is known from a single run: memory lies elsewhere, and neighbours on the machine come and
go. benchmarks/RESULTS.md has what was measured. Each accepted run takes its part in what is known
better."""
SPREAD_RUNS = 2
"""As many runs is that worth."""
MOST_RUNS = 20
"""So that the spread can still change."""
DOCUMENTS = "documents"
"""The key of the metadata that says, by a digest, what was edited."""
REPORTS = "reports"
"""The key of the metadata that names the last reports that were accepted, by their digests."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How baselines follow what is accepted."""

    adaptation: float = 0.3
    """The share that a newly accepted run has in a baseline."""
    decay: float = 30.0
    """Days after which an old baseline weighs half as much against a new run."""
    retention: float = 180.0
    """Days after which one that was not renewed is dropped."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What one test came to in one environment."""

    statistics: Statistics
    unit: str
    direction: Direction
    calibration: float
    """Seconds that the machine's calibration took when it was accepted."""
    accepted: str
    """When: ISO 8601, UTC."""
    runs: int = 1
    """How many accepted runs are in it."""
    spread: float = SPREAD
    """By which share the medians of runs lie apart: a standard deviation."""
    version: str = __version__
    metadata: Mapping[str, str] = field(default_factory=dict)

    def expected(self, calibration: float | None) -> Statistics:
        """What it would be on a machine as fast as this calibration says, with the errors of its
        location widened by what lies between runs."""
        scale = self.scale(calibration)
        known = scaled(self.statistics, scale)
        if not self.spread:
            return known
        between = self.spread**2 * known.count
        mad = math.hypot(
            known.mad, between**0.5 * abs(known.median) / (MEDIAN_ERROR * MAD_TO_DEVIATION)
        )
        reach = 2 * self.spread * abs(known.median)
        return replace(
            known,
            mad=mad,
            inner_deviation=math.hypot(known.inner_deviation, between**0.5 * abs(known.mean)),
            low=known.low - reach,
            high=known.high + reach,
        )

    def scale(self, calibration: float | None) -> float:
        """How much longer the machine takes now than it did then."""
        if self.unit != SECONDS or calibration is None or not self.calibration:
            return 1.0
        return calibration / self.calibration

    def is_comparable(self, calibration: float | None) -> bool:
        """Whether the machine is about as fast now as it was then, where that matters."""
        return abs(self.scale(calibration) - 1) <= MOST_CORRECTED


def scaled(statistics: Statistics, factor: float) -> Statistics:
    """The same samples in another unit."""
    kept = ("count", "outliers")
    return Statistics(
        **{
            name: value if name in kept else value * factor
            for name, value in asdict(statistics).items()
        }
    )


def blended(
    old: Baseline, new: Baseline, settings: Settings, moment: datetime | None = None
) -> Baseline:
    """An old baseline with a newly accepted run in it. One that is in it already says nothing new:
    it is only renewed."""
    reports, added = (each.metadata.get(REPORTS, "").split() for each in (old, new))
    if added and set(added) <= set(reports):
        return replace(old, accepted=new.accepted)
    age = ((moment or now()) - time_of(old.accepted)).total_seconds() / 86400
    kept = (1 - settings.adaptation) * 0.5 ** (max(0.0, age) / settings.decay)
    share = settings.adaptation / (settings.adaptation + kept)
    before = asdict(scaled(old.statistics, old.scale(new.calibration)))
    after = asdict(new.statistics)
    values = {name: (1 - share) * before[name] + share * after[name] for name in after}
    for name in ("count", "outliers"):
        values[name] = round(values[name])
    apart = after["median"] / before["median"] - 1 if before["median"] else 0.0
    runs = min(SPREAD_RUNS + old.runs - 1, MOST_RUNS)
    spread = math.sqrt((runs * old.spread**2 + apart**2) / (runs + 1))
    metadata = dict(new.metadata)
    if reports or added:
        metadata[REPORTS] = " ".join([*reports, *added][-MOST_RUNS:])
    return replace(
        new, statistics=Statistics(**values), runs=old.runs + 1, spread=spread, metadata=metadata
    )


def made_of(
    samples: Samples,
    calibration: float,
    *,
    unit: str = SECONDS,
    direction: Direction = Direction.LOWER,
    metadata: Mapping[str, str] | None = None,
    moment: datetime | None = None,
) -> Baseline:
    """A baseline of one run. Raises `UsageError`."""
    accepted = (moment or now()).isoformat(timespec="seconds")
    return Baseline(
        summarize(samples), unit, direction, calibration, accepted,
        spread=SPREAD if unit == SECONDS else 0.0,  # what is counted is the same each time
        metadata=dict(metadata or {}),
    )  # fmt: skip


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def time_of(text: str) -> datetime:
    """The moment of a text in ISO 8601; UTC where it does not say. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
