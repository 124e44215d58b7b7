"""Where baselines are, unless somebody says otherwise."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(".fuzzeq") / "baselines"

current = FOLDER
"""What functions without a folder of their own take; the pytest plugin sets it to what its option
says."""
