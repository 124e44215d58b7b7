"""Calls into what is not ours: whatever they raise becomes data.

Native engines panic in their own ways, and a broken target must not break the harness. Ctrl-C is
the one exception that goes through.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

from fuzzeq.model.observation import Raised, Refusal

T = TypeVar("T")


def guarded(where: str, call: Callable[[], T]) -> T | Raised:
    """What the call returns, or what it raised. Everything is caught: panics of native engines do
    not derive from `Exception`."""
    try:
        return call()
    except BaseException as error:
        return raised(where, error)


def raised(where: str, error: BaseException) -> Raised:
    """An exception as data; its text cut, since it may quote a whole document. Ctrl-C is raised
    again."""
    let_through(error)
    try:
        message = str(error)
    except BaseException as second:  # a target's own `__str__` may fail as well
        let_through(second)
        message = f"(its text cannot be had: {type(second).__name__})"
    return Raised(type(error).__name__, message[:500], where)


def let_through(error: BaseException) -> None:
    """Raises Ctrl-C again; but not where it is ignored, as it is in workers: there a target has
    raised it."""
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if isinstance(error, KeyboardInterrupt) and not is_ignored:
        raise error


def refusal(number: int, what: str, due: type[Exception], call: Callable[[], object]) -> Refusal:
    """Makes a call that has to raise `due`, and says whether it did."""
    try:
        call()
    except due:
        return Refusal(number, what, due.__name__, refused=True)
    except BaseException as error:
        return Refusal(number, what, due.__name__, refused=False, raised=raised(what, error))
    return Refusal(number, what, due.__name__, refused=False)
