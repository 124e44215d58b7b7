"""`fuzzeq bench compare`: two reports."""

from __future__ import annotations

from pathlib import Path

import click

from fuzzeq.bench.config import load_config
from fuzzeq.bench.judgement import Judgement, Method, Verdict
from fuzzeq.bench.judging import judge
from fuzzeq.cli.bench.parameters import config_option, method_option, overhead_option
from fuzzeq.errors import UsageError
from fuzzeq.explain import printable
from fuzzeq.report import bench_report


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@overhead_option
@method_option
@config_option
def compare(
    before: Path, after: Path, max_overhead: float | None, method: str | None,
    config_file: Path | None,
) -> None:  # fmt: skip
    """Compare two reports, best of one machine. What the second lacks is a failure, and so is
    what is far beyond its limit, though too few samples leave it undecided."""
    config = load_config(config_file)
    overhead = config.max_overhead if max_overhead is None else max_overhead
    first, second = bench_report.read(before), bench_report.read(after)
    if first.key != second.key:
        click.echo("note: the two are of different environments, and times of them say little")
    if first.clock != second.clock:
        raise UsageError(f"{before} has the clock {first.clock}, {after} {second.clock}")
    if first.documents != second.documents:
        click.echo("note: the two are of different documents, and times of them say little")
    judgements: list[Judgement] = []
    for name, (samples, unit, direction) in first.samples.items():
        others, other_unit, _ = second.samples.get(name, ((), unit, direction))
        if samples and unit == other_unit:
            judgements.append(
                judge(samples, others, overhead, method=Method(method or config.method),
                      direction=direction, name=name)
            )  # fmt: skip
    if not judgements:
        raise UsageError(f"{before} has no samples to compare with")
    for judgement in judgements:
        click.echo(f"{judgement.verdict}: {printable(judgement.sentence)}")
    verdicts = {judgement.verdict for judgement in judgements}
    if Verdict.REGRESSED in verdicts:
        raise click.exceptions.Exit(1)
    raise click.exceptions.Exit(2 if any(each.fails for each in judgements) else 0)
