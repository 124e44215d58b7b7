"""Traces as bytes: every byte string is a trace, and every trace has bytes that are its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzeq.generate import Limits
from fuzzeq.generate.codec import PROBES, decode, encode, fitted
from fuzzeq.generate.hypothesis_source import traces
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.recipes import recipe_for

LANGUAGE = recipe_for("latex").language((), ())

BYTES = st.lists(
    st.sampled_from([b"\xff", b"\xfe", b"\xf8", b"\xfc", b"\xfd", b"\x40", b"\x00", b"a", b"\xc3",
                     b"\xa9", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xe2\x82"])
    | st.binary(max_size=3),
    max_size=40,
).map(b"".join)  # fmt: skip
"""Bytes that mean something to the codec, and some that do not."""

TEXTS = st.text(st.characters(codec=None), max_size=12)
"""Lone surrogates among them."""


@st.composite
def any_trace(draw: st.DrawFn) -> Trace:
    """Any valid trace at all, of texts that no generator would draw."""
    edit = st.builds(lambda start, length, text: Edit(start, start + length, text),
                     st.integers(0, 90), st.integers(0, 90), TEXTS)  # fmt: skip
    argument = st.none() | st.integers(0, 1 << 40)
    probe = st.builds(Probe, st.sampled_from(PROBES), argument)
    step = st.lists(edit, max_size=3).map(tuple) | probe
    return fitted(draw(TEXTS), draw(st.lists(step, max_size=5)))


def check_law(trace: Trace) -> None:
    """What is encoded comes back."""
    assert trace.is_valid
    assert decode(encode(trace)) == trace


@given(any_trace())
def test_every_valid_trace_comes_back(trace: Trace) -> None:
    check_law(trace)


@given(traces(LANGUAGE, Limits(document=128, steps=8, probes=0.2)))
def test_what_the_generator_draws_comes_back(trace: Trace) -> None:
    check_law(trace)


@given(BYTES)
def test_every_byte_string_is_a_valid_trace_with_canonical_bytes(data: bytes) -> None:
    trace = decode(data)
    check_law(trace)
    canonical = encode(trace)
    assert encode(decode(canonical)) == canonical


@pytest.mark.parametrize(
    ("trace", "data"),
    [
        (Trace(""), b""),
        (Trace("é\n"), b"\xc3\xa9\n"),
        (Trace("\ud800\udc00"), b"\xed\xa0\x80\xed\xb0\x80"),
        (Trace("", ((),)), b"\xff"),
        (Trace("ab", ((Edit(1, 2, "x"),),)), b"ab\xff\x01\x01x"),
        (Trace("ab", ((Edit(1, 1, ""), Edit(0, 2, "")),)), b"ab\xff\x01\x00\xfe\x00\x02"),
        (Trace("a" * 100, ((Edit(64, 100, ""),),)), b"a" * 100 + b"\xff\x40\x01\x24"),
        (Trace("", (Probe(ProbeName.INVALID, 0), Probe(ProbeName.FORK))), b"\xff\xf8\x00\xff\xfc"),
    ],
)
def test_these_bytes_are_kept_by_users_and_stay_what_they_are(trace: Trace, data: bytes) -> None:
    assert encode(trace) == data
    assert decode(data) == trace


@pytest.mark.parametrize(
    ("data", "trace"),
    [
        (b"\xc3", Trace("Ã")),
        (b"\xfe", Trace("þ")),
        (b"a\xff\x05\x00x", Trace("a", ((Edit(1, 1, "x"),),))),
        (b"abc\xff\x01\x20x", Trace("abc", ((Edit(1, 3, "x"),),))),
        (b"abc\xff\x81\x80x", Trace("abc", ((Edit(1, 1, "x"),),))),
        (b"\xff\xfe", Trace("", ((Edit(0, 0, ""), Edit(0, 0, "")),))),
        (b"\xff\xfd\x01\x02", Trace("", (Probe(ProbeName.INVALID, 1),))),
    ],
)
def test_bytes_that_nothing_encodes_to_are_made_to_fit(data: bytes, trace: Trace) -> None:
    assert decode(data) == trace


@given(any_trace())
def test_steps_that_fit_stay_as_they_are(trace: Trace) -> None:
    assert fitted(trace.document, trace.steps) == trace
