"""The frozen category codes: what LuaLaTeX gives each code point before a document changes any.

Frozen, so that results depend neither on Python's Unicode version nor on an installed TeX.
`lualatex_catcodes.txt` beside this file has a line `FIRST-LAST CATCODE` (hexadecimal, inclusive)
for each run of code points of one category.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

LETTER = 11


@cache
def catcode_ranges() -> tuple[tuple[int, int, int], ...]:
    """`(first, last, catcode)` of each run, ascending, together the whole of Unicode."""
    text = files(__package__).joinpath("lualatex_catcodes.txt").read_text("ascii")
    rows = []
    for line in text.splitlines():
        span, _, catcode = line.partition(" ")
        first, _, last = span.partition("-")
        rows.append((int(first, 16), int(last, 16), int(catcode)))
    return tuple(rows)
