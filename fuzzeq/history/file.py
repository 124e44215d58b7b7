"""The file that a history is kept in: its tables, its versions, and what becomes of a damaged one.

One SQLite file. Its version is SQLite's `user_version`; an older file is migrated forward in one
transaction, a newer one is left alone. A damaged file is set aside under a name that is told, and a
new one begun: the reports that it was made of can be recorded again.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from fuzzeq.damaged import set_aside
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
_THIRD = (
    # By campaign, and when a finding came back and went. Whose a row was is known where its target
    # has nights of one campaign alone; elsewhere it would be told of campaigns that never saw it.
    """CREATE TABLE by_campaign (
        target TEXT NOT NULL,
        campaign TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        first_at TEXT NOT NULL,
        first_commit TEXT,
        bad_at TEXT NOT NULL,
        bad_commit TEXT,
        good_at TEXT,
        good_commit TEXT,
        good_edits INTEGER,
        gone_at TEXT,
        gone_commit TEXT,
        gone_edits INTEGER,
        PRIMARY KEY (target, campaign, fingerprint)
    )""",
    """INSERT INTO by_campaign
        SELECT target, min(campaign), fingerprint, first_at, first_commit, first_at, first_commit,
            before_at, before_commit, NULL, NULL, NULL, NULL
        FROM remembered JOIN nights USING (target)
        GROUP BY target, fingerprint HAVING count(DISTINCT campaign) = 1""",
    "DROP TABLE remembered",
    "ALTER TABLE by_campaign RENAME TO remembered",
)
MIGRATIONS = (_FIRST, _SECOND, _THIRD)
"""What leads from each version to the next; the number of the last one is the version."""

VERSION = len(MIGRATIONS)


def open_file(path: Path) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    """A connection to a file of the current version, which is made where there is none, and notes
    on what became of a damaged one. Raises `UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _in_turn(path.parent):
            return _mended(path)
    except sqlite3.DatabaseError as error:
        raise UsageError(f"cannot open {path}: {error}") from error
    except OSError as error:
        raise UsageError(f"cannot open {path}: {error.strerror or error}") from error


@contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    """One process after the other opens what is in a folder: else two would see the same damage,
    and one of them set aside what the other has begun anew."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _mended(path: Path) -> tuple[sqlite3.Connection, tuple[str, ...]]:
    try:
        return _migrated(path), ()
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        aside = set_aside(path, str(error))
        note = f"{path} was damaged ({error}): set aside as {aside.name}, and a new one begun"
        return _migrated(path), (note,)


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
