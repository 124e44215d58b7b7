"""Drivers: ways in which a document is edited, each a generator of steps.

A driver is given the document and yields the edits of one step after the other; whoever draws
from it may stop at any time. Single edits come from drivers too: they are drivers of one step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fuzzeq.generate.documents import (
    CHARACTERS,
    LINE_ENDS,
    draw_document,
    fragment,
    hazard,
    line_start,
    repeated,
    sample,
)
from fuzzeq.generate.language import Language, Tweak
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.swarm import Swarm
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.trace import Edits

LINE_END = re.compile("[\r\n]")

Driver = Callable[[Source, Language, Swarm, str], Iterator[Edits]]


def place(source: Source, document: str) -> int:
    """An offset: anywhere, at a line's start or end, or at either end of the document."""
    kind = source.integer(0, 9)
    if kind < 5:
        return source.integer(0, len(document))
    if kind == 5:
        return 0
    if kind == 6:
        return len(document)
    offset = source.integer(0, len(document))
    if kind < 9:
        return line_start(document, offset)
    return line_end(document, offset)


def line_end(document: str, offset: int) -> int:
    """Where the next line terminator begins; the document's end where there is none."""
    found = LINE_END.search(document, offset)
    return found.start() if found else len(document)


def typing(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A person types a few words or a snippet, one character a step, and corrects some."""
    caret = place(source, document)
    while True:
        text = source.choice(language.words) + " "
        if source.boolean(0.3):
            text = hazard(source, language, swarm)
        if source.boolean(0.1):
            text = "\n"
        for character in text:
            yield (Edit(caret, caret, character),)
            caret += 1
        if source.boolean(0.2):
            for _ in range(min(source.integer(1, 4), caret)):
                caret -= 1
                yield (Edit(caret, caret + 1, ""),)
        if not source.more(2):
            return


def deleting(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A span goes: most often short, sometimes nearly everything."""
    start = place(source, document)
    end = min(start + magnitude(source, 1, max(len(document), 1)), len(document))
    yield (Edit(start, end, ""),)


def erasing(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """Backspace or Delete, held down: one character a step."""
    caret = place(source, document)
    length = len(document)
    backwards = source.boolean(0.5)
    while True:
        if backwards:
            caret -= 1
        if caret < 0 or caret >= length:
            return
        yield (Edit(caret, caret + 1, ""),)
        length -= 1
        if not source.more(4):
            return


def pasting(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A piece of this document, of a sample, or of a new one comes in, over a span or none."""
    size = magnitude(source, 1, 1024)
    kind = source.integer(0, 2)
    if kind == 0 and document:
        start = source.integer(0, len(document) - 1)
        text = document[start : start + size]
    elif kind == 1 and language.samples:
        text = sample(source, language, size)
    else:
        text = draw_document(source, language, swarm, size)
    start = place(source, document)
    end = min(start + magnitude(source, 0, 64), len(document)) if source.boolean(0.3) else start
    yield (Edit(start, end, text),)


def hazards(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A hazard comes in, goes or is exchanged, as often as not far above what it changes."""
    snippet = repeated(source, hazard(source, language, swarm))
    found = document.find(snippet, source.integer(0, len(document)))
    if found >= 0 and source.boolean(0.5):
        other = hazard(source, language, swarm) if source.boolean(0.5) else ""
        yield (Edit(found, found + len(snippet), other),)
        return
    start = place(source, document)
    yield (Edit(start, start, snippet),)
    if source.boolean(0.3):
        yield (Edit(start, start + len(snippet), ""),)


def tweaks(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """One of the language's tweaks, or a character doubled, gone or exchanged."""
    if not language.tweaks:
        yield from characters(source, language, swarm, document)
        return
    tweak: Tweak = source.choice(swarm.pick("tweak", language.tweaks))
    found = document.find(tweak.anchor, source.integer(0, len(document)))
    if found < 0:
        found = document.find(tweak.anchor)
    if found < 0:
        found = place(source, document)
        yield (Edit(found, found, tweak.anchor),)
        document = document[:found] + tweak.anchor + document[found:]
    start = min(found + tweak.at, len(document))
    yield (Edit(start, min(start + tweak.remove, len(document)), tweak.insert),)


def characters(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """One character comes in, goes or is exchanged; letters for letters now and then, because
    that changes next to nothing."""
    start = place(source, document)
    end = min(start + source.integer(0, 1), len(document))
    if source.boolean(0.3):
        while end < len(document) and not is_letter(document[start:end]):
            start, end = end, end + 1
        yield (Edit(start, end, source.choice("abcdexyz") * (end - start)),)
        return
    text = source.choice(swarm.pick("characters", CHARACTERS)) if source.boolean(0.7) else ""
    yield (Edit(start, end, text),)


def is_letter(text: str) -> bool:
    """Whether a text is one ASCII letter."""
    return len(text) == 1 and text.isascii() and text.isalpha()


def joining(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A line's end goes, whole or half."""
    end = line_end(document, source.integer(0, len(document)))
    if end == len(document):
        yield from splitting(source, language, swarm, document)
        return
    stop = end + 2 if document[end : end + 2] == "\r\n" and source.boolean(0.5) else end + 1
    yield (Edit(end, stop, ""),)


def splitting(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """One or more line ends come in."""
    start = place(source, document)
    yield (Edit(start, start, repeated(source, source.choice(LINE_ENDS))),)


def blanking(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """Blanks at a line's end or on an empty line; text behind blanks goes."""
    start = line_start(document, source.integer(0, len(document)))
    end = line_end(document, start)
    kind = source.integer(0, 2)
    if kind == 0:
        yield (Edit(end, end, source.choice((" ", "  ", "\t", " \t"))),)
    elif kind == 1:
        blank = document.rfind(" ", start, end)
        yield (Edit(blank + 1 if blank >= 0 else start, end, ""),)
    else:
        yield (Edit(start, end, source.choice(("", " ", "x"))),)


def whole_lines(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """Lines go, come twice, or move."""
    start = line_start(document, source.integer(0, len(document)))
    end = start
    for _ in range(magnitude(source, 1, 64)):
        found = document.find("\n", end)
        if found < 0:
            end = len(document)
            break
        end = found + 1
    block = document[start:end]
    if source.boolean(0.6):
        yield (Edit(start, end, ""),)
        if source.boolean(0.5):
            rest = document[:start] + document[end:]
            there = line_start(rest, source.integer(0, len(rest)))
            yield (Edit(there, there, block),)
    else:
        yield (Edit(end, end, block),)


def replacing_all(
    source: Source, language: Language, swarm: Swarm, document: str
) -> Iterator[Edits]:
    """The whole document is replaced by another one, or by nothing."""
    text = ""
    if source.boolean(0.6):
        text = draw_document(source, language, swarm, magnitude(source, 0, 1024))
    yield (Edit(0, len(document), text),)


def several(source: Source, language: Language, swarm: Swarm, document: str) -> Iterator[Edits]:
    """A few edits in one step: of any kind, from top to bottom, or at several carets at once."""
    kind = source.integer(0, 2)
    edits: list[Edit] = []
    if kind == 0:
        carets = sorted({source.integer(0, len(document)) for _ in range(source.integer(2, 5))})
        text = fragment(source, language, swarm)
        edits = [Edit(caret, caret, text) for caret in reversed(carets)]
        if source.boolean(0.5):
            edits = [
                Edit(caret + number * len(text), caret + number * len(text), text)
                for number, caret in enumerate(carets)
            ]
    else:
        while len(edits) < 2 or (len(edits) < 8 and source.more(1)):
            driver = source.choice((characters, deleting, hazards, splitting, joining, tweaks))
            for step in driver(source, language, swarm, document):
                edits += step
                document = apply_all(document, step)
    yield tuple(edits)


DRIVERS: dict[str, Driver] = {
    "typing": typing,
    "deleting": deleting,
    "erasing": erasing,
    "pasting": pasting,
    "hazards": hazards,
    "tweaks": tweaks,
    "characters": characters,
    "joining": joining,
    "splitting": splitting,
    "blanking": blanking,
    "whole lines": whole_lines,
    "replacing all": replacing_all,
    "several": several,
}
"""Every driver, by name; a swarm picks from them."""
