"""A file of ours that cannot be read is set aside, under a name that is told."""

from __future__ import annotations

from pathlib import Path

from fuzzeq.errors import UsageError

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database: nothing for the next one of that name."""


def set_aside(path: Path, why: str) -> Path:
    """Renames a damaged file, and returns where it is now. To be used by whoever holds the file's
    lock. Raises `UsageError`."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        path.replace(aside)
        for ending in _BESIDE:
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path} is damaged ({why}) and cannot be set aside: {error.strerror or error}"
        ) from error
    return aside
