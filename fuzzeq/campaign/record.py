"""What a campaign has done, in its folder: a SQLite file, a log, and a lock.

The file is what `resume` goes by. It is in WAL mode and every result is a transaction of its own,
so that whatever ends the supervisor costs at most the units in flight. What cannot be written,
because the disk is full, waits in memory; meanwhile nothing new is begun. A damaged file is set
aside: the campaign starts over with its settings from the log, and finds again what it had found.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from fuzzeq.campaign import events
from fuzzeq.campaign.encoding import digest_of, from_json, key_of, to_json
from fuzzeq.campaign.keeper import DEATH, FOUND, FOUND_EARLIER, KNOWN_BEFORE, LEFT_OVER
from fuzzeq.campaign.tasks import RunUnit
from fuzzeq.campaign.watch import room, shortage
from fuzzeq.damaged import set_aside
from fuzzeq.errors import UsageError

FORMAT = 1
NAME = "state.sqlite"
LOCK = "lock"
LOOK_SECONDS = 1.0
"""How often the room on the disk is looked at."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS done (task TEXT PRIMARY KEY, result TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, fact TEXT NOT NULL
);
"""
_DONE = "INSERT OR REPLACE INTO done VALUES (?, ?)"
_FACT = "INSERT INTO facts (kind, fact) VALUES (?, ?)"
_ABOUT = "INSERT OR REPLACE INTO about VALUES (?, ?)"


def lock(folder: Path) -> int:
    """Takes a campaign's folder for this process, until it ends or closes the descriptor that comes
    back. Raises `UsageError` that says who holds it, or that it cannot be written to."""
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another process"
        os.close(file)
        raise UsageError(f"{folder} is held by {holder}: one campaign at a time") from None
    with suppress(OSError):  # a full disk: then the next one cannot be told, and is still refused
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
    return file


class Record:
    """A keeper that remembers over the end of its process. To be used by whoever holds the lock."""

    def __init__(
        self,
        folder: Path,
        free_disk_mb: int = 0,
        free_memory_mb: int = 0,
        clock: events.Clock = events.wall_clock,
    ) -> None:
        self.folder = folder
        self._wanted = free_disk_mb, free_memory_mb
        self._events = events.Log(folder, clock)
        self._waiting: list[tuple[str, tuple[str, str]]] = []
        self._facts: list[tuple[str, Any]] = []
        self._about: dict[str, Any] = {}
        self._looked, self._shortage = -LOOK_SECONDS, ""
        self._database = self._open()

    # The file.

    def _open(self) -> sqlite3.Connection:
        """Opens the file, or begins a new one where it is damaged."""
        path = self.folder / NAME
        try:
            database = _connect(path)
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("its pages do not fit together")
            database.executescript(_SCHEMA)
            about = dict(database.execute("SELECT key, value FROM about"))
            facts = list(database.execute("SELECT kind, fact FROM facts ORDER BY number"))
            self._about = {key: json.loads(value) for key, value in about.items()}
            self._facts = [(kind, json.loads(fact)) for kind, fact in facts]
            if not self._about and _from_log(self.folder)[0]:
                database.close()
                return self._set_aside("it is empty")
        except (sqlite3.DatabaseError, ValueError) as error:
            if _is_full(error):
                raise UsageError(f"cannot write {path}: {error}") from error
            return self._set_aside(f"{error}")
        version = self._about.get("format", FORMAT)
        if version != FORMAT:
            raise UsageError(f"{path}: format {version}; this fuzzeq reads format {FORMAT}")
        return database

    def _set_aside(self, why: str) -> sqlite3.Connection:
        """Puts a damaged file out of the way and begins a new one, with what is in memory, or else
        in the log."""
        path = self.folder / NAME
        aside = set_aside(path, why)
        self.log("state damaged", why=why, kept=aside.name)
        if not self._about:
            self._about, self._facts = _from_log(self.folder)
        database = _connect(path)
        database.executescript(_SCHEMA)
        with database:
            database.execute("BEGIN")
            database.executemany(_ABOUT, [(k, json.dumps(v)) for k, v in self._about.items()])
            database.executemany(_FACT, [(kind, json.dumps(fact)) for kind, fact in self._facts])
        return database

    def close(self) -> None:
        """Writes what can still be written, and lets go of the files."""
        with suppress(sqlite3.DatabaseError):
            self._flush()
        self._database.close()
        self._events.close()

    # A night begins and ends.

    def about(self, key: str) -> Any:
        """What is written down under a name, a JSON value; None where nothing is."""
        return self._about.get(key)

    def begin(self, **about: Any) -> None:
        """Begins a night: forgets the results of the last one, but for what it found; what it did
        not find, although it came to its end, is forgotten as well. Of one that did not, what it
        had not settled is left over."""
        was_cut_short = bool(self._about) and not self._about.get("finished")
        kinds = (FOUND, FOUND_EARLIER) if was_cut_short else (FOUND,)
        earlier = {json.dumps(fact) for kind, fact in self._facts if kind in kinds}
        kept = [(FOUND_EARLIER, json.loads(fact)) for fact in sorted(earlier)]
        if was_cut_short:
            kept += [(LEFT_OVER, finding) for finding in self._unsettled()]
        self._facts, self._waiting = kept, []
        self._about = {"format": FORMAT, "finished": False, **about}
        with self._database as database:
            database.execute("BEGIN")
            for table in ("about", "done", "facts"):
                database.execute(f"DELETE FROM {table}")  # a name of ours
            database.executemany(_ABOUT, [(k, json.dumps(v)) for k, v in self._about.items()])
            database.executemany(_FACT, [(kind, json.dumps(fact)) for kind, fact in kept])
        self.log("began", about=about)

    def _unsettled(self) -> list[Any]:
        """The findings of the units and deaths of a night that did not end."""
        left = [fact for kind, fact in self._facts if kind == LEFT_OVER]
        left += [f["finding"] for kind, f in self._facts if kind == DEATH and f.get("finding")]
        rows = self._database.execute("SELECT result FROM done WHERE task LIKE 'unit %'")
        for (result,) in rows:
            with suppress(ValueError, KeyError, TypeError):
                left += json.loads(result)["findings"]
        return left

    def finish(self) -> None:
        """Ends the night: there is nothing to resume."""
        self._about["finished"] = True
        self._write(_ABOUT, ("finished", "true"))

    # What the run asks for; see `Keeper`.

    def recall(self, task: Any) -> tuple[Any] | None:
        """The result of a task that was done before, in a tuple; None where it was not."""
        key = key_of(task)
        if not key:
            return None
        try:
            query = "SELECT result FROM done WHERE task = ?"
            row = self._database.execute(query, (key,)).fetchone()
            return None if row is None else (from_json(task, json.loads(row[0])),)
        except (ValueError, RecursionError) as error:  # it is done again
            self.log("result damaged", task=key, why=str(error)[:200])
        except sqlite3.DatabaseError as error:
            self._database = self._set_aside(str(error))
        return None

    def keep(self, task: Any, result: Any) -> None:
        """Takes what came of a task, before anyone else hears of it."""
        if key := key_of(task):
            self._write(_DONE, (key, json.dumps(to_json(task, result))))
        if isinstance(task, RunUnit):
            unit = task.unit
            self.log(
                "unit", unit=task.name, edits=unit.edits, skip=sorted(unit.skip),
                diverged=result.diverged, digest=digest_of(result),
            )  # fmt: skip

    def add(self, kind: str, fact: Any) -> None:
        """Takes a fact, a JSON value, that is no task's result."""
        self._facts.append((kind, fact))
        self._write(_FACT, (kind, json.dumps(fact)))

    def facts(self, kind: str) -> list[Any]:
        """The facts of a kind, in the order in which they came."""
        return [fact for each, fact in self._facts if each == kind]

    def log(self, event: str, **what: Any) -> None:
        """Takes note of what happens, for those who read later."""
        self._events.write(event, **what)

    def trouble(self) -> str:
        """Why nothing new may be begun now, in one line; empty where it may."""
        if self._waiting:
            try:
                self._flush()
            except sqlite3.DatabaseError as error:
                return f"cannot write {self.folder / NAME}: {error}"
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._shortage = self._look()
        return self._shortage

    def _look(self) -> str:
        try:
            self._events.flush()
        except OSError as error:
            return f"cannot write {self._events.path}: {error.strerror or error}"
        return shortage(room(self.folder), self.folder, *self._wanted)

    def _write(self, statement: str, row: tuple[str, str]) -> None:
        self._waiting.append((statement, row))
        with suppress(sqlite3.DatabaseError):
            self._flush()

    def _flush(self) -> None:
        """Writes what is waiting. Raises `sqlite3.DatabaseError` where there is no room; a damaged
        file is replaced."""
        while self._waiting:
            try:
                self._database.execute(*self._waiting[0])
            except sqlite3.DatabaseError as error:
                if _is_full(error):
                    raise
                self._database = self._set_aside(str(error))
            else:
                del self._waiting[0]


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    return database


def _is_full(error: Exception) -> bool:
    """Whether there is no room, or the disk fails us otherwise; the file is not to blame."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )


def _from_log(folder: Path) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """What a campaign is about and what it has found, as far as its log says so."""
    about: dict[str, Any] = {}
    earlier: dict[str, None] = {}
    found: dict[str, None] = {}
    before: list[tuple[str, Any]] = []
    for event in events.read(folder):
        match event:
            case {"event": "began", "about": dict(value)}:
                about = {**value, "format": FORMAT, "finished": False}
                earlier, found, before = earlier | found, {}, []
            case {"event": "known before", "fingerprints": list(fingerprints)}:
                before = [(KNOWN_BEFORE, fingerprints)]
            case {"event": "finding", "fingerprint": str(fingerprint)}:
                found[fingerprint] = None
            case {"event": "finished"} if about:
                about["finished"] = True
                earlier = {}  # what it did not find is forgotten
    return about, [
        *before,
        *((FOUND_EARLIER, {"fingerprint": fingerprint}) for fingerprint in earlier),
        *((FOUND, {"fingerprint": fingerprint}) for fingerprint in found),
    ]
