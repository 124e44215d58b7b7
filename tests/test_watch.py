"""Memory and room: slopes that a few bad samples do not move, leaks with their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzeq.campaign.watch import (
    MEGABYTE,
    MOST_SAMPLES,
    Memory,
    Room,
    Sample,
    room,
    shortage,
    theil_sen,
)

small = st.integers(-1000, 1000)


@given(st.lists(small, min_size=2, max_size=20, unique=True), small, small)
def test_the_slope_of_a_line_is_its_slope(places: list[int], slope: int, height: int) -> None:
    points = [(float(place), float(height + slope * place)) for place in places]
    assert theil_sen(points) == pytest.approx(slope)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8), small)
def test_a_few_wild_points_do_not_make_a_slope(wild: list[float], height: int) -> None:
    points = [(float(place), float(height)) for place in range(60)]
    for number, value in enumerate(wild):
        points[7 * number] = (points[7 * number][0], value)
    assert theil_sen(points) == 0


def test_points_at_one_place_have_no_slope() -> None:
    assert theil_sen([(1.0, 2.0), (1.0, 5.0)]) == 0
    assert theil_sen([]) == 0


def memory_of(megabytes: Callable[[int], float], seconds: int) -> Memory:
    """The memory of one worker that takes so many megabytes at each second."""
    memory = Memory()
    for second in range(seconds):
        memory.add(7, Sample(float(second), int(megabytes(second) * MEGABYTE)))
    return memory


@pytest.mark.parametrize(
    ("name", "megabytes", "seconds", "leaks"),
    [
        ("flat", lambda second: 90, 600, False),
        ("noisy", lambda second: 90 + 30 * (second * 7919 % 13) / 13, 600, False),
        ("a cache that fills", lambda second: min(90 + 2 * second, 150), 600, False),
        ("one giant document", lambda second: 300 if 200 < second < 240 else 90, 600, False),
        ("steps up once", lambda second: 90 if second < 400 else 150, 600, False),
        ("steep, for a moment", lambda second: 90 + second, 12, False),
        ("a leak", lambda second: 90 + second / 5, 600, True),
        ("a leak in steps", lambda second: 90 + second // 50 * 10, 600, True),
        ("a noisy leak", lambda second: 90 + second / 5 + second * 7919 % 13, 600, True),
        ("a slow leak in a long night", lambda second: 90 + second / 15, 20_000, True),
    ],
)
def test_what_grows_all_the_time_is_a_leak(
    name: str, megabytes: Callable[[int], float], seconds: int, leaks: bool
) -> None:
    leak = memory_of(megabytes, seconds).leak("latex", 200)
    assert (leak is not None) == leaks, name


def test_a_leak_has_its_numbers() -> None:
    memory = memory_of(lambda second: 90 + second / 10, 100_000)
    assert len(memory.by_worker[7]) <= MOST_SAMPLES
    leak = memory.leak("latex", 100)
    assert leak is not None
    assert leak.mb_per_hour == pytest.approx(360, rel=0.01)
    assert leak.grown_mb == pytest.approx(leak.seconds / 10, rel=0.01)
    assert leak.seconds == pytest.approx(75_000, rel=0.05)
    assert "360 MB an hour" in str(leak)
    assert memory.steepest() == leak.mb_per_hour
    assert memory.leak("latex", 400) is None


def test_the_steepest_of_several_workers_is_told() -> None:
    memory = Memory()
    for second in range(200):
        for worker, slope in ((1, 0.2), (2, 0.5), (3, 0.0)):
            memory.add(worker, Sample(float(second), int((90 + slope * second) * MEGABYTE)))
    leak = memory.leak("latex", 100)
    assert leak is not None
    assert leak.mb_per_hour == pytest.approx(1800, rel=0.01)


@pytest.mark.parametrize(
    ("free", "said"),
    [
        (Room(200 * MEGABYTE, 300 * MEGABYTE), ""),
        (Room(99 * MEGABYTE, 300 * MEGABYTE), "99 MB free on the disk of here"),
        (Room(200 * MEGABYTE, 199 * MEGABYTE), "199 MB of memory available"),
    ],
)
def test_what_there_is_too_little_of_is_said(free: Room, said: str) -> None:
    lacking = shortage(free, Path("here"), disk_mb=100, memory_mb=200)
    assert lacking.startswith(said)
    assert bool(lacking) == bool(said)


def test_what_is_free_is_measured(tmp_path: Path) -> None:
    free = room(tmp_path)
    assert free.disk > 0
    assert free.memory > 0
