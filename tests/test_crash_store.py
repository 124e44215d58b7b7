"""Reproducers: what is stored comes back as it was, and a hostile file gives one line and no more.

Rows of hostile files are edits of one good file; each has the words that its error must hold.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzzeq import crash_store
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding, Origin, Smaller, Status
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace

PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
ODD = '\r\n\0\ud800\u2028\udc00\u2029\udfff\ufeff\x1b\x7f"\\/é😀'
FINDING = Finding(
    "latex",
    Divergence("equality", "differs", 1, "item 0 should be text, is word", 0, "text", "word"),
    Trace("ab", ((Edit(1, 2, "x"),), Probe(ProbeName.RESUME, 3))),
    Origin("stream", 7, 2, 100, 20, (("fuzzeq", "0.1"),)),
    shrunk=True,
)
GOOD: dict[str, Any] = crash_store.encode(FINDING)


# What is stored comes back.

texts = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=())), max_size=20)
documents = texts.filter(lambda text: not PAIR.search(text))
"""Two surrogates that make a pair are a case of their own, below."""


def at_a_step_of_its_trace(finding: Finding) -> Finding:
    """The finding, with its divergence at a step that there is."""
    step = finding.divergence.step % (len(finding.trace.steps) + 1)
    return replace(finding, divergence=replace(finding.divergence, step=step))


@st.composite
def steps_on(draw: st.DrawFn, document: str) -> tuple[Step, ...]:
    """Steps that fit the document."""
    steps: list[Step] = []
    length = len(document)
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            argument = draw(st.none() | st.integers(0, 1 << 70))
            steps.append(Probe(draw(st.sampled_from(tuple(ProbeName))), argument))
            continue
        edits = []
        for _ in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, length))
            edit = Edit(start, draw(st.integers(start, length)), draw(documents))
            length += edit.delta
            edits.append(edit)
        steps.append(tuple(edits))
    return tuple(steps)


traces = documents.flatmap(lambda text: st.builds(Trace, st.just(text), steps_on(text)))
numbers = st.integers(-(1 << 160), 1 << 160)
divergences = st.builds(
    Divergence,
    oracle=documents,
    kind=documents,
    step=st.integers(0, 5),
    message=documents,
    index=st.none() | st.integers(0, 1000),
    expected=documents,
    actual=documents,
    expected_excerpt=st.lists(documents, max_size=3).map(tuple),
    actual_excerpt=st.lists(documents, max_size=3).map(tuple),
)
origins = st.builds(
    Origin,
    engine=documents,
    seed=numbers,
    unit=numbers,
    document_chars=st.integers(0, 1 << 40),
    steps=st.integers(0, 1 << 40),
    versions=st.dictionaries(documents, documents, max_size=3).map(lambda d: tuple(d.items())),
)
findings = st.builds(
    Finding,
    target=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True),
    divergence=divergences,
    trace=traces,
    origin=origins,
    status=st.sampled_from(tuple(Status)),
    shrunk=st.booleans(),
    original=st.none() | traces,
    shrinking=st.lists(
        st.builds(
            Smaller,
            candidates=st.integers(0, 1 << 40),
            by=documents,
            steps=st.integers(0, 1 << 40),
            written=st.integers(0, 1 << 40),
            removed=st.integers(0, 1 << 40),
        ),
        max_size=3,
    ).map(tuple),
).map(at_a_step_of_its_trace)


def check_round_trip(finding: Finding, folder: Path) -> Path:
    """Stores and loads; returns where it was stored."""
    path = crash_store.store(finding, folder)
    assert crash_store.load(path).finding == finding
    assert path.read_bytes().isascii()
    assert json.loads(path.read_text("ascii"))["format"] == crash_store.FORMAT
    return path


@settings(deadline=None)
@given(finding=findings)
@example(FINDING)
@example(replace(FINDING, trace=Trace(ODD, ((), (Edit(0, len(ODD), ODD[::-1]),)))))
def test_what_is_stored_comes_back(finding: Finding) -> None:
    with TemporaryDirectory() as folder:
        path = check_round_trip(finding, Path(folder))
    assert re.fullmatch(r"[A-Za-z0-9._-]+-[A-Za-z0-9._-]*-[0-9a-f]{8}\.fuzzeq\.json", path.name)


@pytest.mark.parametrize(
    "trace",
    [Trace("\ud83d\ude00"), Trace("ab", ((Edit(1, 1, "\ud800\udc00"), Edit(3, 4, "")),))],
    ids=["document", "edit"],
)
def test_lone_surrogates_that_make_a_pair_stay_two(tmp_path: Path, trace: Trace) -> None:
    check_round_trip(at_a_step_of_its_trace(replace(FINDING, trace=trace)), tmp_path)


@pytest.mark.parametrize(
    ("changes", "folder"),
    [
        ({"shrunk": True}, ""),
        ({"shrunk": True, "status": Status.DIED}, ""),
        ({"shrunk": False}, "pending"),
        ({"shrunk": False, "status": Status.FLAKY}, "flaky"),
        ({"shrunk": True, "status": Status.FLAKY}, "flaky"),
    ],
)
def test_where_a_finding_is_kept(tmp_path: Path, changes: dict[str, Any], folder: str) -> None:
    path = check_round_trip(replace(FINDING, **changes), tmp_path / "new" / "crashes")
    assert path.parent == tmp_path / "new" / "crashes" / folder


@pytest.mark.parametrize(
    ("target", "oracle", "start"),
    [
        ("latex", "equality", "latex-equality-"),
        ("../../etc", "a/b", ".._.._etc-a_b-"),
        ("na me\n", "\0\ud800é", "na_me_-___-"),
    ],
)
def test_unsafe_characters_of_a_file_name_are_replaced(
    tmp_path: Path, target: str, oracle: str, start: str
) -> None:
    divergence = replace(FINDING.divergence, oracle=oracle)
    path = crash_store.store(replace(FINDING, target=target, divergence=divergence), tmp_path)
    assert path.parent == tmp_path
    assert re.fullmatch(re.escape(start) + r"[0-9a-f]{8}\.fuzzeq\.json", path.name)


def test_the_fingerprint_names_the_file_and_the_reader_sees_it(tmp_path: Path) -> None:
    path = crash_store.store(FINDING, tmp_path)
    assert FINDING.fingerprint[:8] in path.name
    assert json.loads(path.read_text("ascii"))["fingerprint"] == FINDING.fingerprint


def move_in(finding: Finding, folder: Path) -> Path:
    """Moves it there from elsewhere."""
    return crash_store.move(crash_store.store(finding, folder.with_name("elsewhere")), folder)


def test_only_good_files_directly_in_the_folder_are_known(tmp_path: Path) -> None:
    path = crash_store.store(FINDING, tmp_path)
    crash_store.store(replace(FINDING, target="pending", shrunk=False), tmp_path)
    (tmp_path / "damaged.fuzzeq.json").write_text("{")
    (tmp_path / "folder.fuzzeq.json").mkdir()
    kept, damaged = crash_store.kept_in(tmp_path)
    assert kept == [crash_store.Reproducer(path, FINDING)]
    assert [line.partition(":")[0] for line in damaged] == [
        str(tmp_path / f"{name}.fuzzeq.json") for name in ("damaged", "folder")
    ]
    assert crash_store.kept_in(tmp_path / "nowhere") == ([], [])


@pytest.mark.parametrize("keep", [crash_store.store, move_in], ids=["store", "move"])
def test_no_file_of_another_trace_gives_way(
    tmp_path: Path, keep: Callable[[Finding, Path], Path]
) -> None:
    others = [replace(FINDING, trace=Trace(text, FINDING.trace.steps)) for text in ("abc", "abcd")]
    findings = [FINDING, *others, FINDING, others[1]]
    paths = [keep(finding, tmp_path / "kept") for finding in findings]
    stem = crash_store.file_name(FINDING).removesuffix(crash_store.SUFFIX)
    names = [f"{stem}{number}{crash_store.SUFFIX}" for number in ("", "-2", "-3", "", "-3")]
    assert [path.name for path in paths] == names
    for path, finding in zip(paths, findings, strict=True):
        assert crash_store.load(path).finding == finding
    paths[0].write_text("{")
    assert keep(FINDING, tmp_path / "kept").name == f"{stem}-4{crash_store.SUFFIX}"


def test_pending_is_discarded_and_the_rest_stays(tmp_path: Path) -> None:
    unshrunk = replace(FINDING, shrunk=False)
    kept, pending = crash_store.store(FINDING, tmp_path), crash_store.store(unshrunk, tmp_path)
    crash_store.discard_pending(unshrunk, tmp_path)
    crash_store.discard_pending(unshrunk, tmp_path)
    assert kept.exists()
    assert not pending.exists()


def test_a_moved_file_gives_way_to_none(tmp_path: Path) -> None:
    path = crash_store.store(FINDING, tmp_path / "crashes")
    moved = crash_store.move(path, tmp_path / "a" / "b")
    assert moved == tmp_path / "a" / "b" / path.name
    assert not path.exists()
    assert crash_store.load(moved).finding == FINDING
    with pytest.raises(UsageError, match="cannot be read"):
        crash_store.move(path, tmp_path)


# Half a file is never seen.


def _no_space(*arguments: object, **named: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fails", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.open"])
@pytest.mark.parametrize("before", [None, json.dumps(GOOD)], ids=["new", "older"])
def test_a_write_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, before: str | None
) -> None:
    path = tmp_path / crash_store.file_name(FINDING)
    if before is not None:
        path.write_text(before)
    with monkeypatch.context() as patch:
        patch.setattr(fails, _no_space)
        with pytest.raises(UsageError, match=rf"cannot write {tmp_path}/\S+: No space left"):
            crash_store.store(FINDING, tmp_path)
    assert [child.name for child in tmp_path.iterdir()] == ([path.name] if before else [])
    assert before is None or path.read_text() == before


@pytest.mark.parametrize("below", ["", "below"], ids=["the-folder", "its-parent"])
def test_a_file_where_the_folder_should_be_is_a_usage_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "crashes").write_text("a file")
    with pytest.raises(UsageError, match="cannot write"):
        crash_store.store(FINDING, tmp_path / "crashes" / below)


def test_an_interrupted_write_leaves_nothing_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        crash_store.store(FINDING, tmp_path)
    assert list(tmp_path.iterdir()) == []


# Hostile files.


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What takes longer fails, even where it waits for ever."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tree(folder: Path) -> dict[str, int]:
    """Every path below a folder, and its size where it is a file."""
    return {str(path): path.stat().st_size if path.is_file() else -1 for path in folder.rglob("*")}


def check_refused(path: Path, words: str) -> None:
    """Loading gives one `UsageError` line that names the file, imports nothing, writes nothing."""
    modules, before = set(sys.modules), tree(path.parent)
    with within(20), pytest.raises(UsageError) as raised:
        crash_store.load(path)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert words in message
    assert len(message) < len(str(path)) + 300
    assert set(sys.modules) == modules
    assert tree(path.parent) == before


def changed(**changes: object) -> bytes:
    """The good file with some of its values changed."""
    return json.dumps(GOOD | changes).encode()


def without(key: str) -> bytes:
    """The good file without one of its values."""
    return json.dumps({name: value for name, value in GOOD.items() if name != key}).encode()


def spelled(old: str, new: str) -> bytes:
    """The good file with a piece of its JSON replaced, for what `json.dumps` would not write."""
    text = json.dumps(GOOD)
    assert text.count(old) == 1
    return text.replace(old, new).encode()


HOSTILE: list[tuple[str, bytes, str]] = [
    ("empty", b"", "not a reproducer"),
    ("blank", b" \n", "not a reproducer"),
    ("not-json", b"\\begin{document}", "not a reproducer"),
    ("truncated", json.dumps(GOOD).encode()[:-20], "not a reproducer"),
    ("two-values", json.dumps(GOOD).encode() * 2, "not a reproducer"),
    ("deep-lists", b"[" * 100_000, "nested too deeply"),
    ("deep-tables", b'{"a":' * 100_000, "nested too deeply"),
    ("deep-inside", spelled('"summary"', f'"x": {"[" * 99_999}{"]" * 99_999}, "summary"'), "deep"),
    ("latin-1", '{"format": "é"}'.encode("latin-1"), "UTF-8"),
    ("utf-16", json.dumps(GOOD).encode("utf-16"), "UTF-8"),
    ("byte-order-mark", b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "not a reproducer"),
    ("surrogate-bytes", b'"\xed\xa0\x80"', "UTF-8"),
    ("zeros", bytes(1000), "not a reproducer"),
    ("a-list", b"[]", "a table"),
    ("null", b"null", "a table"),
    ("empty-table", b"{}", '"format"'),
    ("format-missing", without("format"), '"format"'),
    ("format-null", changed(format=None), '"format"'),
    ("format-true", changed(format=True), '"format"'),
    ("format-float", changed(format=1.0), '"format"'),
    ("format-text", changed(format="1"), '"format"'),
    ("format-future", changed(format=2), "update"),
    ("format-past", changed(format=0), "format 0"),
    ("target-missing", without("target"), '"target"'),
    ("target-number", changed(target=1), '"target"'),
    ("target-module", changed(target="os:system"), "plain name"),
    ("target-path", changed(target="../../x"), "plain name"),
    ("target-slash", changed(target="a/b"), "plain name"),
    ("target-backslash", changed(target="a\\b"), "plain name"),
    ("target-newline", changed(target="latex\n"), "plain name"),
    ("target-dots", changed(target=".."), "plain name"),
    ("target-empty", changed(target=""), "plain name"),
    ("target-long", changed(target="a" * 5000), "plain name"),
    ("target-foreign", changed(target="latéx\u202e"), "plain name"),
    ("document-missing", without("document"), '"document"'),
    ("document-number", changed(document=5), '"document"'),
    ("document-list", changed(document=[1]), '"document"'),
    ("steps-missing", without("steps"), '"steps"'),
    ("steps-text", changed(steps="[]"), '"steps"'),
    ("steps-table", changed(steps={}), '"steps"'),
    ("step-number", changed(steps=[1]), "step 1"),
    ("step-null", changed(steps=[None]), "step 1"),
    ("step-edit-itself", changed(steps=[[0, 0, "x"]]), "step 1"),
    ("edit-of-two", changed(steps=[[[0, 0]]]), "[start, end, text]"),
    ("edit-of-four", changed(steps=[[[0, 0, "x", 0]]]), "[start, end, text]"),
    ("edit-table", changed(steps=[[{"start": 0, "end": 0, "text": ""}]]), "[start, end, text]"),
    ("edit-text-number", changed(steps=[[[0, 0, 0]]]), "text"),
    ("edit-text-null", changed(steps=[[[0, 0, None]]]), "text"),
    ("start-true", changed(steps=[[[True, 1, "x"]]]), "whole number"),
    ("end-false", changed(steps=[[[0, False, "x"]]]), "whole number"),
    ("start-float", changed(steps=[[[0.0, 1, "x"]]]), "whole number"),
    ("start-text", changed(steps=[[["0", 1, "x"]]]), "whole number"),
    ("start-nan", spelled("[[1, 2,", "[[NaN, 2,"), "whole number"),
    ("end-infinite", spelled("[[1, 2,", "[[1, Infinity,"), "whole number"),
    ("end-exponent", spelled("[[1, 2,", "[[1, 2e0,"), "whole number"),
    ("end-huge-exponent", spelled("[[1, 2,", "[[1, 2e999999,"), "whole number"),
    ("end-of-10000-digits", spelled("[[1, 2,", f"[[1, {'9' * 10_000},"), "not a reproducer"),
    ("end-of-4000-digits", spelled("[[1, 2,", f"[[1, {'9' * 4000},"), "whole number"),
    ("start-negative", changed(steps=[[[-1, 0, "x"]]]), "does not fit"),
    ("end-before-start", changed(steps=[[[2, 1, "x"]]]), "does not fit"),
    ("end-behind-document", changed(steps=[[[0, 3, ""]]]), "does not fit"),
    ("second-edit-too-far", changed(steps=[[[0, 2, ""], [1, 1, "x"]]]), "does not fit"),
    ("second-step-too-far", changed(steps=[[[0, 2, ""]], [[1, 1, "x"]]]), "does not fit"),
    ("probe-unknown", changed(steps=[{"probe": "eval", "argument": 1}]), "no probe 'eval'"),
    ("probe-missing", changed(steps=[{}]), "no probe"),
    ("probe-list", changed(steps=[{"probe": ["resume"], "argument": 1}]), "no probe"),
    ("probe-long", changed(steps=[{"probe": "x" * 5000}]), "no probe"),
    ("argument-negative", changed(steps=[{"probe": "resume", "argument": -1}]), "negative"),
    ("argument-true", changed(steps=[{"probe": "resume", "argument": True}]), "whole number"),
    ("argument-float", changed(steps=[{"probe": "resume", "argument": 1.5}]), "whole number"),
    ("argument-text", changed(steps=[{"probe": "resume", "argument": "1"}]), "whole number"),
    (
        "argument-huge",
        changed(steps=[{"probe": "resume", "argument": 1 << 300}]),
        "whole number",
    ),
    ("divergence-missing", without("divergence"), '"divergence"'),
    ("divergence-list", changed(divergence=[]), '"divergence"'),
    ("oracle-missing", changed(divergence={"kind": "x", "step": 0}), '"oracle"'),
    ("kind-number", changed(divergence={"oracle": "x", "kind": 1, "step": 0}), '"kind"'),
    ("step-missing", changed(divergence={"oracle": "x", "kind": "y"}), '"step"'),
    ("index-text", changed(divergence=GOOD["divergence"] | {"index": "0"}), '"index"'),
    (
        "excerpt-numbers",
        changed(divergence=GOOD["divergence"] | {"actual_excerpt": [1]}),
        '"actual_excerpt"',
    ),
    ("original-list", changed(original=[]), '"original"'),
    ("original-trace-list", changed(original={"trace": []}), '"trace"'),
    ("original-trace-empty", changed(original={"trace": {}}), '"document"'),
    (
        "original-trace-does-not-fit",
        changed(original={"trace": {"document": "a", "steps": [[[0, 2, ""]]]}}),
        "does not fit",
    ),
    ("shrinking-table", changed(shrinking={}), '"shrinking"'),
    ("shrinking-short", changed(shrinking=[[1, "x", 2]]), '"shrinking"'),
    ("shrinking-nameless", changed(shrinking=[[1, 2, 3, 4, 5]]), '"shrinking"'),
    ("shrinking-huge", changed(shrinking=[[1 << 300, "x", 3, 4, 5]]), "whole number"),
    ("seed-text", changed(original={"seed": "7"}), '"seed"'),
    ("versions-list", changed(original={"versions": ["x"]}), '"versions"'),
    ("status-unknown", changed(status="fine"), "'fine'"),
    ("status-list", changed(status=[]), '"status"'),
    ("status-long", changed(status="x" * 5000), '"status"'),
]


@pytest.mark.parametrize(
    ("data", "words"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE]
)
def test_a_hostile_file_gives_one_line_that_names_it(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "hostile.fuzzeq.json"
    path.write_bytes(data)
    check_refused(path, words)


def make_sparse(path: Path) -> None:
    """A file over the limit that takes no space."""
    with path.open("wb") as file:
        file.truncate(crash_store.LARGEST_FILE + 1)


NOT_FILES: list[tuple[str, Callable[[Path], object], str]] = [
    ("too-large", make_sparse, "at most"),
    ("missing", lambda path: None, "No such file"),
    ("a-folder", lambda path: path.mkdir(), "not a regular file"),
    ("a-pipe", lambda path: os.mkfifo(path), "not a regular file"),
    ("a-device", lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    ("a-loop", lambda path: path.symlink_to(path.name), "Too many levels"),
    ("to-nowhere", lambda path: path.symlink_to("gone"), "No such file"),
]


@pytest.mark.parametrize(
    ("make", "words"), [row[1:] for row in NOT_FILES], ids=[row[0] for row in NOT_FILES]
)
def test_what_is_no_file_of_a_finding_gives_one_line_that_names_it(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    path = tmp_path / "hostile.fuzzeq.json"
    make(path)
    check_refused(path, words)


def test_a_file_that_cannot_be_read_gives_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = crash_store.store(FINDING, tmp_path)

    def refuse(*arguments: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    check_refused(path, "cannot be read: Permission denied")


@pytest.mark.parametrize("step", [-1, 3, 1 << 200], ids=["negative", "behind-the-last", "huge"])
def test_a_divergence_at_no_step_of_the_trace_is_refused(tmp_path: Path, step: int) -> None:
    path = tmp_path / "hostile.fuzzeq.json"
    path.write_bytes(changed(divergence=GOOD["divergence"] | {"step": step}))
    check_refused(path, "step")


def test_what_a_file_does_not_need_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "by-hand.fuzzeq.json"
    needed = ("format", "target", "document", "steps")
    value = {key: GOOD[key] for key in needed} | {
        "divergence": {"oracle": "equality", "kind": "differs", "step": 1}
    }
    path.write_text(json.dumps(value))
    finding = crash_store.load(path).finding
    assert finding.trace == FINDING.trace
    assert finding.status == Status.CONFIRMED
    assert not finding.shrunk


def test_files_are_listed_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = ["b.fuzzeq.json", "a.fuzzeq.json", "pending/c.fuzzeq.json"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "other.json").write_text("")
    (tmp_path / ".a.fuzzeq.json.77").write_text("half a file")
    (tmp_path / "folder.fuzzeq.json").mkdir()
    assert list(crash_store.reproducers(tmp_path)) == [tmp_path / name for name in sorted(names)]
    single = tmp_path / "other.json"
    assert list(crash_store.reproducers(single)) == [single]
    with pytest.raises(UsageError, match="no file or folder"):
        list(crash_store.reproducers(tmp_path / "gone"))
