"""Crash files as pytest functions: they fail on the broken engine, pass on the healthy one, and
nothing in a file gets out of its literal."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fuzzeq import Divergence, Edit, Finding, Probe, ProbeName, Trace, UsageError
from fuzzeq.checking import check
from fuzzeq.cli.export import export
from fuzzeq.crash_store import store
from fuzzeq.lockstep import lockstep
from fuzzeq.model.finding import Status
from fuzzeq.report.pytest_function import (
    MOST_STEPS,
    PLAIN,
    Source,
    function_name,
    literal,
    pytest_function,
)
from tests.notation import trace

ENGINES = '''
"""An engine whose items are the characters of its document, and ways to get that wrong."""

import zlib

from fuzzeq import InvalidSnapshot
from fuzzeq.model.edit import apply_all
from fuzzeq.model.target import Piece

raise_on_import = False


class Handle:
    def __init__(self, document):
        self.document = self.shown = document

    def apply(self, edits):
        self.document = self.shown = apply_all(self.document, edits)
        self.examined = sum(len(edit.text) for edit in edits)

    def result(self):
        return list(self.shown)

    def work(self):
        return self.examined

    def checkpoints(self):
        return range(0, len(self.document) + 1, 2)

    def resume(self, index):
        return list(self.document[2 * index :])

    def snapshot(self):
        text = ascii(self.document).encode()
        return text + b"%08x" % zlib.crc32(text)


class Engine:
    name = "tiny"
    handle = Handle

    def batch(self, document):
        return list(document)

    def open(self, document):
        return self.handle(document)

    def pieces(self, document):
        return [Piece(len(line), line) for line in document.splitlines(keepends=True)]

    def restore(self, snapshot, document):
        text = ascii(document).encode()
        if snapshot != text + b"%08x" % zlib.crc32(text):
            raise InvalidSnapshot("damaged, or of another document")
        return self.handle(document)


class ForgetsEdits(Handle):
    def apply(self, edits):
        shown = self.shown
        super().apply(edits)
        self.shown = shown


class AppliesTheFirst(Handle):
    def apply(self, edits):
        super().apply(edits[:1])
        super().apply(edits[1:])


class ResumesTooFar(Handle):
    def resume(self, index):
        return list(self.document[2 * index + 1 :])


class Shares(Handle):
    last = None

    def apply(self, edits):
        super().apply(edits)
        Shares.last = self.document

    def result(self):
        return list(self.shown if Shares.last is None else Shares.last)


class Panics(Handle):
    def apply(self, edits):
        raise MemoryError("no")


class ReadsItAll(Handle):
    def apply(self, edits):
        super().apply(edits)
        self.examined = 3 * len(self.document)


class OpensStale(Engine):
    opened = 0

    def open(self, document):
        self.opened += 1
        return self.handle(document if self.opened % 2 else "stale")


def recording(calls):
    """A healthy engine, and what is asked of it."""

    def record(name, *arguments):
        calls.append((name, *arguments))

    class RecordingHandle(Handle):
        def apply(self, edits):
            record("apply", *map(tuple, edits))
            super().apply(edits)

        def result(self):
            record("result")
            return super().result()

        def checkpoints(self):
            record("checkpoints")
            return super().checkpoints()

        def resume(self, index):
            record("resume", index)
            return super().resume(index)

        def snapshot(self):
            record("snapshot")
            return super().snapshot()

    class Recording(Engine):
        handle = RecordingHandle

        def batch(self, document):
            record("batch", document)
            return super().batch(document)

        def open(self, document):
            record("open", document)
            return super().open(document)

        def restore(self, snapshot, document):
            record("restore", bytes(snapshot), document)
            return super().restore(snapshot, document)

    return Recording()


class Trusts(Engine):
    def restore(self, snapshot, document):
        return self.handle(document)


class Changeable(Engine):
    asked = 0

    def batch(self, document):
        self.asked += 1
        return list(document) if self.asked < 4 else ["changed"]


def with_handle(kind):
    engine = Engine()
    engine.handle = kind
    return engine


class table:
    healthy = Engine()
    forgets_edits = with_handle(ForgetsEdits)
    applies_the_first = with_handle(AppliesTheFirst)
    resumes_too_far = with_handle(ResumesTooFar)
    shares = with_handle(Shares)
    panics = with_handle(Panics)
    reads_it_all = with_handle(ReadsItAll)


healthy = table.healthy
Edit = forgets_edits = table.forgets_edits
'''
INVALID_LATER = Probe(ProbeName.INVALID, 4)
LINES = "a line of the document\n" * 60

BUGS = {
    "equality": ("table.forgets_edits", trace("a«→b»")),
    "equality-reopen": ("OpensStale", trace("a«→b»", Probe(ProbeName.REOPEN))),
    "invalid-edits": ("table.applies_the_first", trace("ab", INVALID_LATER)),
    "snapshots": ("Trusts", trace("ab", Probe(ProbeName.RESTORE))),
    "snapshots-flipped": ("Trusts", trace("ab", Probe(ProbeName.RESTORE, 9))),
    "snapshots-cut": ("Trusts", trace("ab", Probe(ProbeName.RESTORE, 1))),
    "snapshots-longer": ("Trusts", trace("ab", Probe(ProbeName.RESTORE, 2))),
    "resume": ("table.resumes_too_far", trace("ab«→c»", Probe(ProbeName.RESUME, 0))),
    "interleaving": ("table.shares", trace("ab", Probe(ProbeName.FORK, 1))),
    "purity": ("Changeable", trace("a«→b»")),
    "raises": ("table.panics", trace("a«→b»")),
    "work": ("table.reads_it_all", trace(f"«→x»{LINES}")),
}
"""Findings of every sort: the oracle (up to the first "-" that is not its own), the engine of the
module above, and what shows its bug."""

EVERYTHING = trace(
    "a«→b»c«d→»",
    *(Probe(ProbeName.INVALID, argument) for argument in (*range(6), 10**70 // 6 * 6 + 4)),
    Probe(ProbeName.RESTORE),
    *(Probe(ProbeName.RESTORE, argument) for argument in (0, 1, 2, 10**77)),
    Probe(ProbeName.RESUME, 10**77),
    (),
    Probe(ProbeName.FORK, 2),
    Probe(ProbeName.REOPEN),
    "abc«→" + "long " * 40 + "»",
)

EMPTIED = trace("«x→»", Probe(ProbeName.RESTORE), Probe(ProbeName.FORK), "«→yx»")

BREAK_OUT = 'open("broken-out", "w")'
HOSTILE = {
    "quotes": "'\"",
    "double quotes": '"',
    "three quotes": f'"""\n{BREAK_OUT}\n"""',
    "three single quotes": f"'''\n{BREAK_OUT}\n'''",
    "a quote and code": f'"); {BREAK_OUT}; ("',
    "line ends": f"\n{BREAK_OUT}\r{BREAK_OUT}\r\n\x0b\x0c\x1c\x85\u2028\u2029",
    "backslashes": f'\\\\\\\n\\"\n{BREAK_OUT}',
    "an escape at the end": "\\",
    "a name": "\\N{DASH}\\x41\\u0041\\101",
    "lone surrogates": "\ud800 \udfff \udc80",
    "surrogates like a pair": "\ud83d\ude00",
    "NUL": "a\0b",
    "far planes": "\U0001f600\ufeff\u202e",
    "a formatted string": f"{{{BREAK_OUT}}} {{0}} %s",
    "a coding line": "# -*- coding: utf-7 -*-\n+AGE-",
    "pragmas": "# fmt: off\n# type: ignore # noqa\n# ruff: noqa",
    "long": "word 'and' \"word\" " * 30,
    "long, of lines": 'a line\n\t"another"\r\n' * 30,
    "long, of escapes": "\U0001f600\x00" * 60,
    "about as long as a line": '"' * 45,
    "empty": "",
}


@pytest.fixture(scope="module", name="tiny")
def a_module_of_engines(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, ModuleType]]:
    """A folder to work in, with the engines in a module that is importable there."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "tiny.py").write_text(ENGINES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        yield folder, importlib.import_module("tiny")
        sys.modules.pop("tiny")


def run(*arguments: object) -> Result:
    """The command, run here."""
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


def exported(finding: Finding, target: str, output: Path) -> str:
    """The function made of a finding's crash file, by the command."""
    file = store(finding, output.parent / "crashes")
    ended = run("--pytest", file, "--target", target, "--output", output)
    assert ended.exit_code == 0, ended
    assert str(output) in ended.output
    return output.read_text("utf-8")


def outcomes(folder: Path) -> dict[str, str]:
    """What a pytest of its own says of each file in a folder: PASSED or FAILED."""
    arguments = ["-q", "-rA", "-p", "no:cacheprovider", "--tb=line", "."]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["..", *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^(PASSED|FAILED|ERROR) (\w+)\.py", ended.stdout, re.MULTILINE)
    assert found, ended.stdout + ended.stderr
    return {name: outcome for outcome, name in found}


def check_formatted(folder: Path) -> None:
    """`ruff format` would change nothing."""
    arguments = ["format", "--isolated", "--line-length=100", "--diff", str(folder)]
    ended = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def finding_of(oracle: str, trace: Trace, text: str = "", name: str = "tiny") -> Finding:
    return Finding(name, Divergence(oracle, text or "differs", 1, text), trace, shrunk=True)


def check_shape(code: str, finding: Finding, *imports: str) -> None:
    """A docstring, these imports and one function, whose literals give the trace again."""
    module = ast.parse(code)
    _, *imported, function = module.body
    assert [ast.unparse(line) for line in imported] == list(imports)
    assert isinstance(function, ast.FunctionDef)
    assert function.name == function_name(finding)
    assert code.isascii()
    constants = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    assert finding.trace.document in constants
    for step in finding.trace.steps:
        if not isinstance(step, Probe):
            assert {edit.text for edit in step} <= {text for text in constants if text is not None}
    called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    assert "open" not in called


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_literal_has_the_value_of_its_text(text: str) -> None:
    assert literal(text).isascii()
    assert ast.literal_eval(literal(text)) == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_stays_in_its_literal(text: str) -> None:
    trace = Trace(text, ((Edit(0, 0, text), Edit(0, len(text), text)), (Edit(0, 0, text + "!"),)))
    source = Source("from tiny import TARGET")
    plain = finding_of("equality", trace, text, name=text)
    check_shape(
        pytest_function(plain, source),
        plain,
        "from fuzzeq import Edit",
        "from tiny import TARGET",
    )
    judged = finding_of(text, trace, text, name=text)
    check_shape(
        pytest_function(judged, source),
        judged,
        "from fuzzeq import Edit, Trace, assert_equivalent",
        "from tiny import TARGET",
    )


def test_exported_functions_fail_on_the_broken_engine_only(tiny: tuple[Path, ModuleType]) -> None:
    folder, module = tiny
    broken, healthy = folder / "broken", folder / "healthy"
    broken.mkdir()
    healthy.mkdir()
    wanted = set()
    for name, (engine, shows) in BUGS.items():
        value: object = module
        for part in engine.split("."):
            value = getattr(value, part)
        divergence = check(value() if isinstance(value, type) else value, shows)
        assert divergence is not None, name
        assert name.startswith(divergence.oracle)
        module.Shares.last = None
        finding = Finding("tiny", divergence, shows, shrunk=True)
        file = f"test_{name.replace('-', '_')}"
        exported(finding, f"tiny:{engine}", broken / f"{file}.py")
        exported(finding, "tiny:healthy", healthy / f"{file}.py")
        wanted.add(file)
    for number, text in enumerate(HOSTILE.values()):
        finding = finding_of("equality", Trace(text, ((Edit(0, 0, text + "!"),),)), text)
        exported(finding, "tiny:Edit", broken / f"test_hostile_{number}.py")
        exported(finding, "tiny:healthy", healthy / f"test_hostile_{number}.py")
        wanted.add(f"test_hostile_{number}")
    for oracle in (*sorted(PLAIN), "work", "no such oracle"):
        file = f"test_everything_{re.sub('[^a-z]', '_', oracle)}"
        exported(finding_of(oracle, EVERYTHING), "tiny:healthy", healthy / f"{file}.py")
    check_formatted(broken)
    check_formatted(healthy)
    assert outcomes(broken) == dict.fromkeys(wanted, "FAILED")
    passed = outcomes(healthy)
    assert passed == dict.fromkeys(passed, "PASSED")
    assert wanted < passed.keys()
    assert not list(folder.rglob("broken-out"))


@pytest.mark.parametrize("shows", [EVERYTHING, EMPTIED, *(shows for _, shows in BUGS.values())])
def test_exported_function_asks_what_lockstep_asks(
    tiny: tuple[Path, ModuleType], monkeypatch: pytest.MonkeyPatch, shows: Trace
) -> None:
    _, module = tiny
    in_lockstep: list[object] = []
    in_function: list[object] = []
    list(lockstep(module.recording(in_lockstep), shows))
    monkeypatch.setattr(module, "TARGET", module.recording(in_function), raising=False)
    finding = finding_of("purity", shows)
    namespace: dict[str, Any] = {}
    exec(pytest_function(finding, Source("from tiny import TARGET")), namespace)
    namespace[function_name(finding)]()
    assert in_function == in_lockstep


def test_a_file_that_has_everything_is_written_out_in_full() -> None:
    code = pytest_function(finding_of("equality", EVERYTHING), Source("from tiny import TARGET"))
    for probe in ("invalid", "restore", "resume", "fork", "reopen"):
        assert f": {probe}.\n" in code
    assert "import pytest\nfrom fuzzeq import Edit, InvalidEdit, InvalidSnapshot\n" in code


@pytest.mark.parametrize(
    ("status", "words"), [(Status.HUNG, "hung"), (Status.DIED, "died"), (Status.FLAKY, "pass here")]
)
def test_what_a_test_may_do_to_its_process_is_said(status: Status, words: str) -> None:
    finding = Finding("tiny", Divergence("raises", "died", 0, ""), Trace("a"), status=status)
    assert words in pytest_function(finding, Source("from tiny import TARGET"))


def test_trace_of_too_many_steps_is_refused() -> None:
    for steps in (((Edit(0, 0, "a"),),) * (MOST_STEPS + 1), ((Edit(0, 0, "a"),) * 2000,)):
        with pytest.raises(UsageError, match="fuzzeq shrink"):
            pytest_function(finding_of("equality", Trace("", steps)), Source("import x"))


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("tiny:healthy", "from tiny import healthy\n\nTARGET = healthy\n"),
        ("tiny:Engine", "from tiny import Engine\n\nTARGET = Engine()\n"),
        ("tiny:table.shares", "from tiny import table\n\nTARGET = table.shares\n"),
        ("tiny:Edit", "from tiny import Edit as Edit_\n\nTARGET = Edit_\n"),
        ("latex", "from fuzzeq.targets.latex import TARGET\n\n\ndef"),
        ("trusted", "from tiny import healthy\n\nTARGET = healthy\n"),
    ],
)
def test_target_is_imported_as_the_user_says(
    tiny: tuple[Path, ModuleType], target: str, line: str
) -> None:
    folder, _ = tiny
    (folder / "pyproject.toml").write_text('[tool.fuzzeq.targets]\ntrusted = "tiny:healthy"\n')
    file = store(finding_of("equality", trace("a«→b»")), folder / "names")
    ended = run("--pytest", file, "--target", target)
    assert ended.exit_code == 0, ended
    assert line in ended.output


def test_registered_target_is_found_by_the_name_in_the_file(tiny: tuple[Path, ModuleType]) -> None:
    file = store(finding_of("equality", trace("a«→b»"), name="latex"), tiny[0])
    ended = run("--pytest", file)
    assert ended.exit_code == 0, ended
    assert "from fuzzeq.targets.latex import TARGET\n" in ended.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--pytest"),
        (["--pytest"], "--target package.module:attribute"),
        (["--pytest", "--target", "none"], "package.module:attribute"),
        (["--pytest", "--target", "latex-planted-no-such"], "package.module:attribute"),
        (["--pytest", "--target", "tiny:"], "form package.module:attribute"),
        (["--pytest", "--target", "tiny: healthy"], "form package.module:attribute"),
        (["--pytest", "--target", "tiny:healthy\nprint()"], "form package.module:attribute"),
        (["--pytest", "--target", "tiny;x:healthy"], "form package.module:attribute"),
        (["--pytest", "--target", "tiny:raise_on_import"], "not a target"),
        (["--pytest", "--target", "tiny:absent"], "cannot be loaded"),
        (["--pytest", "--target", "tiny:healthy", "--output", "taken.py"], "left as it is"),
        (["--pytest", "--target", "tiny:healthy", "--output", "no/such/x.py"], "cannot write"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    tiny: tuple[Path, ModuleType], arguments: list[str], words: str
) -> None:
    folder, _ = tiny
    (folder / "taken.py").write_text("mine")
    file = store(finding_of("equality", trace("a«→b»")), folder / "errors")
    ended = run(file, *arguments)
    assert isinstance(ended.exception, UsageError)
    assert words in str(ended.exception)
    assert ended.output == ""
    assert (folder / "taken.py").read_text() == "mine"
