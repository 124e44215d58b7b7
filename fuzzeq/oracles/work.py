"""An engine may not do much more than it has to: the only judge of one that never converges.

Where the target can cut a document into its units of restart, the bound calibrates itself: at most
`FACTOR` times what was needed, plus `FREE_WORK` characters. Where items are opaque, letters that
come, go or are exchanged stand in: three such edits on different lines of one trace, each of which
changes next to nothing and examines more than half of the document, are too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import FREE_WORK, Comparison, Observation, Raised
from fuzzeq.model.result import Item
from fuzzeq.oracles.changes import moved
from fuzzeq.oracles.oracle import Judge, Oracle

NAME = "work"

FACTOR = 2
"""An engine may look at everything twice (once to see that it must, once to do it)."""

OPAQUE_LENGTH = 500
OPAQUE_ITEMS = 3
OPAQUE_EDITS = 3
OPAQUE_SHARE = 8
"""A line or item of at least that part of the document may be a unit of restart by itself."""


def applies(observation: Observation) -> bool:
    """Comparisons behind a step whose handle says how much it worked."""
    return isinstance(observation, Comparison) and observation.work is not None


def start() -> Judge:
    """A judge for one trace; it remembers where suspicious edits were."""
    places: list[int] = []

    def judge(observation: Observation) -> Divergence | None:
        """A divergence of kind `bound` or `opaque bound`."""
        assert isinstance(observation, Comparison)
        assert observation.work is not None
        if observation.work < 0:
            message = f"work() is {observation.work}"
            return Divergence(NAME, "negative", observation.step, message)
        if observation.has_pieces:
            return judge_bound(observation)
        for edit in observation.edits:
            places[:] = [behind(edit, place) for place in places]
        if not is_suspicious(observation):
            return None
        places.append(observation.edits[0].start)
        lines = len({observation.document.count("\n", 0, place) for place in places})
        if lines < OPAQUE_EDITS:
            return None
        message = (
            f"letters edited on {lines} lines, at most {OPAQUE_ITEMS} items changed each, and over "
            f"half of the document examined each time (now {observation.work}); pieces() would say "
            "how much of that was needed"
        )
        return Divergence(NAME, "opaque bound", observation.step, message)

    return judge


def behind(edit: Edit, place: int) -> int:
    """Where a place of the document is once an edit has been made; what it takes away is where it
    begins."""
    if place >= edit.end:
        return place + edit.delta
    return min(place, edit.start)


def judge_bound(observation: Comparison) -> Divergence | None:
    """Work against what was needed; `needed` is None where work is too little to ask."""
    if observation.needed is None or observation.work is None:
        return None
    bound = FACTOR * observation.needed + FREE_WORK
    if observation.work <= bound:
        return None
    message = (
        f"{observation.work} characters examined, {observation.needed} needed: "
        f"over {FACTOR} * needed + {FREE_WORK} = {bound}"
    )
    return Divergence(NAME, "bound", observation.step, message)


def is_suspicious(observation: Comparison) -> bool:
    """Whether only letters came or went, next to nothing came of it, and more than half of the
    document was examined, although none of its lines and items is long."""
    length = len(observation.document)
    if len(observation.edits) != 1 or length < OPAQUE_LENGTH or observation.work is None:
        return False
    if isinstance(observation.expected, Raised):
        return False
    edit = observation.edits[0]
    if not is_word(observation.before[edit.start : edit.end] + edit.text):
        return False
    return (
        2 * observation.work > length
        and changed_items(observation) <= OPAQUE_ITEMS
        and OPAQUE_SHARE * widest(observation) < length
    )


def changed_items(observation: Comparison) -> int:
    """How many items are not the old ones, those behind the edit shifted, if they can be."""
    assert not isinstance(observation.expected, Raised)
    old, new = moved(observation.previous, observation), observation.expected
    head = same_in_front(old, new)
    tail = same_in_front(old[head:][::-1], new[head:][::-1])
    return max(len(old), len(new)) - head - tail


def same_in_front(left: Sequence[Item], right: Sequence[Item]) -> int:
    """How many items two results have in common from their beginning on."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def widest(observation: Comparison) -> int:
    """The length of the longest line or item, either of which may be a unit of restart. A `\r` ends
    no line for everyone."""
    assert not isinstance(observation.expected, Raised)
    lines = max(map(len, observation.document.split("\n")))
    items = (item.end - item.start for item in observation.expected if hasattr(item, "end"))
    return max(lines, max(items, default=0))


def is_word(text: str) -> bool:
    """Whether a text is one or more ASCII letters."""
    return text.isascii() and text.isalpha()


ORACLE = Oracle(NAME, applies, start)
