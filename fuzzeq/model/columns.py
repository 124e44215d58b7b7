"""Results as columns of bytes: as many items as one likes, and none of them an object at rest.

Comparing token objects one by one costs more than lexing them. A result that an engine can give as
`Columns` is compared, kept and cut as bytes; single items are made when somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from fuzzeq.model.result import Item

Offsets: TypeAlias = npt.NDArray[np.int64]
Legend: TypeAlias = Sequence[Any]

_OFFSET = Struct("q").unpack_from
"""Reads one offset: a column as an array costs more than that."""


class Columns(Sequence[Item]):
    """An immutable result: the i-th item is the legend's entry for `codes[i]`, from `starts[i]` to
    `ends[i]`.

    `codes` has a byte an item, `starts` and `ends` eight (native 64-bit integers), in code points.
    An entry of the legend is an item with the fields `start` and `end`, such as a `Token` or a
    `Diagnostic`, or any other named tuple that has them; None where a code means nothing. Raises
    `TypeError` where a column is not `bytes`, which nobody can change later, and `ValueError` where
    the columns are not equally long.
    """

    __slots__ = ("codes", "ends", "legend", "starts")

    def __init__(self, legend: Legend, codes: bytes, starts: bytes, ends: bytes) -> None:
        if not type(codes) is type(starts) is type(ends) is bytes:
            raise TypeError("columns are bytes")
        if not 8 * len(codes) == len(starts) == len(ends):
            raise ValueError("columns of different lengths")
        self.legend, self.codes, self.starts, self.ends = legend, codes, starts, ends

    @classmethod
    def of(cls, legend: Legend, codes: bytes, starts: Offsets, ends: Offsets) -> Columns:
        """The columns of these arrays, copied."""
        return cls(legend, codes, starts.tobytes(), ends.tobytes())

    def offsets(self) -> tuple[Offsets, Offsets]:
        """Starts and ends as arrays that cannot be written to."""
        return np.frombuffer(self.starts, np.int64), np.frombuffer(self.ends, np.int64)

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
        rows = zip(self.codes, starts.tolist(), ends.tolist(), strict=True)
        for code, start, end in rows:
            yield self.legend[code]._replace(start=start, end=end)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Columns: ...
    def __getitem__(self, index: int | slice) -> Item | Columns:
        if isinstance(index, slice):
            return self._part(index)
        entry = self.legend[self.codes[index]]
        place = 8 * (index if index >= 0 else index + len(self.codes))
        (start,), (end,) = _OFFSET(self.starts, place), _OFFSET(self.ends, place)
        return entry._replace(start=start, end=end)

    def _part(self, index: slice) -> Columns:
        """The items that a slice names."""
        start, stop, step = index.indices(len(self))
        if step == 1:
            codes, first, last = self.codes[start:stop], 8 * start, 8 * stop
            return Columns(self.legend, codes, self.starts[first:last], self.ends[first:last])
        starts, ends = self.offsets()
        return Columns.of(self.legend, self.codes[index], starts[index], ends[index])

    def __eq__(self, other: object) -> bool:
        """Whether the items are the same. Bytes that are equal say so where the legends are; bytes
        that differ do not say the contrary, since two codes may mean one thing."""
        if not isinstance(other, Columns):
            return NotImplemented
        if (
            self.codes == other.codes
            and self.ends == other.ends
            and self.starts == other.starts
            and (self.legend is other.legend or self.legend == other.legend)
        ):
            return True
        return len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment] # lists have none either, and nobody needs one

    def __repr__(self) -> str:
        return f"Columns({list(self)!r})"
