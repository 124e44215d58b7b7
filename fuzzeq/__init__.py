"""fuzzeq: differential fuzzing of incremental engines.

An engine that updates its answer after an edit has to give the answer that a rebuild from scratch
gives. `check(target, trace)` is that property; everything else makes traces, makes them smaller,
and keeps those that fail. What others import stands here, and loads when it is used: importing
`fuzzeq` itself costs next to nothing, which the pytest plugin needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuzzeq.bench.assertions import assert_no_regression, assert_within
    from fuzzeq.checking import check
    from fuzzeq.engines.assertions import Diverged, assert_equivalent
    from fuzzeq.engines.conformance import assert_conforms
    from fuzzeq.engines.machine import state_machine
    from fuzzeq.errors import InvalidDocument, InvalidEdit, InvalidSnapshot, UsageError
    from fuzzeq.model.edit import Edit
    from fuzzeq.model.finding import Divergence, Finding
    from fuzzeq.model.result import Diagnostic, Token
    from fuzzeq.model.target import Incremental, Piece, Planted, Target
    from fuzzeq.model.trace import Probe, ProbeName, Trace
    from fuzzeq.registry import load_target

__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "Diverged",
    "Divergence",
    "Edit",
    "Finding",
    "Incremental",
    "InvalidDocument",
    "InvalidEdit",
    "InvalidSnapshot",
    "Piece",
    "Planted",
    "Probe",
    "ProbeName",
    "Target",
    "Token",
    "Trace",
    "UsageError",
    "assert_conforms",
    "assert_equivalent",
    "assert_no_regression",
    "assert_within",
    "check",
    "load_target",
    "state_machine",
]

_HOMES = {
    "fuzzeq.bench.assertions": ("assert_no_regression", "assert_within"),
    "fuzzeq.checking": ("check",),
    "fuzzeq.engines.assertions": ("Diverged", "assert_equivalent"),
    "fuzzeq.engines.conformance": ("assert_conforms",),
    "fuzzeq.engines.machine": ("state_machine",),
    "fuzzeq.errors": ("InvalidDocument", "InvalidEdit", "InvalidSnapshot", "UsageError"),
    "fuzzeq.model.edit": ("Edit",),
    "fuzzeq.model.finding": ("Divergence", "Finding"),
    "fuzzeq.model.result": ("Diagnostic", "Token"),
    "fuzzeq.model.target": ("Incremental", "Piece", "Planted", "Target"),
    "fuzzeq.model.trace": ("Probe", "ProbeName", "Trace"),
    "fuzzeq.registry": ("load_target",),
}


def __getattr__(name: str) -> Any:
    """What stands in `__all__`, from where it lives."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What others import."""
    return [*__all__, "__version__"]
