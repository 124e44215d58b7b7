"""A finding examined: its trace run again, each step accounted for, and a guess at its class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.forensics.account import Account, account_of
from fuzzeq.forensics.classes import Likely, likely_classes
from fuzzeq.forensics.experiments import Answers, experiment
from fuzzeq.model.finding import Finding
from fuzzeq.model.observation import Raised


@dataclass(frozen=True, slots=True)
class Examination:
    """What forensics came to. `why_not` says, in one line, why there is no account; `no_target`,
    whether that is for want of the target."""

    account: Account | None = None
    answers: Answers = field(default_factory=Answers)
    likely: tuple[Likely, ...] = ()
    why_not: str = ""
    no_target: bool = False


def examine(target: Any, finding: Finding) -> Examination:
    """Runs a finding's trace again. It may take this process along, or hang. What an account
    touches is the target's, as a judge does: where that raises, there is none."""
    found = guarded("examine", lambda: _examine(target, finding))
    if isinstance(found, Raised):
        return Examination(why_not=f"its items cannot be looked at: {found.type}: {found.message}")
    return found


def _examine(target: Any, finding: Finding) -> Examination:
    account = account_of(target, finding.trace)
    if account.divergence is None:
        return Examination(account)
    answers = experiment(target, finding.trace, account.divergence)
    return Examination(account, answers, likely_classes(account, finding.trace, answers))
