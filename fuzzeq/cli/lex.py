"""`fuzzeq lex`."""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from pathlib import Path

import click

from fuzzeq.errors import UsageError
from fuzzeq.explain import visible
from fuzzeq.targets.latex import TARGET
from fuzzeq.targets.latex.tokens import Token, line_starts


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="One JSON value a line.")
@click.option("--incremental", is_flag=True, help="Use the incremental lexer, not the reference.")
def lex(file: Path, as_json: bool, incremental: bool) -> None:
    """Show the LaTeX tokens and diagnostics of FILE ("-": standard input).

    Each line has the place (line:column, counted from 1), the kind, the mode, the slice and the
    value; offsets in JSON are code points.
    """
    document = _read(file)
    items = TARGET.open(document).result() if incremental else TARGET.batch(document)
    starts = line_starts(document)
    for item in items:
        text = document[item.start : item.end]
        value = item.value(document) if isinstance(item, Token) else ""
        if as_json:
            row: dict[str, object] = {"kind": item.kind, "start": item.start, "end": item.end}
            if isinstance(item, Token):
                row |= {"mode": item.mode, "value": value}
            else:
                row["diagnostic"] = True
            click.echo(json.dumps(row))
            continue
        line = bisect_right(starts, item.start)
        place = f"{line}:{item.start - starts[line - 1] + 1}"
        if not isinstance(item, Token):
            click.echo(f"{place:<9} diagnostic {item.kind} '{visible(text, 60)}'")
            continue
        shown = f" = '{visible(value, 60)}'" if value != text else ""
        click.echo(f"{place:<9} {item.kind:<15} {item.mode:<8} '{visible(text, 60)}'{shown}")


def _read(file: Path) -> str:
    """The file's text, line ends as they are. Raises `UsageError`."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        click.echo(f"fuzzeq: {file} is not UTF-8, read as Latin-1", err=True)
        return data.decode("latin-1")
