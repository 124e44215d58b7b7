"""The machine that measures: what it is, what it is called among baselines, and how fast it is now.

The key is made of what stays: system, processor, cores, memory, interpreter. What changes from one
minute to the next (frequency, load) is told, and kept out of it. How fast two machines of one key
are is measured by a short calibration, never guessed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CI_SYSTEMS = (
    ("github", "GITHUB_ACTIONS"),
    ("gitlab", "GITLAB_CI"),
    ("azure", "TF_BUILD"),
    ("buildkite", "BUILDKITE"),
    ("circleci", "CIRCLECI"),
    ("jenkins", "JENKINS_URL"),
    ("teamcity", "TEAMCITY_VERSION"),
    ("travis", "TRAVIS"),
    ("other-ci", "CI"),
)
"""CI systems, each with a variable that it sets; the first that is set counts. Each of them sets
`CI` as well, or nothing."""
CALIBRATIONS = 15
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Environment:
    """What is measured on. `None` is what could not be found out."""

    ci: str
    """A name of `CI_SYSTEMS`, or "none"."""
    system: str
    machine: str
    processor: str
    cores: int
    """Those that this process may use."""
    frequency_mhz: float | None
    memory_bytes: int
    virtualised: bool | None
    load: float | None
    """The mean number of runnable processes over the last minute."""
    python: str

    @property
    def key(self) -> str:
        """The name of its baselines: made of letters, digits, `.`, `_` and `-`."""
        memory = 1 << max(0, round(self.memory_bytes / GIB) - 1).bit_length()
        stays = (self.system, self.machine, self.processor, self.cores, memory,
                 self.virtualised, self.python)  # fmt: skip
        digest = hashlib.sha256(repr(stays).encode()).hexdigest()[:8]
        python = ".".join(self.python.split(".")[:2])
        name = f"{self.ci}-{self.system}-{self.machine}-{self.cores}c-{memory}g-{python}-{digest}"
        return re.sub(r"[^A-Za-z0-9._-]", "_", name)

    def facts(self) -> dict[str, Any]:
        """All of it as JSON values, the key too."""
        return {"key": self.key, **asdict(self)}


def detect(variables: Mapping[str, str] = os.environ) -> Environment:
    """The environment of this process."""
    import psutil

    try:
        frequency = psutil.cpu_freq()
    except (OSError, NotImplementedError, RuntimeError):  # some virtual machines hide it
        frequency = None
    try:
        load = psutil.getloadavg()[0]
    except OSError:
        load = None
    return Environment(
        ci=ci_system(variables),
        system=platform.system() or sys.platform,
        machine=platform.machine(),
        processor=processor_name(),
        cores=available_cores(),
        frequency_mhz=round(frequency.current, 1) if frequency and frequency.current else None,
        memory_bytes=psutil.virtual_memory().total,
        virtualised=is_virtualised(),
        load=None if load is None else round(load, 2),
        python=f"{platform.python_implementation().lower()}-{platform.python_version()}",
    )


def ci_system(variables: Mapping[str, str]) -> str:
    """Which CI system set these variables; "none" where none did."""
    for name, variable in CI_SYSTEMS:
        if variables.get(variable, "").lower() not in ("", "0", "false"):
            return name
    return "none"


def available_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_name(cpu_info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's model, where the system tells it."""
    match = re.search(r"^model name\s*:\s*(.+)$", _text_of(cpu_info), re.MULTILINE)
    return (match[1].strip() if match else platform.processor())[:100]


def is_virtualised(
    cpu_info: Path = Path("/proc/cpuinfo"),
    signs: tuple[Path, ...] = (Path("/.dockerenv"), Path("/run/.containerenv")),
) -> bool | None:
    """Whether this is a virtual machine or a container; None where nobody says."""
    if any(sign.exists() for sign in signs):
        return True
    text = _text_of(cpu_info)
    if re.search(r"^flags\s*:.*\bhypervisor\b", text, re.MULTILINE):
        return True
    product = _text_of(Path("/sys/class/dmi/id/product_name")).lower()
    if re.search(r"virtual|kvm|qemu|vmware|hvm|compute engine", product):
        return True
    return False if re.search(r"^flags\s*:", text, re.MULTILINE) else None


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def calibrate(rounds: int = CALIBRATIONS) -> float:
    """Seconds of a fixed piece of work, of the kind that engines do: slices of text, patterns,
    lists, dictionaries. The fastest of some rounds: what disturbs can only add."""
    text = "".join(f"\\word{number} of {{some}} $x_{number}$ text\n" for number in range(300))
    pattern = re.compile(r"\\[a-z]+|[{}$]|\s+|[^\\{}$\s]+")
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter_ns()
        counts: dict[str, int] = {}
        ends = []
        for match in pattern.finditer(text):
            word = match[0]
            counts[word] = counts.get(word, 0) + 1
            ends.append(match.end())
        sum(ends)
        best = min(best, (time.perf_counter_ns() - started) / 1e9)
    return best
