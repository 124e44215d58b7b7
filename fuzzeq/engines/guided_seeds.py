"""What the guided engine begins with: regressions, samples, traces drawn, and a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from fuzzeq import corpus, crash_store
from fuzzeq.errors import UsageError
from fuzzeq.generate import Language, RandomSource, Swarm, draw_trace
from fuzzeq.generate.codec import encode
from fuzzeq.generate.documents import line_start
from fuzzeq.generate.mutations import NEW
from fuzzeq.model.trace import Trace

SIZE = 200
SEEDS = 128
"""Traces besides the regressions: every other one a stretch of a sample, of so many characters."""

LONGEST_WORD = 32
"""Characters of a snippet in the dictionary."""


def seeds_of(target: Any, language: Language) -> Iterator[bytes]:
    """What is tried first: regressions, then stretches of samples and what the generator draws, in
    turn."""
    for trace in _regressions(target):
        yield encode(trace)
    source = RandomSource("seeds")
    for number in range(SEEDS):
        if language.samples and number % 2:
            text = language.samples[number // 2 % len(language.samples)]
            yield encode(Trace(sample_at(text, source.integer(0, max(len(text) - SIZE, 0)))))
        else:
            yield encode(draw_trace(source, language, Swarm(source), NEW))


def sample_at(text: str, place: int) -> str:
    """The stretch of a sample that begins with the line of a place."""
    start = line_start(text, place)
    return text[start : start + SIZE]


def _regressions(target: Any) -> Iterator[Trace]:
    """The traces of reproducers that are kept for a target's language; `replay` is where a damaged
    file is named."""
    folder = corpus.bundled(getattr(target, "language", target.name)) / "regressions"
    for path in crash_store.reproducers(folder) if folder.is_dir() else ():
        with suppress(UsageError):
            yield crash_store.load(path).finding.trace


def dictionary(language: Language) -> str:
    """The language's hazards as a dictionary of libFuzzer's, for mutations of bytes."""
    snippets = {snippet for menu in language.hazards.values() for snippet in menu}
    return "".join(
        '"{}"\n'.format("".join(f"\\x{byte:02x}" for byte in encode(Trace(snippet))))
        for snippet in sorted(snippets)
        if 0 < len(snippet) <= LONGEST_WORD
    )
