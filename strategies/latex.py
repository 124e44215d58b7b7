"""LaTeX: documents with everything that makes other text read differently, and the edits to match.

The hazards are those listed at the end of docs/LATEX_TOKENS.md, by the same names where they have
one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fuzzeq.generate import Language, Limits, Source, Swarm, Tweak
from fuzzeq.generate.source import magnitude
from fuzzeq.model.trace import Edits, Step, Trace

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

VERBATIM = (
    "verbatim", "verbatim*", "Verbatim", "BVerbatim", "lstlisting", "minted", "comment",
    "filecontents", "filecontents*",
)  # fmt: skip
DISPLAY = (
    "equation", "equation*", "align", "align*", "gather", "multline", "flalign", "eqnarray",
    "alignat", "displaymath", "math",
)  # fmt: skip
WORDS = (
    "the", "lexer", "of", "a", "checkpoint", "state", "line", "réel", "λόγος", "x", "ab", "I",
    "\\emph{word}", "\\foo", "{group}", "re-lex", "1.5", "don't", "``quoted''", "A~B", "(see)",
    "\\foo@bar", "\\cs_new:Npn", "50\\%", "\\&",
)  # fmt: skip

HAZARDS: dict[str, tuple[str, ...]] = {
    "dollar": ("$", "$$", "$x$", "$$x$$", "$ $"),
    "math symbols": ("\\(", "\\)", "\\[", "\\]"),
    "comment": ("%", "\\%", "% note\n", "%%", "%\n"),
    "backslash": ("\\", "\\\\", "\\ ", "\\\n", "\\$", "\\{"),
    "blanks": (" ", "  ", "\t", " \n", " \t\n"),
    "blank line": ("\n\n", "\n \n", "\n\t\n", "\n\n\n", "\\par "),
    "verbatim": (
        *(f"\\begin{{{name}}}" for name in VERBATIM),
        "\\begin{verbatim}\n$%\\x\n\\end{verbatim}\n", "\\begin {verbatim}", "\\begin{verbatimx}",
    ),
    "end verbatim": (
        *(f"\\end{{{name}}}" for name in VERBATIM),
        "%\\end{verbatim}\n", "\\end {verbatim}", "\\end{verbatim",
    ),
    "math environment": tuple(f"\\begin{{{name}}}" for name in DISPLAY),
    "end math environment": tuple(f"\\end{{{name}}}" for name in DISPLAY),
    "verb": ("\\verb|x|", "\\verb", "|", "\\verb*+a+", "\\verb ~x~", "\\verb|", "\\verb*"),
    "lstinline": (
        "\\lstinline{x}", "\\lstinline|x|", "\\lstinline", "\\lstinline[a]", "\\lstinline{",
    ),
    "at letter": ("\\makeatletter", "\\makeatother", "\\foo@bar ", "@", "\\makeatletter\n"),
    "expl": ("\\ExplSyntaxOn", "\\ExplSyntaxOff", "\\ExplSyntaxOn\n", "\\ProvidesExplPackage{x}",
             "\\ProvidesExplFile", "\\cs_set:Npn ", "~", "_", ":"),
    "notation": ("^^", "^^M", "^^5c", "^^41", "^^25", "^^24", "^^20", "^^5e", "^^00", "^^7b", "^",
                 "^^^^0041", "^^^^005c", "^^^^^^01d538", "^^^^^^110000", "^^^", "^^e9", "^^\n"),
    "line ends": ("\r", "\n", "\r\n", "\n\r", "\r\r\n"),
    "unicode": ("\u0301", "\U0001d538", "\ud800", "\u2028", "\x85", "\ufeff", "\xad", "漢"),
    "controls": ("\0", "\x7f", "\x0c", "\x1b", "\x0b"),
    "groups": ("{", "}", "&", "#", "_", "#1"),
}  # fmt: skip

TWEAKS: dict[str, tuple[Tweak, ...]] = {
    "dollars split or made": (Tweak("$$", 1, 0, "x"), Tweak("$$", 1, 1, ""), Tweak("$", 1, 0, "$")),
    "comment moved by a backslash": (
        Tweak("%", 0, 0, "\\"), Tweak("\\%", 0, 1, ""), Tweak("%", 0, 1, ""),
    ),
    "backslash before a delimiter": (
        Tweak("{", 0, 0, "\\"), Tweak("}", 0, 0, "\\"), Tweak("|", 0, 0, "\\"),
        Tweak("$", 0, 0, "\\"), Tweak("(", 0, 0, "\\"), Tweak("]", 0, 0, "\\"),
    ),
    "backslash before a letter": (Tweak("b", 0, 0, "\\"), Tweak("v", 0, 0, "\\")),
    "backslash before a line end": (Tweak("\n", 0, 0, "\\"), Tweak("\\\n", 0, 1, "")),
    "verbatim assembled or broken": (
        Tweak("\\begin{verbatim}", 8, 1, ""), Tweak("\\begin{verbatim}", 0, 1, ""),
        Tweak("\\begin{verbatim}", 15, 1, ""), Tweak("\\egin{verbatim}", 1, 0, "b"),
        Tweak("\\end{verbatim}", 3, 1, ""), Tweak("\\end{verbatim}", 4, 0, " "),
        Tweak("\\begin{verbatim}", 6, 0, " "), Tweak("\\begin{verbatim}", 6, 0, "\n"),
        Tweak("{lstlisting}", 1, 1, "L"), Tweak("verbatim*", 8, 1, ""),
    ),
    "name extended": (
        Tweak("verbatim}", 8, 0, "x"), Tweak("verbatim}", 8, 0, "*"),
        Tweak("{equation}", 9, 0, "*"), Tweak("\\makeatletter", 13, 0, "s"),
        Tweak("verbatimx", 8, 1, ""), Tweak("\\verb", 5, 0, "x"),
    ),
    "end into a comment": (Tweak("\\end{", 0, 0, "%"), Tweak("%\\end{", 0, 1, "")),
    "verb delimiter exchanged": (
        Tweak("\\verb|", 5, 1, "+"), Tweak("\\verb|", 5, 0, "*"), Tweak("\\verb+", 5, 1, "a"),
        Tweak("\\verb", 5, 0, " "), Tweak("\\lstinline{", 10, 1, "|"), Tweak("\\verb|", 4, 1, ""),
    ),
    "notation chained or broken": (
        Tweak("^^", 1, 1, ""), Tweak("^^", 0, 0, "^^5e"), Tweak("^^", 2, 0, "^^"),
        Tweak("^^4", 2, 0, "^"), Tweak("^", 1, 0, "^"), Tweak("^^", 2, 0, "5c"),
        Tweak("^^^^", 4, 0, "0"),
    ),
    "trailing blanks appear": (
        Tweak(" ", 1, 64, ""), Tweak("\n", 0, 0, "  "), Tweak(" \n", 1, 0, "x"),
    ),
    "blank line made or filled": (
        Tweak("\n\n", 1, 0, "x"), Tweak("\n\n", 1, 1, ""), Tweak("\n", 1, 0, "\n"),
        Tweak("\n\n", 1, 0, "%"), Tweak("\n\n", 1, 0, " "),
    ),
    "carriage returns": (
        Tweak("\r", 1, 0, "\n"), Tweak("\r\n", 1, 0, "x"), Tweak("\r\n", 1, 1, ""),
        Tweak("\r\n", 0, 1, ""), Tweak("\n", 0, 0, "\r"), Tweak("\n", 0, 1, "\r"),
        Tweak("\r\n", 1, 0, "\r"),
    ),
    "regime far above": (
        Tweak("", 0, 0, "\\makeatletter\n"), Tweak("", 0, 0, "\\ExplSyntaxOn\n"),
        Tweak("", 0, 0, "\\makeatletter"), Tweak("\\makeatletter", 1, 1, ""),
        Tweak("\\ExplSyntaxOn", 1, 1, ""), Tweak("\\ExplSyntaxOff", 12, 2, "n"),
        Tweak("\\ExplSyntaxOn", 12, 1, "ff"),
    ),
}  # fmt: skip


def paragraphs(source: Source, swarm: Swarm, size: int) -> str:
    """A well-formed document: blocks of the sorts that real ones have."""
    parts: list[str] = []
    length = 0
    while length < size and source.goes_on():
        block = swarm.pick("block", BLOCKS)(source)
        block *= magnitude(source, 1, 16) if source.boolean(0.1) else 1
        parts.append(block)
        length += len(block)
    return "".join(parts)


def _text(source: Source) -> str:
    """A paragraph of a few lines."""
    lines = []
    while True:
        lines.append(" ".join(source.choice(WORDS) for _ in range(source.integer(1, 10))))
        if not source.more(2):
            break
    return "\n".join(lines) + "\n\n"


def _math(source: Source) -> str:
    """Inline and display math."""
    body = source.choice(
        ("x^2", "a_{ij}", "\\alpha + \\beta", "\\frac{1}{2}", "x & = y \\\\\n  & = z")
    )
    kind = source.integer(0, 4)
    if kind == 0:
        return f"Let ${body}$ be.\n"
    if kind == 1:
        return f"$${body}$$\n"
    if kind == 2:
        return f"so \\({body}\\) is\n"
    if kind == 3:
        return f"\\[\n  {body}\n\\]\n"
    name = source.choice(DISPLAY)
    return f"\\begin{{{name}}}\n  {body}\n\\end{{{name}}}\n"


def _verbatim(source: Source) -> str:
    """Verbatim text with things in it that would mean something elsewhere."""
    name = source.choice(VERBATIM)
    body = source.choice(("$ % \\x {", "for (i = 0;;) { }", "", "\\begin{equation}", "^^41\n\n  x"))
    return f"\\begin{{{name}}}\n{body}\n\\end{{{name}}}\n"


def _inline(source: Source) -> str:
    """A line with raw text in it."""
    delimiter = source.choice(("|", "+", "!", "~", "="))
    star = source.choice(("", "*"))
    return f"Use \\verb{star}{delimiter}a $ % b{delimiter} or \\lstinline{{x}}.\n"


def _comment(source: Source) -> str:
    """Comments, alone and behind text."""
    return source.choice(("% a note with $ and \\verb|\n", "text % note\n", "%\n", "x%\n  y\n"))


def _package(source: Source) -> str:
    """A stretch of package code."""
    return source.choice(
        (
            "\\makeatletter\n\\def\\foo@bar#1{\\baz@qux{#1}}\n\\makeatother\n",
            "\\ExplSyntaxOn\n\\cs_new:Npn \\my_fn:n #1\n  { \\use:n { a ~ b } }\n\\ExplSyntaxOff\n",
            "\\newcommand{\\x}[1][y]{\\emph{#1}}\n",
        )
    )


def _table(source: Source) -> str:
    """A table."""
    rows = "".join("a & b & $c$ \\\\ \\hline\n" for _ in range(source.integer(1, 5)))
    return f"\\begin{{tabular}}{{l|c|r}}\n{rows}\\end{{tabular}}\n"


def _heading(source: Source) -> str:
    """A heading, or an environment with an item."""
    return source.choice(
        (
            "\\section{Title \\label{s}}\n",
            "\\begin{itemize}\n  \\item one\n  \\item two\n\\end{itemize}\n",
            "\\documentclass{article}\n\\begin{document}\n",
        )
    )


BLOCKS = {
    "text": _text,
    "math": _math,
    "verbatim": _verbatim,
    "inline": _inline,
    "comment": _comment,
    "package": _package,
    "table": _table,
    "heading": _heading,
}

ALPHABET = (
    "a", "\\", "$", "%", "^", " ", "\n", "\r", "{", "~", "M", "\\verb|", "\\begin{verbatim}",
    "\\end{verbatim}", "\\ExplSyntaxOn", "\\(", "\\end{math}",
)  # fmt: skip
"""Letters of the exhaustive engine: what means most by itself."""

SMALL = Limits(document=256, steps=8)


def language(samples: tuple[str, ...] = (), hazards: tuple[str, ...] = ()) -> Language:
    """LaTeX, with these samples, and these snippets beside its own."""
    menus = HAZARDS | ({"of the target": hazards} if hazards else {})
    return Language({"paragraphs": paragraphs}, menus, TWEAKS, WORDS, samples, ALPHABET)


def documents(size: int = 256, samples: tuple[str, ...] = ()) -> SearchStrategy[str]:
    """LaTeX documents of up to about `size` code points."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.documents(language(samples), size)


def edits(document: str, samples: tuple[str, ...] = ()) -> SearchStrategy[Edits]:
    """One step's edits, which fit the document."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.edits(language(samples), document)


def steps(
    document: str, limits: Limits = SMALL, samples: tuple[str, ...] = ()
) -> SearchStrategy[tuple[Step, ...]]:
    """Steps that fit the document in order, probes among them."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.steps(language(samples), document, limits)


def traces(limits: Limits = SMALL, samples: tuple[str, ...] = ()) -> SearchStrategy[Trace]:
    """Traces, shrinking towards short ones on short documents."""
    from fuzzeq.generate import hypothesis_source

    return hypothesis_source.traces(language(samples), limits)
