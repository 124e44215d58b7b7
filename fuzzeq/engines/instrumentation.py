"""Which code is a target's incremental side: what is instrumented, and what coverage is shown of.

Coverage that the reference reaches would lead the search to what only the reference finds hard, so
it is not to be counted. Both sides may stand in one package or one module, and share helpers; they
are told apart by running them: what runs inside `batch` and `pieces` is the reference's, and the
rest is the incremental side's, as far as it stands in the target's own packages.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from fuzzeq.checking import check
from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.lockstep import guarded
from fuzzeq.model.observation import Raised
from fuzzeq.model.trace import Trace

TRACES = 20
LIMITS = Limits(document=512, steps=12, probes=0.2)
REFERENCE_METHODS = ("batch", "pieces")


@dataclass(frozen=True, slots=True)
class Side:
    """The code of one side: its functions, and the packages that they stand in."""

    functions: tuple[FunctionType, ...]
    packages: tuple[str, ...]


def incremental_side(target: Any, traces: Iterable[Trace]) -> Side:
    """What belongs to the incremental side of a target and to no reference, as these traces show.

    A module in which nothing runs for the reference is taken whole; of one that both use, the
    functions that were only seen to run for the incremental side. A target that is not written in
    Python has none.
    """
    seen = _watch(target, traces)
    roots = _roots(target)
    functions: list[FunctionType] = []
    for name, module in sorted(sys.modules.items()):
        if not any(name == root or name.startswith(f"{root}.") for root in roots):
            continue
        there = list(_functions(module))
        reference = [function for function in there if function.__code__ in seen.reference]
        incremental = [function for function in there if function.__code__ in seen.incremental]
        if reference:
            functions += [f for f in incremental if f.__code__ not in seen.reference]
        elif incremental:
            functions += there
    return Side(tuple(functions), tuple(sorted(roots)))


def revealing_traces(language: Language) -> Iterator[Trace]:
    """Enough to have both sides show their code."""
    yield Trace("")
    source = RandomSource("which code is whose")
    for _ in range(TRACES):
        yield draw_trace(source, language, Swarm(source, 1.0), LIMITS)


@dataclass(slots=True)
class _Seen:
    """The code that ran within the methods of the reference, and without."""

    reference: set[CodeType]
    incremental: set[CodeType]


def _watch(target: Any, traces: Iterable[Trace]) -> _Seen:
    """Runs the traces and notes which code runs for which side."""
    entries = {
        method.__code__
        for name in REFERENCE_METHODS
        if isinstance(method := getattr(type(target), name, None), FunctionType)
    }
    seen = _Seen(set(), set())
    inside: list[FrameType] = []  # the call of a method of the reference that is going on

    def note(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call":
            if not inside and code in entries:
                inside.append(frame)
            (seen.reference if inside else seen.incremental).add(code)
        elif event == "return" and inside and frame is inside[-1]:
            inside.pop()

    before = sys.getprofile()
    for trace in traces:
        sys.setprofile(note)
        try:
            check(target, trace)
        finally:
            sys.setprofile(before)
    return seen


def _roots(target: Any) -> set[str]:
    """The packages that the target's code stands in: the one that the class of the target and
    that of its handles have in common, else both."""
    modules = {type(target).__module__}
    handle = guarded("open", lambda: target.open(""))
    if not isinstance(handle, Raised):
        modules |= {cls.__module__ for cls in type(handle).__mro__}
    roots = modules - {"builtins", "typing", "abc"}
    common = _common([name.split(".") for name in roots])
    return {common} if common else {name.split(".")[0] for name in roots}


def _common(names: list[list[str]]) -> str:
    parts = []
    for level in zip(*names, strict=False):
        if len(set(level)) > 1:
            break
        parts.append(level[0])
    return ".".join(parts)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions and methods that a module defines, each once."""
    found: dict[int, FunctionType] = {}

    def visit(value: object) -> None:
        function = _plain(value)
        if function is not None and function.__module__ == module.__name__:
            found.setdefault(id(function), function)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for member in list(vars(value).values()):
                visit(member)

    for value in list(vars(module).values()):
        visit(value)
    yield from found.values()


def _plain(value: object) -> FunctionType | None:
    """The function inside of a method, a property or a cache."""
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    elif isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property):
        value = value.func
    if callable(value) and not isinstance(value, type):
        value = inspect.unwrap(value)
    return value if isinstance(value, FunctionType) else None
