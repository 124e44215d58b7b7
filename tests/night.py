"""A campaign in a process of its own, with a clock that jumps: what the test of faults works on.

`python -m tests.night begin|resume SEED`; while it waits for room there is a file `paused`, and
when it ends, what it came to stands in outcome.json.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from fuzzeq.campaign import campaign as campaigns
from fuzzeq.campaign.campaign import Around
from fuzzeq.campaign.config import load_profile
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.state import Run
from fuzzeq.report.campaign_report import report

TARGET = "tests.broken:TROUBLED"
EDITS = 20_000


def values(**others: Any) -> dict[str, Any]:
    """What the command line would say."""
    return {
        "target": TARGET,
        "edits": EDITS,
        "jobs": 2,
        "hang": "10s",
        "memory_mb": 250,
        "regressions": "regressions",
        "mix": {"stream": 8, "exhaustive": 1, "property": 1},
        **others,
    }


def units() -> int:
    """How many units the campaign has."""
    return sum(1 for _ in plan(load_profile("dev", values()).settings(0)))


def main(how: str, seed: int) -> None:
    """Begins or goes on with it."""
    random = Random(seed)

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=random.uniform(-1e8, 1e8))

    def watch(state: Run) -> None:
        if state.paused:
            Path("paused").touch()

    around = Around(watch, clock=clock)
    if how == "begin":
        outcome = campaigns.start(load_profile("dev", values()), around)
    else:
        outcome = campaigns.resume(Path(".fuzzeq/dev"), {"target": TARGET}, around)
    Path("outcome.json").write_text(json.dumps(report(outcome)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
