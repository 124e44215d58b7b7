"""Units of a logged campaign, run again and held against the digests that the log has of them.

Those of the guided engine are not: what they ran hung on a corpus, and on the units that their
process had run before them. What is left of them are findings and entries, which are replayed.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzeq.campaign import events
from fuzzeq.campaign.config import profile_again, see_to_target
from fuzzeq.campaign.encoding import digest_of
from fuzzeq.campaign.scheduler import Done, Lost, schedule
from fuzzeq.campaign.tasks import RunUnit
from fuzzeq.campaign.worker import USUAL_LIMITS, WorkerLimits
from fuzzeq.engines.unit import ENGINES, Unit
from fuzzeq.errors import UsageError


@dataclass(frozen=True, slots=True)
class Logged:
    """A unit of a log, and the digest of what it came to then."""

    task: RunUnit
    digest: str


@dataclass(frozen=True, slots=True)
class Rerun:
    """A unit and both digests; `now` is in words where there is none."""

    unit: str
    then: str
    now: str


def can_run_again(logged: Logged) -> bool:
    """Whether a unit comes to the same each time."""
    return logged.task.unit.engine != "guided"


def logged_units(
    path: Path, names: Collection[str] = (), target: str | None = None
) -> list[Logged]:
    """The units of the last night of a log: those of the names, or all. `target` is what the user
    says that it was run on. Raises `UsageError` where a name is not there or cannot be run again,
    there is no unit at all, or the target may not be loaded."""
    units: dict[str, Logged] = {}
    about: dict[str, Any] = {}
    for event in events.read(path):
        if event["event"] == "began" and isinstance(event.get("about"), dict):
            about, units = event["about"], {}
        elif event["event"] == "unit" and about and (logged := _logged(event, about)):
            units[logged.task.name] = logged
    missing = [name for name in names if name not in units]
    if missing:
        there = f"it has such as {next(iter(units))}" if units else "it has none"
        raise UsageError(f"{path} has no unit {missing[0]!r}; {there}")
    bred = [name for name in names if not can_run_again(units[name])]
    if bred:
        raise UsageError(
            f"{bred[0]} cannot be run again: what it ran hung on its corpus; fuzzeq replay has its "
            "findings, and fuzzeq corpus coverage runs its entries"
        )
    if not units:
        raise UsageError(f"{path} has no unit that could be run again")
    see_to_target(str(about["values"].get("target")), target, str(about.get("name")))
    return [units[name] for name in names] if names else list(units.values())


def _logged(event: dict[str, Any], about: dict[str, Any]) -> Logged | None:
    """The unit of an event; None where the line is not as we write it: a log is read with the same
    suspicion as a crash file."""
    values, seed = about.get("values"), about.get("seed")
    match = re.fullmatch(rf"({'|'.join(ENGINES)}):(-?[0-9]{{1,12}})", str(event.get("unit")))
    edits, skip, digest = event.get("edits"), event.get("skip"), event.get("digest")
    if not (
        match
        and isinstance(values, dict)
        and type(seed) is int
        and type(edits) is int
        and isinstance(skip, list)
        and all(type(number) is int for number in skip)
        and isinstance(digest, str)
    ):
        return None
    settings = profile_again("log", values, {}).settings(seed)
    unit = Unit(match[1], settings.target, seed, int(match[2]), edits, settings.samples,
                skip=frozenset(skip))  # fmt: skip
    return Logged(RunUnit(unit), digest)


def run_again(
    units: Collection[Logged], jobs: int, limits: WorkerLimits = USUAL_LIMITS
) -> Iterator[Rerun]:
    """What comes of them this time, in the order in which they end."""
    digests = {logged.task.name: logged.digest for logged in units}
    for event in schedule(deque(logged.task for logged in units), jobs, limits):
        if isinstance(event, Done):
            name = event.task.name
            yield Rerun(name, digests[name], digest_of(event.result))
        elif isinstance(event, Lost):
            yield Rerun(event.task.name, digests[event.task.name], f"its process: {event.how}")
