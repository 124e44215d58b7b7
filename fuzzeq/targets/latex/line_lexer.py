"""One line of LaTeX with regular expressions: what the incremental lexer runs behind an edit.

A line's result depends on its text and on the state at its start, and on nothing else: no
position, no neighbour, not even whether it is the last. Written apart from the reference, which
shares no code with it: there, characters are read one by one; here, a line with `^^` in it is
decoded first and then cut by one pattern for each letter regime.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from fuzzeq.targets.latex import codes
from fuzzeq.targets.latex.catcodes import LETTER, catcode_ranges
from fuzzeq.targets.latex.codes import (
    AT_LETTER,
    EXPL,
    IGNORED,
    KIND_BITS,
    MATH_SHIFT,
    NEWLINE,
    OPENER_INDEX,
    OPENER_MODES,
    OPENERS,
    PAR,
    SPACE,
    TEXT,
    VERBATIM_BITS,
    VERBATIM_INDEX,
    VERBATIM_NAMES,
    VERBATIM_SHIFT,
)


class LexedLine(NamedTuple):
    """A line's tokens as codes and lengths, its diagnostics `(code, start, end)` in columns of the
    line, and the state behind it."""

    codes: bytes
    lengths: list[int]
    complaints: list[tuple[int, int, int]]
    exit: int


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
    "{": codes.BEGIN_GROUP,
    "}": codes.END_GROUP,
    "&": codes.ALIGN,
    "#": codes.PARAMETER,
    "^": codes.SUPERSCRIPT,
    "_": codes.SUBSCRIPT,
    "~": codes.ACTIVE,
    "\f": codes.ACTIVE,
    "\u00ad": codes.ACTIVE,
    "\ufeff": codes.IGNORED,
}
INVALID = "\x00-\x08\x0b\x0e-\x1f\x7f"
NEW_LINE, MIDDLE, SKIPPING = range(3)
"""TeX's states N, M and S within a line."""
LINE_END: Final = (PAR, NEWLINE, IGNORED)
"""What a terminator is in each of them."""
DOLLAR, DOLLARS = OPENER_INDEX["$"], OPENER_INDEX["$$"]
ROUND, SQUARE = OPENER_INDEX["\\("], OPENER_INDEX["\\["]
ENDED_BY_PARAGRAPH = frozenset((DOLLAR, DOLLARS, ROUND, SQUARE))
OPENING_SYMBOLS = {"(": ROUND, "[": SQUARE}
CLOSING_SYMBOLS = {")": ROUND, "]": SQUARE}

(RUN, WORD, SYMBOL, BLANK, ALONE, MATH, COMMENT, END, _) = range(1, 10)
"""The groups of `token_pattern`, in order; the last is what is invalid."""
PROSE_CODES = {mode: bytes((TEXT | mode, SPACE | mode)) for mode in set(OPENER_MODES)}
CLOSINGS = tuple(f"\\end{{{name}}}" for name in VERBATIM_NAMES)


def closing_of(state: int) -> str:
    """What ends the verbatim environment of a state."""
    return CLOSINGS[(state & VERBATIM_BITS) >> VERBATIM_SHIFT]


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
def token_pattern(at_letter: bool, expl: bool, prose: bool) -> re.Pattern[str]:
    """The next token of text as TeX reads it, under the regime; the group that matched says its
    sort. With `prose`, runs that single spaces part are one match, and so are several blanks."""
    subscript = "" if expl else "_"
    # Not `++`, which would be faster: in groups, CPython gets it wrong before 3.11.5.
    run = rf"[^\\{{}}&#^{subscript}~$%\f\u00ad\ufeff \t\r{INVALID}]+"
    return re.compile(
        (rf"({run}(?: {run})*)" if prose else rf"({run})") + rf"|\\([{letters(at_letter, expl)}]+)"
        r"|\\(.|\Z)"
        + (r"|([ \t]+)" if prose else r"|([ \t])")
        + rf"|([{{}}&#^{subscript}~\f\u00ad\ufeff])"
        r"|(\$)"
        r"|(%)"
        r"|(\r)"
        rf"|([{INVALID}])",
        re.DOTALL,
    )


class LineLexer:
    """Lexes one line; `lex_line` is the way in."""

    __slots__ = (
        "at_letter", "blank", "codes", "complaints", "content_end", "expl", "lengths", "math",
        "mode", "starts_in_expl", "text", "text_end", "verbatim",
    )  # fmt: skip

    def __init__(self, text: str, entry: int) -> None:
        self.text = text
        content = text.rstrip("\r\n")
        self.content_end = len(content)
        self.text_end = len(content.rstrip(" "))
        self.at_letter, self.expl = entry & AT_LETTER != 0, entry & EXPL != 0
        self.verbatim, self.math = (entry & VERBATIM_BITS) >> VERBATIM_SHIFT, entry >> MATH_SHIFT
        self.mode = OPENER_MODES[self.math]
        self.starts_in_expl = self.expl
        self.blank = NEW_LINE
        self.codes = bytearray()
        self.lengths: list[int] = []
        self.complaints: list[tuple[int, int, int]] = []

    def run(self) -> LexedLine:
        """The whole line."""
        offset = 0
        while offset < len(self.text):
            offset = self.body(offset) if self.verbatim else self.ordinary(offset)
        exit = (
            AT_LETTER * self.at_letter
            | EXPL * self.expl
            | self.verbatim << VERBATIM_SHIFT
            | self.math << MATH_SHIFT
        )
        return LexedLine(bytes(self.codes), self.lengths, self.complaints, exit)

    def emit(self, kind: int, length: int) -> None:
        """One token; `ignored` joins an `ignored` before it, emptiness is not a token."""
        if not length:
            return
        if kind == IGNORED and self.codes and self.codes[-1] & KIND_BITS == IGNORED:
            self.lengths[-1] += length
        else:
            self.codes.append(kind | self.mode)
            self.lengths.append(length)

    def set_math(self, opener: int) -> None:
        """Math opened, or, with 0, ended."""
        self.math, self.mode = opener, OPENER_MODES[opener]

    def body(self, offset: int) -> int:
        """Verbatim text up to the `\\end` of its environment; returns where ordinary text is."""
        end = self.text.find(CLOSINGS[self.verbatim], offset)
        if end < 0:
            end = len(self.text)
        else:
            self.verbatim = 0
        self.emit(codes.VERBATIM, end - offset)
        return end

    def decode(self, offset: int, caret: int) -> tuple[str, list[int], bool]:
        """The text from `offset` on as TeX reads it, with its first `^^` at `caret`; where each
        character of it starts, and where the last ends; whether the last took the line's end in."""
        text, text_end = self.text, self.text_end
        parts: list[str] = []
        starts: list[int] = []
        takes_end = False
        while caret >= 0:
            parts.append(text[offset:caret])
            starts += range(offset, caret + 1)
            character, offset = "^", caret + 1
            while character == "^" and (match := NOTATION.match(text, offset, text_end)):
                offset = match.end()
                code = match[1] or match[2] or match[3]
                if code:
                    character = chr(int(code, 16))
                elif match[4]:
                    character = chr(ord(match[4]) ^ 64)
                else:
                    character, takes_end = "M", True
            parts.append(character)
            caret = text.find("^^", offset, text_end)
        parts.append(text[offset:text_end])
        starts += range(offset, text_end + 1)
        return "".join(parts), starts, takes_end

    def ordinary(self, offset: int) -> int:
        """Text that TeX reads, to the line's end or to where something raw begins; returns that.

        The hot loop: what most tokens are is written out in it, and the rest asked of methods.
        """
        text, stop = self.text, self.text_end  # what is matched, and up to where
        index = position = offset  # in that text, and in the line
        starts, takes_end = None, False  # where a character stands in the line; None: as it is
        caret = text.find("^^", offset)
        if caret >= 0:
            text, starts, takes_end = self.decode(offset, caret)
            index, stop = 0, len(text)
        add_code, add_length = self.codes.append, self.lengths.append
        blank, mode, expl = self.blank, self.mode, self.expl
        while True:
            prose = not (starts or expl)  # there, what is matched has the length that it shows
            for match in token_pattern(self.at_letter, expl, prose).finditer(text, index, stop):
                start, index = position, match.end()
                position = starts[index] if starts else index
                sort = match.lastindex
                if sort == RUN:
                    if prose and " " in (found := match[RUN]):
                        runs = found.split(" ")
                        lengths = [1] * (2 * len(runs) - 1)
                        lengths[::2] = map(len, runs)
                        self.codes += (PROSE_CODES[mode] * len(runs))[:-1]
                        self.lengths += lengths
                    else:
                        add_code(TEXT | mode)
                        add_length(position - start)
                    blank = MIDDLE
                elif sort == BLANK:
                    width = position - start
                    if blank == MIDDLE and not expl:
                        first = 1 if prose else width
                        add_code(SPACE | mode)
                        add_length(first)
                        blank = SKIPPING
                        width -= first
                    if width:
                        self.emit(IGNORED, width)
                elif sort == ALONE:
                    kind = SINGLE[match[ALONE]]
                    if kind == IGNORED:
                        self.emit(IGNORED, position - start)
                    elif expl and match[ALONE] == "~":
                        self.emit(SPACE if blank == MIDDLE else IGNORED, position - start)
                        blank = SKIPPING if blank == MIDDLE else blank
                    else:
                        add_code(kind | mode)
                        add_length(position - start)
                        blank = MIDDLE
                elif sort == WORD:
                    add_code(codes.CONTROL_WORD | mode)
                    add_length(position - start)
                    blank = SKIPPING
                    if match[WORD] in WORDS:
                        self.blank = blank
                        raw = self.obey(match[WORD], position)
                        if raw is not None:
                            return raw
                        expl = self.expl
                        break  # the regime may be another one
                elif sort == MATH:
                    doubled = self.math in (0, DOLLARS) and text.startswith("$", index)
                    if doubled:
                        position = starts[index + 1] if starts else index + 1
                    self.dollar(doubled, start, position)
                    blank, mode = MIDDLE, self.mode
                    if doubled:
                        index += 1
                        break
                elif sort == SYMBOL:
                    if self.symbol(match[SYMBOL], position - start):
                        self.emit(IGNORED, len(self.text) - position)
                        return len(self.text)
                    blank, mode = self.blank, self.mode
                elif sort == COMMENT:
                    self.emit(codes.COMMENT, len(self.text) - start)
                    return len(self.text)
                elif sort == END:
                    self.end_line(LINE_END[blank], start, position)
                    self.emit(IGNORED, len(self.text) - position)
                    return len(self.text)
                else:
                    self.emit(codes.INVALID, position - start)
                    self.complaints.append((codes.SAYS_INVALID, start, position))
            else:
                self.blank = blank
                return self.finish(position, takes_end)

    def finish(self, offset: int, takes_end: bool) -> int:
        """Trailing spaces and terminator; returns the line's length."""
        length = len(self.text)
        if takes_end:
            self.emit(IGNORED, length - offset)
            return length
        content_end = self.content_end
        if content_end > offset:
            self.emit(IGNORED, content_end - offset)
        if length > content_end:
            kind = IGNORED if self.starts_in_expl and self.expl else LINE_END[self.blank]
            if kind == NEWLINE:  # as most lines end
                self.codes.append(NEWLINE | self.mode)
                self.lengths.append(length - content_end)
            else:
                self.end_line(kind, content_end, length)
        return length

    def end_line(self, kind: int, start: int, end: int) -> None:
        """A terminator, or a `^^M` that stands for one."""
        self.emit(kind, end - start)
        if kind == PAR and self.math in ENDED_BY_PARAGRAPH:
            self.complaints.append((codes.SAYS_MATH_ENDED, start, end))
            self.set_math(0)

    def symbol(self, name: str, length: int) -> bool:
        """A control symbol; true where it stood last in its line and takes the end in."""
        self.emit(codes.CONTROL_SYMBOL, length)
        if not name:
            return True
        is_blank = name == "~" if self.expl else name in " \t"
        self.blank = SKIPPING if is_blank else MIDDLE
        if name in OPENING_SYMBOLS and not self.math:
            self.set_math(OPENING_SYMBOLS[name])
        elif name in CLOSING_SYMBOLS and self.math == CLOSING_SYMBOLS[name]:
            self.set_math(0)
        return False

    def dollar(self, doubled: bool, start: int, end: int) -> None:
        """A `$`, or a `$$` where that can be one token."""
        if not self.math:
            self.emit(codes.MATH_OPEN, end - start)
            self.set_math(DOLLARS if doubled else DOLLAR)
        elif self.math == DOLLAR or (self.math == DOLLARS and doubled):
            self.emit(codes.MATH_CLOSE, end - start)
            self.set_math(0)
        else:
            self.emit(codes.MATH_STRAY, end - start)
            if self.math == DOLLARS:
                self.complaints.append((codes.SAYS_MATH_STRAY, start, end))

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
        name, name_start, name_end = match[1], match.start(1), match.end(1)
        self.emit(IGNORED, name_start - 1 - offset)
        self.emit(codes.BEGIN_GROUP, 1)
        self.emit(TEXT, name_end - name_start)
        self.emit(codes.END_GROUP, 1)
        self.blank = MIDDLE
        if match.re is VERBATIM_NAME:
            if word == "begin":
                self.verbatim = VERBATIM_INDEX[name]
        elif word == "begin" and not self.math:
            self.set_math(OPENER_INDEX[name])
        elif word == "end" and OPENERS[self.math] == name:
            self.set_math(0)
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
        self.emit(IGNORED, star - offset)
        if starred:
            self.emit(TEXT, 1)
            self.emit(IGNORED, first - star - 1)
        end = text.find(closing, first + 1, self.content_end) + 1
        if not end:
            end = self.content_end
            self.complaints.append((codes.SAYS_UNCLOSED_VERB, first, end))
        self.emit(codes.VERBATIM, end - first)
        self.blank = MIDDLE
        return end


WORDS = frozenset(
    "begin end verb lstinline makeatletter makeatother ExplSyntaxOn ExplSyntaxOff "
    "ProvidesExplPackage ProvidesExplClass ProvidesExplFile".split()
)


def lex_line(text: str, entry: int) -> LexedLine:
    """The tokens of one line, terminator included, read from the given state."""
    if entry & VERBATIM_BITS and closing_of(entry) not in text:
        code = codes.VERBATIM | OPENER_MODES[entry >> MATH_SHIFT]
        return LexedLine(bytes((code,)), [len(text)], [], entry)
    return LineLexer(text, entry).run()
