"""Fixtures of several test files; a file says with `pytestmark` which of them all its tests use."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Modules that check for tests without being tests.
pytest.register_assert_rewrite(
    "tests.bench_runs", "tests.campaign_runs", "tests.cli_runs", "tests.words"
)


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go to the test's own folder, and what a target's name adds to the path goes again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches go to the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def tests_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are started find this project's tests."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def no_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before a lost worker is replaced: that is for tests/test_scheduler.py."""
    monkeypatch.setattr("fuzzeq.campaign.scheduler.LONGEST_BACK_OFF", 0.0)


@pytest.fixture
def steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine does besides is nothing to a bench."""
    run = import_module("fuzzeq.cli.bench.run")  # whose package has a command of that name
    monkeypatch.setattr(run, "calibrate", lambda: 0.001)
