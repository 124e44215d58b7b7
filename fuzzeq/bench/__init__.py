"""Measured as if someone would check: how fast an engine is, and whether that became worse.

`run`, `compare` and `regression` are for programs; `fuzzeq bench` measures targets. Loads nothing
heavy until it is asked.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuzzeq.bench.assertions import assert_no_regression, assert_within
    from fuzzeq.bench.environment import detect
    from fuzzeq.bench.judgement import Judgement, Verdict
    from fuzzeq.bench.measure import Measured, compare, run
    from fuzzeq.bench.regression import regression

__all__ = [
    "Judgement",
    "Measured",
    "Verdict",
    "assert_no_regression",
    "assert_within",
    "compare",
    "detect",
    "regression",
    "run",
]

_HOMES = {
    "fuzzeq.bench.assertions": ("assert_no_regression", "assert_within"),
    "fuzzeq.bench.regression": ("regression",),
    "fuzzeq.bench.environment": ("detect",),
    "fuzzeq.bench.judgement": ("Judgement", "Verdict"),
    "fuzzeq.bench.measure": ("Measured", "compare", "run"),
}


def __getattr__(name: str) -> Any:
    """What stands in `__all__`, from where it lives."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
