"""Samples of a test against its baseline. Nothing is written here."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from fuzzeq.bench import folder
from fuzzeq.bench.baseline import MOST_CORRECTED, SECONDS, Baseline
from fuzzeq.bench.baselines import Baselines
from fuzzeq.bench.environment import Environment, calibrate, detect
from fuzzeq.bench.judgement import (
    ALPHA,
    MAX_OVERHEAD,
    Direction,
    Judgement,
    Method,
    Verdict,
    method_of,
)
from fuzzeq.bench.judging import judge_against
from fuzzeq.bench.statistics import Samples, summarize
from fuzzeq.errors import UsageError


@cache
def here() -> tuple[Environment, float]:
    """This process's environment and its calibration, found out once."""
    return detect(), calibrate()


def regression(
    name: str,
    samples: Samples,
    max_overhead: float = MAX_OVERHEAD,
    *,
    baselines: Path | str | None = None,
    unit: str = SECONDS,
    method: Method | str = Method.ROBUST,
    direction: Direction | str = Direction.LOWER,
    alpha: float = ALPHA,
) -> Judgement:
    """Samples of a test against its baseline in this environment: never written here.

    Without a baseline the verdict is `NO_BASELINE`, and without samples `MISSING`, which fails.
    Raises `UsageError`.
    """
    environment, calibration = here()
    stored = Baselines(Path(baselines or folder.current), environment.key)
    known = stored.load()
    return against(
        known.get(name), name, samples, max_overhead, calibration, unit=unit,
        method=method_of(method), direction=Direction(direction), alpha=alpha,
        note="; ".join(stored.notes),
    )  # fmt: skip


def against(
    baseline: Baseline | None,
    name: str,
    samples: Samples,
    max_overhead: float,
    calibration: float,
    *,
    unit: str = SECONDS,
    method: Method = Method.ROBUST,
    direction: Direction = Direction.LOWER,
    alpha: float = ALPHA,
    note: str = "",
) -> Judgement:
    """Samples against a baseline, which may be missing. Raises `UsageError`."""
    if baseline is None:
        after = summarize(samples) if len(samples) else None
        verdict = Verdict.NO_BASELINE if after else Verdict.MISSING
        why = "it has no samples" if after is None else "no baseline yet, only fixed limits hold"
        sentence = f"{name}: {why}" + (f" ({note})" if note else "")
        return Judgement(name, verdict, sentence, method, direction, after=after)
    if (baseline.unit, baseline.direction) != (unit, direction):
        raise UsageError(
            f"{name}: its baseline is in {baseline.unit!a}, {baseline.direction} is better; "
            f"this is in {unit!a}, {direction} is better: fuzzeq bench baseline reset"
        )
    scale = baseline.scale(calibration)
    comparable = baseline.is_comparable(calibration)
    judged = judge_against(
        # Where nobody knows which, what is far beyond its limit has to be so either way.
        baseline.expected(calibration if comparable or scale > 1 else None), samples, max_overhead,
        method=method, direction=direction, alpha=alpha, name=name,
    )  # fmt: skip
    machine = f"the machine is {abs(scale - 1):.0%} {'slower' if scale > 1 else 'faster'} than then"
    if judged.verdict is Verdict.MISSING or abs(scale - 1) < 0.01:
        return judged
    if comparable:
        return replace(judged, sentence=f"{judged.sentence}; {machine}")
    sentence = (
        f"{name}: not to be compared: {machine}, and more than {MOST_CORRECTED:.0%} are not "
        "corrected for: measure again, or accept a run of the machine as it is"
    )
    return Judgement(
        name, Verdict.UNDECIDED, sentence, method, direction, baseline.statistics, judged.after,
        far=judged.far, comparable=False,
    )  # fmt: skip
