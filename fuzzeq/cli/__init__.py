"""The command line. `main` is the console script `fuzzeq`."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module

import click

from fuzzeq import __version__
from fuzzeq.errors import TaskFailed, UsageError
from fuzzeq.explain import printable

OUR_FAULT = 3

COMMANDS = (
    "run", "campaign", "report", "history", "config", "corpus", "replay", "explain", "shrink",
    "selftest", "targets", "bench", "lex", "export", "init",
)  # fmt: skip
"""Each stands in the module of its name."""


class Commands(click.Group):
    """The commands, each loaded when it is asked for: none has to wait for what others import, nor
    has a worker, which imports this package because it was started from here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"fuzzeq.cli.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="fuzzeq")
def cli() -> None:
    """Is an incremental engine's answer the one that a rebuild from scratch gives, after every
    edit? fuzzeq makes documents and edits, drives both, and shrinks every disagreement.

    Exit status: 0 clean, 1 findings, 2 could not run or not all of it, 3 a fault of fuzzeq's own.
    """


def silence() -> None:
    """Nothing more is said: what is still written to standard output goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    """Runs the command line, and turns errors into exit statuses by whose fault they are."""
    try:
        # Not `cli.main`, which has statuses of its own for some errors.
        with cli.make_context("fuzzeq", sys.argv[1:]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        click.echo(f"fuzzeq: {printable(' '.join(str(error).split()))}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("fuzzeq: interrupted", err=True)
        sys.exit(2)
    except BrokenPipeError:
        silence()  # whoever read our output has gone
        sys.exit(2)
    except TaskFailed as error:
        click.echo(printable(f"fuzzeq: a fault of its own, in a worker:\n{error}"), err=True)
        sys.exit(OUR_FAULT)
    except Exception:
        click.echo("fuzzeq: a fault of its own; please report this:", err=True)
        click.echo(printable(traceback.format_exc().rstrip()), err=True)
        sys.exit(OUR_FAULT)
