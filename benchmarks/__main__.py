"""All that is wanted of speed, measured in one go and written into RESULTS.md, between its two
marks, with the machine that it was measured on: `make bench`.

A measurement, not a test: what is missed is said, and the exit status is 0. Other lexers that are
named are measured in turns with ours, in the same run (`pip install '.[peers]'`). Run it on an
otherwise idle machine; it takes some ten minutes, and some more for each peer:

    python -m benchmarks --peer tree-sitter --peer pygments --peer pylatexenc
    python -m benchmarks --quick            # a small part of it, shown and not written
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.bars import Bar, number, table
from benchmarks.checked_edits import a_second_process, checked_edits
from benchmarks.edits import after_history, small_edits
from benchmarks.lexing import reading
from fuzzeq.bench.baseline import SECONDS
from fuzzeq.bench.environment import GIB, detect

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "benchmarks" / "RESULTS.md"
BEGIN, END = "<!-- written by python -m benchmarks -->", "<!-- until here -->"
PEERS: Final = ("tree-sitter", "pygments", "pylatexenc")
MILLION: Final = 1_000_000
QUICK: Final = 100
"""How many times less is done where it has to be quick."""


def main() -> None:
    """Measures, says each figure as it comes, and writes them all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--peer", action="append", default=[], choices=PEERS, help="measure it too")
    parser.add_argument("--quick", action="store_true", help="little of each; nothing is written")
    parser.add_argument("--file", type=Path, default=RESULTS, help="what has the two marks")
    arguments = parser.parse_args()
    before = marked(arguments.file)  # whatever is wrong with it is told now
    part = QUICK if arguments.quick else 1
    bars = []
    for bar in measured(part):
        print(bar, flush=True)
        bars.append(bar)
    text = f"{facts()}\n\n{table_of(bars)}"
    if arguments.peer:
        text += f"\n{beside(arguments.peer, part)}"
    if arguments.quick:
        print(f"\n{text}")
    else:
        head, tail = before
        arguments.file.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}", "utf-8")
        print(f"written: {arguments.file}")


def marked(file: Path) -> tuple[str, str]:
    """What a file has in front of the first mark and behind the second."""
    head, begun, rest = file.read_text("utf-8").partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not begun or not ended:
        raise SystemExit(f"{file} lacks the lines {BEGIN} and {END}: nothing was measured")
    return head, tail


def measured(part: int) -> Iterator[Bar]:
    """All bars; a `part`-th of each thing that is done many times."""
    yield from small_edits(typed=max(1000 // part, 20), edits=max(300 // part, 5))
    yield from after_history(MILLION // part)
    yield from reading(rounds=5 if part == 1 else 1)
    yield from checked_edits(edits=20_000 // part)
    yield from a_second_process(rounds=3 if part == 1 else 1)
    yield from volume(part)
    if part == 1:
        yield planted()


def volume(part: int) -> Iterator[Bar]:
    """The command line's own million, and two."""
    seed = int(f"{datetime.now(UTC):%Y%m%d}")
    for times, wanted in ((1, 180.0), (2, None)):
        edits = times * MILLION // part
        report = run(
            "run", "latex", "--edits", str(edits), "--seed", str(seed + times), "--jobs", "2"
        )
        seconds = report["wall_seconds"]
        what = f"{edits:,} checked edits, 2 processes, by the clock, seed {seed + times}"
        yield Bar(what, [seconds], "s", wanted)
        yield Bar(f"findings in these {report['edits']:,}", [len(report["findings"])],
                  "findings", 0)  # fmt: skip


def planted() -> Bar:
    """Whether those millions would have found anything."""
    done = fuzzeq("selftest", "--edits", "20000")
    killed = re.search(r"^(\d+) of (\d+) planted bugs killed", done.stdout, re.MULTILINE)
    if killed is None:
        raise SystemExit(f"fuzzeq selftest ended with {done.returncode}, and no count")
    what = f"planted bugs of {killed[2]} that survive 20,000 edits each"
    return Bar(what, [int(killed[2]) - int(killed[1])], "bugs", 0)


def fuzzeq(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command line, in this process's Python; its progress is shown."""
    command = [sys.executable, "-m", "fuzzeq", *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)


def run(*arguments: str, folder: Path | None = None) -> dict[str, Any]:
    """The report of a command, which leaves nothing else behind."""
    with tempfile.TemporaryDirectory() as elsewhere:
        report = Path(elsewhere, "report.json")
        done = fuzzeq(*arguments, "--report", str(report), folder=folder or Path(elsewhere))
        if not report.exists():
            raise SystemExit(f"fuzzeq {arguments[0]} ended with {done.returncode}, and no report")
        value: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return value


def facts() -> str:
    """The machine, in a sentence or two."""
    machine = detect()
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    ).stdout.strip()  # fmt: skip
    return (
        f"On {datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}: {machine.processor}, "
        f"{machine.cores} cores, {machine.memory_bytes / GIB:.0f} GiB, {machine.system} "
        f"{machine.machine}{', virtual' * bool(machine.virtualised)}; {machine.python}, built "
        f"{'with' if optimised else 'without'} optimisations; load {machine.load} at the end.\n"
        "CPU time, medians, and one look at the result in the time of each edit, unless it says "
        "otherwise."
    )


def table_of(bars: Sequence[Bar]) -> str:
    """What was measured beside what is wanted."""
    return table(
        ("what", "measured", "wanted", ""),
        (
            (bar.what, f"{', '.join(map(number, bar.figures))} {bar.unit}", bar.limit, bar.verdict)
            for bar in bars
        ),
    )


def beside(peers: Sequence[str], part: int) -> str:
    """The same edits by others, who take turns with ours."""
    asked = [argument for peer in peers for argument in ("--peer", peer)]
    little = ["--quick", "--size", "10KB"] if part > 1 else []
    config = ["--config", "benchmarks/bench.toml", "--clock", "cpu"]
    report = run("bench", *config, *little, *asked, folder=ROOT)
    cells: dict[tuple[str, int], dict[str, str]] = {}
    for each in report["measurements"]:
        if each["unit"] == SECONDS:
            row = cells.setdefault((each["operation"], each["size"]), {})
            row[each["subject"]] = milliseconds(each)
    subjects = list(dict.fromkeys(subject for row in cells.values() for subject in row))
    rows = (
        (operation, f"{size:,}", *(row.get(subject, "") for subject in subjects))
        for (operation, size), row in cells.items()
    )
    return (
        "In turns with others, a process each, every 20 edits: milliseconds of CPU time, median "
        f"and 99th percentile.\n\n{table(('what', 'characters', *subjects), rows)}"
    )


def milliseconds(measurement: Mapping[str, Any]) -> str:
    """The median, and where most are below; why not, where nothing was measured."""
    found = measurement["statistics"]
    if found is None:
        return str(measurement["note"])
    return f"{number(1e3 * found['median'])}, {number(1e3 * found['p99'])}"


if __name__ == "__main__":
    main()
