"""Classes 6 to 8: the state that is compared is not all of the state."""

from __future__ import annotations

from collections.abc import Hashable

from fuzzeq.model.target import Planted
from fuzzeq.targets.latex import LatexTarget
from fuzzeq.targets.latex.codes import OPENER_INDEX, OPENER_MODES, State
from fuzzeq.targets.latex.planted.engine import Line, LineEngine, LineTokens


class ComparingEngine(LineEngine):
    """Compares what `compared` makes of two states. Sound where that leaves nothing out."""

    def compared(self, state: State) -> Hashable:
        """All that matters of a state."""
        return state

    def holds(self, line: Line, state: State) -> bool:
        """Whether a line was read from a state that is as good as this one."""
        return line.entry is not None and self.compared(line.entry) == self.compared(state)


class WithoutAtLetter(ComparingEngine):
    """Does not compare whether `@` is a letter."""

    def compared(self, state: State) -> Hashable:
        # Written before there was that regime.
        return state._replace(at_letter=False)


class WithoutExpl(ComparingEngine):
    """Does not compare whether expl3 syntax is on."""

    def compared(self, state: State) -> Hashable:
        # Written before there was that regime.
        return state._replace(expl=False)


class WithoutVerbatimName(ComparingEngine):
    """Compares whether an environment is verbatim, not which one."""

    def compared(self, state: State) -> Hashable:
        # The tokens are the same in all of them; where they end is not.
        return state._replace(verbatim="some" if state.verbatim else "")


class WithoutMathOpener(ComparingEngine):
    """Compares the math mode, not what opened it."""

    def compared(self, state: State) -> Hashable:
        # The mode is what tokens carry. The opener says what closes it.
        return state._replace(math=str(OPENER_MODES[OPENER_INDEX[state.math]]))


class SummarisedState(ComparingEngine):
    """Takes states for the same in which as many things are open."""

    def compared(self, state: State) -> Hashable:
        # A sum of four flags is cheap to compare, and equal whenever the states are.
        return sum(map(bool, state))


class LineKnownByItsEnds(LineEngine):
    """Takes two lines for the same that have one length and begin and end alike."""

    CHARACTERS = 20

    def __init__(self, document: str) -> None:
        self.known: dict[Hashable, LineTokens] = {}
        super().__init__(document)

    def read(self, line: Line, state: State) -> Line:
        # Hashing all of a long line seemed dear.
        ends = line.text[: self.CHARACTERS], line.text[-self.CHARACTERS :]
        key = len(line.text), ends, state
        if key not in self.known:
            self.known[key] = super().read(line, state).content
        return Line(line.text, state, self.known[key])


class CachedWithoutState(LineEngine):
    """Gives a line the tokens of an equal one, whatever state that was read from."""

    def __init__(self, document: str) -> None:
        self.known: dict[str, LineTokens] = {}
        super().__init__(document)

    def read(self, line: Line, state: State) -> Line:
        # A cache keyed by text: equal text, equal tokens.
        if line.text not in self.known:
            self.known[line.text] = super().read(line, state).content
        return Line(line.text, state, self.known[line.text])


PLANTED = (
    Planted(
        LatexTarget("latex-planted-without-at-letter", WithoutAtLetter),
        6,
        r"a \makeatletter above does not reach lines that were read without it",
    ),
    Planted(
        LatexTarget("latex-planted-without-expl", WithoutExpl),
        6,
        r"an \ExplSyntaxOn above does not reach lines that were read without it",
    ),
    Planted(
        LatexTarget("latex-planted-without-verbatim-name", WithoutVerbatimName),
        6,
        "another verbatim environment is taken for the same one",
    ),
    Planted(
        LatexTarget("latex-planted-without-math-opener", WithoutMathOpener),
        6,
        "math opened in another way is taken for the same where the mode is",
    ),
    Planted(
        LatexTarget("latex-planted-summarised-state", SummarisedState),
        7,
        "states are compared by how many things are open",
    ),
    Planted(
        LatexTarget("latex-planted-line-known-by-its-ends", LineKnownByItsEnds),
        7,
        "a change in the middle of a line that keeps its length is not seen",
    ),
    Planted(
        LatexTarget("latex-planted-cached-without-state", CachedWithoutState),
        8,
        "tokens are cached by a line's text, without the state it was read from",
    ),
)
