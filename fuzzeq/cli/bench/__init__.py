"""`fuzzeq bench`: how fast an engine is, and whether it became slower."""

from __future__ import annotations

import click

from fuzzeq.cli.bench.baseline import baseline
from fuzzeq.cli.bench.machine import environment
from fuzzeq.cli.bench.reports import compare
from fuzzeq.cli.bench.run import run
from fuzzeq.cli.bench.soak import soak


class DefaultRun(click.Group):
    """A group whose first argument may be missing: then it is `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `run` in front where no command stands there."""
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultRun)
def bench() -> None:
    """Measure how fast an engine is, and judge whether it became slower.

    `fuzzeq bench [TARGET...]` is short for `fuzzeq bench run [TARGET...]`: see its --help.
    """


for command in (run, compare, soak, environment, baseline):
    bench.add_command(command)
