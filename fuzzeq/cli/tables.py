"""Tables on standard output."""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.table import Table

LOG_WIDTH = 180
"""A log has no edge to wrap at."""


def width() -> int:
    """How wide a table may be, in cells."""
    console = Console()
    return console.width if console.is_terminal else LOG_WIDTH


def show(table: Table) -> None:
    """Prints a table as it is: what it says may be typed, so words that are too long for their
    column go on in the next line, and none is cut; nor is anything in it taken for markup."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever names it is to show
    for column in table.columns:
        column.overflow = "fold"
        column.no_wrap = False  # rich would drop other columns for one that is not to be wrapped
    Console(width=width(), markup=False, emoji=False, highlight=False).print(table)
