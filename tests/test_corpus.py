"""Samples: which files count, in which order, and what is said of those that are odd."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import pytest

from fuzzeq import corpus
from fuzzeq.corpus import LARGEST_SAMPLE, load
from fuzzeq.errors import UsageError


def check_load(folder: Path, files: dict[str, bytes], texts: list[str], notes: list[str]) -> None:
    """Writes the files; loading gives the texts, and one note with each of the words, in order."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    samples = load(folder)
    assert samples.texts == texts
    assert len(samples.notes) == len(notes), samples.notes
    for note, words in zip(samples.notes, notes, strict=True):
        assert words in note
        assert "\n" not in note


@pytest.mark.parametrize(
    ("files", "texts", "notes"),
    [
        pytest.param({"a.tex": b"a"}, ["a"], [], id="one"),
        pytest.param(
            {"c.tex": b"c", "a.sty": b"a", "b.cls": b"b", "d.dtx": b"d", "e.ltx": b"e"},
            list("abcde"),
            [],
            id="sorted-by-name",
        ),
        pytest.param({"a.TEX": b"a", "b.Sty": b"b"}, ["a", "b"], [], id="suffix-in-capitals"),
        pytest.param(
            {"a.tex": b"a", "b.txt": b"b", "c.tex.bak": b"c", "tex": b"d", ".tex": b"e"},
            ["a"],
            [],
            id="other-suffixes-left-out",
        ),
        pytest.param(
            {"z.tex": b"z", "deep/er/b.tex": b"b", "deep/a.tex": b"a"},
            ["a", "b", "z"],
            [],
            id="folders-below",
        ),
        pytest.param({"a.tex": b"\xc3\xa9\r\n\r"}, ["é\r\n\r"], [], id="line-ends-as-they-are"),
        pytest.param({"a.tex": b""}, [""], [], id="empty"),
        pytest.param({"a.tex": b"\0\x1b"}, ["\0\x1b"], [], id="controls"),
        pytest.param({"a.tex": b"na\xefve"}, ["naïve"], ["a.tex: not UTF-8"], id="latin-1"),
        pytest.param(
            {"a.tex": b"\xe9", "b.tex": b"b", "c.tex": b"\xff"},
            ["é", "b", "ÿ"],
            ["a.tex", "c.tex"],
            id="each-latin-1-file-noted",
        ),
        pytest.param(
            {"a.tex": b"\xed\xa0\x80"}, ["í\xa0\x80"], ["not UTF-8"], id="surrogate-bytes"
        ),
    ],
)
def test_texts_and_notes(
    tmp_path: Path, files: dict[str, bytes], texts: list[str], notes: list[str]
) -> None:
    check_load(tmp_path, files, texts, notes)


def test_suffixes_are_for_the_caller_to_say(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    (tmp_path / "b.tex").write_text("b")
    assert load(tmp_path, [".py"]).texts == ["a"]


def test_a_file_that_cannot_be_read_is_named_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "loop.tex").symlink_to("loop.tex")
    (tmp_path / "nowhere.tex").symlink_to("gone.tex")
    check_load(
        tmp_path,
        {"good.tex": b"good"},
        ["good"],
        ["loop.tex: left out, ", "nowhere.tex: left out, "],
    )


def test_a_folder_with_such_a_suffix_is_a_folder(tmp_path: Path) -> None:
    check_load(tmp_path, {"odd.tex/a.tex": b"a"}, ["a"], [])


@pytest.mark.parametrize(
    ("character", "size"),
    [("a", 1), ("é", 2), ("€", 3), ("😀", 4)],
    ids=["one", "two", "three", "four"],
)
@pytest.mark.parametrize("lead", range(4))
def test_a_file_too_large_is_cut_between_characters(
    tmp_path: Path, character: str, size: int, lead: int
) -> None:
    text = "x" * lead + character * (LARGEST_SAMPLE // size + 1)
    (tmp_path / "a.tex").write_bytes(text.encode())
    samples = load(tmp_path)
    (cut,) = samples.texts
    assert text.startswith(cut)
    assert LARGEST_SAMPLE - 2 * size <= len(cut.encode()) <= LARGEST_SAMPLE
    (note,) = samples.notes
    assert "a.tex: cut" in note


def test_a_file_of_just_the_largest_size_is_whole(tmp_path: Path) -> None:
    check_load(tmp_path, {"a.tex": b"x" * LARGEST_SAMPLE}, ["x" * LARGEST_SAMPLE], [])


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: None,
        lambda folder: folder.mkdir(),
        lambda folder: (folder.mkdir(), (folder / "a.txt").touch()),
        lambda folder: folder.write_text("a file"),
        lambda folder: (folder.mkdir(), (folder / "a.tex").symlink_to("a.tex")),
    ],
    ids=["no-folder", "empty", "nothing-of-use", "a-file", "nothing-readable"],
)
def test_no_sample_is_a_usage_error_that_names_the_folder(tmp_path: Path, make: object) -> None:
    folder = tmp_path / "samples"
    assert callable(make)
    make(folder)
    with pytest.raises(UsageError, match=r"samples") as raised:
        load(folder)
    assert "\n" not in str(raised.value)


def _give_up(number: int, frame: FrameType | None) -> None:
    raise AssertionError("reading samples takes for ever")


def test_a_pipe_among_the_samples_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tex")
    (tmp_path / "good.tex").write_text("good")
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        assert load(tmp_path).texts == ["good"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_large_file_that_is_no_text_is_cut_fast(tmp_path: Path) -> None:
    (tmp_path / "bytes.tex").write_bytes(b"\x80" * (LARGEST_SAMPLE + 1))
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        assert len(load(tmp_path).texts[0]) >= LARGEST_SAMPLE - 4
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_samples_that_come_with_fuzzeq_load() -> None:
    samples = load(corpus.bundled("latex"))
    assert len(samples.texts) >= 40
    assert samples.notes == []
    assert any("\r\n" in text for text in samples.texts)
    assert any("\\begin{verbatim}" in text for text in samples.texts)


def test_samples_that_do_not_come_with_fuzzeq_are_a_folder_that_is_not_there() -> None:
    assert not corpus.bundled("no-such-language").exists()
