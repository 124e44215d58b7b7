"""Reports read back from their files, and held against their schema before they are used.

A report may come from another machine, or from somebody who means no good. Nothing in it is run or
imported, and of the files that it names only reproducers are opened, where they are to be expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fuzzeq import crash_store
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Finding
from fuzzeq.report.needs import needed

SCHEMA = "report.schema.json"
LARGEST = 64 << 20
"""Bytes of a report."""


@cache
def schema() -> dict[str, Any]:
    """The schema of reports: in a wheel beside this module, in a checkout in docs/."""
    here = Path(__file__).parent / SCHEMA
    path = here if here.exists() else Path(__file__).parents[2] / "docs" / SCHEMA
    value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return value


def read_report(path: Path) -> dict[str, Any]:
    """A report out of its file. Raises `UsageError`, one line that names what is wrong."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path}: not a report: larger than {LARGEST >> 20} MB")
        value = json.loads(path.read_text("utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not a report: {error}") from None
    if wrong := flaw(value):
        raise UsageError(f"{path}: not a report: {wrong}")
    report: dict[str, Any] = value
    return report


def flaw(value: Any) -> str:
    """What is wrong with a value that should be a report; empty if nothing."""
    validator = needed("jsonschema").Draft202012Validator(schema())
    error = next(iter(validator.iter_errors(value)), None)
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "its top level"
        return f"{where}: {error.message[:200]}"
    ended = value.get("ended_at")
    try:
        if ended is not None:
            datetime.fromisoformat(ended)
    except ValueError:  # a 31st of February
        return f"ended_at: {ended!r} is no time that there is"
    return ""


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def finding_of(
    row: Mapping[str, Any], folders: Iterable[Path]
) -> tuple[Path | None, Finding | None]:
    """The reproducer that a row of a report names; None where it is not there or is none. A path
    that stays below the current folder is followed; of any other only the name is, in `folders`,
    since whoever wrote the report may have meant somebody else's file."""
    named = Path(row["reproducer"] or "")
    if not named.name.endswith(crash_store.SUFFIX):
        return None, None
    places = [] if named.is_absolute() or ".." in named.parts else [named]
    inside = ("", crash_store.FLAKY, crash_store.PENDING)
    places += [folder / each / named.name for folder in folders for each in inside]
    for place in places:
        try:
            return place, crash_store.load(place).finding
        except UsageError:
            continue
    return None, None
