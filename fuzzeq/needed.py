"""How much of a document an edit made it necessary to examine: the measure of the work bound.

Counted by the target's pieces, of which nothing is known but their lengths and keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def _needed_for_edit(old: Sequence[Piece], new: Sequence[Piece], edit: Edit) -> int:
    old_keys, offset = {}, 0
    for piece in old:
        old_keys[offset] = piece.key
        offset += piece.length
    insertion_end = edit.start + len(edit.text)
    needed, offset = [], 0
    for piece in new:
        end = offset + piece.length
        touched = end >= edit.start and offset <= insertion_end
        old_offset = offset if end <= edit.start else offset - edit.delta
        needed.append(touched or old_keys.get(old_offset) != piece.key)
        offset = end
    padded = (False, *needed, False)
    rows = zip(new, padded[:-2], padded[1:-1], padded[2:], strict=True)
    return sum(piece.length for piece, *near in rows if True in near)
