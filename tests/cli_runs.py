"""The command line, run for tests: here or as a process, and what is checked of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from fuzzeq import cli

ROOT = Path(__file__).parents[1]


LEAVING = """
import os
class T:
    name = 'leaving'
    def batch(self, document): return list(document)
    def open(self, document):
        if not document:
            {does}
        return H(document)
class H:
    def __init__(self, document): self.document = document
    def apply(self, edits):
        for edit in edits: self.document = edit.apply(self.document)
    def result(self): return list(self.document)
"""
"""An engine that ends its process where an empty document is opened."""


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


def fuzzeq(*arguments: str, stdin: bytes = b"") -> Ended:
    """Runs `main` here, as the console script does."""
    with CliRunner().isolation(input=stdin) as streams, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzzeq", *arguments])
        try:
            cli.main()
            status: object = 0
        except SystemExit as done:
            status = done.code
        out, err = (stream.getvalue().decode() for stream in streams[:2])
    assert isinstance(status, int), status
    return Ended(status, out, err)


def check_usage_error(arguments: list[str], *words: str) -> None:
    """Status 2, nothing on standard output, and on the other one line (or click's usage and one
    line) that has the words."""
    ended = fuzzeq(*arguments)
    assert ended.status == 2, ended
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert lines[-1].startswith(("fuzzeq: ", "Error: ")), ended.err
    assert len(lines) == 1 or lines[0].startswith("Usage: "), ended.err
    assert "Traceback" not in ended.err
    for word in words:
        assert word in lines[-1]


def start(*arguments: str) -> subprocess.Popen[str]:
    """A real process in the test's folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "fuzzeq", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
