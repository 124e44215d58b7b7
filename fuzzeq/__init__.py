"""fuzzeq: differential fuzzing of incremental engines.

An engine that updates its answer after an edit has to give the answer that a rebuild from scratch
gives. `check(target, trace)` is that property; everything else makes traces, makes them smaller,
and keeps those that fail. What others import stands here; heavy parts load when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fuzzeq.check import check  # the function takes the name of its module here
from fuzzeq.errors import InvalidDocument, InvalidEdit, InvalidSnapshot, UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.result import Diagnostic, Token
from fuzzeq.model.target import Incremental, Planted, Target
from fuzzeq.model.trace import Probe, ProbeName, Trace

if TYPE_CHECKING:
    from fuzzeq.registry import load_target

__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "Divergence",
    "Edit",
    "Finding",
    "Incremental",
    "InvalidDocument",
    "InvalidEdit",
    "InvalidSnapshot",
    "Planted",
    "Probe",
    "ProbeName",
    "Target",
    "Token",
    "Trace",
    "UsageError",
    "check",
    "load_target",
]

_LATER = {"load_target": "fuzzeq.registry"}


def __getattr__(name: str) -> Any:
    """The heavy parts, imported when they are first asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
