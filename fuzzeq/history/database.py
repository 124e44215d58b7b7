"""The history: one SQLite file with a row for each night and for each sighting of a finding.

Its version is SQLite's `user_version`; an older file is migrated forward in one transaction, a
newer one is left alone. A damaged file is set aside under a name that is told, and a new one begun:
the reports that it was made of can be recorded again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fuzzeq.errors import UsageError

NAME = "history.sqlite"
APPLICATION = 0x66757A71
"""`application_id` of our files: SQLite's way of saying whose a file is."""

_FIRST = (
    """CREATE TABLE nights (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        campaign TEXT NOT NULL,
        target TEXT NOT NULL,
        engine TEXT NOT NULL,
        seed TEXT NOT NULL,
        verdict TEXT NOT NULL,
        good INTEGER NOT NULL,
        first_line TEXT NOT NULL,
        edits INTEGER NOT NULL,
        seconds REAL NOT NULL,
        speed REAL,
        reuse REAL,
        new INTEGER NOT NULL,
        known INTEGER NOT NULL,
        hunted INTEGER,
        caught INTEGER,
        cells INTEGER,
        covered INTEGER,
        branches INTEGER,
        commit_hash TEXT,
        dirty INTEGER,
        fuzzeq TEXT
    )""",
    """CREATE TABLE sightings (
        night INTEGER NOT NULL REFERENCES nights ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        oracle TEXT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        document_chars INTEGER,
        steps INTEGER,
        PRIMARY KEY (night, fingerprint)
    )""",
    "CREATE INDEX nights_by_time ON nights (target, at)",
)
_SECOND = (
    # What nights knew of findings that were pruned since.
    """CREATE TABLE remembered (
        target TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        first_at TEXT NOT NULL,
        first_commit TEXT,
        before_at TEXT,
        before_commit TEXT,
        PRIMARY KEY (target, fingerprint)
    )""",
)
MIGRATIONS = (_FIRST, _SECOND)
"""What leads from each version to the next; the number of the last one is the version."""

VERSION = len(MIGRATIONS)

_COLUMNS = (
    "id", "at", "campaign", "target", "verdict", "good", "first_line", "edits", "seconds", "speed",
    "reuse", "new", "known", "hunted", "caught", "cells", "covered", "branches", "commit_hash",
    "dirty",
)  # fmt: skip
"""Of `nights`: what a `Night` is made of."""


@dataclass(frozen=True, slots=True)
class Night:
    """A night as it is kept. `at` is in UTC; `commit` is empty where nobody knew."""

    id: int
    at: datetime
    campaign: str
    target: str
    verdict: str
    good: bool
    first_line: str
    edits: int
    seconds: float
    speed: float | None
    reuse: float | None
    new: int
    known: int
    hunted: int | None
    caught: int | None
    cells: int | None
    covered: int | None
    branches: int | None
    commit: str
    dirty: bool
    fingerprints: frozenset[str]

    @property
    def score(self) -> float | None:
        """The share of planted bugs that was caught."""
        return self.caught / self.hunted if self.hunted and self.caught is not None else None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What pruned nights knew of a finding: when it was first seen, and the night before that."""

    first_at: datetime
    first_commit: str
    before_at: datetime | None
    before_commit: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding as it was seen last."""

    fingerprint: str
    oracle: str
    kind: str
    status: str
    document_chars: int | None
    steps: int | None


class History:
    """An open history. `notes` say what became of a damaged file."""

    def __init__(self, path: Path, database: sqlite3.Connection, notes: Sequence[str] = ()) -> None:
        self.path = path
        self.notes = tuple(notes)
        self._database = database

    def record(self, report: Mapping[str, Any]) -> bool:
        """Takes a report in; false where it was there already, and nothing has changed. Raises
        `UsageError` where it lacks what a history needs."""
        if report["verdict"] == "could-not-run":
            raise UsageError("a run that could not run has no place in a history")
        if not report.get("ended_at"):
            raise UsageError('a report without "ended_at" has no place in a history')
        row = _row(report)
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        with self._transaction() as database:
            cursor = database.execute(
                f"INSERT OR IGNORE INTO nights ({names}) VALUES ({marks})", tuple(row.values())
            )
            if not cursor.rowcount:
                return False
            database.executemany(
                "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (cursor.lastrowid, f["fingerprint"], f["oracle"], f["kind"], f["status"],
                     f["document_chars"], f["steps"])
                    for f in report["findings"]
                ],
            )  # fmt: skip
        return True

    def nights(
        self, target: str | None = None, campaign: str | None = None, since: datetime | None = None
    ) -> list[Night]:
        """Nights in the order of their time; of one target or campaign alone, if it is given."""
        seen: dict[int, set[str]] = {}
        for night, fingerprint in self._rows("SELECT night, fingerprint FROM sightings"):
            seen.setdefault(night, set()).add(fingerprint)
        found = []
        for row in self._rows(f"SELECT {', '.join(_COLUMNS)} FROM nights ORDER BY at, id"):
            night = _night(row, frozenset(seen.get(row[0], ())))
            if (
                target in (None, night.target)
                and campaign in (None, night.campaign)
                and (since is None or night.at >= since)
            ):
                found.append(night)
        return found

    def sightings(self, night: Night) -> list[Sighting]:
        """What was found in a night."""
        query = (
            "SELECT fingerprint, oracle, kind, status, document_chars, steps FROM sightings"
            " WHERE night = ? ORDER BY oracle, kind, fingerprint"
        )
        return [Sighting(*row) for row in self._rows(query, night.id)]

    def remembered(self, target: str) -> dict[str, Remembered]:
        """What pruned nights knew of the findings of a target, by fingerprint."""
        query = (
            "SELECT fingerprint, first_at, first_commit, before_at, before_commit"
            " FROM remembered WHERE target = ?"
        )
        return {
            fingerprint: Remembered(
                datetime.fromisoformat(first_at), first_commit or "",
                datetime.fromisoformat(before_at) if before_at else None, before_commit or "",
            )
            for fingerprint, first_at, first_commit, before_at, before_commit in self._rows(
                query, target
            )
        }  # fmt: skip

    def prune(self, before: datetime) -> int:
        """Drops the nights in front of a time, and gives how many. When their findings were first
        seen stays known."""
        limit = _utc(before)
        with self._transaction() as database:
            gone = [night for night in self.nights() if night.at < before]
            for night, fingerprint, earlier in _first_sightings(gone):
                database.execute(
                    "INSERT OR IGNORE INTO remembered VALUES (?, ?, ?, ?, ?, ?)",
                    (night.target, fingerprint, _utc(night.at), night.commit or None,
                     _utc(earlier.at) if earlier else None,
                     (earlier.commit or None) if earlier else None),
                )  # fmt: skip
            database.execute(
                "DELETE FROM sightings WHERE night IN (SELECT id FROM nights WHERE at < ?)",
                (limit,),
            )
            count = database.execute("DELETE FROM nights WHERE at < ?", (limit,)).rowcount
        self._database.execute("VACUUM")
        return count

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def _rows(self, query: str, *values: Any) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{self.path}: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises `UsageError` where the file cannot be written."""
        try:
            with self._database:  # commits, or takes everything back
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
        except sqlite3.DatabaseError as error:
            raise UsageError(f"cannot write {self.path}: {error}") from error


def _night(row: Sequence[Any], fingerprints: frozenset[str]) -> Night:
    """A row of `_COLUMNS`."""
    values = dict(zip(_COLUMNS, row, strict=True))
    values |= {
        "at": datetime.fromisoformat(values["at"]),
        "good": bool(values["good"]),
        "commit": values.pop("commit_hash") or "",
        "dirty": bool(values["dirty"]),
    }
    return Night(**values, fingerprints=fingerprints)


def _first_sightings(nights: Sequence[Night]) -> Iterator[tuple[Night, str, Night | None]]:
    """For each finding the first night that saw it, and the one of its target before that."""
    known: set[tuple[str, str]] = set()
    last: dict[str, Night] = {}
    for night in nights:
        for fingerprint in sorted(night.fingerprints):
            if (night.target, fingerprint) not in known:
                known.add((night.target, fingerprint))
                yield night, fingerprint, last.get(night.target)
        last[night.target] = night


def _row(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as a row of `nights`."""
    findings, planted = report["findings"], report.get("planted") or {}
    hazards, commit = report.get("hazards") or {}, report.get("commit") or {}
    at = _utc(datetime.fromisoformat(report["ended_at"]))
    campaign = report.get("campaign", "")
    name = (at, campaign, report["target"], report["engine"], str(report["seed"]), report["edits"])
    branches = (report.get("reach") or {}).get("branches")
    return {
        "key": hashlib.sha256(json.dumps(name).encode()).hexdigest()[:32],
        "at": at,
        "campaign": campaign,
        "target": report["target"],
        "engine": report["engine"],
        "seed": str(report["seed"]),
        "verdict": report["verdict"],
        "good": report.get("good", report["verdict"] == "clean"),
        "first_line": report.get("first_line", ""),
        "edits": report["edits"],
        "seconds": report["wall_seconds"],
        "speed": report["edits_per_second"],
        "reuse": report["reuse"],
        "new": sum(not finding["known"] for finding in findings),
        "known": sum(finding["known"] for finding in findings),
        "hunted": planted.get("hunted"),
        "caught": planted.get("caught"),
        "cells": hazards.get("cells"),
        "covered": hazards.get("covered"),
        "branches": branches if isinstance(branches, int) else None,
        "commit_hash": commit.get("hash"),
        "dirty": commit.get("dirty"),
        "fuzzeq": report.get("versions", {}).get("fuzzeq"),
    }


def _utc(moment: datetime) -> str:
    """A time as text that sorts as times do."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def days_ago(days: float, now: datetime) -> datetime:
    """So many days before now."""
    return now - timedelta(days=days)


# Opening.


@contextmanager
def opened(path: Path) -> Iterator[History]:
    """The history in a file, which is made where there is none. Raises `UsageError`."""
    history = open_history(path)
    with closing(history):
        yield history


def open_history(path: Path) -> History:
    """See `opened`; to be closed by the caller."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return History(path, _migrated(path))
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise UsageError(f"cannot open {path}: {error}") from error
        aside = _set_aside(path)
        note = f"{path} was damaged ({error}): set aside as {aside.name}, and a new one begun"
        return History(path, _migrated(path), (note,))
    except OSError as error:
        raise UsageError(f"cannot open {path}: {error.strerror or error}") from error


def _migrated(path: Path) -> sqlite3.Connection:
    """A connection to a file of the current version. Raises `sqlite3.DatabaseError`, and
    `UsageError` where the file is another's, or of a later version."""
    with ExitStack() as stack:
        database = stack.enter_context(
            closing(sqlite3.connect(path, isolation_level=None, timeout=30))
        )
        _migrate(path, database)
        stack.pop_all()  # it stays open
    return database


def _migrate(path: Path, database: sqlite3.Connection) -> None:
    if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("its pages do not fit together")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION:
        raise UsageError(f"{path} is a database, and no history of fuzzeq: name another file")
    if version > VERSION:
        raise UsageError(f"{path}: version {version}; this fuzzeq knows {VERSION}: update it")
    if version == VERSION:
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        (version,) = database.execute("PRAGMA user_version").fetchone()  # another may be faster
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is to blame, and not who may read it, or the disk."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.replace(aside)
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return aside
