"""A Hypothesis state machine over any target.

    TestWords = state_machine(Words()).TestCase

Its rules make steps, the steps are driven by `lockstep.Session`, and the oracles judge what is
observed: there is no second writing of any invariant here. What a machine did is a `Trace`, so a
failure is a reproducer like any other. A rule that needs a capability which the target lacks is not
there at all.

Hypothesis finds, replays and keeps failures; what makes them small is fuzzeq's own shrinker, which
sees the trace where Hypothesis sees only the decisions behind it. That takes a second or two where
Hypothesis took half a minute, and ends at or near a minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fuzzeq.calls import guarded
from fuzzeq.checking import Judges, Meter
from fuzzeq.engines.assertions import Diverged, finding_of, smallest
from fuzzeq.engines.unit import language_for
from fuzzeq.generate import Swarm
from fuzzeq.generate.documents import draw_document, fragment, line_start
from fuzzeq.generate.hypothesis_source import strategy
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.lockstep import Session
from fuzzeq.model.edit import Edit, apply_all, invert_all
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Dropped, Raised
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace

DOCUMENT = 512
"""The largest document that a machine opens, in code points, roughly."""

PLACES = st.integers(0, 1 << 12)
ARGUMENTS = st.integers(0, 1 << 12)


def state_machine(target: Any, document: int = DOCUMENT) -> type[RuleBasedStateMachine]:
    """A state machine for a target; its `TestCase` is what a test runner collects.

    `document` is the size in code points to which documents are drawn. Settings are the user's:
    set `TestCase.settings`, or load a profile. A failure of the `TestCase` is a `Diverged` with the
    smallest trace that fuzzeq's shrinker finds; without the phase `shrink`, with the one that
    Hypothesis found.
    """
    language = language_for(target)

    def documents(source: Source) -> str:
        return draw_document(source, language, Swarm(source), magnitude(source, 0, document))

    def texts(source: Source) -> str:
        parts = [fragment(source, language, Swarm(source, share=1.0))]
        while source.more(0.5):
            parts.append(fragment(source, language, Swarm(source, share=1.0)))
        return "".join(parts)

    can = _capabilities(target)
    rules: dict[str, Any] = {"target": target}
    texts_drawn = strategy(texts)
    rules["open"] = initialize(document=strategy(documents))(_open)
    rules["insert"] = rule(place=PLACES, text=texts_drawn)(_insert)
    rules["delete"] = rule(place=PLACES, length=st.integers(1, 64))(_delete)
    rules["replace"] = rule(place=PLACES, length=st.integers(0, 16), text=texts_drawn)(_replace)
    places_and_texts = st.lists(
        st.tuples(PLACES, st.integers(0, 4), texts_drawn), min_size=2, max_size=4
    )
    rules["several"] = rule(edits=places_and_texts)(_several)
    rules["undo"] = precondition(lambda machine: machine.undoable)(rule()(_undo))
    rules["redo"] = precondition(lambda machine: machine.redoable)(rule()(_redo))
    rules["invalid"] = rule(argument=ARGUMENTS)(_probe(ProbeName.INVALID))
    rules["fork"] = rule(argument=ARGUMENTS)(_probe(ProbeName.FORK))
    rules["reopen"] = rule()(_probe(ProbeName.REOPEN))
    if Capability.SNAPSHOTS in can:
        rules["restore"] = rule()(_probe(ProbeName.RESTORE))
        rules["restore_damaged"] = rule(argument=ARGUMENTS)(_probe(ProbeName.RESTORE))
    if Capability.CHECKPOINTS in can:
        rules["resume"] = rule(argument=ARGUMENTS)(_probe(ProbeName.RESUME))
    # Hypothesis's database knows a machine by its name, and forgets what does not fail under it.
    return type(f"{type(target).__name__}Machine[{target.name}]", (_Machine,), rules)


class _Machine(RuleBasedStateMachine):
    """The state that the rules share: a session, its judges, and what was done."""

    target: Any
    seen: ClassVar[Diverged | None] = None
    """The first failure of the run that is going on, in case it cannot be had a second time."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.TestCase.runTest = _failing_small(cls, cls.TestCase.runTest)  # type: ignore[method-assign,assignment]

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(self.target, "")
        self.judges = Judges(Meter())
        self.steps: list[Step] = []
        self.undoable: list[tuple[Edits, Edits]] = []
        self.redoable: list[tuple[Edits, Edits]] = []

    @property
    def trace(self) -> Trace:
        """What the machine has done so far."""
        return Trace(self.session.first_document, tuple(self.steps))

    def take(self, step: Step) -> None:
        """One step, judged. Raises `Diverged`."""
        self.steps.append(step)
        self.judge(self.judges.first_divergence(self.session.take(step)))

    def edit(self, edits: Edits) -> None:
        """A step of edits that can be undone."""
        before = self.session.document
        self.take(edits)
        if self.session.document == apply_all(before, edits):  # it was not refused
            self.undoable.append((edits, invert_all(before, edits)))
            self.redoable.clear()

    def judge(self, divergence: Divergence | None) -> None:
        """Raises `Diverged` where there is one."""
        if divergence is None:
            return
        self.session.over = True  # what Hypothesis still calls has nothing to add
        found = finding_of(self.target, self.trace, divergence, "machine")
        diverged = Diverged(found, self.target)
        type(self).seen = type(self).seen or diverged
        raise diverged

    def open_document(self, document: str) -> None:
        """The first document, opened and judged. Raises `Diverged`."""
        self.session = Session(self.target, document)
        self.judge(self.judges.first_divergence(self.session.open()))

    def teardown(self) -> None:
        """What shows only in the end."""
        self.judge(self.judges.first_divergence(self.session.close()))


def _failing_small(machine: type[_Machine], run: Callable[[Any], None]) -> Callable[[Any], None]:
    """The test of a machine, with failures shrunk by fuzzeq in place of Hypothesis.

    An engine that does not do the same twice makes Hypothesis complain that the test is flaky; the
    failure that was seen says more, so it is what is raised.
    """

    @wraps(run)  # with the marks by which pytest's and others' plugins know such a test
    def run_and_shrink(case: Any) -> None:
        wanted: settings = case.settings
        phases = [each for each in wanted.phases if each not in (Phase.shrink, Phase.explain)]
        case.settings = settings(wanted, phases=phases)
        machine.seen = None
        try:
            run(case)
        except (Diverged, Flaky) as error:
            diverged = error if isinstance(error, Diverged) else machine.seen
            if diverged is None:
                raise
            shrinks = Phase.shrink in wanted.phases
            diverged = Diverged(smallest(diverged) if shrinks else diverged.finding)
            if wanted.print_blob:  # the last note is how Hypothesis reproduces it
                for note in getattr(error, "__notes__", [])[-1:]:
                    diverged.add_note(note)
            raise diverged from None

    return run_and_shrink


def _open(machine: _Machine, document: str) -> None:
    machine.open_document(document)


def _insert(machine: _Machine, place: int, text: str) -> None:
    machine.edit((_edit(machine.session.document, place, 0, text),))


def _delete(machine: _Machine, place: int, length: int) -> None:
    machine.edit((_edit(machine.session.document, place, length, ""),))


def _replace(machine: _Machine, place: int, length: int, text: str) -> None:
    machine.edit((_edit(machine.session.document, place, length, text),))


def _several(machine: _Machine, edits: list[tuple[int, int, str]]) -> None:
    document, step = machine.session.document, []
    for place, length, text in edits:
        step.append(_edit(document, place, length, text))
        document = step[-1].apply(document)
    machine.edit(tuple(step))


def _undo(machine: _Machine) -> None:
    edits, inverse = machine.undoable.pop()
    machine.take(inverse)
    machine.redoable.append((edits, inverse))


def _redo(machine: _Machine) -> None:
    edits, inverse = machine.redoable.pop()
    machine.take(edits)
    machine.undoable.append((edits, inverse))


def _probe(name: ProbeName) -> Callable[..., None]:
    def probe(machine: _Machine, argument: int | None = None) -> None:
        machine.take(Probe(name, argument))

    probe.__name__ = name
    return probe


def _edit(document: str, place: int, length: int, text: str) -> Edit:
    """An edit that fits. A place is drawn once and holds for documents of any length; every fourth
    one stands for a line's start, where more happens than elsewhere."""
    start, at_line_start = place // 4 % (len(document) + 1), place % 4 == 3
    start = line_start(document, start) if at_line_start else start
    return Edit(start, min(start + length, len(document)), text)


def _capabilities(target: Any) -> frozenset[Capability]:
    """What the target can do, asked of a handle on the empty document, or on a sample. Where none
    can be opened the machine will say so."""
    for document in ("", *getattr(target, "samples", ())):
        if isinstance(Session(target, document).batch(document), Raised | Dropped):
            continue
        can = guarded("open", lambda: capabilities(target, target.open(document)))  # noqa: B023
        if not isinstance(can, Raised):
            return can
    return frozenset()
