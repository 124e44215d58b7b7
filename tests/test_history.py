"""The history: what is recorded comes back, old files are taken along, broken ones put aside; and
what nights say over time, in a notation of letters.

A row of nights is a text: one letter a night, `.` for one without findings, else the findings seen.
"""

from __future__ import annotations

import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fuzzeq.campaign.state import Run, Settings
from fuzzeq.cli.history import cells, history, history_of, pictures, words
from fuzzeq.errors import UsageError
from fuzzeq.history import file as file_module
from fuzzeq.history.charts import chart
from fuzzeq.history.database import History, opened
from fuzzeq.history.file import MIGRATIONS, VERSION
from fuzzeq.history.nights import Night, appearances
from fuzzeq.history.trends import Trend, streak, trends
from fuzzeq.report.run_report import report

START = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
NOW = datetime.now(UTC).replace(microsecond=0)


def night_report(day: int = 0, found: str = "", start: datetime = START, **others: Any) -> Any:
    """The report of a night, so many days behind the start."""
    value = report(Run(Settings("latex"))) | {
        "campaign": "nightly",
        "good": not found,
        "first_line": "good: all" if not found else "bad: some",
        "ended_at": (start + timedelta(days=day)).isoformat(),
        "commit": {"hash": f"{day:02}" * 20, "dirty": False},
        "edits": 1000,
        "edits_per_second": 100.0 + day,
        "reuse": 0.9,
        "findings": [
            {"fingerprint": letter * 16, "oracle": "equality", "kind": "differs",
             "reproducer": None, "document_chars": 1, "steps": 1, "status": "confirmed",
             "known": False, "why_known": ""}
            for letter in found
        ],
    }  # fmt: skip
    return value | others


def record_all(kept: History, *found: str, start: datetime = START) -> None:
    for day, letters in enumerate(found):
        assert kept.record(night_report(day, letters.strip("."), start))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


# What is kept.


def test_a_night_comes_back_as_it_was_recorded(path: Path) -> None:
    value = night_report(
        3, "ab", planted={"hunted": 4, "caught": 3}, reach={"branches": 7, "features": 1},
        hazards={"counted_by": "stream", "met": {}, "cells": 9, "covered": 8},
        ended_at="2026-03-04T05:06:07+02:00",
    )  # fmt: skip
    with opened(path) as kept:
        assert kept.record(value)
    with opened(path) as kept:
        (night,) = kept.nights()
        assert [seen.fingerprint for seen in kept.sightings(night)] == ["a" * 16, "b" * 16]
    assert night.at == datetime(2026, 3, 4, 3, 6, 7, tzinfo=UTC)
    assert (night.campaign, night.target, night.good) == ("nightly", "latex", False)
    assert (night.hunted, night.caught, night.score) == (4, 3, 0.75)
    assert (night.cells, night.covered, night.branches) == (9, 8, 7)
    assert (night.commit, night.dirty) == ("03" * 20, False)
    assert night.fingerprints == {"a" * 16, "b" * 16}


def test_recording_twice_is_recording_once(path: Path) -> None:
    with opened(path) as kept:
        assert kept.record(night_report())
        assert not kept.record(night_report())
        assert len(kept.nights()) == 1


def test_nights_come_in_the_order_of_their_time_whatever_the_order_of_recording(
    path: Path,
) -> None:
    with opened(path) as kept:
        for day in (2, 0, 1):
            kept.record(night_report(day))
        assert [night.at for night in kept.nights()] == [
            START + timedelta(days=day) for day in range(3)
        ]
        assert len(kept.nights(since=START + timedelta(days=1))) == 2
        assert kept.nights(target="other") == kept.nights(campaign="other") == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (night_report(verdict="could-not-run"), "could not run has no place"),
        (night_report(ended_at=""), "without"),
        (night_report(ended_at="yesterday"), "cannot be kept: Invalid isoformat"),
        (night_report(ended_at="0001-01-01T00:00:00+14:00"), "cannot be kept: date value out of"),
        (night_report(edits=10**30), "cannot be kept: Python int too large"),
        (night_report(target="\ud800"), "cannot be kept: 'utf-8' codec can't encode"),
    ],
)
def test_what_is_no_night_is_not_recorded(path: Path, value: Any, told: str) -> None:
    with opened(path) as kept:
        with pytest.raises(UsageError, match=told):
            kept.record(value)
        assert kept.nights() == []


def test_a_kind_that_no_file_can_hold_is_kept_escaped(path: Path) -> None:
    value = night_report(0, "a")
    value["findings"][0] |= {"oracle": "x\ud800", "kind": "y\ud800"}
    with opened(path) as kept:
        assert kept.record(value | {"first_line": "bad: \ud800"})
        (seen,) = kept.sightings(*kept.nights())
    assert (seen.oracle, seen.kind) == (r"x\ud800", r"y\ud800")


def test_a_failed_recording_leaves_nothing(path: Path) -> None:
    value = night_report(0, "a")
    del value["findings"][0]["oracle"]
    with opened(path) as kept:
        with pytest.raises(KeyError):
            kept.record(value)
        assert kept.nights() == []


# Versions and damage.


def old_file(path: Path) -> None:
    """A file as the first version wrote it, with a night."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database, database:
        for statement in MIGRATIONS[0]:
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {file_module.APPLICATION}")
        database.execute("PRAGMA user_version = 1")
        database.execute(
            "INSERT INTO nights (key, at, campaign, target, engine, seed, verdict, good,"
            " first_line, edits, seconds, new, known)"
            " VALUES ('k', '2026-03-01T02:00:00+00:00', 'nightly', 'latex', 'stream', '0',"
            " 'findings', 0, 'bad: x', 5, 1.0, 1, 0)"
        )
        database.execute("INSERT INTO sightings VALUES (1, 'ff', 'e', 'd', 'confirmed', 1, 1)")


def test_an_old_file_is_taken_along(path: Path) -> None:
    old_file(path)
    with opened(path) as kept:
        (night,) = kept.nights()
        assert night.fingerprints == {"ff"}
        assert kept.prune(START + timedelta(days=1)) == 1
        assert kept.remembered("latex", "nightly")["ff"].first.at == START
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (VERSION,)


@pytest.mark.parametrize(("campaigns", "remembered"), [(["a"], ["a"]), (["a", "b"], [])])
def test_of_the_second_version_is_kept_what_is_surely_a_campaigns(
    path: Path, campaigns: list[str], remembered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_module, "MIGRATIONS", MIGRATIONS[:2])
    monkeypatch.setattr(file_module, "VERSION", 2)
    with opened(path) as kept:
        for campaign in campaigns:
            kept.record(night_report(campaign=campaign))
    with closing(sqlite3.connect(path)) as database, database:
        values = ("latex", "ff", "2026-02-02T00:00:00+00:00", "12ab", None, None)
        database.execute("INSERT INTO remembered VALUES (?, ?, ?, ?, ?, ?)", values)
    monkeypatch.undo()
    with opened(path) as kept:
        assert [each for each in "ab" if "ff" in kept.remembered("latex", each)] == remembered
        for campaign in remembered:
            seen = kept.remembered("latex", campaign)["ff"]
            assert seen.range() == "there on the first night that is known of: 2026-02-02 at 12ab"


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_file(path)
    broken = (MIGRATIONS[0], ("CREATE TABLE remembered (x)", "no SQL at all"))
    monkeypatch.setattr(file_module, "MIGRATIONS", broken)
    with pytest.raises(UsageError, match="syntax error"), opened(path):
        pass
    monkeypatch.undo()
    with opened(path) as kept:
        assert len(kept.nights()) == 1


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    with opened(path) as kept:
        kept.record(night_report())
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="update it"), opened(path):
        pass
    assert path.read_bytes() == before


def test_a_database_of_somebody_else_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="no history of fuzzeq"), opened(path):
        pass
    assert path.read_bytes() == before


def torn(data: bytes) -> bytes:
    return data[: len(data) // 2]


def scribbled(data: bytes) -> bytes:
    return data[:4096] + b"\xff" * (len(data) - 4096)


@pytest.mark.parametrize("damage", [torn, scribbled, lambda data: b"no database at all" * 100])
def test_a_damaged_file_is_set_aside_and_named(path: Path, damage: Any) -> None:
    with opened(path) as kept:
        record_all(kept, *"abcde")
    damaged = damage(path.read_bytes())
    for number in (1, 2):
        path.write_bytes(damaged)
        with opened(path) as kept:
            (note,) = kept.notes
            assert f"history.sqlite.damaged-{number}" in note
            assert kept.nights() == []
            assert kept.record(night_report())
        assert path.with_name(f"history.sqlite.damaged-{number}").read_bytes() == damaged
    with opened(path) as kept:
        assert (len(kept.nights()), kept.notes) == (1, ())


def test_two_at_once_set_one_file_aside_and_keep_what_both_record(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    both, is_damage = Barrier(2), file_module._is_damage

    def wait(error: sqlite3.DatabaseError) -> bool:
        """Lets both see the damage before one of them mends it, unless they take turns."""
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.5)
        return is_damage(error)

    def record(day: int) -> None:
        with opened(path) as kept:
            kept.record(night_report(day))

    monkeypatch.setattr(file_module, "_is_damage", wait)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(record, range(2)))
    with opened(path) as kept:
        assert len(kept.nights()) == 2
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


def test_a_damaged_file_that_cannot_be_moved_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)

    def refuse(*paths: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UsageError, match="cannot be set aside: Permission denied"), opened(path):
        pass


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot open"), opened(tmp_path / "file" / "h.sqlite"):
        pass
    with pytest.raises(UsageError, match="cannot open"), opened(tmp_path):
        pass


# Pruning.


def ranges_of(kept: History, campaign: str = "nightly") -> dict[str, str]:
    """What is told of each finding of the last night of a campaign, by its letter."""
    nights = kept.nights("latex", campaign)
    found = appearances(nights, kept.remembered("latex", campaign))
    return {f[0]: f"{found[f].first}; {found[f].range()}" for f in nights[-1].fingerprints}


@pytest.mark.parametrize("found", [".aab", "a.b", "ab", ".a.a", ".a..a", "a.ab", ".a.aa.a", ".b.a"])
def test_pruning_changes_nothing_that_is_told(path: Path, found: str) -> None:
    nights = ["ab" if letter == "b" else letter for letter in found]
    with opened(path) as kept:
        record_all(kept, *nights)
        whole = ranges_of(kept)
        for day in range(1, len(nights)):
            assert kept.prune(START + timedelta(days=day)) == 1
            assert ranges_of(kept) == whole


def test_pruning_keeps_campaigns_apart(path: Path) -> None:
    with opened(path) as kept:
        for day, (dev, nightly) in enumerate([("a", "."), (".", "."), (".", "."), (".", "a")]):
            kept.record(night_report(day, dev.strip("."), campaign="dev"))
            kept.record(night_report(day, nightly.strip(".")))
        whole = ranges_of(kept)
        assert kept.prune(START + timedelta(days=2)) == 4
        assert ranges_of(kept) == whole
        assert "came between 2026-03-03" in whole["a"]


def test_nights_are_dropped_even_where_there_is_no_room_to_tidy_up(path: Path) -> None:
    with opened(path) as kept:
        record_all(kept, ".", ".", ".")
        refuses = {sqlite3.SQLITE_ATTACH: sqlite3.SQLITE_DENY}  # VACUUM begins by that
        kept._database.set_authorizer(lambda what, *_: refuses.get(what, sqlite3.SQLITE_OK))
        told = f"2 nights dropped, but the file keeps its size: cannot write {path}: authoriz"
        with pytest.raises(UsageError, match=re.escape(told)):
            kept.prune(START + timedelta(days=2))
        assert len(kept.nights()) == 1


# What nights say.


def nights_of(*found: str, path: Path, **others: Any) -> list[Night]:
    with opened(path) as kept:
        for day, letters in enumerate(found):
            kept.record(night_report(day, letters.strip("."), **others))
        return kept.nights()


@pytest.mark.parametrize(
    ("found", "count"), [("", 0), ("...", 3), ("a..", 2), ("..a", 0), (".a.", 1)]
)
def test_a_streak_is_of_good_nights_up_to_the_last(path: Path, found: str, count: int) -> None:
    assert streak(nights_of(*found, path=path)) == count


@pytest.mark.parametrize(
    ("found", "first", "good", "bad", "told"),
    [
        ("a", 0, None, 0, "there on the first night that is known of"),
        (".a", 1, 0, 1, "came between 2026-03-01 at 000000000000 (1,000 edits without it)"),
        (".aa", 1, 0, 1, "and 2026-03-02 at 010101010101"),
        (".a.a", 1, 2, 3, "came back between 2026-03-03"),
        (".ab", 1, 0, 1, "came between"),
    ],
)
def test_a_finding_came_between_two_commits(
    path: Path, found: str, first: int, good: int | None, bad: int, told: str
) -> None:
    seen = appearances(nights_of(*found, path=path), {})["a" * 16]
    assert seen.first.commit == f"{first:02}" * 20
    commit = seen.good.commit if seen.good else None
    assert commit == (None if good is None else f"{good:02}" * 20)
    assert seen.bad.commit == f"{bad:02}" * 20
    assert told in seen.range()


def test_one_commit_cannot_have_brought_what_it_had_already(path: Path) -> None:
    same = {"hash": "ab" * 20, "dirty": False}
    seen = appearances(nights_of(".", "a", path=path, commit=same), {})["a" * 16]
    assert "which was the same commit: so it was there before" in seen.range()


def test_a_trend_is_a_median_beside_the_one_before(path: Path) -> None:
    speed, *others = trends(nights_of(*"." * 14, path=path))
    assert speed == Trend("edits a second", 110.0, 103.0)
    assert str(speed) == "edits a second 110 (+6.8%)"
    assert [trend.name for trend in others] == ["reuse"]
    (short, _) = trends(nights_of(".", path=path.with_name("other.sqlite")))
    assert short.before is None
    assert str(short) == "edits a second 100"


# Pictures.


@pytest.mark.parametrize("found", [".", "..", "." * 20 + "ab"])
@pytest.mark.parametrize(("format", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_chart_is_drawn_and_the_same_each_time(
    path: Path, found: str, format: str, begins: bytes
) -> None:
    nights = nights_of(*found, path=path)
    data = chart(nights, format)
    assert data.startswith(begins)
    assert data == chart(nights, format)
    assert data != chart(nights, format, dark=True)


def test_charts_without_matplotlib_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'fuzzeq\[report\]'"):
        chart([], "png")


def test_a_page_goes_without_pictures_where_they_cannot_be_drawn(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    nights = nights_of("..", path=path)
    assert pictures(nights[:1]) is None
    both = pictures(nights * 2)
    assert both is not None
    assert both["light"].startswith("data:image/svg+xml;base64,")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert pictures(nights * 2) is None


# The command.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(history, arguments)


def write(name: str, value: Any) -> str:
    Path(name).write_text(json.dumps(value))
    return name


def test_nights_are_recorded_and_shown(folder: Path) -> None:
    days = [
        night_report(day, found, NOW - timedelta(days=5)) for day, found in enumerate([".", ""])
    ]
    files = [write(f"{n}.json", {**day, "findings": []}) for n, day in enumerate(days)]
    files.append(write("bad.json", night_report(2, "a", NOW - timedelta(days=5))))
    result = run("record", *files)
    assert result.exit_code == 0, result.output
    assert result.output.count("recorded: ") == 3
    assert "known already: 0.json" in run("record", "0.json").output
    shown = run("show").output
    assert "nightly latex: The last night was not good." in shown
    assert "aaaaaaaa equality: differs: came between" in shown
    assert (folder / ".fuzzeq" / "history.sqlite").exists()
    assert "no nights of 0 days" in run("show", "--days", "0").output


def test_one_bad_report_and_none_is_recorded(folder: Path) -> None:
    result = run("record", write("good.json", night_report()), write("bad.json", {}))
    assert isinstance(result.exception, UsageError)
    assert "bad.json: not a report" in str(result.exception)
    assert not (folder / ".fuzzeq").exists()


def test_charts_are_written_for_each_campaign(folder: Path) -> None:
    for name in ("nightly", "ci"):
        run(
            "record", write("r.json", night_report(0, "", NOW, campaign=name)), "--database", "h.db"
        )
    result = run("charts", "out", "--database", "h.db")
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "ci_latex.png", "ci_latex.svg", "nightly_latex.png", "nightly_latex.svg",
    ]  # fmt: skip
    assert result.output.count("\n") == 4
    result = run("charts", "out", "--database", "other.db")
    assert "no nights of 30 days" in str(result.exception)


def test_old_nights_are_pruned(folder: Path) -> None:
    run("record", write("old.json", night_report(0, "", NOW - timedelta(days=100))))
    run("record", write("new.json", night_report(0, "", NOW)))
    assert "1 nights dropped" in run("prune", "--keep", "50").output


@pytest.mark.parametrize(
    "arguments", ["show --days 1e12", "show --days nan", "show --days 10000000", "show --days -1",
                  "charts x --days 10000000", "prune --keep 99999999999", "prune --keep 0"],
)  # fmt: skip
def test_days_are_a_number_that_there_is(folder: Path, arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert "Invalid value for '--" in result.stderr


def test_a_damaged_history_is_told_on_standard_error(folder: Path) -> None:
    Path("h.db").write_bytes(b"not a database, however long it may be" * 50)
    result = run("show", "--database", "h.db")
    assert "set aside as h.db.damaged-1" in result.stderr
    assert result.exit_code == 0


def test_what_a_page_is_told_of_the_history(path: Path) -> None:
    value = night_report(2, "a")
    assert history_of(value, path) is None
    nights_of("..", path=path)
    with opened(path) as kept:
        record_all(kept, ".", ".", start=START + timedelta(hours=1))
        kept.record(value)
    told = history_of(value, path)
    assert told is not None
    assert told["findings"]["a" * 16]["first_seen"] == "2026-03-03 at 020202020202"
    assert told["section"]["rows"][0][2] == "BAD"
    assert len(told["section"]["rows"][0]) == len(told["section"]["columns"])
    assert history_of({**value, "campaign": "other"}, path) is None


def test_a_night_of_which_little_is_known_can_be_shown(path: Path) -> None:
    value = night_report(
        0, "", edits_per_second=None, reuse=None, commit={"hash": None, "dirty": None}
    )
    with opened(path) as kept:
        kept.record(value)
        (night,) = kept.nights()
    assert cells(night)[6:] == ["-", "-", "-", "0.0%" if night.cells else "-", ""]
    assert words([night]).startswith("The last night was good.")
