"""The command line as its user sees it: help, runs and their verdicts, targets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzeq import __version__, crash_store
from fuzzeq.cli.parameters import duration, seed
from fuzzeq.report import run_report
from tests.cli_runs import LEAVING, Ended, fuzzeq, start

pytestmark = pytest.mark.usefixtures("own_folder")

ROOT = Path(__file__).parents[1]
COMMIT = "c5fd3a2e9b1d4c7f8a6b5e4d3c2b1a0f9e8d7c6b"


@pytest.mark.parametrize("command", ["", "run", "replay", "shrink", "selftest", "targets", "lex"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_there(command: str, option: str) -> None:
    ended = fuzzeq(*command.split(), option)
    assert ended.status == 0
    # Under a test runner click takes the runner's name for the program's.
    assert re.match(rf"Usage: .*fuzzeq {command}".rstrip(), ended.out)
    assert ended.err == ""
    assert max(map(len, ended.out.splitlines())) <= 100


def test_version_is_shown() -> None:
    assert fuzzeq("--version") == Ended(0, f"fuzzeq, version {__version__}\n", "")


@pytest.mark.parametrize(
    ("command", "others"),
    [("init", ("fuzzeq.campaign", "fuzzeq.cli.run", "numpy")), ("config", ("fuzzeq.bench",))],
)
def test_no_command_waits_for_what_others_import(command: str, others: tuple[str, ...]) -> None:
    code = (
        f"import sys; sys.argv = ['fuzzeq', {command!r}, '--help']\n"
        "from fuzzeq.cli import main\n"
        "try:\n    main()\n"
        f"finally:\n    print([name for name in sys.modules if name.startswith({others!r})])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_without_a_command_the_help_is_shown_and_nothing_was_run() -> None:
    ended = fuzzeq()
    assert ended.status == 2
    assert re.match("Usage: .*fuzzeq", ended.err)


def test_as_a_module_it_is_the_same_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "fuzzeq", "--version"], capture_output=True, text=True, check=True
    )
    assert ended.stdout == f"fuzzeq, version {__version__}\n"
    assert ended.stderr == ""


def check_run(status: int, *arguments: str) -> Ended:
    """Runs a broken or healthy target for a few edits."""
    ended = fuzzeq("run", "--jobs", "1", *arguments)
    assert ended.status == status, ended
    return ended


@pytest.mark.parametrize("command", [("run", "latex"), ("campaign", "dev")])
def test_the_place_of_a_report_is_looked_at_before_anything_is_run(
    command: tuple[str, ...],
) -> None:
    ended = fuzzeq(*command, "--edits", "250", "--report", "/proc/r.json")
    assert ended.status == 2
    assert ended.err.splitlines() == [
        "fuzzeq: cannot write /proc/r.json: No such file or directory"
    ]
    assert not Path(".fuzzeq").exists()


def test_what_an_engine_prints_is_not_among_the_answers() -> None:
    out, err = start("run", "tests.broken:PRINTS", "--edits", "250", "--jobs", "1").communicate()
    assert out.startswith("clean: ")
    assert "applied" not in out
    assert "applied" in err


def test_a_clean_run_says_so_first_and_writes_its_report() -> None:
    ended = check_run(
        0, "latex", "--edits", "250", "--seed", COMMIT, "--report", "r.json", "--fail-on", "new"
    )
    assert ended.out.startswith("clean: 0 new, 0 known, 0 fixed; canary caught after ")
    assert "1 unit of 1 planned" in ended.out
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "clean"
    assert value["seed"] == int(COMMIT, 16)
    assert [path.name for path in Path().iterdir()] == ["r.json"]


def test_a_run_that_could_not_start_still_writes_its_report() -> None:
    assert fuzzeq("run", "nowhere", "--seed", "5", "--report", "r.json").status == 2
    value = json.loads(Path("r.json").read_text("ascii"))
    assert value["verdict"] == "could-not-run"
    assert value["seed"] == 5
    assert "no target 'nowhere'" in value["warnings"][0]
    assert set(value) >= set(run_report.could_not_run("", "", 0, ""))


@pytest.mark.parametrize("does", ["os._exit(0)", "os.abort()"])
def test_an_engine_that_ends_its_process_at_an_empty_document_is_no_clean_run(does: str) -> None:
    Path("leaving.py").write_text(LEAVING.format(does=does), "utf-8")
    ended = check_run(1, "leaving:T", "--edits", "1000", "--report", "r.json")
    assert "an empty document cannot be opened: its process: " in ended.out
    assert "new finding, died" in ended.out
    assert json.loads(Path("r.json").read_text("utf-8"))["verdict"] == "findings"


def test_findings_end_with_the_command_that_reproduces_them() -> None:
    found_first = ["tests.broken:LOSES_COUNT", "--edits", "300"]
    ended = check_run(1, *found_first)
    last = ended.out.splitlines()[-1]
    assert last.startswith("to reproduce: fuzzeq replay --target tests.broken:LOSES_COUNT crash")
    again = fuzzeq(*last.split()[3:])
    assert again.status == 1
    assert again.out.startswith("FAILED crashes/")
    known = check_run(0, *found_first, "--fail-on", "new")
    assert known.out.startswith("findings: 0 new, ")
    assert "known finding" in known.out
    assert check_run(1, *found_first).out.startswith("findings: 0 new, ")


def test_what_a_trusted_name_finds_can_be_reproduced(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.fuzzeq.targets]\nmine = 'tests.broken:LOSES_COUNT'"
    )
    last = fuzzeq("run", "mine", "--jobs", "1", "--edits", "300").out.splitlines()[-1]
    assert fuzzeq(*last.split()[3:]).out.startswith("FAILED")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("0.5", 0.5)]
)
def test_a_time_is_a_number_with_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-7", -7), ("1234", 1234), ("abcd", 0xABCD), (COMMIT, int(COMMIT, 16)),
     ("1" * 40, int("1" * 40, 16)), ("F" * 64, int("F" * 64, 16))],
)  # fmt: skip
def test_a_seed_is_a_number_or_a_commit(text: str, number: int) -> None:
    assert seed(text) == number
    assert number <= crash_store.LARGEST_NUMBER


@pytest.mark.parametrize("command", [["run"], ["campaign", "dev", "--target"]])
def test_report_is_written_and_the_status_is_the_verdict_even_if_nobody_listens(
    command: list[str],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*command, "tests.broken:LOSES_COUNT", "--edits", "300", "--report", "r.json"]
    ended = subprocess.run(
        [sys.executable, "-m", "fuzzeq", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    os.close(writer)
    assert ended.returncode == 1, ended.stderr
    assert json.loads(Path("r.json").read_text("utf-8"))["verdict"] != "clean"
    assert command == ["run"] or Path(".fuzzeq/dev/report.html").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_report_is_written_even_if_nothing_can_be_said() -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "fuzzeq", "run", "--edits", "100", "--report", "r.json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert "cannot write to standard output: No space left" in ended.stderr
    assert Path("r.json").is_file()


def test_targets_are_listed_with_what_they_can() -> None:
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert re.search(r"^latex\b.*\bon\b.*\bcheckpoints\b.*\boff\b", ended.out, re.DOTALL)


def test_planted_bugs_are_listed() -> None:
    ended = fuzzeq("targets", "--planted")
    assert ended.status == 0
    assert ended.out.count("latex-planted-") >= 8


def test_a_trusted_target_that_cannot_be_loaded_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.fuzzeq.targets]\nabsent = 'no_module:T'")
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert "latex" in ended.out
    assert "no_module" in ended.out


def test_a_trusted_target_that_cannot_be_opened_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.fuzzeq.targets]\nbad = 'unopened:T'")
    (tmp_path / "unopened.py").write_text(
        "class T:\n    name = 'bad'\n    def batch(self, document): return []\n"
        "    def open(self, document): raise ValueError('no')\n"
    )
    ended = fuzzeq("targets")
    assert ended.status == 0
    assert "latex" in ended.out
