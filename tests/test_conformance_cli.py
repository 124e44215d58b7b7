"""`fuzzeq targets --check`: a line for each promise kept or broken, one for what is no target."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fuzzeq import cli
from fuzzeq.engines.conformance import PROMISES
from tests.cli_runs import LEAVING


def fuzzeq(*arguments: str) -> Result:
    """`fuzzeq targets --check`, up to where `main` would turn a `UsageError` into status 2."""
    return CliRunner().invoke(cli.cli, ["targets", "--check", *arguments])


def test_check_prints_a_line_for_each_promise_kept() -> None:
    ended = fuzzeq("tests.conformance_healthy:Lines")
    assert ended.exit_code == 0
    lines = ended.output.splitlines()
    assert [line.split()[:2] for line in lines] == [["kept", name] for name in PROMISES]


def test_check_prints_a_line_for_each_complaint() -> None:
    ended = fuzzeq("tests.conformance_broken_targets:SamplesList")
    assert ended.exit_code == 1
    (line,) = ended.output.splitlines()
    assert line.startswith("broken  samples ")
    assert line.endswith(PROMISES["samples"])


def test_check_lets_no_document_steer_the_terminal() -> None:
    ended = fuzzeq("tests.conformance_broken_targets:RaisesEscapes")
    assert ended.exit_code == 1
    assert "\\u202e" in ended.output
    assert "\u202e" not in ended.output


def test_check_asks_a_small_target_for_less() -> None:
    ended = fuzzeq("tests.conformance_healthy:Words")
    assert ended.exit_code == 0
    assert "equality" in ended.output
    assert "snapshots" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("absent",), "no target 'absent'"),
        (("tests.conformance_healthy:Absent",), "Absent"),
        (("tests.conformance_broken_targets:NameNotText",), "a str `name`"),
        (("latex", "--planted"), "--planted"),
    ],
)
def test_check_of_what_is_no_target_is_an_error_of_usage(
    arguments: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fuzzeq", "targets", "--check", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert word in err
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("own_folder")
@pytest.mark.parametrize(
    ("does", "how"), [("os._exit(0)", "exit status 0"), ("os.abort()", "killed by SIGABRT")]
)
def test_a_target_that_ends_its_process_is_told(does: str, how: str) -> None:
    Path("leaving.py").write_text(LEAVING.format(does=does), "utf-8")
    ended = fuzzeq("leaving:T")
    assert ended.exit_code == 1
    assert ended.output.startswith("broken  process ")
    assert how in ended.output
