"""Replay: what a saved finding is worth today, and nothing that a file names is ever imported.

FIXED has to be earned: where a reproducer cannot be judged it is an ERROR.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fuzzeq import crash_store
from fuzzeq.checking import check
from fuzzeq.cli import cli
from fuzzeq.engines.replay import Verdict, replay
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding
from fuzzeq.model.trace import Probe, ProbeName, Trace
from fuzzeq.registry import planted_bugs
from tests import broken

pytestmark = pytest.mark.usefixtures("own_folder")

TWO_EDITS = Trace("ab", ((Edit(0, 0, "x"), Edit(0, 0, "y")),))
DIFFERS = Divergence("equality", "differs", 1, "item 0 should be 'y', is 'x'", 0, "str", "str")
FINDING = Finding("latex", DIFFERS, TWO_EDITS, shrunk=True)


def check_replay(finding: Finding, target: str | None, verdict: Verdict, words: str) -> None:
    """Stores the finding and replays it on the target."""
    path = crash_store.store(finding, Path("crashes"))
    replayed = replay(path, target)
    assert replayed.verdict == verdict, replayed
    assert words in replayed.why
    assert "\n" not in replayed.why
    assert (replayed.divergence is not None) == (verdict == Verdict.FAILED)


def oracle(name: str, kind: str = "differs") -> Finding:
    """The finding, of another oracle."""
    return replace(FINDING, divergence=replace(DIFFERS, oracle=name, kind=kind))


CASES: list[tuple[str, Finding, str | None, Verdict, str]] = [
    (
        "broken-still-fails",
        FINDING,
        "tests.broken:FORGETS_SECOND",
        Verdict.FAILED,
        "equality: incremental result beside batch: item 0 should be 'y', is 'x'",
    ),
    ("healthy-is-fixed", FINDING, "tests.broken:HEALTHY", Verdict.FIXED, "equality"),
    ("registered-by-the-files-name", FINDING, None, Verdict.FIXED, "equality"),
    (
        "fails-in-another-way",
        oracle("lossless", "gap"),
        "tests.broken:FORGETS_SECOND",
        Verdict.FAILED,
        "now equality: ",
    ),
    ("no-such-oracle", oracle("astrology"), None, Verdict.ERROR, "no oracle 'astrology'"),
    (
        "no-such-oracle-and-it-fails",
        oracle("astrology"),
        "tests.broken:FORGETS_SECOND",
        Verdict.ERROR,
        "no oracle 'astrology'",
    ),
    (
        "capability-not-there",
        replace(oracle("resume"), trace=Trace("ab", (Probe(ProbeName.RESUME, 0),))),
        "tests.broken:HEALTHY",
        Verdict.ERROR,
        "resume judged nothing",
    ),
    (
        "work-not-measured",
        oracle("work", "bound"),
        "tests.broken:HEALTHY",
        Verdict.ERROR,
        "work judged nothing",
    ),
    (
        "text-refused",
        FINDING,
        "tests.broken:REFUSES_EVERYTHING",
        Verdict.ERROR,
        "refuses",
    ),
    (
        "no-such-target",
        replace(FINDING, target="gone-for-ever"),
        None,
        Verdict.ERROR,
        "--target says which to run it on",
    ),
    ("target-given-is-not-there", FINDING, "gone", Verdict.ERROR, "no target 'gone'"),
    ("target-given-is-none", FINDING, "tests.broken:NOT_A_TARGET", Verdict.ERROR, "not a target"),
]


@pytest.mark.parametrize(
    ("finding", "target", "verdict", "words"), [row[1:] for row in CASES], ids=[r[0] for r in CASES]
)
def test_verdict(finding: Finding, target: str | None, verdict: Verdict, words: str) -> None:
    check_replay(finding, target, verdict, words)


def test_a_replay_is_heard_as_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    path = crash_store.store(FINDING, Path("heard"))
    replay(path, "tests.broken:HEALTHY", lambda: heard.append(1))
    assert len(heard) == 1  # once the target is there
    monkeypatch.setattr("fuzzeq.engines.replay.seldom", lambda say: say)
    replay(path, "tests.broken:HEALTHY", lambda: heard.append(1))
    assert len(heard) > 3


def refused_document() -> str:
    """A short document that `REFUSES` refuses."""
    return next(text for text in map(str, range(100)) if int(broken.checksum(text)) % 3 == 0)


def test_a_step_that_is_refused_today_is_not_fixed() -> None:
    text = refused_document()
    trace = Trace("ab", ((Edit(0, 2, text),), (Edit(0, 0, "x"), Edit(0, 0, "y"))))
    assert check(broken.REFUSES, Trace("ab")) is None
    check_replay(replace(FINDING, trace=trace), "tests.broken:REFUSES", Verdict.ERROR, "refuses")


def test_a_planted_bug_fails_on_itself_and_is_fixed_in_the_healthy_target() -> None:
    bug = next(bug for bug in planted_bugs() if bug.target.name.endswith("original-coordinates"))
    trace = Trace("a\nb\nc", ((Edit(0, 0, "xy\n"), Edit(4, 5, "$"), Edit(1, 2, "")),))
    divergence = check(bug.target, trace)
    assert divergence is not None
    finding = Finding(bug.target.name, divergence, trace, shrunk=True)
    check_replay(finding, None, Verdict.FAILED, divergence.oracle)
    check_replay(finding, "latex", Verdict.FIXED, divergence.oracle)


@pytest.mark.parametrize("name", ["this:d", "antigravity:TARGET", "os:system", "this", "a/../b"])
def test_what_a_file_names_is_not_imported(name: str) -> None:
    modules = set(sys.modules)
    check_replay(replace(FINDING, target=name), None, Verdict.ERROR, "target")
    assert not (set(sys.modules) - modules) & {"this", "antigravity"}


def test_a_module_beside_the_file_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')")
    for name in ("evil", "evil:TARGET", "evil.TARGET"):
        check_replay(replace(FINDING, target=name), None, Verdict.ERROR, "target")


# The command.


def check_command(
    arguments: list[str], status: int, verdicts: dict[str, str], last: str | None = None
) -> Result:
    """Runs `fuzzeq replay`; `verdicts` is what it has to say of each file, by the file's name."""
    result = CliRunner().invoke(cli, ["replay", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    lines = result.stdout.splitlines()
    said = {
        Path(line.split()[1].rstrip(":")).name.removesuffix(crash_store.SUFFIX): line.split()[0]
        for line in lines
        if line.split()[0] in set(Verdict)
    }
    assert said == verdicts
    assert result.exit_code == status
    counts = Counter(verdicts.values())
    if last is None:
        last = (
            f"{len(verdicts)} replayed: {counts['FIXED']} fixed, {counts['FAILED']} failed, "
            f"{counts['ERROR']} error{'' if counts['ERROR'] == 1 else 's'}"
        )
    assert lines[-1] == last
    return result


def put(name: str, finding: Finding, folder: str = "crashes") -> Path:
    """Stores a finding under a name of its own."""
    path = crash_store.store(finding, Path(folder))
    return path.rename(path.with_name(name + crash_store.SUFFIX))


def put_damaged(name: str, text: str = "{", folder: str = "crashes") -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, name + crash_store.SUFFIX).write_text(text)


def test_any_failure_is_status_1() -> None:
    put("a", FINDING)
    put("b", oracle("astrology"))
    put("c", replace(FINDING, trace=Trace("ab", ((Edit(0, 0, "x"),),))))
    arguments = ["--target", "tests.broken:FORGETS_SECOND", "crashes"]
    result = check_command(arguments, 1, {"a": "FAILED", "b": "ERROR", "c": "FIXED"})
    assert "    step 1    [0:0] insert 'x'; [0:0] insert 'y'" in result.stdout


def test_an_error_without_a_failure_is_status_2_and_the_others_are_replayed() -> None:
    put("a", FINDING)
    put_damaged("b")
    put_damaged("c", '{"format": 99}')
    put("d", FINDING)
    result = check_command(["crashes"], 2, {"a": "FIXED", "b": "ERROR", "c": "ERROR", "d": "FIXED"})
    assert "format 99" in result.stdout


def test_all_fixed_is_status_0() -> None:
    put("a", FINDING)
    check_command([], 0, {"a": "FIXED"})


def test_without_a_path_all_crashes_and_regressions_are_replayed() -> None:
    put("a", FINDING)
    put("b", replace(FINDING, shrunk=False))
    put("c", FINDING, "corpus/latex/regressions")
    put("d", FINDING, "corpus/other/regressions")
    put("e", FINDING, "corpus/latex")
    check_command([], 0, dict.fromkeys("abcd", "FIXED"))


def test_nothing_to_replay_is_said() -> None:
    words = "nothing to replay: no crash file in crashes/ or corpus/*/regressions/"
    check_command([], 0, {}, words)


def test_a_file_named_twice_is_replayed_once() -> None:
    path = put("a", FINDING)
    check_command([str(path), "crashes", str(path)], 0, {"a": "FIXED"})


def test_a_path_that_is_not_there_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli, ["replay", "gone"])
    assert isinstance(result.exception, UsageError)
    assert "'gone'" in str(result.exception)


def test_a_file_that_names_a_module_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("open('imported', 'w')")
    put("a", replace(FINDING, target="evil:TARGET"))
    result = check_command([], 2, {"a": "ERROR"})
    assert "nothing that a file names is imported" in result.stdout
    assert not (tmp_path / "imported").exists()


def test_fixed_ones_are_moved_to_the_regressions_of_their_target_and_no_others() -> None:
    fixed, unknown = put("a", FINDING), put("b", oracle("astrology"))
    put_damaged("c")
    old = put("d", FINDING, "corpus/latex/regressions")
    arguments = ["--move", "crashes", "corpus"]
    check_command(
        arguments,
        2,
        {"a": "FIXED", "b": "ERROR", "c": "ERROR", "d": "FIXED"},
    )
    assert not fixed.exists()
    assert unknown.exists()
    assert old.exists()
    assert Path("crashes/c.fuzzeq.json").exists()
    moved = Path("corpus/latex/regressions/a.fuzzeq.json")
    assert crash_store.load(moved).finding == FINDING


@pytest.mark.parametrize("target", ["IS_KILLED", "DIES"])
def test_a_target_that_ends_its_process_has_failed_and_the_others_are_replayed(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(broken.VICTIM, broken.checksum("kill"))
    kills = replace(FINDING, trace=Trace("kill", TWO_EDITS.steps))
    put("a", FINDING)
    put("b", kills)
    put("c", kills)
    put("d", FINDING)
    result = check_command(
        ["--target", f"tests.broken:{target}", "crashes"],
        1,
        {"a": "FIXED", "b": "FAILED", "c": "FAILED", "d": "FIXED"},
    )
    how = {"IS_KILLED": "killed by SIGKILL", "DIES": "exit status 3"}[target]
    assert result.stdout.count(f"its process: {how}") == 2


def test_nothing_of_a_document_reaches_the_terminal_as_it_is() -> None:
    hostile: dict[str, Any] = {"document": "\x1b]0;owned\x07\r\u202e" + TWO_EDITS.document}
    steps = ((Edit(0, 0, "\x1b[2J"), Edit(0, 0, "\x9b")),)
    put("a", replace(FINDING, trace=Trace(hostile["document"], steps)))
    arguments = ["--target", "tests.broken:FORGETS_SECOND", "crashes"]
    result = check_command(arguments, 1, {"a": "FAILED"})
    assert not set("\x1b\x07\r\u202e\x9b") & set(result.stdout)
    assert "\\x1b]0;owned\\x07\\r\\u202eab" in result.stdout
