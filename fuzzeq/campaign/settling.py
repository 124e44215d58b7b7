"""What is made of the findings of a run: shrunk, told apart, confirmed in fresh processes, stored.

What is shrunk depends on the findings alone, not on the order in which they came in.

The guided engine breeds around a bug that it has found, until it has shown in every way that it
can. So few of its findings are shrunk, of as many oracles as there are; and two are one where the
one, as it was shrunk, looked like the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from fuzzeq import crash_store
from fuzzeq.campaign.apart import lost
from fuzzeq.campaign.keeper import FOUND, FOUND_EARLIER
from fuzzeq.campaign.scheduler import Done, Lost
from fuzzeq.campaign.state import Run, Settings, Stored, status_of
from fuzzeq.campaign.supervisor import Supervisor
from fuzzeq.campaign.tasks import Confirm, Shrink
from fuzzeq.engines.replay import Verdict
from fuzzeq.engines.shrinking import ShrunkFinding
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Divergence, Finding, Status

SHRUNK_PER_KIND = 3
MOST_BRED = 3
"""Findings of the guided engine alone that are shrunk in one run."""
MOST_SHRUNK = 30

Kind: TypeAlias = tuple[str, str, str, str]


def key_of(finding: Finding) -> Kind:
    """What findings are told apart by before they are shrunk."""
    divergence = finding.divergence
    return divergence.oracle, divergence.kind, divergence.expected, divergence.actual


def _size(finding: Finding) -> tuple[int, int, str, int, str]:
    """The order of findings of a kind: those likely to shrink well first, and no two alike."""
    trace, origin = finding.trace, finding.origin
    steps = repr(trace.steps) if len(trace.steps) < 4 else ""
    return (
        finding.divergence.step, len(trace.document), origin.engine, origin.unit,
        trace.document + steps,
    )  # fmt: skip


@dataclass(slots=True)
class Chosen:
    """The smallest few findings of each kind: all that a run holds of what it found, however much
    that is."""

    kinds: dict[Kind, list[Finding]] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Takes a finding, unless there are smaller ones of its kind."""
        group = self.kinds.setdefault(key_of(finding), [])
        group.append(finding)
        group.sort(key=_size)
        del group[SHRUNK_PER_KIND:]

    def findings(self, known: Collection[str] = ()) -> list[Finding]:
        """Those to be shrunk: the smallest of each kind, then the second smallest, and so on; a few
        of the guided engine's, first those whose fingerprints are not `known`."""
        kinds = [self.kinds[kind] for kind in sorted(self.kinds)]
        groups = [group for group in kinds if not _is_bred(group)]
        bred = [group[0] for group in kinds if _is_bred(group)]
        groups += [[finding] for finding in _few(bred, known)]
        chosen = [finding for rank in zip_longest(*groups) for finding in rank if finding]
        return chosen[: max(MOST_SHRUNK, len(groups))]


def _is_bred(group: list[Finding]) -> bool:
    """Whether the guided engine alone has found this."""
    return all(finding.origin.engine == "guided" for finding in group)


def _few(bred: list[Finding], known: Collection[str]) -> list[Finding]:
    """Those not known before all others; of these the smallest of each oracle, then the second
    smallest, and so on, until it is enough."""
    groups: dict[tuple[bool, str], list[Finding]] = {}
    for finding in sorted(bred, key=_size):
        key = finding.fingerprint in known, finding.divergence.oracle
        groups.setdefault(key, []).append(finding)
    ranked = [
        (is_known, rank, finding)
        for (is_known, _), group in groups.items()
        for rank, finding in enumerate(group)
    ]
    ranked.sort(key=lambda each: (each[0], each[1], _size(each[2])))
    return [finding for _, _, finding in ranked[:MOST_BRED]]


def settle(
    supervisor: Supervisor, chosen: Chosen, known_before: frozenset[str], today: date
) -> None:
    """Turns findings into reproducers. Once somebody wants it to stop, what is left to shrink stays
    in `pending/`, as it is, and nothing more is confirmed. `known_before` has the fingerprints
    whose files were there before the run."""
    state = supervisor.state
    settings = state.settings
    open_files = files_that(Verdict.FAILED, state)
    supervisor.enter("shrinking")
    accepted = {each.fingerprint for each in settings.accepted if each.holds(today)}
    to_shrink = chosen.findings(accepted | open_files.keys())
    kinds = {key_of(finding) for finding in to_shrink}
    if left_out := len(chosen.kinds.keys() - kinds):
        state.warnings.append(
            f"{left_out} more kinds of divergence not shrunk: they look like more of the same, and "
            "show again once it is mended"
        )
    small = _shrink_all(supervisor, to_shrink)
    earlier = found_earlier(supervisor)
    supervisor.enter("confirming")
    distinct: dict[str, Finding] = {}
    for shrunk in sorted(small, key=_size_of_shrunk):
        if not is_one_of(distinct.values(), shrunk):
            distinct.setdefault(shrunk.finding.fingerprint, shrunk.finding)
    full = False
    for finding in _confirmed(supervisor, distinct):
        had_file = finding.fingerprint in known_before and finding.fingerprint in open_files
        path = open_files[finding.fingerprint] if had_file else supervisor.store(finding)
        why = why_known(settings, finding.fingerprint, had_file, earlier, today)
        # Where there was no room for what became of it, its file is the one that it was found with.
        as_found = crash_store.pending(finding, settings.crashes)
        stored = Stored(
            finding, path or as_found, bool(why), why, path is not None or as_found.is_file()
        )
        full = full or path is None
        (state.flaky if finding.status == Status.FLAKY else state.findings).append(stored)
        supervisor.keeper.log(
            "finding", fingerprint=finding.fingerprint, status=finding.status.value,
            known=why, path=str(path) if stored.written else None,
        )  # fmt: skip
        if not state.interrupted:
            supervisor.keeper.add(FOUND, {"fingerprint": finding.fingerprint})
    if full:
        what = "findings are only in pending/, as they were found, or in no file"
        state.warnings.append(f"{what}: {state.paused}")
        return
    kept = {stored.path for stored in (*state.findings, *state.flaky)}
    for group in chosen.kinds.values():
        for finding in group:
            crash_store.discard_pending(finding, settings.crashes, kept)


def _size_of_shrunk(shrunk: ShrunkFinding) -> tuple[int, int]:
    trace = shrunk.finding.trace
    return len(trace.steps), len(trace.document)


def is_one_of(smaller: Iterable[Finding], shrunk: ShrunkFinding) -> bool:
    """Whether something bred is one of the smaller findings, as it looked on its way."""
    finding = shrunk.finding
    return finding.origin.engine == "guided" and any(
        other.fingerprint in shrunk.passed and other.divergence.same_bug_as(finding.divergence)
        for other in smaller
    )


def why_known(
    settings: Settings, fingerprint: str, has_file: bool, earlier: Collection[str], today: date
) -> str:
    """Why a finding is not new, in words; empty where it is. One whose acceptance has run out is
    new, file or no file: someone has to look at it again."""
    for acceptance in settings.accepted:
        if acceptance.fingerprint == fingerprint:
            if acceptance.holds(today):
                return f"accepted until {acceptance.until}: {acceptance.reason}"
            return ""
    if has_file:
        return "its file is there and fails"
    return "the night before found it" if fingerprint in earlier else ""


def found_earlier(supervisor: Supervisor) -> frozenset[str]:
    """The fingerprints that the night before found, but for those with a file that passes now: what
    looks like one of these has come back, or is another."""
    earlier = {fact["fingerprint"] for fact in supervisor.keeper.facts(FOUND_EARLIER)}
    return frozenset(earlier - files_that(Verdict.FIXED, supervisor.state).keys())


def files_that(verdict: Verdict, state: Run) -> dict[str, Path]:
    """The crash files that were replayed with this verdict, by fingerprint; those damaged since
    then count no more."""
    files: dict[str, Path] = {}
    for replayed in state.replayed:
        if replayed.verdict == verdict and replayed.path.parent == state.settings.crashes:
            with suppress(UsageError):
                files[crash_store.load(replayed.path).finding.fingerprint] = replayed.path
    return files


def _confirmed(supervisor: Supervisor, distinct: dict[str, Finding]) -> list[Finding]:
    """The findings with what became of them in a fresh process; as they are where there was no
    time for it."""
    target = supervisor.state.settings.target
    found = dict(distinct)
    for outcome in supervisor.perform([Confirm(target, finding) for finding in distinct.values()]):
        finding = outcome.task.finding
        if isinstance(outcome, Lost):
            again = finding.divergence
            if finding.status in (Status.DIED, Status.HUNG):  # which of them, is seen best here
                again = lost(len(finding.trace.steps), outcome.hung, outcome.how)
            status = status_of(outcome.hung)
            found[finding.fingerprint] = replace(finding, divergence=again, status=status)
            continue
        result: Divergence | None = outcome.result
        if result is None or not result.same_bug_as(finding.divergence):
            found[finding.fingerprint] = replace(finding, status=Status.FLAKY)
    return list({finding.fingerprint: finding for finding in found.values()}.values())


def _shrink_all(supervisor: Supervisor, findings: list[Finding]) -> list[ShrunkFinding]:
    """The findings shrunk, with those of other kinds that came up on the way, in a fixed order;
    those that there was no time for as they are."""
    settings = supervisor.state.settings
    small: list[ShrunkFinding] = []
    kinds = {key_of(finding) for finding in findings}
    while findings:
        results = {number: ShrunkFinding(each, 0) for number, each in enumerate(findings)}
        others: list[tuple[int, Finding]] = []
        order = {id(finding): number for number, finding in enumerate(findings)}
        tasks = [Shrink(settings.target, finding, limits=settings.limits) for finding in findings]
        for outcome in supervisor.perform(tasks):
            number = order[id(outcome.task.finding)]
            if isinstance(outcome, Done):
                shrunk: ShrunkFinding = outcome.result
                results[number] = shrunk
                others += [(number, other) for other in shrunk.others]
        small += results.values()
        findings = []
        for _, other in sorted(others, key=lambda pair: pair[0]):
            if other.origin.engine == "guided":  # it has looked for all kinds itself
                continue
            if (key := key_of(other)) not in kinds and len(findings) < MOST_SHRUNK:
                kinds.add(key)
                findings.append(other)
    return small
