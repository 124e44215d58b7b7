"""Processes that measure, from the side of those who start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from fuzzeq.errors import UsageError

PROGRAM = Path(__file__).parent / "worker.py"
START_SECONDS = 60.0
ORDER_SECONDS = 300.0
END_SECONDS = 10.0


class Subject(NamedTuple):
    """What a worker measures: a target or peer, in this checkout or another."""

    name: str
    """A registered name, `module:attribute`, or `peer:NAME`."""
    language: str = ""
    root: Path | None = None
    """The other checkout; None is where we are."""
    side: str = ""
    """What it is called in a comparison: "base" or "head"."""


class Failed(Exception):
    """A worker could not do what it was asked to; the message says what happened."""


class WorkerProcess:
    """A worker: orders go in, answers come out. A context manager; it ends with it."""

    def __init__(self, subject: Subject, prefix: Sequence[str] = (), hash_seed: int = 0) -> None:
        self.subject = subject
        environment = dict(os.environ)
        environment["PYTHONHASHSEED"] = str(hash_seed)
        if subject.root is not None:
            if not subject.root.is_dir():
                raise UsageError(f"no folder {str(subject.root)!r} to measure")
            root = subject.root.resolve()
            path = [str(place) for place in (root, root / "src") if place.is_dir()]
            path += filter(None, [environment.get("PYTHONPATH")])
            environment["PYTHONPATH"] = os.pathsep.join(path)
        self._connection, theirs = Pipe()
        python = prefix or (sys.executable,)
        # What a tool around the worker says is kept; in a file, since nobody reads meanwhile.
        self._said = tempfile.TemporaryFile() if prefix else None  # noqa: SIM115 # see `end`
        command = [*python, str(PROGRAM), str(theirs.fileno()), subject.name, subject.language]
        # A session of its own: Ctrl-C is for those who started it, and ends it through them.
        self._process = subprocess.Popen(
            command, pass_fds=(theirs.fileno(),), env=environment, cwd=subject.root,
            stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said,
            start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._dead = ""

    def __enter__(self) -> WorkerProcess:
        began = False
        try:
            self._check_place(self.ask("begin", START_SECONDS)["files"])
            began = True
        finally:
            if not began:
                self.end()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def _check_place(self, files: Sequence[str]) -> None:
        """Raises `UsageError` where the target is not the other checkout's: what is installed, or
        ours, would be compared with itself."""
        if self.subject.root is None:
            return
        root, here = self.subject.root.resolve(), Path.cwd()
        places = [Path(file) for file in files]
        if root != here and here.is_relative_to(root):  # ours lies inside of the other
            places = [place for place in places if not place.is_relative_to(here)]
        if not any(place.is_relative_to(root) for place in places):
            found = ", ".join(files) or "no file"
            raise UsageError(
                f"{self.subject.name} of {self.subject.root} is loaded from {found}, which is not "
                "of that checkout: nothing there, nor in its folder src, has that name"
            )

    def ask(self, what: str, limit: float = ORDER_SECONDS, **arguments: Any) -> dict[str, Any]:
        """Gives an order and waits for the answer. Raises `Failed` where the target raised, the
        process died, or it took too long, after which nothing more can be asked."""
        if self._dead:
            raise Failed(self._dead)
        try:
            self._connection.send_bytes(json.dumps({"do": what, **arguments}).encode())
            if not self._connection.poll(limit):
                self._dead = f"no answer within {limit:.0f} s"
                self._kill()
                self._process.wait()
                raise Failed(self._dead)
            answer = json.loads(self._connection.recv_bytes())
        except (EOFError, BrokenPipeError, ConnectionError):
            self._process.wait()
            code = self._process.returncode
            how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
            self._dead = f"its process {how}"
            raise Failed(self._dead) from None
        if not isinstance(answer, dict):
            raise Failed("an answer that makes no sense")
        if "raised" in answer:
            raise Failed(f"it raised {answer['raised']}")
        return answer

    @property
    def is_lost(self) -> bool:
        """Whether nothing more can be asked of it."""
        return bool(self._dead)

    def end(self) -> str:
        """Ends it, and returns what a tool around it said."""
        with suppress(OSError):
            self._connection.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        if self._said is None:
            return ""
        with self._said:
            self._said.seek(0)
            return self._said.read(4000).decode("utf-8", "replace").strip()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)


class TextFile:
    """A text in a file, for workers to read. A context manager."""

    def __init__(self, text: str) -> None:
        self._text, self.path = text, ""

    def __enter__(self) -> TextFile:
        with tempfile.NamedTemporaryFile(prefix="fuzzeq-bench-", delete=False) as file:
            file.write(self._text.encode("utf-8", "surrogatepass"))
        self.path = file.name
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            Path(self.path).unlink()
