"""A night in Markdown: what a CI job shows as its summary.

GitHub's Markdown lets HTML through, and links, mentions and images come by themselves. So of the
signs in a value only those stay as they are that never mean anything; the others are written as
character references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fuzzeq.explain import printable
from fuzzeq.report.words import by_module, replay_command, size_of

MOST = 50
"""Findings that get a row."""

_MEANING = re.compile(r"(?!: |\.(?![^\W\d]))[^\w ,;()'%=+-]|_")
"""What may mean something: all but letters, digits, and a few signs that do not within a line. A
full stop before a letter may make an address of two words."""


def text(value: object) -> str:
    """A value as text that means nothing but itself, on one line."""
    plain = " ".join(printable(str(value)).split())
    return _MEANING.sub(lambda found: f"&#{ord(found.group())};", plain)


def summary(report: Mapping[str, Any]) -> str:
    """The summary, ended by a line end."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    good = report.get("good", report["verdict"] == "clean")
    first = report.get("first_line") or report["verdict"]
    yield f"## {'✅' if good else '❌'} {text(first)}"
    yield ""
    red = [gate for gate in report.get("gates", []) if not gate["open"]]
    if red:
        yield "| red gate | figure | limit |"
        yield "|---|---|---|"
        for gate in red:
            yield f"| {text(gate['name'])} | {text(gate['figure'])} | {text(gate['limit'])} |"
        yield ""
    findings = report["findings"]
    if findings:
        yield "| finding | | size | fingerprint | likely class | to reproduce |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(finding, report["target"]) for finding in findings[:MOST])
        if len(findings) > MOST:
            yield ""
            yield f"… and {len(findings) - MOST} more."
    else:
        yield "Nothing was found."
    yield ""
    reuse = "unknown" if report["reuse"] is None else f"{report['reuse']:.1%}"
    yield (
        f"{text(report['target'])}, {text(report['engine'])}: {report['edits']:,} edits compared "
        f"in {report['wall_seconds']:,.0f} s, reuse {text(reuse)}."
    )
    for warning in report["warnings"]:
        yield ""
        yield f"**Warning:** {text(warning)}"
    if words := report.get("residual", {}).get("words"):
        yield ""
        yield text(words)


def _row(finding: Mapping[str, Any], target: str) -> str:
    likely = (finding.get("likely") or [None])[0]
    told = f": {finding['message']}" if finding.get("message") else ""
    cells = (
        f"{finding['oracle']}: {finding['kind']}{told}",
        f"{'known' if finding['known'] else 'new'}, {finding['status']}",
        size_of(finding) or "–",
        finding["fingerprint"],
        f"{likely['number']}: {likely['name']}" if likely else "–",
    )
    command = "–"
    if finding["reproducer"]:
        replay = replay_command(finding["reproducer"], by_module(target))
        command = f"<code>{text(replay)}</code>"
    return f"| {' | '.join(map(text, cells))} | {command} |"
