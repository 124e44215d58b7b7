"""`fuzzeq bench --against`: another checkout's target, in turns and in pairs with the one here."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.bench import runner, worker
from fuzzeq.bench.judgement import FEWEST_PAIRS
from fuzzeq.bench.operations import Operation
from fuzzeq.bench.workers import Subject
from fuzzeq.registry import load_target
from tests.bench_runs import ROOT, SMALL, WORDS, name_of, settings
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


def engines(**numbers: float) -> str:
    """This project's engines as they were elsewhere, with other numbers."""
    text = (ROOT / "tests" / "bench_engines.py").read_text()
    for name, number in numbers.items():
        text = re.sub(rf"^{name} = [\d.]+$", f"{name} = {number}", text, flags=re.MULTILINE)
    return text


def other_checkout(folder: Path, **numbers: float) -> Path:
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "bench_engines.py").write_text(engines(**numbers))
    return folder


def test_the_slower_it_became_the_surer_it_does_not_pass(tmp_path: Path) -> None:
    """Two samples would use up the budget. Where a base's sample was disturbed for as long as the
    head takes, ten pairs do not decide; and then it does not pass either."""
    base = other_checkout(tmp_path / "base", SECONDS=0)
    Path("short.toml").write_text("cell_seconds = 0.1\n")
    ended = fuzzeq(
        "bench", name_of("SLUGGISH"), "--size", "2KB", "--operation", "line", "--operation", "load",
        "--against", str(base), "--config", "short.toml", "--report", "report.json",
    )  # fmt: skip
    assert ended.status in (1, 2), ended
    for operation in ("line", "load"):
        name = f"{name_of('SLUGGISH')}/{operation}/2000"
        assert re.search(rf"^(regressed|undecided): {name}: ", ended.out, re.MULTILINE), ended
    report = json.loads(Path("report.json").read_text())
    for each in report["measurements"]:
        assert len(each["samples"]) >= FEWEST_PAIRS, each["name"]


class Counting:
    """A worker's owner that does so many exercises of each turn, each sample telling which."""

    def __init__(self, most: int) -> None:
        self.most = most

    def ask(self, what: str, **arguments: Any) -> dict[str, Any]:
        done = [float(exercise[1].start) for exercise in arguments["exercises"]][: self.most]
        return {"samples": done, "work": [1] * len(done)}


@pytest.mark.parametrize("most", [(5, 2), (2, 5), (5, 5), (1, 1), (5, 1)])
@pytest.mark.parametrize("warmup", [0, 3])
def test_samples_of_both_sides_are_pairs_of_one_exercise(
    most: tuple[int, int], warmup: int
) -> None:
    base, head = (Subject("words", "", None, side) for side in ("base", "head"))
    run = runner._Run(
        settings(sizes=(2000,), warmup=warmup, count=12, subjects=(base, head)),
        lambda progress: None,
    )
    run.workers = dict(zip((base, head), map(Counting, most), strict=True))  # type: ignore[arg-type]
    run.open = {(base, 2000), (head, 2000)}
    run._take_turns(Operation.LINE)
    first, second = (run.cells[Operation.LINE, 2000, side].samples for side in (base, head))
    assert first == second
    assert first == sorted(set(first))
    assert len(first) == 12
    assert len(run.cells[Operation.LINE, 2000, head].work) == len(first)


def test_target_of_a_src_layout_is_found_there(tmp_path: Path) -> None:
    """The head's folder is in the path, as it is where one develops."""
    base = tmp_path / "base"
    for root, work in ((Path(), 10), (base, 1)):
        (root / "src").mkdir(parents=True)
        (root / "src" / "engine_of_src.py").write_text(engines(WORK=work))
    sys.path.insert(0, str(tmp_path / "src"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "src"), str(ROOT)]))
        command = ["bench", "engine_of_src:Words", *SMALL[:2], "--operation", "line",
                   "--max-overhead", "5", "--against", str(base)]  # fmt: skip
        ended = fuzzeq(*command)
        assert ended.status == 1, ended
        assert "regressed: engine_of_src:Words/line/2000/work" in ended.out
        (base / "src" / "engine_of_src.py").unlink()
        check_usage_error(command, "engine_of_src:Words of", "which is not of that checkout")
        command[-1] = str(tmp_path.parent)  # ours lies inside of it
        check_usage_error(command, "which is not of that checkout")


@pytest.mark.parametrize("name", [WORDS, "mine"])
def test_target_stands_where_its_name_says_and_where_its_class_is(name: str) -> None:
    Path("fuzzeq.toml").write_text(f"[targets]\nmine = '{WORDS}'\n")
    import tests.bench_engines

    files = worker.files_of(name, Counting(1))
    assert files == sorted(map(os.path.realpath, (tests.bench_engines.__file__, __file__)))
    latex = ROOT / "fuzzeq" / "targets" / "latex" / "__init__.py"
    assert worker.files_of("latex", load_target("latex")) == [str(latex.resolve())]


@pytest.mark.parametrize(
    ("work", "status", "told"), [(1, 1, f"regressed: {WORDS}/line/2000/work"), (10, 0, "")]
)
def test_other_checkout_is_measured_in_turns(
    tmp_path: Path, work: int, status: int, told: str
) -> None:
    """Work is judged as times are, and is the same each time; five times are allowed, so that no
    noise of times can fail this test."""
    base = other_checkout(tmp_path / "base", WORK=work)
    ended = fuzzeq(
        "bench", WORDS, *SMALL[:4], "--count", "20", "--operation", "line", "--against", str(base),
        "--max-overhead", "5", "--report", "report.json",
    )  # fmt: skip
    assert ended.status == status, ended
    assert told in ended.out
    assert "(base)" in ended.out
    report = json.loads(Path("report.json").read_text())
    sides = {each["side"] for each in report["measurements"]}
    assert sides == {"base", "head"}
    if status:
        assert "again in fresh processes" in ended.out


def test_base_that_has_no_such_target_is_told_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("empty").mkdir()
    Path("engine_of_head.py").write_text(engines())
    sys.path.insert(0, str(tmp_path))
    monkeypatch.setattr("fuzzeq.bench.verdicts.measure", None)
    name = "engine_of_head:Words"
    check_usage_error(["bench", name, "--against", "empty"], f"{name} of", "cannot be measured")


def test_base_that_cannot_be_measured_is_nothing_to_pass_by(tmp_path: Path) -> None:
    base = other_checkout(tmp_path / "base")
    place = base / "tests" / "bench_engines.py"
    place.write_text(place.read_text().replace("return self.handle(document)", "raise OSError"))
    command = ("bench", WORDS, *SMALL, "--operation", "line", "--against", str(base))
    ended = fuzzeq(*command, "--limit", "line=100000")
    assert ended.status == 2, ended
    first = ended.out.splitlines()[0]
    assert first.startswith("incomplete: 2 cells measured; 2 of the base could not be measured; ")
    assert "yet" not in first
