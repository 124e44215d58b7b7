"""What `make bench` makes of its figures. That it measures anything is for those who run it, and
for a slow test that runs a hundredth of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.bars import Bar, table

ROOT = Path(__file__).parents[1]
FILE = f"above\n{benchmarks.BEGIN}\nold\n{benchmarks.END}\nbelow\n"
MET = Bar("a character", [0.03, 0.0412], "ms", 0.05)
MISSED = Bar("a | line", [4000, 3800, 4100], "edits", 4000, at_least=True)
TOLD = Bar("expl3", [1234567.8], "MB/s")


@pytest.mark.parametrize(
    ("bar", "limit", "verdict"),
    [
        (MET, "at most 0.05 ms", "met"),
        (MET._replace(figures=[0.05]), "at most 0.05 ms", "met"),
        (MET._replace(figures=[0.03, 0.055]), "at most 0.05 ms", "**missed** by 10%"),
        (MISSED, "at least 4,000 edits", "**missed** by 5%"),
        (MISSED._replace(figures=[4000]), "at least 4,000 edits", "met"),
        (TOLD, "", ""),
        (Bar("findings", [0], "findings", 0), "at most 0 findings", "met"),
        (Bar("findings", [2], "findings", 0), "at most 0 findings", "**missed**"),
        (Bar("rate", [0], "edits", 400, at_least=True), "at least 400 edits", "**missed** by 100%"),
    ],
)
def test_a_bar_is_met_by_its_worst_figure(bar: Bar, limit: str, verdict: str) -> None:
    assert (bar.limit, bar.verdict) == (limit, verdict)
    assert bar.holds == (verdict in ("", "met"))


def test_a_bar_is_told_in_a_line() -> None:
    assert str(MET) == "a character: 0.03, 0.0412 ms (at most 0.05 ms: met)"
    assert str(TOLD) == "expl3: 1,234,568 MB/s"


def test_a_table_has_as_many_cells_in_each_row() -> None:
    text = table(("a", "b"), [("1|2", "3"), ("4", "5")])
    assert text == "| a | b |\n| --- | --- |\n| 1/2 | 3 |\n| 4 | 5 |\n"


def write_with(monkeypatch: pytest.MonkeyPatch, file: Path, *arguments: str) -> None:
    """Runs the command, with two bars in place of ten minutes."""

    def measured(part: int) -> Iterator[Bar]:
        yield from (MET, MISSED)

    monkeypatch.setattr(benchmarks, "measured", measured)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--file", str(file), *arguments])
    benchmarks.main()


def test_figures_go_between_the_marks_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "RESULTS.md"
    file.write_text(FILE, "utf-8")
    for _ in range(2):
        write_with(monkeypatch, file)
        text = file.read_text("utf-8")
        assert text.startswith(f"above\n{benchmarks.BEGIN}\n\nOn 20")
        assert text.endswith(f"\n{benchmarks.END}\nbelow\n")
        assert "| a character | 0.03, 0.0412 ms | at most 0.05 ms | met |" in text
        assert "old" not in text


def test_a_quick_one_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "RESULTS.md"
    file.write_text(FILE, "utf-8")
    write_with(monkeypatch, file, "--quick")
    assert file.read_text("utf-8") == FILE
    assert "**missed** by 5%" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", FILE.replace(benchmarks.END, ""), "above\n"])
def test_a_file_without_the_marks_is_told_before_anything_is_measured(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "RESULTS.md"
    file.write_text(text, "utf-8")
    with pytest.raises(SystemExit, match="nothing was measured"):
        write_with(monkeypatch, file)
    assert file.read_text("utf-8") == text


def test_our_own_file_has_the_marks() -> None:
    assert all(benchmarks.marked(benchmarks.RESULTS))


@pytest.mark.slow
def test_everything_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--peer", "pygments"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for what in (
        "a character typed: 10 KB", "a line put in", "1,000 characters", "a `$` in a paragraph",
        "a character after 10,000 edits", "realistic, that removed", "settled", "standard mix",
        "hostile mix", "20 edits a document", "nothing remembered", "2 processes beside 1",
        "findings in these 20,000", "| what | characters | latex | pygments |",
    ):  # fmt: skip
        assert what in done.stdout
