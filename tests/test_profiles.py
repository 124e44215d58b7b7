"""Hypothesis's profiles: there as soon as Hypothesis is, cheap, and never in a user's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

MINE = """
from hypothesis import settings

settings.register_profile("{name}", max_examples=7, stateful_step_count=3)
"""
TEST = """
from hypothesis import settings


def test_settings():
    print([{values}])
"""


def run_python(folder: Path, *arguments: str, ci: bool = False) -> str:
    """What Python prints, in a folder, in a process of its own, on a CI machine or not."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HYPOTHESIS")}
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "bamboo.buildKey", "BUILDKITE"):
        kept.pop(name, None)
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, **({"CI": "true"} if ci else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def profile(folder: Path, name: str, *values: str, conftest: str = "", ci: bool = False) -> str:
    """What a test sees of `settings()` where pytest loads a profile."""
    shown = ", ".join(f"settings().{value}" for value in values)
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_settings.py").write_text(TEST.format(values=shown))
    options = ["-q", "-s", "-p", "no:cacheprovider", f"--hypothesis-profile={name}"]
    return run_python(folder, "-m", "pytest", *options, ci=ci)


@pytest.mark.parametrize("ci", [False, True])
@pytest.mark.parametrize(
    ("name", "examples", "derandomized", "database"),
    [
        ("dev", 25, False, "DirectoryBasedExampleDatabase"),
        ("ci", 100, True, "None"),
        ("nightly", 10_000, False, "DirectoryBasedExampleDatabase"),
    ],
)
def test_profile_is_the_same_everywhere(
    tmp_path: Path, name: str, examples: int, derandomized: bool, database: str, ci: bool
) -> None:
    values = ("max_examples", "derandomize", "deadline", "database")
    shown = profile(tmp_path, name, *values, ci=ci)
    assert f"[{examples}, {derandomized}, None, {database}" in shown


@pytest.mark.parametrize("name", ["dev", "ci", "nightly"])
def test_profile_of_a_users_own_stays(tmp_path: Path, name: str) -> None:
    values = ("max_examples", "stateful_step_count")
    assert "[7, 3]" in profile(tmp_path, name, *values, conftest=MINE.format(name=name))


def test_ci_is_that_of_hypothesis() -> None:
    program = "from hypothesis import settings; print(settings.get_profile('ci'))"
    shown = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **plugins},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for plugins in ({}, {"HYPOTHESIS_NO_PLUGINS": "1"})
    ]
    assert shown[0] == shown[1]


def test_no_profile_is_loaded(tmp_path: Path) -> None:
    program = "from hypothesis import settings; print(settings.get_current_profile_name())"
    assert run_python(tmp_path, "-c", program).strip() == "default"


def test_importing_hypothesis_imports_next_to_nothing_of_fuzzeq(tmp_path: Path) -> None:
    program = "import sys, hypothesis; print(sorted(m for m in sys.modules if 'fuzzeq' in m))"
    shown = run_python(tmp_path, "-c", program).strip()
    assert shown == "['fuzzeq', 'fuzzeq.engines', 'fuzzeq.engines.profiles']"


def test_machine_takes_the_profile_that_is_loaded() -> None:
    from fuzzeq.engines.machine import state_machine
    from fuzzeq.targets.latex import TARGET

    loaded = settings.get_current_profile_name()
    settings.load_profile("nightly")
    try:
        given = state_machine(TARGET).TestCase.settings
    finally:
        settings.load_profile(loaded)
    assert (given.max_examples, given.stateful_step_count) == (10_000, 100)
