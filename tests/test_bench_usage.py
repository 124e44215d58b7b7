"""What `fuzzeq bench` is given: arguments, configuration, reports; one line for what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzeq.bench.config import Config, load_config
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.verdicts import USUAL_LIMITS
from fuzzeq.errors import UsageError
from tests.bench_runs import WORDS
from tests.cli_runs import check_usage_error

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], ("no target 'nobody'",)),
        ([WORDS, "--size", "0"], ("a size such as",)),
        ([WORDS, "--operation", "typing"], ("one of character",)),
        ([WORDS, "--peer", "nobody"], ("no peer 'nobody'; there are",)),
        ([WORDS, "--peer", "pylatexenc"], ("reads LaTeX only",)),
        ([WORDS, "--limit", "line"], ("usual, or one of",)),
        ([WORDS, "--limit", "line=nan"], ("usual, or one of",)),
        ([WORDS, "--against", "nowhere"], ("no folder 'nowhere'",)),
        ([WORDS, "--config", "none.toml"], ("none.toml cannot be read",)),
        ([WORDS, "--samples", "nowhere"], ("no folder 'nowhere'",)),
        (["compare", "a.json", "b.json"], ("cannot read a.json",)),
        (["baseline", "accept", "a.json"], ("cannot read a.json",)),
        (["baseline", "import", "a.json"], ("cannot read a.json",)),
        (["baseline", "reset", "nothing"], ("no baseline 'nothing'",)),
        (["baseline", "show", "--environment", "../x"], ("no name of an environment",)),
        (["soak", "nobody"], ("no target 'nobody'",)),
    ],
)
def test_mistake_is_one_line(arguments: list[str], words: tuple[str, ...]) -> None:
    check_usage_error(["bench", *arguments], *words)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"kind": "run"}', '{"kind": "bench", "format": 9}',
     '{"kind": "bench", "format": 1}', "[" * 100_000,
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": ["x"]}]}',
     '{"kind": "bench", "format": 1, "measurements": [3]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [NaN]}]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [1e9999]}]}',
     '{"kind": "bench", "format": 1, "measurements": [{"name": "a", "samples": [%s]}]}' % 10**400],
)  # fmt: skip
def test_report_that_makes_no_sense_is_told(text: str) -> None:
    Path("a.json").write_text(text)
    check_usage_error(["bench", "baseline", "accept", "a.json"], "a.json cannot be used")
    check_usage_error(["bench", "baseline", "import", "a.json"], "a.json cannot be imported")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sizes = [0]", "sizes of [tool.fuzzeq.bench] of pyproject.toml wants a size such as"),
        ("sizes = []", "a list of sizes"),
        ("operations = ['typing']", "one of character"),
        ("count = 1.5", "a whole number"),
        ("max_overhead = -1", "a number from 0"),
        ("max_overhead = nan", "a number from 0"),
        ("clock = 'sun'", "one of wall, cpu"),
        ("limits = {typing = 1}", "'usual', or a table"),
        ("limits = {line = 'x'}", "a number"),
        ("peers = 'tree-sitter'", "a list of texts"),
        ("baselines = ''", "a text"),
        ("speed = 1", "knows no 'speed'"),
    ],
)
def test_configuration_that_makes_no_sense_names_its_place(line: str, told: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.fuzzeq.bench]\n{line}\n")
    with pytest.raises(UsageError, match=re.escape(told)):
        load_config()


def test_configuration_is_read_from_the_project_or_a_file() -> None:
    assert load_config() == Config()
    Path("pyproject.toml").write_text("[tool.fuzzeq.bench]\nsizes = ['1KB', 500]\ncount = 7\n")
    Path("fuzzeq.toml").write_text("[bench]\ncount = 9\nlimits = 'usual'\n")
    config = load_config()
    assert (config.sizes, config.count) == ((500, 1000), 9)
    assert dict(config.limits) == dict(USUAL_LIMITS)
    Path("own.toml").write_text("targets = ['a:b']\noperations = ['undo', 'character']\n")
    config = load_config(Path("own.toml"))
    assert config.targets == ("a:b",)
    assert config.operations == (Operation.CHARACTER, Operation.UNDO)
    assert config.count == Config().count


def test_extra_that_is_absent_is_told_before_anything_is_measured() -> None:
    code = (
        "import sys; sys.modules['scipy'] = None; sys.modules['scipy.stats'] = None\n"
        f"sys.argv = ['fuzzeq', 'bench', {WORDS!r}]\nfrom fuzzeq.cli import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.strip() == "fuzzeq: scipy is not installed: pip install 'fuzzeq[bench]'"
