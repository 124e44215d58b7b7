"""A result is judged by its columns and by its items, and by whether the two agree."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fuzzeq.checking import check
from fuzzeq.lockstep import SPARED, checksum, taken
from fuzzeq.model.columns import Columns, Legend
from fuzzeq.model.result import Token
from fuzzeq.model.trace import Trace
from tests.words import Capable, Odd, Words, broken


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (lambda handle: Odd(handle.target.batch(handle.text), length=1), "inconsistent"),
        (lambda handle: Odd(handle.target.batch(handle.text), item="x"), "inconsistent"),
        (lambda handle: iter(handle.target.batch(handle.text)), "inconsistent"),
    ],
)
def test_result_that_does_not_agree_with_itself_is_seen(
    result: Callable[..., Any], kind: str
) -> None:
    divergence = check(broken(Words, result=result), Trace("a b"))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind) == ("equality", kind)


LEGEND = Legend((Token("word", 0, 0),))


class ForItself(Columns):
    """Columns that call anything equal."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return True


def columns_of(items: Sequence[Any], kind: type[Columns] = Columns) -> Columns:
    starts, ends = ([getattr(item, name) for item in items] for name in ("start", "end"))
    columns = (array("q", offsets).tobytes() for offsets in (starts, ends))
    return kind(LEGEND, bytes(len(items)), *columns)


class Live(Odd):
    """A result that can be had as columns, too."""

    def __init__(self, items: Sequence[Any], columns: Any) -> None:
        super().__init__(items)
        self.columns = columns


def wrong(items: Sequence[Any]) -> list[Any]:
    """The items with one that is wrong, neither at an end nor in the middle."""
    return [*items[:1], Token("word", 7, 9), *items[2:]]


WORDS = "a b c d"


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        pytest.param(lambda items: Live(items, lambda: columns_of(items)), None, id="both right"),
        pytest.param(lambda items: columns_of(items), None, id="columns themselves"),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(items)),
            "inconsistent",
            id="items wrong",
        ),
        pytest.param(
            lambda items: Live(items[:-1], lambda: columns_of(items)),
            "inconsistent",
            id="item missing",
        ),
        pytest.param(
            lambda items: Live(items, lambda: columns_of(wrong(items))),
            "differs",
            id="columns wrong",
        ),
        pytest.param(lambda items: columns_of(wrong(items)), "differs", id="wrong by themselves"),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(wrong(items))),
            "differs",
            id="both wrong",
        ),
        pytest.param(
            lambda items: columns_of(wrong(items), ForItself), "differs", id="columns that lie"
        ),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(items, ForItself)),
            "differs",
            id="items wrong, columns that lie",
        ),
        pytest.param(lambda items: Live(items, lambda: items), None, id="columns of another sort"),
        pytest.param(lambda items: Live(items, ["word"]), None, id="columns that are no method"),
    ],
)
@pytest.mark.parametrize("batch_in_columns", [False, True])
def test_result_is_judged_by_its_columns_and_by_its_items(
    shown: Callable[..., Any], kind: str | None, batch_in_columns: bool
) -> None:
    def batch(target: object, document: str) -> Any:
        items = Words().batch(document)
        return columns_of(items) if batch_in_columns else items

    def result(handle: Any) -> Any:
        return shown(Words().batch(handle.text))

    target = broken(Capable, batch=batch, result=result, changed=lambda handle: (0, len(WORDS)))
    divergence = check(target, Trace(WORDS))
    assert (divergence and (divergence.oracle, divergence.kind)) == (kind and ("equality", kind))


def test_items_beside_columns_are_looked_at_in_the_documents_that_are_chosen() -> None:
    target = broken(
        Words,
        result=lambda handle: Live(
            wrong(Words().batch(handle.text)), lambda: columns_of(Words().batch(handle.text))
        ),
    )
    documents = [f"{WORDS} {number}" for number in range(200)]
    found = {d for d in documents if check(target, Trace(d), sparing=True)}
    assert found == {d for d in documents if checksum(d) % SPARED == 0}
    assert found
    assert all(check(target, Trace(document)) for document in documents)


def test_what_a_target_does_to_its_columns_later_is_nobody_s_concern() -> None:
    columns = columns_of(Words().batch(WORDS))
    kept = taken(columns)
    columns.codes, columns.starts, columns.ends = b"", b"", b""
    assert list(kept) == Words().batch(WORDS)
