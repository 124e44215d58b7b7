"""A finding as a plain pytest function: what the adapter is asked, written out step by step.

The calls are those of lockstep, in its order, so that what fails there fails here: batch is asked
before the handle, and once for each document. Where the broken oracle is no comparison that plain
code can make (work, changes, lossless), the function hands the whole trace to
`fuzzeq.assert_equivalent`.

The text may come from a hostile file. Every part of it is written as an ASCII literal, as a number,
or as a name out of letters, digits and underscores; none of it names anything that is imported.

Does not know: a document that the target refuses is passed over in lockstep; here it ends the test
with `InvalidDocument`. Shrinking takes such steps away.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.finding import Finding, Status
from fuzzeq.model.trace import Edits, Probe, ProbeName
from fuzzeq.probes import invalid_edits, twin_edit

COLUMNS = 100
MOST_STEPS = 1000
"""A function of more is no longer something that a person reads."""
RESERVED = frozenset(
    "Edit InvalidEdit InvalidSnapshot Probe ProbeName TARGET Trace assert_equivalent pytest".split()
)
"""The names that the module uses itself: none that is imported for the target may be one."""

PLAIN = frozenset("equality interleaving invalid-edits purity raises resume snapshots".split())
"""The oracles whose judgement is written out."""

_INLINE = 60
"""The longest literal that stands inside an edit; longer ones get a line and a name."""
_SHORTEST_CHUNK = 24
_MISHAPS = {
    Status.DIED: "The process that ran this trace died, and so may the one that runs this test.",
    Status.HUNG: "The process that ran this trace was stopped as hung: set a limit of time.",
    Status.FLAKY: "It did not come again in a fresh process, and so may pass here.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the target comes from, in Python: the line that imports it and the expression that is
    it. Both go into the function as they are, so neither may ever come out of a crash file."""

    import_line: str
    expression: str = "TARGET"


def pytest_function(finding: Finding, source: Source) -> str:
    """A Python module with one test function, formatted as `ruff format` does at 100 columns.

    Raises `UsageError` where the trace has more than `MOST_STEPS` edits and probes.
    """
    steps = sum(1 if isinstance(step, Probe) else len(step) or 1 for step in finding.trace.steps)
    if steps > MOST_STEPS:
        raise UsageError(
            f"{steps} edits and probes are too many for a function that anyone reads "
            f"(at most {MOST_STEPS}): make it smaller with fuzzeq shrink"
        )
    body = list(_plain(finding) if finding.divergence.oracle in PLAIN else _judged(finding))
    lines = [
        '"""What an incremental engine got wrong; made by `fuzzeq export --pytest`."""',
        "",
        *_imports(finding, source),
        "",
        *([f"TARGET = {source.expression}", ""] if source.expression != "TARGET" else []),
        "",
        f"def {function_name(finding)}() -> None:",
        *(f"    {line}" if line else "" for line in (*_header(finding), *body)),
    ]
    return "".join(f"{_kept(line)}\n" for line in lines)


def function_name(finding: Finding) -> str:
    """`test_<target>_<oracle>_<fingerprint8>`, of letters, digits and underscores."""
    parts = (finding.target[:30], finding.divergence.oracle[:30], finding.fingerprint[:8])
    return "_".join(["test", *(re.sub(r"[^A-Za-z0-9]", "_", part).lower() for part in parts)])


def literal(text: str) -> str:
    """An ASCII string literal with this value, in the quotes that `ruff format` would choose."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + f"\\{quote}".join(ascii(part)[1:-1] for part in text.split(quote)) + quote


# The parts of a module.


def _imports(finding: Finding, source: Source) -> Iterator[str]:
    probes = {step.name for step in finding.trace.steps if isinstance(step, Probe)}
    edits = any(step and not isinstance(step, Probe) for step in finding.trace.steps)
    if finding.divergence.oracle in PLAIN:
        used = {
            "Edit": edits or bool(probes & {ProbeName.INVALID, ProbeName.FORK}),
            "InvalidEdit": ProbeName.INVALID in probes,
            "InvalidSnapshot": ProbeName.RESTORE in probes,
        }
        if probes & {ProbeName.INVALID, ProbeName.RESTORE}:
            yield "import pytest"
    else:
        used = {
            "Edit": edits,
            "Probe": bool(probes),
            "ProbeName": bool(probes),
            "Trace": True,
            "assert_equivalent": True,
        }
    names = ", ".join(name for name, is_used in used.items() if is_used)
    ours = [f"from fuzzeq import {names}"] if names else []
    yield from sorted([*ours, source.import_line], key=lambda line: line.split()[1])


def _header(finding: Finding) -> Iterator[str]:
    """What broke, in comments."""
    divergence = finding.divergence
    kind = f"{_short(divergence.oracle)} ({_short(divergence.kind)})"
    yield f"# Broken: {kind}, at step {_short(divergence.step)}."
    if divergence.message:
        yield f"# {_short(divergence.message, 90)}"
    if finding.status in _MISHAPS:
        yield f"# {_MISHAPS[finding.status]}"


def _plain(finding: Finding) -> Iterator[str]:
    """The trace as calls and comparisons."""
    trace, oracle = finding.trace, finding.divergence.oracle
    repeats = oracle in ("purity", "raises")
    yield from _text("document", trace.document)
    yield "expected = list(TARGET.batch(document))"
    if repeats:
        yield "first_document, first_expected = document, expected"
    yield "handle = TARGET.open(document)"
    yield "assert list(handle.result()) == expected"
    document = trace.document
    for number, step in enumerate(trace.steps, 1):
        yield ""
        yield f"# Step {number}{f': {step.name}' if isinstance(step, Probe) else ''}."
        if isinstance(step, Probe):
            yield from _probe(step, document, oracle)
        else:
            yield from _edits(step)
            document = apply_all(document, step)
    if any(isinstance(step, Probe) and step.name == ProbeName.FORK for step in trace.steps):
        yield ""
        yield "# The twin has not seen what was done to the handle since."
        yield "assert list(twin.result()) == twin_expected"
    if repeats:
        yield ""
        yield "# Asked again, batch answers the same."
        yield "assert list(TARGET.batch(first_document)) == first_expected"
        if document != trace.document:
            yield "assert list(TARGET.batch(document)) == expected"


def _judged(finding: Finding) -> Iterator[str]:
    """The trace as one value, for fuzzeq to judge."""
    yield "# This is not a comparison of results that a few lines could make: fuzzeq judges it."
    yield from _text("document", finding.trace.document)
    if not finding.trace.steps:
        yield "assert_equivalent(TARGET, Trace(document))"
        return
    steps: list[str] = []
    for number, step in enumerate(finding.trace.steps, 1):
        if isinstance(step, Probe):
            argument = "" if step.argument is None else f", {step.argument}"
            if len(argument) > _INLINE:
                yield f"argument_{number} = {step.argument}"
                argument = f", argument_{number}"
            steps.append(f"Probe(ProbeName.{step.name.name}{argument}),")
            continue
        calls = yield from _calls(step, f"text_{number}")
        steps += _tuple("", calls, ",")
    yield "steps = ["
    yield from (f"    {line}" for line in steps)
    yield "]"
    yield "assert_equivalent(TARGET, Trace(document, tuple(steps)))"


# One step.


def _edits(edits: Edits) -> Iterator[str]:
    calls = yield from _calls(edits, "text")
    if len(edits) == 1:
        yield f"edit = {calls[0]}"
        yield "document = edit.apply(document)"
        applied = "(edit,)"
    else:
        yield from _tuple("edits = ", calls)
        if edits:
            yield "for edit in edits:"
            yield "    document = edit.apply(document)"
        applied = "edits"
    yield "expected = list(TARGET.batch(document))"
    yield f"handle.apply({applied})"
    yield "assert list(handle.result()) == expected"


def _probe(probe: Probe, document: str, oracle: str) -> Iterator[str]:
    """What lockstep does for a probe. One that needs a capability is passed over by a target
    without it, but for the findings of that capability's own oracle."""
    argument = probe.argument or 0
    match probe.name:
        case ProbeName.REOPEN:
            yield "handle = TARGET.open(document)"
            yield "assert list(handle.result()) == expected"
        case ProbeName.INVALID:
            calls = [_call(edit) for edit in invalid_edits(len(document), argument)]
            yield from _tuple("invalid = ", calls)
            yield "with pytest.raises(InvalidEdit):"
            yield "    handle.apply(invalid)"
            yield "assert list(handle.result()) == expected  # nothing has changed"
        case ProbeName.FORK:
            yield f"edit = {_call(twin_edit(document, argument))}"
            yield "twin_expected = list(TARGET.batch(edit.apply(document)))"
            yield "twin = TARGET.open(document)"
            yield "twin.apply((edit,))"
            yield "assert list(twin.result()) == twin_expected"
            yield "assert list(handle.result()) == expected"
        case ProbeName.RESTORE:
            has = 'hasattr(handle, "snapshot") and hasattr(TARGET, "restore")'
            yield from _if(
                None if oracle == "snapshots" else has, _restore(probe.argument, document)
            )
        case ProbeName.RESUME:
            has = 'hasattr(handle, "checkpoints") and hasattr(handle, "resume")'
            yield from _if(None if oracle == "resume" else has, _resume(argument))


def _restore(argument: int | None, document: str) -> Iterator[str]:
    yield "snapshot = handle.snapshot()"
    if argument is None:
        for other in _other_documents(document):
            yield "with pytest.raises(InvalidSnapshot):  # it belongs to another document"
            yield f"    TARGET.restore(snapshot, {other})"
        yield "handle = TARGET.restore(snapshot, document)"
        yield "assert list(handle.result()) == expected"
        return
    where, kind = divmod(argument, 3)
    if kind == 0:
        yield f"bit, place = divmod({where}, len(snapshot))"
        yield "damaged = bytearray(snapshot)"
        yield "damaged[place] ^= 1 << (bit % 8)"
    elif kind == 1:
        yield f"damaged = snapshot[: {where} % len(snapshot)]"
    else:
        yield f"damaged = snapshot + bytes([{where % 256}])"
    yield "with pytest.raises(InvalidSnapshot):"
    yield "    TARGET.restore(bytes(damaged), document)"
    yield "assert list(handle.result()) == expected"


def _other_documents(document: str) -> Iterator[str]:
    """As expressions, what `probes.other_documents` gives as texts."""
    yield 'document + "x"'
    if document:
        yield f'document[:-1] + "{"y" if document[-1] == "x" else "x"}"'


def _resume(argument: int) -> Iterator[str]:
    yield "offsets = list(handle.checkpoints())"
    yield "assert offsets == sorted(set(offsets))"
    yield "assert all(0 <= offset <= len(document) for offset in offsets)"
    yield "if offsets:"
    yield f"    index = {argument} % len(offsets)"
    yield "    items, suffix = list(handle.resume(index)), expected"
    yield '    if all(hasattr(item, "start") for item in expected):'
    yield "        suffix = [item for item in expected if item.start >= offsets[index]]"
    yield "    elif offsets[index]:"
    yield "        suffix = expected[max(len(expected) - len(items), 0) :]"
    yield "    assert items == suffix"
    yield "    assert list(handle.result()) == expected  # nothing has changed"


def _if(condition: str | None, lines: Iterator[str]) -> Iterator[str]:
    if condition is None:
        yield from lines
        return
    yield f"if {condition}:"
    yield from (f"    {line}" for line in lines)


# Python, laid out as `ruff format` does.


def _calls(edits: Edits, name: str) -> Generator[str, None, list[str]]:
    """The edits as calls (returned); texts too long to stand in them are named first (yielded)."""
    calls = []
    for number, edit in enumerate(edits, 1):
        if len(literal(edit.text)) <= _INLINE:
            calls.append(_call(edit))
            continue
        named = name if len(edits) == 1 else f"{name}_{number}"
        yield from _text(named, edit.text)
        calls.append(f"Edit({edit.start}, {edit.end}, {named})")
    return calls


def _call(edit: Edit) -> str:
    return f"Edit({edit.start}, {edit.end}, {literal(edit.text)})"


def _tuple(before: str, items: Sequence[str], after: str = "") -> Iterator[str]:
    """A tuple: one element on its line, more of them on a line each."""
    if len(items) <= 1:
        yield f"{before}({''.join(f'{item},' for item in items)}){after}"
        return
    if len(f"        {max(items, key=len)},") > COLUMNS:  # see `_kept`
        yield f"{before}({', '.join(items)}){after}"
        return
    yield f"{before}("
    yield from (f"    {item}," for item in items)
    yield f"){after}"


def _text(name: str, text: str) -> Iterator[str]:
    """An assignment: on one line, in parentheses, or as many literals cut behind line ends."""
    whole = literal(text)
    if len(f"    {name} = {whole}") <= COLUMNS:
        yield f"{name} = {whole}"
        return
    chunks = [whole] if len(f"        {whole}") <= COLUMNS else _chunks(text)
    yield f"{name} = ("
    yield from (f"    {chunk}" for chunk in chunks)
    yield ")"


def _chunks(text: str) -> Iterator[str]:
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        start = 0
        while start < len(line):
            end = min(start + COLUMNS, len(line))
            while end - start > 1 and len(literal(line[start:end])) > COLUMNS - 8:
                end -= max(1, (end - start) // _SHORTEST_CHUNK)
            yield literal(line[start:end])
            start = end


def _short(value: object, columns: int = 32) -> str:
    """A value in a comment: ASCII, on one line, cut."""
    shown = ascii(value)
    return shown if len(shown) <= columns else f"{shown[: columns - 3]}..."


def _kept(line: str) -> str:
    """A line of code too long for its columns, of which only a file made by hand has one (a probe's
    argument may have 78 digits): told to be left as it is."""
    too_long = len(line) > COLUMNS and not line.lstrip().startswith(("#", '"', "'"))
    return f"{line}  # fmt: skip" if too_long else line
