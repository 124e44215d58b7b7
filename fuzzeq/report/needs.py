"""Libraries that only reports need: loaded when they are used, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fuzzeq.errors import UsageError

INSTALL = "pip install 'fuzzeq[report]'"


def needed(module: str) -> Any:
    """A module of the extra `report`. Raises `UsageError` that says how to have it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise UsageError(f"this needs {missing}, which is not installed: {INSTALL}") from None
