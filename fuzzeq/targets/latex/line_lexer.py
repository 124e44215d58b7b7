"""One line of LaTeX with regular expressions: what the incremental lexer runs.

A line's result depends on its text and on the state at its start, and on nothing else: no
position, no neighbour, not even whether it is the last. Written apart from the reference, which
shares no code with it: there, characters are read one by one; here, a line with `^^` in it is
decoded first and then cut by one pattern for each letter regime.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from fuzzeq.targets.latex.catcodes import LETTER, catcode_ranges
from fuzzeq.targets.latex.tokens import Complaint, Kind, Mode


class State(NamedTuple):
    """What crosses a line's end: two letter regimes, the name of the open verbatim environment,
    and the math opener (`$`, `$$`, `\\(`, `\\[` or an environment's name)."""

    at_letter: bool = False
    expl: bool = False
    verbatim: str = ""
    math: str = ""


class LineTokens(NamedTuple):
    """A line's tokens `(kind, start, end, mode)` and diagnostics `(kind, start, end)`, offsets
    from the line's start, and the state behind it."""

    tokens: tuple[tuple[str, int, int, str], ...]
    diagnostics: tuple[tuple[str, int, int], ...]
    exit: State


INITIAL = State()

VERBATIM_NAME = re.compile(
    r"[ \t]*\{(verbatim\*?|Verbatim|BVerbatim|lstlisting|minted|comment|filecontents\*?)\}"
)
MATH_NAME = re.compile(
    r"[ \t]*\{(math|(?:displaymath|equation|align|alignat|gather|multline|flalign|eqnarray)\*?)\}"
)
# Behind a caret: what makes a character of it. Tried in this order.
NOTATION = re.compile(
    r"\^{5}(0[0-9a-f]{5}|10[0-9a-f]{4})|\^{3}([0-9a-f]{4})|\^([0-9a-f]{2})"
    r"|\^([\x00-\x7f])|\^\Z"
)
BLANKS = re.compile(r"[ \t]*")

SINGLE = {
    "{": Kind.BEGIN_GROUP,
    "}": Kind.END_GROUP,
    "&": Kind.ALIGN,
    "#": Kind.PARAMETER,
    "^": Kind.SUPERSCRIPT,
    "_": Kind.SUBSCRIPT,
    "~": Kind.ACTIVE,
    "\f": Kind.ACTIVE,
    "\u00ad": Kind.ACTIVE,
    "\ufeff": Kind.IGNORED,
}
INVALID = "\x00-\x08\x0b\x0e-\x1f\x7f"
MODES = {"": Mode.TEXT, "$": Mode.INLINE, "\\(": Mode.INLINE, "math": Mode.INLINE}
LINE_END = {"N": Kind.PAR, "M": Kind.NEWLINE, "S": Kind.IGNORED}


@cache
def letters(at_letter: bool, expl: bool) -> str:
    """The inside of a character class: every letter of the regime."""
    spans = [(first, last) for first, last, code in catcode_ranges() if code == LETTER]
    classes = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)
    return classes + ("@" if at_letter else "") + ("_:" if expl else "")


@cache
def letter_pattern(at_letter: bool, expl: bool) -> re.Pattern[str]:
    """One letter of the regime."""
    return re.compile(f"[{letters(at_letter, expl)}]")


@cache
def token_pattern(at_letter: bool, expl: bool) -> re.Pattern[str]:
    """The next token of decoded text under the regime; the group that matched says its sort."""
    subscript = "" if expl else "_"
    return re.compile(
        rf"(?P<text>[^\\{{}}&#^{subscript}~$%\f\u00ad\ufeff \t\r{INVALID}]+)"
        rf"|\\(?P<word>[{letters(at_letter, expl)}]+)"
        r"|(?P<symbol>\\(?:.|\Z))"
        r"|(?P<blank>[ \t])"
        rf"|(?P<single>[{{}}&#^{subscript}~\f\u00ad\ufeff])"
        r"|(?P<math>\$\$?)"
        r"|(?P<comment>%)"
        r"|(?P<end>\r)"
        rf"|(?P<invalid>[{INVALID}])",
        re.DOTALL,
    )


class LineLexer:
    """Lexes one line; `lex_line` is the way in."""

    __slots__ = (
        "at_letter", "blank", "content_end", "diagnostics", "expl", "math", "starts_in_expl",
        "text", "text_end", "tokens", "verbatim",
    )  # fmt: skip

    def __init__(self, text: str, entry: State) -> None:
        self.text = text
        self.content_end = len(text.rstrip("\r\n"))
        self.text_end = len(text[: self.content_end].rstrip(" "))
        self.at_letter, self.expl, self.verbatim, self.math = entry
        self.starts_in_expl = self.expl
        self.blank = "N"
        self.tokens: list[tuple[str, int, int, str]] = []
        self.diagnostics: list[tuple[str, int, int]] = []

    def run(self) -> LineTokens:
        """The whole line."""
        offset = 0
        while offset < len(self.text):
            offset = self.body(offset) if self.verbatim else self.ordinary(offset)
        exit = State(self.at_letter, self.expl, self.verbatim, self.math)
        return LineTokens(tuple(self.tokens), tuple(self.diagnostics), exit)

    def emit(self, kind: str, start: int, end: int) -> None:
        """One token; `ignored` joins an `ignored` before it, emptiness is not a token."""
        if start == end:
            return
        if kind == Kind.IGNORED and self.tokens and self.tokens[-1][0] == Kind.IGNORED:
            _, start, _, mode = self.tokens.pop()
        else:
            mode = MODES.get(self.math, Mode.DISPLAY)
        self.tokens.append((kind, start, end, mode))

    def body(self, offset: int) -> int:
        """Verbatim text up to the `\\end` of its environment; returns where ordinary text is."""
        end = self.text.find("\\end{" + self.verbatim + "}", offset)
        if end < 0:
            end = len(self.text)
        else:
            self.verbatim = ""
        self.emit(Kind.VERBATIM, offset, end)
        return end

    def decode(self, offset: int) -> tuple[str, list[int] | range, bool]:
        """The text from `offset` on as TeX reads it; where each character of it starts, and where
        the last ends; whether the last took the line's end in."""
        text, text_end = self.text, max(self.text_end, offset)
        if text.find("^^", offset, text_end) < 0:
            return text[offset:text_end], range(offset, text_end + 1), False
        characters, starts, takes_end = [], [], False
        while offset < text_end:
            starts.append(offset)
            character = text[offset]
            offset += 1
            while character == "^" and (match := NOTATION.match(text, offset, text_end)):
                offset = match.end()
                code = match[1] or match[2] or match[3]
                if code:
                    character = chr(int(code, 16))
                elif match[4]:
                    character = chr(ord(match[4]) ^ 64)
                else:
                    character, takes_end = "M", True
            characters.append(character)
        starts.append(offset)
        return "".join(characters), starts, takes_end

    def ordinary(self, offset: int) -> int:
        """Text that TeX reads, to the line's end or to where something raw begins; returns that."""
        decoded, starts, takes_end = self.decode(offset)
        index = 0
        pattern = token_pattern(self.at_letter, self.expl)
        while match := pattern.match(decoded, index):
            index = match.end()
            start, end = starts[match.start()], starts[index]
            sort = match.lastgroup
            if sort == "text":
                self.emit(Kind.TEXT, start, end)
                self.blank = "M"
            elif sort == "word":
                self.emit(Kind.CONTROL_WORD, start, end)
                self.blank = "S"
                word = match["word"]
                if word in WORDS:
                    raw = self.obey(word, end)
                    if raw is not None:
                        return raw
                    pattern = token_pattern(self.at_letter, self.expl)
            elif sort == "blank":
                if self.expl or self.blank != "M":
                    self.emit(Kind.IGNORED, start, end)
                else:
                    self.emit(Kind.SPACE, start, end)
                    self.blank = "S"
            elif sort == "symbol":
                if self.symbol(match["symbol"][1:], start, end):
                    return len(self.text)
            elif sort == "math":
                index = self.dollar(match["math"], match.start(), starts)
                self.blank = "M"
            elif sort == "comment":
                self.emit(Kind.COMMENT, start, len(self.text))
                return len(self.text)
            elif sort == "end":
                self.end_line(start, end, LINE_END[self.blank])
                self.emit(Kind.IGNORED, end, len(self.text))
                return len(self.text)
            elif sort == "invalid":
                self.emit(Kind.INVALID, start, end)
                self.diagnostics.append((Complaint.INVALID, start, end))
            else:
                self.single(match["single"], start, end)
        return self.finish(starts[-1], takes_end)

    def finish(self, offset: int, takes_end: bool) -> int:
        """Trailing spaces and terminator; returns the line's length."""
        if takes_end:
            self.emit(Kind.IGNORED, offset, len(self.text))
            return len(self.text)
        self.emit(Kind.IGNORED, offset, self.content_end)
        kind = LINE_END[self.blank]
        if self.starts_in_expl and self.expl:
            kind = Kind.IGNORED
        self.end_line(self.content_end, len(self.text), kind)
        return len(self.text)

    def end_line(self, start: int, end: int, kind: str) -> None:
        """A terminator or a `^^M`; where there is neither, nothing happens."""
        self.emit(kind, start, end)
        if kind == Kind.PAR and start < end and self.math in ("$", "$$", "\\(", "\\["):
            self.diagnostics.append((Complaint.MATH_ENDED, start, end))
            self.math = ""

    def single(self, character: str, start: int, end: int) -> None:
        """A character that is a token by itself."""
        if character == "~" and self.expl:
            kind = Kind.SPACE if self.blank == "M" else Kind.IGNORED
            self.emit(kind, start, end)
            if kind == Kind.SPACE:
                self.blank = "S"
            return
        kind = SINGLE[character]
        self.emit(kind, start, end)
        if kind != Kind.IGNORED:
            self.blank = "M"

    def symbol(self, name: str, start: int, end: int) -> bool:
        """A control symbol; true where it stood last in its line and took the end in."""
        self.emit(Kind.CONTROL_SYMBOL, start, end)
        if not name:
            self.emit(Kind.IGNORED, end, len(self.text))
            return True
        is_blank = name == "~" if self.expl else name in " \t"
        self.blank = "S" if is_blank else "M"
        if name in "([" and not self.math:
            self.math = "\\" + name
        elif (name == ")" and self.math == "\\(") or (name == "]" and self.math == "\\["):
            self.math = ""
        return False

    def dollar(self, dollars: str, index: int, starts: list[int] | range) -> int:
        """One or two `$` at `index` of the decoded text; returns the index behind the token."""
        length = len(dollars) if self.math in ("", "$$") else 1
        start, end = starts[index], starts[index + length]
        if not self.math:
            self.emit(Kind.MATH_OPEN, start, end)
            self.math = dollars
        elif self.math == dollars or self.math == "$":
            self.emit(Kind.MATH_CLOSE, start, end)
            self.math = ""
        else:
            self.emit(Kind.MATH_STRAY, start, end)
            if self.math == "$$":
                self.diagnostics.append((Complaint.MATH_STRAY, start, end))
        return index + length

    def obey(self, word: str, offset: int) -> int | None:
        """What a known word does; the offset to go on at where the decoded text no longer holds."""
        if word == "begin" or word == "end":
            return self.environment(word, offset)
        if word == "verb" or word == "lstinline":
            return self.verb(word, offset)
        if word.startswith("make"):
            self.at_letter = word == "makeatletter"
        else:
            self.expl = word != "ExplSyntaxOff"
        return None

    def environment(self, word: str, offset: int) -> int | None:
        """`{NAME}` behind `\\begin` or `\\end`, where NAME is one that means something."""
        match = VERBATIM_NAME.match(self.text, offset) or MATH_NAME.match(self.text, offset)
        if not match:
            return None
        brace, name_end = match.start(1) - 1, match.end(1)
        self.emit(Kind.IGNORED, offset, brace)
        self.emit(Kind.BEGIN_GROUP, brace, brace + 1)
        self.emit(Kind.TEXT, brace + 1, name_end)
        self.emit(Kind.END_GROUP, name_end, name_end + 1)
        self.blank = "M"
        if match.re is VERBATIM_NAME:
            if word == "begin":
                self.verbatim = match[1]
        elif word == "begin" and not self.math:
            self.math = match[1]
        elif word == "end" and self.math == match[1]:
            self.math = ""
        return match.end()

    def verb(self, word: str, offset: int) -> int | None:
        """Raw text between two delimiters, if there is a first one."""
        text = self.text
        star = BLANKS.match(text, offset, self.text_end).end()  # type: ignore[union-attr] # matches
        starred = word == "verb" and text.startswith("*", star, self.text_end)
        first = star
        if starred:
            first = BLANKS.match(text, star + 1, self.text_end).end()  # type: ignore[union-attr]
        if first >= self.text_end or text[first] == "*":
            return None
        if letter_pattern(self.at_letter, self.expl).match(text, first):
            return None
        closing = text[first]
        if word == "lstinline":
            if closing == "[":
                return None
            closing = "}" if closing == "{" else closing
        self.emit(Kind.IGNORED, offset, star)
        if starred:
            self.emit(Kind.TEXT, star, star + 1)
            self.emit(Kind.IGNORED, star + 1, first)
        end = text.find(closing, first + 1, self.content_end) + 1
        if not end:
            end = self.content_end
            self.diagnostics.append((Complaint.UNCLOSED_VERB, first, end))
        self.emit(Kind.VERBATIM, first, end)
        self.blank = "M"
        return end


WORDS = frozenset(
    "begin end verb lstinline makeatletter makeatother ExplSyntaxOn ExplSyntaxOff "
    "ProvidesExplPackage ProvidesExplClass ProvidesExplFile".split()
)


def lex_line(text: str, entry: State) -> LineTokens:
    """The tokens of one line, terminator included, read from the given state."""
    return LineLexer(text, entry).run()
