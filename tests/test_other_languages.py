"""The two halves of docs/OTHER_LANGUAGES.md, as they stand there: they are run, and bugs put into
the engine's are found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "OTHER_LANGUAGES.md").read_text("utf-8")
CONFORMS = "from fuzzeq import assert_conforms\nfrom pipe import WORDS\nassert_conforms(WORDS)\n"

pytestmark = pytest.mark.usefixtures("own_folder")


def write(change: tuple[str, str] = ("", "")) -> None:
    """Writes both halves, with something else in the engine's."""
    adapter, engine = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    assert change[0] in engine
    Path("engine.py").write_text(engine.replace(*change, 1), "utf-8")
    python = json.dumps(sys.executable)
    Path("pipe.py").write_text(adapter.replace('"python3"', python), "utf-8")


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What Python ends with, in the test's folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), "."])},
    )


def test_both_halves_keep_their_promises() -> None:
    write()
    conforms = ended("-W", "ignore::ResourceWarning", "-c", CONFORMS)
    assert conforms.returncode == 0, conforms.stderr
    run = ended("-m", "fuzzeq", "run", "pipe:WORDS", "--edits", "500", "--jobs", "1")
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("+ inserted +", "+ inserted.strip() +"), "equality (differs)"),
        (('answer["error"] = "InvalidEdit"\n', "pass\n"), "invalid-edits"),
        (("documents[question", "1 / len(text); documents[question"), "raises (apply"),
    ],
)
def test_what_the_engine_gets_wrong_is_found(change: tuple[str, str], words: str) -> None:
    write(change)
    run = ended("-m", "fuzzeq", "run", "pipe:WORDS", "--edits", "2000", "--jobs", "1")
    assert run.returncode == 1, run.stdout + run.stderr
    assert words in run.stdout
