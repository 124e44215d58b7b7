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
from fuzzeq.engines.instrumentation import incremental_side, revealing_traces
from fuzzeq.engines.unit import language_of
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
    """A task that runs every entry of a folder and gives a `Covered` for each file of the
    incremental side, none where that is not written in Python; with `html`, a folder to write pages
    to."""

    target: str
    folder: Path
    html: Path | None = None

    def run(self, began: Callable[[Any], None]) -> tuple[Covered, ...]:
        """A note for each entry: its file."""
        began(None)
        side = incremental_side(
            load_target(self.target), revealing_traces(language_of(self.target, None))
        )
        files = sorted({function.__code__.co_filename for function in side.functions})
        if not files:
            return ()
        watcher = Coverage(data_file=None, config_file=False, branch=True, include=files)
        watcher.start()
        try:
            forget(side.packages)
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
            table: dict[str, Any] = json.loads(report.read_text("utf-8"))["files"]
        return tuple(_covered(name, file) for name, file in sorted(table.items()))


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
