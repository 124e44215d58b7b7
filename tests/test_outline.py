"""fuzzeq on an engine that it has never seen: the outliner of tests/outline.py, and its ten bugs.

The target has no recipe, no samples and no pieces: what is drawn for it is drawn for anyone.
"""

from __future__ import annotations

import pytest

from fuzzeq import Edit, Probe, ProbeName, Target, Trace, check, load_target
from fuzzeq.campaign.tasks import Hunt, Hunted
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.oracles import ORACLES
from tests.notation import trace
from tests.outline import OUTLINE, outline

SEED = 1
HEALTHY_EDITS = 3_000
EDITS_TO_KILL = 20_000


AGAIN = (Edit(0, 0, "x"),)
RESUME = Probe(ProbeName.RESUME, 0)


def letters(*offsets: int) -> list[tuple[Edit]]:
    """Steps that each put an x in the place of one letter."""
    return [(Edit(offset, offset + 1, "x"),) for offset in offsets]


def written(document: str) -> list[str]:
    """An outline, an entry a line: `kind`, depth, number or words, and the text in its range."""
    return [
        f"{entry.kind} {entry.depth} {'.'.join(map(str, entry.number)) or entry.words} "
        f"{document[entry.start : entry.end]}"
        for entry in outline(document)
    ]


# The bug; the oracle that sees it; a trace that shows it; one as like it as can be, which does not.
BUGS = [
    (
        "LONG_LINE",
        "equality",
        trace("a" * 100 + "a«b→ »c"),
        trace("a" * 97 + "a«b→ »c"),
    ),
    (
        "FORTY_LINES",
        "equality",
        trace("«→b »" + "a\n" * 40 + "a"),
        trace("«→b »" + "a\n" * 39 + "a"),
    ),
    (
        "EMPTIED",
        "equality",
        trace("«# a\nb→»"),
        trace("«# a\nb→\n»"),
    ),
    (
        "SIXTY_EDITS",
        "equality",
        trace("a\nb", *[AGAIN] * 60, "«→```\n»" + "x" * 60 + "a\nb"),
        trace("a\nb", *[AGAIN] * 59, "«→```\n»" + "x" * 59 + "a\nb"),
    ),
    (
        "FIVE_DEEP",
        "equality",
        trace("«→{\n»{\n{\n{\n{\na\n"),
        trace("«→{\n»{\n{\n{\na\n"),
    ),
    (
        "LINE_END_JOINED",
        "equality",
        trace("a\r«→\n»b"),
        trace("a\n«→\n»b"),
    ),
    (
        "SECOND_EDIT",
        "equality",
        trace("«→xy\n»a\n«→```»b\n"),
        trace("«→xy\n»a\nb\n", "xy\na\n«→```»b\n"),
    ),
    (
        "STALE_TAIL",
        "resume",
        trace("a\nb\n", RESUME, "«a\n→»b\n", RESUME),
        trace("a\nb\n", RESUME, "«a→»\nb\n", RESUME),
    ),
    (
        "NEVER_CONVERGES",
        "work",
        trace("one two three\n" * 40, *letters(0, 14, 28)),
        trace("one two three\n" * 40, *letters(0, 14, 4)),
    ),
    (
        "CHANGED_TOO_SMALL",
        "changes",
        trace("«→x »a\nb\n"),
        trace("«→x »a\n\nb\n"),
    ),
]


def hunt(name: str, edits: int) -> Hunted:
    return Hunt(f"tests.outline:{name}", SEED, edits, shrinks=False).run(lambda note: None)


def check_bug(name: str, oracle: str, shows: Trace, spares: Trace) -> None:
    """The bug is seen on one trace and not on the other; the healthy engine passes both."""
    bug = load_target(f"tests.outline:{name}")
    divergence = check(bug, shows)
    assert divergence is not None
    assert divergence.oracle == oracle
    assert check(bug, spares) is None
    assert check(OUTLINE, shows) is None
    assert check(OUTLINE, spares) is None


def test_outline_is_what_it_says() -> None:
    document = "# One\n## Two\r\na b\rc\n\n{\nd\n### Three\n}\n}\n```\n# e\n{\n```\n# Four"
    assert written(document) == [
        "heading 0 1 # One",
        "heading 0 1.1 ## Two",
        "text 0 2 a b",
        "text 0 3 c",
        "open 0 0 {",
        "text 1 1 d",
        "heading 1 1.1.1 ### Three",
        "close 0 0 }",
        "close 0 0 }",
        "fence 0 0 ```",
        "code 0 0 # e",
        "code 0 0 {",
        "fence 0 0 ```",
        "heading 0 2 # Four",
    ]


def test_outline_is_a_target_with_some_capabilities() -> None:
    target: Target = OUTLINE
    assert capabilities(target, target.open("")) == {
        Capability.WORK,
        Capability.CHANGES,
        Capability.CHECKPOINTS,
        Capability.HAZARDS,
    }


@pytest.mark.slow
def test_healthy_outline_is_not_accused() -> None:
    hunted = hunt("OUTLINE", HEALTHY_EDITS)
    assert hunted.shrunk is None
    assert hunted.meter.edits == HEALTHY_EDITS
    assert hunted.meter.reuse is not None
    assert hunted.meter.reuse > 0.75
    # Every oracle had something to judge, but for those whose capabilities are missing.
    missing = {"snapshots", "lossless"}
    assert set(hunted.meter.judged) == {oracle.name for oracle in ORACLES} - missing


@pytest.mark.parametrize(
    ("name", "oracle", "shows", "spares"), BUGS, ids=[name for name, *_ in BUGS]
)
def test_bug_shows_on_one_trace_and_not_on_its_neighbour(
    name: str, oracle: str, shows: Trace, spares: Trace
) -> None:
    check_bug(name, oracle, shows, spares)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, *_ in BUGS])
def test_bug_dies_on_drawn_traces(name: str) -> None:
    hunted = hunt(name, EDITS_TO_KILL)
    assert hunted.shrunk is not None, f"survived {hunted.edits} edits"
