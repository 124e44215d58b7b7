"""Hypothesis's profiles for fuzzeq's tests: `dev`, `ci`, `nightly`.

    python -m pytest --hypothesis-profile=nightly

Hypothesis calls `register` when it is imported (entry-point group `hypothesis`), so that this costs
nothing in a run without Hypothesis. A profile that has its name already stays as it is: `ci` is
Hypothesis's own in the versions that have one, and is loaded by itself where `CI` is set; what a
user registers afterwards takes the place of ours. None is loaded here.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.errors import InvalidArgument


def register() -> None:
    """Registers the profiles whose names are free.

    `dev` is over in seconds. `ci` draws the same every time, and has no database. `nightly` is
    large, and keeps what fails in the database, wherever it runs.
    """
    plain = settings.get_profile("default")  # what is loaded now may be `ci`, with no database
    free = {
        "dev": settings(plain, max_examples=25, stateful_step_count=30),
        "ci": settings(plain, derandomize=True, database=None, print_blob=True),
        "nightly": settings(plain, max_examples=10_000, stateful_step_count=100, print_blob=True),
    }
    for name, profile in free.items():
        try:
            settings.get_profile(name)
        except InvalidArgument:
            quiet = settings(profile, deadline=None, suppress_health_check=[HealthCheck.too_slow])
            settings.register_profile(name, quiet)
