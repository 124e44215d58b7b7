"""A target under examination: what it is examined on, and what it is known to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.engines.conformance.promises import shown, told
from fuzzeq.engines.unit import language_for
from fuzzeq.generate import Language
from fuzzeq.generate.documents import line_start
from fuzzeq.lockstep import Session, lockstep
from fuzzeq.model.edit import Edit
from fuzzeq.model.observation import Comparison, Dropped, Raised
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Edits, Trace

PLAIN = ("", "a", "one two\nthree\n\n  four five", "a b\r\n\r\nc\r\n", "\U0001d538b é\n\U0001f600")
WORDS = "the word x1 and a Token\n"
SHORT, LONG, MENU, SPRINKLED = 240, 6000, 5, 40
"""Code points of a short document and of a long one, in which a small edit must not cost all; how
many samples, hazards and places are tried; how many letters are put in."""


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
        if any(told("samples", flawed_samples(self.target))):
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
            yield Trace(document, tuple(insertion(place, "e") for place in places))

    @cached_property
    def sprinkled(self) -> tuple[Trace, ...]:
        """Many letters put in here and there in the longest of the short documents, as far as the
        target accepts it: two traces, of different letters."""
        longest = max(self.documents, key=len)
        traces = []
        for letter in "ab":
            document, steps = longest, []
            for number in range(SPRINKLED):
                step = insertion(number * 37 % (len(document) + 1), letter)
                if self.accepted([step[0].apply(document)]):
                    document = step[0].apply(document)
                    steps.append(step)
            traces.append(Trace(longest, tuple(steps)))
        return tuple(traces)

    def seen_typing(self) -> Iterator[Comparison]:
        """What is seen of the letters typed in long documents."""
        for trace in self.typed():
            for seen in lockstep(self.target, trace):
                if isinstance(seen, Comparison) and seen.step:
                    yield seen


def flawed_samples(target: Any) -> Iterator[str]:
    """What is wrong with a target's samples and hazards."""
    for name in ("samples", "hazards"):
        value = getattr(target, name, ())
        if not isinstance(value, tuple) or not all(isinstance(text, str) for text in value):
            yield f"`{name}` is {shown(value)}"


def insertion(place: int, text: str) -> Edits:
    """A step that inserts a text."""
    return (Edit(place, place, text),)
