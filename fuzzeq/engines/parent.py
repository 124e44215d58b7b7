"""A process that does not outlive the one that started it, even where it hangs in a target."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def die_with(parent: int) -> None:
    """Has this process killed as soon as the process of that number ends. Only Linux can do that;
    elsewhere it ends with what it is at."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended in the meantime
            os._exit(1)
