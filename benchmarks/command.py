"""The command line, run for its report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from fuzzeq.errors import UsageError

ROOT: Final = Path(__file__).parents[1]


def fuzzeq(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The command line, in this process's Python; what it says on standard error is shown."""
    command = [sys.executable, "-m", "fuzzeq", *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)


def report_of(*arguments: str, folder: Path | None = None) -> dict[str, Any]:
    """The report of a command, which leaves nothing else behind where no folder is named. Raises
    `UsageError` where there is none."""
    with tempfile.TemporaryDirectory() as elsewhere:
        report = Path(elsewhere, "report.json")
        done = fuzzeq(*arguments, "--report", str(report), folder=folder or Path(elsewhere))
        if not report.exists():
            raise UsageError(f"fuzzeq {arguments[0]} ended with {done.returncode}, and no report")
        value: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return value


def run_of(target: str, edits: int, jobs: int, seed: int = 0) -> dict[str, Any]:
    """The report of a run that compared so many edits. Raises `UsageError` where it did not: what
    was not done would pass for fast, and for free of findings."""
    report = report_of(
        "run", target, "--edits", str(edits), "--jobs", str(jobs), "--seed", str(seed)
    )
    if report["verdict"] not in ("clean", "findings") or report["edits"] < edits:
        raise UsageError(
            f"fuzzeq run ended {report['verdict']}, with {report['edits']:,} of {edits:,} edits"
        )
    return report
