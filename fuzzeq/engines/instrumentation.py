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
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.checking import check
from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.model.observation import Raised
from fuzzeq.model.trace import Trace

TRACES = 20
LIMITS = Limits(document=512, steps=12, probes=0.2)
REFERENCE_METHODS = ("batch", "pieces")
HANDLE_METHODS = ("open", "restore")
"""Those of a target that make a handle."""


@dataclass(frozen=True, slots=True)
class Side:
    """The code of one side: its functions, and the packages that they stand in."""

    functions: tuple[FunctionType, ...]
    packages: tuple[str, ...]


def incremental_side(target: Any, traces: Iterable[Trace]) -> Side:
    """What belongs to the incremental side of a target and to no reference, as these traces show.

    A module in which nothing runs for the reference is taken whole; of one that both use, the
    functions that were seen to run for a handle and never for the reference. A target that is not
    written in Python has none.
    """
    seen, packages = _Seen(), _packages(target)
    for trace in traces:
        _watch(target, trace, seen)
    functions: list[FunctionType] = []
    for name, module in sorted(sys.modules.items()):
        if not any(name == package or name.startswith(f"{package}.") for package in packages):
            continue
        there = {id(function.__code__): function for function in _functions(module)}
        if there.keys() & seen.reference.keys():
            own = there.keys() & seen.incremental.keys() - seen.reference.keys()
            functions += [function for code, function in there.items() if code in own]
        elif there.keys() & (seen.incremental.keys() | seen.neither.keys()):
            functions += there.values()
    return Side(tuple(functions), tuple(sorted(packages)))


def revealing_traces(language: Language) -> Iterator[Trace]:
    """Enough to have both sides show their code."""
    yield Trace("")
    source = RandomSource("which code is whose")
    for _ in range(TRACES):
        yield draw_trace(source, language, Swarm(source, 1.0), LIMITS)


@dataclass(slots=True)
class _Seen:
    """The code that ran within methods of the reference, within those of a handle, and within
    neither, such as that of a result. By identity: code that is generated, such as a dataclass's
    `__eq__`, is equal to that of others."""

    reference: dict[int, CodeType] = field(default_factory=dict)
    incremental: dict[int, CodeType] = field(default_factory=dict)
    neither: dict[int, CodeType] = field(default_factory=dict)


def _watch(target: Any, trace: Trace, seen: _Seen) -> None:
    """Runs a trace and notes which code runs for which side."""
    sides = dict.fromkeys(_codes(type(target), REFERENCE_METHODS), seen.reference)
    sides |= dict.fromkeys(_codes(type(target), HANDLE_METHODS), seen.incremental)
    handle = guarded("open", lambda: target.open(trace.document))
    for cls in type(handle).__mro__[:-1]:
        sides |= dict.fromkeys(_codes(cls, tuple(vars(cls))), seen.incremental)
    inside: list[FrameType] = []  # the call of one of these that is going on
    side = seen.neither

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal side
        code = frame.f_code
        if event == "call":
            if not inside and id(code) in sides:
                inside.append(frame)
                side = sides[id(code)]
            side[id(code)] = code
        elif event == "return" and inside and frame is inside[-1]:
            inside.pop()
            side = seen.neither

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        check(target, trace)
    finally:
        sys.setprofile(before)


def _codes(cls: type, names: tuple[str, ...]) -> list[int]:
    """The code of some methods of a class."""
    functions = (_plain(inspect.getattr_static(cls, name, None)) for name in names)
    return [id(function.__code__) for function in functions if function is not None]


def _packages(target: Any) -> set[str]:
    """The packages that the target's code stands in: the one that the class of the target and
    that of its handles have in common, else both."""
    modules = {type(target).__module__}
    handle = guarded("open", lambda: target.open(""))
    if not isinstance(handle, Raised):
        modules |= {cls.__module__ for cls in type(handle).__mro__}
    modules -= {"builtins", "typing", "abc"}
    common = _common([name.split(".") for name in modules])
    return {common} if common else {name.split(".")[0] for name in modules}


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
