"""How much the LaTeX lexer reuses, driver by driver: always being right by reading everything again
would pass every other test of results.

Characters are counted and no seconds, so the shares are the same everywhere; the floors lie a few
points below them. Documents are large, since what is read again around any edit hides the rest.
"""

from __future__ import annotations

from typing import Any

import pytest

from fuzzeq.checking import LARGE, Meter, check, keystroke
from fuzzeq.engines.unit import language_for
from fuzzeq.generate import RandomSource, Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.observation import Cause, Comparison, Raised
from fuzzeq.model.trace import Trace
from fuzzeq.targets.latex import TARGET, LatexTarget
from fuzzeq.targets.latex.incremental import BlockEngine
from tests.test_planted import BY_NAME

FLOORS = {
    "typing": 0.97,
    "deleting": 0.95,
    "erasing": 0.96,
    "pasting": 0.9,
    "hazards": 0.9,
    "tweaks": 0.87,
    "characters": 0.95,
    "joining": 0.95,
    "splitting": 0.95,
    "blanking": 0.95,
    "whole lines": 0.8,
    "several": 0.8,
}
"""Nothing is left to be reused where `replacing all` has been."""


def reuse(target: Any, driver: str, documents: int, goes: int) -> float:
    """The share of characters not examined again, over so many goes of a driver on each of so many
    documents, as long as they are large."""
    language = language_for(target)
    examined = characters = 0
    for number in range(documents):
        source = RandomSource(f"{driver}:{number}")
        swarm = Swarm(source)
        document = draw_document(source, language, swarm, LARGE + 1024)
        handle = target.open(document)
        for _ in range(goes):
            for step in DRIVERS[driver](source, language, swarm, document):
                document = apply_all(document, step)
                handle.apply(step)
                if len(document) >= LARGE:
                    examined += handle.work()
                    characters += len(document)
    return 1 - examined / characters


@pytest.mark.parametrize("driver", FLOORS)
def test_driver_reuses_its_share(driver: str) -> None:
    assert reuse(TARGET, driver, 10, 10) >= FLOORS[driver]


@pytest.mark.parametrize("driver", FLOORS)
def test_engine_that_reads_everything_is_below_the_floor(driver: str) -> None:
    assert reuse(BY_NAME["reads-everything"].target, driver, 5, 1) < FLOORS[driver] / 10


def test_every_driver_that_leaves_something_has_its_floor() -> None:
    assert set(DRIVERS) - set(FLOORS) == {"replacing all"}


class Overstating(BlockEngine):
    """Reports every item as changed, whatever the edit."""

    def changed(self) -> tuple[int, int]:
        """All of the result."""
        return 0, len(self.result())


LINES = "some text\n" * 900
TYPED, ERASED = ((Edit(50, 50, "x"),),), ((Edit(50, 51, ""),),)


@pytest.mark.parametrize(
    ("engine", "trace", "edits", "everything"),
    [
        (BlockEngine, Trace(LINES, TYPED), 1, 0),
        (BlockEngine, Trace(LINES, ERASED * 3), 3, 0),
        (Overstating, Trace(LINES, TYPED * 2), 2, 2),
        (BlockEngine, Trace(LINES[:500], TYPED), 0, 0),
        (BlockEngine, Trace(LINES, ((Edit(50, 50, "xy"),),)), 0, 0),
        (BlockEngine, Trace(LINES, ((Edit(50, 51, "x"),),)), 0, 0),
        (BlockEngine, Trace(LINES, ((), (Edit(50, 50, ""),))), 0, 0),
        (BlockEngine, Trace(LINES, ((*TYPED[0], *TYPED[0]),)), 0, 0),
    ],
)
def test_keystrokes_in_large_documents_are_counted(
    engine: type[BlockEngine], trace: Trace, edits: int, everything: int
) -> None:
    meter = Meter()
    assert check(LatexTarget("counted", engine), trace, meter) is None
    assert (meter.keystrokes["edits"], meter.keystrokes["everything"]) == (edits, everything)
    assert (meter.keystroke_reuse is None) == (edits == 0)
    assert (meter.keystroke_reuse or 1) > 0.99
    total = Meter()
    total.add(meter)
    total.add(meter)
    assert total.keystrokes["edits"] == 2 * edits
    assert total.keystroke_reuse == meter.keystroke_reuse


def test_engine_without_reuse_shows_in_its_keystrokes() -> None:
    meter = Meter()
    check(BY_NAME["reads-everything"].target, Trace(LINES, TYPED), meter)
    assert meter.keystroke_reuse == 0


def test_keystroke_without_work_or_result_counts_as_an_edit() -> None:
    dead = Comparison(1, Cause.EDITS, LINES, (), Raised("E", "", "result"), TYPED[0], LINES)
    assert keystroke(dead) == {"edits": 1}
