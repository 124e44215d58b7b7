"""Traces as bytes and back: what a byte-level fuzzer mutates.

Every byte string decodes to some valid trace, so nothing that such a fuzzer makes is thrown away.
`decode(encode(trace)) == trace` for every valid trace; among the byte strings that decode to one
trace, `encode` gives the canonical one.

    trace   = document (FF step)*
    step    = nothing | edit (FE edit)* | probe
    edit    = start removed text
    probe   = one of F8..FD, then its argument or nothing

Texts are UTF-8 with lone surrogates let through, in which FE and FF never occur. A number has six
bits a byte, lowest first, all bytes but the last with 40 set: small ones are one byte, and none is
a probe's first. So a changed byte changes one place, one length or one character, and bytes that go
or come leave the steps around them what they were.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace

STEP, EDIT = b"\xff", b"\xfe"
FIRST_PROBE, LAST_PROBE = 0xF8, 0xFD
PROBES = tuple(ProbeName)

_BITS, _GOES_ON = 6, 0x40
_LOW = _GOES_ON - 1


def encode(trace: Trace) -> bytes:
    """The canonical bytes of a valid trace."""
    return STEP.join((_text(trace.document), *map(_step, trace.steps)))


def decode(data: bytes) -> Trace:
    """The trace that the bytes stand for, whatever they are."""
    document, *steps = data.split(STEP)
    return fitted(document.decode("utf-8", _ERRORS), [_read_step(step) for step in steps])


def fitted(document: str, steps: Iterable[Step]) -> Trace:
    """A trace with the steps made to fit the documents that they meet: a start that lies outside
    is taken modulo the places there are, an end is cut. Steps that fit stay as they are."""
    length = len(document)
    fit: list[Step] = []
    for step in steps:
        if isinstance(step, Probe):
            fit.append(step)
            continue
        edits = []
        for edit in step:
            if not edit.fits(length):
                start = edit.start % (length + 1)
                end = min(start + max(edit.end - edit.start, 0), length)
                edit = Edit(start, end, edit.text)
            edits.append(edit)
            length += edit.delta
        fit.append(tuple(edits))
    return Trace(document, tuple(fit))


def _step(step: Step) -> bytes:
    if isinstance(step, Probe):
        argument = b"" if step.argument is None else _number(step.argument)
        return bytes((FIRST_PROBE + PROBES.index(step.name),)) + argument
    return EDIT.join(
        _number(edit.start) + _number(edit.end - edit.start) + _text(edit.text) for edit in step
    )


def _read_step(data: bytes) -> Step:
    if not data:
        return ()
    if FIRST_PROBE <= data[0] <= LAST_PROBE:
        name = PROBES[(data[0] - FIRST_PROBE) % len(PROBES)]
        return Probe(name, _read_number(data, 1)[0] if len(data) > 1 else None)
    return tuple(map(_read_edit, data.split(EDIT)))


def _read_edit(data: bytes) -> Edit:
    start, place = _read_number(data, 0)
    removed, place = _read_number(data, place)
    return Edit(start, start + removed, data[place:].decode("utf-8", _ERRORS))


def _number(number: int) -> bytes:
    digits = bytearray()
    while number > _LOW:
        digits.append(_GOES_ON | (number & _LOW))
        number >>= _BITS
    digits.append(number)
    return bytes(digits)


def _read_number(data: bytes, place: int) -> tuple[int, int]:
    """The number that begins at a place, 0 where there is nothing, and the place behind it."""
    number = shift = 0
    while place < len(data):
        byte = data[place]
        number |= (byte & _LOW) << shift
        shift += _BITS
        place += 1
        if not byte & _GOES_ON:
            break
    return number, place


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _lenient(error: UnicodeError) -> tuple[str | bytes, int]:
    """Lone surrogates as what they are; any other byte that is no UTF-8 as the character with its
    number."""
    assert isinstance(error, UnicodeDecodeError)
    three = error.object[error.start : error.start + 3]
    try:
        return three.decode("utf-8", "surrogatepass"), error.start + 3
    except UnicodeDecodeError:
        return chr(error.object[error.start]), error.start + 1


_ERRORS = "fuzzeq.lenient"
codecs.register_error(_ERRORS, _lenient)
