"""Environments and baselines: keys, what is written when, several writers, damage, and age."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fuzzeq.bench import baselines as module
from fuzzeq.bench.assertions import assert_no_regression, assert_within
from fuzzeq.bench.baseline import DOCUMENTS, Baseline, Settings, blended, made_of
from fuzzeq.bench.baselines import Baselines, decode, encode
from fuzzeq.bench.environment import (
    CI_SYSTEMS,
    Environment,
    calibrate,
    ci_system,
    detect,
    is_virtualised,
    processor_name,
)
from fuzzeq.bench.judgement import Direction, Method, Verdict
from fuzzeq.bench.measure import run
from fuzzeq.bench.regression import against, regression
from fuzzeq.errors import UsageError

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = Settings()
STEADY = [1.0, 1.01, 0.99, 1.02, 0.98] * 10


def baseline(factor: float = 1.0, days: float = 0, **options: object) -> Baseline:
    samples = [factor * sample for sample in STEADY]
    moment = NOW - timedelta(days=days)
    return made_of(samples, 0.001, moment=moment, **options)  # type: ignore[arg-type]


@pytest.fixture(name="stored")
def baselines_in_a_folder_of_their_own(tmp_path: Path) -> Baselines:
    return Baselines(tmp_path / "baselines", "here")


@pytest.mark.parametrize(("name", "variable"), CI_SYSTEMS)
def test_ci_system_is_told_by_its_variable(name: str, variable: str) -> None:
    assert ci_system({variable: "true", "CI": "true"}) == name
    assert ci_system({variable: "false"}) == "none"
    assert ci_system({}) == "none"


def test_github_is_not_another_though_both_set_ci() -> None:
    assert ci_system({"CI": "true", "GITHUB_ACTIONS": "true"}) == "github"
    assert ci_system({"CI": "1"}) == "other-ci"


def test_virtual_or_not(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("model name\t: Some Processor\nflags\t\t: fpu vme hypervisor sse\n")
    assert is_virtualised(info, ()) is True
    assert processor_name(info) == "Some Processor"
    assert is_virtualised(info, (tmp_path,)) is True
    sign = tmp_path / ".dockerenv"
    info.write_text("")
    assert is_virtualised(info, (sign,)) is not False
    sign.touch()
    assert is_virtualised(info, (sign,)) is True


def environment(**changes: object) -> Environment:
    facts: dict[str, object] = {
        "ci": "none", "system": "Linux", "machine": "x86_64", "processor": "P", "cores": 2,
        "frequency_mhz": 2600.0, "memory_bytes": 8 << 30, "virtualised": True, "load": 0.5,
        "python": "cpython-3.11.7",
    }  # fmt: skip
    return Environment(**{**facts, **changes})  # type: ignore[arg-type]


def test_key_names_what_stays_and_nothing_that_changes() -> None:
    key = environment().key
    assert key.startswith("none-Linux-x86_64-2c-8g-cpython-3.11-")
    assert environment(load=3.0, frequency_mhz=None).key == key
    assert environment(memory_bytes=(8 << 30) - 300_000_000).key == key  # what a kernel takes
    for change in ("ci", "machine", "processor", "python", "system"):
        assert environment(**{change: "other"}).key != key
    for number in ({"cores": 4}, {"memory_bytes": 16 << 30}, {"virtualised": False}):
        assert environment(**number).key != key
    Baselines(Path(), environment(machine="../../etc").key)


def test_this_machine_has_an_environment() -> None:
    found = detect({})
    assert found.ci == "none"
    assert found.cores >= 1
    assert found.memory_bytes > 1 << 20
    assert found.key == detect({}).key
    assert json.loads(json.dumps(found.facts()))["key"] == found.key
    assert calibrate(2) > 0


@pytest.mark.parametrize("key", ["", ".", "..", "a/b", "a\\b", "x" * 201, "a b"])
def test_key_that_could_leave_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match="no name of an environment"):
        Baselines(tmp_path, key)


def test_what_is_accepted_comes_back(stored: Baselines) -> None:
    assert stored.load() == {}
    one = baseline(metadata={"commit": "abc"})
    higher = made_of([5, 6], 0.001, unit="share", direction=Direction.HIGHER, moment=NOW)
    stored.accept({"a/b": one, "reuse": higher}, SETTINGS, NOW)
    assert Baselines(stored.folder, "here").load() == {"a/b": one, "reuse": higher}
    assert [path.name for path in sorted(stored.folder.iterdir())] == [".here.lock", "here.json"]


def test_reading_and_judging_write_nothing(
    stored: Baselines, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = environment()
    monkeypatch.setattr("fuzzeq.bench.regression.here", lambda: (found, 0.001))
    there = Baselines(stored.folder, found.key)
    judged = regression("a", STEADY, baselines=stored.folder)
    assert judged.verdict is Verdict.NO_BASELINE
    assert "no baseline yet" in judged.sentence
    assert not judged.fails
    assert not stored.folder.exists()
    there.accept({"a": baseline()}, SETTINGS, NOW)
    before = there.path.read_bytes()
    slower = [1.6 * sample for sample in STEADY]
    assert regression("a", slower, baselines=stored.folder).verdict is Verdict.REGRESSED
    assert regression("a", STEADY, baselines=stored.folder).verdict is Verdict.UNCHANGED
    assert regression("a", [], baselines=stored.folder).verdict is Verdict.MISSING
    assert regression("b", [], baselines=stored.folder).verdict is Verdict.MISSING
    assert there.path.read_bytes() == before
    assert_no_regression("a", STEADY, baselines=stored.folder)
    with pytest.raises(AssertionError, match="worse than is allowed"):
        assert_no_regression("a", slower, baselines=stored.folder)
    assert_no_regression("a", slower, 0.7, baselines=stored.folder)
    with pytest.raises(UsageError, match="reset"):
        regression("a", STEADY, unit="B", baselines=stored.folder)


def test_machine_that_became_slower_as_a_whole_is_not_the_codes_fault() -> None:
    slower = [1.5 * sample for sample in STEADY]
    assert against(baseline(), "a", slower, 0.05, 0.001).fails
    judged = against(baseline(), "a", slower, 0.25, 0.00125)
    assert judged.verdict is Verdict.UNCHANGED
    assert "the machine is 25% slower than then" in judged.sentence
    # Bytes are as many on any machine.
    for calibration in (0.00125, 0.002):
        assert against(baseline(unit="B"), "a", slower, 0.25, calibration, unit="B").fails


@pytest.mark.parametrize(("speed", "told"), [(2.0, "100% slower"), (0.5, "50% faster")])
@pytest.mark.parametrize("factor", [0.3, 1.0, 1.6, 2.0, 3.0, 9.0])
def test_machine_that_became_another_decides_nothing(
    factor: float, speed: float, told: str
) -> None:
    """Perhaps its calibration was disturbed; what is far beyond its limit either way must not
    pass."""
    samples = [factor * sample for sample in STEADY]
    judged = against(baseline(), "a", samples, 0.05, 0.001 * speed)
    assert judged.verdict is Verdict.UNDECIDED
    assert not judged.comparable
    assert told in judged.sentence
    assert judged.change is None
    assert judged.fails is (factor > 2 * 1.05 * max(speed, 1))
    assert against(baseline(), "a", [], 0.05, 0.001 * speed).verdict is Verdict.MISSING


def test_new_run_has_the_share_that_settings_say() -> None:
    old, new = baseline(1.0), baseline(2.0)
    for settings, days, median in (
        (Settings(adaptation=0.3), 0, 1.3),
        (Settings(adaptation=1.0), 0, 2.0),
        (Settings(adaptation=0.5, decay=10), 10, 1 / 3 + 2 * 2 / 3),  # 1 : 1/2
        (Settings(adaptation=0.5, decay=10), 1000, 2.0),
    ):
        found = blended(old, new, settings, NOW + timedelta(days=days))
        assert found.statistics.median == pytest.approx(median), settings
        assert found.statistics.count == 50
    assert found.runs == 2
    assert found.accepted == new.accepted


def test_old_run_is_scaled_to_the_machine_of_the_new_one() -> None:
    old, new = baseline(), baseline(2.0)
    new = made_of([2.0] * 50, 0.002, moment=NOW)
    assert blended(old, new, SETTINGS, NOW).statistics.median == pytest.approx(2.0)


def test_one_run_says_little_of_the_next_and_many_say_more() -> None:
    """A fifth more may be another day; after some days that were all alike it is not."""
    slower = [1.2 * sample for sample in STEADY]
    known = baseline()
    for method in Method:
        judged = against(known, "a", slower, 0.05, 0.001, method=method)
        assert judged.verdict is Verdict.UNDECIDED, judged.sentence
    for factor in (1.01, 0.99, 1.0, 1.01) * 5:
        known = blended(known, baseline(factor), SETTINGS, NOW)
    assert known.spread < 0.04
    for method in Method:
        judged = against(known, "a", slower, 0.05, 0.001, method=method)
        assert judged.verdict is Verdict.REGRESSED, judged.sentence


def test_runs_that_lie_apart_widen_what_is_taken_for_chance() -> None:
    known = baseline()
    for factor in (1.5, 0.7) * 5:
        known = blended(known, baseline(factor), Settings(adaptation=0.5), NOW)
    assert known.spread > 0.3
    slower = [1.8 * sample for sample in STEADY]
    for method in Method:
        judged = against(known, "a", slower, 0.05, 0.001, method=method)
        assert judged.verdict is Verdict.UNDECIDED, judged.sentence


def test_what_is_counted_has_no_days() -> None:
    known = baseline(unit="characters")
    assert known.spread == 0
    slower = [1.2 * sample for sample in STEADY]
    assert against(known, "a", slower, 0.05, 0.001, unit="characters").fails


def test_what_nobody_renewed_is_dropped(stored: Baselines) -> None:
    stored.accept({"old": baseline(days=181), "young": baseline(days=179)}, SETTINGS, NOW)
    assert set(stored.load()) == {"young"}


def test_other_unit_begins_afresh(stored: Baselines) -> None:
    stored.accept({"a": baseline()}, SETTINGS, NOW)
    stored.accept({"a": baseline(9.0, unit="B")}, SETTINGS, NOW)
    assert stored.load()["a"].statistics.median == 9
    assert stored.load()["a"].runs == 1


@pytest.mark.parametrize(("calibration", "median", "runs"), [(0.0012, 1.26, 2), (0.002, 1.4, 1)])
def test_other_machine_begins_afresh(
    stored: Baselines, calibration: float, median: float, runs: int
) -> None:
    """Else a calibration that was disturbed once would scale a baseline for good."""
    stored.accept({"a": baseline()}, SETTINGS, NOW)
    stored.accept({"a": made_of([1.4] * 50, calibration, moment=NOW)}, SETTINGS, NOW)
    found = stored.load()["a"]
    assert found.statistics.median == pytest.approx(median)
    assert found.runs == runs


def test_reset(stored: Baselines) -> None:
    stored.accept({name: baseline() for name in ("a", "a/b", "ab", "c")}, SETTINGS, NOW)
    assert stored.reset("a") == 2
    assert set(stored.load()) == {"ab", "c"}
    assert stored.reset() == 2
    assert stored.load() == {}


def test_what_was_exported_comes_in_or_is_merged(stored: Baselines) -> None:
    stored.accept({"mine": baseline(), "both": baseline(1.0, days=1)}, SETTINGS, NOW)
    later, earlier = baseline(2.0), baseline(3.0, days=9)
    stored.replace_all({"theirs": earlier, "both": later}, merge=True)
    assert set(stored.load()) == {"mine", "theirs", "both"}
    assert stored.load()["both"] == later
    stored.replace_all({"both": earlier}, merge=True)
    assert stored.load()["both"] == later
    stored.replace_all({"theirs": earlier}, merge=False)
    assert stored.load() == {"theirs": earlier}


DAMAGE = {
    "empty": "",
    "cut": '{"format": 1, "base',
    "a list": "[]",
    "deep": "[" * 100_000,
    "of another format": json.dumps({"format": 0, "baselines": {}}),
    "no table": json.dumps({"format": 1, "baselines": []}),
    "no statistics": json.dumps({"format": 1, "baselines": {"a": {}}}),
}


@pytest.mark.parametrize("text", DAMAGE.values(), ids=DAMAGE)
def test_damaged_file_is_set_aside_named_and_begun_afresh(stored: Baselines, text: str) -> None:
    stored.folder.mkdir()
    stored.path.write_text(text)
    stored.accept({"a": baseline()}, SETTINGS, NOW)
    assert set(stored.load()) == {"a"}
    aside = stored.folder / "here.json.damaged-1"
    assert aside.read_text() == text
    assert [note for note in stored.notes if aside.name in note]
    stored.path.write_text(text)
    assert Baselines(stored.folder, "here").load() == {}
    assert (stored.folder / "here.json.damaged-2").exists()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("statistics", "median"), "1"),
        (("statistics", "median"), math.inf),
        (("statistics", "mad"), None),
        (("statistics", "p95"), 10**400),
        (("statistics", "count"), 0),
        (("statistics", "count"), True),
        (("accepted",), "yesterday"),
        (("direction",), "sideways"),
        (("metadata",), []),
        (("calibration",), math.nan),
        (("unit",), 3),
    ],
)
def test_every_field_is_looked_at(path: tuple[str, ...], value: object) -> None:
    table = json.loads(json.dumps(encode({"a": baseline()}, "here")))
    assert decode(table) == {"a": baseline()}
    place = table["baselines"]["a"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(module.Damaged, match=r"'a': "):
        decode(table)


@pytest.mark.parametrize("rest", [{"baselines": {}}, {}])
def test_file_of_a_newer_version_is_left_alone(stored: Baselines, rest: dict[str, object]) -> None:
    text = json.dumps({"format": 2, **rest})
    stored.folder.mkdir()
    stored.path.write_text(text)
    for work in (stored.load, stored.reset, lambda: stored.accept({"a": baseline()}, SETTINGS)):
        with pytest.raises(UsageError, match=r"here\.json: baselines of a newer fuzzeq: format 2"):
            work()
    assert stored.path.read_text() == text
    assert stored.notes == []


def test_file_that_was_mended_meanwhile_is_not_set_aside(
    stored: Baselines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer holds the lock while a reader looks at a damaged file."""
    good = module.text_of({"a": baseline()}, "here")
    stored.folder.mkdir()
    stored.path.write_text("damaged")
    locked = stored._locked

    @contextmanager
    def late() -> Iterator[None]:
        with locked():
            stored.path.write_text(good)
            yield

    monkeypatch.setattr(stored, "_locked", late)
    assert set(stored.load()) == {"a"}
    assert stored.notes == []
    assert stored.path.read_text() == good


def test_other_documents_begin_afresh(stored: Baselines) -> None:
    for median, documents in ((1.0, "a"), (2.0, "b")):
        metadata = {DOCUMENTS: documents}
        stored.accept({"a": baseline(median, metadata=metadata)}, SETTINGS, NOW)
    found = stored.load()["a"]
    assert (found.runs, found.statistics.median) == (1, 2.0)


def test_first_guess_of_the_spread_is_worth_two_runs() -> None:
    """0.1 in three of which two are the guess, then in four of which three are what was known."""
    known = baseline()
    for squares in (2 / 3, 2 / 3 * 3 / 4):
        known = blended(known, baseline(), SETTINGS, NOW)
        assert known.spread == pytest.approx(0.1 * squares**0.5)


WRITER = """
import sys
from pathlib import Path
from fuzzeq.bench.baselines import Baselines
from fuzzeq.bench.baseline import Settings, made_of
stored = Baselines(Path(sys.argv[1]), "here")
for number in range(15):
    stored.accept({f"{sys.argv[2]}/{number}": made_of([1.0, 2.0], 0.001)}, Settings())
"""


def test_several_writers_lose_nothing(stored: Baselines) -> None:
    command = [sys.executable, "-c", WRITER, str(stored.folder)]
    writers = [subprocess.Popen([*command, name]) for name in "abcd"]
    while any(writer.poll() is None for writer in writers):
        stored.load()  # never half a file
    assert [writer.returncode for writer in writers] == [0] * 4
    assert set(stored.load()) == {f"{name}/{number}" for name in "abcd" for number in range(15)}
    assert stored.notes == []


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write to"):
        Baselines(tmp_path / "file", "here").accept({"a": baseline()}, SETTINGS, NOW)


def test_lock_that_is_held_for_long_is_told(
    stored: Baselines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.01)
    with stored._locked(), pytest.raises(UsageError, match="has been held"):
        Baselines(stored.folder, "here").reset()


def test_assert_within() -> None:
    assert_within([0.001, 0.002, 0.003], median_ms=2, p95_ms=3)
    with pytest.raises(AssertionError, match="median of 3 samples is 2 ms, more than"):
        assert_within([0.001, 0.002, 0.003], median_ms=1.9)
    with pytest.raises(AssertionError, match="95th percentile"):
        assert_within([0.001, 0.002, 0.003], median_ms=2, p95_ms=2.5)
    with pytest.raises(UsageError, match="give median_ms"):
        assert_within([0.001])
    assert_within(run(lambda: None, iterations=3), median_ms=1e9)
