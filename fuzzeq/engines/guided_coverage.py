"""What a corpus reaches of a target's incremental side, by coverage.py: lines and branches.

Runs in a worker of its own, in which the target is loaded anew once it is watched: so lines that
run when a module is imported count as reached.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from coverage import Coverage

from fuzzeq.checking import check
from fuzzeq.engines import guided_corpus
from fuzzeq.engines.instrumentation import incremental_side
from fuzzeq.engines.unit import language_of
from fuzzeq.errors import UsageError
from fuzzeq.registry import load_target


@dataclass(frozen=True, slots=True)
class Covered:
    """What is reached of a file: lines and branches, as `(reached, all)`; functions that nothing
    reaches at all; and of the others the lines, as ranges."""

    file: str
    lines: tuple[int, int]
    branches: tuple[int, int]
    functions: tuple[str, ...]
    unreached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """A task that runs every entry of a folder and gives a `Covered` for each of the files, which
    stand in the packages; with `html`, a folder to write pages to."""

    target: str
    folder: Path
    files: tuple[str, ...]
    packages: tuple[str, ...]
    html: Path | None = None

    def run(self, began: Callable[[Any], None]) -> tuple[Covered, ...]:
        """A note for each entry: its file."""
        watcher = Coverage(data_file=None, config_file=False, branch=True, include=self.files)
        watcher.start()
        try:
            forget(self.packages)
            target = load_target(self.target)
            for entry in guided_corpus.entries(self.folder):
                began(entry.path)
                check(target, entry.trace())
        finally:
            watcher.stop()
        if self.html is not None:
            title = f"{self.target}: what {self.folder.name} reaches"
            watcher.html_report(directory=str(self.html), title=title)
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "coverage.json"
            watcher.json_report(outfile=str(report))
            files: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
        return tuple(_covered(name, file) for name, file in sorted(files.items()))


def cover(target_name: str, folder: Path, html: Path | None) -> Cover:
    """The task for a target. Raises `UsageError` where there is nothing to look at."""
    side = incremental_side(load_target(target_name), language_of(target_name, None))
    if not side.functions:
        raise UsageError(f"{target_name}: its incremental side is not written in Python")
    if not guided_corpus.stats(folder).entries:
        raise UsageError(f"no entry in {folder}: fuzzeq run --engine guided makes some")
    files = sorted({function.__code__.co_filename for function in side.functions})
    return Cover(target_name, folder, tuple(files), side.packages, html)


def forget(packages: Sequence[str]) -> None:
    """Has the modules of packages imported anew when they are next asked for."""
    for name in list(sys.modules):
        if any(name == package or name.startswith(f"{package}.") for package in packages):
            del sys.modules[name]


def _covered(name: str, file: dict[str, Any]) -> Covered:
    summary = file["summary"]
    unreached: list[str] = []
    within: set[int] = set()
    for function, region in file["functions"].items():
        if function and region["summary"]["num_statements"] and not region["executed_lines"]:
            unreached.append(function)
            within |= set(region["missing_lines"])
    lines = [line for line in file["missing_lines"] if line not in within]
    return Covered(
        file=name,
        lines=(summary["covered_lines"], summary["num_statements"]),
        branches=(summary["covered_branches"], summary["num_branches"]),
        functions=tuple(unreached),
        unreached=tuple(_ranges(lines)),
    )


def _ranges(lines: Sequence[int]) -> Iterator[str]:
    """Lines, ascending, with neighbours drawn together."""
    if not lines:
        return
    first = lines[0]
    for line, after in pairwise((*lines, lines[-1] + 2)):
        if after != line + 1:
            yield str(first) if first == line else f"{first}-{line}"
            first = after
