"""What earlier runs came to, by test and environment: one JSON file for each environment.

Only `accept` writes what was measured, and only when somebody asks for it: a run is judged against
what was there before. A file is replaced as a whole while a lock is held, so that several writers
lose nothing and no reader sees half of it. One that cannot be read is set aside under another name,
and begun afresh.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fuzzeq import __version__
from fuzzeq.bench import folder
from fuzzeq.bench.environment import Environment, calibrate, detect
from fuzzeq.bench.judging import (
    ALPHA,
    MAX_OVERHEAD,
    Direction,
    Judgement,
    Method,
    Verdict,
    judge_against,
)
from fuzzeq.bench.measure import method_of
from fuzzeq.bench.statistics import MAD_TO_DEVIATION, MEDIAN_ERROR, Samples, Statistics, summarize
from fuzzeq.errors import UsageError

FORMAT = 1
LARGEST_FILE = 64 << 20
LARGEST_NUMBER = 1e300
LOCK_SECONDS = 30.0
SECONDS = "s"
"""The unit of what is slower on a slower machine, and so is scaled by calibrations."""
SPREAD = 0.1
"""How far medians of the same code lie apart from one process and day to the next, as a share, for
all that is known from a single run: memory lies elsewhere, and neighbours on the machine come and
go. benchmarks/RESULTS.md has what was measured. Each accepted run takes its part in what is known
better."""
SPREAD_RUNS = 2
"""As many runs is that worth."""
MOST_RUNS = 20
"""So that the spread can still change."""
PLAIN_KEY = re.compile(r"[A-Za-z0-9._-]{1,200}")


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
    old: Baseline, new: Baseline, settings: Settings, now: datetime | None = None
) -> Baseline:
    """An old baseline with a newly accepted run in it."""
    age = ((now or _now()) - _time_of(old.accepted)).total_seconds() / 86400
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
    return replace(new, statistics=Statistics(**values), runs=old.runs + 1, spread=spread)


class Baselines:
    """The baselines of one environment, in a folder. `notes` says what was set aside."""

    def __init__(self, folder: Path, key: str) -> None:
        if not PLAIN_KEY.fullmatch(key) or not key.strip("."):
            raise UsageError(
                f"{key!a} is no name of an environment: letters, digits, '.', '_', '-'"
            )
        self.folder, self.key = folder, key
        self.path = folder / f"{key}.json"
        self.notes: list[str] = []

    def load(self) -> dict[str, Baseline]:
        """Every baseline there is, by name. Raises `UsageError` where the file may not be read."""
        try:
            if self.path.stat().st_size > LARGEST_FILE:
                raise Damaged(f"larger than {LARGEST_FILE} bytes")
            return decode(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UsageError(f"cannot read {self.path}: {error.strerror or error}") from error
        except (Damaged, ValueError, OverflowError, RecursionError) as error:
            self._set_aside(str(error))
            return {}

    def accept(
        self, new: Mapping[str, Baseline], settings: Settings, now: datetime | None = None
    ) -> dict[str, Baseline]:
        """Takes over what was measured, and drops what nobody renewed. Raises `UsageError`."""
        moment = now or _now()
        with self._writing() as known:
            for name, baseline in new.items():
                old = known.get(name)
                same = old and (old.unit, old.direction) == (baseline.unit, baseline.direction)
                known[name] = blended(old, baseline, settings, moment) if old and same else baseline
            oldest = moment - timedelta(days=settings.retention)
            for name in [name for name in known if _time_of(known[name].accepted) < oldest]:
                del known[name]
            return dict(known)

    def replace_all(self, new: Mapping[str, Baseline], merge: bool) -> dict[str, Baseline]:
        """What was exported elsewhere comes in place of what is there; with `merge` beside it, the
        later one where both know a test. Raises `UsageError`."""
        with self._writing() as known:
            if not merge:
                known.clear()
            for name, baseline in new.items():
                old = known.get(name)
                if old is None or _time_of(old.accepted) <= _time_of(baseline.accepted):
                    known[name] = baseline
            return dict(known)

    def reset(self, name: str | None = None) -> int:
        """Forgets all, or those whose name is this or begins with this and a slash; how many
        these were. Raises `UsageError`."""
        with self._writing() as known:
            gone = [
                each
                for each in known
                if name is None or each == name or each.startswith(name + "/")
            ]
            for each in gone:
                del known[each]
            return len(gone)

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Baseline]]:
        """What is there, with the lock held; written as it is left, if it was changed."""
        with self._locked():
            known = self.load()
            before = dict(known)
            yield known
            if known != before:
                self._write(known)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.folder / f".{self.key}.lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"cannot write to {self.folder}: {error.strerror or error}") from error
        try:
            until = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise UsageError(
                            f"{path} has been held for {LOCK_SECONDS:.0f} s: is another run stuck?"
                        ) from None
                    time.sleep(0.005)
            yield
        finally:
            os.close(file)

    def _write(self, known: Mapping[str, Baseline]) -> None:
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with beside.open("w", encoding="ascii") as file:
                file.write(text_of(known, self.key))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise UsageError(f"cannot write {self.path}: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                beside.unlink()

    def _set_aside(self, why: str) -> None:
        for number in range(1000):
            aside = self.path.with_name(f"{self.path.name}.damaged-{number}")
            if not aside.exists():
                break
        try:
            self.path.replace(aside)
        except FileNotFoundError:
            return  # somebody else was faster
        except OSError as error:
            raise UsageError(
                f"{self.path} is damaged ({why}) and cannot be set aside: {error.strerror}"
            ) from error
        self.notes.append(f"{self.path} is damaged ({why}): set aside as {aside.name}")


class Damaged(Exception):
    """A file of baselines that makes no sense; the message says why."""


def encode(known: Mapping[str, Baseline], key: str) -> dict[str, Any]:
    """Baselines as JSON values: what a file of them holds, and what is exported."""
    return {
        "format": FORMAT,
        "environment": key,
        "baselines": {name: asdict(baseline) for name, baseline in known.items()},
    }


def text_of(known: Mapping[str, Baseline], key: str) -> str:
    """A file of baselines: one line for each, so that two such files can be compared by eye."""
    values = encode(known, key)
    lines = [
        f"{json.dumps(name)}: {json.dumps(entry)}"
        for name, entry in sorted(values.pop("baselines").items())
    ]
    head = json.dumps(values).removesuffix("}")
    return head + ', "baselines": {\n' + ",\n".join(lines) + "\n}}\n"


def decode(value: Any) -> dict[str, Baseline]:
    """What `encode` wrote. Raises `Damaged`."""
    if not isinstance(value, dict) or not isinstance(value.get("baselines"), dict):
        raise Damaged("it has no table `baselines`")
    if value.get("format") != FORMAT:
        raise Damaged(f"its format is {value.get('format')!a}, not {FORMAT}")
    return {name: _decode(name, entry) for name, entry in value["baselines"].items()}


def _decode(name: str, entry: Any) -> Baseline:
    def part(table: Any, key: str, kind: type) -> Any:
        found: Any = table.get(key) if isinstance(table, dict) else None
        if kind is float and type(found) in (int, float) and abs(found) < LARGEST_NUMBER:
            return float(found)
        if kind is int and type(found) is int and found >= 0:
            return found
        if kind in (str, dict) and isinstance(found, kind):
            return found
        raise Damaged(f"{name!a}: `{key}` makes no sense")

    numbers = part(entry, "statistics", dict)
    statistics = Statistics(
        **{
            each.name: part(numbers, each.name, int if each.type == "int" else float)
            for each in fields(Statistics)
        }
    )
    if not statistics.count:
        raise Damaged(f"{name!a}: it has no samples")
    try:
        _time_of(part(entry, "accepted", str))
        direction = Direction(part(entry, "direction", str))
    except ValueError as error:
        raise Damaged(f"{name!a}: {error}") from None
    return Baseline(
        statistics=statistics,
        unit=part(entry, "unit", str),
        direction=direction,
        calibration=part(entry, "calibration", float),
        accepted=entry["accepted"],
        runs=part(entry, "runs", int),
        spread=part(entry, "spread", float),
        version=part(entry, "version", str),
        metadata={str(key): str(of) for key, of in part(entry, "metadata", dict).items()},
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _time_of(text: str) -> datetime:
    """Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def made_of(
    samples: Samples,
    calibration: float,
    *,
    unit: str = SECONDS,
    direction: Direction = Direction.LOWER,
    metadata: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Baseline:
    """A baseline of one run. Raises `UsageError`."""
    moment = (now or _now()).isoformat(timespec="seconds")
    return Baseline(
        summarize(samples), unit, direction, calibration, moment,
        spread=SPREAD if unit == SECONDS else 0.0,  # what is counted is the same each time
        metadata=dict(metadata or {}),
    )  # fmt: skip


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
    judged = judge_against(
        baseline.expected(calibration), samples, max_overhead,
        method=method, direction=direction, alpha=alpha, name=name,
    )  # fmt: skip
    scale = baseline.scale(calibration)
    if abs(scale - 1) >= 0.01:
        slower = "slower" if scale > 1 else "faster"
        told = f"{judged.sentence}; the machine is {abs(scale - 1):.0%} {slower} than then"
        judged = replace(judged, sentence=told)
    return judged
