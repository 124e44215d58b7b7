"""Reproducers: findings as files that a person can read and that replay for ever.

One JSON file each, ASCII only, so that lone surrogates and `\\r` survive. Reading one never runs,
imports or opens anything that it names: a crash file is hostile until proven otherwise. Only this
module writes into `crashes/`.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from fuzzeq.errors import UsageError
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Divergence, Finding, Origin, Smaller, Status
from fuzzeq.model.target import PLAIN_NAME
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace

FORMAT = 1
SUFFIX = ".fuzzeq.json"
PENDING = "pending"
FLAKY = "flaky"
LARGEST_FILE = 64 << 20
"""Bytes. A larger file is not a reproducer that anyone has shrunk."""
MOST_STEPS = 1_000_000
LARGEST_NUMBER = 1 << 256  # a seed may be a commit hash

_SPLIT_PAIR = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")


@dataclass(frozen=True, slots=True)
class Reproducer:
    """A finding read back from its file."""

    path: Path
    finding: Finding


def versions() -> tuple[tuple[str, str], ...]:
    """What goes into a reproducer so that its reader knows what it was found with."""
    from fuzzeq import __version__

    return ("fuzzeq", __version__), ("python", platform.python_version())


def file_name(finding: Finding) -> str:
    """`<target>-<oracle>-<fingerprint8>.fuzzeq.json`, unsafe characters replaced."""
    name = f"{finding.target}-{finding.divergence.oracle}-{finding.fingerprint[:8]}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name) + SUFFIX


def store(finding: Finding, folder: Path) -> Path:
    """Writes a finding, and returns where: shrunk ones to the folder, where no file of another
    trace gives way to them; others to its `pending/`, flaky ones to its `flaky/`. Written beside
    its destination, then renamed, so that no reader sees half a file. Raises `UsageError` where the
    folder cannot be written."""
    if finding.status == Status.FLAKY:
        path = folder / FLAKY / file_name(finding)
    elif not finding.shrunk:
        path = pending(finding, folder)
    else:
        path = _free(folder / file_name(finding), finding.trace)
    folder = path.parent
    text = json.dumps(encode(finding), indent=1, ensure_ascii=True) + "\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # after a success it is no longer there
            beside.unlink()
    return path


def _free(path: Path, trace: Trace) -> Path:
    """The path, or the first of those numbered from 2 on, where no file is or one of this trace."""
    stem, numbers = path.name.removesuffix(SUFFIX), count(2)
    while path.exists() and not _holds(path, trace):
        path = path.with_name(f"{stem}-{next(numbers)}{SUFFIX}")
    return path


def _holds(path: Path, trace: Trace) -> bool:
    """Whether a file is a reproducer with this trace."""
    try:
        return load(path).finding.trace == trace
    except UsageError:
        return False


def prepare(folder: Path) -> None:
    """Sees that findings can be kept in a folder, before a night is spent on them; where it is
    missing, it is missing again afterwards. Raises `UsageError`."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / f".writable.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        for path in missing:
            path.rmdir()
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error


def pending(finding: Finding, folder: Path) -> Path:
    """Where a finding stands as long as it is not shrunk."""
    return folder / PENDING / file_name(finding)


def discard_pending(finding: Finding, folder: Path, kept: Collection[Path] = ()) -> None:
    """Removes the unshrunk form of a finding, once its shrunk form is stored; those in `kept` are
    all that there is of them."""
    path = pending(finding, folder)
    if path not in kept:
        with suppress(OSError):
            path.unlink()


def move(path: Path, folder: Path) -> Path:
    """Files a reproducer elsewhere and returns where; no file of another trace gives way. Raises
    `UsageError`."""
    trace = load(path).finding.trace
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return path.replace(_free(folder / path.name, trace))
    except OSError as error:
        raise UsageError(f"cannot move {path}: {error.strerror or error}") from error


def kept_in(folder: Path) -> tuple[list[Reproducer], list[str]]:
    """All reproducers directly in a folder, in the order of their names, and a line for each file
    that cannot be read."""
    kept, damaged = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            kept.append(load(path))
        except UsageError as error:
            damaged.append(str(error))
    return kept, damaged


def reproducers(path: Path) -> Iterator[Path]:
    """The file itself, or every reproducer below a folder, in the order of their names; unshrunk
    ones that have a shrunk form beside them are still listed. Raises `UsageError`."""
    if path.is_dir():
        try:
            yield from sorted(child for child in path.rglob(f"*{SUFFIX}") if not child.is_dir())
        except OSError as error:
            why = f"{error.filename}: {error.strerror}"
            raise UsageError(f"cannot look for crash files in {path}: {why}") from error
    elif path.exists():
        yield path
    else:
        raise UsageError(f"no file or folder {str(path)!r} to replay")


# To and from JSON.


def encode(finding: Finding) -> dict[str, Any]:
    """A finding as JSON values, what a person looks for first at the top."""
    divergence, trace, origin = finding.divergence, finding.trace, finding.origin
    original = {} if finding.original is None else _encode_trace(finding.original)
    shrinking = {"shrinking": list(map(list, finding.shrinking))} if finding.shrinking else {}
    return {
        "format": FORMAT,
        "summary": f"{finding.target}: {divergence.oracle}: {divergence.message}"[:300],
        "target": finding.target,
        "status": finding.status.value,
        "shrunk": finding.shrunk,
        **_encode_trace(trace),
        "divergence": encode_divergence(divergence),
        "fingerprint": finding.fingerprint,
        "original": {
            "engine": origin.engine,
            "seed": origin.seed,
            "unit": origin.unit,
            "document_chars": origin.document_chars,
            "steps": origin.steps,
            "versions": dict(origin.versions),
            **({"trace": original} if original else {}),
        },
        **shrinking,
    }


def _encode_trace(trace: Trace) -> dict[str, Any]:
    return {
        "document": _encode_text(trace.document),
        "steps": [_encode_step(step) for step in trace.steps],
    }


def encode_divergence(divergence: Divergence) -> dict[str, Any]:
    """A divergence as JSON values."""
    return {
        "oracle": divergence.oracle,
        "kind": divergence.kind,
        "step": divergence.step,
        "index": divergence.index,
        "message": divergence.message,
        "expected": divergence.expected,
        "actual": divergence.actual,
        "expected_excerpt": list(divergence.expected_excerpt),
        "actual_excerpt": list(divergence.actual_excerpt),
    }


def _encode_step(step: Step) -> Any:
    if isinstance(step, Probe):
        return {"probe": step.name.value, "argument": step.argument}
    return [[edit.start, edit.end, _encode_text(edit.text)] for edit in step]


def _encode_text(text: str) -> str | list[str]:
    """The text; in parts where two lone surrogates stand as a pair would, which JSON would read
    as one character."""
    parts = _SPLIT_PAIR.split(text)
    return parts if len(parts) > 1 else text


def _decode_text(value: Any, what: str) -> str:
    """A text, or its parts joined."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    if not isinstance(value, str):
        raise UsageError(f"not a reproducer: {what} should be a text")
    return value


def load(path: Path) -> Reproducer:
    """Reads a reproducer. Raises `UsageError`, one line that names the file and what is wrong."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UsageError(f"{path}: {size} bytes; a reproducer has at most {LARGEST_FILE}")
        if not path.is_file():
            raise UsageError(f"{path}: not a regular file")
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not a reproducer: not a text in UTF-8") from None
    try:
        value = json.loads(text)
    except RecursionError:
        raise UsageError(f"{path}: not a reproducer: nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{path}: not a reproducer: {error}") from None
    try:
        return Reproducer(path, decode(value))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def decode(value: Any) -> Finding:
    """A finding from JSON values; every one is looked at before it is used. Raises `UsageError`."""
    table = _table(value, "the file")
    version = table.get("format")
    if type(version) is not int:
        raise UsageError('not a reproducer: it has no number "format"')
    if version != FORMAT:
        raise UsageError(f"format {version}; this fuzzeq reads format {FORMAT}: update it")
    target = _text(table, "target")
    if not PLAIN_NAME.fullmatch(target):
        raise UsageError(
            f"target {target[:60]!a} is not a plain name, and nothing that a file names is "
            "imported: the name that the target gives itself belongs there"
        )
    trace = _trace(table)
    divergence = decode_divergence(table.get("divergence"))
    if not 0 <= divergence.step <= len(trace.steps):
        raise UsageError(f'"step" is {divergence.step}; the trace has {len(trace.steps)}')
    found_as = _table(table.get("original", {}), '"original"')
    origin = _origin(found_as)
    original = _trace(_table(found_as["trace"], '"trace"')) if "trace" in found_as else None
    status = _text(table, "status", Status.CONFIRMED.value)
    if status not in tuple(Status):
        raise UsageError(f'"status" is {status[:60]!a}; it is one of {", ".join(Status)}')
    shrunk = table.get("shrunk") is True
    shrinking = _shrinking(table.get("shrinking", []))
    return Finding(target, divergence, trace, origin, Status(status), shrunk, original, shrinking)


def _trace(table: dict[str, Any]) -> Trace:
    trace = Trace(_decode_text(table.get("document"), '"document"'), _steps(table.get("steps")))
    if not trace.is_valid:
        raise UsageError("an edit does not fit the document that it meets")
    return trace


def _shrinking(value: Any) -> tuple[Smaller, ...]:
    """The way to a minimum: rows of a count, a text and three more counts."""
    rows = []
    for row in value if isinstance(value, list) else [None]:
        if not isinstance(row, list) or len(row) != 5 or not isinstance(row[1], str):
            raise UsageError('not a reproducer: "shrinking" should be a list of rows of five')
        counts = [_number(row[place], 'a number in "shrinking"') for place in (0, 2, 3, 4)]
        rows.append(Smaller(counts[0], row[1], *counts[1:]))
    return tuple(rows)


def _table(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"not a reproducer: {what} should be a table")
    return value


def _text(table: dict[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise UsageError(f'not a reproducer: "{key}" should be a text')
    return value


def _number(value: Any, what: str) -> int:
    if type(value) is not int or abs(value) > LARGEST_NUMBER:
        raise UsageError(f"not a reproducer: {what} should be a whole number")
    return value


def _steps(value: Any) -> tuple[Step, ...]:
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise UsageError(f'not a reproducer: "steps" should be a list of at most {MOST_STEPS}')
    return tuple(_step(step, number) for number, step in enumerate(value, 1))


def _step(value: Any, number: int) -> Step:
    if isinstance(value, dict):
        name, argument = value.get("probe"), value.get("argument")
        if name not in tuple(ProbeName):
            raise UsageError(f"step {number}: no probe {str(name)[:60]!a}")
        if argument is not None and _number(argument, f"the argument of step {number}") < 0:
            raise UsageError(f"step {number}: the argument is negative")
        return Probe(ProbeName(name), argument)
    if not isinstance(value, list):
        raise UsageError(f"step {number} is neither a list of edits nor a probe")
    edits = []
    for edit in value:
        if not isinstance(edit, list) or len(edit) != 3:
            raise UsageError(f"step {number}: an edit is [start, end, text]")
        start = _number(edit[0], f"an edit's start in step {number}")
        end = _number(edit[1], f"an edit's end in step {number}")
        edits.append(Edit(start, end, _decode_text(edit[2], f"an edit's text in step {number}")))
    return tuple(edits)


def decode_divergence(value: Any) -> Divergence:
    """A divergence from JSON values. Raises `UsageError`."""
    table = _table(value, '"divergence"')
    index = table.get("index")
    return Divergence(
        oracle=_text(table, "oracle"),
        kind=_text(table, "kind"),
        step=_number(table.get("step"), '"step"'),
        message=_text(table, "message", ""),
        index=None if index is None else _number(index, '"index"'),
        expected=_text(table, "expected", ""),
        actual=_text(table, "actual", ""),
        expected_excerpt=_texts(table, "expected_excerpt"),
        actual_excerpt=_texts(table, "actual_excerpt"),
    )


def _texts(table: dict[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise UsageError(f'not a reproducer: "{key}" should be a list of texts')
    return tuple(value)


def _origin(table: dict[str, Any]) -> Origin:
    found_with = _table(table.get("versions", {}), '"versions"')
    return Origin(
        engine=_text(table, "engine", ""),
        seed=_number(table.get("seed", 0), '"seed"'),
        unit=_number(table.get("unit", 0), '"unit"'),
        document_chars=_number(table.get("document_chars", 0), '"document_chars"'),
        steps=_number(table.get("steps", 0), '"steps"'),
        versions=tuple((str(name), str(version)) for name, version in found_with.items()),
    )
