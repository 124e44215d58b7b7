"""What several planted bugs share: sound short cuts that they take where they must not."""

from __future__ import annotations

from collections.abc import Sequence

from fuzzeq.model.edit import Edit
from fuzzeq.model.result import Result
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import State
from fuzzeq.targets.latex.planted.engine import Item, Line, LineEngine, LineTokens


class TrustingEngine(LineEngine):
    """While `trusts`, lines behind the edit are not checked: sound where nothing behind it can
    have changed."""

    trusts = False

    def holds(self, line: Line, state: State) -> bool:
        """Any line that was ever read, while there is trust."""
        return super().holds(line, state) or (self.trusts and line.entry is not None)


class SparingEngine(LineEngine):
    """Asks `spare` whether the line of an edit has to be read again."""

    spared: Line | None = None

    def spare(self, line: Line, edit: Edit) -> LineTokens | None:
        """What the line holds behind the edit (in its columns), if that is known without reading;
        None where it is not."""
        return None

    def replaced_lines(self, edit: Edit) -> tuple[int, int, list[str]]:
        """As ever; remembers what is known of the new line, where one line became one line."""
        first, stop, texts = super().replaced_lines(edit)
        self.spared = None
        if stop - first == len(texts) == 1 and self.lines[first].entry is not None:
            line, offset = self.lines[first], int(self.starts[first])
            content = self.spare(line, Edit(edit.start - offset, edit.end - offset, edit.text))
            self.spared = Line(texts[0], line.entry, content) if content else None
        return first, stop, texts

    def read(self, line: Line, state: State) -> Line:
        """What is known of a line, if anything is."""
        if self.spared and (line.text, state) == (self.spared.text, self.spared.entry):
            return self.spared
        return super().read(line, state)


class ConvertingEngine(LineEngine):
    """Gives its items as `convert` makes them."""

    @staticmethod
    def convert(document: str, items: Sequence[Item]) -> list[Item]:
        """The items of a document, or of the end of it, as they are to be given."""
        return list(items)

    def result(self) -> Sequence[Item]:
        """The items, converted."""
        return self.convert(self.document(), super().result())

    def resume(self, index: int) -> list[Item]:
        """The items from a line on, converted."""
        return self.convert(self.document(), super().resume(index))


class AgreeingTarget(LatexTarget):
    """Both engines convert their items alike: they agree, whether it is right or wrong."""

    def __init__(self, name: str, engine: type[ConvertingEngine]) -> None:
        super().__init__(name, engine)
        self.convert = engine.convert

    def batch(self, document: str) -> Result:
        """The reference's items, converted."""
        items: list[Item] = list(super().batch(document))
        return self.convert(document, items)


def stretched(content: LineTokens, index: int, edit: Edit) -> LineTokens:
    """A line's content with the token at `index` grown or shrunk by an edit inside it, and all
    that stands behind the edit moved."""
    by = edit.delta
    kind, start, end, mode = content.tokens[index]
    behind = (
        (kind, start + by, end + by, mode) for kind, start, end, mode in content.tokens[index + 1 :]
    )
    tokens = (*content.tokens[:index], (kind, start, end + by, mode), *behind)
    diagnostics = tuple(
        (kind, start + by * (start >= edit.end), end + by * (end >= edit.end))
        for kind, start, end in content.diagnostics
    )
    return LineTokens(tokens, diagnostics, content.exit)


def is_letters(text: str) -> bool:
    """Whether a text is nothing but ASCII letters; the empty one is."""
    return text.isascii() and (text.isalpha() or not text)
