"""`fuzzeq report`, `fuzzeq explain`, and what a campaign leaves behind, as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fuzzeq import cli
from fuzzeq.checking import check
from fuzzeq.cli.report import FORMATS
from fuzzeq.crash_store import store
from fuzzeq.errors import UsageError
from fuzzeq.model.finding import Finding, Status
from fuzzeq.registry import load_target
from fuzzeq.report.reading import read_report
from tests.hostile import BANK, finding_of
from tests.notation import trace
from tests.test_page import check_page, elements, text_of
from tests.test_report_formats import finding, full

BROKEN = "latex-planted-tail-not-moved"
ENGINE = "broken_engine:TARGET"
"""A module in the test's folder, which is how a user would name it."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fuzzeq(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, arguments)


def crash(folder: str = "crashes", **others: Any) -> Path:
    """A crash file of a planted bug."""
    target, which = load_target(BROKEN), trace("«→a»\n\na")
    divergence = check(target, which)
    assert divergence is not None
    return store(Finding(BROKEN, divergence, which, shrunk=True, **others), Path(folder))


def a_report(name: str = "night.json", **others: Any) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**full(), **others}))
    return path


# explain


def test_explain_tells_the_steps_and_what_the_engine_did() -> None:
    path = crash()
    result = fuzzeq("explain", str(path), "--target", BROKEN)
    assert result.exit_code == 0, result.output
    for part in (
        "13 offsets behind the edit not rebased", "<- HERE IT FAILS", "restarted at:",
        "3 Token(kind='text', start=3, end=4, mode='text')   <- first",
        f"to reproduce: fuzzeq replay --target {BROKEN} {path}",
    ):  # fmt: skip
        assert part in result.output


def test_explain_imports_nothing_that_a_file_names() -> None:
    value = json.loads(crash().read_text())
    value["target"] = "not-registered"
    path = Path("x.fuzzeq.json")
    path.write_text(json.dumps(value))
    result = fuzzeq("explain", str(path))
    assert result.exit_code == 0
    assert "not run again: " in result.output
    assert "step 1: [0:0] insert 'a'" in result.output


def test_explain_does_not_run_what_killed_its_process() -> None:
    path = crash(status=Status.DIED)
    result = fuzzeq("explain", str(path), "--target", BROKEN)
    assert "not run again: the process that ran it died" in result.output
    assert "32 raises, hangs, dies" in result.output


def test_explain_survives_a_target_that_kills_its_process(folder: Path) -> None:
    (folder / "broken_engine.py").write_text(
        "import os\n\nclass TARGET:\n    name = 'latex'\n"
        "    def batch(self, document):\n        os._exit(9)\n    open = batch\n"
    )
    result = fuzzeq("explain", str(crash()), "--target", ENGINE)
    assert result.exit_code == 0, result.output
    assert "not run again: its process" in result.output


# report


def test_a_report_becomes_a_page_beside_it() -> None:
    path = crash()
    report = a_report("nights/night.json", findings=[finding(reproducer=str(path))])
    result = fuzzeq("report", str(report), "--target", BROKEN)
    assert result.exit_code == 0, result.output
    assert result.output == "page: nights/report.html\n"
    tree = check_page(Path("nights/report.html").read_text())
    assert "13: offsets behind the edit not rebased" in text_of(tree)
    assert len(elements(tree, "article")) == 2


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_goes_to_its_file_or_to_standard_output(name: str) -> None:
    path = a_report()
    written = fuzzeq("report", str(path), f"--{name}", "out")
    assert (written.exit_code, written.output) == (0, "")
    told = fuzzeq("report", str(path), f"--{name}", "-")
    assert told.output == Path("out").read_text()
    assert not Path("report.html").exists()


def test_all_formats_at_once_and_the_page() -> None:
    options = [part for name in FORMATS for part in (f"--{name}", f"out.{name}")]
    result = fuzzeq("report", str(a_report()), "--html", "out.html", *options)
    assert result.exit_code == 0, result.output
    assert len(list(Path().glob("out.*"))) == len(FORMATS) + 1


def test_without_a_path_it_is_the_last_campaign() -> None:
    a_report(".fuzzeq/one/report.json")
    second = a_report(".fuzzeq/two/report.json", first_line="the second")
    os.utime(second, (2e9, 2e9))
    assert fuzzeq("report").output == "page: .fuzzeq/two/report.html\n"
    assert "the second" in Path(".fuzzeq/two/report.html").read_text()


def test_crash_files_have_a_page_of_their_own() -> None:
    crash()
    for number, name in enumerate(("script", "controls", "surrogates")):
        store(finding_of(BANK[name]), Path(f"crashes/{number}"))
    result = fuzzeq("report", "crashes", "--html", "x.html")
    assert result.exit_code == 0, result.output
    tree = check_page(Path("x.html").read_text())
    assert len([each for each in tree.iter() if each.get("class") == "finding"]) == 4
    assert elements(tree, "body")[0].get("class") == "alone"


def own_engine(folder: Path, **others: Any) -> Path:
    """A report on an engine that nobody registered, which a user named by its module."""
    (folder / "broken_engine.py").write_text(
        f"from fuzzeq.registry import load_target\n\nTARGET = load_target({BROKEN!r})\n"
    )
    path = crash()
    value = json.loads(path.read_text())
    value["target"] = "broken"  # what the engine calls itself
    path.write_text(json.dumps(value))
    rows = [finding(reproducer=str(path))]
    return a_report(".fuzzeq/dev/report.json", target=ENGINE, findings=rows, **others)


NAME_IT = f"1 of 1 finding cannot be run again without their target: give --target {ENGINE}"


def test_a_page_is_not_written_over_by_one_that_has_less(folder: Path) -> None:
    own_engine(folder)
    page = Path(".fuzzeq/dev/report.html")
    page.write_text("the page of the campaign")
    refused = fuzzeq("report")
    assert isinstance(refused.exception, UsageError)
    assert str(refused.exception) == (
        f"{page} is left as it is: {NAME_IT}, or --html FILE for a page without them"
    )
    assert page.read_text() == "the page of the campaign"
    elsewhere = fuzzeq("report", "--html", "less.html")
    assert elsewhere.output == f"warning: {NAME_IT}\npage: less.html\n"
    command = f"fuzzeq replay --target {ENGINE} crashes/"
    assert command in text_of(check_page(Path("less.html").read_text()))
    whole = fuzzeq("report", "--target", ENGINE)
    assert whole.output == f"page: {page}\n"
    text = text_of(check_page(page.read_text()))
    assert "13: offsets behind the edit not rebased" in text
    assert command in text


def test_where_no_page_is_yet_one_is_made(folder: Path) -> None:
    own_engine(folder)
    result = fuzzeq("report")
    assert result.exit_code == 0
    assert result.output == f"warning: {NAME_IT}\npage: .fuzzeq/dev/report.html\n"
    assert "Not run again for this page" in Path(".fuzzeq/dev/report.html").read_text()


def test_a_damaged_crash_file_keeps_no_others_from_the_page() -> None:
    crash()
    Path("crashes/damaged.fuzzeq.json").write_text("{}")
    result = fuzzeq("report", "crashes", "--html", "x.html")
    assert result.exit_code == 2
    assert "not on the page: crashes/damaged.fuzzeq.json: not a reproducer" in result.output
    tree = check_page(Path("x.html").read_text())
    assert len([each for each in tree.iter() if each.get("class") == "finding"]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.json"], "none.json: cannot be read"),
        (["file"], "file: not a report"),
        ([], "no report in .fuzzeq"),
        (["night.json", "night.json"], "one report at a time"),
        (["night.json", "--junit", "gone/x.xml"], "cannot write gone/x.xml"),
        (["crashes", "--junit", "-"], "crash files make a page"),
        (["bad.fuzzeq.json"], "bad.fuzzeq.json: not a reproducer"),
        (["crashes", "night.json"], "night.json is no crash file"),
        (["night.json", "bad.fuzzeq.json"], "night.json is no crash file"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], told: str) -> None:
    a_report()
    crash()
    Path("file").write_text("x")
    Path("bad.fuzzeq.json").write_text("{}")
    result = fuzzeq("report", *arguments)
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_a_reproducer_that_is_not_there_leaves_its_row() -> None:
    text = fuzzeq("report", str(a_report(findings=[finding()])), "--html", "-").output
    tree = check_page(text)
    assert not [each for each in tree.iter() if each.get("class") == "finding"]
    assert "fuzzeq replay crashes/latex-equality-01234567.fuzzeq.json" in text_of(tree)


@pytest.mark.parametrize("named", ["/etc/hostname", "x.json", "../outside/{}", "{folder}/{}"])
def test_a_report_makes_nobody_open_what_it_should_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """What is no reproducer, and what lies somewhere else."""
    path = crash("outside")
    Path("x.json").write_text(path.read_text())
    (folder / "inside").mkdir()
    monkeypatch.chdir(folder / "inside")
    named = named.format(path.name, folder=folder / "outside")
    text = fuzzeq("report", str(a_report(findings=[finding(reproducer=named)])), "--html", "-")
    assert 'class="finding"' not in text.output
    found = fuzzeq(
        "report", str(a_report(findings=[finding(reproducer=f"/elsewhere/{path.name}")])),
        "--html", "-", "--crashes", str(folder / "outside"),
    )  # fmt: skip
    assert 'class="finding"' in found.output


# A campaign


def campaign(*others: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzzeq", "campaign", "dev", "--edits", "600", "--jobs", "1"]
    return subprocess.run([*command, *others], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_campaign_leaves_a_report_a_page_and_a_row_in_the_history() -> None:
    Path("broken_engine.py").write_text(
        f"from fuzzeq.registry import load_target\n\nTARGET = load_target({BROKEN!r})\n"
    )
    for seed in ("1", "2"):
        run = campaign("--target", ENGINE, "--seed", seed, "--report", "r.json")
        assert run.returncode == 1, run.stderr
    assert "report: .fuzzeq/dev/report.html" in run.stdout
    value = read_report(Path(".fuzzeq/dev/report.json"))
    assert value == read_report(Path("r.json"))
    assert value["findings"][0]["likely"]
    tree = check_page(Path(".fuzzeq/dev/report.html").read_text())
    assert elements(tree, "article")
    assert "there on the first night that is known of" in text_of(tree)
    assert "The last night was not good." in text_of(tree)
    shown = subprocess.run(
        [sys.executable, "-m", "fuzzeq", "history", "show"], capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert shown.count("BAD") == 2


@pytest.mark.slow
def test_a_campaign_goes_without_jinja_and_says_so(folder: Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import sys\nsys.modules['jinja2'] = None\nsys.modules['matplotlib'] = None\n"
    )
    command = [sys.executable, "-m", "fuzzeq", "campaign", "dev", "--edits", "4000", "--jobs", "1"]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env=_environment(folder)
    )
    assert run.returncode == 0, run.stderr
    assert "warning: no page: this needs jinja2, which is not installed: pip" in run.stderr
    assert read_report(Path(".fuzzeq/dev/report.json"))["good"]
    assert not Path(".fuzzeq/dev/report.html").exists()
    run = subprocess.run(
        [sys.executable, "-m", "fuzzeq", "report"], capture_output=True, text=True, check=False,
        env=_environment(folder),
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "pip install 'fuzzeq[report]'" in run.stderr


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder)}
