"""Messages about one promise each. What the target raises meanwhile is one more, and the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from operator import index
from typing import Any, TypeAlias

from fuzzeq.calls import refusal
from fuzzeq.checking import Meter
from fuzzeq.crash_store import decode, encode
from fuzzeq.engines.conformance.promises import shown
from fuzzeq.engines.conformance.subject import Subject, flawed_samples, insertion
from fuzzeq.engines.conformance.threads import thread_safe
from fuzzeq.errors import InvalidSnapshot, UsageError
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.observation import Raised
from fuzzeq.model.result import equal
from fuzzeq.model.target import Capability
from fuzzeq.model.trace import Trace
from fuzzeq.oracles.invalid_edits import judge_refusal

HALVES = (("checkpoints", "resume"), ("snapshot", "restore"))


def _name(subject: Subject) -> Iterator[str]:
    name = subject.target.name
    try:
        decode(encode(Finding(name, Divergence("equality", "differs", 0, ""), Trace(""))))
    except UsageError:
        yield f"`name` is {shown(name)}"


def _samples(subject: Subject) -> Iterator[str]:
    yield from flawed_samples(subject.target)


def _methods(subject: Subject) -> Iterator[str]:
    for name in ("batch", "open"):
        if not callable(getattr(subject.target, name, None)):
            yield f"the target has no {name}()"
    for document in subject.documents[:1]:
        handle = subject.target.open(document)
        for name in ("apply", "result"):
            if not callable(getattr(handle, name, None)):
                yield f"what open() returned has no {name}()"


def _documents(subject: Subject) -> Iterator[str]:
    for document in subject.candidates:
        outcome = subject.batch(document)
        if isinstance(outcome, Raised):
            yield f"batch() raised {outcome.type} for {shown(document)}: {outcome.message}"
            return
    if not subject.documents:
        yield "batch() refused every document that was tried"


def _capabilities(subject: Subject) -> Iterator[str]:
    handle = subject.open()
    owners = dict.fromkeys(("work", "changed", "checkpoints", "resume", "snapshot"), handle)
    owners |= dict.fromkeys(("pieces", "restore"), subject.target)
    there = [name for name, owner in owners.items() if hasattr(owner, name)]
    for name in there:
        if not callable(getattr(owners[name], name)):
            yield f"`{name}` is not a method"
    for has, lacks in chain(HALVES, (half[::-1] for half in HALVES)):
        if has in there and lacks not in there:
            yield f"there is {has}() and no {lacks}(), so neither is judged"


def _determinism(subject: Subject) -> Iterator[str]:
    batch = subject.target.batch
    for document, other in _pairs(subject.documents):
        if not equal(list(batch(document)), list(batch(document))):
            yield f"batch() gave two different answers for {shown(document)}"
            return
        batch(other)
        if not equal(subject.answers[document], list(batch(document))):
            yield f"batch() answered {shown(document)} otherwise once it had seen others"
            return


def _purity(subject: Subject) -> Iterator[str]:
    batch = subject.target.batch
    for document, other in _pairs(subject.documents):
        handle, result = subject.target.open(document), batch(document)
        seen, before = list(handle.result()), list(map(repr, result))
        batch(other)
        if not equal(seen, list(handle.result())):
            yield f"batch() on {shown(other)} changed an open handle on {shown(document)}"
            return
        if before != list(map(repr, result)):
            yield f"batch() on {shown(other)} changed its own result for {shown(document)}"
            return


def _results(subject: Subject) -> Iterator[str]:
    target = subject.target
    for document in subject.documents:
        for result in (target.batch(document), target.open(document).result()):
            items = list(result)
            if not equal(items, [result[number] for number in range(len(result))]):
                yield f"len(), iteration and indexing disagree for {shown(document)}"
                return
            for item, other in _pairs(items):
                if item != item or bool(item == other) is bool(item != other):
                    yield f"an item is not equal to itself, or both == and != to {shown(other)}"
                    return
                repr(item)


def _work(subject: Subject) -> Iterator[str]:
    handle, meter = subject.open(), Meter()
    handle.apply(insertion(0, "a"))
    if index(handle.work()) < 0:
        yield f"work() is {handle.work()}"
    for seen in subject.seen_typing():
        meter.count(seen)
        if seen.work == 0 and seen.expected != seen.previous:
            yield "work() is 0 after a letter was typed that changes the result"
            return
    if not meter.edits:
        yield "no letter could be typed in a document of several kilobytes, so reuse was not seen"
    elif meter.reuse == 0:
        yield f"nothing is reused: {meter.edits} single letters typed each examined everything"


def _reference(subject: Subject) -> Iterator[str]:
    for document in subject.documents:
        if not equal(subject.target.reference.batch(document), subject.target.batch(document)):
            yield f"batch() and reference.batch() answer {shown(document)} differently"
            return


def _pieces(subject: Subject) -> Iterator[str]:
    for document in (*subject.documents, *subject.long_documents):
        pieces = subject.target.pieces(document)
        lengths = [index(piece.length) for piece in pieces]
        if sum(lengths) != len(document) or min(lengths, default=0) < 0:
            yield f"the pieces of {shown(document)} hold {sum(lengths)} of {len(document)}"
            return
        for piece in pieces:
            hash(piece.key)
    if subject.long_documents and len(pieces) == 1:
        yield f"a document of {len(document)} characters is one piece, so the bound says nothing"


def _changes(subject: Subject) -> Iterator[str]:
    handle = subject.open()
    handle.apply(insertion(0, "a"))
    if len(list(map(index, handle.changed()))) != 2:
        yield f"changed() is {shown(handle.changed())}"
    items = list(chain.from_iterable(map(subject.target.batch, subject.documents)))
    for item in items:
        if hasattr(item, "start"):
            moved = item.shift(3)
            if moved.start != item.start + 3 or moved.shift(-3) != item:
                yield f"shift(3) made {shown(moved)} of {shown(item)}"
                return
    reported = [
        (seen.changed, (0, len(seen.expected)))
        for seen in subject.seen_typing()
        if not isinstance(seen.expected, Raised) and seen.expected[:1] == seen.previous[:1] != []
    ]
    if reported and all(changed == everything for changed, everything in reported):
        yield f"changed() reports everything for each of {len(reported)} single letters typed"


def _checkpoints(subject: Subject) -> Iterator[str]:
    for document in subject.long_documents:
        if not len(subject.target.open(document).checkpoints()):
            yield f"checkpoints() is empty for a document of {len(document)} characters"
            return


def _snapshots(subject: Subject) -> Iterator[str]:
    target = subject.target
    for document in subject.documents:
        snapshot = target.open(document).snapshot()
        if not isinstance(snapshot, bytes):
            yield f"snapshot() is a {type(snapshot).__name__}"
            return
        other = document[:-1] + ("y" if document[-1:] != "y" else "z")
        what = f"a snapshot of {shown(document)}, restored on {shown(other)},"
        refused = refusal(0, what, InvalidSnapshot, lambda: target.restore(snapshot, other))  # noqa: B023
        if divergence := judge_refusal("snapshots", refused):
            yield divergence.message
            return


Examination: TypeAlias = Callable[[Subject], Iterator[str]]
EXAMINATIONS: dict[str, Examination] = {
    "name": _name,
    "samples": _samples,
    "methods": _methods,
    "documents": _documents,
    "capabilities": _capabilities,
    "determinism": _determinism,
    "purity": _purity,
    "results": _results,
}
OF_CAPABILITIES: dict[Capability, Examination] = {
    Capability.WORK: _work,
    Capability.PIECES: _pieces,
    Capability.REFERENCE: _reference,
    Capability.CHANGES: _changes,
    Capability.CHECKPOINTS: _checkpoints,
    Capability.SNAPSHOTS: _snapshots,
    Capability.THREAD_SAFE: thread_safe,
}


def _pairs(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Each of them with the next one, the last with the first."""
    return pairwise((*items, *items[:1]))
