"""The batch reference: a LaTeX lexer that reads one character after the other, from the first.

Naive and obvious on purpose: it judges every finding, so it has to be right, and readable by
someone who holds docs/LATEX_TOKENS.md in the other hand. Knows nothing of edits. Shares no lexing
code with the incremental lexer.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple, TypeAlias

from fuzzeq.model.target import Piece
from fuzzeq.targets.latex.catcodes import LETTER, catcode_ranges
from fuzzeq.targets.latex.notation import read_character
from fuzzeq.targets.latex.tokens import Complaint, Diagnostic, Kind, Mode, Token

TERMINATOR = re.compile("\r\n|\n|\r")
PLAIN_LETTERS = frozenset(string.ascii_letters)
PLAIN = PLAIN_LETTERS | frozenset(string.digits) | frozenset("!\"'()*+,-./:;<=>?@[]`|")
"""Letters, and text, in every regime: asked first, since most of a document is made of them."""
VERBATIM_ENVIRONMENTS = frozenset(
    "verbatim verbatim* Verbatim BVerbatim lstlisting minted comment "
    "filecontents filecontents*".split()
)
DISPLAY_ENVIRONMENTS = frozenset(
    name + star
    for name in "displaymath equation align alignat gather multline flalign eqnarray".split()
    for star in ("", "*")
)
SWITCHES = {
    "makeatletter": ("at_letter", True),
    "makeatother": ("at_letter", False),
    "ExplSyntaxOn": ("expl", True),
    "ExplSyntaxOff": ("expl", False),
    "ProvidesExplPackage": ("expl", True),
    "ProvidesExplClass": ("expl", True),
    "ProvidesExplFile": ("expl", True),
}
OPENERS = {"(": "\\(", "[": "\\["}
CLOSERS = {"\\(": ")", "\\[": "]"}
ENDED_BY_PARAGRAPH = frozenset(("$", "$$", "\\(", "\\["))
INLINE_OPENERS = frozenset(("$", "\\(", "math"))

SIMPLE_KINDS = {
    1: Kind.BEGIN_GROUP,
    2: Kind.END_GROUP,
    4: Kind.ALIGN,
    6: Kind.PARAMETER,
    7: Kind.SUPERSCRIPT,
    8: Kind.SUBSCRIPT,
    13: Kind.ACTIVE,
}
ESCAPE, MATH_SHIFT, END_LINE, IGNORED, SPACER, OTHER, COMMENT, INVALID = 0, 3, 5, 9, 10, 12, 14, 15
TEXT_CATCODES = frozenset((LETTER, OTHER))
CATCODES_IN_EXPL = {"_": LETTER, ":": LETTER, "~": SPACER, " ": IGNORED, "\t": IGNORED}

Row: TypeAlias = tuple[str, int, int, str]
"""A token's kind, start, end and mode, as they are read."""


class State(NamedTuple):
    """All that crosses a line's end. `verbatim` is the open environment's name, `math` the opener
    (`$`, `$$`, `\\(`, `\\[` or an environment's name); both are empty where there is none."""

    at_letter: bool = False
    expl: bool = False
    verbatim: str = ""
    math: str = ""


def mode_of(opener: str) -> str:
    """The math mode that an opener means; "" is none."""
    if not opener:
        return Mode.TEXT
    return Mode.INLINE if opener in INLINE_OPENERS else Mode.DISPLAY


@cache
def catcodes_under(at_letter: bool, expl: bool) -> bytes:
    """The category code of each code point under these regimes; lone surrogates are other."""
    catcodes = bytearray((OTHER,)) * 0x110000
    for first, last, catcode in catcode_ranges():
        catcodes[first : last + 1] = bytes((catcode,)) * (last + 1 - first)
    if at_letter:
        catcodes[ord("@")] = LETTER
    if expl:
        for character, catcode in CATCODES_IN_EXPL.items():
            catcodes[ord(character)] = catcode
    return bytes(catcodes)


def line_ranges(document: str) -> list[tuple[int, int, int]]:
    """`(start, end of content, end)` of each line; the terminator is what lies between the two."""
    ranges, start = [], 0
    for terminator in TERMINATOR.finditer(document):
        ranges.append((start, terminator.start(), terminator.end()))
        start = terminator.end()
    if start < len(document):
        ranges.append((start, len(document), len(document)))
    return ranges


@dataclass(slots=True)
class Lexer:
    """Reads one document. `position` is the next character; `blank_state` is TeX's N, M or S."""

    document: str
    position: int = 0
    state: State = field(default_factory=State)
    mode: str = Mode.TEXT
    catcodes: bytes = b""  # under the letter regimes in force
    blank_state: str = "N"
    line_start: int = 0
    line_started_in_expl: bool = False
    text_end: int = 0  # of the line, trailing spaces left out
    content_end: int = 0  # of the line, trailing spaces included
    line_end: int = 0  # of the line, terminator included
    line_end_taken: bool = False  # by a `^^` that stood last in the line
    tokens: list[Row] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def emit(self, kind: str, end: int) -> Row:
        """The next token, from `position` to `end`; `ignored` joins an `ignored` before it."""
        start = self.position
        if kind == Kind.IGNORED and self.tokens and start > self.line_start:
            last_kind, last_start, _, _ = self.tokens[-1]
            if last_kind == Kind.IGNORED:
                start = last_start
                self.tokens.pop()
        token = kind, start, end, self.mode
        self.tokens.append(token)
        self.position = end
        return token

    def set_math(self, opener: str) -> None:
        """Math opened, or, with "", ended."""
        self.state = self.state._replace(math=opener)
        self.mode = mode_of(opener)

    def complain(self, kind: str, token: Row) -> None:
        """A diagnostic about a token."""
        _, start, end, _ = token
        self.diagnostics.append(Diagnostic(kind, start, end))

    def lex_line(self, start: int, content_end: int, end: int) -> None:
        """One line, with its terminator."""
        self.position = self.line_start = start
        self.text_end = start + len(self.document[start:content_end].rstrip(" "))
        self.content_end = content_end
        self.line_end = end
        self.line_end_taken = False
        self.blank_state = "N"
        self.line_started_in_expl = self.state.expl
        self.catcodes = catcodes_under(self.state.at_letter, self.state.expl)
        while self.position < self.line_end:
            if self.state.verbatim:
                self.lex_verbatim_piece()
            elif self.position < self.text_end:
                self.lex_character()
            elif self.line_end_taken:
                self.emit(Kind.IGNORED, self.line_end)
            elif self.position < self.content_end:
                self.emit(Kind.IGNORED, self.content_end)  # trailing spaces
            else:
                self.lex_line_end(self.line_end)

    def lex_verbatim_piece(self) -> None:
        """What the line has of a verbatim environment's body, up to the `\\end` that closes it."""
        closing = f"\\end{{{self.state.verbatim}}}"
        found = self.document.find(closing, self.position, self.content_end)
        if found == -1:
            self.emit(Kind.VERBATIM, self.line_end)
            return
        if found > self.position:
            self.emit(Kind.VERBATIM, found)
        self.state = self.state._replace(verbatim="")

    def lex_line_end(self, end: int) -> None:
        """The line's terminator, or a `^^M` that stands for one."""
        is_terminator = self.position == self.content_end
        if is_terminator and self.line_started_in_expl and self.state.expl:
            kind = Kind.IGNORED
        else:
            kind = {"N": Kind.PAR, "M": Kind.NEWLINE, "S": Kind.IGNORED}[self.blank_state]
        token = self.emit(kind, end)
        if kind == Kind.PAR and self.state.math in ENDED_BY_PARAGRAPH:
            self.complain(Complaint.MATH_ENDED, token)
            self.set_math("")

    def lex_character(self) -> None:
        """The token that begins with the next character."""
        character, end, taken = self.document[self.position], self.position + 1, False
        if character == "^":
            character, end, taken = read_character(self.document, self.position, self.text_end)
        catcode = self.catcodes[ord(character)]
        if catcode in TEXT_CATCODES:
            self.lex_text(end, taken)
        elif catcode == SPACER:
            if self.blank_state == "M":
                self.emit(Kind.SPACE, end)
                self.blank_state = "S"
            else:
                self.emit(Kind.IGNORED, end)
        elif catcode == ESCAPE:
            self.lex_control_sequence(end)
        elif catcode == MATH_SHIFT:
            self.lex_math_shift(end)
            self.blank_state = "M"
        elif catcode == END_LINE:
            self.lex_line_end(end)
            if self.position < self.line_end:
                self.emit(Kind.IGNORED, self.line_end)
        elif catcode == IGNORED:
            self.emit(Kind.IGNORED, end)
        elif catcode == COMMENT:
            self.emit(Kind.COMMENT, self.line_end)
        elif catcode == INVALID:
            self.complain(Complaint.INVALID, self.emit(Kind.INVALID, end))
        else:
            self.emit(SIMPLE_KINDS[catcode], end)
            self.blank_state = "M"

    def lex_text(self, end: int, taken: bool) -> None:
        """A maximal run of letters and others, whose first ends at `end`, with the line's end if
        `taken`."""
        document, text_end, catcodes = self.document, self.text_end, self.catcodes
        while end < text_end:
            character, next_end, next_taken = document[end], end + 1, False
            if character not in PLAIN:
                if character == "^":
                    character, next_end, next_taken = read_character(document, end, text_end)
                if catcodes[ord(character)] not in TEXT_CATCODES:
                    break
            end, taken = next_end, next_taken
        self.line_end_taken = taken
        self.emit(Kind.TEXT, end)
        self.blank_state = "M"

    def lex_math_shift(self, end: int) -> None:
        """A `$`, alone or as the first of two; `end` is where it ends."""
        double_end = None
        if end < self.text_end:
            second, second_end, _ = read_character(self.document, end, self.text_end)
            if self.catcodes[ord(second)] == MATH_SHIFT:
                double_end = second_end
        match self.state.math, double_end:
            case "", None:
                self.emit(Kind.MATH_OPEN, end)
                self.set_math("$")
            case "", int():
                self.emit(Kind.MATH_OPEN, double_end)
                self.set_math("$$")
            case "$", _:
                self.emit(Kind.MATH_CLOSE, end)
                self.set_math("")
            case "$$", int():
                self.emit(Kind.MATH_CLOSE, double_end)
                self.set_math("")
            case "$$", None:
                self.complain(Complaint.MATH_STRAY, self.emit(Kind.MATH_STRAY, end))
            case _:
                self.emit(Kind.MATH_STRAY, end)

    def lex_control_sequence(self, name_start: int) -> None:
        """A control word or symbol whose name begins at `name_start`, and what it brings about."""
        if name_start == self.text_end:
            self.emit(Kind.CONTROL_SYMBOL, name_start)
            if self.position < self.line_end:
                self.emit(Kind.IGNORED, self.line_end)
            return
        name, end, self.line_end_taken = read_character(self.document, name_start, self.text_end)
        catcode = self.catcodes[ord(name)]
        if catcode != LETTER:
            self.emit(Kind.CONTROL_SYMBOL, end)
            self.blank_state = "S" if catcode == SPACER else "M"
            self.switch_math_by_symbol(name)
            return
        while end < self.text_end:
            character, next_end, taken = self.document[end], end + 1, False
            if character not in PLAIN_LETTERS:
                if character == "^":
                    character, next_end, taken = read_character(self.document, end, self.text_end)
                if self.catcodes[ord(character)] != LETTER:
                    break
            name, end, self.line_end_taken = name + character, next_end, taken
        self.emit(Kind.CONTROL_WORD, end)
        self.blank_state = "S"
        self.obey_word(name)

    def switch_math_by_symbol(self, name: str) -> None:
        """`\\(` and `\\[` open, their own closers close."""
        if not self.state.math and name in OPENERS:
            self.set_math(OPENERS[name])
        elif self.state.math in CLOSERS and CLOSERS[self.state.math] == name:
            self.set_math("")

    def obey_word(self, name: str) -> None:
        """What a control word does to the text behind it."""
        if name in SWITCHES:
            flag, value = SWITCHES[name]
            if flag == "at_letter":
                self.state = self.state._replace(at_letter=value)
            else:
                self.state = self.state._replace(expl=value)
            self.catcodes = catcodes_under(self.state.at_letter, self.state.expl)
        elif name in ("begin", "end"):
            self.lex_environment_name(name)
        elif name in ("verb", "lstinline"):
            self.lex_verb(name)

    def lex_environment_name(self, word: str) -> None:
        """`{NAME}` behind `\\begin` or `\\end`, and what the environment does."""
        open_brace = self.skip_blanks(self.position)
        if self.document[open_brace : open_brace + 1] != "{":
            return
        close_brace = self.document.find("}", open_brace, self.content_end)
        if close_brace == -1:
            return
        name = self.document[open_brace + 1 : close_brace]
        is_math = name == "math" or name in DISPLAY_ENVIRONMENTS
        if not is_math and name not in VERBATIM_ENVIRONMENTS:
            return
        while self.position <= close_brace:
            self.lex_character()
        if word == "begin" and name in VERBATIM_ENVIRONMENTS:
            self.state = self.state._replace(verbatim=name)
        elif word == "begin" and not self.state.math:
            self.set_math(name)
        elif word == "end" and self.state.math == name:
            self.set_math("")

    def lex_verb(self, word: str) -> None:
        """`\\verb` and `\\lstinline`: raw text up to a delimiter that the document chooses."""
        star = self.skip_blanks(self.position)
        has_star = word == "verb" and self.document[star : star + 1] == "*" and star < self.text_end
        delimiter = self.skip_blanks(star + 1) if has_star else star
        if delimiter >= self.text_end:
            return
        character = self.document[delimiter]
        if character == "*" or self.catcodes[ord(character)] == LETTER:
            return
        if word == "lstinline" and character == "[":
            return
        if star > self.position:
            self.emit(Kind.IGNORED, star)
        if has_star:
            self.emit(Kind.TEXT, star + 1)
            if delimiter > star + 1:
                self.emit(Kind.IGNORED, delimiter)
        closing = "}" if word == "lstinline" and character == "{" else character
        end = self.document.find(closing, delimiter + 1, self.content_end)
        if end == -1:
            self.complain(Complaint.UNCLOSED_VERB, self.emit(Kind.VERBATIM, self.content_end))
        else:
            self.emit(Kind.VERBATIM, end + 1)
        self.blank_state = "M"

    def skip_blanks(self, position: int) -> int:
        """The first position from `position` on, within the line, with neither space nor tab."""
        while position < self.content_end and self.document[position] in " \t":
            position += 1
        return position


def batch(document: str) -> list[Token | Diagnostic]:
    """The document read from its first character to its last: tokens, then diagnostics."""
    lexer = Lexer(document)
    for line in line_ranges(document):
        lexer.lex_line(*line)
    tokens = map(partial(tuple.__new__, Token), lexer.tokens)  # as `_make` does, in less time
    return [*tokens, *lexer.diagnostics, *end_complaints(lexer.state, len(document))]


def end_complaints(state: State, end: int) -> list[Diagnostic]:
    """What is still open where a document ends in this state."""
    complaints = []
    if state.verbatim:
        complaints.append(Diagnostic(Complaint.UNCLOSED_VERBATIM, end, end))
    if state.math:
        complaints.append(Diagnostic(Complaint.UNCLOSED_MATH, end, end))
    return complaints


def pieces(document: str) -> list[Piece]:
    """The document's lines, each with its text and entry state, on which its tokens depend."""
    lexer = Lexer(document)
    lines = []
    for start, content_end, end in line_ranges(document):
        lines.append(Piece(end - start, (document[start:end], lexer.state)))
        lexer.lex_line(start, content_end, end)
    return lines
