"""All that is wanted of speed, measured in one go and written into RESULTS.md, between its two
marks, with the machine that it was measured on: `make bench`.

A measurement, not a test: what is missed is said, and is no error. Other lexers that are
named are measured in turns with ours, in the same run (`pip install '.[peers]'`). Run it on an
otherwise idle machine; it takes a quarter of an hour:

    python -m benchmarks --peer tree-sitter --peer pygments --peer pylatexenc
    python -m benchmarks --quick            # a small part of it, shown and not written
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.bars import Bar, number, table
from benchmarks.checked_edits import a_second_process, checked_edits
from benchmarks.command import ROOT, fuzzeq, report_of, run_of
from benchmarks.edits import after_history, small_edits
from benchmarks.lexing import reading
from fuzzeq.bench.baseline import SECONDS
from fuzzeq.bench.environment import GIB, detect
from fuzzeq.bench.peers import peer
from fuzzeq.errors import UsageError
from fuzzeq.report.files import check_place, write_text

RESULTS: Final = ROOT / "benchmarks" / "RESULTS.md"
BEGIN, END = "<!-- written by python -m benchmarks -->", "<!-- until here -->"
PEERS: Final = ("tree-sitter", "pygments", "pylatexenc")
MILLION: Final = 1_000_000
QUICK: Final = 100
"""How many times less is done where it has to be quick."""
BESIDE: Final = ("character", "line", "paragraph", "hazard", "load")
FEW: Final = 100
"""Samples of which a 99th percentile would be the longest."""


def main() -> None:
    """Measures, says each figure as it comes, and writes them all; exit status 2 where not all of
    it could be done."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--peer", action="append", default=[], choices=PEERS, help="measure it too")
    parser.add_argument("--quick", action="store_true", help="little of each; nothing is written")
    parser.add_argument("--file", type=Path, default=RESULTS, help="what has the two marks")
    arguments = parser.parse_args()
    try:  # whatever is wrong with these is told before anything is measured
        head, tail = marked(arguments.file)
        check_place(arguments.file)
        for name in arguments.peer:
            peer(name, "latex")
    except UsageError as error:
        sys.exit(complain(error))
    status, part = 0, QUICK if arguments.quick else 1
    parts, bars = [facts()], []
    try:
        for bar in measured(part):
            if arguments.quick:  # so little of it is no measure of what is wanted
                bar = bar._replace(wanted=None)
            print(bar, flush=True)
            bars.append(bar)
        others = beside(arguments.peer, part) if arguments.peer else ""
    except UsageError as error:
        status, others = complain(error), f"Not all of it was measured: {error}."
    parts += [table_of(bars), others]
    text = "\n\n".join(part.strip() for part in parts if part)
    if arguments.quick:
        print(f"\n{text}")
    else:
        write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", arguments.file)
        print(f"written: {arguments.file}")
    sys.exit(status)


def complain(error: UsageError) -> int:
    """Says what is wrong; the exit status for it."""
    print(f"benchmarks: {error}", file=sys.stderr)
    return 2


def marked(file: Path) -> tuple[str, str]:
    """What a file has in front of the first mark and behind the second. Raises `UsageError`."""
    try:
        head, begun, rest = file.read_text("utf-8").partition(BEGIN)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    _, ended, tail = rest.partition(END)
    if not begun or not ended:
        raise UsageError(f"{file} lacks the lines {BEGIN} and {END}: nothing was measured")
    return head, tail


def measured(part: int) -> Iterator[Bar]:
    """All bars; a `part`-th of each thing that is done many times."""
    yield from small_edits(typed=max(1000 // part, 20), edits=max(300 // part, 5))
    yield from after_history(MILLION // part)
    yield from reading(rounds=5 if part == 1 else 1)
    yield from checked_edits(edits=20_000 // part)
    yield from (a_second_process() if part == 1 else a_second_process(rounds=1, edits=(500, 3000)))
    yield from volume(part)
    if part == 1:
        yield planted()


def volume(part: int) -> Iterator[Bar]:
    """The command line's own million, and two."""
    seed = int(f"{datetime.now(UTC):%Y%m%d}")
    for times, wanted in ((1, 180.0), (2, None)):
        report = run_of("latex", times * MILLION // part, jobs=2, seed=seed + times)
        edits, seconds = report["edits"], report["wall_seconds"]
        what = f"{edits:,} checked edits, 2 processes, by the clock, seed {seed + times}"
        yield Bar(what, [seconds], "s", wanted)
        yield Bar(f"findings in these {edits:,}", [len(report["findings"])], "findings", 0)


def planted() -> Bar:
    """Whether those millions would have found anything. Raises `UsageError` where the self-test
    says something else, too."""
    done = fuzzeq("selftest", "--edits", "20000")
    killed = re.search(r"^(\d+) of (\d+) planted bugs killed", done.stdout, re.MULTILINE)
    if killed is None or (done.returncode and killed[1] == killed[2]):
        raise UsageError(f"fuzzeq selftest ended with {done.returncode}: {done.stdout[-300:]!r}")
    what = f"planted bugs of {killed[2]} that survive 20,000 edits each"
    return Bar(what, [int(killed[2]) - int(killed[1])], "bugs", 0)


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
        f"{'with' if optimised else 'without'} optimisations; load {machine.load} before.\n"
        "Speeds are of CPU time, and medians, unless it says otherwise; the time of an edit has "
        "one look at the result in it."
    )


def table_of(bars: Sequence[Bar]) -> str:
    """What was measured beside what is wanted."""
    return table(
        ("what", "measured", "wanted", ""),
        ((bar.what, bar.shown, bar.limit, bar.verdict) for bar in bars),
    )


def beside(peers: Sequence[str], part: int) -> str:
    """Some of these edits by others, who take turns with ours."""
    asked = [argument for peer in peers for argument in ("--peer", peer)]
    asked += [argument for each in BESIDE for argument in ("--operation", each)]
    little = ["--quick", "--size", "10KB"] if part > 1 else []
    config = ["--config", "benchmarks/bench.toml", "--clock", "cpu"]
    report = report_of("bench", *config, *little, *asked, folder=ROOT)
    return (
        "In turns with others, a process each, every 20 edits: milliseconds of CPU time, median "
        "and 99th percentile, or of how many samples the median is, where they are fewer than "
        f"{FEW}.\n\n"
        f"{table_beside(report)}"
    )


def table_beside(report: Mapping[str, Any]) -> str:
    """Who took how long for what."""
    cells: dict[tuple[str, int], dict[str, str]] = {}
    for each in report["measurements"]:
        if each["unit"] == SECONDS:
            row = cells.setdefault((each["operation"], each["length"]), {})
            row[each["subject"]] = milliseconds(each)
    subjects = list(dict.fromkeys(subject for row in cells.values() for subject in row))
    rows = (
        (operation, f"{length:,}", *(row.get(subject, "") for subject in subjects))
        for (operation, length), row in cells.items()
    )
    return table(("what", "characters", *subjects), rows)


def milliseconds(measurement: Mapping[str, Any]) -> str:
    """The median, and where nearly all are below; why there is none, where nothing was measured."""
    found = measurement["statistics"]
    if found is None:
        return str(measurement["note"])
    median = number(1e3 * found["median"])
    if found["count"] < FEW:
        return f"{median} (of {found['count']})"
    return f"{median}, {number(1e3 * found['p99'])}"


if __name__ == "__main__":
    main()
