"""A unit: the smallest scheduled work, and what comes of it."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from fuzzeq import corpus, recipes
from fuzzeq.checking import Meter, check
from fuzzeq.crash_store import versions
from fuzzeq.engines import exhaustive, guided, stream
from fuzzeq.engines.guided import Reach
from fuzzeq.errors import UsageError
from fuzzeq.generate import Language, Limits
from fuzzeq.model.finding import Divergence, Finding, Origin
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

ENGINES = ("stream", "exhaustive", "property", "guided")

MOST_FINDINGS = 5
"""Findings that a unit carries home of each way to break an oracle; it counts the others."""

Began = Callable[[int, Trace], None]


@dataclass(frozen=True, slots=True)
class Unit:
    """What an engine is to run. `target` is a name for `load_target`; `edits` how many it
    holds; `samples` a folder, or None for the target's own."""

    engine: str
    target: str
    seed: int
    index: int
    edits: int
    samples: str | None = None
    limits: Limits = field(default_factory=Limits)
    skip: frozenset[int] = frozenset()
    """Numbers of traces to make and not to run, since they killed a worker."""
    corpus: str | None = None
    """Where the guided engine keeps its entries; None for the user's cache."""


@dataclass(slots=True)
class UnitResult:
    """What a unit came to."""

    meter: Meter = field(default_factory=Meter)
    findings: list[Finding] = field(default_factory=list)
    diverged: int = 0
    """Traces that ended in a divergence, those not carried home included."""
    drawn: Counter[tuple[str, str]] = field(default_factory=Counter)
    traces: int = 0
    """A checksum of the traces that were run, in their order."""
    reach: Reach | None = None
    """How far the guided engine has come with this unit and those before it."""
    notes: tuple[str, ...] = ()
    """What has to be said of the guided engine's corpus."""


def run_unit(
    unit: Unit,
    began: Began = lambda number, trace: None,
    drawing: Callable[[], None] = lambda: None,
) -> UnitResult:
    """Runs a unit. `began` is told of each trace before it reaches the target, so that the one
    that kills the process is known; `drawing` is called while traces are drawn, if that takes its
    time."""
    if unit.engine == "guided":
        return _run_guided(unit, began)
    target, result = load_target(unit.target), UnitResult()
    broken: Counter[tuple[str, str]] = Counter()
    for number, trace in enumerate(traces(unit, result.drawn, seldom(drawing))):
        if number in unit.skip:
            continue
        began(number, trace)
        shown = f"{trace.document!r}{trace.steps!r}".encode("utf-8", "surrogatepass")
        result.traces = zlib.crc32(shown, result.traces)
        heard = seldom(partial(began, number, trace))
        divergence = check(target, trace, result.meter, heard, sparing=True)
        if divergence:
            result.diverged += 1
            broken[divergence.oracle, divergence.kind] += 1
            if broken[divergence.oracle, divergence.kind] <= MOST_FINDINGS:
                result.findings.append(found(unit, target.name, trace, divergence))
    return result


def _run_guided(unit: Unit, began: Began) -> UnitResult:
    """The same where another process makes the traces. Raises `guided.ProcessLost`."""
    report, reach, notes = guided.order(unit, began)
    name = load_target(unit.target).name
    findings = [found(unit, name, trace, divergence) for trace, divergence in report.found]
    return UnitResult(report.meter, findings, report.diverged, reach=reach, notes=notes)


def seldom(say: Callable[[], None]) -> Callable[[], None]:
    """Says it at most once a second, however often it is called: a long trace is not a hang."""
    told = time.monotonic()

    def heard() -> None:
        nonlocal told
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            say()

    return heard


def found(unit: Unit, target: str, trace: Trace, divergence: Divergence) -> Finding:
    """A divergence as a finding of this unit, not shrunk yet."""
    origin = Origin(
        engine=unit.engine,
        seed=unit.seed,
        unit=unit.index,
        document_chars=len(trace.document),
        steps=len(trace.steps),
        versions=versions(),
    )
    return Finding(target, divergence, trace, origin)


def traces(
    unit: Unit,
    drawn: Counter[tuple[str, str]] | None = None,
    drawing: Callable[[], None] = lambda: None,
) -> Iterator[Trace]:
    """The traces of a unit, the same ones each time; kinds drawn are counted in `drawn`, and
    `drawing` is called where many are drawn before the first of them comes."""
    drawn = Counter() if drawn is None else drawn
    language = language_of(unit.target, unit.samples)
    if unit.engine == "exhaustive":
        return exhaustive.traces(language.alphabet, unit.index)
    if unit.engine == "stream":
        return stream.traces(language, unit.seed, unit.index, unit.edits, unit.limits, drawn)
    if unit.engine == "property":
        from fuzzeq.engines import property  # importing Hypothesis takes longer than many units

        return property.traces(language, unit.seed, unit.index, unit.edits, drawing)
    raise UsageError(f"no engine {unit.engine!r}; there are {', '.join(ENGINES)}")


@cache
def language_of(target_name: str, samples: str | None) -> Language:
    """What is drawn for a target of a name; see `language_for`. Raises `UsageError`."""
    return language_for(load_target(target_name), samples)


def language_for(target: Any, samples: str | None = None) -> Language:
    """What is drawn for a target: its recipe, its samples or those of a folder, its hazards.
    Raises `UsageError`."""
    own = tuple(getattr(target, "samples", ()) or ())
    suffixes = tuple(getattr(target, "sample_suffixes", corpus.TEX_SUFFIXES))
    language_name = getattr(target, "language", target.name)
    if samples is not None:
        own += tuple(corpus.load(Path(samples), suffixes).texts)
    elif not own and corpus.bundled(language_name).is_dir():
        own = tuple(corpus.load(corpus.bundled(language_name)).texts)
    recipe = recipes.recipe_for(language_name)
    return recipe.language(own, tuple(getattr(target, "hazards", ()) or ()))
