"""Math mode as an automaton: what each thing that can open, close or end math does in each state.

A state is the number of the open opener (see `codes`), or one of two more, for the place between
the dollars of a `$$` that is one token. An event is a character that may change the state. So of a
large text only the events are walked over one by one, and what they come to is looked up at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from fuzzeq.targets.latex import codes
from fuzzeq.targets.latex.codes import OPENER_INDEX, OPENER_MODES, OPENERS
from fuzzeq.targets.latex.line_lexer import (
    CLOSING_SYMBOLS,
    DOLLAR,
    DOLLARS,
    ENDED_BY_PARAGRAPH,
    OPENING_SYMBOLS,
)

Events: TypeAlias = npt.NDArray[np.uint8]
"""Events, or states: both are below 256."""

WITHIN_OPENING, WITHIN_CLOSING = len(OPENERS), len(OPENERS) + 1
"""Between the dollars of a `$$`."""
MATH_STATES: Final = len(OPENERS) + 2
WITHIN: Final = (WITHIN_OPENING, WITHIN_CLOSING)

NO_EVENT, SINGLE, DOUBLED, PARAGRAPH, BARRIER = range(5)
"""Nothing; a `$`; a `$` that another one follows; a `par` token; a line that is read by itself."""
SYMBOL_EVENTS: Final = {symbol: BARRIER + 1 + number for number, symbol in enumerate("()[]")}
FIRST_BEGIN: Final = 10
FIRST_END: Final = FIRST_BEGIN + len(OPENERS)
EVENTS: Final = FIRST_END + len(OPENERS)
"""`\\begin` of an environment is `FIRST_BEGIN` and the number of its opener."""


def state_behind(state: int, event: int) -> int:
    """The state that an event leads to."""
    if state in WITHIN:
        return DOLLARS if state == WITHIN_OPENING else 0
    if event == DOUBLED and state in (0, DOLLARS):
        return WITHIN_CLOSING if state else WITHIN_OPENING
    if event in (SINGLE, DOUBLED):
        return {0: DOLLAR, DOLLAR: 0}.get(state, state)
    if event == PARAGRAPH:
        return 0 if state in ENDED_BY_PARAGRAPH else state
    if not state:
        return OPENED_BY.get(event, 0)
    return 0 if CLOSED_BY.get(event) == state else state


def dollar_kind(state: int, event: int) -> int:
    """The kind of the token that a `$` begins in a state; meaningless within a `$$`."""
    if not state:
        return codes.MATH_OPEN
    is_closing = state == DOLLAR or (state == DOLLARS and event == DOUBLED)
    return codes.MATH_CLOSE if is_closing else codes.MATH_STRAY


def complaint(state: int, event: int) -> int:
    """The code of the diagnostic that an event makes in a state; 0 is none."""
    if event == SINGLE and state == DOLLARS:
        return codes.SAYS_MATH_STRAY
    return codes.SAYS_MATH_ENDED if event == PARAGRAPH and state in ENDED_BY_PARAGRAPH else 0


def tabulated(function: Callable[[int, int], int]) -> Events:
    """The function's value by state and event."""
    return np.array(
        [[function(state, event) for event in range(EVENTS)] for state in range(MATH_STATES)],
        np.uint8,
    )


OPENED_BY: Final = {
    **{SYMBOL_EVENTS[symbol]: opener for symbol, opener in OPENING_SYMBOLS.items()},
    **{FIRST_BEGIN + opener: opener for opener in range(len(OPENERS))},
}
CLOSED_BY: Final = {
    **{SYMBOL_EVENTS[symbol]: opener for symbol, opener in CLOSING_SYMBOLS.items()},
    **{FIRST_END + opener: opener for opener in range(len(OPENERS))},
}
STATE_BEHIND: Final = [row.tobytes() for row in tabulated(state_behind)]
DOLLAR_KIND: Final = tabulated(dollar_kind)
COMPLAINT: Final = tabulated(complaint)
MODE: Final = np.array((*OPENER_MODES, 0, 0), np.uint8)
"""What each state adds to a token's byte; within a `$$` no token begins."""


def environment_event(word: str, name: str) -> int:
    """The event of `\\begin` or `\\end` (`word`) of a math environment."""
    return (FIRST_BEGIN if word == "begin" else FIRST_END) + OPENER_INDEX[name]
