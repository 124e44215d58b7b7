"""How many checked edits a second one process makes, and two.

A measurement, not a test: it asserts nothing. The mixes are fixed (sizes, seeds, all kinds of edits
and probes), CPU time is counted but for two processes, each figure is the median of several rounds,
and the mixes take turns. What is not lexing is told apart by playing the target's answers back: the
same traces are drawn and judged again, and no lexer runs. Run it on an idle machine:

    python -m benchmarks.checked_edits
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from benchmarks.bars import Bar, number
from benchmarks.command import run_of
from fuzzeq.checking import Meter, check
from fuzzeq.engines.stream import first_edits
from fuzzeq.engines.unit import language_of
from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.traces import draw_steps
from fuzzeq.lockstep import taken
from fuzzeq.model.trace import Trace
from fuzzeq.recipes import recipe_for
from fuzzeq.registry import load_target

ROUNDS = 5
EDITS = 20_000
MOST_NOT_LEXING = 80
TRACES_OF_A_SWARM = 8
LONG_TRACES = Limits(smallest=800, document=2048, steps=64)
LARGE_DOCUMENTS = Limits(smallest=600, document=4096, steps=64)
EDITS_OF_A_DOCUMENT = 20
PAIR_ROUNDS = 5
RUN_EDITS = 10_000, 60_000
"""A short run and a long one: what lies between them has no start and no end in it."""
BUSY_SECONDS = 2.0


class Mix(NamedTuple):
    """What is drawn: the recipe's name, or None for the target's own, the limits, and how many
    edits a document gets, or None for as many as are drawn. `wanted` are checked edits a second."""

    name: str
    wanted: float
    recipe: str | None = None
    limits: Limits = LONG_TRACES
    edits: int | None = None
    remembers: bool = True


MIXES = (
    Mix("standard mix", 4000),
    Mix("hostile mix", 2500, recipe="hostile"),
    Mix("20 edits a document", 2000, edits=EDITS_OF_A_DOCUMENT),
)
NAIVE = Mix("nothing remembered, larger documents", 400, limits=LARGE_DOCUMENTS, remembers=False)


class Measured(NamedTuple):
    """A round of a mix: checked edits a second; microseconds an edit that generating takes, and
    all that is not lexing together; the sizes of the documents compared."""

    rate: float
    generating: float
    not_lexing: float
    sizes: list[int]


def main() -> None:
    """Measures in rounds and prints the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=EDITS, help="edits of each mix in all")
    parser.add_argument("--target", default="latex")
    parser.add_argument("--naive", action="store_true", help="only the mix with nothing remembered")
    arguments = parser.parse_args()
    mixes = (NAIVE,) if arguments.naive else (*MIXES, NAIVE)
    print(f"python {platform.python_version()}, {platform.machine()}, {ROUNDS} rounds each")
    for bar in checked_edits(arguments.target, arguments.edits, mixes):
        print(bar, flush=True)
    if not arguments.naive:
        for bar in a_second_process(arguments.target):
            print(bar, flush=True)


def checked_edits(
    target: str = "latex", edits: int = EDITS, mixes: Sequence[Mix] = (*MIXES, NAIVE)
) -> Iterator[Bar]:
    """So many edits of each mix, in rounds in which they take turns."""
    rounds = [
        [measure(target, mix, edits // ROUNDS, number) for mix in mixes] for number in range(ROUNDS)
    ]
    for mix, measured in zip(mixes, zip(*rounds, strict=True), strict=True):
        deciles = statistics.quantiles([size for one in measured for size in one.sizes], n=10)
        rates = [one.rate for one in measured]
        what = (
            f"checked edits a second, {mix.name} ({number(min(rates))} to {number(max(rates))}; "
            f"documents of {deciles[4]:.0f} characters, ninth decile {deciles[8]:.0f})"
        )
        yield Bar(what, [statistics.median(rates)], "edits", mix.wanted, at_least=True)
        if mix.remembers:
            generating = statistics.median(one.generating for one in measured)
            not_lexing = statistics.median(one.not_lexing for one in measured)
            what = f"all that is not lexing, {mix.name}, of which generating {generating:.0f}"
            wanted = MOST_NOT_LEXING if mix is MIXES[0] else None
            yield Bar(what, [not_lexing], "µs an edit", wanted)


def measure(name: str, mix: Mix, edits: int, seed: int) -> Measured:
    """One round."""
    target = load_target(name)
    if not mix.remembers:
        target = target.reference
    recipe = mix.recipe and recipe_for(mix.recipe)
    language = recipe.language((), ()) if recipe else language_of(name, None)
    traces, generating = timed(lambda: list(draw(language, mix, edits, seed)))
    meter = Meter()
    _, checking = timed(lambda: check_all(target, traces, meter))
    tape = Tape()
    check_all(Recorded(target, tape), traces, Meter())
    tape.played = iter(tape.kept)
    _, judging = timed(lambda: check_all(Recorded(target, tape), traces, Meter()))
    microseconds = 1e6 / meter.edits
    sizes = [len(document) for trace in traces for document in trace.documents()]
    return Measured(
        meter.edits / (generating + checking),
        generating * microseconds,
        (generating + judging) * microseconds,
        sizes,
    )


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and the seconds of CPU time that it takes."""
    started = time.process_time()
    value = call()
    return value, time.process_time() - started


def draw(language: Language, mix: Mix, edits: int, seed: int) -> Iterator[Trace]:
    """Traces with so many edits in all, the same ones each time."""
    unit = 0
    while edits > 0:
        source = RandomSource(f"benchmark {seed}:{unit}")
        swarm = Swarm(source)
        unit += 1
        for _ in range(TRACES_OF_A_SWARM):
            if mix.edits:
                trace = draw_with(source, language, swarm, mix.limits, mix.edits)
            else:
                trace = draw_trace(source, language, swarm, mix.limits)
            edits -= trace.edit_count
            yield trace


def draw_with(
    source: Source, language: Language, swarm: Swarm, limits: Limits, edits: int
) -> Trace:
    """A trace of so many edits."""
    size = magnitude(source, limits.smallest, limits.document)
    document = draw_document(source, language, swarm, size)
    trace = Trace(document)
    while trace.edit_count < edits:
        steps = draw_steps(source, language, swarm, limits, document)
        trace = Trace(trace.document, (*trace.steps, *steps))
        *_, document = Trace(document, tuple(steps)).documents()
    return first_edits(trace, edits)


def check_all(target: Any, traces: list[Trace], meter: Meter) -> None:
    """Checks them as the stream engine does."""
    for trace in traces:
        if check(target, trace, meter, sparing=True):
            raise SystemExit(f"{target.name} diverges: run fuzzeq on it first")


class Tape:
    """What calls gave, in order; once it is played back, they give it again."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.played: Iterator[Any] | None = None

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """What the method returns or raises, now or when it was recorded."""
        if self.played is None:
            try:
                outcome = method(*arguments)
            except Exception as error:
                outcome = error
            if method.__name__ in ("open", "restore") and not isinstance(outcome, Exception):
                outcome = Recorded(outcome, self)
            elif method.__name__ in ("batch", "result", "resume"):
                outcome = taken(outcome)
            self.kept.append(outcome)
        else:
            outcome = next(self.played)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Recorded:
    """A target, or a handle of one, whose calls go to a tape."""

    def __init__(self, subject: Any, tape: Tape) -> None:
        self._subject, self._tape = subject, tape

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._subject, name)
        if name == "reference":
            return Recorded(value, self._tape)
        return partial(self._tape.call, value) if callable(value) else value


def a_second_process(
    target: str = "latex", rounds: int = PAIR_ROUNDS, edits: tuple[int, int] = RUN_EDITS
) -> Iterator[Bar]:
    """What a second process adds, beside what it adds to a loop that only counts. Wall time."""
    counting, running, rates = [], [], []
    for _ in range(rounds):
        counting.append(counted(2) / counted(1))
        rates.append(run_rate(target, 2, edits))
        running.append(rates[-1] / run_rate(target, 1, edits))
    what = (
        f"edits a second by the clock, 2 processes ({number(min(rates))} to {number(max(rates))})"
    )
    yield Bar(what, [statistics.median(rates)], "edits")
    shares = [run / count for run, count in zip(running, counting, strict=True)]
    what = (
        f"2 processes beside 1, by the clock ({statistics.median(running):.2f} times), by what 2 "
        f"loops that only count do beside 1 ({statistics.median(counting):.2f} times); "
        f"{min(shares):.2f} to {max(shares):.2f}"
    )
    yield Bar(what, [statistics.median(shares)], "times", 0.93, at_least=True)


def counted(processes: int) -> float:
    """How far so many processes count together, in a fixed time."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(count, [0.1] * processes, chunksize=1)
        return sum(pool.map(count, [BUSY_SECONDS] * processes, chunksize=1))


def count(seconds: float) -> int:
    """How far one counts."""
    number, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        number += 1
    return number


def run_rate(target: str, jobs: int, edits: tuple[int, int]) -> float:
    """Edits a second of `fuzzeq run`, start and end left out: those between a short run and a long
    one."""
    short, long = (run_of(target, number, jobs)["wall_seconds"] for number in edits)
    return float((edits[1] - edits[0]) / (long - short))


if __name__ == "__main__":
    main()
