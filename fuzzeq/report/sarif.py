"""Findings in SARIF 2.1.0, for code scanning: each oracle is a rule, each finding a result.

A finding lies in no line of the engine's source, so its location is its reproducer. Results are
told apart from night to night by `partialFingerprints`, which hold the finding's own fingerprint.
Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", 2020.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fuzzeq import __version__
from fuzzeq.explain import printable
from fuzzeq.oracles import ORACLES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "fuzzeqFingerprint/v1"
MEMORY = "memory"
"""The rule of leaks, which no oracle sees."""


def sarif(report: Mapping[str, Any]) -> str:
    """The log, as JSON text in ASCII."""
    rules = [oracle.name for oracle in ORACLES] + [MEMORY]
    rules += sorted({finding["oracle"] for finding in report["findings"]} - set(rules))
    run = {
        "tool": {
            "driver": {
                "name": "fuzzeq",
                "version": __version__,
                "rules": [{"id": _text(rule), "name": _text(rule)} for rule in rules],
            }
        },
        "results": [_result(finding, rules, report["target"]) for finding in report["findings"]],
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": report["verdict"] in ("clean", "findings"),
                **({"endTimeUtc": _utc(report["ended_at"])} if report.get("ended_at") else {}),
            }
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _result(finding: Mapping[str, Any], rules: list[str], target: str) -> dict[str, Any]:
    likely = "".join(f"; likely {each['name']}" for each in (finding.get("likely") or [])[:1])
    told = f": {finding['message']}" if finding.get("message") else ""
    what = f"{target}: {finding['oracle']}: {finding['kind']}"
    message = f"{what}{told} ({finding['status']}){likely}"
    result: dict[str, Any] = {
        "ruleId": _text(finding["oracle"]),
        "ruleIndex": rules.index(finding["oracle"]),
        "level": "note" if finding["known"] else "error",
        "message": {"text": _text(message)},
        "partialFingerprints": {FINGERPRINT: finding["fingerprint"]},
        "baselineState": "unchanged" if finding["known"] else "new",
    }
    if finding["reproducer"]:
        place = {"uri": uri_of(finding["reproducer"])}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": place, "region": {"startLine": 1}}}
        ]
    return result


def uri_of(path: str) -> str:
    """A path as a URI reference: absolute ones with their scheme, others relative to the root of
    the checkout."""
    parts = "/".join(
        quote(part, errors="surrogatepass") for part in PurePath(path).parts if part != "/"
    )
    return f"file:///{parts}" if PurePath(path).is_absolute() else parts


def _utc(moment: str) -> str:
    """A time with its offset as one of UTC."""
    from datetime import UTC, datetime

    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: str) -> str:
    return " ".join(printable(value).split())
