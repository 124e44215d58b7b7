"""New, known or fixed: what a finding is to a campaign, from what earlier nights found, what is
accepted until some day, and what the files of findings do now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fuzzeq import crash_store
from fuzzeq.model.trace import Trace
from fuzzeq.report.campaign_report import first_line
from tests.campaign_runs import broken, found, run, values

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


def test_what_an_earlier_night_found_is_known_though_its_file_is_gone() -> None:
    wanted = values("LOSES_COUNT")
    first = run(wanted)
    assert broken(first) == ["new findings"]
    second = run(wanted)
    assert second.is_good
    assert {item.why_known for item in second.state.findings} == {"its file is there and fails"}
    for path in list(crash_store.reproducers(Path("crashes"))):
        path.unlink()
    third = run(wanted)
    assert third.is_good
    assert {item.why_known for item in third.state.findings} == {"the night before found it"}
    assert found(first) == found(second) == found(third)
    assert "0 new, 2 known" in first_line(third)


@pytest.mark.slow
def test_what_looks_like_a_finding_whose_file_passes_now_is_new() -> None:
    wanted = values("LOSES_COUNT")
    first = run(wanted)
    for path in list(crash_store.reproducers(Path("crashes"))):
        finding = crash_store.load(path).finding
        path.unlink()
        passes = Trace("a", ((),) * finding.divergence.step)
        crash_store.store(replace(finding, trace=passes), Path("crashes"))
    second = run(wanted)
    assert found(first) == found(second)
    assert broken(second) == ["new findings"]
    assert {item.why_known for item in second.state.findings} == {""}


@pytest.mark.slow
def test_what_was_not_there_for_a_night_is_new_when_it_is_back() -> None:
    for target, files_go, red in (
        ("LOSES_COUNT", True, ["new findings"]),
        ("HEALTHY_LOSES_COUNT", False, []),
        ("LOSES_COUNT", False, ["new findings"]),
        ("LOSES_COUNT", False, []),
    ):
        assert broken(run(values(target))) == red
        for path in list(crash_store.reproducers(Path("crashes"))) if files_go else ():
            path.unlink()


@pytest.mark.slow
def test_what_is_accepted_is_known_until_its_day_is_over() -> None:
    now = datetime.now(UTC)
    marks = sorted(found(run(values("LOSES_COUNT"))))
    entries = "".join(
        f'[[accepted]]\nfingerprint = "{mark}"\nreason = "upstream knows"\nuntil = {now.date()}\n'
        for mark in marks
    )
    Path("fuzzeq.toml").write_text(entries)
    wanted = values("LOSES_COUNT", folder=".other", crashes="other")
    held = run(wanted, clock=lambda: now)
    assert held.is_good
    assert all("upstream knows" in item.why_known for item in held.state.findings)
    over = run(wanted, clock=lambda: now + timedelta(days=3))
    assert broken(over) == ["new findings"]
    assert len(over.state.new) == 2


@pytest.mark.slow
def test_open_files_and_regressions_are_replayed_first() -> None:
    first = run(values("LOSES_COUNT"))
    one, two = [item.path for item in first.state.findings]
    Path("back").mkdir()
    two.replace(Path("back") / two.name)
    wanted = values("LOSES_COUNT", 250, regressions="back", folder=".other",
                    mix={"exhaustive": 1}, **{"gates.silent_oracles": "none"})  # fmt: skip
    outcome = run(wanted)
    assert {replayed.path for replayed in outcome.state.replayed} == {one, Path("back") / two.name}
    assert [item.path for item in outcome.state.new] == [Path("back") / two.name]
    assert broken(outcome) == ["new findings"]
    fixed = run(wanted | {"target": "tests.broken:HEALTHY_LOSES_COUNT"})
    assert fixed.is_good, fixed.broken
    assert len(fixed.state.fixed) == 2


def test_what_was_filed_is_replayed_and_new_when_it_is_back() -> None:
    (item, *_) = run(values("LOSES_COUNT")).state.findings
    crash_store.move(item.path, Path("corpus/loses-count/regressions"))
    mended = run(values("HEALTHY_LOSES_COUNT"))
    assert [each.verdict for each in mended.state.replayed] == ["FIXED", "FIXED"]
    back = run(values("LOSES_COUNT"))
    assert item.finding.fingerprint in {each.finding.fingerprint for each in back.state.new}
