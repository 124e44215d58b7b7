"""Replay: does a saved finding still fail?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from fuzzeq import crash_store
from fuzzeq.checking import Meter, check
from fuzzeq.engines.unit import seldom
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.oracles import ORACLES
from fuzzeq.registry import load_registered, load_target


class Verdict(StrEnum):
    """What became of a reproducer."""

    FIXED = "FIXED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    """It could not be judged; never to be taken for fixed."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A verdict on a file, why in one line, and the divergence where it failed."""

    path: Path
    verdict: Verdict
    why: str
    divergence: Divergence | None = None


def target_of(finding: Finding, target: str | None) -> Any:
    """The target that the user named, else the registered one that the file names; a file cannot
    make anything be imported. Raises `UsageError`."""
    if target is not None:
        return load_target(target)
    try:
        return load_registered(finding.target)
    except UsageError as error:
        how = "--target says which to run it on, in pytest --fuzzeq-target"
        raise UsageError(f"{error}; {how}") from error


def replay(
    path: Path, target: str | None = None, heard: Callable[[], None] = lambda: None
) -> Replayed:
    """Runs one reproducer. `heard` is called once its target is loaded, and now and then as it goes
    on."""
    try:
        finding = crash_store.load(path).finding
        system = target_of(finding, target)
    except UsageError as error:
        return Replayed(path, Verdict.ERROR, str(error).removeprefix(f"{path}: "))
    heard()
    oracle, meter = finding.divergence.oracle, Meter()
    if oracle not in {known.name for known in ORACLES}:
        return Replayed(path, Verdict.ERROR, f"there is no oracle {oracle[:60]!a} any more")
    divergence = check(system, finding.trace, meter, seldom(heard))
    if divergence:
        same = divergence.same_bug_as(finding.divergence)
        why = f"{'' if same else 'now '}{divergence.oracle}: {divergence.message}"
        return Replayed(path, Verdict.FAILED, why, divergence)
    if meter.dropped:
        why = f"{system.name} refuses a document of it, so {oracle} could not judge"
        return Replayed(path, Verdict.ERROR, why)
    if not meter.judged[oracle]:
        why = f"{oracle} judged nothing: {system.name} lacks the capability"
        return Replayed(path, Verdict.ERROR, why)
    if finding.status == Status.FLAKY:
        why = f"{oracle} finds nothing this time, and did not always before: it is flaky"
        return Replayed(path, Verdict.ERROR, why)
    return Replayed(path, Verdict.FIXED, f"{oracle} finds nothing any more")
