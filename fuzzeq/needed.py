"""How much of a document an edit made it necessary to examine: the measure of the work bound.

Counted by the target's pieces, of which nothing is known but their lengths and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from fuzzeq.model.edit import Edit, hull
from fuzzeq.model.target import Piece
from fuzzeq.model.trace import Edits


def needed_work(pieces: Callable[[str], Sequence[Piece]], document: str, edits: Edits) -> int:
    """How many characters a step made it necessary to examine.

    For each edit: the pieces that touch it, one more on either side (a look back is fair), and
    those whose text, entry state or tokens differ from the corresponding old piece's. Summed over
    the edits of a step, since an engine may take them one by one; and what lies between the
    first and the last of them, since it may take them as one.
    """
    total, length = 0, len(document)
    old = pieces(document)
    for edit in edits:
        document = edit.apply(document)
        new = pieces(document)
        total += _needed_for_edit(old, new, edit)
        old = new
    start, end = hull(length, edits)
    return total + (end - start + len(document) - length if len(edits) > 1 else 0)


def touched_work(pieces: Sequence[Piece], edit: Edit) -> int:
    """The part of `needed_work` that the pieces of the document behind an edit tell by themselves:
    those that the edit touches, and one more on either side."""
    insertion_end = edit.start + len(edit.text)
    total = in_front = start = 0
    for piece in pieces:
        if start > insertion_end:
            return total + piece.length
        start += piece.length
        if start >= edit.start:
            total, in_front = total + in_front + piece.length, 0
        else:
            in_front = piece.length
    return total


def _needed_for_edit(old: Sequence[Piece], new: Sequence[Piece], edit: Edit) -> int:
    old_starts = accumulate([piece.length for piece in old], initial=0)
    old_keys = dict(zip(old_starts, [piece.key for piece in old], strict=False))
    first, insertion_end, delta = edit.start, edit.start + len(edit.text), edit.delta
    needed, start = [], 0
    for piece in new:
        end, key = start + piece.length, piece.key
        if end < first:
            needed.append(old_keys.get(start) != key)
        elif start <= insertion_end:
            needed.append(True)
        else:
            needed.append(old_keys.get(start - delta) != key)
        start = end
    near = zip(new, (False, *needed), needed, (*needed[1:], False), strict=False)
    return sum(piece.length for piece, *needs in near if True in needs)
