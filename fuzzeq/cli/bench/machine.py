"""`fuzzeq bench environment`."""

from __future__ import annotations

import json

import click

from fuzzeq.bench.regression import here
from fuzzeq.explain import printable


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def environment(as_json: bool) -> None:
    """What is measured on: CI system, cores, memory, and how fast it is now."""
    found, calibration = here()
    facts = {**found.facts(), "calibration_seconds": calibration}
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    unknown = "unknown"
    frequency = f"{found.frequency_mhz:,.0f} MHz" if found.frequency_mhz else unknown
    shown = {
        "key": found.key,
        "CI": found.ci,
        "system": f"{found.system} on {found.machine}",
        "processor": found.processor or unknown,
        "cores": str(found.cores),
        "frequency": frequency,
        "memory": f"{found.memory_bytes / 1e9:.1f} GB",
        "virtualised": {True: "yes", False: "no", None: unknown}[found.virtualised],
        "load": unknown if found.load is None else f"{found.load:.2f}",
        "python": found.python,
        "calibration": f"{calibration * 1e3:.2f} ms",
    }
    for name, value in shown.items():
        click.echo(f"{name:<12} {printable(value)}")
