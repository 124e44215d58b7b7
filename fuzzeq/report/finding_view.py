"""What is shown of a finding, on the page and in the terminal: rows of text, made once for both.

Everything that comes from a document, a target or a file has gone through `explain.visible` or
`explain.one_line` here, so whoever prints a view prints nothing that could move a cursor or turn
text around. Offsets that are shown are code points.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from fuzzeq.errors import UsageError
from fuzzeq.explain import describe_step, one_line, visible, visible_repr
from fuzzeq.forensics.classes import Likely
from fuzzeq.forensics.examination import Examination
from fuzzeq.model.finding import Finding, Smaller
from fuzzeq.model.target import Capability
from fuzzeq.model.trace import Trace
from fuzzeq.report.pytest_function import Source, pytest_function
from fuzzeq.report.step_view import StepView, step_view
from fuzzeq.report.words import counted, replay_command

SAYS_MORE = {Capability.WORK: "work()", Capability.CHANGES: "changed()"}
"""By what an engine tells where it read."""

LONGEST_SNIPPET = 20_000
"""Characters of a pytest function that is still shown."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with all that is shown of it."""

    target: str
    fingerprint: str
    title: str
    oracle: str
    kind: str
    status: str
    message: str
    document: str
    document_chars: int
    steps: tuple[StepView, ...]
    told: tuple[str, ...]
    """The steps in one line each, for where they are not shown whole."""
    expected_excerpt: tuple[str, ...]
    actual_excerpt: tuple[str, ...]
    today: str
    """What became of it when it was run again; empty where it came again."""
    likely: tuple[Likely, ...]
    no_class: str
    """Why there is no guess at a class; empty where there is one, or nothing was run."""
    why_not: str
    origin: str
    shrinking: tuple[Smaller, ...]
    original: tuple[str, ...]
    """The trace that it was found with, in lines; empty where it was not kept."""
    snippet: str
    replay: str
    export: str

    @property
    def shows_difference(self) -> bool:
        """Whether one of the steps has items that differ."""
        return any(pair.is_first for step in self.steps for pair in step.items)


def view_of(
    finding: Finding,
    examination: Examination,
    path: str = "",
    target: str | None = None,
    source: Source | None = None,
    most_steps: int = 40,
) -> FindingView:
    """What is shown of a finding. `target` is what the user typed for it, to be part of commands;
    `source` is where a pytest function would import it from. Of very many steps the last ones."""
    divergence = finding.divergence
    account = examination.account
    shown = account.steps[-most_steps:] if account else ()
    today = ""
    if account and account.divergence is None:
        today = "it did not come again when this was made"
    elif account and account.divergence and not account.divergence.same_bug_as(divergence):
        now = account.divergence
        today = one_line(f"today it breaks {now.oracle} ({now.kind}) at step {now.step}")
    option = f" --target {shlex.quote(target)}" if target else ""
    file = shlex.quote(path or "FILE")
    failing = account.divergence.step if account and account.divergence else -1
    return FindingView(
        target=one_line(finding.target),
        fingerprint=finding.fingerprint,
        title=one_line(f"{divergence.oracle}: {divergence.kind}"),
        oracle=one_line(divergence.oracle),
        kind=one_line(divergence.kind),
        status=finding.status.value,
        message=one_line(divergence.message),
        document=visible(finding.trace.document, 2000),
        document_chars=len(finding.trace.document),
        steps=tuple(step_view(each, each.number == failing) for each in shown),
        told=tuple(steps_told(finding.trace, most_steps)),
        expected_excerpt=tuple(map(visible_repr, divergence.expected_excerpt)),
        actual_excerpt=tuple(map(visible_repr, divergence.actual_excerpt)),
        today=today,
        likely=examination.likely,
        no_class=_no_class(examination),
        why_not=one_line(examination.why_not),
        origin=_origin(finding),
        shrinking=tuple(each._replace(by=one_line(each.by)) for each in finding.shrinking),
        original=tuple(_original(finding.original)) if finding.original else (),
        snippet=_snippet(finding, source),
        replay=one_line(replay_command(path or "FILE", target)),
        export=one_line(f"fuzzeq export --pytest{option} {file}"),
    )  # fmt: skip


def _no_class(examination: Examination) -> str:
    account = examination.account
    if examination.likely or account is None or account.divergence is None:
        return ""
    silent = [call for each, call in SAYS_MORE.items() if each not in account.capabilities]
    more = f": {' and '.join(silent)} would say more" if silent else ""
    return f"none: what can be seen from outside does not tell{more}"


def _origin(finding: Finding) -> str:
    origin = finding.origin
    if not origin.engine:
        return "unknown"
    versions = ", ".join(f"{name} {version}" for name, version in origin.versions)
    text = (
        f"engine {origin.engine}, seed {origin.seed}, unit {origin.unit}: a document of "
        f"{counted(origin.document_chars, 'character')} and {counted(origin.steps, 'step')}; "
        f"{versions}"
    )
    return one_line(text)


def steps_told(trace: Trace, most: int) -> Iterator[str]:
    """The steps of a trace in words, one a line; of very many the last ones."""
    hidden = max(len(trace.steps) - most, 0)
    if hidden:
        yield f"… {counted(hidden, 'more step')}"
    documents = trace.documents()
    for number, step in enumerate(trace.steps, 1):
        document = next(documents)
        if number > hidden:
            yield f"step {number}: {describe_step(step, document)}"


def _original(trace: Trace) -> Iterator[str]:
    yield f"document '{visible(trace.document, 1000)}'"
    yield from steps_told(trace, 20)


def _snippet(finding: Finding, source: Source | None) -> str:
    """A pytest function for the finding; empty where nobody knows what it would import."""
    if source is None:
        return ""
    try:
        code = pytest_function(finding, source)
    except UsageError as error:
        return f"# {error}"
    if len(code) > LONGEST_SNIPPET:
        return f"# {len(code):,} characters are too many to be shown: `fuzzeq export --pytest`"
    return code
