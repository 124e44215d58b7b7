"""The conformance kit: does a plug-in keep the promises that fuzzeq's judges build on?

A target that breaks one is not worth fuzzing yet: its findings would be about the adapter, or a
capability would be declared and never judged. So a few documents and short traces, the same ones
for ever; every complaint says what to change. What invariants are is for the oracles: here traces
are chosen that bring each of them to judge. Asked beside them is what no oracle can see.

Does not know time: a target that hangs hangs the kit, except on the threads that it starts itself.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from operator import index
from threading import Barrier, Thread
from typing import Any, TypeAlias

from fuzzeq.checking import Meter, check
from fuzzeq.crash_store import decode, encode
from fuzzeq.engines import stream
from fuzzeq.engines.unit import language_for
from fuzzeq.errors import InvalidSnapshot, UsageError
from fuzzeq.explain import describe_step, visible
from fuzzeq.generate import Language, Limits
from fuzzeq.generate.documents import line_start
from fuzzeq.lockstep import Session, guarded, lockstep, refusal
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.observation import Comparison, Dropped, Raised
from fuzzeq.model.result import equal
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace, is_probe
from fuzzeq.oracles.invalid_edits import judge_refusal

PLAIN = ("", "a", "one two\nthree\n\n  four five", "a b\r\n\r\nc\r\n", "\U0001d538b é\n\U0001f600")
WORDS = "the word x1 and a Token\n"
SHORT, LONG, MENU = 240, 6000, 5
"""Code points of a short document and of a long one, in which a small edit must not cost all; how
many samples, hazards and places are tried."""
LIMITS = Limits(document=400, steps=12, probes=0.2)
RANDOM_UNITS, UNIT_EDITS = 6, 24
INVALID_KINDS, DAMAGES, CHECKPOINTS = range(12), (*range(48), *range(3000, 3024)), range(8)
ROUNDS, THREAD_EDITS, SECONDS, SWITCH_SECONDS = 3, 40, 20.0, 1e-6

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

OF_PROBE = {
    ProbeName.INVALID: "invalid-edits",
    ProbeName.RESTORE: "snapshots",
    ProbeName.RESUME: "checkpoints",
    ProbeName.FORK: "interleaving",
}
OF_ORACLE = {"resume": "checkpoints", "purity": "determinism"}  # others are called as their promise
HALVES = (("checkpoints", "resume"), ("snapshot", "restore"))


@dataclass(frozen=True, slots=True)
class Complaint:
    """A promise (a key of `PROMISES`) that a target breaks; the message says what to change."""

    promise: str
    message: str


def assert_conforms(target: object) -> None:
    """Raises `AssertionError`, with every complaint on a line, where a target breaks a promise."""
    found = [f"  {complaint.promise}: {complaint.message}" for complaint in complaints(target)]
    if found:
        raise AssertionError("\n".join(["the target does not conform", *found]))


def complaints(target: Any) -> Iterator[Complaint]:
    """Every complaint about a target, each promise in its turn; none if it conforms.

    Whatever the target raises is a complaint. Ends early where there is nothing to go on with: a
    method is missing, no handle can be opened, or every document is refused.
    """
    subject = Subject(target)
    for promise, examine in EXAMINATIONS.items():
        found = list(_told(promise, examine(subject)))
        yield from found
        if found and (promise == "methods" or (promise == "documents" and not subject.answers)):
            return
    can = guarded("capabilities", lambda: subject.can)
    if isinstance(can, Raised):
        return  # told already, with all that the examination of capabilities met
    for capability, examine in OF_CAPABILITIES.items():
        if capability in can:
            yield from _told(capability.value, examine(subject))
    yield from _told_by_traces(subject)


def promises(target: Any) -> list[str]:
    """The names of the promises that are asked of a target, which has to conform: all but those
    of capabilities that it does not declare."""
    absent = {*Capability} - {Capability.SAMPLES} - Subject(target).can
    return [name for name in PROMISES if name not in absent]


class Subject:
    """A target under examination, and what it is examined on."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.answers: dict[str, Sequence[Any]] = {}

    def open(self) -> Any:
        """A new handle on the first document."""
        return self.target.open(self.documents[0])

    def batch(self, document: str) -> Sequence[Any] | Raised | Dropped:
        """The batch result as lockstep takes it."""
        return Session(self.target, document).batch(document)

    def accepted(self, documents: Iterable[str]) -> tuple[str, ...]:
        """The documents, each once, that batch answers; the first answers are kept."""
        for document in documents:
            outcome = self.batch(document)
            if not isinstance(outcome, Raised | Dropped):
                self.answers.setdefault(document, outcome)
        return tuple(document for document in self.answers if document in documents)

    @cached_property
    def can(self) -> frozenset[Capability]:
        """What the target declares."""
        return capabilities(self.target, self.open())

    @cached_property
    def language(self) -> Language:
        """What to draw from; plain text where the target's samples or recipe are of no use."""
        if any(_told("samples", _samples(self))):
            return Language()
        language = guarded("language", lambda: language_for(self.target))
        return Language() if isinstance(language, Raised) else language

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """Short documents of all kinds."""
        texts = [text[:SHORT] for text in self.language.samples]
        samples = [text[: line_start(text, len(text))] or text for text in texts]
        hazards = [text[:SHORT] for menu in self.language.hazards.values() for text in menu]
        return (*PLAIN, *samples[:MENU], *hazards[:MENU], " a\n".join(hazards[:MENU]))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """Short documents that the target accepts."""
        return self.accepted(self.candidates)

    @cached_property
    def long_documents(self) -> tuple[str, ...]:
        """Of a sample as it is, samples repeated and lines of words, what the target accepts."""
        samples = self.language.samples
        fitting = [text for text in samples if LONG // 2 <= len(text) <= 4 * LONG][:1]
        joined = "\n".join(samples[:MENU]) + "\n"
        repeated = (joined * (LONG // len(joined) + 1))[: 2 * LONG]
        documents = [*fitting, repeated, WORDS * (LONG // len(WORDS))]
        return self.accepted([document for document in documents if document.strip("\n")])

    def typed(self) -> Iterator[Trace]:
        """Single letters typed at a few places of each long document."""
        for document in self.long_documents:
            places = [len(document) * number // MENU for number in range(1, MENU)]
            yield Trace(document, tuple(_insertion(place, "e") for place in places))


# Messages about one promise each. What the target raises meanwhile is one more, and the last.


def _name(subject: Subject) -> Iterator[str]:
    name = subject.target.name
    try:
        decode(encode(Finding(name, Divergence("equality", "differs", 0, ""), Trace(""))))
    except UsageError:
        yield f"`name` is {_shown(name)}"


def _samples(subject: Subject) -> Iterator[str]:
    for name in ("samples", "hazards"):
        value = getattr(subject.target, name, ())
        if not isinstance(value, tuple) or not all(isinstance(text, str) for text in value):
            yield f"`{name}` is {_shown(value)}"


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
            yield f"batch() raised {outcome.type} for {_shown(document)}: {outcome.message}"
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
            yield f"batch() gave two different answers for {_shown(document)}"
            return
        batch(other)
        if not equal(subject.answers[document], list(batch(document))):
            yield f"batch() answered {_shown(document)} otherwise once it had seen others"
            return


def _purity(subject: Subject) -> Iterator[str]:
    batch = subject.target.batch
    for document, other in _pairs(subject.documents):
        handle, result = subject.target.open(document), batch(document)
        seen, before = list(handle.result()), list(map(repr, result))
        batch(other)
        if not equal(seen, list(handle.result())):
            yield f"batch() on {_shown(other)} changed an open handle on {_shown(document)}"
            return
        if before != list(map(repr, result)):
            yield f"batch() on {_shown(other)} changed its own result for {_shown(document)}"
            return


def _results(subject: Subject) -> Iterator[str]:
    target = subject.target
    for document in subject.documents:
        for result in (target.batch(document), target.open(document).result()):
            items = list(result)
            if not equal(items, [result[number] for number in range(len(result))]):
                yield f"len(), iteration and indexing disagree for {_shown(document)}"
                return
            for item, other in _pairs(items):
                if item != item or bool(item == other) is bool(item != other):
                    yield f"an item is not equal to itself, or both == and != to {_shown(other)}"
                    return
                repr(item)


def _work(subject: Subject) -> Iterator[str]:
    handle, meter = subject.open(), Meter()
    handle.apply(_insertion(0, "a"))
    if index(handle.work()) < 0:
        yield f"work() is {handle.work()}"
    for seen in _typed(subject):
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
            yield f"batch() and reference.batch() answer {_shown(document)} differently"
            return


def _pieces(subject: Subject) -> Iterator[str]:
    for document in (*subject.documents, *subject.long_documents):
        pieces = subject.target.pieces(document)
        lengths = [index(piece.length) for piece in pieces]
        if sum(lengths) != len(document) or min(lengths, default=0) < 0:
            yield f"the pieces of {_shown(document)} hold {sum(lengths)} of {len(document)}"
            return
        for piece in pieces:
            hash(piece.key)
    if subject.long_documents and len(pieces) == 1:
        yield f"a document of {len(document)} characters is one piece, so the bound says nothing"


def _changes(subject: Subject) -> Iterator[str]:
    handle = subject.open()
    handle.apply(_insertion(0, "a"))
    if len(list(map(index, handle.changed()))) != 2:
        yield f"changed() is {_shown(handle.changed())}"
    items = list(chain.from_iterable(map(subject.target.batch, subject.documents)))
    for item in items:
        if hasattr(item, "start"):
            moved = item.shift(3)
            if moved.start != item.start + 3 or moved.shift(-3) != item:
                yield f"shift(3) made {_shown(moved)} of {_shown(item)}"
                return
    reported = [
        (seen.changed, (0, len(seen.expected)))
        for seen in _typed(subject)
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
        what = f"a snapshot of {_shown(document)}, restored on {_shown(other)},"
        refused = refusal(0, what, InvalidSnapshot, lambda: target.restore(snapshot, other))  # noqa: B023
        if divergence := judge_refusal("snapshots", refused):
            yield divergence.message
            return


def _thread_safe(subject: Subject) -> Iterator[str]:
    document = max(subject.documents, key=len)
    ways = [_accepted_insertions(subject, document, letter) for letter in "ab"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)  # so that a race shows in a few edits
    try:
        rounds = [_side_by_side(subject.target, document, ways) for _ in range(ROUNDS)]
    finally:
        sys.setswitchinterval(interval)
    told: set[str] = set()
    for outcomes in rounds:
        for number, (_, text) in enumerate(ways):
            outcome, expected = outcomes.get(number), subject.target.batch(text)
            message = f"with another handle on another thread, handle {number + 1} "
            if outcome is None:
                message += f"was not ready within {SECONDS:.0f} s"
            elif isinstance(outcome, Raised):
                message += f"raised {outcome.type}: {outcome.message}"
            elif not equal(outcome, expected):
                message += "ended with another result than batch()"
            else:
                continue
            if message not in told:
                told.add(message)
                yield message


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
    Capability.THREAD_SAFE: _thread_safe,
}


# Traces, which bring the oracles to judge.


def _told_by_traces(subject: Subject) -> Iterator[Complaint]:
    """Where oracles fire: each promise once for each kind of divergence."""
    told: set[tuple[str, str]] = set()
    for trace in _traces(subject):
        divergence = guarded("check", lambda: check(subject.target, trace))  # noqa: B023
        if isinstance(divergence, Raised):  # by an item's own ==
            message = f"comparing raised {divergence.type}: {divergence.message}"
            divergence = Divergence("results", "raised", 0, message)
        if divergence is None:
            continue
        promise = _blamed(subject.target, trace, divergence)
        if (promise, divergence.kind) not in told:
            told.add((promise, divergence.kind))
            where = f"{_where(trace, divergence.step)}: {divergence.message}"
            yield Complaint(promise, f"{where}: {PROMISES[promise]}")


def _traces(subject: Subject) -> Iterator[Trace]:
    """Steps and probes on every document, then letters typed in long ones, then random traces."""
    resumed = [Probe(ProbeName.RESUME, argument) for argument in CHECKPOINTS]
    damaged = tuple(Probe(ProbeName.RESTORE, argument) for argument in DAMAGES)
    for document in subject.documents:
        length = len(document)
        first, second = _insertion(length // 2, "a"), _insertion(0, "b")
        replaced = (Edit(0, length // 2, ""), Edit(0, 0, "c\n"), Edit(1, 1, "d"))
        ways: tuple[tuple[Step, ...], ...] = (
            (),
            ((), first, second),
            (replaced, second),
            ((Edit(0, length, ""),), (Edit(0, 0, document),)),
            *((Probe(ProbeName.INVALID, argument), first, second) for argument in INVALID_KINDS),
            (Probe(ProbeName.FORK, 0), first, Probe(ProbeName.FORK, 1), second),
            (first, Probe(ProbeName.REOPEN), second),
            (first, *resumed, second),
            (first, Probe(ProbeName.RESTORE), second),
            damaged,
        )
        yield from (Trace(document, steps) for steps in ways)
    yield from subject.typed()
    for unit in range(RANDOM_UNITS):
        yield from stream.traces(subject.language, 0, unit, UNIT_EDITS, LIMITS, Counter())


def _blamed(target: Any, trace: Trace, divergence: Divergence) -> str:
    """The promise that a divergence breaks: that of the last probe before it, where the same edits
    without probes go well."""
    taken = trace.steps[: divergence.step]
    probes = [step for step in taken if isinstance(step, Probe)]
    edits: list[Step] = [step for step in taken if not is_probe(step)]
    if divergence.oracle in ("equality", "raises") and probes:
        without = Trace(trace.document, tuple(edits))
        if guarded("check", lambda: check(target, without)) is None:
            return OF_PROBE.get(probes[-1].name, divergence.oracle)
    return OF_ORACLE.get(divergence.oracle, divergence.oracle)


def _where(trace: Trace, step: int) -> str:
    """A step in words, on the document that it meets."""
    if step == 0:
        return f"opened on {_shown(trace.document)}"
    document = list(trace.documents())[step - 1]
    return f"{describe_step(trace.steps[step - 1], document)}, on {_shown(document)}"


# Helpers.


def _told(promise: str, messages: Iterator[str]) -> Iterator[Complaint]:
    """The messages as complaints; an exception of the target's ends them, as one more."""
    while message := guarded(promise, lambda: next(messages, None)):
        if isinstance(message, Raised):
            message = f"{message.type} was raised while this was asked: {message.message}"
        yield Complaint(promise, f"{message}: {PROMISES[promise]}")


def _typed(subject: Subject) -> Iterator[Comparison]:
    """What is seen of the letters typed in long documents."""
    for trace in subject.typed():
        for seen in lockstep(subject.target, trace):
            if isinstance(seen, Comparison) and seen.step:
                yield seen


def _accepted_insertions(subject: Subject, document: str, letter: str) -> tuple[list[Edits], str]:
    """Insertions here and there that the target accepts, and the document that they make."""
    steps = []
    for number in range(THREAD_EDITS):
        step = _insertion(number * 37 % (len(document) + 1), letter)
        if subject.accepted([step[0].apply(document)]):
            document = step[0].apply(document)
            steps.append(step)
    return steps, document


def _side_by_side(
    target: Any, document: str, ways: Sequence[tuple[Sequence[Edits], str]]
) -> dict[int, Sequence[Any] | Raised]:
    """The last results of handles on the same document, driven at the same time, by number; none
    of one that takes too long."""
    outcomes: dict[int, Sequence[Any] | Raised] = {}
    barrier = Barrier(len(ways))

    def result(steps: Sequence[Edits]) -> Sequence[Any]:
        barrier.wait(SECONDS)
        handle = target.open(document)
        for step in steps:
            handle.apply(step)
            handle.result()
        return list(handle.result())

    def drive(number: int, steps: Sequence[Edits]) -> None:
        outcomes[number] = guarded("thread", lambda: result(steps))

    threads = [
        Thread(target=drive, args=(number, steps), daemon=True)
        for number, (steps, _) in enumerate(ways)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return dict(outcomes)


def _insertion(place: int, text: str) -> Edits:
    return (Edit(place, place, text),)


def _pairs(items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Each of them with the next one, the last with the first."""
    return pairwise((*items, *items[:1]))


def _shown(value: object) -> str:
    """A value on one line, cut where it is long."""
    return f"'{visible(value, 60)}'" if isinstance(value, str) else visible(repr(value), 60)
