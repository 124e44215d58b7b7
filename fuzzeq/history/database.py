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
from fuzzeq.history.file import open_file

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
    return History(path, *open_file(path))
