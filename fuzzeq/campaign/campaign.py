"""A campaign: a run with a profile, a folder that remembers it, and gates that judge it.

A campaign that was stopped, or whose process was killed, is taken up where it was left. Only one
process at a time may work in its folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fuzzeq import __version__
from fuzzeq.campaign import events, record
from fuzzeq.campaign.config import Profile, profile_again, resume_command, see_to_target
from fuzzeq.campaign.gates import Gate, judge
from fuzzeq.campaign.record import Record
from fuzzeq.campaign.run import run, see_to
from fuzzeq.campaign.scheduler import schedule
from fuzzeq.campaign.state import Run
from fuzzeq.campaign.supervisor import Executor
from fuzzeq.campaign.watch import room, shortage
from fuzzeq.corpus import bundled
from fuzzeq.errors import UsageError
from fuzzeq.registry import load_target

FIXED = ("seed", "mix", "samples")
"""Keys that say what the units are; a campaign that is resumed keeps them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a campaign came to."""

    name: str
    folder: Path
    state: Run
    gates: tuple[Gate, ...]

    @property
    def broken(self) -> tuple[Gate, ...]:
        """The gates that make it red."""
        return tuple(gate for gate in self.gates if not gate.is_open)

    @property
    def is_good(self) -> bool:
        """Whether it ran to its end and no gate is broken."""
        return not self.broken and not self.state.interrupted


@dataclass(frozen=True, slots=True)
class Around:
    """What a campaign is run with: who watches, who may stop it, where its tasks are run."""

    watch: Callable[[Run], None] = lambda state: None
    stop: Callable[[], bool] = lambda: False
    executor: Executor = schedule
    clock: events.Clock = events.wall_clock


def start(profile: Profile, around: Around = Around(), fresh: bool = False) -> Outcome:
    """Runs a campaign from its beginning. Raises `UsageError` where one of that name was left
    unfinished, unless it is to be `fresh`: what that one had found is then settled by this one."""
    with _held(profile, around) as kept:
        if kept.about("name") and not kept.about("finished") and not fresh:
            command = resume_command(profile.name, str(kept.about("values").get("target")))
            raise UsageError(
                f"campaign {profile.name} in {profile.folder} was not finished: "
                f"`{command}` goes on with it, --fresh begins anew"
            )
        seed = profile.read("seed")
        see_to(profile.settings(seed))  # what cannot begin is nothing to go on with
        values = profile.written() | {"seed": seed}
        kept.begin(name=profile.name, values=values, seed=seed, fuzzeq=__version__)
        return _run(profile, seed, kept, around)


def resume(folder: Path, overrides: Mapping[str, Any], around: Around = Around()) -> Outcome:
    """Goes on with the campaign in a folder, with the values that it was begun with, but for those
    given. Raises `UsageError` where there is nothing to go on with."""
    name = folder.name
    profile = profile_again(name, {"folder": str(folder.parent)}, {})
    with _held(profile, around) as kept:
        if not kept.about("name") or kept.about("finished"):
            raise UsageError(f"nothing to resume in {folder}: its campaign is finished")
        written = {**kept.about("values"), "folder": str(folder.parent)}
        see_to_target(str(written.get("target")), overrides.get("target"), name)
        for key in FIXED:
            if key in overrides:
                raise UsageError(f"campaign {name} has its {key} already: it cannot be changed")
        profile = profile_again(name, written, overrides)
        earlier = events.seconds_of(folder)
        kept.log("resumed", fuzzeq=__version__, earlier_seconds=earlier)
        outcome = _run(profile, kept.about("seed"), kept, around, earlier)
        if (before := kept.about("fuzzeq")) != __version__:
            outcome.state.warnings.append(f"begun with fuzzeq {before}, resumed with {__version__}")
        return outcome


def unfinished(home: Path) -> list[Path]:
    """The folders of campaigns that can be resumed, the latest first."""
    folders = [path.parent for path in home.glob(f"*/{events.NAME}")]
    folders.sort(key=lambda folder: (folder / events.NAME).stat().st_mtime, reverse=True)
    return [folder for folder in folders if _is_unfinished(folder)]


def _is_unfinished(folder: Path) -> bool:
    last = ""
    for event in events.read(folder):
        if event["event"] in ("began", "finished"):
            last = event["event"]
    return last == "began"


def own_regressions(target: str) -> Path | None:
    """The folder in which `replay --move` files what is fixed of a target, here or among what comes
    with fuzzeq; None where there is none. Raises `UsageError` where the target cannot be loaded."""
    name = load_target(target).name
    folders = (corpus / "regressions" for corpus in (Path("corpus") / name, bundled(name)))
    return next(filter(Path.is_dir, folders), None)


@contextmanager
def _held(profile: Profile, around: Around) -> Iterator[Record]:
    """The record of a campaign, held by this process alone, with room to write to."""
    folder = profile.folder
    lock = record.lock(folder)
    try:
        wanted = profile.read("free_disk_mb"), profile.read("free_memory_mb")
        if lacking := shortage(room(folder), folder, *wanted):
            raise UsageError(f"no room for a campaign: {lacking}")
        kept = Record(folder, *wanted, clock=around.clock)
        try:
            yield kept
        finally:
            kept.close()
    finally:
        os.close(lock)


def _run(
    profile: Profile, seed: int, kept: Record, around: Around, earlier: float = 0.0
) -> Outcome:
    today = around.clock().astimezone().date()
    settings = profile.settings(seed)
    if settings.regressions is None:
        settings = replace(settings, regressions=own_regressions(settings.target))
    state = run(
        settings,
        around.watch,
        around.stop,
        kept,
        around.executor,
        today,
        earlier,
    )
    gates = judge(state, profile.gates())
    for gate in gates:
        kept.log("gate", name=gate.name, figure=gate.figure, limit=gate.limit, open=gate.is_open)
    outcome = Outcome(profile.name, profile.folder, state, gates)
    if state.interrupted:
        kept.log("left unfinished")
    else:
        kept.finish()
        kept.log("finished", good=outcome.is_good)
    return outcome
