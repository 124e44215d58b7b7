"""The history: a row for each night and for each sighting of a finding, out of reports."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fuzzeq.errors import UsageError
from fuzzeq.explain import one_line
from fuzzeq.history.file import open_file
from fuzzeq.history.nights import Appearance, Night, Sight, appearances

_COLUMNS = (
    "id", "at", "campaign", "target", "verdict", "good", "first_line", "edits", "seconds", "speed",
    "reuse", "new", "known", "hunted", "caught", "cells", "covered", "branches", "commit_hash",
    "dirty",
)  # fmt: skip
"""Of `nights`: what a `Night` is made of."""

_REMEMBERED = (
    "first_at", "first_commit", "bad_at", "bad_commit", "good_at", "good_commit", "good_edits",
    "gone_at", "gone_commit", "gone_edits",
)  # fmt: skip
"""Of `remembered`: what an `Appearance` is made of."""


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
        try:
            return self._insert(report)
        except (OverflowError, ValueError) as error:  # a date, number or text of no night
            raise UsageError(f"a report that cannot be kept: {error}") from error

    def _insert(self, report: Mapping[str, Any]) -> bool:
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
                    (cursor.lastrowid, f["fingerprint"], one_line(f["oracle"]), one_line(f["kind"]),
                     f["status"], f["document_chars"], f["steps"])
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

    def remembered(self, target: str, campaign: str) -> dict[str, Appearance]:
        """What pruned nights of a target and a campaign knew of findings, by fingerprint."""
        query = (
            f"SELECT fingerprint, {', '.join(_REMEMBERED)} FROM remembered"
            " WHERE target = ? AND campaign = ?"
        )
        return {row[0]: _appearance(row[1:]) for row in self._rows(query, target, campaign)}

    def prune(self, before: datetime) -> int:
        """Drops the nights in front of a time, and gives how many. When their findings were first
        seen stays known, and when they came and went. Raises `UsageError`."""
        insert = (
            f"INSERT OR REPLACE INTO remembered (target, campaign, fingerprint, "
            f"{', '.join(_REMEMBERED)}) VALUES (?, ?, ?{', ?' * len(_REMEMBERED)})"
        )
        with self._transaction() as database:
            dropped: dict[tuple[str, str], list[Night]] = {}
            for night in self.nights():
                if night.at < before:
                    dropped.setdefault((night.target, night.campaign), []).append(night)
            for group, nights in dropped.items():
                found = appearances(nights, self.remembered(*group))
                database.executemany(
                    insert, [(*group, name, *_columns(seen)) for name, seen in found.items()]
                )
            ids = [(night.id,) for nights in dropped.values() for night in nights]
            database.executemany("DELETE FROM sightings WHERE night = ?", ids)
            database.executemany("DELETE FROM nights WHERE id = ?", ids)
        with self._writing(f"{len(ids)} nights dropped, but the file keeps its size"):
            self._database.execute("VACUUM")
        return len(ids)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{self.path}: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises `UsageError` where the file cannot be written."""
        with self._writing(), self._database:  # commits, or takes everything back
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    @contextmanager
    def _writing(self, done: str = "") -> Iterator[None]:
        """Raises `UsageError` where the file cannot be written; `done` is what has been done."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            told = f"{done}: " if done else ""
            raise UsageError(f"{told}cannot write {self.path}: {error}") from error


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


def _appearance(row: Sequence[Any]) -> Appearance:
    """A row of `_REMEMBERED`."""

    def sight(at: str | None, commit: str | None, edits: int | None = None) -> Sight | None:
        return None if at is None else Sight(datetime.fromisoformat(at), commit or "", edits)

    first, bad = sight(*row[0:2]), sight(*row[2:4])
    assert first is not None
    assert bad is not None
    return Appearance(first, bad, sight(*row[4:7]), sight(*row[7:10]))


def _columns(seen: Appearance) -> Iterator[Any]:
    """The row of `_REMEMBERED` for it."""
    for sight in (seen.first, seen.bad):
        yield from (_utc(sight.at), sight.commit or None)
    for absence in (seen.good, seen.gone):
        yield from (
            (_utc(absence.at), absence.commit or None, absence.edits) if absence else (None,) * 3
        )


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
        "first_line": one_line(report.get("first_line", "")),
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


def days_ago(days: int, now: datetime) -> datetime:
    """So many days before now."""
    return now - timedelta(days=days)


# Opening.


@contextmanager
def opened(path: Path) -> Iterator[History]:
    """The history in a file, which is made where there is none. Raises `UsageError`."""
    database, notes = open_file(path)
    with closing(database):
        yield History(path, database, notes)
