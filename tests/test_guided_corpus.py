"""What the guided engine keeps: damaged entries are named and dropped, there is an end to growing,
and corpora can be looked at, merged, minimized and shown as coverage."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzeq import crash_store
from fuzzeq.engines import guided_corpus, guided_coverage
from fuzzeq.engines.guided_corpus import default_folder, entries, flaw, stats, tidy
from fuzzeq.errors import UsageError
from fuzzeq.generate.codec import encode
from fuzzeq.model.edit import Edit
from fuzzeq.model.trace import Trace
from tests.cli_runs import fuzzeq

pytestmark = pytest.mark.usefixtures("own_folder", "own_cache")

TRACES = (
    Trace("$a$"),
    Trace("$b$"),
    Trace("\\verb|x|\n"),
    Trace("a\nb", ((Edit(1, 2, ""),), (Edit(0, 0, "\\begin{verbatim}"),))),
)


def keep(folder: str | Path, *traces: Trace, age: float = 3600) -> list[Path]:
    """Writes entries as libFuzzer does, some time ago."""
    paths = []
    for trace in traces:
        data = encode(trace)
        path = Path(folder) / hashlib.sha1(data).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        paths.append(aged(path, age))
    return paths


def aged(path: Path, seconds: float = 3600) -> Path:
    """The file, changed so long ago."""
    then = path.lstat().st_mtime - seconds
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def grown(path: Path) -> None:
    path.write_bytes(b"x" * (guided_corpus.LARGEST_ENTRY + 1))


def linked(path: Path) -> None:
    Path("elsewhere").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(Path("elsewhere").resolve())


@pytest.mark.parametrize("damage", [cut_short, emptied, flipped, grown, linked])
def test_a_damaged_entry_is_named_and_dropped(damage: Callable[[Path], None]) -> None:
    good, bad = keep("corpus", *TRACES[:2])
    damage(bad)
    aged(bad)
    assert [entry.path for entry in entries(Path("corpus"))] == [good]
    assert stats(Path("corpus")).damaged == (f"{bad}: {flaw(bad)}",)
    notes = tidy(Path("corpus"))
    assert len(notes) == 1
    assert bad.name in notes[0]
    assert list(Path("corpus").iterdir()) == [good]
    assert tidy(Path("corpus")) == ()


def test_what_is_just_being_written_and_what_people_put_there_stays() -> None:
    (half,) = keep("corpus", TRACES[0], age=0)
    cut_short(half)
    Path("corpus", "by-hand").write_bytes(b"$$")
    Path("corpus", "folder").mkdir()
    tidy(Path("corpus"))
    assert sorted(path.name for path in Path("corpus").iterdir()) == sorted(
        [half.name, "by-hand", "folder"]
    )


def test_there_is_an_end_to_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = keep("corpus", *(Trace("x" * length) for length in (5, 50, 500, 5000)))
    monkeypatch.setattr(guided_corpus, "MOST_ENTRIES", 3)
    assert "the 1 largest entries dropped" in tidy(Path("corpus"))[0]
    monkeypatch.setattr(guided_corpus, "MOST_BYTES", 60)
    tidy(Path("corpus"))
    assert {entry.path for entry in entries(Path("corpus"))} == set(paths[:2])


@pytest.mark.parametrize(
    ("value", "parent"), [("/cache", "/cache"), ("", "/home/x/.cache"), ("here", "/home/x/.cache")]
)
def test_the_default_folder_is_where_users_expect_it(
    monkeypatch: pytest.MonkeyPatch, value: str, parent: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", "/home/x")
    assert default_folder("latex") == Path(parent, "fuzzeq", "corpus", "latex")


def test_stats_say_how_much_there_is() -> None:
    keep("corpus", *TRACES)
    ended = fuzzeq("corpus", "stats", "--corpus", "corpus")
    assert ended.status == 0
    assert ended.out.startswith("corpus: 4 entries, ")
    assert "steps of a trace: median 0, at most 2" in ended.out


def test_without_a_corpus_stats_say_what_makes_one() -> None:
    ended = fuzzeq("corpus", "stats")
    assert ended.status == 2
    assert "no corpus in" in ended.err
    assert "--engine guided" in ended.err
    assert not Path("cache").exists()


def test_merge_adds_what_reaches_something_new_and_names_what_is_damaged() -> None:
    kept = keep("mine", TRACES[0])
    bad = keep("a folder of others", *TRACES)[3]
    cut_short(bad)
    ended = fuzzeq("corpus", "merge", "latex", "a folder of others", "--corpus", "mine")
    assert ended.status == 0, ended
    assert f"{bad} left out: not what its name says" in ended.out
    assert ended.out.splitlines()[-1] == "mine: 1 entries added, 2 in all"
    assert kept[0].exists()
    assert Path("mine", keep("other", TRACES[2])[0].name).exists()


def test_minimize_drops_what_reaches_nothing_more_and_keeps_what_diverges() -> None:
    keep("corpus", *TRACES)
    ended = fuzzeq("corpus", "minimize", "latex-planted-lines-not-joined", "--corpus", "corpus")
    assert ended.status == 0, ended
    assert "4 entries became 3" in ended.out
    assert Path("corpus", keep("other", TRACES[3])[0].name).exists()


def test_minimize_of_nothing_says_so() -> None:
    Path("corpus").mkdir()
    ended = fuzzeq("corpus", "minimize", "latex", "--corpus", "corpus")
    assert ended.status == 2
    assert ended.err == "fuzzeq: no entry in corpus: fuzzeq run --engine guided makes some\n"


def test_coverage_is_a_number_a_page_and_a_list_of_what_nothing_reaches() -> None:
    keep("corpus", *TRACES)
    ended = fuzzeq("corpus", "coverage", "--corpus", "corpus", "--html", "pages")
    assert ended.status == 0, ended
    assert "line_lexer.py: " in ended.out
    assert "reference.py" not in ended.out
    assert "  nothing reaches BlockEngine.restore\n" in ended.out
    assert "  nothing reaches BlockEngine.apply\n" not in ended.out
    assert ended.out.splitlines()[-2].startswith("in all: ")
    assert Path("pages", "index.html").exists()


def test_coverage_where_no_page_can_be_written_is_told() -> None:
    keep("corpus", *TRACES)
    Path("pages").write_text("a file")
    ended = fuzzeq("corpus", "coverage", "--corpus", "corpus", "--html", "pages")
    assert (ended.status, ended.err) == (2, "fuzzeq: cannot write to pages: File exists\n")


def test_coverage_without_entries_says_what_makes_some() -> None:
    ended = fuzzeq("corpus", "coverage", "--corpus", "empty")
    assert ended.status == 2
    assert "--engine guided" in ended.err


def test_ranges_of_lines() -> None:
    ranges = guided_coverage._ranges
    assert list(ranges([])) == []
    assert list(ranges([3])) == ["3"]
    assert list(ranges([1, 2, 3, 7, 9, 10])) == ["1-3", "7", "9-10"]


def test_an_entry_is_replayed_shrunk_and_stored() -> None:
    (healthy, diverging) = keep("corpus", TRACES[0], TRACES[3])
    name = "latex-planted-lines-not-joined"
    ended = fuzzeq("corpus", "replay", name, str(healthy), str(diverging))
    assert ended.status == 1, ended
    assert f"{healthy}: nothing diverges" in ended.out
    (stored,) = Path("crashes").glob("*.json")
    assert f"{diverging}: {stored}" in ended.out
    finding = crash_store.load(stored).finding
    assert finding.shrunk
    assert finding.origin.engine == "guided"
    assert len(finding.trace.steps) == 1
    assert fuzzeq("corpus", "replay", "latex", str(diverging)).status == 0
    assert fuzzeq("corpus", "replay", "latex", "gone").status == 2


def test_a_folder_that_cannot_be_read_is_a_mistake_in_one_line() -> None:
    with pytest.raises(UsageError, match="no corpus in gone"):
        stats(Path("gone"))
    ended = fuzzeq("corpus", "merge", "latex", "gone", "--corpus", "mine")
    assert ended.status == 2
    assert "cannot read a corpus in gone" in ended.err
