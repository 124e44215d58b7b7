"""`fuzzeq bench run`: the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import click

from fuzzeq.bench.baseline import Baseline
from fuzzeq.bench.baselines import Baselines
from fuzzeq.bench.config import (
    QUICK_COUNT,
    QUICK_SECONDS,
    QUICK_SIZES,
    Config,
    load_config,
    parse_limit,
    parse_operation,
    parse_size,
)
from fuzzeq.bench.environment import calibrate, detect
from fuzzeq.bench.extras import need
from fuzzeq.bench.judgement import FEWEST, Method
from fuzzeq.bench.loads import Load
from fuzzeq.bench.measure import Clock
from fuzzeq.bench.operations import EDITS, Operation, worth_showing
from fuzzeq.bench.peers import peer
from fuzzeq.bench.profile import profile
from fuzzeq.bench.runner import Progress, Settings, measure
from fuzzeq.bench.verdicts import check_limits, compare_sides, judge_baselines, with_enough
from fuzzeq.bench.workers import Subject
from fuzzeq.cli.bench.parameters import (
    baselines_option,
    config_option,
    method_option,
    names,
    overhead_option,
    report_option,
    samples_option,
)
from fuzzeq.cli.bench.table import show
from fuzzeq.cli.parameters import read_by
from fuzzeq.engines.unit import language_for
from fuzzeq.errors import UsageError
from fuzzeq.registry import load_target
from fuzzeq.report import bench_report
from fuzzeq.report.bench_report import Measurement, RunVerdict
from fuzzeq.report.files import check_place

STATUS = {RunVerdict.PASSED: 0, RunVerdict.FAILED: 1, RunVerdict.INCOMPLETE: 2}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the command line and the configuration come to."""

    config: Config
    settings: Settings
    baselines: Path


@click.command()
@click.argument("targets", nargs=-1)
@click.option("--quick", is_flag=True, help="Up to 1 MB and 50 samples: under a minute.")
@click.option("--peer", "peers", multiple=True, metavar="NAME",
              help="In the same run: tree-sitter, pygments, pylatexenc.")  # fmt: skip
@click.option("--size", "sizes", multiple=True, type=read_by(parse_size), metavar="SIZE",
              help="Characters of a document: 10KB, 1MB.")  # fmt: skip
@click.option("--operation", "operations", multiple=True, type=read_by(parse_operation),
              metavar="NAME", help=f"One of {', '.join(Operation)}.")  # fmt: skip
@samples_option
@click.option("--count", type=click.IntRange(min=1, max=100_000), help="Samples of a cell.")
@click.option("--clock", type=click.Choice(names(Clock)),
              help="wall: what one waits (default). cpu: what the process used.")  # fmt: skip
@click.option("--load", "loads", multiple=True, type=click.Choice(names(Load)),
              help="Keep this busy meanwhile.")  # fmt: skip
@click.option("--limit", "limits", multiple=True, type=read_by(parse_limit), metavar="NAME=MS",
              help="A limit at the 95th percentile, memory=MB, or: usual.")  # fmt: skip
@click.option("--against", type=click.Path(path_type=Path), metavar="DIR",
              help="Another checkout: its targets, in turns with these.")  # fmt: skip
@overhead_option
@method_option
@report_option("all samples and judgements")
@click.option("--charts", type=click.Path(path_type=Path), metavar="DIR",
              help="Draw charts there, as PNG and SVG.")  # fmt: skip
@click.option("--profile", "profiles", type=click.Path(path_type=Path), metavar="DIR",
              help="Write a flame graph and a memory profile there.")  # fmt: skip
@baselines_option
@config_option
def run(
    targets: tuple[str, ...], quick: bool, peers: tuple[str, ...], sizes: tuple[int, ...],
    operations: tuple[Any, ...], samples: Path | None, count: int | None, clock: str | None,
    loads: tuple[str, ...], limits: tuple[Any, ...], against: Path | None,
    max_overhead: float | None, method: str | None, report_file: Path | None,
    charts: Path | None, profiles: Path | None, baselines: Path | None, config_file: Path | None,
) -> None:  # fmt: skip
    """Measure TARGETS (latex, unless configured): operations by sizes, in turns.

    Judged are limits, and what is known of accepted runs (`fuzzeq bench baseline accept`) or, with
    --against, the other checkout. Exit status: 0 good, 1 slower or over a limit, 2 could not run,
    or something could not be measured or judged.
    """
    plan = _plan(
        load_config(config_file), targets, quick, peers, sizes, operations, samples, count, clock,
        loads, limits, against, max_overhead, method, baselines,
    )  # fmt: skip
    settings, config = plan.settings, plan.config
    need("scipy.stats")
    if report_file is not None:
        check_place(report_file)
    if charts is not None:
        need("matplotlib.figure")
    environment = detect()
    damaged: list[str] = []
    known: dict[str, Baseline] = {}
    if against is None:
        stored = Baselines(plan.baselines, environment.key)
        known, damaged = stored.load(), stored.notes
    calibrations = _calibrations()
    with _progress() as watch:
        if against is not None:
            matrix, judgements = compare_sides(settings, config.max_overhead, config.method, watch)
        else:
            matrix = measure(with_enough(settings, FEWEST) if known else settings, watch)
    calibration = median([*calibrations, *_calibrations()])
    if against is None:
        judgements = judge_baselines(matrix, known, calibration, config.max_overhead, config.method)
    checks = check_limits(matrix, dict(config.limits))
    done = Measurement(environment, calibration, matrix, judgements, checks, damaged)
    show(done)
    if report_file is not None:
        bench_report.write(bench_report.report(done), report_file)
        click.echo(f"report: {report_file}")
        if against is None and bench_report.verdict(done) is RunVerdict.PASSED:
            click.echo(f"to make it the baseline: fuzzeq bench baseline accept {report_file}")
    if charts is not None:
        from fuzzeq.report.bench_charts import draw

        for path in draw(matrix, charts):
            click.echo(f"chart: {path}")
    if profiles is not None:
        size = max(
            size for size in settings.sizes if size <= 1_000_000 or size == settings.sizes[0]
        )
        subject = settings.subjects[-1] if against is not None else settings.subjects[0]
        wanted = [each for each in settings.operations if each in EDITS] or list(EDITS)
        for path in profile(subject, settings.samples, settings.hazards, size, wanted, profiles):
            click.echo(f"profile: {path}")
    raise click.exceptions.Exit(STATUS[bench_report.verdict(done)])


def _plan(
    config: Config, targets: tuple[str, ...], quick: bool, peers: tuple[str, ...],
    sizes: tuple[int, ...], operations: tuple[Any, ...], samples: Path | None, count: int | None,
    clock: str | None, loads: tuple[str, ...], limits: tuple[Any, ...], against: Path | None,
    max_overhead: float | None, method: str | None, baselines: Path | None,
) -> _Plan:  # fmt: skip
    if quick:
        config = replace(
            config,
            sizes=tuple(size for size in config.sizes if size <= QUICK_SIZES[-1]) or QUICK_SIZES,
            count=min(config.count, QUICK_COUNT),
            cell_seconds=min(config.cell_seconds, QUICK_SECONDS),
        )
    said: dict[str, Any] = {
        "targets": targets, "peers": peers, "sizes": tuple(sorted(set(sizes))),
        "operations": tuple(dict.fromkeys(operations)), "count": count,
        "clock": clock and Clock(clock), "max_overhead": max_overhead,
        "method": method and Method(method),
        "limits": tuple(limit for some in limits for limit in some),
    }  # fmt: skip
    config = replace(
        config, **{key: value for key, value in said.items() if value not in (None, ())}
    )
    if against is not None and config.peers:
        config = replace(config, peers=())  # they are no side of a comparison
    languages: list[str] = []
    texts: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    for number, name in enumerate(config.targets):
        target = load_target(name)
        languages.append(getattr(target, "language", target.name))
        if number == 0:
            texts, hazards = _material(target, config, samples)
    subjects = _subjects(config, languages[0], against)
    settings = Settings(
        subjects=subjects, samples=texts, hazards=hazards, sizes=config.sizes,
        operations=config.operations, count=config.count, warmup=config.warmup, turn=config.turn,
        cell_seconds=config.cell_seconds, clock=config.clock,
        loads=tuple(dict.fromkeys(Load(load) for load in loads)),
    )  # fmt: skip
    return _Plan(config, settings, baselines or Path(config.baselines))


def _material(
    target: Any, config: Config, folder: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Samples and hazards: what is said, else what the first target's language has."""
    language = language_for(target, None if folder is None else str(folder))
    menus = [menu for menu in language.hazards.values() if menu]
    texts = worth_showing(language.samples)
    if config.samples and folder is None:
        try:
            texts = tuple(Path(name).read_bytes().decode("utf-8") for name in config.samples)
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"samples: cannot be read: {error}") from None
    return texts, tuple(menu[0] for menu in menus)


def _subjects(config: Config, language: str, against: Path | None) -> tuple[Subject, ...]:
    if against is not None:
        if not against.is_dir():
            raise UsageError(f"--against: no folder {str(against)!r}")
        root = against.resolve()
        return tuple(
            subject
            for name in dict.fromkeys(config.targets)
            for subject in (Subject(name, "", root, "base"), Subject(name, "", None, "head"))
        )
    for name in config.peers:
        peer(name, language)  # which says what to install, before anything is measured
    peers = tuple(Subject(f"peer:{name}", language) for name in dict.fromkeys(config.peers))
    return (*(Subject(name) for name in dict.fromkeys(config.targets)), *peers)


def _calibrations() -> list[float]:
    """Some before and some after: a burst of load on one of them is no other machine."""
    return [calibrate() for _ in range(3)]


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """What is being measured, on the standard error stream, where somebody looks at it."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda progress: None
        return
    with console.status("measuring") as status:
        yield lambda at: status.update(f"{at.what}: {at.done} of {at.planned}")
