"""What a target promises, and what is said to its author where it breaks a promise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fuzzeq.calls import guarded
from fuzzeq.explain import visible
from fuzzeq.model.observation import Raised

PROMISES = {
    "name": "use letters, digits, '.', '_' and '-' only, as crash files need, and no sign first",
    "methods": "give the target batch() and open(), and its handles apply() and result()",
    "samples": "make `samples` and `hazards` tuples of str",
    "documents": "answer every text, or refuse it with InvalidDocument; offer samples of several "
    "kilobytes if few are accepted",
    "capabilities": "make each capability a method, with both halves of it there, or take it away",
    "determinism": "make batch() a pure function of its text, and let items compare by value",
    "purity": "let batch() leave handles and its earlier results alone",
    "results": "return sequences whose len(), iteration and indexing agree, with items whose ==, "
    "!= and repr() never raise",
    "equality": "make a handle show what batch() answers, after opening and after every step",
    "raises": "let no call raise on what batch() accepts",
    "invalid-edits": "look at all edits of a step before applying the first, and refuse one that "
    "is out of range with InvalidEdit and nothing changed",
    "interleaving": "keep the state of a handle in the handle, and none in its class or module",
    "work": "count in work() every character that the last apply() examined, and reuse the rest",
    "pieces": "cut the document into units of restart whose lengths add up to it, keys hashable",
    "reference": "let reference.batch() answer what batch() does, with nothing remembered",
    "changes": "report with changed() the (start, end) of what may be new, and no more; give "
    "shift(by) to items with offsets",
    "checkpoints": "let checkpoints() ascend, and resume(i) give all items from there on, offsets "
    "absolute",
    "snapshots": "return bytes from snapshot(), with checksums of themselves and of the document, "
    "and raise InvalidSnapshot where either does not fit",
    "lossless": "let items cover the document in order and without gap, or drop `lossless`",
    "thread_safe": "let handles share nothing that is written to, or drop `thread_safe`",
}
"""Every promise, in the order in which they are asked; those that have the name of a capability
are asked of targets that declare it."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A promise (a key of `PROMISES`) that a target breaks; the message says what to change."""

    promise: str
    message: str


def told(promise: str, messages: Iterator[str]) -> Iterator[Complaint]:
    """The messages as complaints; an exception of the target's ends them, as one more."""
    while message := guarded(promise, lambda: next(messages, None)):
        if isinstance(message, Raised):
            message = f"{message.type} was raised while this was asked: {message.message}"
        yield Complaint(promise, f"{message}: {PROMISES[promise]}")


def shown(value: object) -> str:
    """A value on one line, cut where it is long."""
    return f"'{visible(value, 60)}'" if isinstance(value, str) else visible(repr(value), 60)
