"""The page: one HTML file with everything in it, for a night or for single findings.

Two things stand between hostile text and whoever reads it. Every value that a template prints goes
through `explain.printable` and is then escaped, whatever the template says: `_environment` sees to
both. And the file carries a Content-Security-Policy under which nothing runs or applies but its own
script and style, known by their hashes, and nothing is loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from fuzzeq import __version__
from fuzzeq.explain import printable
from fuzzeq.report.finding_view import FindingView
from fuzzeq.report.needs import needed
from fuzzeq.report.step_view import LEGEND

TEMPLATES = Path(__file__).parent / "templates"

BUDGET = 7_000_000
"""Characters of a page that its findings may take together."""

MOST_OPEN = 40
"""Findings up to which all of them are part of the page as it opens; more are packed."""

STEPS = (40, 8, 2, 1, 0)
"""How many steps of a finding are shown whole: fewer where a page has too many findings for more;
in the end they are only told."""

_BETWEEN_TAGS = re.compile(r">\n\s*<")
_ESCAPE = re.compile(r"\\(?:[nrt\\]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding's place on a page: its anchor, what is shown of it, what the history says."""

    id: str
    view: FindingView
    first_seen: str = ""
    range: str = ""


def anchors(fingerprints: Iterable[str]) -> Iterator[str]:
    """What findings are called within a page, each in its own way."""
    used: Counter[str] = Counter()
    for fingerprint in fingerprints:
        plain = re.sub(r"[^0-9A-Za-z]", "", fingerprint)[:16]
        used[plain] += 1
        yield f"finding-{plain}" + (f"-{used[plain]}" if used[plain] > 1 else "")


def page(
    entries: Sequence[Entry],
    night: dict[str, Any] | None = None,
    history: dict[str, Any] | None = None,
) -> str:
    """The whole file. `night` is what `night_view` makes of a report, None for findings alone;
    `history` what is told of earlier nights. Raises `UsageError` where Jinja2 is missing."""
    environment = _environment()
    markup = needed("markupsafe").Markup
    style, script = _source("page.css"), _source("page.js")
    sections = list(_sections(environment, entries, night))
    lazy = night is not None and len(entries) > MOST_OPEN
    named = ", ".join(entry.view.fingerprint[:8] for entry in entries[:3])
    text: str = environment.get_template("page.html.j2").render(
        title=night["title"] if night else f"fuzzeq: {named}",
        policy=policy(style, script),
        style=markup(style),
        script=markup(script),
        night=night,
        has_findings=bool(entries),
        history=history,
        findings=[] if lazy else [markup(section) for section in sections],
        packed=[
            (entry.id, markup(packed(section)))
            for entry, section in zip(
                entries if lazy else (), sections if lazy else (), strict=True
            )
        ],
        version=__version__,
    )
    return text


def _sections(
    environment: Any, entries: Sequence[Entry], night: dict[str, Any] | None
) -> Iterator[str]:
    """The section of each finding; where all would be too much, with fewer steps."""
    macro = environment.get_template("finding.html.j2").module.finding
    left = BUDGET
    for number, entry in enumerate(entries):
        share = left // (len(entries) - number)
        for most in STEPS:
            view = replace(entry.view, steps=entry.view.steps[-most:] if most else ())
            section = macro(replace(entry, view=view), night is not None)
            if len(section) <= share:
                break
        left -= len(section)
        yield _BETWEEN_TAGS.sub("><", str(section))


def packed(section: str) -> str:
    """A section as a JSON string that can stand inside a script element, for the page's script to
    unpack when it is wanted: ten thousands of elements that nobody looks at are slow to open."""
    text = json.dumps(section, ensure_ascii=False)
    for unsafe, safe in (("</", "<\\/"), ("<!", "\\u003c!"), ("<script", "\\u003cscript")):
        text = text.replace(unsafe, safe)
    return text


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this script, pictures that are part of the file."""
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; "
        f"script-src 'sha256-{_digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _source(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def _environment() -> Any:
    """Templates that escape everything, and print nothing as it is."""
    jinja2, markupsafe = needed("jinja2"), needed("markupsafe")

    def finalize(value: Any) -> Any:
        return value if hasattr(value, "__html__") else printable(str(value))

    def escapes(text: str) -> Any:
        """Visible text with its escapes in a colour of their own."""
        escaped = str(markupsafe.escape(printable(text)))
        return markupsafe.Markup(_ESCAPE.sub(r'<span class="e">\g<0></span>', escaped))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["escapes"] = escapes
    environment.globals["legend"] = LEGEND
    return environment
