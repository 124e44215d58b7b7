"""What a night may run out of: memory that workers do not give back, room on the disk.

A leak is a slope: the median of the slopes between all pairs of samples (Theil and Sen), which a
few samples taken at a bad moment cannot move. Source: P. K. Sen, "Estimates of the regression
coefficient based on Kendall's tau" (1968). The functions know nothing of processes; what is
measured is given to them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median

import psutil

MOST_SAMPLES = 120
"""Samples kept of a worker; where there would be more, every second one goes."""

FEWEST_SAMPLES = 20
WARM_UP = 0.25
"""The first part of a worker's life, in which caches fill; it is not judged."""

SMALLEST_GROWTH_MB = 16.0
"""Growth over the judged time below which nothing is called a leak, however steep it is."""

MEGABYTE = 1 << 20
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A worker's resident memory in bytes, so many seconds into the campaign."""

    seconds: float
    resident: int


@dataclass(frozen=True, slots=True)
class Leak:
    """Memory that a worker does not give back: how fast it grew, by how much and over what."""

    target: str
    mb_per_hour: float
    grown_mb: float
    seconds: float
    samples: int

    @property
    def fingerprint(self) -> str:
        """16 hex digits: one leak a target."""
        return hashlib.sha256(f"{self.target}\x1fmemory\x1fleak".encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return (
            f"a worker's memory grew by {self.mb_per_hour:,.0f} MB an hour: {self.grown_mb:,.0f} "
            f"MB over {self.seconds:,.0f} s ({self.samples} samples)"
        )


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """The median slope between all pairs of points; 0 where no two have different places."""
    slopes = [
        (second[1] - first[1]) / (second[0] - first[0])
        for first, second in combinations(points, 2)
        if second[0] != first[0]
    ]
    return median(slopes) if slopes else 0.0


@dataclass(slots=True)
class Memory:
    """Samples of every worker's memory, a bounded number of each."""

    by_worker: dict[int, list[Sample]] = field(default_factory=dict)
    _every: dict[int, int] = field(default_factory=dict)
    _seen: dict[int, int] = field(default_factory=dict)

    def add(self, worker: int, sample: Sample) -> None:
        """Takes a sample in; the longer a worker lives, the fewer of them are kept."""
        samples = self.by_worker.setdefault(worker, [])
        every = self._every.setdefault(worker, 1)
        seen = self._seen[worker] = self._seen.get(worker, 0) + 1
        if seen % every == 0:
            samples.append(sample)
        if len(samples) > MOST_SAMPLES:
            del samples[::2]
            self._every[worker] = 2 * every

    def leak(self, target: str, mb_per_hour: float) -> Leak | None:
        """The steepest growth that is over the limit, and goes on: one document larger than all
        before it is a step, and in one half of the time at least there was none."""
        over = []
        for samples in map(_warm, self.by_worker.values()):
            half = len(samples) // 2
            if len(samples) < FEWEST_SAMPLES or _slope(samples) <= mb_per_hour:
                continue
            seconds = samples[-1].seconds - samples[0].seconds
            grown = _slope(samples) * seconds / HOUR
            goes_on = min(_slope(samples[:half]), _slope(samples[half:])) > mb_per_hour / 2
            if goes_on and grown >= SMALLEST_GROWTH_MB:
                over.append(Leak(target, _slope(samples), grown, seconds, len(samples)))
        return max(over, key=lambda leak: leak.mb_per_hour, default=None)

    def steepest(self) -> float | None:
        """The steepest slope of any worker that was watched for long enough, in MB an hour; None
        where none was."""
        warm = map(_warm, self.by_worker.values())
        slopes = (_slope(samples) for samples in warm if len(samples) >= FEWEST_SAMPLES)
        return max(slopes, default=None)


def _warm(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples behind a worker's first part."""
    if not samples:
        return ()
    first, last = samples[0].seconds, samples[-1].seconds
    return [sample for sample in samples if sample.seconds >= first + WARM_UP * (last - first)]


def _slope(samples: Sequence[Sample]) -> float:
    """How fast the memory grew, in MB an hour."""
    points = [(sample.seconds, sample.resident / MEGABYTE) for sample in samples]
    return theil_sen(points) * HOUR


@dataclass(frozen=True, slots=True)
class Room:
    """What is free: on a folder's disk, and of the machine's memory, in bytes."""

    disk: int
    memory: int


def room(folder: Path) -> Room:
    """What is free now; `folder` is there."""
    return Room(shutil.disk_usage(folder).free, psutil.virtual_memory().available)


def shortage(free: Room, folder: Path, disk_mb: int, memory_mb: int) -> str:
    """What there is too little of, in one line; empty where there is enough."""
    if free.disk < disk_mb * MEGABYTE:
        return (
            f"{free.disk // MEGABYTE:,} MB free on the disk of {folder}; "
            f"free_disk_mb wants {disk_mb:,}"
        )
    if free.memory < memory_mb * MEGABYTE:
        return (
            f"{free.memory // MEGABYTE:,} MB of memory available; free_memory_mb wants "
            f"{memory_mb:,}"
        )
    return ""
