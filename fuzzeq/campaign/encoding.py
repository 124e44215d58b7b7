"""Results of tasks as JSON values and back, and the digest of what a unit came to.

A campaign keeps results in a file that may be damaged, or come out of a cache: so nothing in it is
a pickle, and a value that makes no sense raises `ValueError`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from fuzzeq.campaign.tasks import Confirm, DriveAlone, Hunt, Hunted, Replay, RunUnit, Shrink
from fuzzeq.checking import Meter
from fuzzeq.crash_store import decode, decode_divergence, encode, encode_divergence
from fuzzeq.engines.canary import Canary
from fuzzeq.engines.replay import Replayed, Verdict
from fuzzeq.engines.shrinking import ShrunkFinding
from fuzzeq.engines.unit import UnitResult
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.trace import Trace

_COUNTS = ("edits", "checks", "dropped", "unchanged", "examined", "characters")
_COUNTERS = ("judged", "fired", "keystrokes")


def key_of(task: Any) -> str:
    """What a task is remembered by; empty where it is not worth remembering. That of a unit does
    not depend on the traces that are left out of it."""
    if isinstance(task, RunUnit):
        return f"unit {task.name}"
    if isinstance(task, Canary):
        return f"canary {task.unit.engine}:{task.unit.index}"
    if isinstance(task, Hunt):
        return f"hunt {task.target}:{task.seed}"
    if isinstance(task, DriveAlone):
        return f"driver {task.driver}"
    if isinstance(task, Replay):
        return f"replay {task.path}"
    if isinstance(task, Shrink | Confirm):
        return f"{type(task).__name__.lower()} {_digest(encode(task.finding))}"
    return ""


def to_json(task: Any, result: Any) -> Any:
    """The result of a task as a JSON value."""
    if isinstance(result, UnitResult):
        return {
            "meter": _meter_to_json(result.meter),
            "diverged": result.diverged,
            "drawn": sorted([menu, name, count] for (menu, name), count in result.drawn.items()),
            "traces": result.traces,
            "findings": [encode(finding) for finding in result.findings],
        }
    if isinstance(result, Meter):
        return _meter_to_json(result)
    if isinstance(result, Hunted):
        return {"edits": result.edits, "caught": result.shrunk is not None}
    if isinstance(result, Replayed):
        return {"verdict": result.verdict.value, "why": result.why}
    if isinstance(result, ShrunkFinding):
        return {
            "finding": encode(result.finding),
            "candidates": result.candidates,
            "others": [encode(other) for other in result.others],
            "passed": sorted(result.passed),
        }
    if isinstance(result, Divergence):
        return encode_divergence(result)
    assert result is None or isinstance(result, int), type(result)
    return result


def from_json(task: Any, value: Any) -> Any:
    """The result of a task out of a JSON value. Raises `ValueError`."""
    try:
        return _from_json(task, value)
    except (UsageError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no result of {key_of(task)}: {error}") from error


def _from_json(task: Any, value: Any) -> Any:
    if isinstance(task, RunUnit):
        return UnitResult(
            _meter_from_json(value["meter"]),
            [decode(finding) for finding in value["findings"]],
            int(value["diverged"]),
            Counter({(menu, name): int(count) for menu, name, count in value["drawn"]}),
            int(value["traces"]),
        )
    if isinstance(task, DriveAlone):
        return _meter_from_json(value)
    if isinstance(task, Hunt):
        caught = ShrunkFinding(_hunted(task), 0) if value["caught"] else None
        return Hunted(Meter(), int(value["edits"]), 0.0, caught)
    if isinstance(task, Replay):
        return Replayed(Path(task.path), Verdict(value["verdict"]), str(value["why"]))
    if isinstance(task, Shrink):
        others = tuple(decode(other) for other in value["others"])
        passed = frozenset(map(str, value["passed"]))
        return ShrunkFinding(decode(value["finding"]), int(value["candidates"]), others, passed)
    if isinstance(task, Confirm):
        return None if value is None else decode_divergence(value)
    return None if value is None else int(value)


def digest_of(result: UnitResult) -> str:
    """16 hex digits over all that a unit came to: which traces were run, what was counted, what
    diverged where. The same unit has the same on any machine."""
    value = to_json(None, result)
    for finding in value["findings"]:
        del finding["original"]  # it names versions
    return _digest(value)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _hunted(task: Hunt) -> Finding:
    """A stand-in for the finding of a hunt, of which only its being there is remembered."""
    return Finding(task.target, Divergence("", "", 0, ""), Trace(""))


def _meter_to_json(meter: Meter) -> dict[str, Any]:
    value: dict[str, Any] = {name: getattr(meter, name) for name in _COUNTS}
    return value | {name: dict(getattr(meter, name)) for name in _COUNTERS}


def _meter_from_json(value: Any) -> Meter:
    fields: dict[str, Any] = {name: int(value[name]) for name in _COUNTS}
    fields |= {name: Counter(value[name]) for name in _COUNTERS}
    return Meter(**fields)
