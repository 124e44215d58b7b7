"""What earlier runs came to, by test and environment: one JSON file for each environment.

Only `accept` writes what was measured, and only when somebody asks for it: a run is judged against
what was there before. A file is replaced as a whole while a lock is held, so that several writers
lose nothing and no reader sees half of it. One that cannot be read is set aside under another name,
and begun afresh.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fuzzeq.bench.baseline import DOCUMENTS, Baseline, Settings, blended, now, time_of
from fuzzeq.bench.judgement import Direction
from fuzzeq.bench.statistics import Statistics
from fuzzeq.damaged import set_aside
from fuzzeq.errors import UsageError

FORMAT = 1
LARGEST_FILE = 64 << 20
LARGEST_NUMBER = 1e300
LOCK_SECONDS = 30.0
PLAIN_KEY = re.compile(r"[A-Za-z0-9._-]{1,200}")


class Baselines:
    """The baselines of one environment, in a folder. `notes` says what was set aside."""

    def __init__(self, folder: Path, key: str) -> None:
        if not PLAIN_KEY.fullmatch(key) or not key.strip("."):
            raise UsageError(
                f"{key!a} is no name of an environment: letters, digits, '.', '_', '-'"
            )
        self.folder, self.key = folder, key
        self.path = folder / f"{key}.json"
        self.notes: list[str] = []

    def load(self) -> dict[str, Baseline]:
        """Every baseline there is, by name. Raises `UsageError` where the file may not be read, or
        a newer version wrote it."""
        try:
            return self._read()
        except Damaged:
            with self._locked():  # a writer may have mended it meanwhile
                return self._mended()

    def _mended(self) -> dict[str, Baseline]:
        """What is there, with the lock held; a file that makes no sense is set aside."""
        try:
            return self._read()
        except Damaged as damaged:
            aside = set_aside(self.path, str(damaged))
            self.notes.append(f"{self.path} is damaged ({damaged}): set aside as {aside.name}")
            return {}

    def _read(self) -> dict[str, Baseline]:
        """What is there. Raises `UsageError`, and `Damaged` where it makes no sense."""
        try:
            if self.path.stat().st_size > LARGEST_FILE:
                raise Damaged(f"larger than {LARGEST_FILE} bytes")
            return decode(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UsageError(f"cannot read {self.path}: {error.strerror or error}") from error
        except UsageError as error:
            raise UsageError(f"{self.path}: {error}") from None
        except (ValueError, OverflowError, RecursionError) as error:
            raise Damaged(str(error)) from error

    def accept(
        self, new: Mapping[str, Baseline], settings: Settings, moment: datetime | None = None
    ) -> dict[str, Baseline]:
        """Takes over what was measured, and drops what nobody renewed. Raises `UsageError`."""
        moment = moment or now()
        with self._writing() as known:
            for name, baseline in new.items():
                old = known.get(name)
                if old and _is_one_kind(old, baseline):
                    baseline = blended(old, baseline, settings, moment)
                known[name] = baseline
            oldest = moment - timedelta(days=settings.retention)
            for name in [name for name in known if time_of(known[name].accepted) < oldest]:
                del known[name]
            return dict(known)

    def replace_all(self, new: Mapping[str, Baseline], merge: bool) -> dict[str, Baseline]:
        """What was exported elsewhere comes in place of what is there; with `merge` beside it, the
        later one where both know a test. Raises `UsageError`."""
        with self._writing() as known:
            if not merge:
                known.clear()
            for name, baseline in new.items():
                old = known.get(name)
                if old is None or time_of(old.accepted) <= time_of(baseline.accepted):
                    known[name] = baseline
            return dict(known)

    def reset(self, name: str | None = None) -> int:
        """Forgets all, or those whose name is this or begins with this and a slash; how many
        these were. Raises `UsageError`."""
        with self._writing() as known:
            gone = [
                each
                for each in known
                if name is None or each == name or each.startswith(name + "/")
            ]
            for each in gone:
                del known[each]
            return len(gone)

    @contextmanager
    def _writing(self) -> Iterator[dict[str, Baseline]]:
        """What is there, with the lock held; written as it is left, if it was changed."""
        with self._locked():
            known = self._mended()
            before = dict(known)
            yield known
            if known != before:
                self._write(known)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.folder / f".{self.key}.lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(f"cannot write to {self.folder}: {error.strerror or error}") from error
        try:
            until = time.monotonic() + LOCK_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise UsageError(
                            f"{path} has been held for {LOCK_SECONDS:.0f} s: is another run stuck?"
                        ) from None
                    time.sleep(0.005)
            yield
        finally:
            os.close(file)

    def _write(self, known: Mapping[str, Baseline]) -> None:
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with beside.open("w", encoding="ascii") as file:
                file.write(text_of(known, self.key))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise UsageError(f"cannot write {self.path}: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                beside.unlink()


def _is_one_kind(old: Baseline, new: Baseline) -> bool:
    """Whether two runs can be blended."""
    kinds = {(each.unit, each.direction, each.metadata.get(DOCUMENTS, "")) for each in (old, new)}
    return len(kinds) == 1 and old.is_comparable(new.calibration)


class Damaged(Exception):
    """A file of baselines that makes no sense; the message says why."""


def encode(known: Mapping[str, Baseline], key: str) -> dict[str, Any]:
    """Baselines as JSON values: what a file of them holds, and what is exported."""
    return {
        "format": FORMAT,
        "environment": key,
        "baselines": {name: _encode(baseline) for name, baseline in known.items()},
    }


def _encode(baseline: Baseline) -> dict[str, Any]:
    """What `asdict` gives, in a fifth of the time: nothing in a baseline has to be copied."""
    return _fields_of(baseline) | {"statistics": _fields_of(baseline.statistics)}


def _fields_of(value: Baseline | Statistics) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def text_of(known: Mapping[str, Baseline], key: str) -> str:
    """A file of baselines: one line for each, so that two such files can be compared by eye."""
    values = encode(known, key)
    lines = [
        f"{json.dumps(name)}: {json.dumps(entry)}"
        for name, entry in sorted(values.pop("baselines").items())
    ]
    head = json.dumps(values).removesuffix("}")
    return head + ', "baselines": {\n' + ",\n".join(lines) + "\n}}\n"


def decode(value: Any) -> dict[str, Baseline]:
    """What `encode` wrote. Raises `Damaged`; `UsageError` where a newer version wrote it."""
    found = value.get("format") if isinstance(value, dict) else None
    if type(found) is int and found > FORMAT:
        raise UsageError(
            f"baselines of a newer fuzzeq: format {found}, and this one reads {FORMAT}"
        )
    if not isinstance(value, dict) or not isinstance(value.get("baselines"), dict):
        raise Damaged("it has no table `baselines`")
    if value.get("format") != FORMAT:
        raise Damaged(f"its format is {value.get('format')!a}, not {FORMAT}")
    return {name: _decode(name, entry) for name, entry in value["baselines"].items()}


def _decode(name: str, entry: Any) -> Baseline:
    def part(table: Any, key: str, kind: type) -> Any:
        found: Any = table.get(key) if isinstance(table, dict) else None
        if kind is float and type(found) in (int, float) and abs(found) < LARGEST_NUMBER:
            return float(found)
        if kind is int and type(found) is int and found >= 0:
            return found
        if kind in (str, dict) and isinstance(found, kind):
            return found
        raise Damaged(f"{name!a}: `{key}` makes no sense")

    numbers = part(entry, "statistics", dict)
    statistics = Statistics(
        **{
            each.name: part(numbers, each.name, int if each.type == "int" else float)
            for each in fields(Statistics)
        }
    )
    if not statistics.count:
        raise Damaged(f"{name!a}: it has no samples")
    try:
        time_of(part(entry, "accepted", str))
        direction = Direction(part(entry, "direction", str))
    except ValueError as error:
        raise Damaged(f"{name!a}: {error}") from None
    return Baseline(
        statistics=statistics,
        unit=part(entry, "unit", str),
        direction=direction,
        calibration=part(entry, "calibration", float),
        accepted=entry["accepted"],
        runs=part(entry, "runs", int),
        spread=part(entry, "spread", float),
        version=part(entry, "version", str),
        metadata={str(key): str(of) for key, of in part(entry, "metadata", dict).items()},
    )
