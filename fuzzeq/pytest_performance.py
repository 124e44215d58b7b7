"""The pytest plugin's part that measures: markers, the fixture `performance`, a report.

Loaded with the plugin, so it imports nothing heavy until it is used. Works beside pytest-benchmark,
whose fixture and options have other names.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fuzzeq.bench.performance import Performance

MEASURED = "fuzzeq_measured"
"""The attribute of a test's report, of plain lists and dictionaries, so that it travels from the
processes of pytest-xdist."""
ARGUMENTS = ("iterations", "threshold", "method", "baseline")

_performance = pytest.StashKey["Performance"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where baselines are, and the report."""
    group = parser.getgroup("fuzzeq")
    group.addoption(
        "--fuzzeq-baselines",
        metavar="DIR",
        help="baselines of the fixture performance, under the root folder "
        "(default: .fuzzeq/baselines)",
    )
    group.addoption(
        "--fuzzeq-bench-report",
        metavar="FILE.json",
        help="write what the fixture performance measured; "
        "'fuzzeq bench baseline accept FILE.json' makes it the baseline",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Markers, the folder of baselines, and whoever collects what tests measured."""
    from fuzzeq.bench import folder

    config.addinivalue_line(
        "markers",
        "performance(iterations=100, threshold=0.05, method='robust', baseline=NAME): how the "
        "fixture performance measures; threshold is the share by which a test may be slower",
    )
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    said = config.getoption("--fuzzeq-baselines")
    folder.current = config.rootpath / (folder.FOLDER if said is None else said)
    if not hasattr(config, "workerinput"):  # not in a process of pytest-xdist, which only sends
        config.pluginmanager.register(Collected(config), "fuzzeq-measured")


@pytest.fixture
def performance(request: pytest.FixtureRequest) -> Performance:
    """`performance(function)` measures it, and fails the test where it is slower than its baseline.
    The marker `performance` says how."""
    from fuzzeq.bench import folder
    from fuzzeq.bench.performance import Performance
    from fuzzeq.errors import UsageError

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("performance"))):
        if marker.args or marker.kwargs.keys() - set(ARGUMENTS):
            raise UsageError(f"the marker performance takes {', '.join(ARGUMENTS)}, by name")
        options |= marker.kwargs
    name = options.pop("baseline", request.node.nodeid)
    measuring = Performance(name, folder.current, **options)
    request.node.stash[_performance] = measuring
    return measuring


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Hands on what a test measured."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    measuring = item.stash.get(_performance, None)
    if measuring is None or call.when != "call":
        return
    setattr(
        report,
        MEASURED,
        [
            {
                "name": measured.name,
                "test": item.nodeid,
                "samples": list(measured.samples),
                "sentence": judgement.sentence,
                "verdict": judgement.verdict.value,
                "fails": judgement.fails,
                "failed": report.failed,
            }
            for measured, judgement in measuring.judged
        ],
    )


class Collected:
    """What all tests measured."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.measured: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes it from a test's report."""
        self.measured += getattr(report, MEASURED, [])

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says what was judged, writes the report, and says how it becomes the baseline."""
        if not self.measured:
            return
        from fuzzeq.explain import printable

        terminalreporter.section("performance")
        for measured in self.measured:
            terminalreporter.line(printable(measured["sentence"]))
        said = self.config.getoption("--fuzzeq-bench-report")
        if said is None:
            return
        from fuzzeq.bench.regression import here
        from fuzzeq.errors import UsageError
        from fuzzeq.report import bench_report

        path = Path(said)
        try:
            bench_report.write(bench_report.report_of_tests(self.measured, *here()), path)
        except UsageError as error:
            terminalreporter.line(f"fuzzeq: {error}", red=True)
            return
        folder = self.config.getoption("--fuzzeq-baselines")
        option = f" --baselines {folder}" if folder else ""
        terminalreporter.line(
            f"to make this the baseline: fuzzeq bench baseline accept{option} {path}"
        )
