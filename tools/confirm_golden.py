#!/usr/bin/env python3
"""Ask LuaLaTeX what it reads in the golden rows, and compare.

Every row of tests/golden_rows.py that the specification (LATEX_TOKENS.md) compares with TeX is
written to a file and read to its end by TeX's own reader, in a few runs of LuaLaTeX. The tokens are
only read, never executed, but for the words that switch a regime: a handler in Lua sets their
catcodes as LaTeX and expl3 do, at the moment the word has been read. What LuaLaTeX read goes to
tests/golden_tex.json, where tests/test_golden_tex.py finds it on machines without TeX.

Exit 1 if LuaLaTeX reads a row otherwise than the row says. Where LuaLaTeX is absent, the stored
answers stay untouched, one line says so, and the exit is 0.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.golden_rows import ROWS  # noqa: E402
from tests.tex_tokens import parse_row, tex_tokens  # noqa: E402

ANSWERS = ROOT / "tests" / "golden_tex.json"
ENGINE = "lualatex"
RUN_SECONDS = 120
# TeX gives up at its hundredth error, and each invalid character is one.
ROWS_PER_RUN = 50

Token = tuple[int, str]
Answers = dict[str, list[Token]]

# \verb, \lstinline and verbatim are TeX macros, not TeX's reader: those rows are by hand.
BY_HAND = ("verb", "lstinline")

_FOUR_CARETS = "named: inside names, LuaLaTeX takes malformed ^^^^ for something else"
_EXPL_LINE_END = "named: a line that started in expl ends, for LuaLaTeX, in a space, not in a CR"
_PROVIDES = "named: the switch acts at once, where LaTeX waits for the arguments"
_PARTED = "named, but for U+FEFF and ~: LaTeX finds the name behind them, a line end or notation"
_NOT_DISPLAY = "named, but for the invalid character: $$ to LaTeX, which sees nothing between"
_ABOVE_UNICODE = "LuaLaTeX makes a character of a code that is none (up to 1FFFFF)"
_DROPS_A_BYTE = "named, for \\^^: LuaLaTeX drops a byte of the character behind, \\a^^ too"

# Rows that the specification sets apart from TeX, each with its reason; "named" are those in its
# list of deviations, the others LuaLaTeX's own doing where the specification is explicit.
DEVIATIONS: dict[str, str] = {
    "symbol-nul": "LuaLaTeX keeps names as C strings: a name that is NUL arrives empty",
    "caret-six-above-10ffff": _ABOVE_UNICODE,
    "name-caret-six-above-10ffff": _ABOVE_UNICODE,
    "name-caret-four-malformed": _FOUR_CARETS,
    "name-symbol-four-malformed": _FOUR_CARETS,
    "name-caret-before-non-ascii": _DROPS_A_BYTE,
    "name-word-caret-before-non-ascii": _DROPS_A_BYTE,
    "expl-lone-backslash": _EXPL_LINE_END,
    "expl-lone-backslash-ends-outside": _EXPL_LINE_END,
    "expl-caret-line-end": _EXPL_LINE_END,
    "expl-name-caret-line-end": _EXPL_LINE_END,
    "expl-provides-package": _PROVIDES,
    "expl-provides-class": _PROVIDES,
    "expl-provides-file": _PROVIDES,
    "begin-parted-by-line-end": _PARTED,
    "begin-parted-by-comment": _PARTED,
    "begin-parted-by-bom": _PARTED,
    "begin-no-tilde-in-expl": _PARTED,
    "begin-made-brace": _PARTED,
    "begin-made-letter": _PARTED,
    "end-parted-by-line-end": _PARTED,
    "math-dollars-parted-by-comment": _NOT_DISPLAY,
    "math-dollars-parted-by-bom": _NOT_DISPLAY,
    "math-dollars-parted-by-invalid": _NOT_DISPLAY,
}

# \futurelet reads a token as TeX does when it defines something, so that unknown words get names
# (token.get_next alone calls them all undefined); it puts the token back, and Lua takes it.
READER_TEX = r"""\batchmode
\directlua{dofile("reader.lua")}
\expandafter\let\expandafter\fuzzeqinput\csname @@input\endcsname
\def\fuzzeqstep{\directlua{fuzzeq_step()}}
\def\fuzzeqloop{\futurelet\fuzzeqnext\fuzzeqstep}
\def\fuzzeqread#1{\expandafter\fuzzeqloop\fuzzeqinput #1 \fuzzeqsentinel}
"""

READER_LUA = r"""
local answers = assert(io.open("answers.txt", "wb"))

local function set_catcodes(table)
  for code, catcode in pairs(table) do tex.setcatcode("global", code, catcode) end
end

local function expl_off()
  set_catcodes { [9] = 10, [32] = 10, [58] = 12, [95] = 8, [126] = 13 }
  tex.endlinechar = 13
end

-- As \ExplSyntaxOn of expl3-code.tex does, where it differs from LaTeX.
local function expl_on()
  set_catcodes { [9] = 9, [32] = 9, [58] = 11, [95] = 11, [126] = 10 }
  tex.endlinechar = 32
end

local switches = {
  makeatletter = function() set_catcodes { [64] = 11 } end,
  makeatother = function() set_catcodes { [64] = 12 } end,
  ExplSyntaxOn = expl_on,
  ExplSyntaxOff = expl_off,
}

local function hexadecimal(text)
  return (text:gsub(".", function(byte) return string.format("%02x", byte:byte()) end))
end

function fuzzeq_step()
  local read = token.get_next()
  local name = read.csname
  if name == "fuzzeqsentinel" then
    expl_off()
    switches.makeatother()
    answers:write("end\n")
    answers:flush()
    return
  end
  if not name then
    answers:write(read.command, " U+", string.format("%X", read.mode), "\n")
  elseif read.active then
    answers:write("13 ", hexadecimal(name), "\n")
  else
    answers:write("0 ", hexadecimal(name), "\n")
    if switches[name] then switches[name]() end
  end
  token.put_next(token.create("fuzzeqloop"))
end
"""


def main() -> int:
    """Read the rows with LuaLaTeX, compare, and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare only, the stored answers too, and leave them as they are",
    )
    parser.add_argument(
        "--show-deviations",
        action="store_true",
        help="show what LuaLaTeX reads in the rows that deviate from it by decision",
    )
    arguments = parser.parse_args()
    unknown = DEVIATIONS.keys() - {name for name, _, _ in ROWS}
    assert not unknown, f"deviations that are no rows: {sorted(unknown)}"
    engine = shutil.which(ENGINE)
    if engine is None:
        print(f"confirm_golden: {ENGINE} is not installed; nothing compared, stored answers kept")
        return 0
    if arguments.show_deviations:
        show_deviations(engine)
        return 0
    compared = {name: document for name, document, expected in ROWS if is_compared(name, expected)}
    answers = read_documents(engine, compared)
    disagreements = compare(answers)
    print(
        f"confirm_golden: {len(compared)} of {len(ROWS)} rows compared, "
        f"{len(disagreements)} disagree ({len(DEVIATIONS)} deviations by decision)"
    )
    if disagreements:
        print("\n".join(disagreements))
        return 1
    if arguments.check:
        return check_stored(compared, answers)
    write_answers(banner(engine), compared, answers)
    print(f"confirm_golden: wrote {ANSWERS.relative_to(ROOT)}")
    return 0


def is_compared(name: str, expected: list[str]) -> bool:
    """Whether the specification lets TeX judge this row."""
    return name not in DEVIATIONS and not name.startswith(BY_HAND) and is_readable(expected)


def is_readable(expected: list[str]) -> bool:
    """Whether TeX can read the row's document from a file, and its tokens have counterparts."""
    tokens, _ = parse_row(expected)
    has_surrogate = any("\ud800" <= character <= "\udfff" for character in "".join(expected))
    return not has_surrogate and all(token.kind != "verbatim" for token in tokens)


def read_documents(engine: str, documents: dict[str, str]) -> Answers:
    """What LuaLaTeX reads in each document, by the document's name."""
    answers: Answers = {}
    names = list(documents)
    for first in range(0, len(names), ROWS_PER_RUN):
        batch = names[first : first + ROWS_PER_RUN]
        answers |= zip(batch, run(engine, [documents[name] for name in batch]), strict=True)
    return answers


def run(engine: str, documents: list[str]) -> list[list[Token]]:
    """What one run of LuaLaTeX reads in each of some documents."""
    with tempfile.TemporaryDirectory(prefix="fuzzeq-tex-") as name:
        folder = Path(name)
        jobs = []
        for number, document in enumerate(documents):
            (folder / f"document{number}.tex").write_bytes(document.encode())
            jobs.append(f"\\fuzzeqread{{document{number}.tex}}\n")
        (folder / "reader.lua").write_text(READER_LUA)
        end = "\\csname @@end\\endcsname\n"
        (folder / "reader.tex").write_text(READER_TEX + "".join(jobs) + end)
        finished = subprocess.run(
            [engine, "--interaction=batchmode", "reader.tex"],
            cwd=folder,
            capture_output=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        answers = (folder / "answers.txt").read_bytes().decode().split("end\n")
        if answers.pop() or len(answers) != len(documents):
            raise RuntimeError(
                f"{engine} read {len(answers)} of {len(documents)} documents "
                f"(exit {finished.returncode}):\n{(folder / 'reader.log').read_text()[-2000:]}"
            )
    return [[parse_answer(line) for line in answer.splitlines()] for answer in answers]


def parse_answer(line: str) -> Token:
    """One line of the Lua reader's answer: a catcode, and a code point or a name's bytes."""
    catcode, _, what = line.partition(" ")
    if not what.startswith("U+"):
        return int(catcode), bytes.fromhex(what).decode(errors="surrogatepass")
    code = int(what[2:], 16)
    return int(catcode), chr(code) if code <= sys.maxunicode else what


def compare(answers: Answers) -> list[str]:
    """One paragraph for each row that LuaLaTeX reads otherwise."""
    disagreements = []
    for name, document, expected in ROWS:
        if name not in answers:
            continue
        mapped = tex_tokens(document, parse_row(expected)[0])
        if mapped != answers[name]:
            disagreements.append(
                f"{name}: {document!r}\n  the row:  {mapped}\n  LuaLaTeX: {answers[name]}"
            )
    return disagreements


def check_stored(documents: dict[str, str], answers: Answers) -> int:
    """Exit code 1, and a line for each row, where the stored answers are not these."""
    stored = json.loads(ANSWERS.read_text(encoding="ascii"))
    fresh = {
        name: {"document": documents[name], "tokens": [list(token) for token in tokens]}
        for name, tokens in answers.items()
    }
    stale = [
        name
        for name in sorted(stored.keys() | fresh.keys())
        if name != "_engine" and stored.get(name) != fresh.get(name)
    ]
    for name in stale:
        print(f"{name}: the stored answer is out of date; run without --check")
    return 1 if stale else 0


def show_deviations(engine: str) -> None:
    """What LuaLaTeX reads in the rows that are not compared with it."""
    documents = {
        name: document
        for name, document, expected in ROWS
        if name in DEVIATIONS and is_readable(expected)
    }
    answers = read_documents(engine, documents)
    differing = {line.partition(":")[0]: line for line in compare(answers)}
    for name in documents:
        print(f"{differing.get(name, f'{name}: same tokens')}\n  why: {DEVIATIONS[name]}")


def banner(engine: str) -> str:
    """The first line of the engine's version."""
    version = subprocess.run(
        [engine, "--version"], capture_output=True, timeout=RUN_SECONDS, check=True, text=True
    )
    return version.stdout.splitlines()[0].strip()


def write_answers(engine: str, documents: dict[str, str], answers: Answers) -> None:
    """Store the answers, one row a line, ASCII-escaped."""
    stored: dict[str, object] = {"_engine": engine}
    for name, document in documents.items():
        stored[name] = {"document": document, "tokens": answers[name]}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(stored[name])}" for name in stored)
    ANSWERS.write_text(f"{{\n{lines}\n}}\n", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
