"""What is said alike on the page, in the terminal and in other formats."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from fuzzeq.explain import printable


def counted(number: int, noun: str) -> str:
    """How many there are of what: `1 line`, `2,000 lines`, `3 processes`, `2 canaries`."""
    if number == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}{'es' if noun[-1] == 's' else 's'}"
    return f"{number:,} {many}"


def size_of(finding: Mapping[str, Any]) -> str:
    """How large the trace of a report's finding is; nothing for a leak, which no trace shows."""
    if finding["document_chars"] is None:
        return ""
    document = counted(finding["document_chars"], "character")
    return f"{document}, {counted(finding['steps'], 'step')}"


def replay_command(path: str, target: str | None = None) -> str:
    """How to reproduce what a crash file has, on the target that it names, or on another."""
    option = f" --target {shlex.quote(target)}" if target else ""
    return printable(f"fuzzeq replay{option} {shlex.quote(path)}")


def by_module(target: str) -> str | None:
    """A target as an option has to name it. A registered one need not be named, since files do; one
    that was named by its module has to be, since nothing else imports it."""
    return target if ":" in target else None
