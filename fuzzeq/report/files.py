"""Files written so that no reader sees half of one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from fuzzeq.errors import UsageError


def write_text(text: str, path: Path) -> None:
    """Writes a text in UTF-8; a lone surrogate becomes a question mark. See `write_bytes`."""
    write_bytes(text.encode("utf-8", "replace"), path)


def write_bytes(data: bytes, path: Path) -> None:
    """Writes beside its place and then renames, or into what stands there and is no file, such as
    a pipe. Raises `UsageError`."""
    try:
        _refuse_folder(path)
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def check_place(path: Path) -> None:
    """Raises `UsageError` where nothing can be written, before there is a work of minutes to
    lose. Leaves everything as it was."""
    try:
        _refuse_folder(path)
        if path.exists() and not path.is_file():
            return  # a pipe, say, which opening would begin to use
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.touch()
        finally:
            with suppress(OSError):
                beside.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _refuse_folder(path: Path) -> None:
    if not path.name or path.is_dir():
        raise IsADirectoryError(21, "a folder, not a file")
