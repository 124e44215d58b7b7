"""Where and with what something was run: machine, versions, commit, time. For people to read; no
verdict depends on any of it."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LIBRARIES = ("hypothesis", "numpy", "atheris")
_GIT_SECONDS = 10


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system."""
    import psutil

    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
    }


def _processor() -> str:
    """The processor's name, where the system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def libraries() -> dict[str, str | None]:
    """Versions of what the engines rest on; None for what is not installed."""
    found: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def commit() -> dict[str, Any]:
    """The commit of the current folder's repository, and whether files differ from it; None where
    git does not say."""
    told = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--untracked-files=no") if told else None
    return {"hash": told or None, "dirty": None if changes is None else bool(changes)}


def _git(*arguments: str) -> str | None:
    try:
        run = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip()


def surroundings(now: datetime) -> dict[str, Any]:
    """All of it, to be part of a report that is made now."""
    return {
        "ended_at": now.isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "libraries": libraries(),
    }
