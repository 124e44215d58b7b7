"""Results as columns of bytes: as many items as one likes, and none of them an object at rest.

Comparing token objects one by one costs more than lexing them. A result that an engine can give as
`Columns` is compared, kept and cut as bytes; single items are made when somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import index as as_index
from struct import Struct
from typing import Any, TypeAlias, overload
from zlib import adler32

import numpy as np
import numpy.typing as npt

from fuzzeq.model.result import Diagnostic, Item

Offsets: TypeAlias = npt.NDArray[np.int64]

_OFFSET = Struct("q").unpack_from
"""Reads one offset: a column as an array costs more than that."""


class Legend(tuple[Item, ...]):
    """What codes stand for: items such as a `Token` or a `Diagnostic`, or of any other named tuple
    with the fields `start` and `end` side by side, which are filled in; None where a code means
    nothing. Make one for all results: what it knows of its entries is found out once."""

    complaints: bytes
    """The codes of diagnostics."""

    def __init__(self, entries: Iterable[Item]) -> None:
        numbered = list(enumerate(self))
        self.complaints = bytes(code for code, item in numbered if isinstance(item, Diagnostic))
        self._around: list[Any] = [
            None if entry is None else around_offsets(entry) for entry in self
        ]

    def item(self, code: int, start: int, end: int) -> Item:
        """What a code stands for, at that place."""
        kind, front, back = self._around[code]
        return tuple.__new__(kind, (*front, start, end, *back))

    def items(
        self, codes: Iterable[int], starts: Iterable[int], ends: Iterable[int]
    ) -> Iterator[Item]:
        """What codes stand for, at those places; a call for each would take half as long again."""
        new, around = tuple.__new__, map(self._around.__getitem__, codes)
        return (
            new(kind, front + (start, end) + back)  # noqa: RUF005 # sooner than unpacking
            for (kind, front, back), start, end in zip(around, starts, ends, strict=True)
        )


def alike(one: Legend, other: Legend) -> bool:
    """Whether a code stands for the same thing in both: an entry of the same type, too, since named
    tuples of other fields may be equal."""
    if one is other:
        return True
    return type(one) is type(other) is Legend and one._around == other._around


def around_offsets(entry: Any) -> tuple[type, tuple[Any, ...], tuple[Any, ...]]:
    """An entry's type, and its fields in front of the offsets and behind them: an item is made of
    those in a third of the time that `_replace` takes."""
    first = entry._fields.index("start")
    return type(entry), entry[:first], entry[first + 2 :]


class Columns(Sequence[Item]):
    """An immutable result: the i-th item is the legend's entry for `codes[i]`, with its offsets.

    `codes` has a byte an item. Where the first items follow each other without a gap, the first of
    them from 0 on, as tokens do, `lengths` may have a byte for each, so that what lies behind an
    edit keeps its bytes. `starts` and `ends` are those of the items behind them, or of all: eight
    bytes each (native, signed). In code points. One item by its index costs as much as there are
    lengths in front of it: who wants many goes through them.

    Raises `TypeError` where a column is not `bytes`, which nobody can change later, and
    `ValueError` where the columns are not of as many items.
    """

    __slots__ = ("codes", "ends", "legend", "lengths", "starts")

    def __init__(
        self,
        legend: Legend,
        codes: bytes,
        starts: bytes = b"",
        ends: bytes = b"",
        lengths: bytes = b"",
    ) -> None:
        if not type(codes) is type(starts) is type(ends) is type(lengths) is bytes:
            raise TypeError("columns are bytes")
        if not 8 * (len(codes) - len(lengths)) == len(starts) == len(ends):
            raise ValueError("columns of different lengths")
        self.legend, self.codes, self.lengths = legend, codes, lengths
        self.starts, self.ends = starts, ends

    @classmethod
    def of(cls, legend: Legend, codes: bytes, starts: Offsets, ends: Offsets) -> Columns:
        """The columns of these arrays, copied."""
        return cls(legend, codes, starts.tobytes(), ends.tobytes())

    def offsets(self) -> tuple[Offsets, Offsets]:
        """The starts and ends of all items as arrays that cannot be written to."""
        placed = np.frombuffer(self.starts, np.int64), np.frombuffer(self.ends, np.int64)
        if not self.lengths:
            return placed
        lengths = np.frombuffer(self.lengths, np.uint8)
        ends: Offsets = lengths.cumsum(dtype=np.int64)
        starts: Offsets = np.concatenate((ends - lengths, placed[0]))
        ends = np.concatenate((ends, placed[1]))
        starts.flags.writeable = ends.flags.writeable = False
        return starts, ends

    def shifted(self, start: int, by: int) -> Columns:
        """The same items, those that begin at or behind `start` moved by so many code points."""
        if not by:
            return self
        starts, ends = self.offsets()
        moved = by * (starts >= start)
        return Columns.of(self.legend, self.codes, starts + moved, ends + moved)

    def since(self, offset: int) -> Columns:
        """The items that begin at or behind an offset."""
        starts, ends = self.offsets()
        which = starts >= offset
        codes = np.frombuffer(self.codes, np.uint8)[which]
        return Columns.of(self.legend, codes.tobytes(), starts[which], ends[which])

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Item]:
        starts, ends = self.offsets()
        return self.legend.items(self.codes, starts.tolist(), ends.tolist())

    def __reversed__(self) -> Iterator[Item]:
        return iter(list(self)[::-1])

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Columns: ...
    def __getitem__(self, index: int | slice) -> Item | Columns:
        if isinstance(index, slice):
            return self._part(index)
        index = as_index(index)
        code = self.codes[index]
        index = index if index >= 0 else index + len(self.codes)
        if index < len(self.lengths):
            start = added(self.lengths[:index])
            return self.legend.item(code, start, start + self.lengths[index])
        place = 8 * (index - len(self.lengths))
        (start,), (end,) = _OFFSET(self.starts, place), _OFFSET(self.ends, place)
        return self.legend.item(code, start, end)

    def _part(self, index: slice) -> Columns:
        """The items that a slice names."""
        start, stop, step = index.indices(len(self))
        if step == 1 and (start == 0 or not self.lengths):
            placed = slice(8 * start, 8 * max(stop - len(self.lengths), 0))
            starts, ends, lengths = self.starts[placed], self.ends[placed], self.lengths[:stop]
            return Columns(self.legend, self.codes[start:stop], starts, ends, lengths)
        every_start, every_end = self.offsets()
        return Columns.of(self.legend, self.codes[index], every_start[index], every_end[index])

    def __eq__(self, other: object) -> bool:
        """Whether the items are the same. Where bytes differ, the items decide: two codes may mean
        one thing, and what is equal is for an item to say."""
        if not isinstance(other, Columns):
            return NotImplemented
        if (
            self.codes == other.codes
            and self.lengths == other.lengths
            and self.ends == other.ends
            and self.starts == other.starts
            and alike(self.legend, other.legend)
        ):
            return True
        return len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment] # lists have none either, and nobody needs one

    def __repr__(self) -> str:
        return f"Columns({list(self)!r})"


def added(lengths: bytes) -> int:
    """The sum of lengths of a byte each. The lower half of their Adler-32 checksum is one more than
    that, modulo 65,521 (RFC 1950). No 256 bytes reach so much, and nothing else is as fast."""
    total = (adler32(lengths[:256]) & 0xFFFF) - 1
    for start in range(256, len(lengths), 256):
        total += (adler32(lengths[start : start + 256]) & 0xFFFF) - 1
    return total
