"""A page put together: the findings of a report examined, with what the history knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzeq.campaign.examining import examine_all
from fuzzeq.forensics.examination import Examination
from fuzzeq.model.finding import Finding
from fuzzeq.report.finding_view import view_of
from fuzzeq.report.night_view import finding_row, night_view
from fuzzeq.report.page import Entry, anchors, page
from fuzzeq.report.pytest_function import Source
from fuzzeq.report.reading import finding_of
from fuzzeq.report.words import by_module, replay_command

Sources = Callable[[str], Source | None]
"""Where a target of a name is imported from; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a page is made with: where reproducers are looked for; the target as the user named it,
    None to run what is registered; how many processes; where targets come from in Python."""

    folders: tuple[Path, ...] = ()
    target: str | None = None
    jobs: int = 1
    sources: Sources = lambda name: None


@dataclass(frozen=True, slots=True)
class Examined:
    """A row of a report, and what is known of its finding; None where its file is not there."""

    row: Mapping[str, Any]
    path: Path | None = None
    finding: Finding | None = None
    examination: Examination | None = None


def examined(report: Mapping[str, Any], context: Context) -> tuple[Examined, ...]:
    """The findings of a report, each run again where its file is there."""
    found = [(row, *finding_of(row, context.folders)) for row in report["findings"]]
    there = [finding for _, _, finding in found if finding is not None]
    examinations = iter(examine_all(there, context.target, context.jobs))
    return tuple(
        Examined(row, path, finding, None if finding is None else next(examinations))
        for row, path, finding in found
    )


def with_classes(report: Mapping[str, Any], findings: Sequence[Examined]) -> dict[str, Any]:
    """The report with the likely classes of its findings."""
    return {**report, "findings": [_with_class(each) for each in findings]}


def _with_class(each: Examined) -> dict[str, Any]:
    likely = each.examination.likely if each.examination else ()
    told = [{"number": c.number, "name": c.name, "because": c.because} for c in likely]
    return {**each.row, **({"likely": told} if told else {})}


def night_page(
    report: Mapping[str, Any],
    findings: Sequence[Examined],
    context: Context,
    history: Mapping[str, Any] | None = None,
) -> str:
    """The page of a night. `history` has the texts for its section under "section", and under
    "findings", by fingerprint, when each was `first_seen` and its `range` of commits. Commands name
    the target as the user did, or else as the night's did: to print that imports nothing."""
    seen = history["findings"] if history else {}
    asked = context.target or report["target"]
    rows, entries = [], []
    names = list(anchors(each.row["fingerprint"] for each in findings))
    for name, each in zip(names, findings, strict=True):
        known = seen.get(each.row["fingerprint"], {})
        id = replay = ""
        if each.finding is not None and each.examination is not None:
            id = name
            entry = _entry(id, each.finding, each.examination, each.path, context, known, asked)
            entries.append(entry)
            replay = entry.view.replay
        elif each.row["reproducer"]:
            replay = replay_command(each.row["reproducer"], by_module(asked))
        rows.append(finding_row(_with_class(each), id, replay, known.get("first_seen", "")))
    return page(entries, night_view(report, rows), history["section"] if history else None)


def finding_page(findings: Sequence[tuple[Path, Finding]], context: Context) -> str:
    """A page of findings alone, out of their files."""
    examinations = examine_all([finding for _, finding in findings], context.target, context.jobs)
    names = anchors(finding.fingerprint for _, finding in findings)
    entries = [
        _entry(name, finding, examination, path, context, {}, context.target)
        for name, (path, finding), examination in zip(names, findings, examinations, strict=True)
    ]
    return page(entries)


def _entry(
    id: str,
    finding: Finding,
    examination: Examination,
    path: Path | None,
    context: Context,
    known: Mapping[str, str],
    asked: str | None,
) -> Entry:
    source = context.sources(context.target or finding.target)
    option = None if asked == finding.target else asked
    view = view_of(finding, examination, str(path or ""), option, source)
    return Entry(id, view, known.get("first_seen", ""), known.get("range", ""))
