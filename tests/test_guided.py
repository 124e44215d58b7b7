"""The guided engine: a hunt that goes on behind its first finding, what becomes of entries that
kill or hang, and the fuzzer by itself, with everything for which libFuzzer starts it again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuzzeq import crash_store
from fuzzeq.campaign.run import run
from fuzzeq.campaign.state import Run, Settings
from fuzzeq.checking import check
from fuzzeq.engines import guided
from fuzzeq.engines.guided import PROCESS, Reach, farthest, number_of
from fuzzeq.engines.guided_seeds import SIZE, dictionary, seeds_of
from fuzzeq.engines.instrumentation import incremental_side, revealing_traces
from fuzzeq.engines.last_entry import LastEntry
from fuzzeq.engines.replay import Verdict, replay
from fuzzeq.engines.unit import Unit, language_of, run_unit
from fuzzeq.errors import UsageError
from fuzzeq.generate.codec import decode, encode
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Status
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target
from fuzzeq.report.run_report import report
from tests import broken

pytest.importorskip("atheris", reason="Atheris has no wheel for this platform")

ROOT = Path(__file__).parents[1]
PLANTED = "latex-planted-lines-not-joined"
BIN = Path(sys.executable).parent


pytestmark = pytest.mark.usefixtures("own_folder", "own_cache", "no_back_off")


@pytest.fixture(autouse=True)
def no_process_left(own_folder: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The processes that a test starts end with it; they find this project's tests."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    yield
    guided.end()


def hunt(target: str, edits: int = 400, **others: Any) -> Run:
    """A run of the guided engine; a target of tests/broken.py, or a registered one."""
    name = f"tests.broken:{target}" if target.isupper() else target
    return run(Settings(name, "guided", edits=edits, **others))


# Runs.


def test_a_planted_bug_is_found_shrunk_and_stored_and_the_hunt_goes_on() -> None:
    state = hunt("latex-planted-tail-not-moved", edits=600)
    assert state.complete
    assert state.meter.edits > 300
    assert state.diverged > len(state.findings)
    assert 1 <= len(state.findings) <= 3
    for item in state.findings:
        assert item.finding.status == Status.CONFIRMED
        assert item.finding.origin.engine == "guided"
        assert len(item.finding.trace.steps) <= 2
        assert replay(item.path).verdict == Verdict.FAILED
    assert not list(Path("crashes").glob("pending/*"))


def test_a_second_bug_of_the_same_kind_is_told_beside_the_first() -> None:
    result = run_unit(Unit("guided", "tests.broken:LOSES_COUNT", 0, 0, 1500))
    found = [finding.divergence for finding in result.findings]
    assert {(each.oracle, each.kind) for each in found} == {("equality", "differs")}
    assert {(each.expected, each.actual) for each in found} >= {
        ("str", "nothing"), ("nothing", "str"),
    }  # fmt: skip
    assert len(found) < result.diverged


def test_the_canary_of_a_run_is_found_by_this_engine_or_by_none() -> None:
    state = hunt("HEALTHY", edits=50)
    assert state.canary is not None
    assert not guided._running
    refused = hunt("REFUSES_EVERYTHING", edits=50, canary_edits=25)
    assert refused.canary is None
    assert any("canary was not caught within 25 edits" in warning for warning in refused.warnings)
    unit = Unit("guided", "tests.broken:ALWAYS_DIES", 0, 0, 50)
    with pytest.raises(guided.ProcessLost):
        guided.order(unit, lambda number, trace: None, faulty=True)


def test_in_a_mix_it_runs_beside_the_others_and_has_a_canary_of_its_own() -> None:
    mix = (("stream", 1.0), ("guided", 1.0))
    state = run(Settings("tests.broken:HEALTHY", edits=1000, mix=mix, canaries=2))
    assert state.complete
    assert state.warnings == []
    assert {engine: meter.edits >= 500 for engine, meter in state.meters.items()} == {
        "stream": True, "guided": True,
    }  # fmt: skip
    assert [canary.edits is not None for canary in state.canaries] == [True, True]
    assert {"tests.broken:HEALTHY #1 by guided", "tests.broken:HEALTHY #2"} == {
        canary.name for canary in state.canaries
    }


def test_a_mix_goes_on_without_it_where_atheris_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guided, "is_there", lambda: False)
    mix = (("stream", 1.0), ("guided", 1.0))
    state = run(Settings("tests.broken:HEALTHY", edits=500, mix=mix, canaries=1))
    assert state.complete
    assert state.warnings == [f"guided left out of the mix: {guided.MISSING}"]
    assert state.settings.engine_names == "stream"
    assert state.meter.edits >= 500
    with pytest.raises(UsageError, match="needs Atheris"):
        run(Settings("tests.broken:HEALTHY", edits=500, mix=(("guided", 1.0),)))


def test_a_healthy_target_is_clean_and_its_corpus_is_where_the_next_run_begins() -> None:
    first = hunt("latex", edits=800, corpus=Path("kept here"))
    assert first.complete
    assert first.findings == []
    assert first.reach is not None
    kept = list(Path("kept here").iterdir())
    assert len(kept) > 20
    second = hunt("latex", edits=800, corpus=Path("kept here"))
    assert second.reach is not None
    assert second.reach.branches >= 0.9 * first.reach.branches


def test_without_a_folder_the_corpus_is_in_the_users_cache() -> None:
    hunt("HEALTHY", edits=50)
    assert list(Path("cache/fuzzeq/corpus/healthy").iterdir())
    assert not Path("crashes").exists()


def test_a_unit_goes_on_with_the_process_of_the_one_before_it() -> None:
    results = [run_unit(Unit("guided", "latex", 0, index, 50)) for index in range(3)]
    assert len(guided._running) == 1
    assert all(50 <= result.meter.edits < 200 for result in results)
    assert farthest(results[0].reach, results[2].reach) == results[2].reach


def test_what_ends_the_process_is_a_finding() -> None:
    state = hunt("DIES_ON_BRACE", edits=250)
    assert [item.finding.status for item in state.findings] == [Status.DIED]
    finding = state.findings[0].finding
    assert finding.divergence.message == "exit status 7"
    assert any("{" in document for document in finding.trace.documents())


def test_what_ends_it_at_once_is_a_finding_too() -> None:
    state = hunt("ALWAYS_DIES", edits=20)
    assert [item.finding.status for item in state.findings] == [Status.DIED]


@pytest.mark.slow
def test_what_hangs_once_is_told_and_the_unit_is_run_again() -> None:
    Path("asleep").touch()  # until the canary is caught
    phases: list[str] = []

    def watch(state: Run) -> None:
        if state.phase == "fuzzing" and "fuzzing" not in phases:
            Path("asleep").unlink()
        phases.append(state.phase)

    settings = Settings("tests.broken:HANGS_ONCE", "guided", edits=250, hang_seconds=8)
    state = run(settings, watch)
    assert not state.findings
    (death,) = state.unexplained
    assert "no word for" in death.how
    assert state.complete


def test_an_entry_that_killed_is_not_run_again() -> None:
    seen: list[int] = []
    unit = Unit("guided", "tests.broken:DIES_ON_BRACE", 0, 0, 250)
    with pytest.raises(guided.ProcessLost) as lost:
        run_unit(unit, lambda number, trace: seen.append(number))
    assert lost.value.status == 7
    again: list[int] = []
    skipping = Unit("guided", unit.target, 0, 0, 250, skip=frozenset(seen[-1:]))
    with pytest.raises(guided.ProcessLost):
        run_unit(skipping, lambda number, trace: again.append(number))
    assert seen[-1] != again[-1]


def test_a_target_that_refuses_everything_comes_to_an_end() -> None:
    state = hunt("REFUSES_EVERYTHING", edits=50)
    assert state.units_done == state.units_planned
    assert state.meter.edits == 0
    assert state.meter.dropped


def test_the_report_says_how_far_it_came() -> None:
    value = report(hunt("LOSES_COUNT", edits=400))
    assert value["engine"] == "guided"
    assert value["reach"]["branches"] > 0
    assert value["findings"]


def test_where_atheris_is_absent_it_says_so_and_other_engines_work() -> None:
    code = (
        "import sys; sys.modules['atheris'] = None; from fuzzeq.cli import main; "
        "sys.argv = ['fuzzeq', 'run', '--edits', '20', '--jobs', '1', '--engine', {!r}]; main()"
    )
    for engine, status, says in (("guided", 2, "pip install atheris"), ("stream", 0, "")):
        ended = subprocess.run(
            [sys.executable, "-c", code.format(engine)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == status, ended
        assert says in ended.stderr
        assert status == 0 or len(ended.stderr.splitlines()) == 1


def test_a_corpus_that_cannot_be_kept_is_a_mistake_in_one_line() -> None:
    Path("file").touch()
    with pytest.raises(UsageError, match="cannot keep a corpus in file"):
        hunt("latex", edits=10, corpus=Path("file"))


# The fuzzer by itself, in both ways of starting it.


def script() -> list[str]:
    """A copy of fuzzers/latex_fuzzer.py for a planted bug, in a folder with a blank in its name."""
    text = (ROOT / "fuzzers" / "latex_fuzzer.py").read_text("utf-8")
    assert text.count('main("latex"') == 1
    path = Path("a folder") / "planted_fuzzer.py"
    path.parent.mkdir()
    path.write_text(text.replace('main("latex"', f'main("{PLANTED}"'))
    path.chmod((ROOT / "fuzzers" / "latex_fuzzer.py").stat().st_mode)
    return [f"./{path}"]


def module() -> list[str]:
    """The same by the name of the target."""
    return [sys.executable, "-m", PROCESS, PLANTED]


each_way = pytest.mark.parametrize("way", [script, module])


def fuzz(command: list[str], *arguments: str, crash: bool) -> str:
    """Runs a fuzzer; what it wrote."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, errors="replace",
        env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode != 0) == crash, ended.stderr[-2000:]
    return ended.stdout + ended.stderr


def check_is_the_planted_bug(entry: Path) -> None:
    """It breaks the planted engine, in the way that this one is broken, and not the healthy one."""
    trace = decode(entry.read_bytes())
    divergence = check(load_target(PLANTED), trace)
    assert divergence is not None
    assert divergence.oracle in ("equality", "resume", "changes", "lossless", "interleaving")
    assert check(load_target("latex"), trace) is None


@pytest.mark.slow
@each_way
def test_a_crash_under_fork_is_the_planted_bug_and_not_a_failed_start(
    way: Callable[[], list[str]],
) -> None:
    Path("corpus").mkdir()
    said = fuzz(way(), "corpus", "-fork=2", "-max_total_time=60", crash=True)
    assert f"Diverged: {PLANTED}: " in said
    crashes = list(Path().glob("crash-*"))
    assert crashes
    for entry in crashes:
        check_is_the_planted_bug(entry)
    assert list(Path("corpus").iterdir())


@pytest.mark.slow
@each_way
def test_jobs_minimize_crash_and_merge_start_it_again(way: Callable[[], list[str]]) -> None:
    command = way()
    fuzz(command, "-jobs=2", "-workers=2", "-max_total_time=60", crash=True)
    assert len(list(Path().glob("fuzz-*.log"))) == 2
    check_is_the_planted_bug(sorted(Path().glob("crash-*"))[0])
    large, small = Path("large"), Path("small")
    large.write_bytes(encode(Trace("ab\ncd", ((Edit(2, 3, ""),), (Edit(0, 0, "x"),)))))
    options = ["-minimize_crash=1", "-runs=100", f"-exact_artifact_path={small}"]
    said = fuzz(command, *options, str(large), crash=False)
    assert "failed to minimize beyond" in said
    assert small.stat().st_size < large.stat().st_size
    check_is_the_planted_bug(small)
    for folder in ("into", "from"):
        Path(folder).mkdir()
    for number, text in enumerate(("$a$", "$a$", "\\verb|x|\n")):
        Path("from", str(number)).write_bytes(encode(Trace(text)))
    said = fuzz(command, "-merge=1", "into", "from", crash=False)
    assert "MERGE-OUTER: successful" in said
    assert len(list(Path("into").iterdir())) == 2


def test_the_script_can_be_run() -> None:
    path = ROOT / "fuzzers" / "latex_fuzzer.py"
    assert path.read_text("utf-8").startswith("#!/usr/bin/env python3\n")
    assert os.access(path, os.X_OK)


def test_the_build_for_clusterfuzzlite_packs_every_fuzzer() -> None:
    """The image's own tools stand in; what they do was tried by hand."""
    build = ROOT / ".clusterfuzzlite" / "build.sh"
    assert os.access(build, os.X_OK)
    tools = Path("tools")
    tools.mkdir()
    for name in ("python3", "compile_python_fuzzer"):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\necho {name} "$@" >> {Path.cwd()}/log\n')
        tool.chmod(0o755)
    path = f"{tools.resolve()}{os.pathsep}/usr/bin{os.pathsep}/bin"
    subprocess.run([str(build)], cwd=ROOT, env={"PATH": path}, check=True)
    log = Path("log").read_text().splitlines()
    assert log[0] == "python3 -m pip install ."
    fuzzers = [line.split()[1] for line in log[1:]]
    assert fuzzers == [str(path.relative_to(ROOT)) for path in (ROOT / "fuzzers").glob("*.py")]


# What is instrumented.


def side_of(name: str) -> set[str]:
    """The functions of a target's incremental side, by their qualified names."""
    side = incremental_side(load_target(name), revealing_traces(language_of(name, None)))
    return {f"{function.__module__}.{function.__qualname__}" for function in side.functions}


@pytest.mark.parametrize("name", ["latex", PLANTED])
def test_the_reference_is_not_instrumented_and_the_incremental_side_is(name: str) -> None:
    names = side_of(name)
    package = "fuzzeq.targets.latex"
    assert f"{package}.line_lexer.lex_line" in names
    own = "planted.engine.LineEngine" if name == PLANTED else "incremental.BlockEngine"
    assert f"{package}.{own}.apply" in names
    for reference in ("reference", "notation", "catcodes"):
        assert not [name for name in names if name.startswith(f"{package}.{reference}.")]
    assert f"{package}.LatexTarget.batch" not in names
    assert not [name for name in names if not name.startswith(f"{package}.")]


def test_sides_in_one_module_are_told_apart() -> None:
    names = side_of("tests.broken:LOSES_COUNT")
    assert {"tests.broken.LosesCount.apply", "tests.broken.Handle.result"} <= names
    assert "tests.broken.Letters.batch" not in names


# Parts.


def test_seeds_are_samples_and_traces_and_the_dictionary_has_the_hazards() -> None:
    target, language = load_target("latex"), language_of("latex", None)
    traces = [decode(seed) for seed in seeds_of(target, language)]
    assert any(trace.steps for trace in traces)
    stretches = [trace.document for trace in traces if not trace.steps]
    assert any(document and any(document in sample for sample in language.samples)
               for document in stretches)  # fmt: skip
    assert max(map(len, stretches)) <= max(SIZE, 1024)
    words = dictionary(language).splitlines()
    assert '"\\x24\\x24"' in words
    assert len(words) > 100


def test_regressions_are_the_first_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    state = hunt("LOSES_COUNT", edits=100)
    finding = state.findings[0].finding
    folder = Path("samples") / "loses-count" / "regressions"
    crash_store.store(finding, folder)
    Path(folder, "damaged.fuzzeq.json").write_text("{")
    monkeypatch.setattr("fuzzeq.corpus.PACKAGE", Path.cwd())
    target = broken.LOSES_COUNT
    first = next(seeds_of(target, language_of("tests.broken:LOSES_COUNT", None)))
    assert first == encode(finding.trace)


def test_the_last_entry_is_there_when_its_process_is_not() -> None:
    entry = LastEntry()
    code = (
        f"from fuzzeq.engines.last_entry import LastEntry; import os\n"
        f"entry = LastEntry({entry.descriptor}); entry.write(b'one'); entry.beat()\n"
        "entry.write(b'second'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], pass_fds=[entry.descriptor], check=False)
    assert entry.read() == (3, b"second")
    entry.close()


def test_numbers_of_entries_and_reach() -> None:
    assert number_of(b"a") == number_of(b"a") != number_of(b"b")
    assert farthest(None, None) is None
    assert farthest(None, Reach(1, 2, 3)) == Reach(1, 2, 3)
    assert farthest(Reach(9, 1, 9), Reach(1, 2, 3)) == Reach(1, 2, 3)


def test_nothing_of_a_process_is_left_on_the_disk() -> None:
    before = set(Path(os.environ.get("TMPDIR", "/tmp")).glob("fuzzeq*"))
    run_unit(Unit("guided", "tests.broken:HEALTHY", 0, 0, 20))
    guided.end()
    assert set(Path(os.environ.get("TMPDIR", "/tmp")).glob("fuzzeq*")) == before
    assert shutil.which("fuzzeq", path=str(BIN))
