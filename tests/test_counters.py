"""Counters of branches: counted where Atheris counts, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest

atheris = pytest.importorskip("atheris", reason="Atheris has no wheel for this platform")

from fuzzeq.engines.counters import Counters  # noqa: E402


def sums(numbers: list[int], limit: int) -> int:
    """A loop, conditions, and an exception that is caught."""
    total = 0
    for number in numbers:
        try:
            total += 12 // number
        except ZeroDivisionError:
            continue
        if total > limit:
            break
    return total


def halves(number: int) -> Iterator[int]:
    """A generator, with a function in it."""

    def half(value: int) -> int:
        return value // 2 if value > 1 else 0

    while number := half(number):
        yield number


def squares(*numbers: int, least: int = 2) -> list[int]:
    """A comprehension, and free variables in it."""
    with pytest.raises(ValueError, match="none"):
        raise ValueError("none")
    return sorted({number * number for number in numbers if number > least})


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (sums, ([], 5)), (sums, ([1, 2, 0, 3], 100)), (sums, ([0, 6, 6, 6], 3)),
    (halves, (1,)), (halves, (9,)), (squares, (1, 2, 3)), (squares, ()),
]  # fmt: skip


def result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What the call gives, all of it."""
    value = function(*arguments)
    return list(value) if isinstance(value, Iterator) else value


def copy_of(function: Callable[..., Any]) -> FunctionType:
    """The function once more, to be instrumented alone."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(function.__code__, function.__globals__, function.__name__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


@pytest.mark.parametrize(("function", "arguments"), CALLS)
def test_what_is_counted_is_what_atheris_counts(
    function: Callable[..., Any], arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    counters, counted = Counters(), copy_of(function)
    counters.instrument(counted)
    theirs: list[int] = []

    def reserve() -> int:
        theirs.append(0)
        return len(theirs) - 1

    def trace(number: int) -> None:
        theirs[number] += 1

    monkeypatch.setattr(atheris, "_reserve_counter", reserve)
    monkeypatch.setattr(atheris, "_trace_branch", trace)
    expected = copy_of(function)
    expected.__code__ = atheris.patch_code(function.__code__, trace_dataflow=False)
    for _ in range(3):
        assert result(counted, arguments) == result(expected, arguments)
        assert result(counted, arguments) == result(function, arguments)
        result(expected, arguments)
    assert sorted(counters.counts) == sorted(theirs)
    assert sum(theirs)


def test_counters_are_numbered_alike_each_time() -> None:
    def counts() -> list[int]:
        counters, function = Counters(), copy_of(sums)
        counters.instrument(function)
        function([1, 2, 0, 3], 100)
        return counters.counts

    assert all(counts() == counts() for _ in range(5))


def test_a_counter_goes_no_further_than_a_byte() -> None:
    counters, function = Counters(), copy_of(sums)
    number = counters.reserve()
    counters.instrument(function)
    function([12] * 700, 1000)
    for _ in range(700):
        counters.count(number)
    assert max(counters.counts) == counters.counts[number] == 255
