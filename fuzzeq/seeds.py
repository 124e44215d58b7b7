"""Seeds: whole numbers, or commit hashes, so that a run of CI is random and reproducible."""

from __future__ import annotations

import re

from fuzzeq.errors import UsageError


def parse_seed(text: str) -> int:
    """A whole number, or a commit hash, which is one written in hexadecimal. Raises
    `UsageError`."""
    if re.fullmatch(r"-?[0-9]{1,39}", text):
        return int(text)
    if re.fullmatch(r"[0-9a-fA-F]{4,64}", text):
        return int(text, 16)
    raise UsageError(f"{text!r} is neither a whole number nor a commit hash")
