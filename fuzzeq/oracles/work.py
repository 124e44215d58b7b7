"""An engine may not do much more than it has to: the only judge of one that never converges.

Where the target can cut a document into its units of restart, the bound calibrates itself: at most
`FACTOR` times what was needed, plus `FREE_WORK` characters. Where items are opaque, letters
replaced by letters stand in: three such edits on different lines of one trace, each of which
changes next to nothing and examines more than half of the document, are too many.
"""

from __future__ import annotations

from fuzzeq.model.finding import Divergence
from fuzzeq.model.observation import FREE_WORK, Comparison, Observation, Raised
from fuzzeq.oracles.oracle import Judge, Oracle

NAME = "work"

FACTOR = 2
"""An engine may look at everything twice (once to see that it must, once to do it)."""

OPAQUE_LENGTH = 500
OPAQUE_ITEMS = 3
OPAQUE_EDITS = 3


def applies(observation: Observation) -> bool:
    """Comparisons behind a step whose handle says how much it worked."""
    return isinstance(observation, Comparison) and observation.work is not None


def start() -> Judge:
    """A judge for one trace; it remembers the lines of suspicious edits."""
    lines: set[int] = set()

    def judge(observation: Observation) -> Divergence | None:
        """A divergence of kind `bound` or `opaque bound`."""
        assert isinstance(observation, Comparison)
        assert observation.work is not None
        if observation.work < 0:
            message = f"work() is {observation.work}"
            return Divergence(NAME, "negative", observation.step, message)
        if observation.has_pieces:
            return judge_bound(observation)
        if is_suspicious(observation):
            lines.add(observation.document.count("\n", 0, observation.edits[0].start))
        if len(lines) < OPAQUE_EDITS:
            return None
        message = (
            f"letters replaced on {len(lines)} lines, at most {OPAQUE_ITEMS} items changed each, "
            f"and over half of the document examined each time (now {observation.work})"
        )
        return Divergence(NAME, "opaque bound", observation.step, message)

    return judge


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
    """Whether letters were replaced by as many letters, next to nothing came of it, and more than
    half of the document was examined."""
    if len(observation.edits) != 1 or len(observation.document) < OPAQUE_LENGTH:
        return False
    edit = observation.edits[0]
    replaced = observation.before[edit.start : edit.end]
    if not is_word(replaced) or not is_word(edit.text) or edit.delta:
        return False
    if isinstance(observation.expected, Raised) or observation.work is None:
        return False
    changed = sum(
        old != new for old, new in zip(observation.previous, observation.expected, strict=False)
    ) + abs(len(observation.previous) - len(observation.expected))
    return changed <= OPAQUE_ITEMS and 2 * observation.work > len(observation.document)


def is_word(text: str) -> bool:
    """Whether a text is one or more ASCII letters."""
    return text.isascii() and text.isalpha()


ORACLE = Oracle(NAME, applies, start)
