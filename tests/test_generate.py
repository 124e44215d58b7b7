"""The generator: what it draws fits, nothing in it is dead, and every hazard of the specification
is drawn by something that has a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzzeq.engines import stream
from fuzzeq.generate import Language, Limits, RandomSource, Swarm, draw_trace
from fuzzeq.generate.documents import CHARACTERS, draw_document, line_start
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.generate.hypothesis_source import strategy
from fuzzeq.generate.rewrites import REWRITES
from fuzzeq.generate.source import Source, magnitude
from fuzzeq.generate.traces import PROBES
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.recipes import recipe_for

ROOT = Path(__file__).parents[1]
UNITS = 300
SMALL = Limits(document=128, steps=12)
SAMPLES = ("one\ntwo $x$\r\nthree % four\rfive\n", "\\begin{verbatim}\n$\n\\end{verbatim}\n")
RECIPES = ("latex", "keystrokes", "no_such_recipe")


class Change(NamedTuple):
    """An edit, and the documents before and after it."""

    before: str
    edit: Edit
    after: str

    def near(self, reach: int = 16) -> tuple[str, str]:
        """The text around the edit, before it and after it."""
        start, low = self.edit.start, max(self.edit.start - reach, 0)
        behind = start + len(self.edit.text)
        return self.before[low : self.edit.end + reach], self.after[low : behind + reach]

    @property
    def is_letter(self) -> bool:
        """Whether one character comes or goes."""
        return len(self.edit.text) + self.edit.end - self.edit.start == 1


Shows = Callable[[Change], bool]


def appears(pattern: str) -> Shows:
    """Whether a change brings something that matches the pattern."""
    compiled = re.compile(pattern)

    def shows(change: Change) -> bool:
        before, after = change.near()
        return len(compiled.findall(after)) > len(compiled.findall(before))

    return shows


def goes(pattern: str) -> Shows:
    """Whether a change takes away something that matches the pattern."""

    def shows(change: Change) -> bool:
        undone = Edit(change.edit.start, change.edit.start + len(change.edit.text), "")
        undone = undone._replace(text=change.before[change.edit.start : change.edit.end])
        return appears(pattern)(Change(change.after, undone, change.before))

    return shows


def by_letter(shows: Shows) -> Shows:
    """Whether one character coming or going does it."""
    return lambda change: change.is_letter and shows(change)


def far_above(switch: str, pattern: str) -> Shows:
    """Whether a switch comes or goes, and a match stands at least 500 characters below."""
    compiled = re.compile(pattern)

    def shows(change: Change) -> bool:
        switched = appears(switch)(change) or goes(switch)(change)
        return switched and bool(compiled.search(change.after, change.edit.start + 500))

    return shows


def exchanged(change: Change) -> bool:
    """Whether the delimiter of a `\\verb` is another one."""
    before, after = (re.findall(r"\\verb([^a-zA-Z*\s])", text) for text in change.near())
    return len(before) == len(after) and before != after


def unveiled(change: Change) -> bool:
    """Whether blanks come to stand at a line's end because text behind them goes."""
    start = change.edit.start
    at_end = start == len(change.after) or change.after[start] in "\r\n"
    return not change.edit.text and at_end and change.after[max(start - 1, 0) : start] == " "


# Each hazard of the last section of docs/LATEX_TOKENS.md, as it is called there, in order, and
# what has to be seen in the changes of a run. The two giants are looked for where they are drawn.
HAZARDS: dict[str, tuple[Shows, ...]] = {
    "a lone `$`": (appears(r"(?<!\$)\$(?!\$)"), goes(r"(?<!\$)\$(?!\$)")),
    "`$$` made of, or split into, two": (
        by_letter(appears(r"\$\$")),
        appears(r"\$[^$]\$"),
        lambda change: goes(r"\$[^$]+\$")(change) and appears(r"\$\$")(change),
    ),
    "`%` before and after a backslash": (
        appears(r"%\\"), appears(r"\\%"), by_letter(appears(r"%\\")),
        by_letter(appears(r"\\%")), by_letter(goes(r"\\%")),
    ),
    "a backslash before a delimiter, a letter, a line's end": (
        by_letter(appears(r"\\[{}$|()\[\]]")),
        by_letter(appears(r"\\[a-z]")),
        by_letter(appears(r"\\[\r\n]")),
    ),
    "trailing blanks appearing when text behind them goes": (unveiled,),
    "a blank line made or filled": (appears(r"\n[ \t]*\n"), goes(r"\n[ \t]*\n")),
    "`\\begin{verbatim}` assembled or broken letter by letter": (
        by_letter(appears(r"\\begin{verbatim}")),
        by_letter(goes(r"\\begin{verbatim}")),
    ),
    "its name extended (`verbatimx`)": (by_letter(appears("{verbatim[x*]}")),),
    "its `\\end` moved into a comment": (by_letter(appears(r"%\\end{")),),
    "`\\verb` and its delimiter swapped": (exchanged,),
    "`\\makeatletter` far above a `\\foo@bar`": (far_above(r"\\makeatletter", r"\\foo@bar"),),
    "`\\ExplSyntaxOn` far above a blank": (far_above(r"\\ExplSyntaxOn", " "),),
    "`^^` chains": (appears(r"\^\^(\^\^|5e)"), appears(r"\^{4}[0-9a-f]{4}")),
    "`\\r` against `\\n`": (appears("\r\n"), appears("\n\r"), goes("\r\n")),
    "joining `\\r` and `\\n`": (
        by_letter(appears("\r\n")),
        lambda change: not change.edit.text and appears("\r\n")(change),
    ),
    "combining marks, astral characters, lone surrogates, U+2028": (
        appears("\u0301"), appears("[\U00010000-\U0010ffff]"), appears("[\ud800-\udfff]"),
        appears("\u2028"),
    ),
    "NUL": (appears("\0"),),
}  # fmt: skip
GIANTS = ("a line of 100,000 characters", "a million empty lines")


@cache
def recipe(name: str) -> Any:
    return recipe_for(name)


@cache
def language(name: str = "latex") -> Language:
    made: Language = recipe(name).language(SAMPLES, ())
    return made


@cache
def run() -> tuple[Counter[tuple[str, str]], list[Trace]]:
    """What some hundred units draw, each with a swarm of its own, and two traces of each."""
    drawn: Counter[tuple[str, str]] = Counter()
    traces = []
    for unit in range(UNITS):
        source = RandomSource(f"run:{unit}")
        swarm = Swarm(source)
        traces += [draw_trace(source, language(), swarm, Limits()) for _ in range(2)]
        drawn += swarm.drawn
    return drawn, traces


def small_traces(count: int, name: str = "latex") -> Iterator[Trace]:
    for number in range(count):
        source = RandomSource(f"small:{number}")
        yield draw_trace(source, language(name), Swarm(source), SMALL)


def check_trace(trace: Trace, limits: Limits) -> None:
    """A trace that a harness will take."""
    assert trace.is_valid
    assert trace.steps
    for step in trace.steps:
        if isinstance(step, Probe):
            assert isinstance(step.name, ProbeName)
            assert step.argument is None or step.argument >= 0
    # Whole hazards, blocks and broken places go beyond what was wanted, but not far.
    assert len(trace.document) <= 3 * limits.document + 2048


def draws(source: Source) -> list[object]:
    return [
        [source.integer(-3, 3) for _ in range(50)],
        [source.choice("abc") for _ in range(50)],
        [source.boolean(0.3) for _ in range(50)],
        [source.more(2) for _ in range(50)],
        [magnitude(source, 0, 999) for _ in range(50)],
    ]


def test_same_seed_gives_the_same_decisions_and_another_seed_others() -> None:
    assert draws(RandomSource("1:2")) == draws(RandomSource("1:2"))
    assert draws(RandomSource("1:2")) != draws(RandomSource("1:3"))
    assert draws(RandomSource("")) != draws(RandomSource("\ud7ff é"))


@pytest.mark.parametrize("name", RECIPES)
def test_same_seed_gives_the_same_traces(name: str) -> None:
    assert list(small_traces(20, name)) == list(small_traces(20, name))


def test_decisions_are_as_likely_as_they_should_be() -> None:
    source, rounds = RandomSource("likely"), 20_000
    numbers = Counter(source.integer(-2, 3) for _ in range(rounds))
    assert set(numbers) == set(range(-2, 4))
    assert min(numbers.values()) > rounds / 6 * 0.9
    assert {source.integer(7, 7) for _ in range(9)} == {7}
    assert {source.choice("abc") for _ in range(99)} == set("abc")
    for probability in (0.0, 0.2, 1.0):
        share = sum(source.boolean(probability) for _ in range(rounds)) / rounds
        assert abs(share - probability) <= (0.02 if 0 < probability < 1 else 0)
    elements = sum(source.more(3) for _ in range(rounds))
    assert 2.7 < elements / (rounds - elements) < 3.3


@given(st.text(max_size=3), st.integers(0, 300), st.integers(0, 5000))
@settings(max_examples=100, deadline=None)
def test_magnitude_lies_within_its_bounds(seed: str, low: int, more: int) -> None:
    source = RandomSource(seed)
    assert all(low <= magnitude(source, low, low + more) <= low + more for _ in range(20))


@pytest.mark.parametrize(("low", "high"), [(0, 256), (1, 8192), (0, 1), (5, 100), (64, 64), (0, 0)])
def test_magnitude_draws_every_size_evenly(low: int, high: int) -> None:
    source, rounds = RandomSource("even"), 4000
    sizes = Counter(magnitude(source, low, high).bit_length() for _ in range(rounds))
    assert set(sizes) == set(range(low.bit_length(), high.bit_length() + 1))
    assert min(sizes.values()) > 0.7 * rounds / len(sizes)


def test_magnitude_draws_every_power_of_two_and_both_ends() -> None:
    source = RandomSource("powers")
    drawn = {magnitude(source, 0, 64) for _ in range(5000)}
    assert drawn == set(range(65))


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("name", ["latex", "keystrokes"])
def test_driver_yields_edits_that_fit(driver: str, name: str) -> None:
    changed = 0
    for number in range(120):
        source = RandomSource(f"{driver}:{number}")
        swarm = Swarm(source)
        document = draw_document(source, language(name), swarm, magnitude(source, 0, 256))
        before = document
        for edits in DRIVERS[driver](source, language(name), swarm, document):
            assert edits
            document = apply_all(document, edits)  # raises where one does not fit
        changed += document != before
    assert changed > 40


@pytest.mark.parametrize("document", ["", "\n", "\r", "\r\n", "x", " ", "\ud800"])
@pytest.mark.parametrize("driver", DRIVERS)
def test_driver_copes_with_the_smallest_documents(driver: str, document: str) -> None:
    bare = Language()
    for number in range(30):
        source = RandomSource(f"{driver}:{number}")
        current = document
        for edits in DRIVERS[driver](source, bare, Swarm(source), document):
            current = apply_all(current, edits)


@pytest.mark.parametrize("rewrite", REWRITES)
def test_rewrite_keeps_the_last_document_and_changes_most_traces(rewrite: str) -> None:
    changed = total = 0
    for number, trace in enumerate(small_traces(300)):
        rewritten = REWRITES[rewrite](RandomSource(f"rewrite:{number}"), trace)
        assert rewritten.document == trace.document
        *_, last = trace.documents()
        *_, rewritten_last = rewritten.documents()
        assert rewritten_last == last
        assert [step for step in rewritten.steps if isinstance(step, Probe)] == [
            step for step in trace.steps if isinstance(step, Probe)
        ]
        if can_be_rewritten(rewrite, trace):
            total += 1
            changed += rewritten != trace
    assert total > 30
    assert changed > total * 0.5


def can_be_rewritten(rewrite: str, trace: Trace) -> bool:
    """Whether the trace has what a rewrite works on."""
    edits = [step for step in trace.steps if not isinstance(step, Probe)]
    match rewrite:
        case "join steps" | "undo and redo":
            return len(edits) > 1
        case "part steps":
            return any(len(step) > 1 for step in edits)
        case "split insertion":
            return any(len(step) == 1 and len(step[0].text) > 1 for step in edits)
        case "swap disjoint":
            return any(len(step) > 1 for step in edits)
        case "replace whole":
            return bool(edits)
    return True


@pytest.mark.parametrize("rewrite", REWRITES)
@pytest.mark.parametrize(
    "trace",
    [
        Trace(""),
        Trace("", ((),)),
        Trace("ab", (Probe(ProbeName.FORK, 1),)),
        Trace("", ((Edit(0, 0, "x"),), Probe(ProbeName.REOPEN), (Edit(0, 1, ""),))),
        Trace("abc", ((Edit(0, 1, ""), Edit(1, 2, "xy"), Edit(0, 0, "z")),)),
    ],
)
def test_rewrite_copes_with_the_smallest_traces(rewrite: str, trace: Trace) -> None:
    for number in range(20):
        rewritten = REWRITES[rewrite](RandomSource(str(number)), trace)
        assert list(rewritten.documents())[-1] == list(trace.documents())[-1]


def draw_small(source: Source) -> tuple[str, Trace]:
    """A trace, and the name of a rewrite for it."""
    trace = draw_trace(source, language(), Swarm(source), Limits(document=32, steps=4))
    return source.choice(list(REWRITES)), trace


@given(strategy(draw_small), st.integers(0, 99))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rewrites_are_laws_for_hypothesis_too(drawn: tuple[str, Trace], seed: int) -> None:
    name, trace = drawn
    rewritten = REWRITES[name](RandomSource(str(seed)), trace)
    assert list(rewritten.documents())[-1] == list(trace.documents())[-1]


@pytest.mark.parametrize("name", RECIPES)
def test_traces_of_a_random_source_are_valid(name: str) -> None:
    for trace in small_traces(200, name):
        check_trace(trace, SMALL)


def test_traces_of_a_whole_run_are_valid() -> None:
    for trace in run()[1]:
        check_trace(trace, Limits())


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("name", ["latex", "keystrokes"])
def test_traces_of_hypothesis_are_valid(name: str, data: st.DataObject) -> None:
    check_trace(data.draw(recipe(name).traces()), recipe(name).SMALL)


def test_hypothesis_shrinks_to_the_first_and_least() -> None:
    from hypothesis import find

    minimal = find(recipe("keystrokes").traces(), lambda trace: trace.edit_count >= 2)
    assert minimal.edit_count == 2
    assert len(minimal.document) <= 2


def test_everything_that_can_be_drawn_is_drawn() -> None:
    drawn, _ = run()
    latex = recipe("latex")
    menus: dict[str, Any] = {
        "hazard": latex.HAZARDS,
        "tweak": latex.TWEAKS,
        "block": latex.BLOCKS,
        "edit": DRIVERS,
        "probe": PROBES,
        "rewrite": REWRITES,
        "characters": CHARACTERS,
        "document": ["soup", "lines", "sample", "splice", "paragraphs"],
    }
    kinds = {(menu, name) for menu, names in menus.items() for name in names}
    assert set(drawn) == kinds
    assert min(drawn.values()) >= 10


def test_every_snippet_and_every_probe_comes_up() -> None:
    _, traces = run()
    texts = "\x03".join(
        [trace.document for trace in traces]
        + [edit.text for trace in traces for step in trace.steps if not isinstance(step, Probe)
           for edit in step]
    )  # fmt: skip
    missing = [
        snippet
        for snippets in recipe("latex").HAZARDS.values()
        for snippet in snippets
        if snippet not in texts
    ]
    assert missing == []
    probes = {step for trace in traces for step in trace.steps if isinstance(step, Probe)}
    assert {probe.name for probe in probes} == set(ProbeName)
    assert {None} < {probe.argument for probe in probes if probe.name == ProbeName.RESTORE}


OFTEN = 10
"""Sightings in a run that are enough."""


@cache
def seen() -> Counter[tuple[str, int]]:
    """How often each hazard, in each of the ways it is looked for, is seen in a run's changes; no
    longer looked for once it was seen often."""
    counts: Counter[tuple[str, int]] = Counter()
    wanted = {
        (hazard, way): shows for hazard in HAZARDS for way, shows in enumerate(HAZARDS[hazard])
    }
    for trace in run()[1]:
        before = trace.document
        for step in trace.steps:
            for edit in () if isinstance(step, Probe) else step:
                change = Change(before, edit, edit.apply(before))
                counts.update(sort for sort, shows in wanted.items() if shows(change))
                before = change.after
        wanted = {sort: shows for sort, shows in wanted.items() if counts[sort] < OFTEN}
    return counts


@pytest.mark.parametrize("hazard", HAZARDS)
def test_hazard_of_the_specification_is_drawn(hazard: str) -> None:
    for way in range(len(HAZARDS[hazard])):
        assert seen()[hazard, way] >= OFTEN, way


def test_table_of_hazards_is_that_of_the_specification() -> None:
    text = (ROOT / "docs" / "LATEX_TOKENS.md").read_text("utf-8")
    section = text.split("## Hazards worth generating")[1].split("\n## ")[0]
    position = 0
    for hazard in (*HAZARDS, *GIANTS):
        found = section.find(hazard, position)
        assert found >= 0, hazard
        position = found + len(hazard)
    rest = section
    for hazard in sorted((*HAZARDS, *GIANTS), key=len, reverse=True):
        rest = rest.replace(hazard, "", 1)
    words = (
        "Each changes how other text lexes "
        "In a driver with a budget of its own outside the speed figures"
    )
    assert re.findall(r"[\w`^\\%$+]+", rest.replace("*", "")) == words.split()


def test_giants_of_the_specification_are_drawn() -> None:
    documents = set()
    for index in range(-60, 0):
        for trace in stream.traces(language(), 0, index, 3, Limits(), Counter()):
            check_giant(trace)
            documents.add(trace.document)
    assert "\n" * 1_000_000 in documents
    assert any(len(text) == 100_000 and not set(text) & set("\r\n") for text in documents)


def check_giant(trace: Trace) -> None:
    assert trace.is_valid
    assert trace.edit_count == 3


def test_tweaks_change_their_own_anchors() -> None:
    for group, tweaks in recipe("latex").TWEAKS.items():
        for anchor, at, remove, insert in tweaks:
            assert at <= len(anchor), (group, anchor)
            assert remove or insert, (group, anchor)
            assert not remove or at == len(anchor) or anchor[at : at + remove] != insert, group


def test_sizes_run_from_nothing_to_the_limits() -> None:
    _, traces = run()
    documents = [len(trace.document) for trace in traces]
    steps = [len(trace.steps) for trace in traces]
    lines = [len(line) for trace in traces for line in re.split("[\r\n]", trace.document)]
    assert min(documents) <= 2
    assert sum(size > 4096 for size in documents) > 10
    assert max(documents) >= 8000
    assert sum(size < 64 for size in documents) > len(documents) / 5
    assert min(steps) == 1
    assert max(steps) >= 256
    assert sum(length > 100 for length in lines) > 50
    assert max(lines) > 300


def test_documents_are_emptied_and_grow_again() -> None:
    emptied = regrown = 0
    for trace in run()[1]:
        lengths = [len(document) for document in trace.documents()]
        if 0 in lengths[1:] and lengths[0]:
            emptied += 1
            regrown += max(lengths[lengths.index(0, 1) :]) > 0
    assert emptied > 20
    assert regrown > 5


def test_documents_do_not_grow_without_end() -> None:
    for trace in run()[1]:
        assert max(map(len, trace.documents())) < 100_000


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", [0]),
        ("ab", [0, 0, 0]),
        ("a\nb", [0, 0, 2, 2]),
        ("\r\nb", [0, 0, 2, 2]),
        ("\r\rb", [0, 1, 2, 2]),
        ("\n\r\n", [0, 1, 1, 3]),
    ],
)
def test_line_start_of_every_offset(text: str, starts: list[int]) -> None:
    assert [line_start(text, offset) for offset in range(len(text) + 1)] == starts


def test_swarm_leaves_kinds_out_and_keeps_to_its_choice() -> None:
    kinds = {str(number): number for number in range(12)}
    sizes = set()
    for number in range(40):
        swarm = Swarm(RandomSource(str(number)))
        drawn = {swarm.pick("menu", kinds) for _ in range(400)}
        sizes.add(len(drawn))
        assert swarm.drawn.total() == 400
    assert min(sizes) < 6 < max(sizes) < 12
    always = Swarm(RandomSource("none"), share=0.0)
    assert {always.pick("menu", kinds) for _ in range(400)} == set(range(12))


def test_kinds_meet_that_were_drawn_for_one_trace() -> None:
    """Those of the trace before no longer count, and what is asked for once is not asked again."""
    swarm = Swarm(RandomSource("meeting"), share=1.0)
    kinds = {"a": 1}
    swarm.pick("hazard", kinds)
    swarm.meet("hazard", "edit")
    assert not swarm.met
    swarm.pick("edit", kinds)
    swarm.meet("hazard", "edit")
    assert not swarm.met
    for _ in range(3):
        swarm.pick("hazard", kinds)
        swarm.pick("edit", kinds)
    swarm.meet("hazard", "edit")
    swarm.meet("hazard", "edit")
    assert swarm.met == {("a", "a"): 1}


def test_a_unit_counts_in_how_many_of_its_traces_a_hazard_met_a_way_of_editing() -> None:
    drawn: Counter[tuple[str, str]] = Counter()
    count = len(list(stream.traces(language(), 0, 3, 250, Limits(), drawn)))
    met = {key: n for key, n in drawn.items() if key[0].startswith(stream.MET)}
    assert met
    assert {menu.removeprefix(stream.MET) for menu, _ in met} <= set(DRIVERS)
    assert {hazard for _, hazard in met} <= set(language().hazards)
    assert max(met.values()) <= count
