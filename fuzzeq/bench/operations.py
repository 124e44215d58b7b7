"""What is measured: documents of a size, and what a person does to them.

An operation is a list of exercises: what comes before, the edit whose time counts, and what puts
the text back. So every sample is taken on the same document. Places are spread over all of it, and
the same list is given to everyone who is measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import cycle, islice
from typing import NamedTuple

from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit

WORD = re.compile(r"(?<=[a-z] )[a-z]{3,}(?= [a-z])")
"""A word of running text, which no command takes for a name."""
LONGEST_LINE = 200
PARAGRAPH = 1000
PASTE = 10_000
SMALLEST_SAMPLE = 3000
LARGEST_DOCUMENT = 100_000_000


class Operation(StrEnum):
    """The rows of the matrix."""

    CHARACTER = "character"
    """One typed into a word."""
    LINE = "line"
    """One put in before another."""
    PARAGRAPH = "paragraph"
    """A thousand characters of lines."""
    PASTE = "paste"
    """Ten thousand characters of the document itself."""
    DELETE = "delete"
    """A line goes."""
    UNDO = "undo"
    """A paragraph that was just put in goes again."""
    HAZARD = "hazard"
    """A snippet of the language that changes how other text is read."""
    LOAD = "load"
    """The document opened from nothing."""


EDITS = tuple(operation for operation in Operation if operation is not Operation.LOAD)


class Exercise(NamedTuple):
    """One sample: edits of a document, of which the middle one is timed."""

    before: Edit | None
    timed: Edit
    after: Edit | None


def document(samples: Sequence[str], size: int) -> str:
    """Whole samples in turn until the size is reached: so it may be a sample longer. Without
    samples, plain words. Raises `UsageError` for a size that nobody wants."""
    if not 1 <= size <= LARGEST_DOCUMENT:
        raise UsageError(f"a document of {size:,} characters: 1 to {LARGEST_DOCUMENT:,} can be had")
    return "".join(_parts([sample for sample in samples if sample] or [plain_text()], size))


def worth_showing(samples: Sequence[str]) -> tuple[str, ...]:
    """The samples without short ones, each of which shows one strange thing; all of them, where
    there is no other."""
    return tuple(sample for sample in samples if len(sample) >= SMALLEST_SAMPLE) or tuple(samples)


def _parts(samples: Sequence[str], size: int) -> Iterator[str]:
    for sample in cycle(samples):
        if size <= 0:
            break
        size -= len(sample)
        yield sample


def plain_text() -> str:
    """Lines of words and blank lines, of no language."""
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda omicron".split()
    lines = (" ".join(words[(line * 5 + place) % 12] for place in range(9)) for line in range(120))
    return "".join(
        f"{line}.\n\n" if number % 6 == 5 else f"{line}\n" for number, line in enumerate(lines)
    )


def exercises(
    operation: Operation, text: str, count: int, hazards: Sequence[str] = ()
) -> list[Exercise]:
    """So many exercises of an operation, at places spread over the text."""
    make = _MAKERS[operation]
    snippets = cycle(hazards or ("(", '"', "\\"))
    return [make(text, place, next(snippets)) for place in islice(places(text, count), count)]


def places(text: str, count: int) -> Iterator[int]:
    """Places inside of words in lines of usual length, evenly spread; where there are no such
    words, evenly spread places."""
    step = max(1, len(text) // (count + 1))
    for number in range(count):
        start = (number * step + step // 2) % (len(text) + 1)
        yield _word_near(text, start)


def _word_near(text: str, start: int) -> int:
    for begin, end in ((start, start + 20_000), (0, 20_000)):
        for match in WORD.finditer(text, begin, min(end, len(text))):
            line = _line(text, match.start())
            if line[1] - line[0] <= LONGEST_LINE:
                return match.start() + 1
    return start


def _line(text: str, place: int) -> tuple[int, int]:
    """Where a place's line starts and ends, its line's end included."""
    start = text.rfind("\n", 0, place) + 1
    end = text.find("\n", place)
    return start, len(text) if end < 0 else end + 1


def _insertion(start: int, text: str) -> Exercise:
    return Exercise(None, Edit(start, start, text), Edit(start, start + len(text), ""))


def _line_text(text: str, place: int) -> str:
    start, end = _line(text, place)
    line = text[start : min(end, start + LONGEST_LINE)]
    return line if line.endswith("\n") else line + "\n"


def _character(text: str, place: int, snippet: str) -> Exercise:
    return _insertion(place, "x")


def _one_line(text: str, place: int, snippet: str) -> Exercise:
    return _insertion(_line(text, place)[0], _line_text(text, place))


def _paragraph_text(text: str, place: int) -> str:
    line = _line_text(text, place)
    return (line * (PARAGRAPH // len(line) + 1))[: PARAGRAPH - 1] + "\n"


def _paragraph(text: str, place: int, snippet: str) -> Exercise:
    return _insertion(_line(text, place)[0], _paragraph_text(text, place))


def _paste(text: str, place: int, snippet: str) -> Exercise:
    """From the end of one paragraph to that of another, so that little is left open."""
    first = text.find("\n\n", len(text) // 3) + 2
    begin = first if first >= 2 else 0
    last = text.find("\n\n", begin + PASTE)
    stretch = text[begin : last + 2 if last >= 0 else begin + PASTE]
    return _insertion(_line(text, place)[0], stretch[: 2 * PASTE])


def _delete(text: str, place: int, snippet: str) -> Exercise:
    start, end = _line(text, place)
    end = min(end, start + LONGEST_LINE)
    return Exercise(None, Edit(start, end, ""), Edit(start, start, text[start:end]))


def _undo(text: str, place: int, snippet: str) -> Exercise:
    _, inserted, undo = _paragraph(text, place, snippet)
    assert undo is not None
    return Exercise(inserted, undo, None)


def _hazard(text: str, place: int, snippet: str) -> Exercise:
    return _insertion(place, snippet)


_MAKERS: dict[Operation, Callable[[str, int, str], Exercise]] = {
    Operation.CHARACTER: _character,
    Operation.LINE: _one_line,
    Operation.PARAGRAPH: _paragraph,
    Operation.PASTE: _paste,
    Operation.DELETE: _delete,
    Operation.UNDO: _undo,
    Operation.HAZARD: _hazard,
}


def person_at_work(text: str, seed: int = 1) -> Iterator[Edit]:
    """Edits without end: typing, erasing, snippets, now and then a larger deletion or a paste.
    Where the text has grown by a half, deletions take it back."""
    from random import Random

    random = Random(seed)
    first = length = len(text)
    caret = length // 2
    line = _line_text(text, caret)
    snippets = ("\n", "(x) ", " word", "\n\n", line)
    while True:
        if random.random() < 0.05 or caret > length:
            caret = random.randrange(length + 1)
        kind = random.random()
        if length > 1.5 * first + 1000:
            edit = Edit(caret, min(length, caret + first // 10 + 100), "")
        elif kind < 0.6:
            edit = Edit(caret, caret, random.choice("abcdefgh    "))
        elif kind < 0.8 and caret:
            edit = Edit(caret - 1, caret, "")
        elif kind < 0.95 or length < first:
            edit = Edit(caret, caret, random.choice(snippets))
        else:
            edit = Edit(caret, min(length, caret + random.randrange(120)), "")
        length += edit.delta
        caret = edit.start + len(edit.text)
        yield edit
