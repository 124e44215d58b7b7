"""The workflows, ours and those that `fuzzeq init` writes: they fit the schema, zizmor finds
nothing in them, and what they run is pinned and may do as little as possible."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzeq.cli.init import TEMPLATES, write_templates

ROOT = Path(__file__).parents[1]
OURS = tuple(sorted((ROOT / ".github" / "workflows").glob("*.y*ml")))
WRITTEN = tuple(name for name in TEMPLATES if name.endswith(".yml"))
NAMES = (*(path.name for path in OURS), *WRITTEN)

PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+\.\d+)?")

MORE = {"nightly.yml": ["      issues: write # to open one\n"]}
"""What jobs may do beyond reading."""

CARELESS = """
name: careless
on: [pull_request]
jobs:
  check:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v6
      - run: echo ${{ github.event.pull_request.title }}
"""
MISSPELT = CARELESS.replace("runs-on", "run-on")


def schema(path: Path) -> list[str]:
    """The command that holds a file against the schema of workflows, which it brings along."""
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed: pip install check-jsonschema")
    options = ["--builtin-schema", "vendor.github-workflows"]
    return [sys.executable, "-m", "check_jsonschema", *options, str(path)]


def zizmor(path: Path) -> list[str]:
    """The command that looks for what can be abused in a file."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("zizmor", path=folders)
    if program is None:
        pytest.skip("zizmor is not installed: pip install zizmor")
    return [program, "--offline", "--no-progress", "--strict-collection", str(path)]


TOOLS = (schema, zizmor)


@pytest.fixture(name="written")
def what_init_writes(tmp_path: Path) -> Path:
    write_templates(tmp_path)
    return tmp_path


def place(name: str, written: Path) -> Path:
    """A workflow of ours, or one that `init` has written."""
    return written / name if name in WRITTEN else ROOT / ".github" / "workflows" / name


def accepts(tool: Callable[[Path], list[str]], path: Path) -> tuple[bool, str]:
    """Whether a tool has nothing against a file, and what it says."""
    ended = subprocess.run(tool(path), capture_output=True, text=True, check=False)
    return ended.returncode == 0, ended.stdout + ended.stderr


def test_there_are_workflows_of_ours() -> None:
    assert "pr.yml" in NAMES
    assert len(WRITTEN) == 2


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", NAMES)
def test_tool_has_nothing_against_a_workflow(
    written: Path, name: str, tool: Callable[[Path], list[str]]
) -> None:
    accepted, said = accepts(tool, place(name, written))
    assert accepted, said


@pytest.mark.parametrize(("tool", "text"), [(schema, MISSPELT), (zizmor, CARELESS)])
def test_tool_says_what_is_wrong(
    tmp_path: Path, tool: Callable[[Path], list[str]], text: str
) -> None:
    path = tmp_path / ".github" / "workflows" / "careless.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    accepted, said = accepts(tool, path)
    assert not accepted, said


@pytest.mark.parametrize("name", NAMES)
def test_workflow_is_pinned_and_may_do_little(written: Path, name: str) -> None:
    text = place(name, written).read_text("utf-8")
    uses = [line for line in text.splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.search(line)] == []
    assert re.findall(r"^ *permissions:\n((?:  .*\n)*)", text, re.MULTILINE)[0].startswith(
        "  contents: read"
    )
    more = re.findall(r"^ {4}permissions:\n((?: {6}.*\n)*)", text, re.MULTILINE)
    assert more == MORE.get(name, [])
    assert text.count("permissions:") == 1 + len(more)
    assert text.count("write") == len(more)
    for job in re.split(r"^  (?=\w)", text, flags=re.MULTILINE):  # and it runs nothing of ours
        assert "write" not in job or "uses:" not in job
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "pull_request_target" not in text
    assert "timeout-minutes:" in text


def test_all_workflows_pin_the_same_versions(written: Path) -> None:
    texts = [place(name, written).read_text("utf-8") for name in NAMES]
    pins = {line.partition("uses: ")[2] for text in texts for line in text.splitlines()} - {""}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


def test_pull_requests_run_what_runs_before_anything_lands() -> None:
    """Options that depend on the machine or name the commit may differ."""

    def commands(text: str) -> list[str]:
        found = re.findall(r"(?:^|run: )((?:make|\.venv/bin/fuzzeq) .*)", text, re.MULTILINE)
        return [re.sub(r' --(jobs \d+|seed "\S+")', "", command) for command in found]

    ours = commands((ROOT / ".github" / "workflows" / "pr.yml").read_text("utf-8"))
    assert ours == commands((ROOT / ".ci" / "run").read_text("utf-8"))
    assert len(ours) == 6
