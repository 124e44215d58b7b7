"""The matrix: operations by sizes by subjects, measured in turns, each subject in a process of its
own.

For an operation, every subject and size has a few exercises, then all of them the next few: what
the machine does meanwhile is done to all. Memory is measured afterwards, in processes that do
nothing else. What could not be measured is a cell without samples and with a reason.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from fuzzeq.bench.environment import available_cores
from fuzzeq.bench.loads import Load, background
from fuzzeq.bench.measure import Clock
from fuzzeq.bench.operations import EDITS, Exercise, Operation, document, exercises
from fuzzeq.bench.workers import ORDER_SECONDS, Failed, Subject, TextFile, WorkerProcess

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
CHECKED_SIZE = 1_000_000
"""Characters: on larger documents, making all items of two results takes too long."""
MEMORY_EXERCISES = 5
PEER_SECONDS = 60.0
"""A peer that has not opened a document by then is left alone with it."""
MOST_LOST = 3
"""Workers of a subject that are begun again; each may have been waited for minutes."""
MOST_SECONDS = 120.0
"""What a cell may take until a judgement has the samples that it needs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured, and how thoroughly."""

    subjects: tuple[Subject, ...]
    samples: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    sizes: tuple[int, ...] = SIZES
    operations: tuple[Operation, ...] = tuple(Operation)
    count: int = 100
    """Samples of a cell."""
    warmup: int = 10
    loads_count: int = 10
    """How often a document is opened, unless that takes too long."""
    turn: int = 5
    """Exercises of a subject before the next one has its turn."""
    cell_seconds: float = 5.0
    """A cell that has taken longer gets no more turns, once it has `fewest` samples."""
    fewest: int = 1
    """As many samples as a judgement needs. A target's cells have them whatever time that takes, up
    to `MOST_SECONDS`."""
    clock: Clock = Clock.WALL
    loads: tuple[Load, ...] = ()
    memory: bool = True
    hash_seed: int = 0

    @property
    def documents(self) -> str:
        """A digest of what documents and edits are made of: times of others are no comparison."""
        return sha256(repr((self.samples, self.hazards)).encode("utf-8")).hexdigest()[:16]


@dataclass(slots=True)
class Cell:
    """One operation on one size by one subject. Seconds, characters, bytes."""

    subject: Subject
    operation: Operation
    size: int
    """As it was asked for."""
    length: int = 0
    """As the document is."""
    samples: list[float] = field(default_factory=list)
    work: list[int] = field(default_factory=list)
    """Characters examined, for each sample; empty where nobody counts."""
    peak: int | None = None
    """The most memory in use, over what the process had before the document."""
    note: str = ""
    """Why there are no samples, or fewer."""
    failed: bool = False
    """Whether that is a fault, and not just a lack of time."""


class Progress(NamedTuple):
    """How far a run is."""

    what: str
    done: int
    planned: int


Watch = Callable[[Progress], None]


@dataclass(slots=True)
class Matrix:
    """All cells, in the order of operations, sizes and subjects, and what has to be said."""

    settings: Settings
    cells: list[Cell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def measure(settings: Settings, watch: Watch = lambda progress: None) -> Matrix:
    """Measures all of it. Raises `UsageError` where a subject cannot be loaded at all."""
    return _Run(settings, watch).all()


@dataclass(slots=True)
class _Turns:
    """How far a subject is with an operation, or both sides of a comparison are."""

    done: int = 0
    """Exercises."""
    spent: float = 0.0
    """Seconds, untimed edits included."""


class _Run:
    def __init__(self, settings: Settings, watch: Watch) -> None:
        self.settings, self.watch = settings, watch
        self.texts = {size: document(settings.samples, size) for size in settings.sizes}
        self.matrix = Matrix(settings)
        self.cells = {
            (operation, size, subject): Cell(subject, operation, size, len(self.texts[size]))
            for operation in settings.operations
            for size in settings.sizes
            for subject in settings.subjects
        }
        self.beside: dict[tuple[Operation, int, Subject], Cell] = {}
        self.workers: dict[Subject, WorkerProcess] = {}
        self.open: set[tuple[Subject, int]] = set()
        self.too_much: dict[Subject, int] = {}
        """The size whose opening a subject's worker did not survive."""
        self.lost: Counter[Subject] = Counter()
        self.stack = ExitStack()
        self.files: dict[int, str] = {}
        self.steps = len(settings.sizes) + len(self.edits()) + bool(settings.memory)
        self.step = 0

    def edits(self) -> list[Operation]:
        return [operation for operation in self.settings.operations if operation in EDITS]

    def all(self) -> Matrix:
        settings = self.settings
        with self.stack as stack:
            self.files = {
                size: stack.enter_context(TextFile(text)).path for size, text in self.texts.items()
            }
            for subject in settings.subjects:
                self._begin(subject)
            stack.enter_context(background(settings.loads, available_cores()))
            for size in settings.sizes:
                self._tell(f"opening {size:,} characters")
                self._open_in_turns(size)
            for operation in self.edits():
                self._tell(operation)
                self._take_turns(operation)
            for subject, size in sorted(self.open, key=lambda each: each[1]):
                if size <= CHECKED_SIZE and self.edits():
                    self._check(subject, size)
        if settings.memory:
            self._tell("memory")
            for size, text in self.texts.items():
                for subject in settings.subjects:
                    if (subject, size) in self.open:
                        with TextFile(text) as file:
                            self._weigh(subject, size, file.path)
        self.matrix.cells = list(self.cells.values())
        return self.matrix

    def _tell(self, what: str) -> None:
        self.watch(Progress(what, self.step, self.steps))
        self.step += 1

    def _begin(self, subject: Subject) -> None:
        try:
            worker = WorkerProcess(subject, hash_seed=self.settings.hash_seed)
            self.workers[subject] = self.stack.enter_context(worker)
        except Failed as failure:
            self._fail(subject, self.settings.sizes, str(failure))

    def _begin_again(self, subject: Subject) -> None:
        """A worker in the place of one that was lost, with the documents open that the other had:
        what one document or edit does says nothing of the others."""
        self.lost[subject] += 1
        if self.lost[subject] > MOST_LOST:
            return
        self._begin(subject)
        for size in sorted(size for which, size in self.open if which == subject):
            try:
                self.workers[subject].ask(
                    "open", document=str(size), path=self.files[size], clock=self.settings.clock
                )
            except Failed as failure:
                self._fail(subject, [size], f"open: {failure}")
                if self.workers[subject].is_lost:
                    self._begin_again(subject)
                    return

    def _open_in_turns(self, size: int) -> None:
        """Every subject opens a document, then all of them again; the last handles stay."""
        settings = self.settings
        wanted = [subject for subject in self.workers if not self._is_left_out(subject, size)]
        spent, budget = dict.fromkeys(wanted, 0.0), 4 * settings.cell_seconds
        for round_number in range(settings.loads_count + 1):
            taken = max(1, round_number - 1)
            over = {
                subject.name  # of both sides of a comparison, which have as many
                for subject, seconds in spent.items()
                if round_number and self._is_over(subject, seconds, budget, taken)
            }
            for subject in [each for each in spent if each.name not in over]:
                cell = self._load_cell(subject, size)
                try:
                    answer = self.workers[subject].ask(
                        "open", PEER_SECONDS if is_peer(subject) else ORDER_SECONDS,
                        document=str(size), path=self.files[size], clock=settings.clock,
                    )  # fmt: skip
                except Failed as failure:
                    self._fail(subject, [size], f"open: {failure}")
                    del spent[subject]
                    if self.workers[subject].is_lost:
                        self.too_much[subject] = size
                        self._begin_again(subject)
                    continue
                if round_number == 1:
                    cell.samples.clear()  # the first time was the warm-up
                cell.samples.append(answer["seconds"])
                spent[subject] += answer["seconds"]
                self.open.add((subject, size))

    def _is_left_out(self, subject: Subject, size: int) -> bool:
        """Whether smaller documents say that this one would take too long to open."""
        if (too_much := self.too_much.get(subject, size)) < size:
            self._leave_out(subject, size, f"{too_much:,} characters were too much already")
            return True
        smaller_ones = [each for each in self.settings.sizes if (subject, each) in self.open]
        if not smaller_ones:
            return False
        largest = smaller_ones[-1]
        seconds = min(self._load_cell(subject, largest).samples)
        expected = seconds * len(self.texts[size]) / len(self.texts[largest])
        too_long = expected > 4 * self.settings.cell_seconds
        if too_long:
            self._leave_out(subject, size, f"opening would take about {expected:.0f} s")
        return too_long

    def _load_cell(self, subject: Subject, size: int) -> Cell:
        """The cell of loading; where that is no row of the matrix, one beside it."""
        key = (Operation.LOAD, size, subject)
        found = self.cells.get(key)
        return found or self.beside.setdefault(key, Cell(subject, Operation.LOAD, size))

    def _take_turns(self, operation: Operation) -> None:
        settings, count = self.settings, self.settings.count + self.settings.warmup
        planned = {
            size: exercises(operation, text, count, settings.hazards)
            for size, text in self.texts.items()
        }
        names = dict.fromkeys(subject.name for subject in settings.subjects)
        going = {(size, name): _Turns() for size in settings.sizes for name in names}
        while going:
            for (size, name), turns in list(going.items()):
                cells = [
                    self.cells[operation, size, subject]
                    for subject in settings.subjects
                    if subject.name == name and (subject, size) in self.open
                ]
                cells = [cell for cell in cells if not cell.failed]
                if not cells or turns.done >= count:
                    del going[size, name]
                    continue
                allowed = settings.cell_seconds * len(cells)
                taken = len(cells[0].samples)
                if taken and self._is_over(cells[0].subject, turns.spent, allowed, taken):
                    for cell in cells:
                        cell.note = "fewer samples: the time was over"
                    del going[size, name]
                    continue
                # Who is slow has to do with less warm-up.
                skip = 0 if turns.spent > allowed / 4 else max(0, settings.warmup - turns.done)
                started = time.monotonic()
                turn = planned[size][turns.done : turns.done + settings.turn]
                turns.done += self._turn(cells, turn, skip)
                turns.spent += time.monotonic() - started

    def _is_over(self, subject: Subject, seconds: float, budget: float, taken: int) -> bool:
        """Whether so many samples have taken too long for another one."""
        fewest = 1 if is_peer(subject) else self.settings.fewest
        return seconds > (budget if taken >= fewest else max(budget, MOST_SECONDS))

    def _turn(self, cells: Sequence[Cell], turn: Sequence[Exercise], warmup: int) -> int:
        """One turn of a subject, or of both sides of a comparison, one behind the other: how many
        exercises all of them did. What one had no time for counts for no other, so that samples
        are pairs of one exercise."""
        answers = []
        for cell in cells:
            try:
                answer = self.workers[cell.subject].ask(
                    "turn", document=str(cell.size), exercises=turn, clock=self.settings.clock,
                    seconds=self.settings.cell_seconds,
                )  # fmt: skip
            except Failed as failure:
                why = f"{cell.operation}: {failure}"
                self._fail(cell.subject, [cell.size], why, cell.operation)
                if self.workers[cell.subject].is_lost:
                    self._begin_again(cell.subject)
                continue
            answers.append((cell, answer))
            turn = turn[: len(answer["samples"])]
        for cell, answer in answers:
            cell.samples += answer["samples"][warmup : len(turn)]
            cell.work += answer["work"][warmup : len(turn)]
        return len(turn)

    def _check(self, subject: Subject, size: int) -> None:
        if self.workers[subject].is_lost:  # what was measured before that stands
            self.matrix.notes.append(f"{subject.name} at {size:,} characters: not asked at the end")
            return
        try:
            same = self.workers[subject].ask("check", document=str(size))["equal"]
            why = "" if same else "after all edits were undone, its answer is not a fresh one's"
        except Failed as failure:
            why = f"asked at the end: {failure}"
        if why:
            self._fail(subject, [size], f"{why}: fuzzeq run finds out")

    def _weigh(self, subject: Subject, size: int, path: str) -> None:
        """The peaks of memory of each operation, in a process that has this document alone."""
        settings, text = self.settings, self.texts[size]
        try:
            with WorkerProcess(subject, hash_seed=settings.hash_seed) as worker:
                clock = settings.clock
                opened: dict[str, Any] = worker.ask("open", document="", path=path, clock=clock)
                self._note_peak(subject, size, Operation.LOAD, opened, opened["before"])
                for operation in self.edits():
                    turn = exercises(operation, text, MEMORY_EXERCISES, settings.hazards)
                    answer = worker.ask(
                        "turn", document="", exercises=turn, clock=clock,
                        seconds=settings.cell_seconds,
                    )  # fmt: skip
                    self._note_peak(subject, size, operation, answer, opened["before"])
        except Failed as failure:
            self.matrix.notes.append(f"memory of {subject.name} at {size:,} characters: {failure}")

    def _note_peak(
        self, subject: Subject, size: int, operation: Operation, answer: dict[str, Any], before: int
    ) -> None:
        cell = self.cells.get((operation, size, subject))
        if cell is not None and answer["peak"] is not None:
            cell.peak = max(0, answer["peak"] - before)

    def _cells_of(
        self, subject: Subject, sizes: Iterable[int], operation: Operation | None
    ) -> list[Cell]:
        return [
            cell
            for (which, size, whose), cell in self.cells.items()
            if whose == subject and size in sizes and operation in (None, which)
        ]

    def _leave_out(self, subject: Subject, size: int, why: str) -> None:
        for cell in self._cells_of(subject, [size], None):
            if not cell.failed:
                cell.note = f"left out: {why}"

    def _fail(
        self,
        subject: Subject,
        sizes: Iterable[int],
        why: str,
        operation: Operation | None = None,
    ) -> None:
        """A fault: what was measured of these cells counts no more."""
        for cell in self._cells_of(subject, list(sizes), operation):
            cell.note, cell.failed = why, True
            cell.samples, cell.work = [], []
        if operation is None:
            self.open -= {(subject, size) for size in sizes}


def is_peer(subject: Subject) -> bool:
    """Whether it is measured beside the targets, and judged by nothing."""
    return subject.name.startswith("peer:")


def plain_name(subject: Subject) -> str:
    """What a subject is called in tables: a peer by its own name."""
    return subject.name.removeprefix("peer:")


def name_of(cell: Cell, settings: Settings) -> str:
    """What a cell is called among baselines. Times of another clock are another thing."""
    parts = [plain_name(cell.subject), cell.operation, str(cell.size)]
    parts += (f"load-{load}" for load in sorted(settings.loads))
    if settings.clock is not Clock.WALL:
        parts.append(f"clock-{settings.clock}")
    return "/".join(parts)
