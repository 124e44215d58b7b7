"""Runs: what comes of them, the same for any number of workers, and whatever the target does.

Broken targets stand in tests/broken.py. A victim is one document of the second unit, picked from
the traces that the unit makes, so that no test depends on what the generator draws.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzeq import crash_store
from fuzzeq.campaign.plan import plan
from fuzzeq.campaign.run import run
from fuzzeq.campaign.settling import MOST_BRED, MOST_SHRUNK, SHRUNK_PER_KIND, Chosen, is_one_of
from fuzzeq.campaign.state import Run, Settings
from fuzzeq.campaign.tasks import RunUnit
from fuzzeq.engines import exhaustive
from fuzzeq.engines.property import EXAMPLES
from fuzzeq.engines.shrinking import ShrunkFinding, shrink_finding
from fuzzeq.engines.unit import Unit, language_of, run_unit, traces
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding, Origin, Status
from fuzzeq.model.target import Capability
from fuzzeq.model.trace import Trace
from fuzzeq.oracles import ORACLES
from fuzzeq.report.run_report import Verdict, first_line, report, verdict
from tests import broken

pytestmark = pytest.mark.usefixtures("own_folder", "no_back_off")

FIELDS = set(
    "format verdict target engine seed edits checks wall_seconds edits_per_second reuse "
    "keystroke_reuse capabilities oracles findings warnings".split()
)
FINDING_FIELDS = set("fingerprint oracle kind reproducer document_chars steps".split())


def settings(target: str, edits: int | None = 500, **others: Any) -> Settings:
    """Settings for a target of tests/broken.py, or a registered one."""
    name = f"tests.broken:{target}" if target.isupper() else target
    return Settings(name, edits=edits, **others)


def check_run(wanted: Settings, outcome: Verdict, **running: Any) -> Run:
    """Runs. Findings are files that load as what was found; nothing else lies about."""
    state = run(wanted, **running)
    assert verdict(state) == outcome, first_line(state)
    stored = [*state.findings, *state.flaky]
    for item in stored:
        assert replace(crash_store.load(item.path).finding, origin=item.finding.origin) == (
            item.finding if not item.known else crash_store.load(item.path).finding
        )
    files = set(crash_store.reproducers(wanted.crashes)) if wanted.crashes.exists() else set()
    assert {item.path for item in stored} <= files
    assert not list(Path().rglob(".*"))
    return state


def test_a_healthy_target_is_clean_and_everything_planned_was_run() -> None:
    state = check_run(settings("latex"), Verdict.CLEAN)
    assert state.complete
    assert state.meter.edits == 500
    assert state.units_done == state.units_planned == 2
    assert state.canary is not None
    assert state.phase == "done"
    assert state.warnings == []
    assert not Path("crashes").exists()
    assert first_line(state).startswith("clean: 0 new, 0 known, 0 fixed; canary caught after ")
    always = {"raises", "equality", "changes", "work", "lossless", "purity"}
    assert always <= {name for name, times in state.meter.judged.items() if times}


def test_a_target_of_two_methods_is_clean() -> None:
    state = check_run(settings("HEALTHY", samples=None), Verdict.CLEAN)
    assert state.capabilities == frozenset()
    assert state.meter.edits == 500


def contents(folder: str) -> dict[str, str]:
    """The files of findings in a folder."""
    return {path.name: path.read_text() for path in Path(folder).rglob("*") if path.is_file()}


def test_the_number_of_workers_changes_no_finding() -> None:
    runs = [
        check_run(
            settings("LOSES_COUNT", edits=750, jobs=jobs, crashes=Path(f"crashes{jobs}")),
            Verdict.FINDINGS,
        )
        for jobs in (1, 3)
    ]
    first, second = [
        {item.finding.fingerprint: item.finding for item in state.findings} for state in runs
    ]
    assert first == second
    assert len(first) >= 2
    assert contents("crashes1") == contents("crashes3")
    assert len(contents("crashes1")) == len(first)
    assert runs[0].meter == runs[1].meter
    assert runs[0].diverged == runs[1].diverged
    for finding in first.values():
        assert finding.status == Status.CONFIRMED
        assert finding.shrunk
        assert len(finding.trace.steps) == 1


def test_the_seed_says_what_is_run() -> None:
    made = [
        [list(traces(unit)) for unit in plan(settings("latex", 500, seed=seed))]
        for seed in (1, 1, 2)
    ]
    assert made[0] == made[1] != made[2]
    assert made[0][0] != made[0][1]


def test_a_worker_is_heard_of_while_hypothesis_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many traces are drawn before the first is run: that is no silence of the target."""
    monkeypatch.setattr("fuzzeq.engines.unit.seldom", lambda say: say)
    notes: list[Any] = []
    RunUnit(Unit("property", "tests.broken:HEALTHY", 0, 0, 20)).run(notes.append)
    first = notes.index(next(note for note in notes if note is not None))
    assert first == notes.count(None) == EXAMPLES
    assert notes[first][0] == 0


def test_the_report_has_every_field_of_the_design() -> None:
    state = check_run(settings("LOSES_COUNT", seed=3), Verdict.FINDINGS)
    value = json.loads(json.dumps(report(state)))
    assert set(value) >= FIELDS
    assert value["format"] == 1
    assert value["verdict"] == "findings"
    assert value["target"] == "tests.broken:LOSES_COUNT"
    assert (value["engine"], value["seed"]) == ("stream", 3)
    assert value["edits"] == state.meter.edits
    assert value["checks"] >= value["edits"]
    assert value["wall_seconds"] > 0
    assert value["edits_per_second"] > 0
    assert value["reuse"] is value["keystroke_reuse"] is None
    assert value["capabilities"] == dict.fromkeys(map(str, Capability), False)
    assert set(value["oracles"]) == {oracle.name for oracle in ORACLES}
    assert value["oracles"]["equality"]["judged"] >= value["edits"]
    assert value["oracles"]["equality"]["fired"] == state.diverged
    assert value["oracles"]["work"] == {"judged": 0, "fired": 0}
    assert value["findings"]
    for finding in value["findings"]:
        assert set(finding) >= FINDING_FIELDS
        loaded = crash_store.load(Path(finding["reproducer"])).finding
        assert loaded.fingerprint == finding["fingerprint"]
        assert len(loaded.trace.document) == finding["document_chars"]
        assert len(loaded.trace.steps) == finding["steps"]
        assert loaded.origin.seed == 3
    assert value["warnings"] == state.warnings


def test_what_was_found_before_is_known_and_what_passes_now_is_fixed() -> None:
    first = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS)
    before = contents("crashes")
    assert first.new == first.findings
    stale = replace(
        first.findings[0].finding,
        trace=Trace("ab"),
        divergence=Divergence("equality", "differs", 0, "once upon a time", 0, "old", "new"),
    )
    path = crash_store.store(stale, Path("crashes"))
    second = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS)
    assert {item.finding.fingerprint for item in second.findings} == {
        item.finding.fingerprint for item in first.findings
    }
    assert second.new == []
    assert [replayed.path for replayed in second.fixed] == [path]
    assert "0 new, " in first_line(second)
    assert "1 fixed" in first_line(second)
    assert contents("crashes") == before | {path.name: path.read_text()}


def test_what_only_looks_like_a_fixed_finding_is_new_and_both_files_are_kept() -> None:
    first = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS).findings[0]
    fixed = replace(first.finding, trace=Trace("ab"))
    fixed = replace(fixed, divergence=replace(fixed.divergence, step=0))
    first.path.unlink()
    path = crash_store.store(fixed, Path("crashes"))
    assert path == first.path
    second = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS)
    assert [replayed.path for replayed in second.fixed] == [path]
    (again,) = [each for each in second.new if each.finding.fingerprint == fixed.fingerprint]
    assert again.path.name == path.name.replace(".fuzzeq", "-2.fuzzeq")
    assert crash_store.load(again.path).finding == first.finding
    assert crash_store.load(path).finding == fixed


def test_a_file_that_is_damaged_meanwhile_costs_nothing() -> None:
    first = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS)
    victim = first.findings[0]

    def damage(state: Run) -> None:
        if state.phase == "fuzzing":
            victim.path.write_text("{")

    second = check_run(settings("LOSES_COUNT"), Verdict.FINDINGS, watch=damage)
    (again,) = second.new
    assert again.finding.fingerprint == victim.finding.fingerprint
    assert crash_store.load(again.path).finding == victim.finding
    assert any("damaged since" in warning for warning in second.warnings)


def test_damaged_files_and_those_of_other_targets_do_not_matter() -> None:
    Path("crashes").mkdir()
    Path("crashes/damaged.fuzzeq.json").write_text("{")
    other = Finding("other", Divergence("equality", "differs", 0, ""), Trace("ab"), shrunk=True)
    crash_store.store(other, Path("crashes"))
    state = check_run(settings("HEALTHY", 250), Verdict.CLEAN)
    assert state.replayed == []
    (warning,) = state.warnings
    assert warning.startswith("not replayed: crashes/damaged.fuzzeq.json: not a reproducer")


def test_a_loud_bug_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzzeq.engines.unit.MOST_FINDINGS", 1)
    result = run_unit(Unit("stream", "tests.broken:LOUD", 0, 0, 5000))
    assert {each.divergence.oracle for each in result.findings} == {"equality", "raises"}
    assert len(result.findings) == 2 < result.diverged


# The budget.


def test_stop_ends_a_run_behind_the_units_in_flight() -> None:
    seen: list[Run] = []
    wanted = settings("latex", 1_000_000)
    began = time.monotonic()
    state = check_run(
        wanted,
        Verdict.INCOMPLETE,
        watch=seen.append,
        stop=lambda: bool(seen) and seen[-1].units_done >= 1,
    )
    assert state.interrupted
    assert 1 <= state.units_done <= 4
    assert state.units_planned is not None
    assert state.units_planned >= 4000
    assert time.monotonic() - began < 30


def test_a_run_that_is_stopped_at_once_has_run_nothing_and_is_not_clean() -> None:
    state = check_run(settings("latex"), Verdict.INCOMPLETE, stop=lambda: True)
    assert state.interrupted
    assert state.units_done == 0


def test_a_budget_of_time_is_kept() -> None:
    state = check_run(settings("latex", edits=None, seconds=2.0), Verdict.CLEAN)
    assert state.units_planned is None
    assert state.complete
    assert 2 <= state.wall_seconds < 20


def test_units_hold_the_edits_that_were_asked_for_and_differ() -> None:
    units = list(plan(settings("latex", 1100)))
    assert [unit.edits for unit in units] == [250, 250, 250, 250, 100]
    assert sum(trace.edit_count for unit in units for trace in traces(unit)) == 1100
    assert len({unit.index for unit in units}) == len(units)


def test_a_unit_of_giants_comes_with_every_hundred_thousand_edits() -> None:
    units = list(plan(settings("latex", 250_000)))
    assert sum(unit.edits for unit in units) == 250_000
    assert [unit.index for unit in units if unit.index < 0] == [-400, -800]
    assert all(unit.edits == 3 for unit in units if unit.index < 0)


def test_an_unknown_engine_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no engine 'steam'"):
        list(traces(Unit("steam", "latex", 0, 0, 10)))


# Targets that take their process with them, sleep, refuse or change their mind.


def pick_victim(wanted: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Trace, int]:
    """Makes a trace of the second unit the victim; it, and the edits of all the others."""
    units = list(plan(wanted))
    made = [list(traces(unit)) for unit in units]
    opened = Counter(trace.document for group in made for trace in group)
    victim = next(
        trace
        for trace in made[1][1:]
        if opened[trace.document] == 1 and trace.document and trace.edit_count
    )
    monkeypatch.setenv(broken.VICTIM, broken.checksum(victim.document))
    return victim, sum(t.edit_count for group in made for t in group if t != victim)


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("DIES", Status.DIED, "exit status 3"),
        pytest.param("HANGS", Status.HUNG, "no word for", marks=pytest.mark.slow),
    ],
)
def test_a_trace_that_kills_or_hangs_is_a_finding_and_the_rest_of_its_unit_is_run(
    target: str, status: Status, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings(target, 750, hang_seconds=8)
    victim, edits = pick_victim(wanted, monkeypatch)
    state = check_run(wanted, Verdict.FINDINGS)
    (stored,) = state.findings
    assert stored.finding.status == status
    assert stored.finding.trace.document == victim.document
    assert stored.finding.trace.steps == ((),)  # what happens on any step takes one of no edit
    assert stored.finding.shrunk
    assert stored.finding.origin.unit == 1
    assert stored.finding.divergence.oracle == "raises"
    assert message in stored.finding.divergence.message
    assert stored.path.parent == Path("crashes")
    assert state.units_done == state.units_planned == 3
    assert state.meter.edits == edits
    assert state.complete
    assert list(Path("crashes/pending").iterdir()) == []


def test_a_unit_that_kills_over_and_over_is_given_up() -> None:
    state = check_run(settings("ALWAYS_DIES", 500), Verdict.FINDINGS)
    assert not state.complete
    assert state.units_planned is not None
    assert state.units_done < state.units_planned
    assert [item.finding.status for item in state.findings] == [Status.DIED]
    assert any("given up: exit status 5" in warning for warning in state.warnings)


def test_a_process_that_ends_before_its_first_trace_is_told_and_not_our_fault() -> None:
    state = check_run(settings("DIES_IN_WORKERS", 250), Verdict.INCOMPLETE)
    assert any("given up" in warning for warning in state.warnings)


def test_a_target_that_fails_once_in_each_process_is_flaky() -> None:
    state = check_run(settings("WRONG_ONCE"), Verdict.FINDINGS)
    assert state.findings == []
    assert state.flaky
    for stored in state.flaky:
        assert stored.finding.status == Status.FLAKY
        assert stored.path.parent == Path("crashes/flaky")
    assert "flaky" in first_line(state)
    assert {finding["status"] for finding in report(state)["findings"]} == {"flaky"}


def test_what_does_not_repeat_is_flaky_and_no_part_of_it_is_tried() -> None:
    trace = Trace("ab", ((Edit(0, 0, "c"),), (Edit(1, 2, ""),)))
    told: list[Trace] = []
    once = Finding("healthy", Divergence("equality", "differs", 2, "once upon a time"), trace)
    shrunk = shrink_finding(broken.HEALTHY, once, began=told.append)
    assert shrunk.finding == replace(once, status=Status.FLAKY)
    assert told == [trace]


def test_documents_that_are_refused_are_no_findings_and_told() -> None:
    state = run(settings("REFUSES"))
    assert state.complete
    assert state.findings == []
    assert state.meter.dropped
    (warning,) = state.warnings
    assert warning.endswith("% of documents refused")


@pytest.mark.parametrize(
    ("keystrokes", "warned"),
    [
        (
            {"edits": 50, "examined": 110, "characters": 1000, "everything": 26},
            ["only 89% of a large document", "changed() names everything for 52%"],
        ),
        ({"edits": 50, "everything": 25, "examined": 100, "characters": 1000}, []),
    ],
)
def test_keystrokes_that_reuse_little_or_report_everything_are_told(
    keystrokes: dict[str, int], warned: list[str]
) -> None:
    state = run(settings("HEALTHY", 1), lambda state: state.meter.keystrokes.update(
        {} if state.phase != "confirming" else keystrokes
    ))  # fmt: skip
    assert [
        warning[: len(start)] for warning, start in zip(state.warnings, warned, strict=True)
    ] == (warned)


def test_a_run_in_which_everything_is_refused_is_not_clean() -> None:
    state = check_run(settings("REFUSES_EVERYTHING"), Verdict.INCOMPLETE)
    assert any("canary" in warning for warning in state.warnings)
    assert any("100% of documents refused" in warning for warning in state.warnings)


def deadly_while_shrinking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """A watch that makes the target end every process that shrinks."""

    def watch(state: Run) -> None:
        if state.phase == "shrinking":
            monkeypatch.setenv(broken.DEADLY, "yes")
        else:
            monkeypatch.delenv(broken.DEADLY, raising=False)

    return watch


def test_a_finding_whose_shrinking_dies_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    state = run(settings("DIES_WHEN_SHRUNK"), watch=deadly_while_shrinking(monkeypatch))
    assert state.findings
    assert [stored.path for stored in state.findings if not stored.path.exists()] == []


def test_a_target_has_a_name_that_its_own_reproducers_may_have() -> None:
    try:
        stored = run(settings("ODDLY_NAMED")).findings
    except UsageError:
        stored = []  # to refuse the name at once is as good
    for each in stored:
        crash_store.load(each.path)


def of_kind(kind: int, number: int) -> Finding:
    """One of several findings of one of several kinds."""
    divergence = Divergence("equality", "differs", number, "", 0, f"kind{kind}", "other")
    return Finding("latex", divergence, Trace("x" * number))


def choose(findings: list[Finding]) -> list[Finding]:
    """Those to be shrunk; in whatever order they come."""
    chosen, backwards = Chosen(), Chosen()
    for finding in findings:
        chosen.add(finding)
    for finding in reversed(findings):
        backwards.add(finding)
    assert chosen.findings() == backwards.findings()
    return chosen.findings()


def test_the_smallest_few_of_each_kind_are_shrunk() -> None:
    chosen = choose([of_kind(kind, number) for number in (5, 3, 1, 2, 4) for kind in (0, 1)])
    assert SHRUNK_PER_KIND == 3
    for kind in (0, 1):
        assert [finding for finding in chosen if finding.divergence.expected == f"kind{kind}"] == [
            of_kind(kind, number) for number in (1, 2, 3)
        ]


def test_no_kind_is_left_out_while_another_is_shrunk_thrice() -> None:
    findings = [of_kind(kind, number) for kind in range(MOST_SHRUNK) for number in range(3)]
    assert {finding.divergence.expected for finding in choose(findings)} == {
        f"kind{kind}" for kind in range(MOST_SHRUNK)
    }


def bred(oracle: str, kind: int, number: int) -> Finding:
    """A finding of the guided engine."""
    finding = of_kind(kind, number)
    divergence = replace(finding.divergence, oracle=oracle)
    return replace(finding, divergence=divergence, origin=Origin("guided"))


def test_of_what_was_bred_around_a_bug_a_few_are_shrunk_the_known_ones_last() -> None:
    findings = [bred(name, kind, 9 - kind) for name in "ab" for kind in range(6)]
    chosen = choose([*findings, *(bred("a", 5, number) for number in (7, 8))])
    assert MOST_BRED == 3
    assert chosen == [bred("a", 5, 4), bred("b", 5, 4), bred("a", 4, 5)]
    kept = Chosen()
    for finding in findings:
        kept.add(finding)
    known = {bred("a", kind, 0).fingerprint for kind in range(1, 6)}
    assert kept.findings(known) == [bred("b", 5, 4), bred("a", 0, 9), bred("b", 4, 5)]


def test_what_another_engine_found_as_well_is_shrunk_as_ever() -> None:
    findings = [bred("equality", 0, 1), *(of_kind(0, number) for number in (2, 3, 4))]
    findings = [replace(each, divergence=findings[0].divergence) for each in findings]
    assert len(choose(findings)) == SHRUNK_PER_KIND


def test_what_was_bred_is_one_with_what_it_looked_like_on_its_way() -> None:
    small, other = of_kind(0, 1), bred("equality", 1, 5)
    assert is_one_of([small], ShrunkFinding(other, 9, passed=frozenset({small.fingerprint})))
    assert not is_one_of([small], ShrunkFinding(other, 9, passed=frozenset({other.fingerprint})))
    drawn = replace(other, origin=Origin("stream"))
    assert not is_one_of([small], ShrunkFinding(drawn, 9, passed=frozenset({small.fingerprint})))
    elsewhere = bred("other", 1, 5)
    assert not is_one_of(
        [small], ShrunkFinding(elsewhere, 9, passed=frozenset({small.fingerprint}))
    )


# The exhaustive engine.

alphabets = st.lists(st.characters(), min_size=1, max_size=5, unique=True)


@given(alphabets, st.integers(0, 3))
def test_every_document_is_numbered_once_and_shorter_ones_first(
    alphabet: list[str], letters: int
) -> None:
    total = exhaustive.documents_up_to(alphabet, letters)
    documents = [exhaustive.document(alphabet, number) for number in range(total)]
    assert len(set(documents)) == total == sum(len(alphabet) ** n for n in range(letters + 1))
    assert [len(document) for document in documents] == sorted(map(len, documents))
    assert all(len(document) <= letters for document in documents)
    assert len(exhaustive.document(alphabet, total)) == letters + 1


def number_of(alphabet: list[str], document: str) -> int:
    """The number of a document of one-character letters, the other way round."""
    number = 0
    for character in document:
        number = number * len(alphabet) + alphabet.index(character) + 1
    return number


@given(alphabets, st.integers(0, 10**30))
def test_numbers_and_documents_are_the_same_thing(alphabet: list[str], number: int) -> None:
    if len(alphabet) == 1:
        number %= 1000
    assert number_of(alphabet, exhaustive.document(alphabet, number)) == number


@pytest.mark.parametrize(
    ("edits", "letters"), [(None, 1), (None, 2), (1, 2), (1000, 2), (60_000, 2)]
)
def test_the_plan_counts_what_is_run(edits: int | None, letters: int) -> None:
    alphabet = ("a", "b", "\r", "\n", "{")
    planned = list(exhaustive.plan(alphabet, edits, letters))
    indexes = [index for index, _ in planned]
    assert indexes == sorted(set(indexes))
    left_out = set(range(indexes[-1])) - set(indexes)
    assert all(not list(exhaustive.traces(alphabet, index)) for index in left_out)
    run_documents = set()
    for index, held in planned:
        made = list(exhaustive.traces(alphabet, index))
        assert sum(trace.edit_count for trace in made) == held
        assert all(trace.is_valid for trace in made)
        run_documents |= {trace.document for trace in made}
    total = sum(held for _, held in planned)
    if edits is None:
        wanted = exhaustive.documents_up_to(alphabet, letters)
        assert run_documents >= {exhaustive.document(alphabet, n) for n in range(wanted)}
    else:
        assert total >= edits
        assert total - planned[-1][1] < edits


def test_every_result_of_one_edit_is_reached() -> None:
    alphabet = ("a", "b")
    reached = {edit.apply("ab") for edit in exhaustive.single_edits("ab", alphabet)}
    assert reached == {"aab", "bab", "abb", "aba", "bb", "aa", "b", "a", ""}


@pytest.mark.parametrize("text", ["", "b", "bb"])
def test_pairs_are_made_where_little_is_left_between(text: str) -> None:
    alphabet = ("a", "\\verb|", "\\begin{verbatim}")
    made = list(exhaustive.traces_of(text, alphabet))
    firsts = [trace.steps[0] for trace in made]
    assert {(edit,) for edit in exhaustive.single_edits(text, alphabet)} == set(firsts)
    for trace in made:
        _, between, *_ = trace.documents()
        short = len(text) <= 1 and len(between) <= 7
        seconds = [other.steps[1] for other in made if other.steps[0] == trace.steps[0] and short]
        every = [(edit,) for edit in exhaustive.single_edits(between, alphabet)]
        assert seconds == (every if short else [])
        assert len(trace.steps) == 1 + short


def test_an_exhaustive_unit_runs_what_was_planned() -> None:
    units = list(plan(Settings("tests.broken:HEALTHY", "exhaustive")))
    for unit in units[-2:]:
        result = run_unit(unit)
        assert result.diverged == 0
        assert result.meter.edits == unit.edits
        assert result.meter.checks == unit.edits + sum(1 for _ in traces(unit))


def test_the_exhaustive_engine_finds_what_needs_two_edits() -> None:
    wanted = settings("FORGETS_LAST_OF_TWO_STEPS", 5000, engine="exhaustive")
    state = check_run(wanted, Verdict.FINDINGS)
    assert all(len(stored.finding.trace.steps) == 2 for stored in state.findings)


def test_units_of_the_exhaustive_engine_can_be_stopped_between() -> None:
    alphabet = language_of("latex", None).alphabet
    made = exhaustive.traces(alphabet, 0)
    assert sum(1 for _ in islice(made, 10_001)) <= 10_000
