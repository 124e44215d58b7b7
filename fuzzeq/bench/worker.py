"""The process in which a target is measured: one target, its documents, and orders from a pipe.

It is run as a file, and imports no more of fuzzeq than what every version has: started with another
checkout in front of its path, it measures the target that stands there. Orders and answers are
JSON; nothing is unpickled. What the target prints goes to the standard error stream.

    python worker.py DESCRIPTOR TARGET LANGUAGE
"""

from __future__ import annotations

import sys

# First of all: where a program stands, names would hide those of the standard library.
sys.path[:] = [path for path in sys.path if path != __file__.rpartition("/")[0]]

import gc
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import entry_points
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PEER = "peer:"
CLOCKS: dict[str, Callable[[], int]] = {
    "wall": time.perf_counter_ns,
    "cpu": time.process_time_ns,
}


def load(name: str, language: str) -> Any:
    """The target of a name, or a peer for a language."""
    if name.startswith(PEER):
        from fuzzeq.bench.peers import peer

        return peer(name.removeprefix(PEER), language)
    from fuzzeq.registry import load_target

    return load_target(name)


def files_of(name: str, target: Any) -> list[str]:
    """Where a target stands: the file of the module that its name says, and that of its class."""
    with suppress(ImportError):  # older versions have none
        from fuzzeq.registry import trusted_targets

        name = trusted_targets().get(name, name)
    modules = [type(target).__module__, name.partition(":")[0] if ":" in name else ""]
    modules += (each.module for each in entry_points(group="fuzzeq.targets", name=name))
    files = (getattr(sys.modules.get(module), "__file__", None) for module in modules)
    return sorted({os.path.realpath(file) for file in files if file})


def look_at(handle: Any) -> int | None:
    """One look at the result, as an editor would take it: how long it is, an item in its middle.
    Returns the work of the last `apply`, where the handle counts it."""
    result = handle.result()
    count = len(result)
    if count:
        result[count // 2]
    return int(handle.work()) if hasattr(handle, "work") else None


class Worker:
    """A target, and the handles that are open on its documents, by the documents' names."""

    def __init__(self, target: Any) -> None:
        from fuzzeq.model.edit import Edit

        self.target, self.edit = target, Edit
        self.texts: dict[str, str] = {}
        self.handles: dict[str, Any] = {}
        self.before = 0
        """The bytes in memory before the last new text was read."""

    def open(self, document: str, path: str, clock: str) -> Any:
        """Opens a file's text; one that was open under the name goes first."""
        self.handles.pop(document, None)
        if document not in self.texts:
            reset_peak()
            gc.collect()
            self.before = resident()
            self.texts[document] = Path(path).read_bytes().decode("utf-8", "surrogatepass")
        text, read = self.texts[document], CLOCKS[clock]
        gc.collect()
        began = read()
        handle = self.target.open(text)
        look_at(handle)
        took = (read() - began) / 1e9
        self.handles[document] = handle
        return {"seconds": took, "before": self.before, **memory()}

    def turn(self, document: str, exercises: Any, clock: str, seconds: float) -> Any:
        """Times exercises, until they or the seconds are over."""
        read, handle, edit = CLOCKS[clock], self.handles[document], self.edit
        reset_peak()
        samples, work = [], []
        until = time.monotonic() + seconds
        for before, timed, after in exercises:
            if before is not None:
                handle.apply((edit(*before),))
                look_at(handle)
            edits = (edit(*timed),)
            began = read()
            handle.apply(edits)
            examined = look_at(handle)
            samples.append((read() - began) / 1e9)
            if examined is not None:
                work.append(examined)
            if after is not None:
                handle.apply((edit(*after),))
                look_at(handle)
            if time.monotonic() > until:
                break
        return {"samples": samples, "work": work, **memory()}

    def check(self, document: str) -> Any:
        """Whether a handle, all edits undone, still answers what a fresh one does."""
        fresh = self.target.open(self.texts[document]).result()
        return {"equal": list(self.handles[document].result()) == list(fresh)}

    def edits(self, document: str, edits: Any) -> Any:
        """Applies edits that stay."""
        handle, edit = self.handles[document], self.edit
        for each in edits:
            handle.apply((edit(*each),))
            look_at(handle)
        return memory()

    def same_as_batch(self, document: str, path: str) -> Any:
        """Whether a handle, edited until it has this text, answers what `batch` does."""
        text = Path(path).read_bytes().decode("utf-8", "surrogatepass")
        return {"equal": list(self.handles[document].result()) == list(self.target.batch(text))}

    def close(self, document: str) -> Any:
        """Forgets a document."""
        del self.handles[document], self.texts[document]
        gc.collect()
        return memory()

    def drop(self, path: str, times: int) -> Any:
        """Opens and drops handles one after the other: the bytes before, and after."""
        text = Path(path).read_bytes().decode("utf-8", "surrogatepass")
        look_at(self.target.open(text))  # what is loaded with the first one is no leak
        gc.collect()
        before = resident()
        for _ in range(times):
            look_at(self.target.open(text))
        gc.collect()
        return {"before": before, "after": resident()}

    def crowd(self, path: str, lists: Any) -> Any:
        """Handles edited at once, on threads where the target may be: those that differ from
        batch, by number, with what they raised."""
        text = Path(path).read_bytes().decode("utf-8", "surrogatepass")
        handles = [self.target.open(text) for _ in lists]
        raised: dict[int, str] = {}

        def edited(number: int) -> None:
            try:
                for each in lists[number]:
                    handles[number].apply((self.edit(*each),))
                    look_at(handles[number])
            except Exception as error:
                raised[number] = f"{type(error).__name__}: {error}"[:200]

        threaded = bool(getattr(self.target, "thread_safe", False))
        if threaded:
            threads = [threading.Thread(target=edited, args=(n,)) for n in range(len(lists))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:  # in turns
            for each in zip(*lists, strict=True):
                for handle, edit in zip(handles, each, strict=True):
                    handle.apply((self.edit(*edit),))
                    look_at(handle)
        different = []
        for number, handle in enumerate(handles):
            final = text
            for each in lists[number]:
                final = self.edit(*each).apply(final)
            if number in raised or list(handle.result()) != list(self.target.batch(final)):
                different.append(f"handle {number}: {raised.get(number, 'differs from batch')}")
        return {"different": different, "threads": threaded}


def memory() -> dict[str, int | None]:
    """Bytes in use, and the most that were since the last reset; None where nobody counts."""
    return {"resident": resident(), "peak": peak()}


def resident() -> int:
    """The bytes of this process that are in memory."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak() -> int | None:
    """The most bytes since `reset_peak`. Linux only: elsewhere a peak cannot be reset."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def reset_peak() -> None:
    """Forgets the peak (proc(5): writing 5 to clear_refs)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def serve(connection: Connection, name: str, language: str) -> None:
    """Does what comes, and answers, until the other side has gone. What the target raises is the
    answer."""
    worker: Worker | None = None
    while True:
        try:
            order = json.loads(connection.recv_bytes())
        except EOFError:
            return
        answer: dict[str, Any]
        try:
            if worker is None:
                worker = Worker(load(name, language))
            what = order.pop("do")
            if what == "begin":
                answer = {"files": files_of(name, worker.target)}
            else:
                answer = getattr(worker, what)(**order)
        except Exception as error:
            answer = {"raised": f"{type(error).__name__}: {error}"[:500]}
        connection.send_bytes(json.dumps(answer).encode())


if __name__ == "__main__":
    os.dup2(2, 1)  # what a target prints is not for those who read our output
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    serve(Connection(int(sys.argv[1])), sys.argv[2], sys.argv[3])
