"""Recipes: what is drawn for a target, one module each.

In a wheel they stand here; in a checkout they are the folder `strategies/` at the top, which is
put on this package's path. A target uses the recipe of its own name, else `keystrokes`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from fuzzeq.generate import Language

_CHECKOUT = Path(__file__).parents[2] / "strategies"
if _CHECKOUT.is_dir() and not (Path(__file__).parent / "keystrokes.py").exists():
    __path__.append(str(_CHECKOUT))

DEFAULT = "keystrokes"


class Recipe(Protocol):
    """What a recipe module has."""

    def language(self, samples: tuple[str, ...], hazards: tuple[str, ...]) -> Language:
        """The language to draw from, with a target's samples and hazards worked in."""


def recipe_for(name: str) -> Recipe:
    """The recipe of a target's name, or the one for any language."""
    known = name.isidentifier() and find_spec(f"{__name__}.{name}") is not None
    return cast(Recipe, import_module(f"{__name__}.{name if known else DEFAULT}"))
