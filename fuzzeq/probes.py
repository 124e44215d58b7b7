"""What probes do to a document, an edit or a snapshot: each decided by the probe's argument alone.

Pure functions: they know no target, and draw nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Edits


def invalid_edits(length: int, argument: int) -> Edits:
    """A step that does not fit a document of that length; the argument says in which way.

    The last two kinds begin with an edit that fits, so an engine that does not look at all edits
    before it applies the first will be left half-way.
    """
    far, kind = divmod(argument, 6)
    match kind if length else kind % 3:
        case 0:
            return (Edit(length + 1 + far, length + 1 + far, "x"),)
        case 1:
            return (Edit(-1 - far, 0, "x"),)
        case 2:
            return (Edit(0, length + 1 + far, ""),)
        case 3:
            return (Edit(length, length - 1, "x"),)
        case 4:
            return Edit(0, 0, "x"), Edit(length + 2 + far, length + 2 + far, "")
        case _:
            return Edit(0, 1, ""), Edit(length, length, "x")


def damage(snapshot: bytes, argument: int) -> bytes:
    """The snapshot with one bit flipped, cut short, or with a byte more; never the same bytes."""
    where, kind = divmod(argument, 3)
    if kind == 0 and snapshot:
        bit, place = divmod(where, len(snapshot))
        flipped = snapshot[place] ^ (1 << (bit % 8))
        return snapshot[:place] + bytes((flipped,)) + snapshot[place + 1 :]
    if kind == 1 and snapshot:
        return snapshot[: where % len(snapshot)]
    return snapshot + bytes((where % 256,))


def other_documents(document: str) -> Iterator[str]:
    """Documents that a snapshot of this one must not be taken for: one longer, one as long."""
    yield document + "x"
    if document:
        yield document[:-1] + ("y" if document[-1] == "x" else "x")


def twin_edit(document: str, argument: int) -> Edit:
    """What a fork does to its twin: one character gone, or, at the end, the first one again."""
    place = argument % (len(document) + 1)
    if place == len(document):
        return Edit(place, place, document[:1] or "x")
    return Edit(place, place + 1, "")
