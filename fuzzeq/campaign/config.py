"""Profiles: what a campaign of a name runs and what makes it red, and where each value comes from.

What is said later wins: built in, built in for the profile, pyproject.toml, the profile there,
fuzzeq.toml, the profile there, the command line. A value is checked where it is read, so that a
mistake is told with its place and with what is allowed there.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from fuzzeq.campaign.gates import GateLimits
from fuzzeq.campaign.keys import KEYS, NEW, NONE, Wrong
from fuzzeq.campaign.state import Acceptance, Settings
from fuzzeq.errors import UsageError
from fuzzeq.project_file import ProjectTable, project_tables

BUILT_IN = "built in"
COMMAND_LINE = "the command line"
RESUME = "resume"
"""Not a profile: `fuzzeq campaign resume` goes on with one."""


_MIXED = {"stream": 8, "exhaustive": 1, "property": 1}
_ALL_MIXED = {**_MIXED, "guided": 1}
"""Where a seed is new each time, what depends on a corpus does no harm."""

PROFILES: dict[str, dict[str, Any]] = {
    "dev": {"edits": 20_000, "mix": _MIXED},
    "ci": {"edits": 100_000, "mix": _MIXED, "canaries": 2, "driver_edits": 60},
    "nightly": {
        "edits": 1_000_000,
        "mix": _ALL_MIXED,
        "seed": NEW,
        "canaries": 8,
        "driver_edits": 200,
    },
    "release": {
        "edits": 5_000_000,
        "mix": _ALL_MIXED,
        "seed": NEW,
        "canaries": 24,
        "driver_edits": 1_000,
    },
}
"""What is built in for the profiles that are; an engine more is a word more in a mix."""

OTHER_KEYS = ("targets", "profiles", "accepted", "bench")
"""What else stands at the top of a project's table."""


class Value(NamedTuple):
    """What is in force for a key, as it was written, and where it was."""

    written: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A campaign's values, each checked, and what has been accepted."""

    name: str
    values: Mapping[str, Value]
    accepted: tuple[Acceptance, ...] = ()

    def read(self, key: str) -> Any:
        """What is meant by the value of a key."""
        return KEYS[key].read(self.values[key].written)

    def written(self) -> dict[str, Any]:
        """All values as they were written, for a campaign to be taken up again with them."""
        return {key: value.written for key, value in self.values.items()}

    @property
    def folder(self) -> Path:
        """Where the campaign keeps its state."""
        return Path(self.read("folder")) / self.name

    def settings(self, seed: int) -> Settings:
        """What the campaign runs."""
        regressions = self.read("regressions")
        return Settings(
            target=self.read("target"),
            edits=self.read("edits"),
            seconds=self.read("time"),
            seed=seed,
            jobs=self.read("jobs"),
            samples=self.read("samples"),
            corpus=None if self.read("corpus") is None else Path(self.read("corpus")),
            crashes=Path(self.read("crashes")),
            hang_seconds=self.read("hang"),
            mix=self.read("mix"),
            regressions=None if regressions is None else Path(regressions),
            canaries=self.read("canaries"),
            canary_edits=self.read("canary_edits"),
            driver_edits=self.read("driver_edits"),
            unit_seconds=self.read("unit_time"),
            memory_mb=self.read("memory_mb"),
            leak_mb_per_hour=self.read("gates.leak_mb_per_hour"),
            accepted=self.accepted,
        )

    def gates(self) -> GateLimits:
        """What makes it red."""
        return GateLimits(
            **{
                key.removeprefix("gates."): self.read(key)
                for key in KEYS
                if key.startswith("gates.")
            }
        )


def load_profile(name: str, overrides: Mapping[str, Any] | None = None) -> Profile:
    """The profile of a name, with what the command line says. Raises `UsageError` where there is
    none, or a key or a value makes no sense."""
    projects = project_tables()
    names = profile_names(projects)
    if name not in names:
        raise UsageError(f"no profile {name!r}; there are {', '.join(names)}")
    values = {key: Value(entry.default, BUILT_IN) for key, entry in KEYS.items()}
    _override(values, PROFILES.get(name, {}), f"{BUILT_IN} for {name}", "the profiles built in")
    for project in projects:
        general = {k: v for k, v in project.table.items() if k not in OTHER_KEYS}
        _override(values, general, project.place(), project.place(), OTHER_KEYS)
        own = project.table.get("profiles", {}).get(name, {})
        place = project.place("profiles", name)
        _override(values, own, place, place)
    _override(values, overrides or {}, COMMAND_LINE, COMMAND_LINE)
    if values["edits"].written == NONE and values["time"].written == NONE:
        place = values["edits"].origin
        raise UsageError(f"{place}: a campaign needs edits or time, and both are {NONE!r}")
    return Profile(name, values, _accepted(projects))


def profile_names(projects: list[ProjectTable] | None = None) -> list[str]:
    """Every profile there is. Raises `UsageError`."""
    names = dict.fromkeys(PROFILES)
    for project in project_tables() if projects is None else projects:
        profiles = project.table.get("profiles", {})
        if not isinstance(profiles, dict) or not all(
            isinstance(own, dict) for own in profiles.values()
        ):
            raise UsageError(f"{project.place('profiles')} wants a table for each profile")
        for name in profiles:
            if name == RESUME or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
                raise UsageError(
                    f"{project.place('profiles')}: {name!r} cannot be a profile's name: letters, "
                    f"digits, '.', '_' and '-', and not {RESUME!r}"
                )
            names[name] = None
    return list(names)


def profile_again(name: str, written: Mapping[str, Any], overrides: Mapping[str, Any]) -> Profile:
    """The profile that a campaign was begun with. Raises `UsageError` where its file is of another
    fuzzeq's making."""
    place = f"the state of campaign {name}"
    values = {key: Value(entry.default, BUILT_IN) for key, entry in KEYS.items()}
    _override(values, written, place, place)
    _override(values, overrides, COMMAND_LINE, COMMAND_LINE)
    return Profile(name, values, _accepted(project_tables()))


def resume_command(name: str, target: str) -> str:
    """How to go on with a campaign on a target: one that was named by its module has to be named
    again, as `see_to_target` says."""
    option = f" --target {shlex.quote(target)}" if ":" in target else ""
    return f"fuzzeq campaign resume {name}{option}"


def see_to_target(written: str, typed: str | None, name: str) -> None:
    """Sees that a target may be loaded that a state file or a log names: nothing is imported
    because such a file says so. Raises `UsageError` where the user or the project's files have to
    name it first, or where the user names another one."""
    if typed is not None and typed != written:
        raise UsageError(f"campaign {name} was begun on {written}, not on {typed}")
    if ":" in written and typed is None:
        said = {project.table.get("target") for project in project_tables()}
        for project in project_tables():
            profile = project.table.get("profiles", {}).get(name, {})
            said.add(profile.get("target") if isinstance(profile, dict) else None)
        if written not in said:
            raise UsageError(
                f"campaign {name} was begun on {written[:100]!a}; nothing that a file names is "
                "imported: say it once more, with --target"
            )


def _override(
    values: dict[str, Value],
    table: Mapping[str, Any],
    origin: str,
    place: str,
    others: tuple[str, ...] = (),
) -> None:
    """Puts what a table says over what was there. Raises `UsageError`."""
    for key, written in _flat(table):
        if key not in KEYS:
            close = get_close_matches(key, KEYS, 1)
            hint = f"did you mean {close[0]!r}?" if close else "see `fuzzeq config`"
            there = ", ".join((*KEYS, *others))
            raise UsageError(f"{place}: no key {key!r}; {hint} (there are {there})")
        try:
            KEYS[key].read(written)
        except Wrong as wrong:
            raise UsageError(f"{place}: {key} is {wrong}; not {written!r}") from None
        values[key] = Value(written, origin)


def _flat(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The keys of a table, those of `gates` with that in front of them."""
    flat = []
    for key, value in table.items():
        if key == "gates" and isinstance(value, dict):
            flat += [(f"gates.{name}", limit) for name, limit in value.items()]
        else:
            flat.append((key, value))
    return flat


def _accepted(projects: list[ProjectTable]) -> tuple[Acceptance, ...]:
    """What someone has decided to live with. Raises `UsageError`."""
    accepted = []
    for project in projects:
        place = project.place("accepted")
        entries = project.table.get("accepted", [])
        if not isinstance(entries, list):
            raise UsageError(f"{place} wants a list of tables: fingerprint, reason, until")
        for entry in entries:
            match entry:
                case {
                    "fingerprint": str(mark),
                    "reason": str(reason),
                    "until": date() as day,
                } if len(entry) == 3 and re.fullmatch("[0-9a-f]{16}", mark) and reason.strip():
                    accepted.append(Acceptance(mark, reason, date(*day.timetuple()[:3])))
                case _:
                    raise UsageError(
                        f"{place}: {entry!r} wants a fingerprint of 16 hex digits, a reason, "
                        "and a day until when, such as 2027-01-31 without quotes"
                    )
    return tuple(accepted)
