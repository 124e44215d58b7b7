"""What machines read of a night: the schema, JUnit, SARIF, Markdown, Prometheus; residual risk.

One report with everything in it and hostile texts wherever a text may stand goes through every
format, and is read back by what reads such formats.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fuzzeq.campaign.campaign import start
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.state import Run, Settings, Stored
from fuzzeq.campaign.watch import Leak
from fuzzeq.errors import UsageError
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.model.target import Capability
from fuzzeq.oracles import ORACLES
from fuzzeq.report import campaign_report, run_report
from fuzzeq.report.junit import junit
from fuzzeq.report.markdown import summary, text
from fuzzeq.report.prometheus import prometheus
from fuzzeq.report.reading import flaw, read_report
from fuzzeq.report.risk import FEWEST, bound, residual
from fuzzeq.report.sarif import FINGERPRINT, sarif, uri_of
from fuzzeq.report.surroundings import surroundings
from fuzzeq.report.words import counted
from tests.hostile import finding_of as of_bank

HOSTILE = "<b>&\"'|`*_[x](//y)@me#1 www.evil.test\0\x1b\u202e\ud800\n::error::x\n"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def finding(**others: Any) -> dict[str, Any]:
    return {
        "fingerprint": "0123456789abcdef",
        "oracle": "equality",
        "kind": "differs",
        "message": "what differs",
        "reproducer": "crashes/latex-equality-01234567.fuzzeq.json",
        "document_chars": 3,
        "steps": 1,
        "status": "confirmed",
        "known": False,
        "why_known": "",
        **others,
    }


def full() -> dict[str, Any]:
    """A report of a campaign with something of everything."""
    state = Run(Settings("latex", canaries=1), units_planned=3, units_done=2)
    state.capabilities = frozenset((Capability.WORK,))
    state.leaks = [Leak("latex", 10.0, 20.0, 30.0, 40)]
    state.drawn["hazard met by typing", "dollar"] = 4
    state.hazards = ("dollar",)
    return run_report.report(state) | {
        "campaign": HOSTILE,
        "first_line": f"bad: {HOSTILE}",
        "good": False,
        "gates": [{"name": HOSTILE, "figure": HOSTILE, "limit": "at most 0", "open": False}],
        "canaries": [{"name": HOSTILE, "edits": None}],
        "planted": {"hunted": 1, "caught": 0},
        "engines": {"stream": {"edits": 10, "reuse": 0.5}},
        "drivers": {HOSTILE: {"edits": 10, "reuse": None}},
        "deaths": [{"unit": "stream:1", "how": HOSTILE, "explained": False}],
        "quarantined": ["stream:1"],
        "memory": {"worker_mb_per_hour": None, "supervisor_mb": [1.0, 2.0]},
        "warnings": [HOSTILE],
        "findings": [
            finding(),
            finding(fingerprint="ff", known=True, kind=HOSTILE, message=HOSTILE,
                    reproducer=f"crashes/{HOSTILE}",
                    likely=[{"number": 9, "name": HOSTILE, "because": HOSTILE}]),
            *run_report.report(state)["findings"],
        ],
        **surroundings(NOW),
    }  # fmt: skip


# The schema.


def test_a_full_report_is_what_the_schema_says() -> None:
    assert flaw(full()) == ""


def test_a_report_of_a_run_that_could_not_run_is_one() -> None:
    assert flaw(run_report.could_not_run("x", "stream", 0, "why")) == ""


@pytest.mark.slow
def test_a_real_campaign_writes_what_the_schema_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = start(load_profile("dev", {"edits": 1500, "jobs": 1, "driver_edits": 40}))
    value = json.loads(json.dumps(campaign_report.report(outcome) | surroundings(NOW)))
    assert flaw(value) == ""
    met = value["hazards"]["met"]
    assert list(met) == list(DRIVERS)
    assert value["hazards"]["covered"] == sum(n > 0 for row in met.values() for n in row.values())
    assert value["hazards"]["covered"] > 0
    assert value["residual"]["edits_since_new"] == value["edits"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 2}, "format: 1 was expected"),
        ({"verdict": "fine"}, "verdict: 'fine' is not one of"),
        ({"edits": -1}, "edits: -1 is less than the minimum"),
        ({"findings": [finding(fingerprint="../x")]}, "findings/0/fingerprint: '../x' does not"),
        ({"findings": [{}]}, "findings/0: 'fingerprint' is a required property"),
        ({"oracles": {"x": 1}}, "oracles/x: 1 is not of type 'object'"),
        ({"gates": [1]}, "gates/0: 1 is not of type"),
        ({"good": "yes"}, "good: 'yes' is not of type"),
        ({"edits": 10**30}, "edits: 1000000000000000000000000000000 is greater than the maximum"),
        ({"wall_seconds": 10**400}, "wall_seconds: 1000"),
        ({"wall_seconds": float("-inf")}, "is less than the minimum"),
        ({"reach": {"branches": 10**30}}, "reach/branches: 1000000000000000000000000000000 is gr"),
        ({"ended_at": "yesterday"}, "ended_at: 'yesterday' does not match"),
        ({"ended_at": "2026-01-02T03:04:05"}, "ended_at: '2026-01-02T03:04:05' does not match"),
        ({"ended_at": "2026-02-31T03:04:05Z"}, "ended_at: '2026-02-31T03:04:05Z' is no time"),
        ({"ended_at": "0001-01-01T00:00:00+14:00"}, "ended_at: '0001-01-01T00:00:00+14:00' does"),
        ({"ended_at": "9999-12-31T23:59:59-14:00"}, "ended_at: '9999-12-31T23:59:59-14:00' does"),
    ],
)  # fmt: skip
def test_the_schema_sees_what_is_wrong(change: dict[str, Any], told: str) -> None:
    assert told in flaw({**full(), **change})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[]", "its top level: [] is not of type 'object'"),
        (b"{", "not a report: Expecting"),
        (b"[" * 100_000, "not a report"),
        (b"\xff\xfe", "not a report"),
        (b'{"wall_seconds": NaN}', "not a report: NaN is no number"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=re.escape(told)) as caught:
        read_report(path)
    assert str(path) in str(caught.value)
    with pytest.raises(UsageError, match="cannot be read"):
        read_report(tmp_path / "none.json")


# JUnit.


def test_junit_has_a_failure_for_each_finding_and_red_gate() -> None:
    root = ElementTree.fromstring(junit(full()).encode())
    (suite,) = root
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    assert suite.get("tests") == str(len(cases)) == str(1 + len(ORACLES) + 3)
    assert suite.get("failures") == str(len(failed)) == "5"  # with the oracle that saw two of them
    (of_finding,) = [case for case in failed if "0123456789abcdef" in (case.get("name") or "")]
    failure = of_finding.find("failure")
    assert failure is not None
    assert failure.get("message") == (
        "confirmed, new: what differs; to reproduce: "
        "fuzzeq replay crashes/latex-equality-01234567.fuzzeq.json"
    )
    assert suite.get("skipped") == str(len(ORACLES) - 1)  # none of the others judged


def test_in_junit_an_oracle_that_fired_has_not_passed() -> None:
    counts = {"work": {"judged": 100, "fired": 71}, "purity": {"judged": 5, "fired": 0}}
    hung = finding(oracle="raises", kind="hung", status="hung")
    value = {**full(), "oracles": {**full()["oracles"], **counts}, "findings": [hung]}
    (suite,) = ElementTree.fromstring(junit(value).encode())
    told = {}
    for case in suite.findall("testcase"):
        failure = case.find("failure")
        told[case.get("name")] = None if failure is None else failure.get("message")
    assert told["work"] == "it fired 71 times: 0 findings"
    assert told["raises"] == "it fired 0 times: 1 finding"  # nobody was left to count
    assert told["purity"] is None


@pytest.mark.parametrize(
    ("target", "option"), [("latex", ""), ("own.engine:Engine", " --target own.engine:Engine")]
)
def test_every_format_says_what_differs_and_how_to_reproduce_it(target: str, option: str) -> None:
    value = {**full(), "target": target, "findings": [finding()]}
    command = f"fuzzeq replay{option} crashes/latex-equality-01234567.fuzzeq.json"
    assert f"what differs; to reproduce: {command}" in junit(value)
    assert text(command) in summary(value)
    assert "equality: differs: what differs (confirmed)" in sarif(value)
    older = {**value, "findings": [{k: v for k, v in finding().items() if k != "message"}]}
    assert flaw(older) == ""
    for write in (junit, summary, sarif):
        assert "what differs" not in write(older)
        assert "differs" in write(older)


def test_a_report_has_what_its_divergences_say() -> None:
    state = Run(Settings("latex"), findings=[Stored(of_bank("a"), Path("x"), known=False)])
    (row,) = run_report.report(state)["findings"]
    assert row["message"] == of_bank("a").divergence.message
    assert flaw(run_report.report(state)) == ""


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [
        (1, "line", "1 line"),
        (0, "line", "0 lines"),
        (2000, "process", "2,000 processes"),
        (2, "canary", "2 canaries"),
        (1, "canary", "1 canary"),
    ],
)
def test_one_is_not_many(number: int, noun: str, told: str) -> None:
    assert counted(number, noun) == told


def test_junit_of_a_run_that_could_not_run_has_an_error() -> None:
    (suite,) = ElementTree.fromstring(junit(run_report.could_not_run("x", "", 0, "why")).encode())
    assert suite.get("errors") == "1"
    assert suite.find(".//error").get("message") == "why"  # type: ignore[union-attr]


# SARIF.


def test_sarif_has_a_result_for_each_finding_with_a_stable_fingerprint() -> None:
    value = json.loads(sarif(full()))
    (run,) = value["runs"]
    assert value["version"] == "2.1.0"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert [result["partialFingerprints"][FINGERPRINT] for result in run["results"]] == [
        each["fingerprint"] for each in full()["findings"]
    ]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] in ("error", "note")
    first, known, leak = run["results"]
    place = first["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "crashes/latex-equality-01234567.fuzzeq.json"}
    assert (first["level"], known["level"]) == ("error", "note")
    assert "locations" not in leak
    assert run["invocations"][0]["endTimeUtc"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("crashes/a b#c?.json", "crashes/a%20b%23c%3F.json"),
        ("/tmp/x.json", "file:///tmp/x.json"),
        ("crashes/\ud800.json", "crashes/%ED%A0%80.json"),
    ],
)
def test_a_path_becomes_a_reference(path: str, uri: str) -> None:
    assert uri_of(path) == uri


# Markdown.


@pytest.mark.parametrize(
    "hostile",
    ["<script>", "[x](y)", "![x](y)", "`x`", "a|b", "*x*", "_x_", "@me", "#1", "www.x.test",
     "https://x.test", "&lt;", "a\nb", "~x~", "\\", "\u202e", "$x$", "- x\n- y", ":x:"],
)  # fmt: skip
def test_markdown_gets_nothing_that_means_something(hostile: str) -> None:
    shown = text(hostile)
    assert not set(re.sub(r"&#\d+;", "", shown)) & set("<>[]`|*_@#~\\$!&\n/:"), shown
    assert not re.search(r"\.[a-zA-Z]", shown)


def test_a_summary_leads_with_the_verdict_and_has_a_row_for_each_finding() -> None:
    lines = summary(full()).splitlines()
    assert lines[0].startswith("## ❌ bad: &#60;b&#62;")
    rows = [line for line in lines if line.startswith("| equality")]
    assert len(rows) == 2
    assert rows[0].count("|") == rows[1].count("|") == 7
    assert rows[0].startswith("| equality: differs: what differs |")
    command = "fuzzeq replay crashes/latex-equality-01234567.fuzzeq.json"
    assert f"<code>{text(command)}</code>" in rows[0]
    assert any(line.startswith("**Warning:**") for line in lines)


def test_a_summary_of_a_good_night_is_short() -> None:
    value = {**full(), "findings": [], "gates": [], "good": True, "first_line": "good: all of it"}
    lines = summary(value).splitlines()
    assert lines[0] == "## ✅ good: all of it"
    assert "Nothing was found." in lines


# Prometheus.


def test_metrics_are_read_back_as_they_were_meant() -> None:
    families = {
        family.name: family for family in text_string_to_metric_families(prometheus(full()))
    }
    always = {"target": "latex"}

    def value(name: str, **labels: str) -> float:
        (sample,) = [
            sample
            for sample in families[f"fuzzeq_{name}"].samples
            if (always | labels).items() <= sample.labels.items()
        ]
        return sample.value

    assert value("good") == 0
    assert value("findings", state="new") == 2
    assert value("findings", state="known") == 1
    assert value("planted_hunted") == 1
    assert value("ended_timestamp_seconds") == NOW.timestamp()
    assert value("oracle_judged", oracle="equality") == 0
    assert value("driver_reuse_ratio", driver="stream") == 0.5
    assert "fuzzeq_reuse_ratio" not in families  # it is unknown


# Residual risk.


def test_the_rule_of_three_claims_no_more_than_it_may() -> None:
    assert bound(FEWEST - 1) is None
    assert bound(300) == 0.01
    value = residual(3_000_000, 12_000)
    assert value["per_edit_below"] == 1e-6
    assert value["per_unit_below"] == 0.00025
    assert "below 0.00025" in value["words"]
    assert "says nothing" in value["words"]
    assert "too little to say" in residual(100, 2)["words"]


def test_edits_before_the_last_new_behaviour_do_not_count() -> None:
    state = Run(Settings("latex"), units_done=50, last_new_edits=400, last_new_units=10)
    state.meter.edits = 1000
    told = run_report.report(state)["residual"]
    assert (told["edits_since_new"], told["units_since_new"]) == (600, 40)


# Where it was run.


def test_what_nobody_knows_of_the_surroundings_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # without git
    told = surroundings(NOW)
    assert told["commit"] == {"hash": None, "dirty": None}
    assert told["ended_at"] == "2026-01-02T03:04:05+00:00"
    assert told["machine"]["memory_gb"] > 0


# What was not run.


def test_what_was_not_run_is_told_with_its_reason() -> None:
    state = Run(Settings("latex"), units_planned=5, units_done=3, interrupted=True)
    state.capabilities = frozenset((Capability.WORK,))
    state.meter.dropped = 7
    state.quarantined = ["stream:4"]
    told = dict(run_report.not_run(state))
    assert told["engine exhaustive"] == "it is not in the mix"
    assert "engine stream" not in told
    assert told["oracle changes"] == "the target has no capability changes"
    assert "oracle work" not in told
    assert told["2 units"] == "the run was stopped"
    assert told["7 steps"] == "the target refuses the documents they give"
    assert told["parts of unit stream:4"] == "it cost two workers"
