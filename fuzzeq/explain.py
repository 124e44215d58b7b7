"""A finding in words: the document, the steps, and where the two sides part.

Everything that comes from a document or a target is shown visibly, never as it is: a crash file
must not be able to move a cursor, ring a bell or turn text around.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.trace import Probe, Step, Trace

_SHOWN_CHARACTERS = 2000
_SHOWN_STEPS = 40
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


def visible(text: str, limit: int = 400) -> str:
    """The text on one line with all that is not plainly printable escaped; cut at the limit."""
    shown = "".join(map(_visible, text[:limit]))
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character != " " and (character in _NAMES or category[0] in "CZM"):
        return _NAMES.get(character) or ascii(character)[1:-1]
    return character


def visible_repr(text: str, limit: int = 400) -> str:
    """What a `repr` gave, on one line: its own escapes stay as they are, so that a line end that it
    wrote as `\\n` is not taken for a backslash."""
    shown = one_line(text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"


def printable(text: str) -> str:
    """A message for a terminal: control and format characters escaped, backslashes as they are."""
    return "".join(
        _visible(character) if character not in "\n\\" else character for character in text
    )


def one_line(text: str) -> str:
    """The same, line ends escaped as well."""
    return printable(text).replace("\n", "\\n")


def describe_step(step: Step, document: str) -> str:
    """A step in words, on the document that it meets."""
    if isinstance(step, Probe):
        return f"probe {step}"
    parts = []
    for edit in step:
        removed = document[edit.start : edit.end]
        document = edit.apply(document)
        what = f"'{visible(removed, 60)}' → '{visible(edit.text, 60)}'"
        if not removed:
            what = f"insert '{visible(edit.text, 120)}'"
        elif not edit.text:
            what = f"delete '{visible(removed, 120)}'"
        parts.append(f"[{edit.start}:{edit.end}] {what}")
    return "; ".join(parts) or "nothing (a step without edits)"


def explain(finding: Finding, divergence: Divergence | None = None) -> Iterator[str]:
    """The finding, line by line; `divergence` is that of today, where it differs."""
    divergence = divergence or finding.divergence
    trace = finding.trace
    what = f"{divergence.oracle} ({divergence.kind})"
    yield f"target    {one_line(finding.target)}"
    yield f"oracle    {one_line(what)}, at step {divergence.step}"
    yield f"message   {one_line(divergence.message)}"
    yield f"document  '{visible(trace.document, _SHOWN_CHARACTERS)}'"
    yield from explain_steps(trace)
    if divergence.expected_excerpt or divergence.actual_excerpt:
        yield "batch (expected)"
        yield from (f"    {visible_repr(item)}" for item in divergence.expected_excerpt)
        yield "incremental (actual)"
        yield from (f"    {visible_repr(item)}" for item in divergence.actual_excerpt)


def explain_steps(trace: Trace) -> Iterator[str]:
    """The steps of a trace, one a line; of very many the first and last."""
    hidden = range(_SHOWN_STEPS // 2, len(trace.steps) - _SHOWN_STEPS // 2)
    documents = trace.documents()
    for number, step in enumerate(trace.steps):
        document = next(documents)
        if number not in hidden:
            yield f"step {number + 1:<4} {describe_step(step, document)}"
        elif number == hidden.start:
            yield f"          … {len(hidden)} more steps"
