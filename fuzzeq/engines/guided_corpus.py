"""The entries that the guided engine keeps from one run to the next: files, as libFuzzer writes.

An entry is named after the SHA-1 of what is in it, so one that a full disk or a crash has damaged
is known by its name. Any bytes decode to a trace; so a damaged entry would do no harm, but it is
not what was kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuzzeq.errors import UsageError
from fuzzeq.generate.codec import decode
from fuzzeq.model.trace import Trace

MOST_ENTRIES = 10_000
MOST_BYTES = 16 << 20
"""Of all entries together; the largest go first."""

LARGEST_ENTRY = 1 << 16
WRITING_SECONDS = 10.0
"""A file that was changed a moment ago may be in the middle of being written."""

_HASH = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, and how long it is in bytes."""

    path: Path
    size: int

    def trace(self) -> Trace:
        """What it stands for."""
        return decode(self.path.read_bytes())


def default_folder(target: str) -> Path:
    """Where the entries for a target are kept: in the user's folder for what can be made again
    (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(named) if os.path.isabs(named) else Path.home() / ".cache"
    return home / "fuzzeq" / "corpus" / target


def folder(target: str, named: str | None) -> Path:
    """The folder that the user named, or the target's default one; it is there afterwards, and
    can be written to. Raises `UsageError`."""
    path = Path(named) if named is not None else default_folder(target)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"cannot keep a corpus in {path}: {error.strerror or error}") from None
    return path


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a folder, damaged ones left out, in the order of their names."""
    for child in sorted(path.iterdir()):
        if not child.name.startswith(".") and not flaw(child):
            yield Entry(child, child.stat().st_size)


def flaw(path: Path) -> str:
    """What is wrong with a file of a corpus, in a few words; "" if nothing."""
    try:
        if path.is_symlink() or not path.is_file():
            return "not a regular file"
        size = path.stat().st_size
        if size > LARGEST_ENTRY:
            return f"{size:,} bytes; an entry has at most {LARGEST_ENTRY:,}"
        data = path.read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if _HASH.fullmatch(path.name) and path.name != hashlib.sha1(data).hexdigest():
        return "not what its name says"
    return ""


def tidy(path: Path) -> tuple[str, ...]:
    """Drops the entries that are damaged, and the largest ones where there are too many; says
    which. What was written a moment ago may not be finished, and stays. Raises `UsageError`."""
    notes = []
    try:
        for child in sorted(path.iterdir()):
            wrong = "" if child.name.startswith(".") else flaw(child)
            if wrong and _is_settled(child):
                _drop(child)
                notes.append(f"corpus entry {child} dropped: {wrong}")
        kept = sorted(entries(path), key=lambda entry: (entry.size, entry.path.name))
        total = sum(entry.size for entry in kept)
        surplus = 0
        while kept and (len(kept) > MOST_ENTRIES or total > MOST_BYTES):
            largest = kept.pop()
            total -= largest.size
            largest.path.unlink(missing_ok=True)
            surplus += 1
    except OSError as error:
        raise UsageError(f"cannot tidy the corpus in {path}: {error.strerror or error}") from None
    if surplus:
        notes.append(
            f"corpus {path}: the {surplus:,} largest entries dropped, to keep {MOST_ENTRIES:,} "
            f"entries and {MOST_BYTES >> 20} MB; fuzzeq corpus minimize keeps what is needed"
        )
    return tuple(notes)


@dataclass(frozen=True, slots=True)
class Stats:
    """A corpus in numbers. Sizes are medians and largest: of entries in bytes, of documents in
    characters, of traces in steps."""

    entries: int
    bytes: int
    entry_bytes: tuple[int, int]
    document_characters: tuple[int, int]
    steps: tuple[int, int]
    damaged: tuple[str, ...]


def stats(path: Path) -> Stats:
    """Looks at every entry of a folder and changes nothing. Raises `UsageError`."""
    if not path.is_dir():
        raise UsageError(f"no corpus in {path}: fuzzeq run --engine guided makes one")
    kept = list(entries(path))
    traces = [entry.trace() for entry in kept]
    return Stats(
        entries=len(kept),
        bytes=sum(entry.size for entry in kept),
        entry_bytes=_middle_and_last([entry.size for entry in kept]),
        document_characters=_middle_and_last([len(trace.document) for trace in traces]),
        steps=_middle_and_last([len(trace.steps) for trace in traces]),
        damaged=tuple(
            f"{child}: {wrong}"
            for child in sorted(path.iterdir())
            if not child.name.startswith(".") and (wrong := flaw(child))
        ),
    )


def _middle_and_last(sizes: list[int]) -> tuple[int, int]:
    sizes = sorted(sizes)
    return (sizes[len(sizes) // 2], sizes[-1]) if sizes else (0, 0)


def _is_settled(path: Path) -> bool:
    return time.time() - path.lstat().st_mtime > WRITING_SECONDS


def _drop(path: Path) -> None:
    """A folder is left where it is: whoever put it there had a reason."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
