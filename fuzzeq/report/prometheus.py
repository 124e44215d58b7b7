"""A night as metrics for Prometheus, to be put where its node exporter looks for text files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fuzzeq.explain import printable
from fuzzeq.report.needs import needed


def prometheus(report: Mapping[str, Any]) -> str:
    """The metrics in Prometheus's text format. Raises `UsageError` where its library is missing."""
    library = needed("prometheus_client")
    registry = library.CollectorRegistry()
    always = {
        "target": printable(report["target"]),
        "campaign": printable(report.get("campaign", "")),
    }

    def gauge(name: str, help: str, value: float | None, **labels: str) -> None:
        if value is None:
            return
        metric = metrics.get(name)
        if metric is None:
            names = (*always, *labels)
            metric = library.Gauge(f"fuzzeq_{name}", help, names, registry=registry)
            metrics[name] = metric
        metric.labels(**always, **{key: printable(text) for key, text in labels.items()}).set(value)

    metrics: dict[str, Any] = {}
    findings = report["findings"]
    good = report.get("good", report["verdict"] == "clean")
    gauge("good", "Whether the last night was good.", good)
    gauge("edits_compared", "Edits that were compared.", report["edits"])
    gauge("full_comparisons", "Full comparisons of results.", report["checks"])
    gauge("wall_seconds", "Time that it took.", report["wall_seconds"])
    gauge("edits_per_second", "Edits compared in a second.", report["edits_per_second"])
    gauge("reuse_ratio", "Share of characters that were not examined again.", report["reuse"])
    for known in (False, True):
        count = sum(finding["known"] == known for finding in findings)
        state = "known" if known else "new"
        gauge("findings", "Findings, new and known.", count, state=state)
    for name, count in report["oracles"].items():
        gauge("oracle_judged", "How often an oracle judged.", count["judged"], oracle=name)
        gauge("oracle_fired", "How often an oracle fired.", count["fired"], oracle=name)
    for gate in report.get("gates", []):
        gauge("gate_open", "Whether a gate is open.", gate["open"], gate=gate["name"])
    for name, measured in {**report.get("engines", {}), **report.get("drivers", {})}.items():
        gauge("driver_reuse_ratio", "Reuse by engine or driver.", measured["reuse"], driver=name)
    if units := report.get("units"):
        gauge("units_done", "Units that were done.", units["done"])
        gauge("units_planned", "Units that were planned.", units["planned"])
    if planted := report.get("planted"):
        gauge("planted_hunted", "Planted bugs that were hunted.", planted["hunted"])
        gauge("planted_caught", "Planted bugs that were caught.", planted["caught"])
    if hazards := report.get("hazards"):
        gauge("hazard_cells", "Pairs of a hazard and a way of editing.", hazards["cells"])
        gauge("hazard_cells_covered", "Those that came up in one trace.", hazards["covered"])
    if residual := report.get("residual"):
        since = residual["edits_since_new"]
        gauge("edits_since_new", "Edits since the last new kind of divergence.", since)
    if ended := report.get("ended_at"):
        at = datetime.fromisoformat(ended).timestamp()
        gauge("ended_timestamp_seconds", "When it ended.", at)
    text: str = library.generate_latest(registry).decode("utf-8")
    return text
