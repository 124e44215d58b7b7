"""What is told of a measurement: the machine, a report in its place, charts and profiles."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fuzzeq.bench.runner import measure
from fuzzeq.errors import UsageError
from fuzzeq.report import bench_report
from fuzzeq.report.bench_charts import draw
from fuzzeq.report.files import check_place
from tests.bench_runs import RUN, SMALL, WORDS, cell, matrix_of, settings
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


@pytest.mark.parametrize("command", [("bench", WORDS), ("bench", "soak", WORDS)])
@pytest.mark.parametrize(("place", "told"), [(".", "a folder"), ("there", "a folder"),
                                             ("none/a.json", "No such file")])  # fmt: skip
def test_place_of_a_report_is_looked_at_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], place: str, told: str
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    Path("there").mkdir()
    check_usage_error([*command, "--report", place], "cannot write", told)
    with pytest.raises(UsageError, match="cannot write"):
        bench_report.write({}, Path(place))
    assert [path.name for path in Path().rglob("*")] == ["there"]


def test_calibration_is_the_median_of_some_before_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    took = iter([9.0, 1.0, 1.1, 1.2, 9.0, 1.1])
    monkeypatch.setattr(RUN, "calibrate", lambda: next(took))
    fuzzeq("bench", WORDS, *SMALL[:2], "--operation", "line", "--report", "report.json")
    report = json.loads(Path("report.json").read_text())
    assert report["calibration_seconds"] == pytest.approx(1.15)


def test_pipe_is_a_place_though_nothing_can_stand_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As /dev/stdout is one."""
    os.mkfifo("pipe")
    monkeypatch.setattr(Path, "touch", None)
    check_place(Path("pipe"))
    with pytest.raises(TypeError):
        check_place(Path("file"))


def test_charts_are_pictures() -> None:
    pytest.importorskip("matplotlib")
    matrix = measure(settings("Words", memory=False))
    written = draw(matrix, Path("charts"))
    assert sorted(path.name for path in written) == [
        "latency.png", "latency.svg", "spread.png", "spread.svg",
    ]  # fmt: skip
    for path in written:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
            assert len(ElementTree.parse(path).findall(".//*")) > 100
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="nothing was measured"):
        draw(matrix_of(cell([])), Path("charts"))


@pytest.mark.slow
def test_profile_has_the_engines_own_functions() -> None:
    ended = fuzzeq("bench", "latex", "--size", "20KB", "--count", "8", "--operation", "paste",
                   "--profile", "profile")  # fmt: skip
    assert ended.status == 0, ended
    flame = Path("profile/flame.svg").read_text()
    assert "<svg" in flame
    assert "(fuzzeq/targets/latex/" in flame
    memory = Path("profile/memory.html").read_text()
    assert "incremental.py" in memory
    assert len(list(Path("profile").iterdir())) == 2


def test_environment_is_told() -> None:
    assert "calibration" in fuzzeq("bench", "environment").out
    facts = json.loads(fuzzeq("bench", "environment", "--json").out)
    assert facts["key"]
    assert facts["calibration_seconds"] > 0
