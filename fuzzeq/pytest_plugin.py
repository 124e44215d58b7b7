"""The pytest plugin: crash files as tests, fixtures for a short run, findings kept.

Loaded with no configuration, and so imported in every run of pytest wherever fuzzeq is installed:
it imports nothing heavy until it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fuzzeq.checking import Meter

SUFFIX = ".fuzzeq.json"

pytest_plugins = ("fuzzeq.pytest_performance",)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all under one group."""
    group = parser.getgroup("fuzzeq", "fuzzeq: differential fuzzing of incremental engines")
    group.addoption(
        "--fuzzeq-edits",
        type=number_of_edits,
        default=1000,
        metavar="N",
        help="edits of a short run by the fixture fuzzeq_check (default: 1000)",
    )
    group.addoption(
        "--fuzzeq-seed",
        default="0",
        metavar="INT|COMMIT",
        help="seed of such a run: same seed, same traces (default: 0)",
    )
    group.addoption(
        "--fuzzeq-target",
        metavar="NAME",
        help="target for crash files and for the fixture fuzzeq_target: a registered "
        "name, or package.module:attribute",
    )
    group.addoption("--fuzzeq-crashes", default="crashes", metavar="DIR",
                    help="where findings of tests are kept, under the root folder "
                    "(default: crashes)")  # fmt: skip


def number_of_edits(text: str) -> int:
    """At least one; argparse says so where it is none."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collects crash files wherever pytest looks."""
    if file_path.name.endswith(SUFFIX):
        return CrashFile.from_parent(parent, path=file_path)
    return None


class CrashFile(pytest.File):
    """A crash file: one test."""

    def collect(self) -> Iterable[pytest.Item]:
        """The one test in it."""
        yield CrashItem.from_parent(self, name="replay")


class CrashItem(pytest.Item):
    """A reproducer: passes where it is fixed. It is run in a worker, since it may kill or hang."""

    def runtest(self) -> None:
        """Replays it. Raises `CrashFailed` where it fails, or cannot be judged."""
        from collections import deque

        from fuzzeq.campaign.scheduler import Done, Lost, schedule
        from fuzzeq.campaign.tasks import Replay
        from fuzzeq.engines.replay import Replayed, Verdict, replay
        from fuzzeq.model.finding import Status

        target = self.config.getoption("--fuzzeq-target")
        replayed: Replayed | None = None
        if self._status() in (Status.DIED, Status.HUNG):
            for event in schedule(deque([Replay(self.path, target)]), 1):
                if isinstance(event, Done):
                    replayed = event.result
                elif isinstance(event, Lost):
                    replayed = Replayed(self.path, Verdict.FAILED, f"its process: {event.how}")
            assert replayed is not None
        else:
            replayed = replay(self.path, target)
        self.user_properties.append(("fuzzeq_verdict", replayed.verdict.value))
        if replayed.verdict != Verdict.FIXED:
            raise CrashFailed(self._story(replayed))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The story alone; where the harness raised, its traceback."""
        if isinstance(excinfo.value, CrashFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """How pytest names it."""
        return self.path, None, f"replay {self.path.name}"

    def _status(self) -> str:
        """How the finding came about; "" where the file cannot be read, which replay will tell."""
        from fuzzeq import crash_store
        from fuzzeq.errors import UsageError

        try:
            return crash_store.load(self.path).finding.status
        except UsageError:
            return ""

    def _story(self, replayed: Any) -> str:
        """What failed, side by side, and how to see it again."""
        from fuzzeq import crash_store
        from fuzzeq.explain import explain, printable

        lines = [f"{replayed.verdict}: {printable(replayed.why)}"]
        if replayed.divergence:
            lines += explain(crash_store.load(self.path).finding, replayed.divergence)
        return "\n".join([*lines, replay_command(self.config, self.path)])


class CrashFailed(Exception):
    """A crash file that still fails, or cannot be judged."""


def replay_command(config: pytest.Config, path: Path, name: str = "") -> str:
    """The command that shows a reproducer again; `name` is the target's, where it is known."""
    from fuzzeq.registry import registered_names, trusted_targets
    from fuzzeq.report import words

    target = config.getoption("--fuzzeq-target")
    if target is None and name and name not in {*registered_names(), *trusted_targets()}:
        target = "MODULE:ATTRIBUTE"  # of the user's own adapter, which only the user knows
    return f"to reproduce: {words.replay_command(str(path), target)}"


@pytest.fixture
def fuzzeq_target(request: pytest.FixtureRequest) -> Any:
    """The target named by --fuzzeq-target. Override it in a conftest.py to give your own."""
    from fuzzeq import load_target

    name = request.config.getoption("--fuzzeq-target")
    if name is None:
        pytest.fail("no target: give --fuzzeq-target, or override the fixture fuzzeq_target")
    return load_target(name)


@pytest.fixture
def fuzzeq_check(request: pytest.FixtureRequest) -> Callable[..., Meter]:
    """`fuzzeq_check(target)`: a short stream run, which fails the test where the target diverges.

    `edits` and `seed` can be given as well; else the options hold. Returns what was counted.
    """

    def run(target: Any, edits: int | None = None, seed: int | None = None) -> Meter:
        from fuzzeq.engines.assertions import assert_no_divergence
        from fuzzeq.seeds import parse_seed

        config = request.config
        wanted = config.getoption("--fuzzeq-edits") if edits is None else edits
        number = parse_seed(config.getoption("--fuzzeq-seed")) if seed is None else seed
        meter = assert_no_divergence(target, wanted, number)
        request.node.user_properties += [
            ("fuzzeq_edits", meter.edits),
            ("fuzzeq_checks", meter.checks),
            ("fuzzeq_seed", number),
        ]
        return meter

    return run


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Keeps the finding of a test that failed with one, shrunk, and says where."""
    outcome = yield
    if call.excinfo is None or not hasattr(call.excinfo.value, "finding"):
        return
    from fuzzeq import crash_store
    from fuzzeq.engines.assertions import Diverged, smallest
    from fuzzeq.errors import UsageError
    from fuzzeq.explain import explain

    if not isinstance(call.excinfo.value, Diverged):
        return
    report: pytest.TestReport = outcome.get_result()
    if all(entry.path != item.path for entry in call.excinfo.traceback):
        # A state machine: no line of the traceback is the user's, so the story is all there is.
        notes = getattr(call.excinfo.value, "__notes__", [])
        report.longrepr = "\n".join([str(call.excinfo.value), *notes])
    finding = smallest(call.excinfo.value)
    if finding.trace != call.excinfo.value.finding.trace:  # Hypothesis may end far above this
        report.sections.append(("fuzzeq: the same, shrunk", "\n".join(explain(finding))))
    folder = item.config.rootpath / item.config.getoption("--fuzzeq-crashes")
    try:
        path = crash_store.store(finding, folder)
    except UsageError as error:
        report.sections.append(("fuzzeq", f"the finding could not be kept: {error}"))
        return
    report.sections.append(
        ("fuzzeq", f"kept as {path}\n{replay_command(item.config, path, finding.target)}")
    )
    properties = [("fuzzeq_reproducer", str(path)), ("fuzzeq_fingerprint", finding.fingerprint)]
    item.user_properties += properties  # JUnit's report takes them when the test is torn down
