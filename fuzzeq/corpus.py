"""Samples: whole documents for generators to cut and splice. They only go in; nothing is written.

Knows no language: which files of a tree count is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fuzzeq.errors import UsageError

PACKAGE = Path(__file__).parent
TEX_SUFFIXES = frozenset((".tex", ".sty", ".ltx", ".cls", ".dtx"))
LARGEST_SAMPLE = 1 << 20
"""Bytes; a larger file is cut there, since only stretches of a sample are ever drawn."""


@dataclass(slots=True)
class Samples:
    """Documents, and what has to be said about the files that they come from."""

    texts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def bundled(name: str) -> Path:
    """The samples of a target that come with fuzzeq: in a wheel inside the package, in a checkout
    beside it. The folder need not exist."""
    inside = PACKAGE / "samples" / name
    return inside if inside.is_dir() else PACKAGE.parent / "corpus" / name


def load(folder: Path, suffixes: Iterable[str] = TEX_SUFFIXES) -> Samples:
    """Every file below a folder with one of the suffixes, in the order of their names.

    A file that is not UTF-8 is read as Latin-1; one that cannot be read is left out; both are
    noted. Raises `UsageError` where there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise UsageError(f"no folder {str(folder)!r} to take samples from")
    wanted = frozenset(suffixes)
    samples = Samples()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in wanted and not path.is_dir():
            _read(path, samples)
    if not samples.texts:
        endings = " ".join(sorted(wanted))
        raise UsageError(f"no sample in {str(folder)!r}: looked for files ending in {endings}")
    return samples


def _read(path: Path, samples: Samples) -> None:
    try:
        if not path.is_file():
            raise OSError(22, "not a regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_SAMPLE + 1)
    except OSError as error:
        samples.notes.append(f"{path}: left out, {error.strerror or error}")
        return
    if len(data) > LARGEST_SAMPLE:
        data = data[:LARGEST_SAMPLE]
        samples.notes.append(f"{path}: cut to its first {LARGEST_SAMPLE} bytes")
        start = LARGEST_SAMPLE - 1  # of the last character, whose bytes may not all be there
        while start > LARGEST_SAMPLE - 4 and data[start] & 0xC0 == 0x80:
            start -= 1
        data = data[:start]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        samples.notes.append(f"{path}: not UTF-8, read as Latin-1")
    samples.texts.append(text)
