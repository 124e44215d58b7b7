"""Which class of docs/BUG_CLASSES.md a finding is likely to be of: a table of rules over clues.

A guess from outside, and shown as one: an engine is not opened, only asked. Rules stand in order,
what says most about a bug first; the first that holds gives the likeliest classes, those behind it
the others. Each has the reason in words, so that its reader can disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from fuzzeq.forensics.account import Account
from fuzzeq.forensics.clues import Clues
from fuzzeq.forensics.experiments import Answers
from fuzzeq.model.observation import Cause
from fuzzeq.model.trace import Probe, ProbeName, Trace

CLASSES = {
    1: "look-ahead past the edit not recorded, or too short",
    2: "look-ahead lost when a piece is reused",
    3: "tokens joining or splitting across the edge of the edit",
    4: "restart too late, look-back wrong",
    5: "checkpoint one line off",
    6: "something missing from the checkpoint",
    7: "state or text compared through a summary that leaves something out",
    8: "cached tokens keyed by text without entry state",
    9: "converged too early",
    10: "never converges",
    11: "fixed window",
    12: "checkpoints not moved or not dropped",
    13: "offsets behind the edit not rebased",
    14: "the table never shrinks: stale tail",
    15: "deleting a line end, joining lines",
    16: "carriage return and line feed split or joined",
    17: "lines split differently in the two engines",
    18: "a blank line's meaning depends on its neighbours",
    19: "bytes, code points and UTF-16 mixed",
    20: "changed range too small",
    21: "derived data stale though the tokens are right",
    22: "same kind, other role",
    23: "undo or edit-back restores something stale",
    24: "delete, then insert the same again",
    25: "several edits in one step",
    26: "fallback path differs, or leaves stale checkpoints",
    27: "edit applied to the text but not to the cache",
    28: "a refused or failed edit leaves the engine inconsistent",
    29: "snapshot codec",
    30: "a wrong snapshot accepted",
    31: "nothing is ever reused",
    32: "raises, hangs, dies, answers differently, or shares state",
}
"""The classes of docs/BUG_CLASSES.md, in a few words each."""

MOST = 3
"""Classes that are named."""

ODD_LINE_ENDS = frozenset("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
"""What `str.splitlines` takes for a line's end, and hardly anybody else."""

LONG_WINDOW = 200
MANY_STEPS = 16


class Likely(NamedTuple):
    """A class of bug that a finding may be of, by its number, and what speaks for it."""

    number: int
    because: str

    @property
    def name(self) -> str:
        """The class in a few words."""
        return CLASSES[self.number]


class Rule(NamedTuple):
    """Classes, the likeliest first, that a finding is of where `when` holds."""

    classes: tuple[int, ...]
    because: str
    when: Callable[[Clues], bool]


RULES = (
    # What the oracle alone says.
    Rule((29, 17), "its own snapshot is refused",
         lambda c: c.is_("raises", "restore")),
    Rule((12, 14), "a checkpoint that it names cannot be resumed",
         lambda c: c.is_("raises", "resume")),
    Rule((32,), "something was raised, hung or died", lambda c: c.is_("raises")),
    Rule((32,), "a handle and its twin, or two answers of batch, disturb each other",
         lambda c: c.is_("interleaving") or c.is_("purity")),
    Rule((31, 10), "a letter put on a new line at the very end costs over half of it all as well",
         lambda c: c.is_("work") and (c.answers.work_at_end or 0) > 0.5),
    Rule((10, 31), "far more is examined than had to be, and an edit at the end costs little",
         lambda c: c.is_("work") and c.answers.work_at_end is not None),
    Rule((10, 31), "far more is examined than had to be", lambda c: c.is_("work")),
    Rule((26, 20), "a whole document is replaced, and the range says otherwise",
         lambda c: c.is_("changes") and (c.replaces_all or not c.last.before)),
    Rule((20, 21), "items were said to be the old ones and are not", lambda c: c.is_("changes")),
    Rule((30, 29), "a snapshot of another document is accepted",
         lambda c: c.is_("snapshots", "accepted") and c.probe == ProbeName.RESTORE
         and isinstance(c.last.step, Probe) and c.last.step.argument is None),
    Rule((29, 30), "a damaged snapshot is accepted", lambda c: c.is_("snapshots", "accepted")),
    Rule((29,), "what is restored is not what was stored",
         lambda c: c.is_("snapshots") or c.last.cause == Cause.RESTORE),
    Rule((12, 14), "checkpoints were right until an edit",
         lambda c: c.is_("resume") and c.needs_history),
    Rule((5, 12, 6), "going on from a checkpoint of a fresh handle gives something else",
         lambda c: c.is_("resume") and c.fails_on_fresh_handle),
    Rule((5, 12, 6), "going on from a checkpoint gives something else",
         lambda c: c.is_("resume")),
    Rule((19, 28), "an edit out of range is accepted",
         lambda c: c.is_("invalid-edits", "accepted")),
    Rule((28,), "a refused edit has changed something",
         lambda c: c.is_("invalid-edits", "changed")),
    Rule((32, 28), "an edit out of range raises another error", lambda c: c.is_("invalid-edits")),
    # What the text says: shrinking leaves nothing odd in a trace that need not be there.
    Rule((19,), "with a plain letter in place of what is beyond ASCII it does not fail",
         lambda c: c.answers.fails_in_plain_letters is False
         and not ODD_LINE_ENDS & set(c.everything)),
    Rule((17,), "there is a character in it that some take for a line's end and others do not",
         lambda c: bool(ODD_LINE_ENDS & set(c.everything))),
    Rule((1, 4, 2), "what goes wrong lies in front of the restart, at a carriage return",
         lambda c: c.restarts_late and "\r" in c.everything),
    Rule((16, 2), "there is a carriage return in it",
         lambda c: "\r" in c.everything and not c.needs_history and len(c.everything) < 50),
    Rule((19, 3), "items do not cover the document", lambda c: c.is_("lossless")),
    Rule((17, 18), "the two sides part on a document that was only opened",
         lambda c: c.last.number == 0),
    # What the history says.
    Rule((23,), "it redoes what was undone", lambda c: c.needs_history and c.redoes),
    Rule((24, 23), "it inserts again what was just taken away",
         lambda c: c.needs_history and c.inserts_again),
    Rule((23, 24), "it takes back the step in front of it", lambda c: c.needs_history and c.undoes),
    Rule((26, 12), "the document was empty before, and on a fresh handle the step does no harm",
         lambda c: c.needs_history and "" in c.documents[1:-1]),
    Rule((26, 12), "very many steps came before, and on a fresh handle the last does no harm",
         lambda c: c.needs_history and len(c.trace.steps) > MANY_STEPS),
    Rule((12, 2, 27), "the step alone does no harm on a fresh handle: something old was kept",
         lambda c: c.needs_history),
    Rule((4, 25), "of several edits in one step, the first one's place is not read again",
         lambda c: c.answers.fails_one_by_one is False and c.restarts_late),
    Rule((25, 9), "the edits do no harm as steps of their own",
         lambda c: c.answers.fails_one_by_one is False),
    # What the reading says.
    Rule((26, 14), "the whole document is replaced", lambda c: c.replaces_all),
    Rule((13, 21), "the item is the right one, in the wrong place", lambda c: c.only_moved),
    Rule((27, 4), "an edit that changes nothing changes the answer",
         lambda c: bool(c.edits) and c.last.before == c.last.document),
    Rule((3, 1, 4), "what goes wrong lies in front of the restart",
         lambda c: c.restarts_late),
    Rule((15, 3), "a line's end is taken away",
         lambda c: any(end in c.removed for end in "\r\n") and not c.stops_early),
    Rule((14,), "the answer is right, and then goes on",
         lambda c: c.keeps_tail and not c.about_a_complaint),
    Rule((8, 7, 27), "nothing was examined, and the text had changed", lambda c: c.is_old),
    Rule((11, 9), "it stopped early, far behind the edit",
         lambda c: c.stops_early and (c.last.reading is not None)
         and (c.last.reading.work or 0) >= LONG_WINDOW),
    Rule((9, 6, 7), "it stopped early, behind lines that are alike",
         lambda c: c.stops_early and c.stops_at_equal_lines),
    Rule((9, 18, 6), "it stopped early, at a blank line",
         lambda c: c.stops_early and c.stops_at_blank_line),
    Rule((9, 12, 5), "it stopped early, where lines came or went",
         lambda c: c.stops_early and c.changes_lines),
    Rule((6, 7, 5), "it stopped early: what is behind depends on something that was not compared",
         lambda c: c.stops_early),
    Rule((21, 22), "items are right, and what is derived from them is not",
         lambda c: c.about_a_complaint),
    Rule((9, 11, 6), "less was examined than lies behind the edit: it may have stopped too early",
         lambda c: c.leaves_some_unread and c.is_("equality")),
    Rule((3, 6, 1), "it is wrong within what was read again",
         lambda c: c.reads_the_wrong_item and c.is_("equality")),
)  # fmt: skip


def likely_classes(account: Account, trace: Trace, answers: Answers) -> tuple[Likely, ...]:
    """The classes that a divergence is likely to be of, the likeliest first; none where the trace
    no longer diverges."""
    if account.divergence is None or not account.steps:
        return ()
    trace = Trace(trace.document, trace.steps[: account.divergence.step])
    documents = tuple(trace.documents())
    clues = Clues(account.divergence, trace, account.steps[-1], answers, documents)
    found: dict[int, str] = {}
    for number, because in _held(clues):
        found.setdefault(number, because)
        if len(found) == MOST:
            break
    return tuple(Likely(*row) for row in found.items())


def _held(clues: Clues) -> Iterator[tuple[int, str]]:
    """What the rules that hold say. Where another oracle than equality was broken, that alone says
    most of it: rules behind the first are about results that differ."""
    held = [rule for rule in RULES if rule.when(clues)]
    for rule in held if clues.is_("equality") else held[:1]:
        yield from ((number, rule.because) for number in rule.classes)
