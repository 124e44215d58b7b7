"""Residual risk: what a night without anything new says, and no more than that.

If something has not happened in n independent trials, its probability in one of them is below 3/n
with a confidence of 95 % (the rule of three; Hanley and Lippman-Hand, "If nothing goes wrong, is
everything all right?", JAMA 249, 1983). The edits of one unit share a document and a swarm, and are
far from independent; units are drawn each by itself. So the bound is given by units as well, and
that one is the one to believe.
"""

from __future__ import annotations

from typing import Any

FEWEST = 30
"""Trials below which the rule is too rough to be told."""


def bound(trials: int) -> float | None:
    """The most that a probability is, with 95 % confidence, that was met in none of so many trials;
    None where they are too few to say."""
    return 3 / trials if trials >= FEWEST else None


def residual(edits: int, units: int) -> dict[str, Any]:
    """What so many compared edits and units since the last new behaviour say, as JSON values."""
    return {
        "edits_since_new": edits,
        "units_since_new": units,
        "per_edit_below": bound(edits),
        "per_unit_below": bound(units),
        "words": words(edits, units),
    }


def words(edits: int, units: int) -> str:
    """The same in words."""
    since = f"{edits:,} edits in {units:,} units have been compared since anything new showed."
    by_unit, by_edit = bound(units), bound(edits)
    if by_unit is None or by_edit is None:
        return f"{since} That is too little to say anything about what is left."
    return (
        f"{since} If units were independent, the chance that the next one shows something new "
        f"would be below {by_unit:.2g} (95 % confidence, rule of three); counted by edits, which "
        f"resemble each other, below {by_edit:.2g}. This is about what these engines draw from "
        "these hazards and samples, on this version: of bugs out of their reach it says nothing."
    )
