"""Corpora sorted out by libFuzzer: what of one adds to another, and what of one is needed at all.

libFuzzer starts this fuzzer again for it, through a shell and with whatever paths it was given, so
it works on copies in a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fuzzeq.engines import guided
from fuzzeq.engines.guided_corpus import entries, flaw, tidy
from fuzzeq.errors import UsageError


def merge(target: str, path: Path, sources: Sequence[Path]) -> tuple[str, ...]:
    """Adds the entries of other folders that reach something that the corpus does not; says which
    entries are damaged and were left out. Raises `UsageError`."""
    notes = [*tidy(path)]
    with _workplace() as work:
        offered, kept = work / "offered", work / "kept"
        for source in sources:
            notes += _copy(source, offered)
        _copy(path, kept)
        _merge_by_libfuzzer(target, kept, offered)
        _take_over(kept, path)
    return tuple(notes)


def minimize(target: str, path: Path) -> tuple[str, ...]:
    """Drops the entries that reach nothing that the others do not, smaller ones first served.
    What was to be said of damaged ones. Raises `UsageError`."""
    notes = tidy(path)
    if not list(entries(path)):  # libFuzzer merges nothing without a word of success
        raise UsageError(f"no entry in {path}: fuzzeq run --engine guided makes some")
    with _workplace() as work:
        offered, kept = work / "offered", work / "kept"
        _copy(path, offered)
        kept.mkdir()
        _merge_by_libfuzzer(target, kept, offered)
        needed = _take_over(kept, path)
        for entry in list(entries(path)):
            if entry.path.name not in needed:
                entry.path.unlink(missing_ok=True)
    return notes


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for a while, whose name libFuzzer can hand to a shell as it is."""
    with tempfile.TemporaryDirectory(prefix="fuzzeq-") as name:
        if shlex.quote(name) != name:
            raise UsageError(f"{name!r} is no path for libFuzzer: set TMPDIR to a plain one")
        yield Path(name)


def _copy(source: Path, folder: Path) -> list[str]:
    """Copies the entries of a folder; says which are damaged. Raises `UsageError`."""
    folder.mkdir(exist_ok=True)
    notes = []
    try:
        for child in sorted(source.iterdir()):
            if child.name.startswith("."):
                continue
            if wrong := flaw(child):
                notes.append(f"corpus entry {child} left out: {wrong}")
                continue
            data = child.read_bytes()
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot read a corpus in {source}: {error.strerror or error}") from None
    return notes


def _merge_by_libfuzzer(target: str, kept: Path, offered: Path) -> None:
    """Has libFuzzer copy from one folder to the other what reaches something new."""
    guided.require_atheris()
    command = [sys.executable, "-m", guided.PROCESS, target, "-merge=1", "-timeout=60"]
    ended = subprocess.run(
        [*command, f"-merge_control_file={kept.parent / 'control'}", str(kept), str(offered)],
        env=guided.environment() | {guided.PASS: "1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode or "MERGE-OUTER: successful" not in ended.stderr:
        raise RuntimeError(f"merging ended with {ended.returncode}:\n{ended.stderr[-2000:]}")


def _take_over(kept: Path, path: Path) -> set[str]:
    """Moves what is not there yet, each file whole; gives the names of all."""
    names = set()
    for entry in entries(kept):
        names.add(entry.path.name)
        if not (path / entry.path.name).exists():
            beside = path / f".{entry.path.name}.{os.getpid()}"
            shutil.copyfile(entry.path, beside)
            beside.replace(path / entry.path.name)
    return names
