"""House rules that can be read off the source: who imports whom, docstrings, and a few habits."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fuzzeq"

# The rooms, row by row; the first row and the last one are parted, since `model` knows `errors`,
# and the facade (`__init__`) stands between what it offers and those who use it. A module imports
# from rows above its own, and from its own room.
ROWS: tuple[frozenset[str], ...] = tuple(
    frozenset(rooms.split())
    for rooms in (
        "errors",
        "damaged model project_file",
        "calls needed probes",
        ("generate lockstep oracles shrink corpus crash_store explain seeds registry targets"),
        "checking recipes",
        "engines forensics",
        "campaign bench",
        "report history",
        "__init__",
        "cli pytest_performance pytest_plugin",
        "__main__",
    )
)
ROW_OF = {room: number for number, rooms in enumerate(ROWS) for room in rooms}
KNOWN_BY_ALL = frozenset(("__version__",))
"""What `fuzzeq/__init__.py` has for every row."""

CATCH_ALL = (
    "fuzzeq.calls",
    "fuzzeq.lockstep",
    "fuzzeq.checking",
    "fuzzeq.campaign.worker",
    "fuzzeq.registry",
)
TEXT_SUFFIXES = frozenset(
    "py md toml txt tex sty cls dtx json yml yaml cfg ini sh html css js in lock".split()
)
HEAVY = ("hypothesis", "numpy", "atheris", "rich", "psutil", "click", "scipy", "matplotlib")


class Import(NamedTuple):
    """An import: the room that does it, the module and line, and the room and name imported."""

    module: str
    line: int
    room: str
    imported: str
    name: str


def sources() -> list[Path]:
    """The package, and the recipes, which are part of it in a wheel."""
    return sorted([*PACKAGE.rglob("*.py"), *(ROOT / "strategies").rglob("*.py")])


def module_of(path: Path) -> str:
    """The dotted name; a recipe's is the one that it is imported by."""
    if path.is_relative_to(PACKAGE):
        parts = ["fuzzeq", *path.relative_to(PACKAGE).with_suffix("").parts]
    else:
        parts = ["fuzzeq", "recipes", *path.relative_to(ROOT / "strategies").with_suffix("").parts]
    return ".".join(parts)


def room_of(module: str) -> str:
    """The first name below `fuzzeq`; the facade itself is `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of something of ours, wherever it stands."""
    module = module_of(path)
    for node in ast.walk(tree(path)):
        targets: list[tuple[str, str]] = []
        if isinstance(node, ast.Import):
            targets = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            targets = [(node.module or "", alias.name) for alias in node.names]
        for imported, name in targets:
            if imported.split(".")[0] in ("fuzzeq", "strategies"):
                assert not imported.startswith("strategies"), f"{module}: recipes, not strategies"
                if imported == "fuzzeq" and is_room(name):
                    imported = f"fuzzeq.{name}"
                yield Import(module, getattr(node, "lineno", 0), room_of(module), imported, name)


def is_room(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def check_imports(path: Path) -> None:
    """Downward, or within the room."""
    for found in imports_of(path):
        if found.imported == "fuzzeq" and found.name in KNOWN_BY_ALL:
            continue
        imported = room_of(found.imported)
        assert imported == found.room or ROW_OF[imported] < ROW_OF[found.room], (
            f"{found.module}:{found.line} ({found.room}, row {ROW_OF[found.room]}) imports "
            f"{found.imported} (row {ROW_OF[imported]})"
        )


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


SOURCES = sources()


def test_every_room_has_its_row() -> None:
    rooms = {room_of(module_of(path)) for path in SOURCES}
    assert rooms <= ROW_OF.keys()
    assert sum(map(len, ROWS)) == len(ROW_OF)


@pytest.mark.parametrize(
    "path",
    SOURCES,
    ids=name_of,
)
def test_module_imports_from_rows_above_its_own_and_from_its_own_room(path: Path) -> None:
    check_imports(path)


@pytest.mark.parametrize(
    ("module", "source", "is_allowed"),
    [
        ("fuzzeq/checking.py", "from fuzzeq.oracles import ORACLES", True),
        ("fuzzeq/checking.py", "import fuzzeq.model.edit", True),
        ("fuzzeq/shrink/passes.py", "from fuzzeq.shrink.shrinker import rank", True),
        ("fuzzeq/crash_store.py", "from fuzzeq import __version__", True),
        ("fuzzeq/engines/unit.py", "from fuzzeq import crash_store", True),
        ("fuzzeq/checking.py", "from fuzzeq.engines import unit", False),
        ("fuzzeq/checking.py", "from fuzzeq import engines", False),
        ("fuzzeq/checking.py", "import fuzzeq.engines.unit as unit", False),
        ("fuzzeq/shrink/passes.py", "from fuzzeq.oracles import ORACLES", False),
        ("fuzzeq/model/edit.py", "from fuzzeq.lockstep import lockstep", False),
        ("fuzzeq/model/edit.py", "def f() -> None:\n    from fuzzeq import check", False),
        ("fuzzeq/lockstep.py", "if TYPE_CHECKING:\n    from fuzzeq.checking import Meter", False),
        ("fuzzeq/engines/unit.py", "from fuzzeq import load_target", False),
        ("fuzzeq/engines/unit.py", "import strategies.latex", False),
        ("fuzzeq/engines/unit.py", "from . import stream", False),
    ],
)
def test_layer_rule_sees_what_it_must(
    monkeypatch: pytest.MonkeyPatch, module: str, source: str, is_allowed: bool
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "tree", lambda path: ast.parse(source))
    if is_allowed:
        check_imports(ROOT / module)
    else:
        with pytest.raises(AssertionError):
            check_imports(ROOT / module)


@pytest.mark.parametrize(
    ("room", "known"),
    [
        ("targets", {"fuzzeq.model", "fuzzeq.errors", "fuzzeq.targets"}),
        ("oracles", {"fuzzeq.model", "fuzzeq.oracles"}),
        ("shrink", {"fuzzeq.model", "fuzzeq.shrink"}),
        ("generate", {"fuzzeq.model", "fuzzeq.generate"}),
        ("model", {"fuzzeq.model", "fuzzeq.errors"}),
        ("errors", set()),
    ],
)
def test_room_knows_only(room: str, known: set[str]) -> None:
    paths = [path for path in SOURCES if room_of(module_of(path)) == room]
    assert paths
    imported = {
        ".".join(found.imported.split(".")[:2]) for path in paths for found in imports_of(path)
    }
    assert imported <= known


def test_only_the_cli_names_a_target_of_ours() -> None:
    """The harness knows nothing of LaTeX; `fuzzeq lex` does."""
    naming = {
        room_of(found.module)
        for path in SOURCES
        for found in imports_of(path)
        if found.imported.startswith("fuzzeq.targets")
    }
    assert naming <= {"targets", "cli"}


def undocumented(path: Path) -> list[str]:
    """The public names of a module that have no docstring; "" is the module itself. A method that
    takes the place of a documented one has that one's."""
    missing = [] if ast.get_docstring(tree(path)) else [""]

    def visit(node: ast.Module | ast.ClassDef, prefix: str) -> None:
        for child in node.body:
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if child.name.startswith("_"):  # private, or a dunder
                continue
            name = prefix + child.name
            if not (ast.get_docstring(child) or is_overload(child) or inherits(path, name)):
                missing.append(name)
            if isinstance(child, ast.ClassDef):
                visit(child, f"{prefix}{child.name}.")

    visit(tree(path), "")
    return missing


def inherits(path: Path, name: str) -> bool:
    """Whether a method has the docstring of the one that it overrides."""
    value: object = import_module(module_of(path).removesuffix(".__init__"))
    for part in name.split("."):
        value = getattr(value, part, None)
    return "." in name and bool(inspect.getdoc(value))


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(
        getattr(decorator, "id", getattr(decorator, "attr", "")) in ("overload", "setter")
        for decorator in node.decorator_list
    )


@pytest.mark.parametrize(
    "path",
    SOURCES,
    ids=name_of,
)
def test_every_public_name_has_its_docstring(path: Path) -> None:
    assert undocumented(path) == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=name_of)
def test_every_test_file_opens_with_a_docstring(path: Path) -> None:
    assert ast.get_docstring(tree(path))


def files() -> Iterator[Path]:
    """Every text file of the project, hidden folders, caches and builds left out."""
    left_out = {"__pycache__", "build", "dist", "htmlcov", "crashes"}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1])
        if hidden or left_out & set(parts) or any(part.endswith(".egg-info") for part in parts):
            continue
        if path.is_file() and (path.suffix[1:] in TEXT_SUFFIXES or not path.suffix):
            yield path


def test_no_file_mentions_what_lies_outside_of_the_project() -> None:
    outside = "/".join(("..", "shared"))
    found = list(files())
    assert ROOT / "README.md" in found
    assert ROOT / "Makefile" in found
    assert Path(__file__) in found
    assert [
        name_of(path) for path in found if outside.encode() in path.read_bytes()
    ] == []  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_zip_says_whether_lengths_must_be_equal(path: Path) -> None:
    """A `zip` that stops at the shorter side is how a fuzzer passes over surplus items."""
    careless = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "zip"
        and "strict" not in {keyword.arg for keyword in node.keywords}
    ]
    assert careless == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_everything_is_caught_in_few_places(path: Path) -> None:
    """`BaseException`, or anything at all: around calls into a target, around judges (whose `==`
    is the target's), and atop a worker."""
    catching = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") == "BaseException")
    ]
    assert not catching or module_of(path) in CATCH_ALL


def test_importing_fuzzeq_imports_nothing_heavy() -> None:
    code = f"import fuzzeq, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
