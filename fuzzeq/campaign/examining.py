"""Findings examined in workers: a trace that is run again may kill or hang whoever runs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from fuzzeq.campaign.scheduler import Done, Lost, WorkerLimits, schedule
from fuzzeq.campaign.tasks import Examine
from fuzzeq.forensics.classes import Likely
from fuzzeq.forensics.examination import Examination
from fuzzeq.model.finding import Finding, Status

LIMITS = WorkerLimits(hang_seconds=60.0)


def examine_all(
    findings: Sequence[Finding], target: str | None, jobs: int
) -> tuple[Examination, ...]:
    """What forensics says of each, in their order. Those whose process was lost when they were
    found are not run again: what became of it says enough of their class."""
    came = {
        number: Examination(
            why_not=f"the process that ran it {finding.status}",
            likely=(Likely(32, f"its process {finding.status}"),),
        )
        for number, finding in enumerate(findings)
        if finding.status in (Status.DIED, Status.HUNG)
    }
    tasks = {n: Examine(finding, target) for n, finding in enumerate(findings) if n not in came}
    number_of = {id(task): number for number, task in tasks.items()}
    for event in schedule(deque(tasks.values()), min(jobs, len(tasks)), LIMITS) if tasks else ():
        if isinstance(event, Done):
            came[number_of[id(event.task)]] = event.result
        elif isinstance(event, Lost):
            came[number_of[id(event.task)]] = Examination(why_not=f"its process: {event.how}")
    return tuple(came[number] for number in range(len(findings)))
