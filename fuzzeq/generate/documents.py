"""Documents: made by a language's own makers, spliced from samples, broken, or plain soup."""

from __future__ import annotations

from collections.abc import Callable

from fuzzeq.generate.language import Language
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.swarm import Swarm

LINE_ENDS = ("\n", "\r\n", "\r")
PUNCTUATION = tuple("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
CHARACTERS = {
    "letters": tuple("abcxyzABZ"),
    "digits": tuple("0123456789"),
    "punctuation": PUNCTUATION,
    "blanks": (" ", "  ", "\t", "    "),
    "line ends": ("\n", "\r\n", "\r", "\n\n", "\r\r\n", "\n\r"),
    "controls": ("\0", "\x7f", "\x0c", "\x0b", "\x1b", "\x85", "\x1c"),
    "wide": ("é", "ß", "λ", "漢", "\U0001d538", "\U0001f600"),
    "odd": ("\u0301", "\u200d", "\u2028", "\u2029", "\ufeff", "\xad", "\u202e", "\ud800", "\udc00"),
}
"""Characters that any language may trip over, by group."""


def draw_document(source: Source, language: Language, swarm: Swarm, size: int) -> str:
    """A document of about `size` code points."""
    makers: dict[str, Callable[[], str]] = {
        "soup": lambda: soup(source, language, swarm, size),
        "lines": lambda: lines(source, language, swarm, size),
    }
    if language.samples:
        makers["sample"] = lambda: sample(source, language, size)
        makers["splice"] = lambda: splice(source, language, size)
    for name, maker in language.documents.items():
        makers[name] = lambda maker=maker: maker(source, swarm, size)  # type: ignore[misc]
    document = swarm.pick("document", makers)()
    if source.boolean(0.3):
        document = break_in_places(source, language, swarm, document)
    if source.boolean(0.1):
        document = document.replace("\r\n", "\n").replace("\n", source.choice(LINE_ENDS))
    return document.rstrip("\r\n") if source.boolean(0.2) else document


def soup(source: Source, language: Language, swarm: Swarm, size: int) -> str:
    """Fragments with no plan at all."""
    parts: list[str] = []
    length = 0
    while length < size and source.goes_on():
        parts.append(fragment(source, language, swarm))
        length += len(parts[-1])
    return "".join(parts)


def lines(source: Source, language: Language, swarm: Swarm, size: int) -> str:
    """Lines of words with a hazard here and there: text in which things stay where they are."""
    parts: list[str] = []
    length, longest = 0, magnitude(source, 1, 256)  # words in a line: lengths of all sizes
    while length < size and source.goes_on():
        words = min(magnitude(source, 1, longest), (size - length) // 4 + 1)
        line = [source.choice(language.words) for _ in range(words) if source.goes_on()]
        if language.hazards and source.boolean(0.2):
            line.insert(source.integer(0, len(line)), hazard(source, language, swarm))
        parts.append(" ".join(line) + ("\n\n" if source.boolean(0.15) else "\n"))
        length += len(parts[-1])
    return "".join(parts)


def sample(source: Source, language: Language, size: int) -> str:
    """A stretch of a sample that begins at a line start, cut to the size where a line ends."""
    text = source.choice(language.samples)
    start = line_start(text, source.integer(0, max(len(text) - size, 0)))
    end = start + size
    if end >= len(text):
        return text[start:]
    cut = max(line_start(text, end), start)
    return text[start : cut if cut > start else end]


def splice(source: Source, language: Language, size: int) -> str:
    """Stretches of several samples, one behind the other."""
    parts = [sample(source, language, max(size // 2, 1))]
    while source.more(1.5):
        parts.append(sample(source, language, max(size // 4, 1)))
    return "".join(parts)


def break_in_places(source: Source, language: Language, swarm: Swarm, document: str) -> str:
    """A near-valid document: a few places overwritten, doubled or gone."""
    while source.more(2):
        place = source.integer(0, len(document))
        end = min(place + source.integer(0, 2), len(document))
        text = fragment(source, language, swarm) if source.boolean(0.6) else ""
        document = document[:place] + text + document[end:]
    return document


def hazard(source: Source, language: Language, swarm: Swarm) -> str:
    """A snippet that changes how other text is read; punctuation where the language has none."""
    if not language.hazards:
        return source.choice(PUNCTUATION)
    return source.choice(swarm.pick("hazard", language.hazards))


def fragment(source: Source, language: Language, swarm: Swarm) -> str:
    """A hazard, a word, or a few characters."""
    kind = source.integer(0, 9)
    if kind < 4:
        return hazard(source, language, swarm)
    if kind < 7:
        return source.choice(language.words)
    return source.choice(swarm.pick("characters", CHARACTERS))


def repeated(source: Source, text: str, times: int = 64) -> str:
    """The text, once as a rule, else up to so many times over."""
    return text * magnitude(source, 1, times) if source.boolean(0.1) else text


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset starts; a `\\r` that a `\\n` follows does not end one."""
    while offset > 0:
        before = text[offset - 1]
        if before == "\n" or (before == "\r" and text[offset : offset + 1] != "\n"):
            break
        offset -= 1
    return offset
