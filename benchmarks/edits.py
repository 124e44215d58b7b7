#!/usr/bin/env python3
"""What an edit costs the incremental LaTeX lexer, in documents of 10 KB to 10 MB, beside others.

A measurement, not a test: it asserts nothing. Edits are spread over the document; each is undone,
untimed, before the next. The time is CPU time, and holds one look at the result: `apply`,
`result()`, an item in its middle, `work()`. All sizes, and those peers that are installed
(`pip install '.[peers]'`), take turns of a few edits in one run, so that what the machine does
meanwhile is done to all. A peer parses more than a lexer does, or less; that is what there is.

    python benchmarks/edits.py
    python benchmarks/edits.py --history 1000000
"""

from __future__ import annotations

import argparse
import gc
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple, Protocol

from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex.incremental import BlockEngine

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.lexing import REALISTIC, document, look_at

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
WORD: Final = re.compile(r"(?<=[a-z] )[a-z]{3,}(?= [a-z])")
"""A word of running text, which no command takes for a name."""
LINE: Final = "A line of text with \\emph{words} in it, a formula $x_i$ and a remark.\n"
PARAGRAPH_LINES: Final = 10
LONG_LINE: Final = 100_000
TURN: Final = 20
"""So many edits one behind the other: what another has thrown out of the caches comes back."""


class Subject(Protocol):
    """Something that has a document open, and reads it again behind an edit."""

    def apply(self, edit: Edit) -> None:
        """The edit, and one look at what came of it."""


class Ours:
    """The incremental lexer."""

    def __init__(self, text: str) -> None:
        self.engine = BlockEngine(text)

    def apply(self, edit: Edit) -> None:
        """See `Subject`."""
        self.engine.apply((edit,))
        look_at(self.engine)


class TreeSitter:
    """tree-sitter's LaTeX grammar, which keeps its tree; texts have to be ASCII."""

    def __init__(self, text: str) -> None:
        from tree_sitter_language_pack import get_parser

        self.parser: Any = get_parser("latex")
        self.text = text.encode("ascii")
        self.tree: Any = self.parser.parse(self.text)

    def apply(self, edit: Edit) -> None:
        """See `Subject`."""
        new = edit.text.encode("ascii")
        end = edit.start + len(new)
        points = [self.point(offset) for offset in (edit.start, edit.end)]
        self.text = self.text[: edit.start] + new + self.text[edit.end :]
        points.append(self.point(end))
        self.tree.edit(edit.start, edit.end, end, *points)
        self.tree = self.parser.parse(self.text, self.tree)
        self.tree.root_node.descendant_for_byte_range(len(self.text) // 2, len(self.text) // 2)

    def point(self, offset: int) -> tuple[int, int]:
        """Row and column of an offset."""
        start = self.text.rfind(b"\n", 0, offset) + 1
        return self.text.count(b"\n", 0, start), offset - start


class Whole:
    """A lexer that reads everything each time; `read` does it."""

    def __init__(self, text: str, read: Callable[[str], object]) -> None:
        self.text, self.read = text, read

    def apply(self, edit: Edit) -> None:
        """See `Subject`."""
        self.text = edit.apply(self.text)
        self.read(self.text)


def pygments(text: str) -> Whole:
    """Pygments' lexer for TeX."""
    from pygments.lexers.markup import TexLexer

    lexer = TexLexer()
    return Whole(text, lambda text: sum(1 for _ in lexer.get_tokens(text)))


def pylatexenc(text: str) -> Whole:
    """pylatexenc's parser."""
    from pylatexenc.latexwalker import LatexWalker

    return Whole(text, lambda text: LatexWalker(text, tolerant_parsing=True).get_latex_nodes())


class Peer(NamedTuple):
    """Another engine, the largest document that it is asked about, and one in how many edits."""

    open: Callable[[str], Subject]
    largest: int
    share: int


PEERS: Final = {
    "tree-sitter": Peer(TreeSitter, SIZES[-1], 5),
    "Pygments": Peer(pygments, SIZES[1], 20),
    "pylatexenc": Peer(pylatexenc, SIZES[0], 20),
}


def in_words(text: str) -> list[int]:
    """Places inside words of running text."""
    return [match.start() + 1 for match in WORD.finditer(text)]


def in_short_paragraphs(text: str) -> list[int]:
    """Those of them in whose paragraph at most a few lines follow."""
    places = []
    for place in in_words(text):
        end = text.find("\n\n", place)
        if end >= 0 and text.count("\n", place, end) < PARAGRAPH_LINES:
            places.append(place)
    return places


def at_line_starts(text: str) -> list[int]:
    """Where the lines of such words start."""
    return [text.rfind("\n", 0, place) + 1 for place in in_words(text)]


class Operation(NamedTuple):
    """What is inserted, and at which places of a text it may be."""

    insertion: str
    places: Callable[[str], list[int]]


OPERATIONS: Final = {
    "a character typed in plain text": Operation("x", in_words),
    "a line pasted": Operation(LINE, at_line_starts),
    "a paragraph of 1,000 pasted": Operation((LINE * 20)[:999] + "\n", at_line_starts),
    "a $ in a paragraph of up to 10 lines": Operation("$", in_short_paragraphs),
}


def main() -> None:
    """Prints a table for each operation, then what stays linear; or what a history costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--edits", type=int, default=300, help="for each operation and size")
    parser.add_argument("--history", type=int, help="compare with an engine of so many edits")
    arguments = parser.parse_args()
    print(f"python {platform.python_version()}, {platform.machine()}")
    if arguments.history is not None:
        after_history(arguments.history)
        return
    texts = [document(REALISTIC, size) for size in arguments.sizes]
    subjects = {"fuzzeq": [Ours(text) for text in texts], **installed_peers(texts)}
    print("milliseconds of CPU time: median, 99th percentile")
    print(f"{'':50}" + "".join(f"{size:>16,}" for size in arguments.sizes))
    for name, operation in OPERATIONS.items():
        samples = measure(operation, texts, subjects, arguments.edits)
        for subject, cells in samples.items():
            shown = "".join(f"{cell_of(cell):>16}" for cell in cells)
            print(f"{name + ', ' + subject:50}{shown}", flush=True)
    for name, seconds in linear():
        print(f"{name:50}{1e3 * seconds:16.1f}")


def installed_peers(texts: list[str]) -> dict[str, list[Subject | None]]:
    """The peers that are there, with the documents that they are asked about opened."""
    peers: dict[str, list[Subject | None]] = {}
    for name, peer in PEERS.items():
        try:
            peers[name] = [
                peer.open(text) if len(text) < 5 * peer.largest else None for text in texts
            ]
        except ImportError:
            print(f"{name} is not installed: pip install '.[peers]'")
    return peers


def measure(
    operation: Operation, texts: list[str], subjects: dict[str, Any], edits: int
) -> dict[str, list[list[float]]]:
    """Milliseconds of each edit, by subject and text."""
    places = [spread(operation.places(text), edits) for text in texts]
    samples: dict[str, list[list[float]]] = {name: [[] for _ in texts] for name in subjects}
    gc.collect()
    for start in range(0, edits, TURN):
        for name, handles in subjects.items():
            turn = range(start, min(start + TURN, edits))
            for which, handle in enumerate(handles):
                if handle is not None:
                    for number in turn[:: PEERS[name].share] if name in PEERS else turn:
                        place = places[which][number % len(places[which])]
                        samples[name][which].append(timed(handle, place, operation.insertion))
    return samples


def timed(subject: Subject, place: int, text: str) -> float:
    """Milliseconds for an insertion, which is undone."""
    edit, undo = Edit(place, place, text), Edit(place, place + len(text), "")
    started = time.process_time_ns()
    subject.apply(edit)
    took = time.process_time_ns() - started
    subject.apply(undo)
    return took / 1e6


def spread(places: list[int], count: int) -> list[int]:
    """About so many of the places, evenly."""
    return places[:: max(1, len(places) // count)][:count]


def cell_of(samples: list[float]) -> str:
    """Median and 99th percentile."""
    if not samples:
        return "–"
    ordered = sorted(samples)
    return f"{statistics.median(ordered):.3f} {ordered[int(len(ordered) * 0.99)]:.3f}"


def linear() -> Iterator[tuple[str, float]]:
    """Edits that cost what the text behind them is long, in seconds."""
    line = ("word " * LONG_LINE)[:LONG_LINE]
    engine = Ours(f"a\n{line}\nb\n")
    middle = LONG_LINE // 2
    yield "a character in a line of 100,000", median_of(engine, Edit(middle, middle, "x"))
    text = re.sub("\n\n+", "\n", document(REALISTIC, 1_000_000))
    engine = Ours(text)
    yield "a $ with no paragraph end in 1 MB behind it", median_of(engine, Edit(0, 0, "$"))


def median_of(subject: Ours, edit: Edit) -> float:
    """Seconds for an edit, of seven."""
    took = [timed(subject, edit.start, edit.text) for _ in range(7)]
    return statistics.median(took) / 1e3


def after_history(edits: int) -> None:
    """An engine with a long history beside a new one on the same text: bytes and milliseconds."""
    old = Ours(document(REALISTIC, 1_000_000))
    for edit in history(len(old.engine.document()), edits):
        old.engine.apply((edit,))
    text = old.engine.document()
    new = Ours(text)
    places = spread(in_words(text), 1000)
    samples: tuple[list[float], list[float]] = [], []
    for place in places:
        for which, subject in enumerate((old, new)):
            samples[which].append(timed(subject, place, "x"))
    times = [statistics.median(some) for some in samples]
    sizes = [float(size_of(subject.engine)) for subject in (old, new)]
    print(f"after {edits:,} edits, {len(text):,} characters, beside a new engine")
    for what, (ours, fresh) in (("ms for a character typed", times), ("bytes held", sizes)):
        print(f"  {what}: {ours:,.6g}, {fresh:,.6g}; ratio {ours / fresh:.3f}")


def history(length: int, edits: int) -> Iterator[Edit]:
    """A person at work: typing, erasing, snippets, now and then a larger deletion or a paste."""
    random = Random(1)
    caret = length // 2
    for _ in range(edits):
        if random.random() < 0.05:
            caret = random.randrange(length + 1)
        kind = random.random()
        if kind < 0.6:
            edit = Edit(caret, caret, random.choice("abcdefgh    "))
        elif kind < 0.8 and caret:
            edit = Edit(caret - 1, caret, "")
        elif kind < 0.95:
            snippets = ("\n", "\\foo ", "{x}", "$y$", " word", "\n\n", LINE)
            edit = Edit(caret, caret, random.choice(snippets))
        else:
            edit = Edit(caret, min(length, caret + random.randrange(120)), "")
        length += edit.delta
        caret = edit.start + len(edit.text)
        yield edit


def size_of(engine: BlockEngine) -> int:
    """The bytes of all that an engine keeps of its lines."""
    return sum(sys.getsizeof(part) for block in engine._blocks for part in (block, *block))


if __name__ == "__main__":
    main()
