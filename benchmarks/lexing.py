"""How fast the incremental LaTeX lexer reads much at once, and what memory a document takes.

A measurement, not a test: it asserts nothing. Documents are whole samples of `corpus/`, repeated in
order until the size is reached; all of them close what they open. The others than the
realistic one are loaded only. CPU time is counted, medians are
shown, MB are millions of characters, and the time of an edit includes one look at the result. Run
it on an idle machine:

    python -m benchmarks.lexing
"""

from __future__ import annotations

import argparse
import gc
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bars import Bar
from fuzzeq.bench import operations
from fuzzeq.bench.worker import peak, resident
from fuzzeq.model.edit import Edit
from fuzzeq.targets.latex.incremental import BlockEngine

SIZES: Final = (1_000_000, 10_000_000)
ROUNDS: Final = 5
SAMPLES: Final = Path(__file__).parents[1] / "corpus" / "latex"
REALISTIC: Final = "realistic"
"""The document that targets are set for."""
DOCUMENTS: Final = {
    REALISTIC: (
        "article-tide-gauges.tex", "table-long.tex", "thesis-chapter-random-walks.tex",
        "lecture-notes-algebra.tex", "lab-report-pendulum.tex", "exam-sheet.tex",
        "beamer-slides-sorting.tex", "tikz-pictures.tex", "genre-novel-chapter.tex",
        "manual-weather-logger.tex",
    ),
    "math": ("lecture-notes-algebra.tex", "math-environments.tex", "math-openers.tex"),
    "not Latin": ("greek-text.tex", "chinese-text.tex", "right-to-left.tex"),
    "listings": ("listings-programming-notes.tex", "manual-weather-logger.tex"),
    "@ letters": ("package-with-at.sty", "class-recipe-book.cls"),
    "expl3": ("expl3-module.sty",),
    "^^ notation": ("caret-notation.tex", "caret-inside-words.tex"),
    "switches": ("every-line-a-switch.tex", "expl-switching.tex"),
}  # fmt: skip
OPENING: Final = "\\begin{BVerbatim}\n"
"""What no sample closes: so everything behind it is raw."""


class Memory(NamedTuple):
    """Bytes over those of the interpreter with all modules loaded, the document's included."""

    settled: int
    peak: int


def main() -> None:
    """Prints speeds, then memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    print(f"python {platform.python_version()}, {platform.machine()}")
    for bar in reading(arguments.sizes, arguments.rounds):
        print(bar, flush=True)


def reading(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> Iterator[Bar]:
    """How fast documents of each kind are read, and what memory the largest takes."""
    of = ", ".join(f"{size:,}" for size in sizes)
    for name in DOCUMENTS:
        texts = [document(name, size) for size in sizes]
        for what, (measure, wanted) in MEASUREMENTS.items():
            speeds = [speed(measure, text, rounds) for text in texts]
            wanted_of = wanted if name == REALISTIC else None
            yield Bar(f"{name}, {what}: {of} characters", speeds, "MB/s", wanted_of, at_least=True)
            if name != REALISTIC:
                break
    largest = max(sizes)
    for name, settled, highest in ((REALISTIC, 45, 70), ("not Latin", None, None)):
        held = in_new_process(name, largest)
        what = f"memory of {largest:,} characters, {name}"
        yield Bar(f"{what}, settled", [held.settled / 1e6], "MB", settled)
        yield Bar(f"{what}, at the peak", [held.peak / 1e6], "MB", highest)


def document(name: str, size: int) -> str:
    """A document of that size, and up to a sample more."""
    samples = [(SAMPLES / sample).read_bytes().decode() for sample in DOCUMENTS[name]]
    return operations.document(samples, size)


def speed(measure: Callable[[str], float], text: str, rounds: int) -> float:
    """Millions of characters a second: the median."""
    return len(text) / statistics.median(measure(text) for _ in range(rounds)) / 1e6


def loading(text: str) -> float:
    """Seconds to open a document."""
    gc.collect()
    started = time.process_time()
    look_at(BlockEngine(text))
    return time.process_time() - started


def opening(text: str) -> float:
    """Seconds for a verbatim environment opened at the top."""
    return seconds_of(BlockEngine(text), Edit(0, 0, OPENING))


def removal(text: str) -> float:
    """Seconds for its removal."""
    return seconds_of(BlockEngine(OPENING + text), Edit(0, len(OPENING), ""))


MEASUREMENTS: Final[dict[str, tuple[Callable[[str], float], float]]] = {
    "loaded": (loading, 12),
    "verbatim opened at the top": (opening, 100),
    "that removed": (removal, 8),
}
"""With the MB/s that are wanted of the realistic document."""


def seconds_of(engine: BlockEngine, edit: Edit) -> float:
    """Seconds for one edit."""
    started = time.process_time()
    engine.apply((edit,))
    look_at(engine)
    return time.process_time() - started


def look_at(engine: BlockEngine) -> None:
    """An item in the middle of the result, and the work."""
    result = engine.result()
    result[len(result) // 2]
    engine.work()


def in_new_process(name: str, size: int) -> Memory:
    """What a document takes, measured where nothing else has been done."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(memory, name, size).result()


def memory(name: str, size: int) -> Memory:
    """What a document takes in this process, whose first one it is."""
    own = resident()
    text = document(name, size)
    engine = BlockEngine(text)
    look_at(engine)
    gc.collect()
    settled, most = resident(), peak()
    if most is None:
        raise SystemExit("the peak of memory is measured on Linux only")
    return Memory(settled - own, most - own)


if __name__ == "__main__":
    main()
