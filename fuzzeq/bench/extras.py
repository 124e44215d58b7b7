"""What comes with the extra `bench`, loaded when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fuzzeq.errors import UsageError


def need(module: str, package: str = "") -> Any:
    """A module of the extra, or of a package named beside it. Raises `UsageError`, which says what
    to install."""
    try:
        return import_module(module)
    except ImportError as error:
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise  # it is there, and broken
        wanted = package or "fuzzeq[bench]"
        name = package or module.split(".")[0]
        raise UsageError(f"{name} is not installed: pip install '{wanted}'") from None
