"""A run: engines on one target, from the canary to the stored reproducers.

The same findings come of it however many workers there are: units are seeded by their index, what
is shrunk is chosen once all are back, and shrinking counts candidates and no seconds. It may be
taken up again where it was left: everything that was kept is there at once, and the rest follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from fuzzeq import corpus, crash_store
from fuzzeq.campaign.apart import lost
from fuzzeq.campaign.fuzzing import fuzz
from fuzzeq.campaign.keeper import FOUND, KNOWN_BEFORE, LEAK, Keeper, KeepsNothing
from fuzzeq.campaign.scheduler import Done, Lost, schedule
from fuzzeq.campaign.settling import found_earlier, settle, why_known
from fuzzeq.campaign.state import Run, Settings, Stored, status_of
from fuzzeq.campaign.supervisor import Executor, Supervisor
from fuzzeq.campaign.tasks import Look, Replay
from fuzzeq.campaign.watch import Leak
from fuzzeq.engines import guided
from fuzzeq.engines.canary import Canary
from fuzzeq.engines.replay import Replayed, Verdict
from fuzzeq.engines.unit import Unit, found, language_of
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.observation import Raised
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

ENOUGH_KEYSTROKES = 50
LEAST_KEYSTROKE_REUSE = 0.9
"""Of so many keystrokes in large documents; see `keystroke`."""


def run(
    settings: Settings,
    watch: Callable[[Run], None] = lambda state: None,
    stop: Callable[[], bool] = lambda: False,
    keeper: Keeper | None = None,
    executor: Executor = schedule,
    today: date | None = None,
    earlier_seconds: float = 0.0,
) -> Run:
    """Runs, and returns what came of it. `watch` is called as it goes on; once `stop` says so, the
    units in flight are finished and no others begun. `earlier_seconds` were spent on it in earlier
    lives. Raises `UsageError`."""
    settings, missing = _that_can_run(settings)
    supervisor = Supervisor(Run(settings), keeper or KeepsNothing(), executor, watch, stop)
    supervisor.started -= earlier_seconds
    state = supervisor.state
    state.warnings += missing
    see_to(settings)
    _look_at_language(settings, state)
    before = _known_before(supervisor)
    _replay_stored(supervisor)
    at_first_sight = _look_and_hunt_canary(supervisor)
    supervisor.enter("fuzzing")
    chosen = fuzz(supervisor)
    if at_first_sight:
        chosen.add(at_first_sight)
    _judge_memory(supervisor)
    today = today or date.today()
    settle(supervisor, chosen, before, today)
    _still_failing(supervisor, today)
    supervisor.enter("done")
    state.wall_seconds = time.monotonic() - supervisor.started
    state.warnings += _warnings(state)
    return state


def _that_can_run(settings: Settings) -> tuple[Settings, list[str]]:
    """The settings without an engine of the mix that cannot run here, and a line on that; the
    others share its edits."""
    others = tuple(share for share in settings.mix if share[0] != "guided")
    if others == settings.mix or not others or guided.is_there():
        return settings, []
    return replace(settings, mix=others), [f"guided left out of the mix: {guided.MISSING}"]


def see_to(settings: Settings) -> None:
    """Loads here what workers are going to need, where a mistake can still be told well. Raises
    `UsageError` for what keeps a run with these settings from beginning."""
    load_target(settings.target)
    if settings.engine_names == "guided":
        guided.require_atheris()
    language_of(settings.target, settings.samples)
    crash_store.prepare(settings.crashes)


def _look_at_language(settings: Settings, state: Run) -> None:
    """Takes note of what is drawn for the target."""
    state.hazards = tuple(language_of(settings.target, settings.samples).hazards)
    if settings.samples is not None:
        state.warnings += corpus.load(Path(settings.samples)).notes


def _take_look(outcome: Done | Lost, state: Run) -> Finding | None:
    """Takes note of what the target can do. Where it does not survive that, or raises, that is a
    finding, which no unit may come upon."""
    settings, divergence, status = state.settings, None, Status.CONFIRMED
    if isinstance(outcome, Lost):
        status, why = status_of(outcome.hung), f"its process: {outcome.how}"
        if outcome.note is not None:  # it was loaded, and had not opened it yet
            divergence = lost(0, outcome.hung, outcome.how)
    elif isinstance(outcome.result, Divergence):
        divergence, why = outcome.result, outcome.result.message
    elif isinstance(outcome.result, Raised):
        why = f"{outcome.result.type}: {outcome.result.message}"
    else:
        state.capabilities = outcome.result
        return None
    state.warnings.append(f"an empty document cannot be opened: {why}")
    if divergence is None:
        return None
    unit = Unit(settings.engines[0][0], settings.target, settings.seed, 0, 0)
    finding = found(unit, load_target(settings.target).name, Trace(""), divergence)
    return replace(finding, status=status)


def _known_before(supervisor: Supervisor) -> frozenset[str]:
    """The fingerprints that had files when this run was begun, in an earlier life maybe."""
    keeper = supervisor.keeper
    for fact in keeper.facts(KNOWN_BEFORE):
        return frozenset(fact)
    kept, _ = crash_store.kept_in(supervisor.state.settings.crashes)
    known = sorted({reproducer.finding.fingerprint for reproducer in kept})
    keeper.add(KNOWN_BEFORE, known)
    keeper.log(KNOWN_BEFORE, fingerprints=known)
    return frozenset(known)


def _replay_stored(supervisor: Supervisor) -> None:
    """Replays the target's regressions and reproducers, so that the run can say which are fixed,
    and which have come back."""
    settings, state = supervisor.state.settings, supervisor.state
    name = load_target(settings.target).name
    paths: list[Path] = []
    for folder in filter(None, (settings.regressions, settings.crashes)):
        kept, damaged = crash_store.kept_in(folder)
        paths += [each.path for each in kept if each.finding.target == name]
        state.warnings += [f"not replayed: {why}" for why in damaged]
    for outcome in supervisor.perform([Replay(path, settings.target) for path in paths]):
        if isinstance(outcome, Done):
            state.replayed.append(outcome.result)
        else:
            state.replayed.append(Replayed(outcome.task.path, Verdict.FAILED, outcome.how))
    state.replayed.sort(key=lambda replayed: paths.index(replayed.path))


def _still_failing(supervisor: Supervisor, today: date) -> None:
    """Adds what failed when it was replayed and was not found again: open findings, which are
    known, and regressions, which are new in the first night in which they are back."""
    state = supervisor.state
    again = {stored.finding.fingerprint for stored in state.findings}
    earlier = found_earlier(supervisor)
    for replayed in state.replayed:
        if replayed.verdict != Verdict.FAILED:
            continue
        try:
            finding = crash_store.load(replayed.path).finding
        except UsageError as error:
            state.warnings.append(f"damaged since it was replayed: {error}")
            continue
        if finding.fingerprint not in again:
            again.add(finding.fingerprint)
            is_open = replayed.path.parent == state.settings.crashes
            why = why_known(state.settings, finding.fingerprint, is_open, earlier, today)
            state.findings.append(Stored(finding, replayed.path, bool(why), why))
            if not state.interrupted:
                supervisor.keeper.add(FOUND, {"fingerprint": finding.fingerprint})


def _look_and_hunt_canary(supervisor: Supervisor) -> Finding | None:
    """Looks at what the target can do, and hunts the canary before anything else: a run that cannot
    find it proves nothing. Where all is for the guided engine, so is this. Returns what the look
    has found."""
    state, settings = supervisor.state, supervisor.state.settings
    supervisor.enter("canary")
    engine = "guided" if settings.engine_names == "guided" else "stream"
    unit = Unit(engine, settings.target, settings.seed, 0, settings.canary_edits,
                settings.samples)  # fmt: skip
    finding: Finding | None = None
    for outcome in supervisor.perform([Look(settings.target), Canary(unit)], jobs=1):
        if isinstance(outcome.task, Look):
            finding = _take_look(outcome, state)
        elif isinstance(outcome, Done):
            state.canary = outcome.result
        else:
            state.warnings.append(f"the canary's worker was lost: {outcome.how}")
    state.canary_tried = True
    return finding


def _judge_memory(supervisor: Supervisor) -> None:
    """Sees whether a worker's memory grew all the time, in this life or an earlier one."""
    state, keeper = supervisor.state, supervisor.keeper
    state.leaks = [Leak(**fact) for fact in keeper.facts(LEAK)]
    state.mb_per_hour = supervisor.memory.steepest()
    limit = state.settings.leak_mb_per_hour
    if limit is None:
        return
    leak = supervisor.memory.leak(load_target(state.settings.target).name, limit)
    if leak is not None:
        state.leaks.append(leak)
        keeper.add(LEAK, asdict(leak))
        keeper.log(LEAK, **asdict(leak))


def _warnings(state: Run) -> list[str]:
    """What a reader has to know before believing the numbers."""
    warnings, meter = [], state.meter
    if state.canary is None:
        within = f"was not caught within {state.settings.canary_edits} edits"
        warnings.append(f"the canary {within}: this run proves nothing")
    if meter.edits and meter.unchanged > 0.3 * meter.edits:
        warnings.append(f"{meter.unchanged / meter.edits:.0%} of edits changed nothing")
    if meter.dropped > 0.1 * (meter.edits + meter.dropped):
        share = meter.dropped / (meter.edits + meter.dropped)
        warnings.append(f"{share:.0%} of documents refused")
    small = state.settings.engine == "exhaustive"  # documents of which nothing can be reused
    if meter.reuse is not None and meter.reuse < 0.5 and meter.edits >= 1000 and not small:
        warnings.append(f"only {meter.reuse:.0%} of characters reused: is it incremental at all?")
    keystrokes, reuse = meter.keystrokes["edits"], meter.keystroke_reuse
    if keystrokes >= ENOUGH_KEYSTROKES and reuse is not None and reuse < LEAST_KEYSTROKE_REUSE:
        warnings.append(f"only {reuse:.0%} of a large document reused where a character is typed")
    if keystrokes >= ENOUGH_KEYSTROKES and meter.keystrokes["everything"] > 0.5 * keystrokes:
        share = meter.keystrokes["everything"] / keystrokes
        warnings.append(f"changed() names everything for {share:.0%} of characters typed")
    for path in state.replayed:
        if path.verdict == Verdict.ERROR:
            warnings.append(f"{path.path} could not be replayed: {path.why}")
    return warnings
