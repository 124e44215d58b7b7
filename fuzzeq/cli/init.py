"""`fuzzeq init`."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

import click

from fuzzeq.errors import UsageError

TEMPLATES = {
    "fuzz_target.py": "fuzz_target.py.txt",
    "fuzzeq.toml": "fuzzeq.toml",
    "test_fuzz.py": "test_fuzz.py.txt",
    ".github/workflows/fuzz-pr.yml": "fuzz-pr.yml",
    ".github/workflows/fuzz-nightly.yml": "fuzz-nightly.yml",
}
"""What is written, and the file in fuzzeq/templates/ that it is a copy of. Python is kept there
under another suffix: it is nothing of ours that a tool should read."""


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write what fuzzing an engine of your own begins with into DIR (by default, here).

    An adapter to fill in, its name, a test, and two workflows: every pull request, and every night.
    A file that is there already is never touched: if there is one, nothing is written.
    """
    for line in write_templates(folder):
        click.echo(line)
    inside = "" if folder == Path() else f"cd {shlex.quote(str(folder))}\n  "
    click.echo(f"""
next:
  1. fill in the two methods of fuzz_target.py that raise NotImplementedError
  2. try it:
  {inside}python -m pytest test_fuzz.py
  fuzzeq run engine --edits 20000
  3. commit: from then on pull requests run the test, and nights fuzz for an hour""")


def write_templates(folder: Path) -> list[str]:
    """Writes all files, or none; says which. Raises `UsageError`."""
    places = {folder / name: template for name, template in TEMPLATES.items()}
    templates = files("fuzzeq") / "templates"
    written: list[Path] = []
    try:
        there = [str(place) for place in places if place.exists() or place.is_symlink()]
        if there:
            raise UsageError(
                f"nothing was written, because there already {'is' if len(there) == 1 else 'are'} "
                f"{', '.join(there)}: move away what stands in the way, or name another folder"
            )
        for place, template in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("x", encoding="utf-8", newline="\n") as file:
                written.append(place)
                file.write((templates / template).read_text("utf-8"))
    except OSError as error:
        for place in written:
            place.unlink(missing_ok=True)
        where = error.filename or folder
        raise UsageError(f"cannot write {where}: {error.strerror or error}") from error
    return [f"wrote {place}" for place in places]
