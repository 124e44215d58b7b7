"""The entry that a process is running, in memory that it shares with the one that started it.

It is written before the target is called, and is still there when the process is not: that is how
the entry is known that killed it, or at which it hangs.
"""

from __future__ import annotations

import mmap
import os
import struct

SIZE = 1 << 16
_HEAD = struct.Struct("=QI")  # signs of life, and the length of the entry behind them
_BEATS = struct.Struct("=Q")


class LastEntry:
    """Both ends: one process writes, the other one reads. `descriptor` is passed on to the one
    that writes; nothing is left on the disk."""

    def __init__(self, descriptor: int | None = None) -> None:
        if descriptor is None:
            descriptor = os.memfd_create("fuzzeq")
            os.truncate(descriptor, SIZE)
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SIZE)
        self._beats = 0

    def write(self, entry: bytes) -> None:
        """Takes the entry that comes next; one that is too long is cut."""
        entry = entry[: SIZE - _HEAD.size]
        self._beats += 1
        _HEAD.pack_into(self._memory, 0, self._beats, len(entry))
        self._memory[_HEAD.size : _HEAD.size + len(entry)] = entry

    def beat(self) -> None:
        """It still goes on."""
        self._beats += 1
        _BEATS.pack_into(self._memory, 0, self._beats)

    def read(self) -> tuple[int, bytes]:
        """How many signs of life there have been, and the entry."""
        beats, length = _HEAD.unpack_from(self._memory, 0)
        return beats, self._memory[_HEAD.size : _HEAD.size + length]

    def close(self) -> None:
        """Gives the memory back."""
        self._memory.close()
        os.close(self.descriptor)
