"""What the files of a project say about fuzzeq: `[tool.fuzzeq]` of pyproject.toml, and fuzzeq.toml.

Both are looked for in the current directory. Knows nothing of what the keys mean.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from fuzzeq.errors import UsageError


class ProjectTable(NamedTuple):
    """A table, and how to name a part of it to whoever wrote it."""

    path: str
    table: dict[str, Any]

    def place(self, *keys: str) -> str:
        """A table in it, as it stands in its file."""
        inside = ("tool", "fuzzeq") if self.path == "pyproject.toml" else ()
        name = ".".join((*inside, *keys))
        return f"[{name}] of {self.path}" if name else self.path


def project_tables() -> list[ProjectTable]:
    """The tables there are; where both say something, fuzzeq.toml, the last, has the last word.
    Raises `UsageError` where one cannot be read."""
    tables = []
    if (value := _read("pyproject.toml")) is not None:
        for key in ("tool", "fuzzeq"):
            value = value.get(key, {}) if isinstance(value, dict) else None
        if not isinstance(value, dict):
            raise UsageError("[tool.fuzzeq] of pyproject.toml is no table")
        tables.append(ProjectTable("pyproject.toml", value))
    if (value := _read("fuzzeq.toml")) is not None:
        tables.append(ProjectTable("fuzzeq.toml", value))
    return tables


def _read(name: str) -> Any:
    path = Path(name)
    if not path.is_file():
        return None
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from None
