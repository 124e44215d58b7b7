"""The pytest plugin's part that measures: marker, fixture, report, baselines, other plugins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzeq.bench.regression import here
from fuzzeq.report.bench_report import report_of_tests, write
from tests.cli_runs import fuzzeq
from tests.test_structure import HEAVY

pytest_plugins = ["pytester"]

TEST = """
import pytest
from fuzzeq import assert_no_regression, assert_within

@pytest.mark.performance(iterations=20, threshold=5.0, method="robust")
def test_work(performance):
    result = performance(lambda: sum(range(COUNT)))
    assert_within(result, median_ms=10_000, p95_ms=10_000)
    performance(lambda: None, warmup=0)

@pytest.mark.performance(baseline="shared", threshold=5.0)
def test_named(performance):
    assert performance(lambda: None).statistics.count == 100

def test_by_hand():
    assert_no_regression("by hand", [1.0, 1.1] * 10)
"""


STEADY = """
from fuzzeq.bench import regression

regression.calibrate = lambda: 0.001
"""
"""What the machine does besides is nothing to these tests."""


@pytest.fixture(name="run")
def run_of_its_own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests in a process of their own, with strict markers, as users have them; whether we run
    under pytest-xdist is nothing to them."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return pytester


def pytest_with(run: pytest.Pytester, count: int, *options: str) -> pytest.RunResult:
    run.makeconftest(STEADY)
    run.makepyfile(TEST.replace("COUNT", str(count)))
    return run.runpytest_subprocess("-p", "no:randomly", *options)


def test_without_baseline_it_says_so_and_fails_nothing(run: pytest.Pytester) -> None:
    result = pytest_with(run, 100)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*performance*", "*::test_work: no baseline yet*", "shared: no*"])
    assert not (run.path / ".fuzzeq").exists()


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_accepted_report_is_what_the_next_run_is_judged_by(
    run: pytest.Pytester, options: tuple[str, ...]
) -> None:
    report = ("--fuzzeq-bench-report", "report.json", "--fuzzeq-baselines", "known")
    result = pytest_with(run, 2000, *report, *options)
    result.assert_outcomes(passed=3)
    accept = "fuzzeq bench baseline accept --baselines known report.json"
    result.stdout.fnmatch_lines([f"to make this the baseline: {accept}"])
    names = [each["name"] for each in json.loads(Path("report.json").read_text())["measurements"]]
    test = next(run.path.glob("test_*.py")).name
    assert sorted(names) == [
        "shared", f"{test}::test_work", f"{test}::test_work/2",
    ]  # fmt: skip
    assert not Path("known").exists()  # nothing is written but by who accepts
    done = subprocess.run(
        [sys.executable, "-m", *accept.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pytest_with(run, 2000, *report, *options).assert_outcomes(passed=3)
    slower = pytest_with(run, 2_000_000, *report, *options)
    slower.assert_outcomes(passed=2, failed=1)
    slower.stdout.fnmatch_lines(["*test_work: worse than is allowed*"])
    assert json.loads(Path("report.json").read_text())["verdict"] == "failed"


def test_test_that_failed_is_not_accepted(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        from fuzzeq import assert_within

        def test_good(performance):
            performance(int)

        def test_slow(performance):
            assert_within(performance(int), median_ms=0)
        """
    )
    accept = [sys.executable, "-m", "fuzzeq", "bench", "baseline", "accept", "report.json"]
    for options, status, told in (
        ((), 0, "accepted 1 of report.json (failed)"),
        (("-k", "slow"), 2, "report.json has no samples of a test that passed"),
    ):
        result = run.runpytest_subprocess("--fuzzeq-bench-report", "report.json", *options)
        assert result.parseoutcomes()["failed"] == 1
        done = subprocess.run(accept, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert told in done.stdout + done.stderr
    report = json.loads(Path("report.json").read_text())
    assert report["verdict"] == "failed"
    assert [each["failed"] for each in report["measurements"]] == [True]


def test_what_was_not_accepted_is_named(tmp_path: Path) -> None:
    tests = [
        {"name": name, "test": name, "samples": samples, "verdict": "", "fails": False,
         "failed": name != "a", "sentence": ""}
        for name, samples in (("a", [1.0]), ("b", [1.0]), ("c", [1.0]), ("nothing", []))
    ]  # fmt: skip
    report = tmp_path / "report.json"
    write(report_of_tests(tests, *here()), report)
    accept = ("bench", "baseline", "accept", str(report), "--baselines", str(tmp_path / "known"))
    ended = fuzzeq(*accept)
    assert ended.status == 0, ended
    lines = ended.out.splitlines()
    assert lines[1] == "not accepted, since their tests failed: b, c"
    (stored,) = (tmp_path / "known").glob("*.json")
    assert set(json.loads(stored.read_text())["baselines"]) == {"a"}


@pytest.mark.parametrize(
    "marker",
    [
        "performance(20)",
        "performance(repeats=3)",
        "performance(method='guess')",
        "performance(threshold=-1)",
        "performance(threshold=float('nan'))",
    ],
)
def test_marker_that_makes_no_sense_is_an_error(run: pytest.Pytester, marker: str) -> None:
    run.makepyfile(
        f"import pytest\n@pytest.mark.{marker}\ndef test_it(performance):\n    performance(int)\n"
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageError*"])


def test_markers_are_listed(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess("--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.performance(iterations=*", "@pytest.mark.slow:*"])


def test_beside_pytest_benchmark(run: pytest.Pytester) -> None:
    pytest.importorskip("pytest_benchmark")
    run.makepyfile(
        """
        def test_both(performance, benchmark):
            performance(lambda: None)
            benchmark(lambda: None)
        """
    )
    result = run.runpytest_subprocess("--fuzzeq-bench-report", "ours.json", "--benchmark-json=x")
    result.assert_outcomes(passed=1)
    assert Path("ours.json").exists()
    assert Path("x").exists()


def test_where_nothing_is_measured_nothing_heavy_is_loaded(run: pytest.Pytester) -> None:
    run.makepyfile(
        f"""
        import sys

        def test_it():
            assert [name for name in {HEAVY!r} if name in sys.modules] == []
            assert "fuzzeq.bench.baselines" not in sys.modules
        """
    )
    plugins = ("hypothesispytest", "xdist", "benchmark", "pytest_cov", "randomly")
    result = run.runpytest_subprocess(*(f"-pno:{name}" for name in plugins))
    result.assert_outcomes(passed=1)


def test_what_cannot_be_judged_fails_its_test_and_not_the_session(run: pytest.Pytester) -> None:
    key = here()[0].key
    (run.path / "known" / f"{key}.json").mkdir(parents=True)
    result = pytest_with(run, 10, "--fuzzeq-baselines", "known")
    result.assert_outcomes(failed=3)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["*UsageError: cannot read *"])


def test_two_tests_with_one_baseline_are_told(run: pytest.Pytester) -> None:
    run.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.performance(baseline="shared", iterations=5)
        def test_it(performance, number):
            performance(int)
        """
    )
    result = run.runpytest_subprocess("--fuzzeq-bench-report", "report.json", "-pno:randomly")
    result.stdout.fnmatch_lines(
        ["fuzzeq: *test_it?1? and *test_it?2? have one baseline, 'shared'*"]
    )
    assert not Path("report.json").exists()


def test_of_a_test_that_was_run_again_the_last_run_counts() -> None:
    tests = [
        {"name": "a", "test": "a", "samples": [second], "verdict": "", "fails": False,
         "failed": False, "sentence": ""} for second in (1.0, 2.0)
    ]  # fmt: skip
    report = report_of_tests(tests, *here())
    assert [each["samples"] for each in report["measurements"]] == [[2.0]]
