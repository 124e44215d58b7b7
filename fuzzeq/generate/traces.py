"""Traces: a document, drivers that edit it, probes between, and a rewrite or two of the whole."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.generate.language import Language
from fuzzeq.generate.rewrites import REWRITES
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.swarm import Swarm
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace


@dataclass(frozen=True, slots=True)
class Limits:
    """How large things may be drawn. `document` is the wanted size in code points, at least
    `smallest`; `steps` the wanted number of them; `probes` the share of probes among them;
    `rewrites` the average number of rewrites of a short trace, a long one gets more."""

    smallest: int = 0
    document: int = 8192
    steps: int = 256
    probes: float = 0.05
    rewrites: float = 0.5


PROBES = {
    "invalid": ProbeName.INVALID,
    "restore": ProbeName.RESTORE,
    "damage": ProbeName.RESTORE,
    "resume": ProbeName.RESUME,
    "reopen": ProbeName.REOPEN,
    "fork": ProbeName.FORK,
}


def draw_trace(source: Source, language: Language, swarm: Swarm, limits: Limits) -> Trace:
    """A whole trace."""
    size = magnitude(source, limits.smallest, limits.document)
    document = draw_document(source, language, swarm, size)
    steps = draw_steps(source, language, swarm, limits, document)
    trace = Trace(document, steps)
    while source.more(limits.rewrites + len(steps) / 64):
        trace = swarm.pick("rewrite", REWRITES)(source, trace)
    return trace


def draw_steps(
    source: Source, language: Language, swarm: Swarm, limits: Limits, document: str
) -> tuple[Step, ...]:
    """Steps on a document. It may grow to about twice the limit before it is cut down again."""
    average = magnitude(source, 1, limits.steps)
    steps: list[Step] = []
    while len(steps) < limits.steps and (source.more(average) or not steps):
        if source.boolean(limits.probes):
            steps.append(draw_probe(source, swarm))
            continue
        if len(document) > 2 * limits.document + 1024:
            cut = (Edit(source.integer(0, limits.document), len(document), ""),)
            steps.append(cut)
            document = apply_all(document, cut)
        driver = swarm.pick("edit", DRIVERS)
        for step in driver(source, language, swarm, document):
            steps.append(step)
            document = apply_all(document, step)
            if len(steps) >= limits.steps or not source.goes_on():
                break
    return tuple(steps)


def draw_probe(source: Source, swarm: Swarm) -> Probe:
    """One of the probes; a target without the capability passes it over."""
    names = {name: name for name in PROBES}
    kind = swarm.pick("probe", names)
    argument = None if kind in ("restore", "reopen") else magnitude(source, 0, 1 << 16)
    return Probe(PROBES[kind], argument)
