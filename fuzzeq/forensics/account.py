"""What an engine did at each step: where it restarted, what it trusted, where it stopped.

Seen from outside: `work()`, `changed()` and `checkpoints()`, where the handle has them, beside what
the batch results say had to be read. What a target does not offer is None, and never guessed.
Asking more than a run does could change what a stateful engine answers: so the divergence is that
of a run in which nothing else was asked, and the account is made in a second one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, NamedTuple

from fuzzeq.calls import guarded
from fuzzeq.checking import check
from fuzzeq.lockstep import Session
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import Cause, Comparison, Observation, Raised, Resumption
from fuzzeq.model.result import Item, first_difference, item_kind
from fuzzeq.model.target import Capability
from fuzzeq.model.trace import Step, Trace
from fuzzeq.needed import needed_work
from fuzzeq.oracles.changes import moved
from fuzzeq.oracles.work import same_in_front

WINDOW = 40
"""Items that are kept on either side of the one that a step is looked at for."""

LONGEST_ITEM = 300
MOST_CHECKPOINTS = 2000
MOST_STEPS = 300
MOST_CHARACTERS = 4 << 20
"""Of so many steps at the end of a trace, and as long as their documents have no more characters,
an account is kept; of the last one always."""


class Shown(NamedTuple):
    """An item as text, with the range that it covers; None where it does not say."""

    text: str
    kind: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Items:
    """Some of a result's items, from number `first` on; `count` is how many it has in all."""

    first: int
    items: tuple[Shown, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine says that it read for a step, and what it had to. Offsets in code points of
    the document behind the step.

    `restart` and `convergence`: where the items begin and end that it no longer vouches for.
    `checkpoint`: the last one not behind `restart`, or, where that is unknown, not behind the edit.
    `must_start`, `must_end`: the stretch in which the batch items are not the old ones.
    """

    work: int | None = None
    needed: int | None = None
    changed: tuple[int, int] | None = None
    restart: int | None = None
    convergence: int | None = None
    checkpoint: int | None = None
    must_start: int | None = None
    must_end: int | None = None

    @property
    def stop(self) -> int | None:
        """Where the engine stopped reading, as far as it says so: `convergence`, or earlier where
        it examined less than that. None where neither is known."""
        if self.restart is None or self.convergence is None:
            return None
        if self.work is None:
            return self.convergence
        return min(self.convergence, self.restart + self.work)


@dataclass(frozen=True, slots=True)
class StepAccount:
    """A step, number 0 being the opening: the document behind it, both results around the first
    difference, and what is known of the reading. `wrong` is the first item that differs, `raised`
    what was raised instead of an answer."""

    number: int
    step: Step | None
    before: str
    document: str
    expected: Items
    actual: Items
    wrong: int | None = None
    wrong_offset: int | None = None
    raised: str = ""
    cause: str = ""
    reading: Reading | None = None
    checkpoints: tuple[int, ...] | None = None
    checkpoints_before: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A trace run again: its divergence today, None where there is none any more, and its steps up
    to that one."""

    divergence: Divergence | None
    steps: tuple[StepAccount, ...]
    capabilities: frozenset[Capability] = frozenset()


def account_of(target: Any, trace: Trace) -> Account:
    """Runs a trace again, and writes down what can be seen of each step."""
    divergence = check(target, trace)
    last = len(trace.steps) if divergence is None else divergence.step
    session = Session(target, trace.document)
    steps: list[StepAccount] = []
    document, checkpoints = trace.document, None
    for number in range(last + 1):
        step = trace.steps[number - 1] if number else None
        observations = list(session.open() if step is None else session.take(step))
        if number == last == len(trace.steps):
            observations += session.close()
        if not observations and session.over:
            break
        behind = _checkpoints(session)
        if number > last - MOST_STEPS:
            steps.append(_step(session, number, step, document, observations, checkpoints, behind))
        while len(steps) > 1 and sum(len(each.document) for each in steps) > MOST_CHARACTERS:
            del steps[0]
        document, checkpoints = session.document, behind
    return Account(divergence, tuple(steps), session.can)


def _checkpoints(session: Session) -> tuple[int, ...] | None:
    """The handle's checkpoints; None where it has none, or fails to say them."""
    if Capability.CHECKPOINTS not in session.can or isinstance(session.handle, Raised):
        return None
    offsets = guarded("checkpoints", lambda: tuple(map(index, session.handle.checkpoints())))
    return None if isinstance(offsets, Raised) else offsets


def _step(
    session: Session,
    number: int,
    step: Step | None,
    before: str,
    observations: Sequence[Observation],
    checkpoints_before: tuple[int, ...] | None,
    checkpoints: tuple[int, ...] | None,
) -> StepAccount:
    """The account of one step: of the comparison at which the sides part, or else of the first."""
    sides = [_sides(each) for each in observations if isinstance(each, Comparison | Resumption)]
    expected, actual, cause, document, raised = next(
        (side for side in sides if side[4] or first_difference(side[0], side[1]) is not None),
        sides[0] if sides else ((), (), "", session.document, ""),
    )
    wrong = None if raised else first_difference(expected, actual)
    reading = None
    for each in observations:
        if isinstance(each, Comparison) and each.cause == Cause.EDITS:
            reading = _reading(session, each, checkpoints_before)
    centre = wrong if wrong is not None else _centre(expected, reading)
    return StepAccount(
        number, step, before, document, _items(expected, centre), _items(actual, centre), wrong,
        _offset(expected, actual, wrong, len(document)), raised, cause, reading,
        _few(checkpoints), _few(checkpoints_before),
    )  # fmt: skip


def _sides(
    observation: Comparison | Resumption,
) -> tuple[Sequence[Item], Sequence[Item], str, str, str]:
    """Expected and actual items, why they are compared, of which document, and what was raised."""
    if isinstance(observation, Resumption):
        offset = observation.offsets[observation.index]
        expected: Sequence[Item] = [
            item for item in observation.expected if getattr(item, "start", offset) >= offset
        ]
        actual, cause, document = observation.actual, f"resumed at {offset}", ""
    else:
        if isinstance(observation.expected, Raised):
            return (), (), observation.cause.value, observation.document, _why(observation.expected)
        expected, actual = observation.expected, observation.actual
        cause, document = observation.cause.value, observation.document
    if isinstance(actual, Raised):
        return expected, (), cause, document, _why(actual)
    return expected, actual, cause, document, ""


def _why(raised: Raised) -> str:
    return f"{raised.where} raised {raised.type}: {raised.message}"


def _reading(
    session: Session, observation: Comparison, checkpoints: tuple[int, ...] | None
) -> Reading:
    """What the handle says of its reading, beside what had to be read."""
    new, length = observation.expected, len(observation.document)
    if isinstance(new, Raised) or not observation.edits:
        return Reading(observation.work, observation.needed, observation.changed)
    needed = observation.needed
    if needed is None and Capability.PIECES in session.can:
        count = guarded(
            "pieces",
            lambda: needed_work(session.target.pieces, observation.before, observation.edits),
        )
        needed = None if isinstance(count, Raised) else count
    must = _must(observation, new)
    restart = convergence = None
    if observation.changed is not None and not isinstance(observation.actual, Raised):
        start, end = observation.changed
        restart = place_of(observation.actual, start, length)
        convergence = place_of(observation.actual, end, length)
    first_touched = min(edit.start for edit in observation.edits)
    at_most = first_touched if restart is None else min(restart, first_touched)
    used = (
        None if checkpoints is None else max((c for c in checkpoints if c <= at_most), default=None)
    )
    return Reading(
        observation.work, needed, observation.changed, restart, convergence, used, *must
    )  # fmt: skip


def _must(observation: Comparison, new: Sequence[Item]) -> tuple[int | None, int | None]:
    """Where the batch items begin and end that are not the old ones, moved."""
    old = moved(observation.previous, observation)
    head = same_in_front(old, new)
    tail = same_in_front(old[head:][::-1], new[head:][::-1])
    length = len(observation.document)
    start, end = place_of(new, head, length), place_of(new, len(new) - tail, length)
    return (start, end) if head + tail < max(len(old), len(new)) else (None, None)


def place_of(items: Sequence[Item], number: int, length: int) -> int | None:
    """The offset at which an item begins; the document's end behind the last one, or where items
    are no longer in the order of their offsets; None where items have no offsets."""
    if not 0 <= number <= len(items):
        return None
    if number == len(items):
        return length if not items or hasattr(items[-1], "start") else None
    start = getattr(items[number], "start", None)
    if start is None:
        return None
    before = getattr(items[number - 1], "start", 0) if number else 0
    return length if start < before else int(start)


def _centre(items: Sequence[Item], reading: Reading | None) -> int:
    """Around which item to look where nothing is wrong: the first that may have changed."""
    return reading.changed[0] if reading and reading.changed else 0


def _items(items: Sequence[Item], centre: int) -> Items:
    first = max(centre - WINDOW, 0)
    part = items[first : centre + WINDOW]
    return Items(first, tuple(map(_shown, part)), len(items))


def _shown(item: Item) -> Shown:
    """An item as text. What its `repr` does is the target's business, and not ours to fail on."""
    text = guarded("repr", lambda: repr(item)[:LONGEST_ITEM])
    start = getattr(item, "start", None)
    end = getattr(item, "end", None)
    return Shown(
        text if isinstance(text, str) else f"<{text.type}>",
        item_kind(item),
        start if isinstance(start, int) else None,
        end if isinstance(end, int) else None,
    )


def _offset(
    expected: Sequence[Item], actual: Sequence[Item], wrong: int | None, length: int
) -> int | None:
    """Where the first difference begins in the document, by the batch item if there is one."""
    if wrong is None:
        return None
    for side in (expected, actual):
        start = getattr(side[wrong], "start", None) if wrong < len(side) else None
        if isinstance(start, int):
            return start
    return None if expected or actual else length


def _few(checkpoints: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if checkpoints is None else checkpoints[:MOST_CHECKPOINTS]
