"""A run: one engine on one target, from the canary to the stored reproducers.

The same findings come of it however many workers there are: units are seeded by their index, what
is shrunk is chosen once all are back, and shrinking counts candidates and no seconds.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice, zip_longest
from pathlib import Path
from typing import Any

from fuzzeq import corpus, crash_store
from fuzzeq.campaign.scheduler import HANG_SECONDS, Done, Lost, schedule
from fuzzeq.campaign.tasks import Confirm, Replay, RunUnit, Shrink, without
from fuzzeq.checking import Meter
from fuzzeq.engines import exhaustive, guided, stream
from fuzzeq.engines.canary import Canary
from fuzzeq.engines.guided import Reach, farthest
from fuzzeq.engines.replay import Replayed, Verdict
from fuzzeq.engines.shrinking import ShrunkFinding
from fuzzeq.engines.unit import Unit, UnitResult, found, language_of, traces
from fuzzeq.lockstep import guarded
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.observation import Raised
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.registry import load_target

CANARY_EDITS = 2000
MOST_KILLS = 2
"""Traces that may kill a worker before their unit is given up."""
SHRUNK_PER_KIND = 3
MOST_SHRUNK = 30
EXHAUSTIVE_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """What to run. `edits` or `seconds` is the budget; with neither, the engine's own."""

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


@dataclass(frozen=True, slots=True)
class Stored:
    """A finding and its file; `known` if there was a file with its fingerprint before the run."""

    finding: Finding
    path: Path
    known: bool


@dataclass(slots=True)
class Run:
    """A run so far, and in the end what came of it. Durations are in seconds."""

    settings: Settings
    phase: str = "starting"
    meter: Meter = field(default_factory=Meter)
    drawn: Counter[tuple[str, str]] = field(default_factory=Counter)
    capabilities: frozenset[Capability] = frozenset()
    units_planned: int | None = None
    units_done: int = 0
    canary: int | None = None
    canary_tried: bool = False
    diverged: int = 0
    findings: list[Stored] = field(default_factory=list)
    flaky: list[Stored] = field(default_factory=list)
    replayed: list[Replayed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False
    wall_seconds: float = 0.0
    reach: Reach | None = None
    """How far the guided engine has come."""
    last_new: float = 0.0
    """Seconds into the run at which the last new kind of divergence was seen."""

    @property
    def new(self) -> list[Stored]:
        """Findings that no file had before."""
        return [stored for stored in self.findings if not stored.known]

    @property
    def fixed(self) -> list[Replayed]:
        """Reproducers of this target that no longer fail."""
        return [replayed for replayed in self.replayed if replayed.verdict == Verdict.FIXED]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned was run, and the canary caught."""
        wanted = self.settings.edits
        if (
            wanted is not None
            and self.settings.seconds is None
            and self.settings.engine == "stream"
        ):
            # Steps behind a divergence, and those that a target refuses, are not compared.
            explained = self.diverged or self.meter.dropped
            short = self.meter.edits < wanted and not explained
        else:
            short = False
        finished = self.settings.seconds is not None or self.units_done == self.units_planned
        return finished and not short and not self.interrupted and self.canary is not None


def run(
    settings: Settings,
    watch: Callable[[Run], None] = lambda state: None,
    stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Runs, and returns what came of it. `watch` is called as it goes on; once `stop` says so, the
    units in flight are finished and no others begun. Raises `UsageError`."""
    started = time.monotonic()
    state = Run(settings)
    _look_at_target(settings, state)
    crash_store.prepare(settings.crashes)
    _replay_stored(settings, state)
    state.phase = "canary"
    watch(state)
    canary_unit = Unit("stream", settings.target, settings.seed, 0, CANARY_EDITS, settings.samples)
    for event in schedule(deque([Canary(canary_unit)]), 1, settings.hang_seconds):
        if isinstance(event, Done):
            state.canary = event.result
        elif isinstance(event, Lost):
            state.warnings.append(f"the canary's worker was lost: {event.how}")
    state.canary_tried = True
    state.phase = "fuzzing"
    pending = _run_units(settings, state, watch, stop, started)
    state.phase = "shrinking"
    watch(state)
    _settle(settings, state, pending, watch, stop)
    state.phase = "done"
    state.wall_seconds = time.monotonic() - started
    state.warnings += _warnings(state)
    return state


def _look_at_target(settings: Settings, state: Run) -> None:
    """Loads the target and what is drawn for it here, where a mistake can still be told well."""
    target = load_target(settings.target)
    if settings.engine == "guided":
        guided.require_atheris()
    language_of(settings.target, settings.samples)
    if settings.samples is not None:
        state.warnings += corpus.load(Path(settings.samples)).notes
    can = guarded("open", lambda: capabilities(target, target.open("")))
    if isinstance(can, Raised):  # the run itself will find it, with a trace
        state.warnings.append(f"an empty document cannot be opened: {can.type}: {can.message}")
    else:
        state.capabilities = can


def _replay_stored(settings: Settings, state: Run) -> None:
    """Replays the target's reproducers, so that the run can say which are fixed."""
    name = load_target(settings.target).name
    paths = [
        path
        for path in crash_store.known_fingerprints(settings.crashes).values()
        if crash_store.load(path).finding.target == name
    ]
    tasks = deque(Replay(path, settings.target) for path in paths)
    for event in schedule(tasks, settings.jobs, settings.hang_seconds):
        if isinstance(event, Done):
            state.replayed.append(event.result)
        elif isinstance(event, Lost):
            replayed = Replayed(event.task.path, Verdict.FAILED, event.how)
            state.replayed.append(replayed)


def plan(settings: Settings) -> Iterator[Unit]:
    """The units of a run, in order; without end where only time limits it."""
    if settings.engine == "exhaustive":
        language = language_of(settings.target, settings.samples)
        for index, edits in exhaustive.plan(language.alphabet, settings.edits, EXHAUSTIVE_LETTERS):
            yield Unit(settings.engine, settings.target, settings.seed, index, edits,
                       settings.samples)  # fmt: skip
        return
    left, kept = settings.edits, None if settings.corpus is None else str(settings.corpus)
    for index in count():
        edits = stream.UNIT_EDITS if left is None else min(stream.UNIT_EDITS, left)
        if edits <= 0:
            return
        giant = index and index % (stream.EDITS_PER_GIANT // stream.UNIT_EDITS) == 0
        if giant:
            # A unit of giants stands in for an ordinary one, with fewer edits.
            edits = min(edits, stream.GIANT_EDITS)
        yield Unit(settings.engine, settings.target, settings.seed, -index if giant else index,
                   edits, settings.samples, corpus=kept)  # fmt: skip
        left = None if left is None else left - edits


def _run_units(
    settings: Settings,
    state: Run,
    watch: Callable[[Run], None],
    stop: Callable[[], bool],
    started: float,
) -> list[Finding]:
    """Runs the units; returns the findings, not shrunk, each already in `pending/`."""
    units = plan(settings)
    state.units_planned = None if settings.seconds is not None else sum(1 for _ in plan(settings))
    findings: dict[int, list[Finding]] = {}
    seen: set[tuple[str, str, str, str]] = set()
    tasks: deque[Any] = deque()

    def refill() -> None:
        out_of_time = settings.seconds is not None and time.monotonic() - started > settings.seconds
        if stop():
            state.interrupted = True
        if state.interrupted or out_of_time:
            tasks.clear()
            return
        while len(tasks) < 2 * settings.jobs:
            unit = next(units, None)
            if unit is None:
                return
            tasks.append(RunUnit(unit))

    def take(finding: Finding, index: int) -> None:
        kind = _key(finding.divergence)[:2]
        if finding.origin.engine == "guided" and any(key[:2] == kind for key in seen):
            return  # each process breeds its own out of the same bug: one of them will do
        findings.setdefault(index, []).append(finding)
        if (key := _key(finding.divergence)) not in seen:
            seen.add(key)
            state.last_new = time.monotonic() - started
            crash_store.store(finding, settings.crashes)

    refill()
    for event in schedule(tasks, settings.jobs, settings.hang_seconds):
        if isinstance(event, Done):
            result: UnitResult = event.result
            state.units_done += 1
            state.meter.add(result.meter)
            state.drawn.update(result.drawn)
            state.diverged += result.diverged
            state.reach = farthest(state.reach, result.reach)
            state.warnings += result.notes
            for finding in result.findings:
                take(finding, event.task.unit.index)
        elif isinstance(event, Lost):
            if event.note is not None:
                take(lost_finding(event), event.task.unit.index)
                state.diverged += 1
            if event.note is not None and len(event.task.unit.skip) < MOST_KILLS:
                tasks.appendleft(without(event.task, event.note[0]))
            else:
                state.warnings.append(f"unit {event.task.unit.index} given up: {event.how}")
        state.wall_seconds = time.monotonic() - started
        refill()
        watch(state)
    return [finding for _, group in sorted(findings.items()) for finding in group]


def lost_finding(event: Lost) -> Finding:
    """The trace that killed or hung a worker, made again here, where it is not run."""
    unit: Unit = event.task.unit
    status = Status.HUNG if event.hung else Status.DIED
    divergence = Divergence("raises", status.value, 0, event.how, actual=status.value)
    name = load_target(unit.target).name
    number, trace = event.note
    if trace is None:
        trace = next(islice(traces(unit), number, None))
    finding = found(unit, name, trace, replace(divergence, step=len(trace.steps)))
    return replace(finding, status=status)


def _key(divergence: Divergence) -> tuple[str, str, str, str]:
    """What findings are told apart by before they are shrunk."""
    return divergence.oracle, divergence.kind, divergence.expected, divergence.actual


def choose(findings: list[Finding]) -> list[Finding]:
    """Those worth shrinking: the smallest of each kind, then the second smallest, and so on."""
    groups: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding.divergence), []).append(finding)
    for group in groups.values():
        group.sort(key=lambda finding: (finding.divergence.step, len(finding.trace.document)))
    ranks = zip_longest(*(group[:SHRUNK_PER_KIND] for group in groups.values()))
    chosen = [finding for rank in ranks for finding in rank if finding is not None]
    return chosen[: max(MOST_SHRUNK, len(groups))]


def _settle(
    settings: Settings,
    state: Run,
    pending: list[Finding],
    watch: Callable[[Run], None],
    stop: Callable[[], bool],
) -> None:
    """Shrinks, tells apart, confirms in fresh processes, stores. Once `stop` says so, what is left
    to shrink stays in `pending/`, as it is."""
    known = crash_store.known_fingerprints(settings.crashes)
    lost = [finding for finding in pending if finding.status in (Status.DIED, Status.HUNG)]
    chosen = choose([finding for finding in pending if finding not in lost])
    small = _shrink_all(settings, chosen, state, watch, stop)
    state.phase = "confirming"
    watch(state)
    distinct: dict[str, Finding] = {}
    for finding in sorted(small, key=lambda f: (len(f.trace.steps), len(f.trace.document))):
        distinct.setdefault(finding.fingerprint, finding)
    tasks = deque(Confirm(settings.target, finding) for finding in distinct.values())
    for event in schedule(tasks, settings.jobs, settings.hang_seconds, fresh=True):
        if isinstance(event, Lost):  # it killed no one before; it is all the more a finding
            finding = event.task.finding
            status = Status.HUNG if event.hung else Status.DIED
            distinct[finding.fingerprint] = replace(finding, status=status)
        if not isinstance(event, Done):
            continue
        finding = event.task.finding
        again: Divergence | None = event.result
        if again is None or not again.same_bug_as(finding.divergence):
            distinct[finding.fingerprint] = replace(finding, status=Status.FLAKY)
    for finding in (*distinct.values(), *{_key(f.divergence): f for f in lost}.values()):
        finding = replace(finding, shrunk=True) if finding in lost else finding
        before = known.get(finding.fingerprint)
        path = before if before else crash_store.store(finding, settings.crashes)
        stored = Stored(finding, path, before is not None)
        (state.flaky if finding.status == Status.FLAKY else state.findings).append(stored)
    kept = {stored.path for stored in (*state.findings, *state.flaky)}
    for finding in pending:
        crash_store.discard_pending(finding, settings.crashes, kept)


def _shrink_all(
    settings: Settings,
    findings: list[Finding],
    state: Run,
    watch: Callable[[Run], None],
    stop: Callable[[], bool],
) -> list[Finding]:
    """The findings shrunk, with those of other kinds that came up on the way, in a fixed order.
    Once `stop` says so, those not begun are left as they are."""
    small: list[tuple[int, Finding]] = []
    kinds = {_key(finding.divergence) for finding in findings}
    while findings:
        others: list[tuple[int, Finding]] = []
        order = {id(finding): number for number, finding in enumerate(findings)}
        tasks: deque[Any] = deque(Shrink(settings.target, finding) for finding in findings)
        for event in schedule(tasks, settings.jobs, settings.hang_seconds):
            watch(state)
            if stop():
                state.interrupted = True
                small += [(order[id(task.finding)], task.finding) for task in tasks]
                tasks.clear()
            if isinstance(event, Lost):
                small.append((order[id(event.task.finding)], event.task.finding))
            if isinstance(event, Done):
                shrunk: ShrunkFinding = event.result
                number = order[id(event.task.finding)]
                small.append((number, shrunk.finding))
                others += [(number, other) for other in shrunk.others]
        findings = []
        for _, other in sorted(others, key=lambda pair: pair[0]):
            if (key := _key(other.divergence)) not in kinds and len(findings) < MOST_SHRUNK:
                kinds.add(key)
                findings.append(other)
    return [finding for _, finding in sorted(small, key=lambda pair: pair[0])]


def _warnings(state: Run) -> list[str]:
    """What a reader has to know before believing the numbers."""
    warnings, meter = [], state.meter
    if state.canary is None:
        warnings.append(f"the canary survived {CANARY_EDITS} edits: this run proves nothing")
    if meter.edits and meter.unchanged > 0.3 * meter.edits:
        warnings.append(f"{meter.unchanged / meter.edits:.0%} of edits changed nothing")
    if meter.dropped > 0.1 * (meter.edits + meter.dropped):
        share = meter.dropped / (meter.edits + meter.dropped)
        warnings.append(f"{share:.0%} of documents refused")
    if meter.reuse is not None and meter.reuse < 0.5 and meter.edits >= 1000:
        warnings.append(f"only {meter.reuse:.0%} of characters reused: is it incremental at all?")
    for path in state.replayed:
        if path.verdict == Verdict.ERROR:
            warnings.append(f"{path.path} could not be replayed: {path.why}")
    return warnings
