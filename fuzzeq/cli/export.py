"""`fuzzeq export`."""

from __future__ import annotations

import keyword
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fuzzeq import crash_store
from fuzzeq.cli.parameters import target_option
from fuzzeq.errors import UsageError
from fuzzeq.registry import TARGETS, installed, load_target, trusted_targets
from fuzzeq.report.pytest_function import RESERVED, Source, pytest_function


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--pytest", "as_pytest", is_flag=True, help="As a pytest function.")
@target_option("What the function tests")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where to write it; an existing file is left alone. Standard output by default.",
)
def export(file: Path, as_pytest: bool, target: str | None, output: Path | None) -> None:
    """Turn the crash file FILE into code: a test that stands without it.

    The function opens the document, takes the steps and compares the two sides after each. It
    imports the target that you name, or the one registered under the file's name for it.
    """
    if not as_pytest:
        raise UsageError("say as what to export it: --pytest")
    finding = crash_store.load(file).finding
    place = place_of(target) if target is not None else registered_place(finding.target)
    if place is None:
        raise UsageError(
            f"{file}: no target {finding.target!r} is registered: say which one to import with "
            "--target package.module:attribute"
        )
    code = pytest_function(finding, source_of(place))
    if output is None:
        click.echo(code, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(code)
    except FileExistsError:
        raise UsageError(f"{output} is there already, and left as it is: name another") from None
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from error
    click.echo(f"{output}: run it with pytest {output}")


def place_of(target: str) -> str:
    """The `module:attribute` of what the user typed: that itself, or the one that a registered or
    trusted name stands for. Raises `UsageError`."""
    if ":" in target:
        return target
    place = registered_place(target) or trusted_targets().get(target)
    if place is None:
        raise UsageError(
            f"no target {target!r} is registered that a function could import: name it as "
            "package.module:attribute"
        )
    return place


def registered_place(name: str) -> str | None:
    """The `module:attribute` of the entry point of that name."""
    for entry in installed(TARGETS):
        if entry.name == name:
            return f"{entry.module}:{entry.attr}"
    return None


def source_of(place: str) -> Source:
    """How Python gets at a `module:attribute`. It is imported to see that it is a target, and
    whether it is a class. Raises `UsageError`."""
    module, _, attribute = place.partition(":")
    for part in (*module.split("."), *attribute.split(".")):
        if not part.isidentifier() or keyword.iskeyword(part):
            raise UsageError(f"{place!r} is not of the form package.module:attribute")
    load_target(place)
    value: Any = import_module(module)
    for part in attribute.split("."):
        value = getattr(value, part)
    name, _, rest = attribute.partition(".")
    imported, dotted = (f"{name}_", name) if name in RESERVED - {"TARGET"} else (name, "")
    expression = f"{imported}.{rest}" if rest else imported
    return Source(
        f"from {module} import {f'{dotted} as {imported}' if dotted else imported}",
        f"{expression}()" if isinstance(value, type) else expression,
    )
