"""A campaign's log: its units run again to the same digests, and what cannot be is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzeq.campaign import events
from tests.campaign_runs import FOLDER, MIXED, digests, run, values
from tests.cli_runs import check_usage_error, fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")


def test_units_of_the_log_run_again_to_the_same_digests() -> None:
    run(values("LOSES_COUNT", 1500, **MIXED))
    target = ["--target", "tests.broken:LOSES_COUNT"]
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 0
    assert ended.out == f"{len(digests())} units run again: {len(digests())} same, 0 different\n"
    ended = fuzzeq("replay", "--log", str(FOLDER), "--unit", "property:0", *target)
    assert ended.out.startswith("SAME property:0: ")
    path = FOLDER / events.NAME
    path.write_text(path.read_text().replace(digests()["stream:1"], "0" * 16))
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 1
    assert ended.out.startswith("DIFFERENT stream:1: ")
    assert "1 different" in ended.out


def test_units_of_the_guided_engine_are_not_run_again() -> None:
    pytest.importorskip("atheris", reason="Atheris has no wheel for this platform")
    mix = {"stream": 1, "guided": 1}
    run(values("HEALTHY", 1000, mix=mix, corpus="entries", **{"gates.silent_oracles": "none"}))
    assert list(Path("entries").iterdir())
    target = ["--target", "tests.broken:HEALTHY"]
    ended = fuzzeq("replay", "--log", str(FOLDER), *target)
    assert ended.status == 0
    assert ended.out.startswith("2 units run again: 2 same, 0 different\n2 guided units not run")
    check_usage_error(
        ["replay", "--log", str(FOLDER), "--unit", "guided:1", *target], "guided:1 cannot be run"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--unit", "stream:99"], "has no unit 'stream:99'; it has such as stream:"),
        ([], "nothing that a file names is imported"),
        (["--target", "latex"], "was begun on tests.broken:HEALTHY, not on latex"),
    ],
)
def test_what_cannot_be_run_again_is_told(arguments: list[str], words: str) -> None:
    run(values("HEALTHY", 500))
    check_usage_error(["replay", "--log", str(FOLDER), *arguments], words)


@pytest.mark.parametrize(
    "line",
    [
        "",
        '{"event": "began", "about": 3}',
        (
            '{"event": "began", "about": {"values": {"target": "latex"}, "seed": 0}}\n'
            '{"event": "unit", "unit": "../x:1", "edits": 1, "skip": [], "digest": "0"}'
        ),
        (
            '{"event": "began", "about": {"values": 3, "seed": 0}}\n'
            '{"event": "unit", "unit": "stream:1", "edits": 1, "skip": [], "digest": "0"}'
        ),
    ],
)
def test_a_log_that_is_none_is_told(line: str) -> None:
    Path("log").write_text(line + "\n")
    check_usage_error(["replay", "--log", "log"], "has no unit that could be run again")


def test_a_unit_without_a_log_is_told() -> None:
    check_usage_error(["replay", "--unit", "stream:0"], "give --log FOLDER as well")
