"""Edits written inline: `a«old→new»b` is the document `aoldb` and the edit that makes it `anewb`.

What goes stands before the arrow, what comes behind it; either may be empty. None of the three
signs can be part of a document in this notation.
"""

from __future__ import annotations

import re

from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.trace import Edits, Probe, Step, Trace

_MARK = re.compile("«([^«→»]*)→([^«→»]*)»")


def marked(text: str) -> tuple[str, Edit]:
    """The document and the edit of a text with one mark."""
    document, edits = downwards(text)
    assert len(edits) == 1, f"one mark is wanted: {text!r}"
    return document, edits[0]


def downwards(text: str) -> tuple[str, Edits]:
    """The document and the edits of a text with any number of marks, made one after the other from
    the first to the last: each in the coordinates that the one before it leaves."""
    document, edits = upwards(text)
    by, moved = 0, []
    for edit in reversed(edits):
        moved.append(Edit(edit.start + by, edit.end + by, edit.text))
        by += edit.delta
    return document, tuple(moved)


def upwards(text: str) -> tuple[str, Edits]:
    """As `downwards`, made from the last mark to the first: all in the document's coordinates."""
    document = _MARK.sub(r"\1", text)
    assert not set(document) & set("«→»"), f"a mark is not whole: {text!r}"
    edits, marks = [], 0
    for mark in _MARK.finditer(text):
        start = mark.start() - marks
        edits.append(Edit(start, start + len(mark[1]), mark[2]))
        marks += len(mark[0]) - len(mark[1])
    return document, tuple(reversed(edits))


def trace(*steps: str | Step) -> Trace:
    """A trace. Each marked text is a step, and has to be what the one before it has made; the first
    one gives the document, and is no step if it has no mark. Other steps stand for themselves."""
    first, *_ = steps
    assert isinstance(first, str), "a trace begins with a text"
    opened = document = downwards(first)[0]
    taken: list[Step] = []
    for step in steps:
        if isinstance(step, str):
            before, edits = downwards(step)
            assert before == document, f"the document is {document!r}, not {before!r}"
            if edits:
                taken.append(edits)
                document = apply_all(document, edits)
            continue
        taken.append(step)
        if not isinstance(step, Probe):
            document = apply_all(document, step)
    return Trace(opened, tuple(taken))
