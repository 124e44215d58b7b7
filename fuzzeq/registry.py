"""Targets by name: registered by an entry point, trusted in the project's files, or
`module:attribute`.

Only what a user typed may name a module. What a replayed file names is looked up among the
registered and trusted names, and never imported otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from fuzzeq.errors import UsageError
from fuzzeq.model.target import PLAIN_NAME, Planted
from fuzzeq.project_file import project_tables

TARGETS = "fuzzeq.targets"
PLANTED = "fuzzeq.planted"


@cache
def installed(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group. They are looked for once: that takes milliseconds, a target is
    asked for at every unit, and what is installed stays so while a process runs."""
    return tuple(entry_points(group=group))


def load_target(name: str) -> Any:
    """The target of a registered, planted or trusted name, or of `package.module:attribute`.

    The current directory is importable. Raises `UsageError`, with what went wrong, where there is
    no such target, its module fails, or what it names does not have the methods of a target.
    """
    if ":" in name:
        return _from_module(name)
    return load_registered(name)


def load_registered(name: str) -> Any:
    """The target of a registered, planted or trusted name. Raises `UsageError`."""
    for entry in installed(TARGETS):
        if entry.name == name:
            return _checked(name, _load(entry))
    trusted = trusted_targets()
    if name in trusted:
        return _from_module(trusted[name])
    for bug in planted_bugs():
        if bug.target.name == name:
            return bug.target
    known = ", ".join(sorted({*registered_names(), *trusted}))
    raise UsageError(
        f"no target {name!r}; there are {known}; another one is named as package.module:attribute"
    )


def registered_names() -> list[str]:
    """The names of all registered targets; none of them is imported for it."""
    return sorted(entry.name for entry in installed(TARGETS))


def trusted_targets() -> dict[str, str]:
    """The table `targets` of the project's files: names, and the `module:attribute` that each
    stands for. Raises `UsageError` where it makes no sense."""
    trusted: dict[str, str] = {}
    for project in project_tables():
        targets = project.table.get("targets", {})
        if not isinstance(targets, dict) or not all(isinstance(to, str) for to in targets.values()):
            raise UsageError(f"{project.place('targets')} wants NAME = 'module:attribute'")
        trusted |= targets
    return trusted


@cache
def planted_bugs(of: str | None = None) -> tuple[Planted, ...]:
    """Every planted bug, or those registered under one target's name. Raises `UsageError`."""
    bugs: list[Planted] = []
    for entry in sorted(installed(PLANTED), key=lambda entry: entry.name):
        if of in (None, entry.name):
            bugs += _load(entry)
    return tuple(bugs)


def _from_module(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())

    def load() -> Any:
        value: Any = import_module(module_name)
        for part in attribute.split("."):
            value = getattr(value, part)
        return value

    return _checked(name, _guarded(name, load))


def _load(entry: EntryPoint) -> Any:
    return _guarded(entry.name, entry.load)


def _guarded(name: str, load: Callable[[], Any]) -> Any:
    """What a plug-in's code gives; whatever it raises is the user's to mend, in one line."""
    try:
        return load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may call sys.exit(), a native one panic
        message = f"target {name!r} cannot be loaded: {type(error).__name__}: {error}"
        raise UsageError(message) from error


def _checked(name: str, target: Any) -> Any:
    """The target, made if a class was named. Raises `UsageError` where something is missing."""
    if isinstance(target, type):
        target = _guarded(name, target)
    missing = [
        method for method in ("batch", "open") if not callable(getattr(target, method, None))
    ]
    if missing or not isinstance(getattr(target, "name", None), str):
        what = " and ".join([*(f"a method {method}()" for method in missing)] or ["a str `name`"])
        raise UsageError(f"{name!r} is not a target: it lacks {what}")
    if not PLAIN_NAME.fullmatch(target.name):
        raise UsageError(
            f"{name!r} calls itself {target.name!a}: a name has letters, digits, '.', '_' and '-', "
            "since crash files are named after it"
        )
    return target
