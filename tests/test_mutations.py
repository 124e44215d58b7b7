"""Mutations: whatever is drawn, a valid trace comes of it; and each does what it is called."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.generate import Limits, RandomSource, Swarm, draw_trace
from fuzzeq.generate.codec import decode, encode
from fuzzeq.generate.mutations import MUTATIONS, Mutation, mutate, splice
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.recipes import recipe_for

LANGUAGE = recipe_for("latex").language(("one\ntwo $x$\n",), ())
SMALL = Limits(document=64, steps=6, probes=0.2)
SEEDS = st.integers(0, 1 << 32).map(str)
KINDS = tuple(dict.fromkeys(MUTATIONS))

TRACE = Trace("ab\ncd\n", ((Edit(1, 2, "x"),), Probe(ProbeName.REOPEN), (Edit(3, 4, "yz"),)))


def drawn(seed: str) -> Trace:
    """A trace of the generator's."""
    source = RandomSource(seed)
    return draw_trace(source, LANGUAGE, Swarm(source), SMALL)


def check_valid(trace: Trace) -> None:
    """It fits, and can be kept as bytes."""
    assert trace.is_valid
    assert decode(encode(trace)) == trace


@pytest.mark.parametrize("mutation", KINDS, ids=lambda kind: str(kind.__name__))
@settings(max_examples=50)
@given(SEEDS)
def test_a_mutation_gives_a_valid_trace(mutation: Mutation, seed: str) -> None:
    source = RandomSource(seed + "!")
    check_valid(mutation(source, LANGUAGE, Swarm(source), drawn(seed)))
    check_valid(mutation(source, LANGUAGE, Swarm(source), Trace("")))


@settings(max_examples=50)
@given(SEEDS)
def test_mutating_and_splicing_give_valid_traces_and_the_same_ones_again(seed: str) -> None:
    first = mutate(RandomSource(seed), LANGUAGE, drawn(seed))
    check_valid(first)
    assert mutate(RandomSource(seed), LANGUAGE, drawn(seed)) == first
    check_valid(splice(RandomSource(seed), first, drawn(seed + "other")))


def has_more_steps(before: Trace, after: Trace) -> bool:
    return len(after.steps) > len(before.steps)


def has_fewer_steps(before: Trace, after: Trace) -> bool:
    return len(after.steps) < len(before.steps)


def has_a_longer_document(before: Trace, after: Trace) -> bool:
    return len(after.document) > len(before.document)


def has_a_shorter_document(before: Trace, after: Trace) -> bool:
    return len(after.document) < len(before.document)


def ends_where_it_began(before: Trace, after: Trace) -> bool:
    return list(after.documents())[-1] == before.document != list(before.documents())[-1]


def has_the_same_step_often(before: Trace, after: Trace) -> bool:
    return any(after.steps.count(step) >= 8 for step in after.steps)


def has_another_edit(before: Trace, after: Trace) -> bool:
    return len(after.steps) == len(before.steps) and after.steps != before.steps


def has_doubled(before: Trace, after: Trace) -> bool:
    return len(after.document) > 8 * len(before.document)


def has_another_probe(before: Trace, after: Trace) -> bool:
    probes = [sum(isinstance(step, Probe) for step in trace.steps) for trace in (before, after)]
    return probes[1] == probes[0] + 1


def has_a_hazard(before: Trace, after: Trace) -> bool:
    """One in the document, with every step kept and moved along."""
    added = len(after.document) - len(before.document)
    return (
        "\\ExplSyntaxOn" in after.document
        and len(after.steps) == len(before.steps)
        and any(step != old for step, old in zip(after.steps, before.steps, strict=True))
        and added > 0
    )


def is_new(before: Trace, after: Trace) -> bool:
    return not set(before.steps) & set(after.steps)


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("change_edit", has_another_edit),
        ("add_step", has_more_steps),
        ("add_probe", has_another_probe),
        ("repeat_step", has_the_same_step_often),
        ("drop_steps", has_fewer_steps),
        ("undo", ends_where_it_began),
        ("rewrite", has_more_steps),
        ("insert_hazard", has_a_hazard),
        ("edit_document", has_a_longer_document),
        ("grow", has_doubled),
        ("cut_document", has_a_shorter_document),
        ("start_over", is_new),
    ],
)
def test_a_mutation_does_what_it_is_called(name: str, does: Callable[[Trace, Trace], bool]) -> None:
    mutation = {kind.__name__: kind for kind in KINDS}[name]
    sources = (RandomSource(f"{name}{number}") for number in range(2000))
    assert any(does(TRACE, mutation(source, LANGUAGE, Swarm(source), TRACE)) for source in sources)


def test_every_mutation_has_its_row() -> None:
    rows = test_a_mutation_does_what_it_is_called.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {name for name, _ in rows} == {kind.__name__ for kind in KINDS}


def test_a_splice_has_something_of_both() -> None:
    other = Trace("123456", ((Edit(0, 1, "9"),),))
    spliced = [splice(RandomSource(str(number)), TRACE, other) for number in range(200)]
    assert any(trace.document == TRACE.document and other.steps[0] in trace.steps
               for trace in spliced)  # fmt: skip
    assert any(set(trace.document) & set("abcd") and set(trace.document) & set("123456")
               for trace in spliced)  # fmt: skip
    assert any(TRACE.steps[0] in trace.steps and other.steps[0] in trace.steps
               for trace in spliced)  # fmt: skip
