"""Other engines, to be measured beside a target: each in the shape of a target, for a language.

A peer parses more than a lexer does, or less; that is what there is. They come with the extra
`peers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fuzzeq.bench.extras import need
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit

PACKAGE = "fuzzeq[peers]"


class Whole:
    """A handle that reads everything each time; `read` does it."""

    def __init__(self, text: str, read: Callable[[str], Sequence[Any]]) -> None:
        self.text, self.read = text, read
        self.answer = read(text)

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Applies the edits, and reads."""
        for edit in edits:
            self.text = edit.apply(self.text)
        self.answer = self.read(self.text)

    def result(self) -> Sequence[Any]:
        """What was read."""
        return self.answer


class Tree:
    """A handle on a tree of tree-sitter's, which keeps what an edit leaves alone."""

    def __init__(self, text: str, parser: Any) -> None:
        self.parser = parser
        self.plain = text.isascii()
        self.text = "" if self.plain else text  # for what counts in code points
        self.bytes = text.encode("utf-8", "surrogatepass")
        self.tree = parser.parse(self.bytes)

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Applies the edits, and reads what they touch."""
        for edit in edits:
            new = edit.text.encode("utf-8", "surrogatepass")
            start, end = self._offset(edit.start), self._offset(edit.end)
            points = [self._point(start), self._point(end)]
            self.bytes = self.bytes[:start] + new + self.bytes[end:]
            if not self.plain:
                self.text = edit.apply(self.text)
            elif not new.isascii():  # from now on, offsets are counted
                self.text, self.plain = self.bytes.decode("utf-8", "surrogatepass"), False
            points.append(self._point(start + len(new)))
            self.tree.edit(start, end, start + len(new), *points)
            self.tree = self.parser.parse(self.bytes, self.tree)

    def result(self) -> Sequence[Any]:
        """The node in the middle, which is as much of a tree as one looks at."""
        middle = len(self.bytes) // 2
        node = self.tree.root_node.descendant_for_byte_range(middle, middle)
        return () if node is None else (node.type,)

    def _offset(self, place: int) -> int:
        if self.plain:
            return place
        return len(self.text[:place].encode("utf-8", "surrogatepass"))

    def _point(self, offset: int) -> tuple[int, int]:
        start = self.bytes.rfind(b"\n", 0, offset) + 1
        return self.bytes.count(b"\n", 0, start), offset - start


class Peer:
    """A target made of a function that opens a document."""

    def __init__(self, name: str, opening: Callable[[str], Any]) -> None:
        self.name, self.open = name, opening

    def batch(self, document: str) -> Sequence[Any]:
        """The result from scratch."""
        result: Sequence[Any] = self.open(document).result()
        return result


def _tree_sitter(language: str) -> Callable[[str], Any]:
    pack = need("tree_sitter_language_pack", PACKAGE)
    try:
        parser = pack.get_parser(language)
    except LookupError:
        raise UsageError(f"tree-sitter has no grammar for {language!a}") from None
    return lambda text: Tree(text, parser)


def _pygments(language: str) -> Callable[[str], Any]:
    lexers = need("pygments.lexers", PACKAGE)
    try:
        lexer = lexers.get_lexer_by_name(language)
    except need("pygments.util", PACKAGE).ClassNotFound:
        raise UsageError(f"Pygments has no lexer for {language!a}") from None
    return lambda text: Whole(text, lambda text: list(lexer.get_tokens(text)))


def _pylatexenc(language: str) -> Callable[[str], Any]:
    if language != "latex":
        raise UsageError("pylatexenc reads LaTeX only")
    walker = need("pylatexenc.latexwalker", PACKAGE).LatexWalker

    def read(text: str) -> Sequence[Any]:
        # The outermost nodes, as plain values: nodes are equal to themselves alone, and may take
        # minutes to say so.
        nodes = walker(text, tolerant_parsing=True).get_latex_nodes()[0]
        return [(type(node).__name__, node.pos, node.len) for node in nodes]

    return lambda text: Whole(text, read)


PEERS: dict[str, Callable[[str], Callable[[str], Any]]] = {
    "tree-sitter": _tree_sitter,
    "pygments": _pygments,
    "pylatexenc": _pylatexenc,
}


def peer(name: str, language: str) -> Peer:
    """A peer for a language. Raises `UsageError` where there is none, or it is not installed."""
    if name not in PEERS:
        raise UsageError(f"no peer {name!a}; there are {', '.join(PEERS)}")
    return Peer(name, PEERS[name](language))
