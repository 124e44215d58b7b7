"""What keeps the results of a run while it goes on: the seam between running and remembering.

A run asks its keeper for what was done before, and hands it everything that is done. The one here
keeps nothing, and is enough for a run that starts and ends in one go.
"""

from __future__ import annotations

from typing import Any, Protocol

# Kinds of facts.
DEATH = "death"
FOUND = "found"
FOUND_EARLIER = "found earlier"
"""By the night of the same campaign before this one, or by one before that was cut short."""
KNOWN_BEFORE = "known before"
"""Fingerprints that had files when the night began."""
LEFT_OVER = "left over"
"""Findings that the last night did not come to settle."""
LEAK = "leak"


class Keeper(Protocol):
    """Remembers results of tasks by the tasks, and facts by their kind."""

    def recall(self, task: Any) -> tuple[Any] | None:
        """The result of a task that was done before, in a tuple; None where it was not."""

    def keep(self, task: Any, result: Any) -> None:
        """Takes what came of a task, before anyone else hears of it."""

    def add(self, kind: str, fact: Any) -> None:
        """Takes a fact, a JSON value, that is no task's result."""

    def facts(self, kind: str) -> list[Any]:
        """The facts of a kind, in the order in which they came."""

    def log(self, event: str, **what: Any) -> None:
        """Takes note of what happens, for those who read later."""

    def trouble(self) -> str:
        """Why nothing new may be begun now, in one line; empty where it may."""


class KeepsNothing:
    """A keeper without a memory."""

    def recall(self, task: Any) -> tuple[Any] | None:
        """Nothing was done before."""
        return None

    def keep(self, task: Any, result: Any) -> None:
        """Forgets it."""

    def add(self, kind: str, fact: Any) -> None:
        """Forgets it."""

    def facts(self, kind: str) -> list[Any]:
        """There are none."""
        return []

    def log(self, event: str, **what: Any) -> None:
        """Says nothing."""

    def trouble(self) -> str:
        """There is none."""
        return ""
