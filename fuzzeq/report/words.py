"""What is said alike on the page, in the terminal and in other formats."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


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


def replay_command(target: str, reproducer: str) -> str:
    """How to reproduce what a report names. A registered target need not be named, since the file
    does; one that was named by its module has to be, since nothing else imports it."""
    option = f" --target {shlex.quote(target)}" if ":" in target else ""
    return f"fuzzeq replay{option} {shlex.quote(reproducer)}"
