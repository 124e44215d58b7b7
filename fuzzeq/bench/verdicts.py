"""What a matrix comes to: against fixed limits, against baselines, against another checkout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fuzzeq.bench.baseline import DOCUMENTS, Baseline
from fuzzeq.bench.judgement import FEWEST_PAIRS, MAX_OVERHEAD, Judgement, Method, Verdict
from fuzzeq.bench.judging import judge, with_all_tests
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.regression import against
from fuzzeq.bench.runner import Cell, Matrix, Settings, Watch, measure, name_of
from fuzzeq.bench.statistics import summarize
from fuzzeq.bench.workers import Failed, Subject, WorkerProcess
from fuzzeq.errors import UsageError

CHARACTERS = "characters"
"""The unit of work."""
WORK = "work"
MEMORY = "memory"
USUAL_LIMITS: Mapping[str, float] = {
    Operation.CHARACTER: 1.0,
    Operation.LINE: 5.0,
    Operation.PARAGRAPH: 50.0,
    Operation.PASTE: 100.0,
    MEMORY: 100.0,
}
"""What editors ask for: milliseconds at the 95th percentile; and MB for documents of up to
`MEMORY_SIZE` characters."""
MEMORY_SIZE = 10_000_000


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """One limit: milliseconds at the 95th percentile, or MB at the peak."""

    name: str
    unit: str
    value: float | None
    """None: it could not be measured, so it does not hold."""
    limit: float

    @property
    def holds(self) -> bool:
        """Whether it was kept."""
        return self.value is not None and self.value <= self.limit


def check_limits(matrix: Matrix, limits: Mapping[str, float]) -> list[LimitCheck]:
    """Every limit on every cell of ours that it is for; peers have to keep none. What was left out,
    because it would have taken too long, keeps none either."""
    checks = []
    for cell in ours(matrix):
        name = name_of(cell, matrix.settings)
        limit = limits.get(cell.operation)
        if limit is not None:
            value = summarize(cell.samples).p95 * 1e3 if cell.samples else None
            checks.append(LimitCheck(name, "ms", value, limit))
        memory = limits.get(MEMORY)
        weighed = matrix.settings.memory and cell.size <= MEMORY_SIZE
        if memory is not None and weighed:
            peak = None if cell.peak is None else cell.peak / 1e6
            checks.append(LimitCheck(f"{name}/{MEMORY}", "MB", peak, memory))
    return checks


def ours(matrix: Matrix) -> list[Cell]:
    """The cells of targets, not of peers, and not of the other side of a comparison."""
    return [
        cell
        for cell in matrix.cells
        if not cell.subject.name.startswith("peer:") and cell.subject.side != "base"
    ]


def was_left_out(cell: Cell) -> bool:
    """Whether it was not even tried, because it would have taken too long."""
    return not cell.samples and not cell.failed


def judge_baselines(
    matrix: Matrix,
    known: Mapping[str, Baseline],
    calibration: float,
    max_overhead: float = MAX_OVERHEAD,
    method: Method = Method.ROBUST,
) -> list[Judgement]:
    """Every cell of ours against its baseline, times and work; a baseline for which nothing was
    measured, though the matrix has its cell, is a failure. Baselines of other documents are none,
    and a note says so."""
    documents = matrix.settings.documents
    others = {name for name, each in known.items() if each.metadata.get(DOCUMENTS) not in
              (None, documents)}  # fmt: skip
    known = {name: each for name, each in known.items() if name not in others}
    judgements = []
    for cell in ours(matrix):
        name = name_of(cell, matrix.settings)
        if was_left_out(cell) and name not in known:
            continue
        judgements.append(
            against(known.get(name), name, cell.samples, max_overhead, calibration, method=method)
        )
        name += f"/{WORK}"
        if cell.work or name in known:
            judgements.append(
                against(
                    known.get(name),
                    name,
                    cell.work,
                    max_overhead,
                    calibration,
                    unit=CHARACTERS,
                    method=method,
                )
            )
    if apart := others & {each.name for each in judgements}:
        matrix.notes.append(f"{len(apart)} baselines are of other documents: not compared with")
    return judgements


def judge_sides(
    matrix: Matrix, max_overhead: float = MAX_OVERHEAD, method: Method = Method.ROBUST
) -> list[Judgement]:
    """Every cell of the head against that of the base, times and work.

    What the base could not do has nothing to be compared with, and the report says whether that was
    a fault; what only the base could do is missing, which fails.
    """
    base = {
        (cell.operation, cell.size, cell.subject.name): cell
        for cell in matrix.cells
        if cell.subject.side == "base"
    }
    judgements = []
    for cell in (cell for cell in matrix.cells if cell.subject.side == "head"):
        before = base[cell.operation, cell.size, cell.subject.name]
        name = name_of(cell, matrix.settings)
        if not before.samples:
            sentence = f"{name}: nothing to compare with: {before.note or 'no samples'}"
            judgements.append(Judgement(name, Verdict.NO_BASELINE, sentence, method))
            continue
        for what, a, b in (
            (name, before.samples, cell.samples),
            (f"{name}/{WORK}", before.work, cell.work),
        ):
            if len(a):
                judged = judge(a, b, max_overhead, method=method, name=what, paired=True)
                judgements.append(with_all_tests(judged, a, b))
    return judgements


def with_enough(settings: Settings, fewest: int) -> Settings:
    """Settings under which a judgement has the samples that it needs."""
    return replace(
        settings,
        fewest=fewest,
        count=max(settings.count, fewest),
        loads_count=max(settings.loads_count, fewest),
    )


def compare_sides(
    settings: Settings,
    max_overhead: float = MAX_OVERHEAD,
    method: Method = Method.ROBUST,
    watch: Watch = lambda progress: None,
) -> tuple[Matrix, list[Judgement]]:
    """Measures both sides, and judges them. What became worse is measured once more, in fresh
    processes with another order of hashes: two processes may differ for good by where their memory
    happens to lie. Only what is worse both times stands. Raises `UsageError` where the base has no
    such target."""
    for subject in settings.subjects:
        if subject.side == "base":
            _see_that_it_loads(subject)
    settings = with_enough(settings, FEWEST_PAIRS)
    matrix = measure(settings, watch)
    judgements = judge_sides(matrix, max_overhead, method)
    worse = {each.name for each in judgements if each.verdict is Verdict.REGRESSED}
    cells = [cell for cell in matrix.cells if _names(cell, settings) & worse]
    if not worse:
        return matrix, judgements
    again = measure(
        replace(
            settings,
            operations=tuple(each for each in Operation if each in {c.operation for c in cells}),
            sizes=tuple(sorted({cell.size for cell in cells})),
            memory=False,
            hash_seed=settings.hash_seed + 1,
        ),
        watch,
    )
    second = {each.name: each for each in judge_sides(again, max_overhead, method)}
    return matrix, [
        _confirmed(each, second.get(each.name)) if each.name in worse else each
        for each in judgements
    ]


def _see_that_it_loads(subject: Subject) -> None:
    try:
        with WorkerProcess(subject):
            pass
    except Failed as failure:
        raise UsageError(
            f"{subject.name} of {subject.root} cannot be measured: {failure}"
        ) from None


def _names(cell: Cell, settings: Settings) -> set[str]:
    name = name_of(cell, settings)
    return {name, f"{name}/{WORK}"}


def _confirmed(first: Judgement, second: Judgement | None) -> Judgement:
    """The first judgement, unless it was not seen again; what could not be measured again is
    neither seen nor refuted."""
    again = "measured again in fresh processes"
    if second is None or second.verdict is Verdict.NO_BASELINE:
        why = "the base was lost" if second is None else second.sentence
        return replace(
            first,
            verdict=Verdict.UNDECIDED,
            sentence=f"{first.sentence}; it could not be {again}: {why}",
        )
    if second.verdict is Verdict.MISSING:
        told = f"{first.sentence}; {again}, there was nothing: {second.sentence}"
        return replace(first, verdict=Verdict.MISSING, sentence=told)
    if second.fails:
        return replace(first, sentence=f"{first.sentence}; and again in fresh processes")
    return replace(
        first,
        verdict=Verdict.UNDECIDED,
        sentence=f"{first.sentence}; but not again in fresh processes, so it does not count",
        far=False,
    )
