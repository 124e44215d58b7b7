"""What a run was asked for, and how far it is: the values that the parts of a campaign share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fuzzeq.campaign.watch import MEGABYTE, Leak
from fuzzeq.campaign.worker import HANG_SECONDS, WorkerLimits
from fuzzeq.checking import Meter
from fuzzeq.engines.guided import Reach
from fuzzeq.engines.replay import Replayed, Verdict
from fuzzeq.model.finding import Finding, Status
from fuzzeq.model.target import Capability

CANARY_EDITS = 2000


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A divergence that someone has decided to live with, until a day."""

    fingerprint: str
    reason: str
    until: date

    def holds(self, today: date) -> bool:
        """Whether it still does; the day itself is the last one."""
        return today <= self.until


@dataclass(frozen=True, slots=True)
class Settings:
    """What to run. `edits` or `seconds` is the budget; with neither, the engine's own. `mix` has
    the engines and the share of edits of each, in any unit; empty, it is `engine` alone."""

    target: str = "latex"
    engine: str = "stream"
    edits: int | None = None
    seconds: float | None = None
    seed: int = 0
    jobs: int = 1
    samples: str | None = None
    crashes: Path = Path("crashes")
    hang_seconds: float = HANG_SECONDS
    corpus: Path | None = None
    """Where the guided engine keeps its entries; None for the user's cache."""
    mix: tuple[tuple[str, float], ...] = ()
    regressions: Path | None = None
    canaries: int = 0
    """Canaries to be hunted among the units, besides the one that is hunted first."""
    canary_edits: int = CANARY_EDITS
    driver_edits: int = 0
    """Edits of each driver by itself, for its reuse to be measured."""
    unit_seconds: float | None = None
    memory_mb: int | None = None
    leak_mb_per_hour: float | None = None
    """Growth of a worker's memory above which it is called a leak; None is not looked at."""
    accepted: tuple[Acceptance, ...] = ()

    @property
    def engines(self) -> tuple[tuple[str, float], ...]:
        """The engines and their shares."""
        return self.mix or ((self.engine, 1.0),)

    @property
    def engine_names(self) -> str:
        """The engines in one word."""
        return "+".join(name for name, _ in self.engines)

    @property
    def limits(self) -> WorkerLimits:
        """What a worker may take."""
        memory = None if self.memory_mb is None else self.memory_mb * MEGABYTE
        return WorkerLimits(self.hang_seconds, self.unit_seconds, memory)


@dataclass(frozen=True, slots=True)
class Stored:
    """A finding and its file, which is not there where it could not be `written`; `known` if it
    was there before the run, or is accepted."""

    finding: Finding
    path: Path
    known: bool
    why_known: str = ""
    written: bool = True


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """A canary, and the edits it took to catch it; None where it was missed."""

    name: str
    edits: int | None


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that died or hung during a unit. `finding` is the trace that does it again in a
    fresh process; None where it did not, and the death is unexplained."""

    unit: str
    how: str
    finding: Finding | None = None


@dataclass(slots=True)
class Run:
    """A run so far, and in the end what came of it. Durations are in seconds."""

    settings: Settings
    phase: str = "starting"
    meter: Meter = field(default_factory=Meter)
    meters: dict[str, Meter] = field(default_factory=dict)
    """The same by engine."""
    drivers: dict[str, Meter] = field(default_factory=dict)
    """What drivers by themselves came to."""
    drawn: Counter[tuple[str, str]] = field(default_factory=Counter)
    capabilities: frozenset[Capability] = frozenset()
    units_planned: int | None = None
    units_done: int = 0
    canary: int | None = None
    canary_tried: bool = False
    canaries: list[CanaryResult] = field(default_factory=list)
    """Those among the units."""
    diverged: int = 0
    findings: list[Stored] = field(default_factory=list)
    flaky: list[Stored] = field(default_factory=list)
    replayed: list[Replayed] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    mb_per_hour: float | None = None
    """The steepest growth of a worker's memory, leak or no leak; None where no worker was watched
    for long enough."""
    own_memory: list[int] = field(default_factory=list)
    """The supervisor's own resident memory in bytes: when fuzzing began, and last."""
    warnings: list[str] = field(default_factory=list)
    paused: str = ""
    """Why nothing new is begun at the moment, in one line."""
    interrupted: bool = False
    wall_seconds: float = 0.0
    reach: Reach | None = None
    """How far the guided engine has come."""
    last_new: float = 0.0
    """Seconds into the run at which the last new kind of divergence was seen."""
    last_new_edits: int = 0
    last_new_units: int = 0
    """Edits compared and units done by then."""
    hazards: tuple[str, ...] = ()
    """Kinds of hazard that the target's language has."""

    @property
    def new(self) -> list[Stored]:
        """Findings that no file had before."""
        return [stored for stored in self.findings if not stored.known]

    @property
    def fixed(self) -> list[Replayed]:
        """Reproducers of this target that no longer fail."""
        return [replayed for replayed in self.replayed if replayed.verdict == Verdict.FIXED]

    @property
    def unexplained(self) -> list[Death]:
        """Deaths of workers that nothing accounts for."""
        return [death for death in self.deaths if death.finding is None]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned was run, and the canary caught."""
        wanted = self.settings.edits
        if (
            wanted is not None
            and self.settings.seconds is None
            and self.settings.engines[0][0] == "stream"
        ):
            # Steps behind a divergence, and those that a target refuses, are not compared.
            explained = self.diverged or self.meter.dropped or self.deaths
            short = self.meter.edits < wanted and not explained
        else:
            short = False
        finished = self.settings.seconds is not None or self.units_done == self.units_planned
        return finished and not short and not self.interrupted and self.canary is not None


def status_of(hung: bool) -> Status:
    """What a finding is whose process was lost."""
    return Status.HUNG if hung else Status.DIED
