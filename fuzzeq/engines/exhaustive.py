"""The exhaustive engine: every document up to a length over an alphabet, with every single edit.

Most bugs show on something small; here nothing small is left out. The alphabet's letters are
snippets (a backslash, a line's end, `\\begin{verbatim}`), so a document of three letters can be a
whole environment. The shortest documents get every pair of edits as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Trace

UNIT_DOCUMENTS = 1
PAIR_CHARACTERS = 1
"""Documents of at most so many characters get every pair of edits."""


def traces(alphabet: Sequence[str], index: int) -> Iterator[Trace]:
    """The traces of a unit: all for `UNIT_DOCUMENTS` documents, shortest documents first."""
    for number in range(index * UNIT_DOCUMENTS, (index + 1) * UNIT_DOCUMENTS):
        yield from traces_of(document(alphabet, number), alphabet)


def traces_of(text: str, alphabet: Sequence[str]) -> Iterator[Trace]:
    """Every single edit of one document, and every pair where it is short enough."""
    for edit in single_edits(text, alphabet):
        if len(text) > PAIR_CHARACTERS:
            yield Trace(text, ((edit,),))
            continue
        for second in single_edits(edit.apply(text), alphabet):
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


def edit_count(alphabet: Sequence[str], index: int) -> int:
    """How many edits a unit holds, counted the way they are run."""
    return sum(trace.edit_count for trace in traces(alphabet, index))


def plan(alphabet: Sequence[str], edits: int | None, letters: int) -> Iterator[tuple[int, int]]:
    """`(index, edits)` of each unit, until there are `edits` edits, or all documents of at most
    `letters` letters are there."""
    documents, planned = documents_up_to(alphabet, letters), 0
    for index in count():
        done = index * UNIT_DOCUMENTS >= documents if edits is None else planned >= edits
        if done:
            return
        yield index, (held := edit_count(alphabet, index))
        planned += held
