"""Work in the background, so that a measurement shows what it is worth on a busy machine.

Run as a file, it is one such process: it ends when the one that started it has gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

WORKING_SET = 64 << 20
FILE_PART = 4 << 20
SLICE = 0.2


class Load(StrEnum):
    """What is kept busy."""

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"


@contextmanager
def background(loads: Iterable[Load], cores: int) -> Iterator[None]:
    """One process for each core and kind while the context lasts; of the disk's kind, one."""
    processes = [
        subprocess.Popen([sys.executable, "-P", __file__, load], stdin=subprocess.DEVNULL)
        for load in dict.fromkeys(loads)
        for _ in range(1 if load is Load.DISK else cores)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def work(load: Load, until: float) -> None:
    """Keeps something busy until a moment of the monotonic clock."""
    if load is Load.CPU:
        while time.monotonic() < until:
            sum(number * number for number in range(2000))
    elif load is Load.MEMORY:
        one, other = bytearray(WORKING_SET), bytearray(WORKING_SET)
        while time.monotonic() < until:
            one[:] = other
    else:
        part = os.urandom(FILE_PART)
        with tempfile.TemporaryFile() as file:
            while time.monotonic() < until:
                file.seek(0)
                file.write(part)
                file.flush()
                os.fsync(file.fileno())


if __name__ == "__main__":
    parent = os.getppid()
    while os.getppid() == parent:
        work(Load(sys.argv[1]), time.monotonic() + SLICE)
