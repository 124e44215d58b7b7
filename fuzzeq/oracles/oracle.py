"""What an oracle is, and the comparison that most of them make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fuzzeq.model.columns import Columns
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Comparison, Observation, Raised
from fuzzeq.model.result import Item, equal, first_difference, item_kind

Judge: TypeAlias = Callable[[Observation], Divergence | None]

NOTHING = "nothing"
_AROUND = 2  # items shown on either side of the first difference
_EXCERPT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Oracle:
    """One invariant. `applies` says which observations it judges; `start` gives a fresh judge for
    each trace, since a few invariants span several steps."""

    name: str
    applies: Callable[[Observation], bool]
    start: Callable[[], Judge]


def stateless(name: str, applies: Callable[[Observation], bool], judge: Judge) -> Oracle:
    """An oracle whose judge remembers nothing from one observation to the next."""
    return Oracle(name, applies, lambda: judge)


def difference(
    oracle: str, kind: str, step: int, expected: Sequence[Item], actual: Sequence[Item], what: str
) -> Divergence | None:
    """A divergence where two results are not equal; `what` says in words which two they are."""
    if same(expected, actual):
        return None
    expected, actual = list(expected), list(actual)  # one item of columns costs as much as many
    index = first_difference(expected, actual)
    if index is None:  # items whose `==` answers differently when it is asked again
        index = 0
    expected_kind = item_kind(expected[index]) if index < len(expected) else NOTHING
    actual_kind = item_kind(actual[index]) if index < len(actual) else NOTHING
    return Divergence(
        oracle=oracle,
        kind=kind,
        step=step,
        message=f"{what}: item {index} should be {_shown(expected, index)}, "
        f"is {_shown(actual, index)}",
        index=index,
        expected=expected_kind,
        actual=actual_kind,
        expected_excerpt=excerpt(expected, index),
        actual_excerpt=excerpt(actual, index),
    )


def same(expected: Sequence[Item], actual: Sequence[Item]) -> bool:
    """Whether two results are equal: by their bytes where both have them, else item by item."""
    if isinstance(expected, Columns) and isinstance(actual, Columns):
        return expected == actual
    return equal(expected, actual)


def compare(oracle: str, kind: str, observation: Comparison, what: str) -> Divergence | None:
    """The difference between both sides of a comparison; None where one raised, which is for
    `raises` to judge."""
    expected, actual = observation.expected, observation.actual
    if isinstance(expected, Raised) or isinstance(actual, Raised):
        return None
    return difference(oracle, kind, observation.step, expected, actual, what)


def _shown(items: Sequence[Item], index: int) -> str:
    """An item as text, cut."""
    return repr(items[index])[:_EXCERPT_CHARS] if index < len(items) else NOTHING


def excerpt(items: Sequence[Item], index: int) -> tuple[str, ...]:
    """The items around an index, as text."""
    around = range(max(index - _AROUND, 0), min(index + _AROUND + 1, len(items)))
    return tuple(f"{number}: {items[number]!r}"[:_EXCERPT_CHARS] for number in around)
