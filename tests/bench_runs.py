"""What tests of `fuzzeq bench` measure, and cells and matrices made by hand."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from fuzzeq.bench.operations import Operation
from fuzzeq.bench.runner import Cell, Matrix, Settings
from fuzzeq.bench.workers import Subject

ROOT = Path(__file__).parents[1]
WORDS = "tests.bench_engines:Words"
SMALL = ("--size", "2KB", "--size", "5KB", "--count", "8")


RUN = import_module("fuzzeq.cli.bench.run")  # whose package has a command of that name


def name_of(engine: str) -> str:
    return f"tests.bench_engines:{engine}"


def settings(*engines: str, **changes: object) -> Settings:
    said: dict[str, object] = {"sizes": (2000, 4000), "count": 8, "loads_count": 6, "warmup": 2}
    said["subjects"] = tuple(Subject(name_of(engine)) for engine in engines)
    return Settings(**{**said, **changes})  # type: ignore[arg-type]


def matrix_of(*cells: Cell, **changes: object) -> Matrix:
    return Matrix(settings("Words", **changes), list(cells))


def cell(samples: list[float], side: str = "", **changes: object) -> Cell:
    said: dict[str, object] = {"operation": Operation.LINE, "size": 1000, "samples": samples}
    return Cell(Subject("words", "", None, side), **{**said, **changes})  # type: ignore[arg-type]
