"""A night as JUnit XML: one test case for each gate and each oracle, and one for each finding.

There is no standard; this is what Jenkins, GitLab and GitHub's actions read. Control characters,
which XML 1.0 cannot hold, are escaped as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from fuzzeq.explain import printable
from fuzzeq.report.words import by_module, counted, replay_command


def junit(report: Mapping[str, Any]) -> str:
    """The XML, with its declaration."""
    name = f"fuzzeq.{report['target']}"
    suite = ElementTree.Element("testsuite", name=_text(name), errors="0", skipped="0")
    suite.set("time", f"{report['wall_seconds']:.3f}")
    if ended := report.get("ended_at"):
        suite.set("timestamp", _text(ended))
    for gate in report.get("gates", []):
        why = "" if gate["open"] else f"{gate['figure']} ({gate['limit']})"
        _case(suite, f"{name}.gates", gate["name"], why, "gate")
    for oracle, count in report["oracles"].items():
        found = sum(finding["oracle"] == oracle for finding in report["findings"])
        why = ""
        if count["fired"] or found:
            why = f"it fired {counted(count['fired'], 'time')}: {counted(found, 'finding')}"
        case = _case(suite, f"{name}.oracles", oracle, why, "oracle")
        if not count["judged"] and not why:
            ElementTree.SubElement(case, "skipped", message="it had nothing to judge")
    for finding in report["findings"]:
        what = f"{finding['oracle']}: {finding['kind']}"
        why = f"{finding['status']}, {'known' if finding['known'] else 'new'}"
        if message := finding.get("message"):
            why += f": {message}"
        if finding["reproducer"]:
            replay = replay_command(finding["reproducer"], by_module(report["target"]))
            why += f"; to reproduce: {replay}"
        _case(suite, f"{name}.findings", f"{what} {finding['fingerprint']}", why, what)
    if report["verdict"] in ("could-not-run", "incomplete"):
        why = "; ".join(report["warnings"]) or "it was not run to its end"
        case = _case(suite, name, "the run itself")
        ElementTree.SubElement(case, "error", message=_text(why), type=report["verdict"])
    counts = {"tests": "testcase", "failures": ".//failure", "errors": ".//error"}
    for attribute, path in counts.items():
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("skipped", str(len(suite.findall(".//skipped"))))
    suites = ElementTree.Element("testsuites", name="fuzzeq")
    suites.append(suite)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(
    suite: ElementTree.Element, classname: str, name: str, why: str = "", kind: str = ""
) -> ElementTree.Element:
    """A test case; a failed one where there is a reason why."""
    case = ElementTree.SubElement(
        suite, "testcase", classname=_text(classname), name=_text(name), time="0"
    )
    if why:
        failure = ElementTree.SubElement(case, "failure", message=_text(why), type=_text(kind))
        failure.text = _text(why)
    return case


def _text(value: str) -> str:
    """Text on one line that XML can hold, and a terminal too."""
    return " ".join(printable(value).split())
