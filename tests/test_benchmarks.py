"""What `make bench` makes of its figures. That it measures anything is for those who run it, and
for a slow test that runs a hundredth of it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import command, edits
from benchmarks.bars import Bar, table
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit

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
        (MET._replace(figures=[0.03, 0.055]), "at most 0.05 ms", "**missed** by 10.00%"),
        (MISSED, "at least 4,000 edits", "**missed** by 5.00%"),
        (MISSED._replace(figures=[4000]), "at least 4,000 edits", "met"),
        (TOLD, "", ""),
        (Bar("findings", [0], "findings", 0), "at most 0 findings", "met"),
        (Bar("findings", [2], "findings", 0), "at most 0 findings", "**missed**"),
        (Bar("rate", [0], "edits", 400, at_least=True), "at least 400 edits",
         "**missed** by 100.00%"),
    ],
)  # fmt: skip
def test_a_bar_is_met_by_its_worst_figure(bar: Bar, limit: str, verdict: str) -> None:
    assert (bar.limit, bar.verdict) == (limit, verdict)
    assert bar.holds == (verdict in ("", "met"))


@pytest.mark.parametrize(
    ("bar", "shown"),
    [
        (MET, "0.03, 0.0412 ms"),
        (MET._replace(figures=[0.0500001]), "0.0500001 ms"),
        (MET._replace(figures=[0.05]), "0.05 ms"),
        (MISSED._replace(figures=[3999.8, 5000]), "3,999.8, 5,000 edits"),
        (TOLD, "1,234,568 MB/s"),
        (
            TOLD._replace(figures=[0, 0.001234, 1.5, 99.94, 1000]),
            "0, 0.00123, 1.5, 99.9, 1,000 MB/s",
        ),
    ],
)
def test_figures_never_look_like_a_limit_that_they_miss(bar: Bar, shown: str) -> None:
    assert bar.shown == shown


def test_a_bar_is_told_in_a_line() -> None:
    assert str(MET) == "a character: 0.03, 0.0412 ms (at most 0.05 ms: met)"
    assert str(TOLD) == "expl3: 1,234,568 MB/s"


def test_a_table_has_as_many_cells_in_each_row() -> None:
    text = table(("a", "b"), [("1|2", "3"), ("4", "5")])
    assert text == "| a | b |\n| --- | --- |\n| 1/2 | 3 |\n| 4 | 5 |\n"


# What is measured.

SHORT = "Some words of a short paragraph\nand some more of it\n\n"
LONG = "one line of very many words\n" * 12 + "\n"
COMMENT = "words here % and words there\n\n"
RAW = "\\begin{verbatim}\nsome words in here\n\\end{verbatim}\n\n"


def test_dollars_are_put_into_short_paragraphs_all_over_the_text() -> None:
    text = (LONG + COMMENT + SHORT + RAW) * 40
    placed = edits.dollars(text, 30)
    assert len(placed) == 30
    for start, end, put in placed:
        assert (start, put) == (end, "$")
        begin = text.rfind("\n\n", 0, start) + 2
        assert text.startswith(SHORT, begin)
    starts = [edit.start for edit in placed]
    assert starts == sorted(starts)
    assert starts[0] < len(text) / 10
    assert starts[-1] > len(text) * 9 / 10


def test_each_edit_is_looked_at_and_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = [edits.Ours("some words\n" * 20), edits.Ours("others\n" * 50)]
    before = [subject.engine.document() for subject in subjects]
    looked: list[int] = []
    monkeypatch.setattr(edits, "look_at", lambda engine: looked.append(len(engine.document())))
    samples = edits.in_turns(subjects, lambda text: [Edit(place, place, "x") for place in range(9)])
    assert [len(some) for some in samples] == [9, 9]
    assert min(map(min, samples)) > 0
    assert [subject.engine.document() for subject in subjects] == before
    lengths = [length + more for length in map(len, before) for more in (0, 1)]
    assert Counter(looked) == Counter(lengths * 9)


def test_medians_and_percentiles_are_those_of_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [[float(n) for n in range(1, 101)], [2.0 * n for n in range(1, 101)]]
    monkeypatch.setattr(edits, "SIZES", (1000, 2000))
    monkeypatch.setattr(edits, "in_turns", lambda subjects, draw: samples)
    monkeypatch.setattr(edits, "linear", lambda: iter(()))
    typed, percentile, growth, *others = edits.small_edits()
    assert (typed.figures, typed.wanted) == ([50.5, 101.0], 0.05)
    assert list(percentile.figures) == pytest.approx([99.99, 199.98])
    assert (growth.figures, growth.wanted) == ([2.0], 1.25)
    assert [bar.wanted for bar in others] == [0.12, 0.5, 0.15]
    assert not any(bar.at_least for bar in (typed, percentile, growth, *others))
    old, bytes_held = edits.after_history(10)
    assert old.figures == [0.5]  # the old one's beside the new one's
    assert list(bytes_held.figures) == pytest.approx([1.0], abs=0.2)


def test_what_was_not_done_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    report: dict[str, Any] = {
        "verdict": "clean",
        "edits": 10_000,
        "wall_seconds": 2.0,
        "findings": [],
    }
    monkeypatch.setattr(command, "report_of", lambda *arguments: report)
    assert command.run_of("latex", 10_000, 2) == report
    for change in ({"edits": 9_999}, {"verdict": "incomplete"}, {"verdict": "could-not-run"}):
        monkeypatch.setattr(
            command, "report_of", lambda *arguments, c=change, folder=None: report | c
        )
        with pytest.raises(UsageError, match="fuzzeq run ended"):
            command.run_of("latex", 10_000, 2)


def test_volume_tells_what_the_reports_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_of(target: str, edits: int, jobs: int, seed: int) -> dict[str, Any]:
        return {
            "edits": edits,
            "wall_seconds": edits / 100,
            "findings": ["one"] * (edits // 20_000),
        }

    monkeypatch.setattr(benchmarks, "run_of", run_of)
    bars = list(benchmarks.volume(100))
    assert [(bar.figures, bar.wanted) for bar in bars] == [
        ([100.0], 180.0), ([0], 0), ([200.0], None), ([1], 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "said", "survivors"),
    [
        (0, "74 of 74 planted bugs killed within", 0),
        (1, "72 of 74 planted bugs killed within", 2),
        (1, "74 of 74 planted bugs killed within", None),  # a healthy engine was accused
        (2, "", None),
    ],
)
def test_survivors_are_counted(
    monkeypatch: pytest.MonkeyPatch, status: int, said: str, survivors: int | None
) -> None:
    done = subprocess.CompletedProcess([], status, f"table\n{said} 20,000 edits each, seed 0\n")
    monkeypatch.setattr(benchmarks, "fuzzeq", lambda *arguments: done)
    if survivors is None:
        with pytest.raises(UsageError, match=f"selftest ended with {status}"):
            benchmarks.planted()
    else:
        assert benchmarks.planted().figures == [survivors]


def test_others_are_told_in_milliseconds_with_as_much_as_is_known() -> None:
    def measured(subject: str, count: int, **more: Any) -> dict[str, Any]:
        known = {"operation": "line", "size": 10_000, "length": 12_143, "unit": "s", "note": ""}
        found = {"median": 0.0005, "p95": 0.1, "p99": 0.002, "count": count} if count else None
        return {**known, "subject": subject, "statistics": found, **more}

    report = {
        "measurements": [
            measured("latex", 100),
            measured("latex", 100, unit="characters"),
            measured("one", 99),
            measured("other", 0, note="open: no answer"),
        ]
    }
    assert benchmarks.table_beside(report).splitlines()[2:] == [
        "| line | 12,143 | 0.5, 2 | 0.5 (of 99) | open: no answer |"
    ]


# How it is written down.


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the marks."""
    path = tmp_path / "RESULTS.md"
    path.write_text(FILE, "utf-8")
    return path


def write_with(
    monkeypatch: pytest.MonkeyPatch, file: Path, *arguments: str, trouble: str = ""
) -> int:
    """Runs the command, with two bars in place of ten minutes; its exit status."""

    def measured(part: int) -> Iterator[Bar]:
        yield MET
        if trouble:
            raise UsageError(trouble)
        yield MISSED

    monkeypatch.setattr(benchmarks, "measured", measured)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--file", str(file), *arguments])
    with pytest.raises(SystemExit) as ended:
        benchmarks.main()
    return ended.value.code  # type: ignore[return-value] # always a number


def test_figures_go_between_the_marks_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    for _ in range(2):
        assert write_with(monkeypatch, file) == 0
        text = file.read_text("utf-8")
        assert text.startswith(f"above\n{benchmarks.BEGIN}\n\nOn 20")
        assert text.endswith(f"\n{benchmarks.END}\nbelow\n")
        assert "| a character | 0.03, 0.0412 ms | at most 0.05 ms | met |" in text
        assert "old" not in text


def test_a_quick_one_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_with(monkeypatch, file, "--quick") == 0
    assert file.read_text("utf-8") == FILE
    said = capsys.readouterr().out
    assert "| a / line | 4,000, 3,800, 4,100 edits |  |  |" in said
    assert "missed" not in said


def test_what_was_measured_before_it_went_wrong_is_kept(
    monkeypatch: pytest.MonkeyPatch, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_with(monkeypatch, file, trouble="no such luck") == 2
    text = file.read_text("utf-8")
    assert "| a character | 0.03, 0.0412 ms |" in text
    assert "Not all of it was measured: no such luck." in text
    assert text.endswith(f"\n{benchmarks.END}\nbelow\n")
    assert capsys.readouterr().err == "benchmarks: no such luck\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "lacks the lines"),
        (FILE.replace(benchmarks.END, "").encode(), "lacks the lines"),
        (b"above\n", "lacks the lines"),
        (b"\xff", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_file_without_the_marks_is_told_before_anything_is_measured(
    text: bytes | None,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "RESULTS.md"
    if text is not None:
        file.write_bytes(text)
    assert write_with(monkeypatch, file) == 2
    said = capsys.readouterr()
    assert why in said.err
    assert "a character" not in said.out
    assert text is None or file.read_bytes() == text


def test_a_peer_that_is_not_there_is_told_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:

    def missing(name: str, language: str) -> None:
        raise UsageError(f"{name} is not installed")

    monkeypatch.setattr(benchmarks, "peer", missing)
    assert write_with(monkeypatch, file, "--peer", "pygments") == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "benchmarks: pygments is not installed\n")


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
        "a character typed into 12,143", "a line into", "1,000 characters", "a `$` in a paragraph",
        "a character after 10,000 edits", "realistic, that removed", "settled", "standard mix",
        "hostile mix", "20 edits a document", "nothing remembered", "2 processes beside 1",
        "findings in these 20,000", "| what | characters | latex | pygments |",
    ):  # fmt: skip
        assert what in done.stdout
