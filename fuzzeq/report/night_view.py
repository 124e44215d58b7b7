"""What a page shows of a night: a report's values as text, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fuzzeq.explain import one_line
from fuzzeq.model.finding import Status
from fuzzeq.report.words import counted, size_of

LONGEST_NAME = 120
"""Characters of an oracle's or kind's name; a kind may quote a target."""

LONGEST_LABEL = 24
"""Characters of the name of a hazard or a way of editing."""

LEVELS = (1, 10, 100, 1000)
"""Counts from which on a cell of hazards and ways of editing gets a darker shade."""


def night_view(report: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The texts of the template. `rows` are those of the findings, see `finding_row`."""
    commit = report.get("commit", {})
    first_line = report.get("first_line") or f"{report['verdict']}: {_findings(report)}"
    return {
        "title": f"fuzzeq: {first_line.partition(':')[0]}: {report['target']}",
        "first_line": first_line,
        "good": report.get("good", report["verdict"] == "clean"),
        "campaign": report.get("campaign", ""),
        "target": report["target"],
        "engine": report["engine"],
        "seed": report["seed"],
        "ended_at": report.get("ended_at", ""),
        "commit": commit.get("hash") or "",
        "dirty": bool(commit.get("dirty")),
        "warnings": report["warnings"],
        "findings": rows,
        "fixed": report.get("fixed", []),
        "gates": report.get("gates", []),
        "figures": list(_figures(report)),
        "reuse": list(_reuse(report)),
        "oracles": list(_oracles(report)),
        "hazards": _hazards(report.get("hazards")),
        "canaries": _canaries(report),
        "residual": report.get("residual", {}).get("words", ""),
        "not_run": report.get("not_run", []),
        "machine": list(_machine(report)),
    }


def finding_row(
    finding: Mapping[str, Any], id: str = "", replay: str = "", first_seen: str = ""
) -> dict[str, Any]:
    """A row of the table of findings. `id` is the anchor of its page, empty where it has none."""
    likely = (finding.get("likely") or [None])[0]
    numbers = ""
    if "mb_per_hour" in finding:
        numbers = f"{finding['mb_per_hour']:,} MB/h over {finding.get('seconds', 0):,.0f} s"
    return {
        "id": id,
        "oracle": finding["oracle"][:LONGEST_NAME],
        "kind": finding["kind"][:LONGEST_NAME],
        "message": one_line(shortened(finding.get("message", ""), LONGEST_NAME)),
        "fingerprint": finding["fingerprint"],
        "likely": f"{likely['number']}: {likely['name']}" if likely else "",
        "size": size_of(finding),
        "first_seen": finding.get("first_seen") or first_seen,
        "known": finding["known"],
        "why_known": finding.get("why_known", ""),
        "status": finding["status"],
        "replay": replay,
        "numbers": numbers,
    }


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _oracles(report: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Each oracle with its figures. A process that dies or hangs is a finding of `raises`, and
    nobody is left to count it as fired."""
    for name, count in report["oracles"].items():
        lost = sum(
            finding["oracle"] == name and finding["status"] in (Status.DIED, Status.HUNG)
            for finding in report["findings"]
        )
        fired = f"{count['fired']:,}" + (f", and {counted(lost, 'lost process')}" if lost else "")
        yield {"name": name, "judged": f"{count['judged']:,}", "fired": fired}


def _findings(report: Mapping[str, Any]) -> str:
    new = sum(not finding["known"] for finding in report["findings"])
    edits = counted(report["edits"], "edit")
    return f"{new} new, {len(report['findings']) - new} known; {edits} compared"


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "edits compared", f"{report['edits']:,}"
    yield "full comparisons", f"{report['checks']:,}"
    yield "time", _duration(report["wall_seconds"])
    if report["edits_per_second"] is not None:
        yield "edits a second", f"{report['edits_per_second']:,.0f}"
    yield "reuse", _share(report["reuse"])
    if report["keystroke_reuse"] is not None:
        yield "reuse for one character in 8 KB and more", _share(report["keystroke_reuse"])
    if units := report.get("units"):
        planned = "" if units["planned"] is None else f" of {units['planned']:,} planned"
        yield "units", f"{units['done']:,}{planned}"
    if reach := report.get("reach"):
        for name, value in reach.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield f"guided: {name.replace('_', ' ')}", f"{value:,}"
    if memory := report.get("memory"):
        steepest = memory["worker_mb_per_hour"]
        yield "growth of memory", "too short to tell" if steepest is None else f"{steepest} MB/h"
    if deaths := report.get("deaths"):
        unexplained = sum(not death["explained"] for death in deaths)
        yield "workers lost", f"{len(deaths)}, {unexplained} of them unexplained"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _reuse(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    floors = {
        gate["name"].removeprefix("reuse of "): gate["limit"].removeprefix("at least ")
        for gate in report.get("gates", [])
        if gate["name"].startswith("reuse of ")
    }
    rows = {**report.get("engines", {}), **report.get("drivers", {})}
    if not rows and report["reuse"] is not None:
        rows = {"all of it": {"reuse": report["reuse"]}}  # only campaigns tell engines apart
    for name, measured in rows.items():
        floor = floors.get(name, "")
        yield {
            "name": name,
            "reuse": _share(measured["reuse"]),
            "value": measured["reuse"],
            "floor": floor,
            "low": _number(floor),
        }


def _number(percent: str) -> float:
    try:
        return float(percent.rstrip("%")) / 100
    except ValueError:
        return 0.0


def _hazards(hazards: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The grid of hazards against ways of editing, with its sum in words."""
    if hazards is None:
        return None
    edits = list(hazards["met"])
    kinds = list(dict.fromkeys(hazard for row in hazards["met"].values() for hazard in row))
    if not kinds:
        return {"words": "The target's language has no hazards of its own.", "rows": []}
    if hazards["counted_by"] is None:
        words = "The stream engine counts them, and was not in the mix."
        return {"words": words, "rows": []}
    rows = [
        {**_label(hazard), "cells": [_cell(hazards["met"][edit].get(hazard, 0)) for edit in edits]}
        for hazard in kinds
    ]
    words = (
        f"{hazards['covered']:,} of {hazards['cells']:,} pairs of a hazard and a way of editing "
        "came up in one trace. Counted are traces of the stream engine, and no others."
    )
    return {"words": words, "edits": list(map(_label, edits)), "rows": rows}


def _label(name: str) -> dict[str, str]:
    """A hazard or way of editing as it is shown, and whole. A hazard may be any text: what cannot
    be seen is escaped, and what is nothing but blanks is quoted."""
    whole = one_line(name) if name.strip(" ") else f"'{name}'"
    return {"label": shortened(whole, LONGEST_LABEL), "whole": whole}


def _cell(count: int) -> dict[str, Any]:
    return {"count": f"{count:,}", "level": sum(count >= level for level in LEVELS)}


def _canaries(report: Mapping[str, Any]) -> dict[str, Any]:
    first = report.get("canary", {"caught": False, "edits": None})
    words = "The first canary was missed: this run proves nothing."
    if first["caught"]:
        words = f"The first canary was caught after {counted(first['edits'], 'edit')}."
    planted = report.get("planted")
    if planted and planted["hunted"]:
        words += (
            f" Score of planted bugs hunted among the units: {planted['caught']} of "
            f"{planted['hunted']}."
        )
    else:
        words += " No planted bugs were hunted among the units, so this run has no score of them."
    rows = [
        {
            "name": canary["name"],
            "caught": "MISSED" if canary["edits"] is None else counted(canary["edits"], "edit"),
        }
        for canary in report.get("canaries", [])
    ]
    return {"words": words, "rows": rows}


def _machine(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine = report.get("machine", {})
    for name in ("processor", "cores", "memory_gb", "system"):
        if machine.get(name) is not None:
            yield name.replace("memory_gb", "memory (GB)"), str(machine[name])
    if "jobs" in report:
        yield "workers", str(report["jobs"])
    for name, version in {**report.get("versions", {}), **report.get("libraries", {})}.items():
        yield name, version or "not installed"
    on = [name for name, is_on in report["capabilities"].items() if is_on]
    off = [name for name, is_on in report["capabilities"].items() if not is_on]
    yield "capabilities on", ", ".join(on) or "none"
    yield "capabilities off", ", ".join(off) or "none"
