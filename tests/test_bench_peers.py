"""Peers: each is a target of its language, an absent one is told, and no run is judged by one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fuzzeq.bench.environment import detect
from fuzzeq.bench.peers import PEERS, peer
from fuzzeq.bench.workers import Subject
from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.report import bench_report
from fuzzeq.report.bench_report import Measurement
from tests.bench_runs import cell, matrix_of

pytestmark = pytest.mark.usefixtures("own_folder", "tests_on_path", "steady_machine")


@pytest.mark.parametrize("name", PEERS)
def test_peer_is_a_target_of_its_language(name: str) -> None:
    pytest.importorskip({"tree-sitter": "tree_sitter_language_pack"}.get(name, name))
    target = peer(name, "latex")
    text = "Some \\emph{words} and $x$ in it.\n" * 5
    handle = target.open(text)
    for edit in (Edit(5, 5, "y"), Edit(0, 4, ""), Edit(3, 3, "é漢"), Edit(9, 12, "zz")):
        handle.apply((edit,))
        text = edit.apply(text)
    assert list(handle.result()) == list(target.batch(text))
    with pytest.raises(UsageError):
        peer(name, "no such language")


def test_peer_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="there are tree-sitter"):
        peer("other", "latex")
    monkeypatch.setitem(sys.modules, "pygments", None)
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    with pytest.raises(UsageError, match="pip install"):
        peer("pygments", "latex")


def test_peers_are_not_read_from_a_report() -> None:
    other = cell([1.0] * 6)
    other.subject = Subject("peer:other")
    done = Measurement(detect({}), 0.001, matrix_of(cell([1.0] * 6), other))
    bench_report.write(bench_report.report(done), Path("report.json"))
    assert set(bench_report.read(Path("report.json")).samples) == {"words/line/1000"}
