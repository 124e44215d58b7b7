"""Memory over a campaign: a target that leaks is told with its numbers, and the supervisor's own
stays flat."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

import pytest

from fuzzeq.campaign import scheduler, watch
from fuzzeq.campaign.encoding import key_of
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.tasks import RunUnit
from fuzzeq.report.campaign_report import report
from tests.campaign_runs import broken, run, values

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


def test_a_target_that_leaks_is_found_with_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_MEMORY_SECONDS", 0.0)
    monkeypatch.setattr(watch, "FEWEST_SAMPLES", 8)
    wanted = values("LEAKS", 6000, memory_mb=4096)
    outcome = run(wanted)
    assert broken(outcome) == ["leak"]
    (leak,) = outcome.state.leaks
    assert leak.mb_per_hour > 10_000
    assert leak.grown_mb > 100
    (finding,) = report(outcome)["findings"]
    assert (finding["oracle"], finding["kind"]) == ("memory", "leak")
    assert finding["mb_per_hour"] == round(leak.mb_per_hour, 1)
    assert report(outcome)["verdict"] == "findings"
    healthy = run(values("HEALTHY", 6000, folder=".healthy"))
    assert healthy.state.leaks == []


@pytest.mark.slow
def test_the_supervisors_memory_is_flat_over_a_million_edits() -> None:
    """Everything but the units is real: each of an engine comes to what the first of it came to."""
    results: dict[str, Any] = {}

    def executor(
        tasks: deque[Any], jobs: int, limits: scheduler.WorkerLimits
    ) -> Generator[scheduler.Event, None, None]:
        while tasks:
            task = tasks.popleft()
            kind = task.unit.engine if isinstance(task, RunUnit) else key_of(task)
            if kind not in results:
                results[kind] = task.run(lambda note: None)
            yield scheduler.Done(task, results[kind])
            yield scheduler.Tick(((1, 1 << 26),))

    wanted = values("LOSES_COUNT", 1_000_000, canaries=0)
    outcome = run(wanted, executor=executor)
    assert sum(unit.edits for unit in plan(outcome.state.settings)) >= 1_000_000
    assert outcome.state.units_done == outcome.state.units_planned
    first, last = outcome.state.own_memory
    assert last - first < 20 << 20
