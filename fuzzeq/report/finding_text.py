"""A finding's page in the terminal: the same view, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from fuzzeq.report.finding_view import FindingView
from fuzzeq.report.step_view import LEGEND, ItemPair, Line, StepView
from fuzzeq.report.words import counted

WHOLE_STEPS = 6
"""Of so many steps at the end, documents and items are shown."""


def tell(view: FindingView) -> Iterator[str]:
    """The lines; whoever prints them needs no further care."""
    yield f"{view.target}: {view.title} ({view.status})"
    yield f"  fingerprint  {view.fingerprint}"
    yield f"  message      {view.message}"
    if view.today:
        yield f"  today        {view.today}"
    yield f"  document     '{view.document}' ({counted(view.document_chars, 'character')})"
    yield f"  found by     {view.origin}"
    if view.why_not:
        yield f"  not run again: {view.why_not}"
    if view.likely:
        yield "  likely class, as far as that can be seen from outside (docs/BUG_CLASSES.md):"
        for likely in view.likely:
            yield f"    {likely.number:>2} {likely.name}: {likely.because}"
    if view.no_class:
        yield f"  likely class {view.no_class}"
    if not view.steps:
        yield from (f"  {told}" for told in view.told)
    hidden = max(len(view.steps) - WHOLE_STEPS, 0)
    for step in view.steps[:hidden]:
        yield f"  step {step.number}: {step.what}"
    if view.steps:
        yield f"  in the margin: * checkpoint, | read again, {_legend()}"
    for step in view.steps[hidden:]:
        yield from _step(step)
    if not view.shows_difference:
        yield from _excerpts(view)
    if view.shrinking:
        yield "  how it became small (candidates tried; edits and probes, characters in and out):"
        for smaller in view.shrinking:
            yield (
                f"    {smaller.candidates:>6,}  {smaller.steps:>5,}  {smaller.written:>7,}"
                f"  {smaller.removed:>6,}  {smaller.by or 'as it was found'}"
            )
    if view.original:
        yield "  as it was found:"
        yield from (f"    {line}" for line in view.original)
    yield f"  to reproduce: {view.replay}"
    yield f"  as a test:    {view.export}"


def _legend() -> str:
    return ", ".join(f"{mark.sign} {mark.words}" for mark in LEGEND)


def _step(step: StepView) -> Iterator[str]:
    yield ""
    yield f"  step {step.number}: {step.what}{'   <- HERE IT FAILS' if step.fails else ''}"
    yield from (f"    {_line(line)}" for line in step.lines)
    if step.raised:
        yield f"    {step.raised}"
    wrong = any(pair.state not in ("same", "gap") for pair in step.items)
    if wrong:
        yield "    items (- batch, + incremental):"
        for pair in step.items:
            yield from (f"      {line}" for line in _pair(pair))
    for fact in step.facts:
        yield f"    {fact.name + ':':<17} {fact.text}"


def _line(line: Line) -> str:
    text = "".join(part.text for part in line.parts)
    if not line.number:
        return f"{'':>9}{text}"
    signs = "".join(dict.fromkeys(mark.sign for mark in line.marks))
    margin = f"{signs:>4} {'*' if line.checkpoint else ' '}{'|' if line.read else ' '}"
    return f"{margin} {line.number:>5} {text}"


def _pair(pair: ItemPair) -> Iterator[str]:
    if pair.state in ("same", "gap"):
        number = "" if pair.expected_number is None else pair.expected_number
        yield f"  {number:>5} {pair.expected}"
        return
    first = "   <- first" if pair.is_first else ""
    if pair.expected_number is not None:
        yield f"- {pair.expected_number:>5} {pair.expected}{first}"
        first = ""
    if pair.actual_number is not None:
        yield f"+ {pair.actual_number:>5} {pair.actual}{first}"


def _excerpts(view: FindingView) -> Iterator[str]:
    if view.expected_excerpt or view.actual_excerpt:
        yield "  batch (expected)"
        yield from (f"    {item}" for item in view.expected_excerpt)
        yield "  incremental (actual)"
        yield from (f"    {item}" for item in view.actual_excerpt)
