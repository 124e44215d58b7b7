"""The report of a measurement: one JSON value, its first line, and tables of it in plain cells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from fuzzeq import __version__
from fuzzeq.bench.baseline import DOCUMENTS, REPORTS, SECONDS, Baseline, made_of
from fuzzeq.bench.environment import Environment
from fuzzeq.bench.judgement import Direction, Judgement, Verdict
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.runner import Cell, Matrix, name_of, plain_name
from fuzzeq.bench.statistics import summarize
from fuzzeq.bench.verdicts import CHARACTERS, WORK, LimitCheck, was_left_out
from fuzzeq.errors import UsageError
from fuzzeq.report.files import write_text
from fuzzeq.report.words import counted

FORMAT = 1
LARGEST_REPORT = 256 << 20


class RunVerdict(StrEnum):
    """How a measurement ended."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    """Something could not be measured or judged; nothing that was became worse."""


@dataclass(slots=True)
class Measurement:
    """A run of `bench`, and all that was judged of it."""

    environment: Environment
    calibration: float
    matrix: Matrix
    judgements: list[Judgement] = field(default_factory=list)
    limits: list[LimitCheck] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """Which baselines were set aside: nothing could be judged by them."""


def verdict(run: Measurement) -> RunVerdict:
    """A regression or a limit first; then what is missing, on either side of a comparison."""
    if any(each.verdict is Verdict.REGRESSED for each in run.judgements):
        return RunVerdict.FAILED
    if any(not check.holds and check.value is not None for check in run.limits):
        return RunVerdict.FAILED
    missing = any(each.fails or not each.comparable for each in run.judgements) or any(
        check.value is None for check in run.limits
    )
    failed = any(
        cell.failed and not cell.subject.name.startswith("peer:") for cell in run.matrix.cells
    )
    return RunVerdict.INCOMPLETE if missing or failed or run.damaged else RunVerdict.PASSED


def first_line(run: Measurement) -> str:
    """What a reader wants first."""
    counts = {
        verdict: sum(each.verdict is verdict for each in run.judgements) for verdict in Verdict
    }
    parts = [f"{counted(sum(bool(cell.samples) for cell in run.matrix.cells), 'cell')} measured"]
    lost = sum(cell.failed and cell.subject.side == "base" for cell in run.matrix.cells)
    if lost:
        parts.append(f"{lost} of the base could not be measured")
    judged = len(run.judgements) - counts[Verdict.NO_BASELINE]
    if judged:
        told = (
            Verdict.REGRESSED, Verdict.MISSING, Verdict.UNDECIDED, Verdict.IMPROVED,
            Verdict.UNCHANGED,
        )  # fmt: skip
        parts.append(", ".join(f"{counts[each]} {each}" for each in told))
    if counts[Verdict.NO_BASELINE] and judged:
        parts.append(f"{counts[Verdict.NO_BASELINE]} with nothing to compare with")
    elif run.damaged:
        parts.append("the baselines are damaged: only fixed limits are judged")
    elif not judged and not lost:
        parts.append("nothing to compare with yet: only fixed limits are judged")
    if run.limits:
        broken = sum(not check.holds for check in run.limits)
        parts.append(f"{broken} of {len(run.limits)} limits broken")
    return f"{verdict(run)}: {'; '.join(parts)}"


def report(run: Measurement) -> dict[str, Any]:
    """The report as JSON values. `measurements` is what a baseline is made of."""
    settings = run.matrix.settings
    return {
        "format": FORMAT,
        "kind": "bench",
        "verdict": verdict(run).value,
        "first_line": first_line(run),
        "version": __version__,
        "environment": run.environment.facts(),
        "calibration_seconds": run.calibration,
        "clock": settings.clock.value,
        "documents": settings.documents,
        "loads": [load.value for load in settings.loads],
        "measurements": [
            measurement
            for cell in run.matrix.cells
            for measurement in _measurements(cell, name_of(cell, settings))
        ],
        "judgements": [asdict(judgement) for judgement in run.judgements],
        "limits": [{**asdict(check), "holds": check.holds} for check in run.limits],
        "notes": [*run.damaged, *run.matrix.notes],
    }


def _measurements(cell: Cell, name: str) -> list[dict[str, Any]]:
    known = {
        "subject": plain_name(cell.subject),
        "peer": cell.subject.name.startswith("peer:"),
        "side": cell.subject.side,
        "operation": cell.operation.value,
        "size": cell.size,
        "length": cell.length,
        "note": cell.note,
        "failed": cell.failed,
    }
    times: dict[str, Any] = {**known, **measurement(name, cell.samples)}
    times["throughput"] = throughput(cell)
    times["peak_memory"] = cell.peak
    times["reuse"] = reuse(cell)
    if not cell.work:
        return [times]
    return [times, {**known, **measurement(f"{name}/{WORK}", cell.work, CHARACTERS)}]


def measurement(
    name: str,
    samples: Sequence[float],
    unit: str = SECONDS,
    direction: Direction = Direction.LOWER,
) -> dict[str, Any]:
    """One list of samples as JSON values."""
    return {
        "name": name,
        "unit": unit,
        "direction": direction.value,
        "samples": list(samples),
        "statistics": asdict(summarize(samples)) if samples else None,
    }


def throughput(cell: Cell) -> float | None:
    """Operations a second, on average; of loading, characters a second."""
    total = sum(cell.samples)
    if not total:
        return None
    each = cell.length if cell.operation is Operation.LOAD else 1
    return len(cell.samples) * each / total


def reuse(cell: Cell) -> float | None:
    """The share of characters that an edit did not look at again, on average; None where nobody
    counts."""
    if not cell.work or not cell.length:
        return None
    return 1 - sum(min(work, cell.length) for work in cell.work) / len(cell.work) / cell.length


def report_of_tests(
    measured: Sequence[dict[str, Any]], environment: Environment, calibration: float
) -> dict[str, Any]:
    """The report of what tests measured: each has `name`, `test`, `samples` in seconds, `verdict`,
    `fails`, `sentence`, and whether its test `failed`, for whatever reason. Of a test that was run
    again, the last run counts. Raises `UsageError` where two tests have one name, and so would have
    one baseline."""
    by_name: dict[str, dict[str, Any]] = {}
    for each in measured:
        other = by_name.setdefault(each["name"], each)
        if other["test"] != each["test"]:
            raise UsageError(
                f"{other['test']} and {each['test']} have one baseline, {each['name']!a}: "
                "give each a name of its own"
            )
        by_name[each["name"]] = each
    measured = list(by_name.values())
    failed = any(each["fails"] or each["failed"] for each in measured)
    return {
        "format": FORMAT,
        "kind": "bench",
        "verdict": (RunVerdict.FAILED if failed else RunVerdict.PASSED).value,
        "version": __version__,
        "environment": environment.facts(),
        "calibration_seconds": calibration,
        "measurements": [
            {**measurement(each["name"], each["samples"]), "failed": each["failed"]}
            for each in measured
        ],
        "judgements": [
            {key: each[key] for key in ("name", "verdict", "sentence")} for each in measured
        ],
    }


COLUMNS = (
    "n", "mean", "median", "MAD", "p5", "p25", "p75", "p95", "p99", "max", "a second", "MB",
    "work", "reuse",
)  # fmt: skip
"""What a row shows beside its name; times in milliseconds."""
SPARED = ("p5", "p25", "p75", "mean", "n", "work")
"""What a narrow terminal is spared, first this, then that."""


def rows(matrix: Matrix) -> list[tuple[str, ...]]:
    """The table: for each cell its name, what `COLUMNS` says, and a note."""
    found = []
    for cell in matrix.cells:
        name = name_of(cell, matrix.settings)
        if cell.subject.side:
            name += f" ({cell.subject.side})"
        if not cell.samples:
            why = "" if was_left_out(cell) else "failed: "
            found.append((name, *([""] * len(COLUMNS)), f"{why}{cell.note}"))
            continue
        times = summarize(cell.samples)
        shown = (
            times.mean, times.median, times.mad, times.p5, times.p25, times.p75, times.p95,
            times.p99, times.most,
        )  # fmt: skip
        share = reuse(cell)
        found.append(
            (
                name,
                str(times.count),
                *(_short(1e3 * seconds) for seconds in shown),
                _short(throughput(cell) or 0.0),
                "" if cell.peak is None else f"{cell.peak / 1e6:.1f}",
                _short(sum(cell.work) / len(cell.work)) if cell.work else "",
                "" if share is None else f"{share:.2%}",
                cell.note,
            )
        )
    return found


def _short(number: float) -> str:
    """Three digits that count."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3f}" if number < 1 else f"{number:.3g}"


def write(value: dict[str, Any], path: Path) -> None:
    """Writes a report as JSON. Raises `UsageError`."""
    write_text(json.dumps(_finite(value), indent=1) + "\n", path)


def _finite(value: Any) -> Any:
    """JSON has no infinity: a text takes its place."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return str(value)
    return value


@dataclass(frozen=True, slots=True)
class Loaded:
    """A report that was read: its environment's key, and its samples by name."""

    key: str
    calibration: float
    verdict: str
    clock: str
    documents: str
    """A digest of them; empty for what tests measured."""
    digest: str
    """Of the report itself."""
    samples: dict[str, tuple[tuple[float, ...], str, Direction]]
    """Samples, unit and direction."""
    failed: frozenset[str]
    """Names of what has samples, but of a test that failed."""

    def baselines(self, metadata: dict[str, str]) -> dict[str, Baseline]:
        """What becomes a baseline of it; what has no samples does not, nor what failed."""
        metadata = {**metadata, REPORTS: self.digest}
        if self.documents:
            metadata[DOCUMENTS] = self.documents
        return {
            name: made_of(
                samples, self.calibration, unit=unit, direction=direction, metadata=metadata
            )
            for name, (samples, unit, direction) in self.samples.items()
            if samples and name not in self.failed
        }


def read(path: Path) -> Loaded:
    """A report of this module's, peers and the base of a comparison left out. Raises
    `UsageError`."""
    try:
        if path.stat().st_size > LARGEST_REPORT:
            raise ValueError(f"larger than {LARGEST_REPORT} bytes")
        value = json.loads(path.read_text("utf-8"))
        if not isinstance(value, dict) or value.get("kind") != "bench":
            raise ValueError("it is no report of fuzzeq bench")
        if value.get("format") != FORMAT:
            raise ValueError(f"its format is {value.get('format')!a}, not {FORMAT}")
        samples, failed = {}, set()
        for each in value["measurements"]:
            if each.get("side") == "base" or each.get("peer"):
                continue
            numbers = tuple(float(sample) for sample in each["samples"])
            if numbers:
                summarize(numbers)
            if numbers and each.get("failed"):
                failed.add(str(each["name"]))
            samples[str(each["name"])] = (numbers, str(each["unit"]), Direction(each["direction"]))
        return Loaded(
            str(value["environment"]["key"]),
            float(value["calibration_seconds"]),
            str(value["verdict"]),
            str(value.get("clock", "")),
            str(value.get("documents", "")),
            hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16],
            samples,
            frozenset(failed),
        )
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except (
        ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, UsageError,
        ValueError,
    ) as error:  # fmt: skip
        raise UsageError(f"{path} cannot be used: {error or type(error).__name__}") from None
