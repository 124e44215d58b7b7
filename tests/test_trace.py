"""Traces: which are valid, the documents that they lead through, and how many edits they count."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.errors import InvalidEdit
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace, is_probe

FORK = Probe(ProbeName.FORK, 3)
REOPEN = Probe(ProbeName.REOPEN)

EDITS = st.builds(Edit, st.integers(-1, 4), st.integers(-1, 4), st.text("ab", max_size=3))
PROBES = st.builds(Probe, st.sampled_from(ProbeName), st.none() | st.integers(0, 9))
STEPS: st.SearchStrategy[Step] = st.one_of(st.lists(EDITS, max_size=3).map(tuple), PROBES)
TRACES = st.builds(Trace, st.text("ab", max_size=4), st.lists(STEPS, max_size=4).map(tuple))


def check_valid(trace: Trace, documents: list[str], edit_count: int) -> None:
    assert trace.is_valid
    assert list(trace.documents()) == documents
    assert trace.edit_count == edit_count


@pytest.mark.parametrize(
    ("trace", "documents", "edit_count"),
    [
        (Trace(""), [""], 0),
        (Trace("ab"), ["ab"], 0),
        (Trace("ab", ((),)), ["ab", "ab"], 1),
        (Trace("ab", (FORK, REOPEN)), ["ab", "ab", "ab"], 0),
        (Trace("ab", ((Edit(0, 2, ""),),)), ["ab", ""], 1),
        (Trace("", ((Edit(0, 0, "x"), Edit(1, 1, "y")),)), ["", "xy"], 1),
        (
            Trace("ab", ((Edit(2, 2, "c"),), FORK, (Edit(2, 3, ""), Edit(0, 1, "")))),
            ["ab", "abc", "abc", "b"],
            2,
        ),
        (Trace("\ud800", ((Edit(1, 1, "\udc00"),),)), ["\ud800", "\ud800\udc00"], 1),
    ],
)
def test_valid_trace(trace: Trace, documents: list[str], edit_count: int) -> None:
    check_valid(trace, documents, edit_count)


@pytest.mark.parametrize(
    ("document", "steps"),
    [
        ("", ((Edit(0, 1, ""),),)),
        ("", ((Edit(1, 1, ""),),)),
        ("ab", ((Edit(-1, 0, "x"),),)),
        ("ab", ((Edit(2, 1, "x"),),)),
        ("ab", ((Edit(0, 1, ""), Edit(2, 2, "x")),)),
        ("ab", ((Edit(0, 2, ""),), FORK, (Edit(1, 1, "x"),))),
        ("ab", (FORK, (Edit(2, 2, "c"),), (Edit(0, 4, ""),))),
    ],
)
def test_trace_with_an_edit_that_does_not_fit(document: str, steps: tuple[Step, ...]) -> None:
    trace = Trace(document, steps)
    assert not trace.is_valid
    with pytest.raises(InvalidEdit):
        list(trace.documents())


@given(TRACES)
@settings(max_examples=300, deadline=None)
def test_trace_is_valid_exactly_where_its_documents_can_be_had(trace: Trace) -> None:
    documents: list[str] = []
    try:
        documents += trace.documents()
    except InvalidEdit:
        assert not trace.is_valid
    else:
        check_valid(trace, documents, sum(not is_probe(step) for step in trace.steps))
        assert len(documents) == len(trace.steps) + 1
        for step, before, after in zip(trace.steps, documents, documents[1:], strict=False):
            assert not is_probe(step) or before == after


@given(TRACES)
@settings(max_examples=50, deadline=None)
def test_trace_survives_pickling_and_is_hashable(trace: Trace) -> None:
    copy = pickle.loads(pickle.dumps(trace))
    assert copy == trace
    assert hash(copy) == hash(trace)
    assert list(map(is_probe, copy.steps)) == list(map(is_probe, trace.steps))


def test_probe_is_not_a_step_of_edits_though_both_are_tuples() -> None:
    edits: Edits = (Edit(0, 0, "x"),)
    assert is_probe(FORK)
    assert not is_probe(edits)
    assert not is_probe(())
    assert (str(FORK), str(REOPEN)) == ("fork 3", "reopen")
