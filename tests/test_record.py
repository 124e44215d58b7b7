"""What a campaign remembers: results come back as they were, whatever happens to disk and files."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fuzzeq import crash_store
from fuzzeq.campaign import events, record
from fuzzeq.campaign.encoding import digest_of, from_json, key_of, to_json
from fuzzeq.campaign.keeper import FOUND, FOUND_EARLIER, LEFT_OVER
from fuzzeq.campaign.record import Record
from fuzzeq.campaign.tasks import Confirm, DriveAlone, Hunt, Replay, RunAlone, RunUnit, Shrink
from fuzzeq.campaign.watch import Room
from fuzzeq.engines.canary import Canary
from fuzzeq.engines.unit import Unit
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Finding

pytestmark = pytest.mark.usefixtures("own_folder")

BUG = "tests.broken:LOSES_COUNT"
UNIT = Unit("stream", BUG, 0, 0, 250)
PLANTED = "latex-planted-lookahead-unrecorded"


def nothing(note: Any) -> None:
    """Takes a note."""


def a_finding() -> Finding:
    """One that `UNIT` makes."""
    finding: Finding = RunUnit(UNIT).run(nothing).findings[0]
    return finding


def tasks() -> list[Any]:
    """One of each kind that is remembered, with results of every shape."""
    finding = a_finding()
    path = crash_store.store(replace(finding, shrunk=True), Path("crashes"))
    healthy = replace(UNIT, target="tests.broken:HEALTHY")
    return [
        RunUnit(UNIT),
        RunUnit(replace(UNIT, engine="property", index=3)),
        RunUnit(replace(UNIT, engine="exhaustive", index=40)),
        Canary(healthy),
        Canary(replace(healthy, edits=1)),
        Hunt(PLANTED, 0, 20_000, False),
        Hunt(PLANTED, 0, 1, False),
        DriveAlone("latex", "typing", 0, 20),
        Replay(path, BUG),
        Shrink(BUG, finding),
        Confirm(BUG, finding),
        Confirm("tests.broken:HEALTHY", finding),
    ]


def begun(**others: Any) -> Record:
    """A record with a night begun, in the folder `night`."""
    Path("night").mkdir(exist_ok=True)
    kept = Record(Path("night"), **others)
    kept.begin(name="night", values={}, seed=0)
    return kept


def logged() -> list[str]:
    """The names of the events in the log."""
    return [event["event"] for event in events.read(Path("night"))]


def test_results_come_back_as_they_were() -> None:
    for task in tasks():
        result = task.run(nothing)
        value = json.loads(json.dumps(to_json(task, result)))
        again = from_json(task, value)
        assert to_json(task, again) == value, task
        if isinstance(task, Hunt):
            assert (again.edits, again.shrunk is None) == (result.edits, result.shrunk is None)
        elif isinstance(task, Replay):
            assert (again.path, again.verdict, again.why) == (task.path, result.verdict, result.why)
        else:
            assert again == result, task


def test_every_task_has_a_key_of_its_own_that_its_worker_does_not_change() -> None:
    made = tasks()
    keys = [key_of(task) for task in made]
    # The same canary or planted bug with fewer edits is the same one.
    assert len(set(keys)) == len(keys) - 3
    assert all(keys)
    assert key_of(RunAlone(replace(UNIT, skip=frozenset((3,))))) == key_of(RunUnit(UNIT))


def test_what_was_kept_is_recalled_in_another_life() -> None:
    kept = begun()
    done = [(task, task.run(nothing)) for task in tasks()[::3]]
    for task, result in done:
        assert kept.recall(task) is None
        kept.keep(task, result)
    kept.add("fact", {"a": [1, None]})
    kept.close()
    kept = Record(Path("night"))
    for task, result in done:
        again = kept.recall(task)
        assert again is not None
        assert to_json(task, again[0]) == to_json(task, result)
    assert kept.facts("fact") == [{"a": [1, None]}]
    assert kept.about("name") == "night"
    kept.close()


def test_a_result_that_is_none_is_remembered_as_well() -> None:
    kept = begun()
    task = Confirm("tests.broken:HEALTHY", a_finding())
    kept.keep(task, task.run(nothing))
    assert kept.recall(task) == (None,)
    kept.close()


def test_what_is_kept_survives_the_end_of_the_process_at_any_time() -> None:
    kept = begun()
    task = Canary(replace(UNIT, target="tests.broken:HEALTHY"))
    kept.keep(task, 4)
    copy = Path("copy")  # as a killed process leaves it: nothing is closed
    copy.mkdir()
    for path in Path("night").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    again = Record(copy)
    assert again.recall(task) == (4,)
    again.close()
    kept.close()


def test_a_new_night_forgets_results_and_not_what_was_found() -> None:
    kept = begun()
    kept.keep(RunUnit(UNIT), RunUnit(UNIT).run(nothing))
    kept.add(FOUND, {"fingerprint": "a"})
    kept.finish()
    kept.begin(name="night", values={}, seed=1)
    kept.add(FOUND, {"fingerprint": "b"})
    kept.add(FOUND, {"fingerprint": "a"})
    kept.finish()
    kept.begin(name="night", values={}, seed=2)
    assert kept.recall(RunUnit(UNIT)) is None
    assert [fact["fingerprint"] for fact in kept.facts(FOUND_EARLIER)] == ["a", "b"]
    assert kept.facts(FOUND) == kept.facts(LEFT_OVER) == []
    assert not kept.about("finished")
    kept.add(FOUND, {"fingerprint": "b"})
    kept.begin(name="night", values={}, seed=3)  # the last one was cut short, and found no a
    assert [fact["fingerprint"] for fact in kept.facts(FOUND_EARLIER)] == ["a", "b"]
    kept.add(FOUND, {"fingerprint": "b"})
    kept.finish()
    kept.begin(name="night", values={}, seed=4)
    assert [fact["fingerprint"] for fact in kept.facts(FOUND_EARLIER)] == ["b"]
    kept.close()


def test_what_an_unfinished_night_had_found_is_left_over_for_the_next() -> None:
    kept = begun()
    result = RunUnit(UNIT).run(nothing)
    kept.keep(RunUnit(UNIT), result)
    death = replace(result.findings[0], shrunk=True)
    kept.add("death", {"unit": "u", "how": "h", "finding": crash_store.encode(death)})
    kept.begin(name="night", values={}, seed=1)
    left = [crash_store.decode(fact) for fact in kept.facts(LEFT_OVER)]
    assert left == [death, *result.findings]
    kept.begin(name="night", values={}, seed=2)
    assert len(kept.facts(LEFT_OVER)) == len(left)
    kept.close()


# Damage.


def overwrite(path: Path) -> None:
    """Writes nonsense into the middle of a file."""
    data = bytearray(path.read_bytes())
    data[100 : len(data) - 100 : 7] = b"?" * len(data[100 : len(data) - 100 : 7])
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "damage",
    [
        overwrite,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"hello"),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.unlink(),
    ],
    ids=["overwritten", "empty", "another-file", "cut-short", "gone"],
)
def test_a_damaged_file_is_set_aside_and_the_log_says_what_it_was_about(
    damage: Callable[[Path], Any],
) -> None:
    kept = begun()
    kept.log("finding", fingerprint="a")
    kept.begin(name="night", values={"edits": 7}, seed=3)
    kept.log("known before", fingerprints=["k"])
    kept.log("finding", fingerprint="b")
    kept.keep(RunUnit(UNIT), RunUnit(UNIT).run(nothing))
    kept.close()
    damage(Path("night/state.sqlite"))
    kept = Record(Path("night"))
    assert (kept.about("name"), kept.about("seed")) == ("night", 3)
    assert kept.about("values") == {"edits": 7}
    assert not kept.about("finished")
    assert kept.facts("known before") == [["k"]]
    assert kept.facts(FOUND_EARLIER) == [{"fingerprint": "a"}]
    assert kept.facts(FOUND) == [{"fingerprint": "b"}]
    assert kept.recall(RunUnit(UNIT)) is None
    kept.keep(RunUnit(UNIT), RunUnit(UNIT).run(nothing))
    kept.close()
    kept = Record(Path("night"))
    assert kept.recall(RunUnit(UNIT)) is not None
    kept.close()


def test_a_file_that_is_damaged_while_it_is_in_use_is_replaced() -> None:
    kept = begun()
    task = Canary(replace(UNIT, target="tests.broken:HEALTHY"))
    kept.add("fact", 1)
    kept._database.close()
    overwrite(Path("night/state.sqlite"))
    kept._database = sqlite3.connect("night/state.sqlite", isolation_level=None)  # no page is read
    kept.keep(task, 5)
    assert kept.trouble() == ""
    assert kept.recall(task) == (5,)
    kept.close()
    assert "state damaged" in logged()
    kept = Record(Path("night"))
    assert kept.recall(task) == (5,)
    assert kept.facts("fact") == [1]
    kept.close()


@pytest.mark.parametrize("value", ["{", "3", '{"meter": {}}', "[[[", '{"meter": null}'])
def test_a_damaged_result_is_done_again_and_told(value: str) -> None:
    kept = begun()
    kept._database.execute("INSERT INTO done VALUES (?, ?)", (key_of(RunUnit(UNIT)), value))
    assert kept.recall(RunUnit(UNIT)) is None
    assert "result damaged" in logged()
    kept.close()


def test_a_file_of_a_later_format_is_not_touched() -> None:
    begun().close()
    database = sqlite3.connect("night/state.sqlite")
    with database:
        database.execute("UPDATE about SET value = '99' WHERE key = 'format'")
    database.close()
    before = Path("night/state.sqlite").read_bytes()
    with pytest.raises(UsageError, match="format 99; this fuzzeq reads format 1"):
        Record(Path("night"))
    assert Path("night/state.sqlite").read_bytes() == before


# A full disk.


@contextmanager
def full() -> Iterator[None]:
    """A disk on which no file may grow: as good as a full one, to whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_does_not_fit_onto_the_disk_waits_and_is_written_later() -> None:
    kept = begun()
    unit = RunUnit(UNIT)
    with full():
        kept.keep(unit, unit.run(nothing))
        kept.add("fact", "kept")
        kept.log("told")
        assert "cannot write night/state.sqlite" in kept.trouble()
        assert "cannot write night/state.sqlite" in kept.trouble()
    assert kept.trouble() == ""
    assert kept.recall(unit) is not None
    kept.close()
    assert logged()[-2:] == ["unit", "told"]
    kept = Record(Path("night"))
    assert kept.recall(unit) is not None
    assert kept.facts("fact") == ["kept"]
    kept.close()


def test_a_log_that_cannot_be_written_is_trouble_as_well() -> None:
    kept = begun()
    with full():
        kept.log("told")
        assert "cannot write night/events.jsonl" in kept.trouble()
    kept._looked = -record.LOOK_SECONDS
    assert kept.trouble() == ""
    kept.close()
    assert logged()[-1] == "told"


def test_too_little_room_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = begun(free_disk_mb=1)
    assert kept.trouble() == ""
    monkeypatch.setattr(record, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(record, "room", lambda folder: Room(1000, 1 << 40))
    assert "0 MB free on the disk of night; free_disk_mb wants 1" in kept.trouble()
    kept.close()


# The log.


def test_every_line_has_its_time_by_whatever_clock() -> None:
    times = iter([datetime(2030, 1, 1, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)])
    Path("night").mkdir()
    log = events.Log(Path("night"), lambda: next(times))
    log.write("one", what="é\ud800")
    log.write("two")
    log.close()
    first, second = events.read(Path("night"))
    assert (first["at"][:4], second["at"][:4]) == ("2030", "1999")
    assert first["seconds"] <= second["seconds"]
    assert first["what"] == "é\ud800"


@pytest.mark.parametrize("end", ["", '{"event": "tor', "}{\n", "[1]\n", '{"event": 3}\n', "\0\0"])
def test_a_torn_line_is_ended_and_passed_over(end: str) -> None:
    Path("night").mkdir()
    path = Path("night/events.jsonl")
    path.write_text('{"event": "before"}\n' + end)
    log = events.Log(Path("night"))
    log.write("after")
    log.close()
    assert logged() == ["before", "after"]
    assert path.read_bytes().endswith(b"\n")


def test_a_line_that_is_written_in_two_goes_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("night").mkdir()
    log = events.Log(Path("night"))
    write, sizes = os.write, iter([10, 10**6, 10**6])
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: next(sizes)]))
    log.write("cut")
    log.write("next")
    log.close()
    assert logged() == ["cut", "next"]


def test_a_log_that_is_not_there_is_the_users_mistake() -> None:
    with pytest.raises(UsageError, match=r"cannot read nothing"):
        list(events.read(Path("nothing")))


def test_seconds_are_added_up_over_all_lives_of_the_last_night() -> None:
    Path("night").mkdir()
    lives = [("began", 0.1), ("unit", 99), ("began", 0.1), ("unit", 5), ("resumed", 0.1),
             ("unit", 7), ("resumed", 0)]  # fmt: skip
    lines = [json.dumps({"event": event, "seconds": seconds}) for event, seconds in lives]
    Path("night/events.jsonl").write_text("\n".join(lines) + "\n")
    assert events.seconds_of(Path("night")) == 12


# Digests.


def test_a_unit_has_the_same_digest_each_time() -> None:
    for engine, index in (("stream", 0), ("property", 2), ("exhaustive", 40)):
        unit = RunUnit(replace(UNIT, engine=engine, index=index))
        assert digest_of(unit.run(nothing)) == digest_of(unit.run(nothing))


@pytest.mark.parametrize(
    "other",
    [
        replace(UNIT, seed=1),
        replace(UNIT, index=1),
        replace(UNIT, edits=249),
        replace(UNIT, skip=frozenset((0,))),
        replace(UNIT, target="tests.broken:HEALTHY"),
        replace(UNIT, target="tests.broken:FORGETS_SECOND"),
    ],
)
def test_another_unit_or_another_target_has_another_digest(other: Unit) -> None:
    assert digest_of(RunUnit(UNIT).run(nothing)) != digest_of(RunUnit(other).run(nothing))


# The lock.


def test_a_folder_is_held_by_one_at_a_time_and_the_second_is_told_by_whom() -> None:
    held = record.lock(Path("night"))
    with pytest.raises(UsageError, match=rf"night is held by process {os.getpid()} on \S+: one "):
        record.lock(Path("night"))
    os.close(held)
    os.close(record.lock(Path("night")))


def test_a_folder_that_cannot_be_written_is_told() -> None:
    Path("file").touch()
    with pytest.raises(UsageError, match="cannot write to file/night"):
        record.lock(Path("file/night"))


def test_a_hunt_gives_signs_of_life_while_it_shrinks() -> None:
    counts = []
    for shrinks in (False, True):
        began: list[object] = []
        Hunt("latex-planted-appended-line", 0, 20_000, shrinks).run(began.append)
        counts.append(len(began))
    assert counts[1] > counts[0] + 10
