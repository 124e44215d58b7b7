"""What the fixture `performance` does: it measures a function, and holds it against the test's
baseline. Knows nothing of pytest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fuzzeq.bench.judgement import MAX_OVERHEAD, Judgement, Method, method_of
from fuzzeq.bench.judging import check_overhead
from fuzzeq.bench.measure import ITERATIONS, WARM_UP, Function, Measured, run
from fuzzeq.bench.regression import regression


@dataclass(slots=True)
class Performance:
    """Called with a function, it measures it and returns the samples."""

    name: str
    """The baseline's; a second function of one test has /2 behind it."""
    folder: Path
    iterations: int = ITERATIONS
    threshold: float = MAX_OVERHEAD
    method: Method | str = Method.ROBUST
    judged: list[tuple[Measured, Judgement]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.method = method_of(self.method)
        check_overhead(self.threshold)

    def __call__(
        self,
        function: Function,
        *,
        warmup: int = WARM_UP,
        setup: Callable[[], object] | None = None,
    ) -> Measured:
        """Measures a function, calling `setup` before each sample, untimed. Raises `AssertionError`
        where it is slower than the baseline by more than the threshold, and beyond chance."""
        number = len(self.judged) + 1
        name = self.name if number == 1 else f"{self.name}/{number}"
        measured = run(function, name=name, iterations=self.iterations, warmup=warmup, setup=setup)
        judgement = regression(
            name, measured.samples, self.threshold, baselines=self.folder, method=self.method
        )
        self.judged.append((measured, judgement))
        if judgement.fails:
            raise AssertionError(judgement.sentence)
        return measured
