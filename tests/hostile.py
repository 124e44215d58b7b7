"""A bank of documents that want to be more than text, and a night that found something in each.

Every one is wrong in the same way on the engine here, so that a page has all of it: the document,
the edits, items of it, and names that a target chose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fuzzeq.checking import check
from fuzzeq.crash_store import versions
from fuzzeq.forensics.account import account_of
from fuzzeq.forensics.examination import Examination
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.finding import Finding, Origin, Smaller
from fuzzeq.model.trace import Edits, Trace
from fuzzeq.report.assembling import Context, Examined, night_page
from fuzzeq.report.finding_view import view_of
from fuzzeq.report.page import Entry

ALARM = "FUZZEQ-ALARM"
"""What a script would shout."""

SCRIPT = f"<script>alert('{ALARM}');document.title='{ALARM}'</script>"

BANK = {
    "script": SCRIPT,
    "closing tags": f"</pre></td></table></section></style></script></title>{SCRIPT}",
    "attribute": f"\" onmouseover=\"alert('{ALARM}')\" autofocus onfocus='alert(1)' x=\"",
    "image": f"<img src=x onerror=alert('{ALARM}')><svg onload=alert('{ALARM}')>",
    "frame": "<iframe src='http://127.0.0.1:9/f'></iframe><link rel=stylesheet href='//x.test/'>",
    "template": "{{ 7 * 7 }} {% include '/etc/passwd' %} ${7*7} #{7*7}",
    "comment": "<!-- --><!--[if IE]>--> ]]> <![CDATA[ x ]]>",
    "entities": "&lt;b&gt; &#60;script&#62; &amp;amp; &nbsp;",
    "address": "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "right to left": "abc\u202edef\u202c \u2067x\u2069 \u05d0\u05d1\u05d2 \u0627\u0644\u0639",
    "controls": "\0\x01\x07\x08\x1b[31mred\x1b[0m\x7f\x9b2J\x0b\x0c",
    "terminal title": "\x1b]0;owned\x07\x1b[2J\x1b[H",
    "line ends": "a\rb\nc\r\nd\u2028e\u2029f\x85g",
    "surrogates": "\ud800 \udfff \udc00\ud800 \U0001f600",
    "combining": "e\u0301 " + "z" + "\u0300\u0316" * 200,
    "invisible": "a\u200bb\u00adc\ufeffd\u2060e\U000e0041\u3164",
    "noncharacters": "\ufffe\uffff\U0001ffff\U0010ffff",
    "one long line": "<b>x</b>" * 131_072,
    "very many lines": "<i>\n" * 50_000,
    "nothing": "",
}


class Cuts:
    """Items are the document's pieces of at most 40 characters; the incremental side loses the last
    after an edit, and puts the document's own text into what it says."""

    name = "cuts"

    def __init__(self, document: str = "") -> None:
        self.document, self.lossy = document, False

    def batch(self, document: str) -> list[Any]:
        """The pieces, as texts."""
        return [document[start : start + 40] for start in range(0, len(document), 40)]

    def open(self, document: str) -> Cuts:
        """A handle of the same class."""
        return type(self)(document)

    def apply(self, edits: Edits) -> None:
        """Applies them."""
        self.document, self.lossy = apply_all(self.document, edits), True

    def result(self) -> list[Any]:
        """The pieces but the last one."""
        pieces = self.batch(self.document)
        return pieces[:-1] if self.lossy else pieces


def finding_of(document: str) -> Finding:
    """A finding on a document, with the document in every part of it that a page shows."""
    trace = Trace(document, ((Edit(0, 0, document[:200] + "x"),),))
    divergence = check(Cuts(), trace)
    assert divergence is not None
    name = document[:200] or "x"  # whoever makes a crash file chooses these
    divergence = replace(divergence, oracle=name, kind=name, message=divergence.message + name)
    return Finding(
        "cuts",
        divergence,
        trace,
        Origin("stream", 1, 2, len(document), 1, (*versions(), ("evil", document[:100]))),
        shrunk=True,
        original=trace,
        shrinking=(Smaller(0, "", 3, 4, 5), Smaller(9, document[:100], 1, 2, 3)),
    )


def row_of(finding: Finding, **others: Any) -> dict[str, Any]:
    """A finding as a row of a report."""
    return {
        "fingerprint": finding.fingerprint,
        "oracle": finding.divergence.oracle,
        "kind": finding.divergence.kind,
        "reproducer": "crashes/x.fuzzeq.json",
        "document_chars": len(finding.trace.document),
        "steps": len(finding.trace.steps),
        "status": finding.status.value,
        "known": False,
        "why_known": "",
        **others,
    }


def findings() -> Iterator[tuple[str, Finding]]:
    """The whole bank, each with a fingerprint of its own."""
    for number, (name, document) in enumerate(BANK.items()):
        finding = finding_of(document)
        yield name, Finding(
            f"cuts-{number}", finding.divergence, finding.trace, finding.origin, finding.status,
            True, finding.original, finding.shrinking,
        )  # fmt: skip


def bank_page(report: dict[str, Any]) -> str:
    """The page of a night that found the whole bank, hostile texts in the report's own fields as
    well."""
    rows, all_examined = [], []
    for name, finding in findings():
        text = BANK[name][:500]
        row = row_of(finding, oracle=text or "equality", kind=text or "differs", why_known=text,
                     reproducer=f"crashes/{text}.fuzzeq.json")  # fmt: skip
        rows.append(row)
        account = account_of(Cuts(), finding.trace)
        all_examined.append(Examined(row, None, finding, Examination(account, why_not=text)))
    hostile = SCRIPT + "\u202e\0"
    value = {
        **report,
        "findings": rows,
        "first_line": f"bad: {hostile}",
        "good": False,
        "warnings": [hostile],
        "gates": [{"name": hostile, "figure": hostile, "limit": hostile, "open": False}],
        "not_run": [{"what": hostile, "why": hostile}],
        "canaries": [{"name": hostile, "edits": None}],
        "fixed": [hostile],
        "versions": {hostile: hostile},
    }
    return night_page(value, all_examined, Context())


def entry_of(finding: Finding, number: int) -> Entry:
    """A finding's place on a page, examined."""
    examination = Examination(account_of(Cuts(), finding.trace))
    return Entry(f"finding-{number}", view_of(finding, examination))
