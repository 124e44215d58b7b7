"""A worker's last note, in memory that it shares with its supervisor.

It is written before each call into the target that may not come back, and is still there when the
worker is not: that is how the trace is known that killed it. A pipe would do as well, but a note
for every trace, thousands a second, would keep the supervisor busy with nothing else. Two slots
take turns, so that a worker killed while it writes leaves the note before. Knows nothing of what
notes say.
"""

from __future__ import annotations

import pickle
import struct
from ctypes import c_char
from multiprocessing.context import SpawnContext
from typing import Any

SLOT_BYTES = 16 * 1024
"""Room for a note, pickled; a longer one has to go another way."""

_COUNT = struct.Struct("=Q")
_LENGTH = struct.Struct("=I")


class Journal:
    """The notes of one worker: it writes, its supervisor reads. Passed on when it is started."""

    def __init__(self, context: SpawnContext) -> None:
        self._memory: Any = context.RawArray(c_char, _COUNT.size + 2 * (_LENGTH.size + SLOT_BYTES))

    @property
    def count(self) -> int:
        """How many notes there have been."""
        (count,) = _COUNT.unpack_from(self._memory, 0)
        return int(count)

    def write(self, note: Any) -> bool:
        """Takes a picklable note; false where it is too long, and then nothing has changed."""
        data = pickle.dumps(note, pickle.HIGHEST_PROTOCOL)
        if len(data) > SLOT_BYTES:
            return False
        count = self.count + 1
        place = self._slot(count)
        _LENGTH.pack_into(self._memory, place, len(data))
        self._memory[place + _LENGTH.size : place + _LENGTH.size + len(data)] = data
        _COUNT.pack_into(self._memory, 0, count)  # the note counts from here on
        return True

    def last(self) -> Any:
        """The last note; None where there is none."""
        count = self.count
        if not count:
            return None
        place = self._slot(count)
        (length,) = _LENGTH.unpack_from(self._memory, place)
        start = place + _LENGTH.size
        return pickle.loads(self._memory[start : start + length])

    @staticmethod
    def _slot(count: int) -> int:
        """Where the note with that number stands."""
        return _COUNT.size + (count % 2) * (_LENGTH.size + SLOT_BYTES)
