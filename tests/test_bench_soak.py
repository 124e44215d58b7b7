"""`fuzzeq bench soak`: what leaks, slows down or mixes handles up is told, and what does not is
not."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzzeq.bench import soak as module
from fuzzeq.bench.operations import document
from fuzzeq.bench.soak import (
    FEWEST_POINTS,
    Check,
    Point,
    Soaked,
    _crowd,
    _dropping,
    _history,
    _slopes,
    soak,
)
from fuzzeq.bench.statistics import Slope
from fuzzeq.bench.workers import Subject
from tests.cli_runs import fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path")

ROOT = Path(__file__).parents[1]
TEXT = document((), 20_000)


def of(engine: str) -> Subject:
    return Subject(f"tests.bench_engines:{engine}")


@pytest.mark.parametrize(
    ("check", "bad", "told"),
    [
        (_history, "LEAKING", "after 1,000 edits 5"),
        (_dropping, "UNDROPPED", "100 engines opened and dropped left 5"),
        (_crowd, "SHARING", "differs from batch"),
    ],
)
def test_short_check_tells_the_bad_from_the_good(check: object, bad: str, told: str) -> None:
    assert callable(check)
    failed: Check = check(of(bad), TEXT, 1)
    assert not failed.holds
    assert told in failed.sentence
    assert check(of("Words"), TEXT, 1).holds
    assert check(of("Words"), TEXT, 1).holds


def test_eight_engines_of_ours_at_once_are_equal_to_batch() -> None:
    latex = (ROOT / "corpus" / "latex" / "article-tide-gauges.tex").read_text("utf-8")
    check = _crowd(Subject("latex"), latex, 3)
    assert check.holds, check.sentence
    assert "on threads" in check.sentence


def points(bytes_an_edit: float, slower_an_edit: float, count: int = 40) -> list[Point]:
    """A run of 100 edits a point, with noise in both."""
    draw = random.Random(4)
    return [
        Point(
            edits=100 * number,
            seconds=float(number),
            held=round(5e6 + bytes_an_edit * 100 * number + draw.gauss(0, 2e5)),
            fresh_held=5_000_000,
            latency=1e-4 * (1 + slower_an_edit * 100 * number + draw.gauss(0, 0.03)),
            fresh_latency=1e-4,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("bytes_an_edit", "slower_an_edit", "memory", "latency"),
    [
        (0, 0, True, True),
        (1000, 0, False, True),  # 4 MB over the run
        (20, 0, True, True),  # 80 KB: less than anybody minds
        (0, 1e-4, True, False),  # 40 % over the run
        (-1000, -1e-4, True, True),
    ],
)
def test_slope_is_held_against_an_engine_where_it_is_sure_and_comes_to_something(
    bytes_an_edit: float, slower_an_edit: float, memory: bool, latency: bool
) -> None:
    soaked = Soaked()
    checks = _slopes(points(bytes_an_edit, slower_an_edit), soaked)
    assert [check.holds for check in checks] == [memory, latency, True, True], checks
    assert soaked.memory is not None
    assert soaked.memory.low <= bytes_an_edit <= soaked.memory.high
    assert "at 95 %" in checks[0].sentence


def test_soak_of_a_few_seconds_says_what_it_cannot_say() -> None:
    ended = fuzzeq(
        "bench", "soak", "tests.bench_engines:Words", "--time", "1", "--size", "2KB",
        "--report", "soak.json",
    )  # fmt: skip
    told = ended.out.splitlines()
    report = json.loads(Path("soak.json").read_text())
    assert report["edits"] > 0
    assert len(report["points"]) >= 1
    assert ended.status == (0 if report["complete"] else 2), ended
    assert sum(line.startswith("ok") for line in told) >= 4, ended
    assert any("equal to batch" in line for line in told)


@pytest.mark.slow
def test_soak_finds_the_leak_in_the_end() -> None:
    ended = fuzzeq("bench", "soak", "tests.bench_engines:LEAKING", "--time", "12", "--size", "5KB")
    assert ended.status == 1, ended
    assert "FAILED memory over time" in ended.out, ended
    assert "FAILED memory after a thousand edits" in ended.out


def test_engine_that_is_lost_is_told() -> None:
    ended = fuzzeq("bench", "soak", "tests.bench_engines:DYING", "--time", "1", "--size", "2KB")
    assert ended.status == 2
    assert "was lost" in ended.err
    assert "ended with status 7" in ended.err


def test_growth_that_chance_could_have_made_passes_and_is_called_that() -> None:
    ratios = (1.0, 0.5, 2.5, 0.6, 2.4, 1.3)
    noisy = [Point(100 * n, 0.1 * n, 10, 10, ratio, 1.0) for n, ratio in enumerate(ratios)]
    climbing = [Point(100 * n, 0.1 * n, 10, 10, 1 + n, 1.0) for n in range(6)]
    _, doubtful, *_ = _slopes(noisy, Soaked(edits=500))
    _, certain, *_ = _slopes(climbing, Soaked(edits=500))
    _, fine, *_ = _slopes(points(0, 0), Soaked(edits=4000))
    assert (doubtful.holds, certain.holds, fine.holds) == (True, False, True)
    said = ["chance" in check.sentence for check in (doubtful, certain, fine)]
    assert said == [True, False, False]


def looks(more: Sequence[float], ratios: Sequence[float]) -> list[Point]:
    """A run of 100 edits a point, of an engine that is loaded into 5 MB."""
    return [
        Point(100 * number, float(number), 5_000_000 + round(held), 5_000_000, ratio * 1e-4, 1e-4)
        for number, (held, ratio) in enumerate(zip(more, ratios, strict=True))
    ]


def failing(more: Sequence[float], ratios: Sequence[float]) -> list[str]:
    """The names of the checks that do not hold."""
    return [check.name for check in _slopes(looks(more, ratios), Soaked()) if not check.holds]


FLAT = [1.0] * 32
CLIMBING = np.repeat(np.arange(8.0), 4)
"""A step for each block."""
NOISE = (lambda noise: noise - noise.mean(axis=1, keepdims=True))(
    np.random.default_rng(0).normal(0, 1, (8, 4))
).ravel()
"""Nothing, on the mean of each block."""


@pytest.mark.parametrize(
    ("more", "ratios", "fails"),
    [
        ([590e6] * 32, FLAT, ["memory of a long life"]),
        ([9e6] * 32, FLAT, []),
        (FLAT, [10.0] * 32, ["latency of a long life"]),
        (FLAT, [1.2] * 32, []),
        (FLAT, [1.0, 9.0, 1.0] * 10 + [1.0, 1.0], []),  # a busy machine, now and then
        (FLAT, [0.1, 9.0] * 16, []),  # who knows
        ([2e4 * number for number in range(32)], FLAT, []),  # sure, and less than a MB
        (FLAT, [1 + number / 31 * 0.05 for number in range(32)], []),  # sure, and 5 %
        ([1e5 * number for number in range(32)], FLAT, ["memory over time"]),
        (FLAT, [1 + number / 31 * 0.3 for number in range(32)], ["latency over time"]),
        # The means of blocks grow; single points have no slope to be sure of.
        ((3e5 * CLIMBING + 4e6 * NOISE).tolist(), FLAT, []),
        (FLAT, (1 + 0.1 * CLIMBING + NOISE).tolist(), []),
    ],
)
def test_level_and_slope_each_have_their_limit(
    more: list[float], ratios: list[float], fails: list[str]
) -> None:
    assert failing(more, ratios) == fails


@pytest.mark.parametrize("count", [8, 32, 40])
def test_what_only_wanders_is_seldom_called_growth(count: int) -> None:
    """Each point is where the one before it was, and a step in any direction. A slope's interval
    alone, which takes points for independent, raised an alarm in two runs of five."""
    generator = np.random.default_rng(12)
    alarms = 0
    for _ in range(200):
        more = np.cumsum(generator.normal(0, 1e6, count)).tolist()
        ratios = (5 + np.cumsum(generator.normal(0, 0.05, count))).tolist()
        names = failing(more, ratios)
        alarms += len({"memory over time", "latency over time"} & set(names))
    assert alarms <= 0.03 * 400


def test_points_of_the_beginning_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nine, eight count; eight are too few. What was there before is no growth."""
    for name in ("_history", "_dropping", "_crowd"):
        monkeypatch.setattr(module, name, lambda *rest: Check("", True, ""))
    for count, complete in ((FEWEST_POINTS, False), (FEWEST_POINTS + 1, True)):

        def live(*rest: Any, count: int = count) -> None:
            rest[4].points += looks([-1e9, *FLAT[1:count]], [0.01, *FLAT[1:count]])

        monkeypatch.setattr(module, "_live", live)
        soaked = soak(of("Words"), (), 1.0)
        assert (soaked.complete, soaked.holds) == (complete, True)
        assert soaked.memory == (Slope(0.0, 0.0, 0.0, 1.0) if complete else None)
