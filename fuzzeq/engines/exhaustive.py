"""The exhaustive engine: every document up to a length over an alphabet, with every single edit.

Most bugs show on something small; here nothing small is left out. The alphabet's letters are
snippets (a backslash, a line's end, `\\begin{verbatim}`), so a document of three letters can be a
whole environment. The shortest documents get pairs of edits as well: all those of which the first
leaves the document short, since every place in it is one more for the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Trace

PAIR_CHARACTERS = 1
"""Documents of at most so many characters get pairs of edits."""

BETWEEN_CHARACTERS = 7
"""Of these, all that leave at most so many characters between the two edits."""

PARTS = 16
"""Units into which a document is cut that may get pairs: there are hundreds of times as many."""


def traces(alphabet: Sequence[str], index: int) -> Iterator[Trace]:
    """The traces of a unit: those of a document, shortest documents first, or a part of them."""
    small = len(alphabet) + 1  # documents of one letter at most; the others are too long for pairs
    if index >= small * PARTS:
        return traces_of(document(alphabet, index - small * (PARTS - 1)), alphabet)
    number, part = divmod(index, PARTS)
    return traces_of(document(alphabet, number), alphabet, part, PARTS)


def traces_of(text: str, alphabet: Sequence[str], part: int = 0, parts: int = 1) -> Iterator[Trace]:
    """Every single edit of one document, in pairs where it is short enough and stays so; of these,
    those whose first edit has a number that leaves the remainder `part`."""
    for edit in islice(single_edits(text, alphabet), part, None, parts):
        between = edit.apply(text)
        if len(text) > PAIR_CHARACTERS or len(between) > BETWEEN_CHARACTERS:
            yield Trace(text, ((edit,),))
            continue
        for second in single_edits(between, alphabet):
            yield Trace(text, ((edit,), (second,)))


def single_edits(text: str, alphabet: Sequence[str]) -> Iterator[Edit]:
    """Every insertion of a letter, every deletion of a span, every character exchanged."""
    for start in range(len(text) + 1):
        for letter in alphabet:
            yield Edit(start, start, letter)
            if start < len(text) and letter != text[start]:
                yield Edit(start, start + 1, letter)
        for end in range(start + 1, len(text) + 1):
            yield Edit(start, end, "")


def document(alphabet: Sequence[str], number: int) -> str:
    """The document with that number: the empty one, those of one letter, those of two..."""
    letters = []
    while number:
        number, letter = divmod(number - 1, len(alphabet))
        letters.append(alphabet[letter])
    return "".join(reversed(letters))


def documents_up_to(alphabet: Sequence[str], letters: int) -> int:
    """How many documents there are of at most so many letters."""
    return sum(len(alphabet) ** length for length in range(letters + 1))


def units_up_to(alphabet: Sequence[str], letters: int) -> int:
    """How many units there are for the documents of at most so many letters."""
    small = min(len(alphabet) + 1, documents_up_to(alphabet, letters))
    return documents_up_to(alphabet, letters) + small * (PARTS - 1)


def edit_count(alphabet: Sequence[str], index: int) -> int:
    """How many edits a unit holds, counted the way they are run."""
    return sum(trace.edit_count for trace in traces(alphabet, index))


def plan(alphabet: Sequence[str], edits: int | None, letters: int) -> Iterator[tuple[int, int]]:
    """`(index, edits)` of each unit that has any, until there are `edits` edits, or all documents
    of at most `letters` letters are there."""
    units, planned = units_up_to(alphabet, letters), 0
    for index in count():
        done = index >= units if edits is None else planned >= edits
        if done:
            return
        if held := edit_count(alphabet, index):
            yield index, held
            planned += held
