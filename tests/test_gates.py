"""Gates: each is open on a good run, and broken by the one figure that it watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.campaign.gates import NEEDED_BY, Gate, GateLimits, judge
from fuzzeq.campaign.state import CanaryResult, Death, Run, Settings, Stored
from fuzzeq.campaign.watch import Leak
from fuzzeq.checking import Meter
from fuzzeq.model.finding import Divergence, Finding, Status
from fuzzeq.model.target import Capability
from fuzzeq.model.trace import Trace
from fuzzeq.oracles import ORACLES

STRICT = GateLimits(
    known_findings=0, leak_mb_per_hour=200, reuse=(("stream", 0.8), ("typing", 0.9))
)
NAMES = [
    "new findings", "known findings", "flaky findings", "missed canaries", "silent oracles",
    "missing units", "unexplained deaths", "leak", "reuse of stream", "reuse of typing",
]  # fmt: skip
FINDING = Finding("latex", Divergence("equality", "differs", 0, ""), Trace("a"))


def good() -> Run:
    """A run with nothing against it."""
    judged = Counter({oracle.name: 5 for oracle in ORACLES})
    return Run(
        Settings(canaries=2, mix=(("stream", 1.0),)),
        meter=Meter(judged=judged, edits=1000),
        meters={"stream": Meter(examined=10, characters=100)},
        drivers={"typing": Meter(examined=5, characters=100)},
        capabilities=frozenset(Capability),
        units_planned=10,
        units_done=10,
        canary=4,
        canary_tried=True,
        canaries=[CanaryResult("one", 3), CanaryResult("two", 0)],
        deaths=[Death("stream:3", "exit status 3", replace(FINDING, status=Status.DIED))],
    )


def check_broken(change: Callable[[Run], Any], name: str, figure: str) -> Gate:
    """The change breaks the gate of that name, and no other."""
    state = good()
    change(state)
    gates = judge(state, STRICT)
    assert [gate.name for gate in gates] == NAMES
    (broken,) = [gate for gate in gates if not gate.is_open]
    assert (broken.name, broken.figure) == (name, figure)
    return broken


def test_on_a_good_run_all_are_open() -> None:
    gates = judge(good(), STRICT)
    assert [gate.name for gate in gates] == NAMES
    assert all(gate.is_open for gate in gates)


@pytest.mark.parametrize(
    ("change", "name", "figure"),
    [
        (lambda s: s.findings.append(Stored(FINDING, Path("f"), False)), "new findings", "1"),
        (lambda s: s.findings.append(Stored(FINDING, Path("f"), True)), "known findings", "1"),
        (lambda s: s.flaky.append(Stored(FINDING, Path("f"), False)), "flaky findings", "1"),
        (
            lambda s: s.leaks.append(Leak("latex", 360.0, 40.0, 400.0, 90)),
            "leak",
            "360 MB/h",
        ),
    ],
)
def test_what_is_wrong_with_the_target_breaks_a_gate(
    change: Callable[[Run], Any], name: str, figure: str
) -> None:
    assert check_broken(change, name, figure).is_finding


@pytest.mark.parametrize(
    ("change", "name", "figure"),
    [
        (lambda s: setattr(s, "canary", None), "missed canaries", "1"),
        (lambda s: s.canaries.append(CanaryResult("three", None)), "missed canaries", "1"),
        (lambda s: s.canaries.pop(), "missed canaries", "1"),
        (lambda s: s.meter.judged.pop("resume"), "silent oracles", "1 (resume)"),
        (lambda s: s.meter.judged.pop("equality"), "silent oracles", "1 (equality)"),
        (lambda s: setattr(s, "units_done", 9), "missing units", "1"),
        (lambda s: setattr(s, "units_planned", None), "missing units", "unknown"),
        (lambda s: s.deaths.append(Death("stream:4", "SIGKILL")), "unexplained deaths", "1"),
        (lambda s: setattr(s.meters["stream"], "examined", 21), "reuse of stream", "79.0%"),
        (lambda s: s.meters.clear(), "reuse of stream", "not measured"),
        (lambda s: setattr(s.drivers["typing"], "examined", 11), "reuse of typing", "89.0%"),
        (lambda s: s.drivers.clear(), "reuse of typing", "not measured"),
    ],
)
def test_a_night_that_did_not_do_its_work_breaks_a_gate(
    change: Callable[[Run], Any], name: str, figure: str
) -> None:
    assert not check_broken(change, name, figure).is_finding


def test_a_gate_without_a_limit_is_not_there() -> None:
    limits = GateLimits(None, None, None, None, None, None, None, None)
    assert judge(good(), limits) == ()


def test_a_limit_lets_so_many_through() -> None:
    state = good()
    state.findings.append(Stored(FINDING, Path("f"), False))
    assert all(gate.is_open for gate in judge(state, replace(STRICT, new_findings=1)))


def test_an_oracle_is_not_silent_where_the_target_gives_it_nothing() -> None:
    state = good()
    state.capabilities = frozenset()
    for name in NEEDED_BY:
        del state.meter.judged[name]
    assert all(gate.is_open for gate in judge(state, STRICT))


def test_every_oracle_is_watched() -> None:
    assert set(NEEDED_BY) <= {oracle.name for oracle in ORACLES}
    for oracle in ORACLES:
        state = good()
        del state.meter.judged[oracle.name]
        broken = [gate for gate in judge(state, STRICT) if not gate.is_open]
        assert [gate.figure for gate in broken] == [f"1 ({oracle.name})"]


@pytest.mark.parametrize(
    ("done", "interrupted", "is_open"), [(5, False, True), (5, True, False), (0, False, False)]
)
def test_where_time_is_the_limit_nothing_is_missing_unless_it_was_cut_short(
    done: int, interrupted: bool, is_open: bool
) -> None:
    state = good()
    state.settings = replace(state.settings, seconds=10.0)
    state.units_planned, state.units_done, state.interrupted = None, done, interrupted
    (gate,) = [gate for gate in judge(state, STRICT) if gate.name == "missing units"]
    assert gate.is_open == is_open


def test_a_gate_shows_its_figure_and_its_limit() -> None:
    gates = {gate.name: str(gate) for gate in judge(good(), STRICT)}
    assert gates["new findings"] == "new findings: 0 (at most 0)"
    assert gates["reuse of stream"] == "reuse of stream: 90.0% (at least 80.0%)"
    assert gates["leak"] == "leak: too short to tell (at most 200 MB/h)"


@pytest.mark.parametrize(
    ("mb_per_hour", "figure"),
    [(None, "too short to tell"), (12.3, "12 MB/h"), (900.0, "900 MB/h, which did not go on")],
)
def test_growth_that_is_no_leak_is_told(mb_per_hour: float | None, figure: str) -> None:
    state = good()
    state.mb_per_hour = mb_per_hour
    (gate,) = [gate for gate in judge(state, STRICT) if gate.name == "leak"]
    assert gate.is_open
    assert gate.figure == figure
