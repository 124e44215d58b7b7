"""Edits without end: does an engine that has lived long hold more, or take longer, than a fresh one
on the same text?

From time to time a fresh process loads the text that the old one has come to. What is followed is
the difference in memory and the ratio of latencies, so that a document which grows accuses nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from fuzzeq.bench.extras import need
from fuzzeq.bench.measure import Clock
from fuzzeq.bench.operations import Operation, document, exercises, person_at_work
from fuzzeq.bench.statistics import Slope, summarize, theil_sen
from fuzzeq.bench.workers import Failed, Subject, TextFile, WorkerProcess
from fuzzeq.errors import UsageError

SIZE = 100_000
ROUND_EDITS = 200
LATENCY_SAMPLES = 30
LATENCY_TURN = 5
POINTS = 40
FEWEST_POINTS = 8
SETTLING = 0.2
"""The share of points at the beginning that do not count: pools and caches fill."""
GROWTH_BYTES = 1_000_000
GROWTH_SHARE = 0.1
"""What a slope has to come to over the run before it is held against anybody: in bytes, and as a
share of what is loaded or of a fresh engine's latency."""
BLOCKS = 8
DRIFT_CHANCE = 0.005
"""How often a quantity that only wanders, as resident memory does, may be taken for one that
grows."""
LEVEL_SHARE = 0.5
LEVEL_BYTES = 10_000_000
"""By how much the long-lived engine may be worse than a fresh one for all of the run. The aim is a
tenth; but the old one is a single process, two of which lie a tenth apart by where their memory
happens to lie (`baseline.SPREAD`), and five of those are no accident. Pieces that an allocator did
not give back yet are some MB, whatever is loaded."""
CHECKED_SIZE = 100_000
"""Characters, for what is asked about a document of that size, whatever is edited later."""
HISTORY_EDITS = 1000
HISTORY_FACTOR = 3.0
DROPPED = 100
DROPPED_BYTES = 10_000_000
CROWD = 8
CROWD_EDITS = 50


@dataclass(frozen=True, slots=True)
class Point:
    """One look at both: bytes over what a process has before the document, and median seconds."""

    edits: int
    seconds: float
    held: int
    fresh_held: int
    latency: float
    fresh_latency: float


@dataclass(frozen=True, slots=True)
class Check:
    """One question, its answer in words, and whether it is the right one."""

    name: str
    holds: bool
    sentence: str


@dataclass(slots=True)
class Soaked:
    """What came of it."""

    edits: int = 0
    seconds: float = 0.0
    points: list[Point] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    memory: Slope | None = None
    """Bytes an edit."""
    latency: Slope | None = None
    """The ratio to a fresh engine's, per edit."""
    complete: bool = False
    """Whether there were enough points to say anything."""

    @property
    def holds(self) -> bool:
        """Whether every check does."""
        return all(check.holds for check in self.checks)


Tell = Callable[[str], None]


def soak(
    subject: Subject,
    samples: Sequence[str],
    seconds: float,
    *,
    size: int = SIZE,
    seed: int = 1,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = lambda what: None,
) -> Soaked:
    """All of it, for about so many seconds after the short checks. Raises `UsageError` where the
    target cannot be loaded, or is lost on the way."""
    soaked = Soaked()
    text = document(samples, size)
    try:
        for check in (_history, _dropping, _crowd):
            tell(check.__doc__ or "")
            checked = document(samples, CHECKED_SIZE) if check is not _crowd else text
            soaked.checks.append(check(subject, checked, seed))
        _live(subject, text, seconds, seed, soaked, stop, tell)
    except Failed as failure:
        raise UsageError(
            f"{subject.name} was lost after {soaked.edits:,} edits: {failure}"
        ) from None
    counted = soaked.points[int(len(soaked.points) * SETTLING) :]
    soaked.complete = len(counted) >= FEWEST_POINTS
    if soaked.complete:
        soaked.checks += _slopes(counted, soaked)
    return soaked


def _warm(worker: WorkerProcess, text: str) -> int:
    """Lets a process load what it needs for a first document; its bytes after that."""
    with TextFile(text[:2000]) as file:
        worker.ask("open", document="first", path=file.path, clock="wall")
    return int(worker.ask("close", document="first")["resident"])


def _load(worker: WorkerProcess, text: str) -> int:
    with TextFile(text) as file:
        answer = worker.ask("open", document="", path=file.path, clock="wall")
    return int(answer["resident"])


def _history(subject: Subject, text: str, seed: int) -> Check:
    """a thousand edits"""
    edits = list(islice(person_at_work(text, seed), HISTORY_EDITS))
    with WorkerProcess(subject) as worker:
        before = _warm(worker, text)
        loaded = max(1, _load(worker, text) - before)
        after = int(worker.ask("edits", document="", edits=edits)["resident"]) - before
    sentence = (
        f"after {HISTORY_EDITS:,} edits {after / 1e6:.1f} MB, loaded {loaded / 1e6:.1f} MB: "
        f"{after / loaded:.2f} times; {HISTORY_FACTOR:g} are allowed, or a MB"
    )
    allowed = max(HISTORY_FACTOR * loaded, GROWTH_BYTES)  # less than that is the allocator's
    return Check("memory after a thousand edits", after <= allowed, sentence)


def _dropping(subject: Subject, text: str, seed: int) -> Check:
    """a hundred engines, opened and dropped"""
    with WorkerProcess(subject) as worker, TextFile(text) as file:
        answer = worker.ask("drop", path=file.path, times=DROPPED)
    left = answer["after"] - answer["before"]
    sentence = (
        f"{DROPPED} engines opened and dropped left {left / 1e6:.1f} MB; "
        f"{DROPPED_BYTES / 1e6:g} MB are allowed"
    )
    return Check("memory of what was dropped", left < DROPPED_BYTES, sentence)


def _crowd(subject: Subject, text: str, seed: int) -> Check:
    """eight engines at once"""
    small = text[: min(len(text), 10_000)]
    lists = [list(islice(person_at_work(small, seed + n), CROWD_EDITS)) for n in range(CROWD)]
    with WorkerProcess(subject) as worker, TextFile(small) as file:
        answer = worker.ask("crowd", path=file.path, lists=lists)
    how = "on threads" if answer["threads"] else "in turns (the target is not thread_safe)"
    wrong = "; ".join(answer["different"])
    sentence = f"{CROWD} engines with {CROWD_EDITS} edits each, {how}: {wrong or 'equal to batch'}"
    return Check("many at once", not wrong, sentence)


def _live(
    subject: Subject,
    text: str,
    seconds: float,
    seed: int,
    soaked: Soaked,
    stop: Callable[[], bool],
    tell: Tell,
) -> None:
    """The long run; a point after each round."""
    edits = person_at_work(text, seed)
    started = time.monotonic()
    with WorkerProcess(subject) as worker:
        before = _warm(worker, text)
        _load(worker, text)
        while not stop() and (soaked.seconds < seconds or not soaked.points):
            some = list(islice(edits, ROUND_EDITS))
            held = int(worker.ask("edits", document="", edits=some)["resident"]) - before
            for edit in some:
                text = edit.apply(text)
            soaked.edits += len(some)
            soaked.seconds = time.monotonic() - started
            # A look takes a while; in between, edits go by.
            if soaked.points and soaked.seconds - soaked.points[-1].seconds < seconds / POINTS:
                continue
            soaked.points.append(_look(subject, worker, held, text, soaked))
            soaked.seconds = time.monotonic() - started
            tell(f"{soaked.edits:,} edits, {held / 1e6:.1f} MB held")
        with TextFile(text) as file:
            same = worker.ask("same_as_batch", document="", path=file.path)["equal"]
    what = "equal to batch" if same else "NOT equal to batch: fuzzeq run finds out"
    soaked.checks.append(Check("the answer", same, f"after {soaked.edits:,} edits {what}"))


def _look(subject: Subject, old: WorkerProcess, held: int, text: str, soaked: Soaked) -> Point:
    """The old engine beside a fresh one on the same text, in turns."""
    plan = exercises(Operation.CHARACTER, text, LATENCY_SAMPLES + LATENCY_TURN)
    samples: tuple[list[float], list[float]] = [], []
    with WorkerProcess(subject) as fresh:
        before = _warm(fresh, text)
        fresh_held = _load(fresh, text) - before
        for start in range(0, len(plan), LATENCY_TURN):
            for worker, taken in zip((old, fresh), samples, strict=True):
                turn = plan[start : start + LATENCY_TURN]
                answer = worker.ask(
                    "turn", document="", exercises=turn, clock=Clock.CPU, seconds=10
                )
                if start:  # the first turn warms up
                    taken += answer["samples"]
    latency, fresh_latency = (summarize(some).median for some in samples)
    return Point(soaked.edits, soaked.seconds, held, fresh_held, latency, fresh_latency)


def _slopes(points: Sequence[Point], soaked: Soaked) -> list[Check]:
    """Does either difference grow, and beyond chance; and is it too large as it is?"""
    edits = [float(point.edits) for point in points]
    span = edits[-1] - edits[0]
    more = [float(point.held - point.fresh_held) for point in points]
    ratios = [point.latency / point.fresh_latency for point in points]
    soaked.memory, soaked.latency = theil_sen(edits, more), theil_sen(edits, ratios)
    loaded = summarize([float(point.fresh_held) for point in points]).median
    allowed = max(GROWTH_BYTES, GROWTH_SHARE * loaded)
    grown = soaked.memory.slope * span
    leaks = soaked.memory.low > 0 and grown > allowed and drifts(more)
    slowed = soaked.latency.slope * span
    slower = soaked.latency.low > 0 and slowed > GROWTH_SHARE and drifts(ratios)
    per = 1000
    memory = (
        f"{per * soaked.memory.slope / 1e3:+,.2f} KB per {per:,} edits "
        f"({per * soaked.memory.low / 1e3:+,.2f} to {per * soaked.memory.high / 1e3:+,.2f} at "
        f"95 %) against a fresh load of the same text: {grown / 1e6:+.2f} MB over the run, "
        f"{allowed / 1e6:.2f} MB are allowed{_doubt(grown > allowed and not leaks)}"
    )
    ratio = soaked.latency
    latency = (
        f"{per * ratio.slope:+.3%} per {per:,} edits ({per * ratio.low:+.3%} to "
        f"{per * ratio.high:+.3%} at 95 %) against a fresh load of the same text: "
        f"{slowed:+.1%} over the run, {GROWTH_SHARE:.0%} are allowed"
        f"{_doubt(slowed > GROWTH_SHARE and not slower)}"
    )
    return [Check("memory over time", not leaks, memory),
            Check("latency over time", not slower, latency),
            *_levels(more, ratios, loaded)]  # fmt: skip


def _levels(more: Sequence[float], ratios: Sequence[float], loaded: float) -> list[Check]:
    """Is the old engine worse than fresh ones at most looks? A whole run that is as bad at its end
    as at its beginning has no slope. What is sure counts: the lower ends of intervals."""
    held, ratio = summarize(more), summarize(ratios)
    allowed = max(LEVEL_BYTES, LEVEL_SHARE * loaded)
    memory = (
        f"{held.median / 1e6:+.2f} MB ({held.low / 1e6:+.2f} to {held.high / 1e6:+.2f} at 95 %) "
        f"against a fresh load of {loaded / 1e6:.2f} MB; {allowed / 1e6:.2f} MB are allowed"
    )
    latency = (
        f"{ratio.median - 1:+.1%} ({ratio.low - 1:+.1%} to {ratio.high - 1:+.1%} at 95 %) against "
        f"fresh loads; {LEVEL_SHARE:.0%} are allowed"
    )
    return [Check("memory of a long life", held.low <= allowed, memory),
            Check("latency of a long life", ratio.low <= 1 + LEVEL_SHARE, latency)]  # fmt: skip


def drifts(values: Sequence[float]) -> bool:
    """Whether values go up beyond what they would if each step had no direction.

    The interval of a slope takes points for independent of each other; resident memory wanders, and
    a point is where the one before it was. The steps from one block's mean to the next are what is
    independent then: Student's t of those against nothing.
    """
    import numpy as np

    blocks = np.array_split(np.asarray(values, float), min(BLOCKS, len(values)))
    steps = np.diff([block.mean() for block in blocks])
    error = float(steps.std(ddof=1)) / steps.size**0.5
    if not error:
        return bool(steps.mean() > 0)
    chance = need("scipy.special").stdtr(steps.size - 1, -steps.mean() / error)
    return bool(chance < DRIFT_CHANCE)


def _doubt(is_doubtful: bool) -> str:
    """What is added to a figure over its limit that is let pass."""
    return "; more than that, but chance could do it: a longer soak would tell" * is_doubtful
