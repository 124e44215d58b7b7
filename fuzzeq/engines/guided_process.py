"""The process in which Atheris runs: a fuzzer of one target, driven by libFuzzer.

Started by itself it is a fuzzer like any other: it takes a folder of entries and libFuzzer's flags,
and a divergence is a crash. In the service of the guided engine it is ordered about over a pipe,
and a divergence is written down: libFuzzer stops at a crash, and a night should not.

An entry is a trace in the bytes of `generate.codec`. libFuzzer runs this program again, through
a shell, for `-fork`, `-jobs`, `-merge` and `-minimize_crash`; so the name that it is given for it
is a command for a shell.
"""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import atheris

from fuzzeq.checking import check
from fuzzeq.engines.canary import Forgetful
from fuzzeq.engines.counters import Counters
from fuzzeq.engines.guided import PASS, PROCESS, SERVE, Report, Service, number_of
from fuzzeq.engines.guided_features import Features, Noting
from fuzzeq.engines.guided_seeds import dictionary, seeds_of
from fuzzeq.engines.instrumentation import incremental_side, revealing_traces
from fuzzeq.engines.last_entry import LastEntry
from fuzzeq.engines.parent import die_with
from fuzzeq.engines.unit import language_of
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain
from fuzzeq.generate import Language, RandomSource
from fuzzeq.generate.codec import decode, encode
from fuzzeq.generate.mutations import mutate, splice
from fuzzeq.model.finding import Finding
from fuzzeq.model.trace import Trace
from fuzzeq.registry import load_target

MAX_BYTES = 2048
"""Of an entry. What needs more to show is for the stream engine, which has the volume."""
MAX_STEPS = 64
MOST_OF_A_KIND = 1
"""Traces that a process reports for one oracle and kind: libFuzzer comes back to what it has found
again and again, and what has been shrunk says more than many that have not."""

BYTES_SHARE = 0.05
"""How often bytes are mutated instead of traces."""

_DEFAULTS = {"max_len": str(MAX_BYTES), "len_control": "0"}


class Diverged(Exception):
    """A divergence as libFuzzer has to see it: a crash."""


@dataclass(slots=True)
class Fuzzer:
    """What libFuzzer calls: runs an entry, makes a new one of one or two. `judge` is called with
    each entry's bytes and trace."""

    target: Any
    language: Language
    judge: Callable[[bytes, Trace], None]
    seeds: Iterator[bytes]
    counters: Counters

    def run(self, data: bytes) -> None:
        """One execution."""
        trace = decode(data)
        if len(trace.steps) <= MAX_STEPS:
            self.judge(data, trace)
            self.counters.tell()

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes:
        """Another entry made of one. The seeds come first: libFuzzer takes them as mutations."""
        if (first := next(self.seeds, None)) is not None:
            return first[:max_size]
        source = RandomSource(str(seed))
        if source.boolean(BYTES_SHARE):
            mutated: bytes = atheris.Mutate(data, max_size)
            return mutated
        return encode(mutate(source, self.language, decode(data)))[:max_size]

    def cross_over(self, one: bytes, other: bytes, max_size: int, seed: int) -> bytes:
        """An entry made of two."""
        return encode(splice(RandomSource(str(seed)), decode(one), decode(other)))[:max_size]

    def start(
        self,
        program: str,
        arguments: list[str],
        began: Callable[[bytes], bool] = lambda data: True,
    ) -> None:
        """Gives the process to libFuzzer, which ends it. The target's code is looked over before,
        with traces of which `began` is told, and says whether they may run."""
        traces = (trace for trace in revealing_traces(self.language) if began(encode(trace)))
        for function in incremental_side(self.target, traces).functions:
            self.counters.instrument(function)
        flags = {name.partition("=")[0].lstrip("-") for name in arguments if name[:1] == "-"}
        defaults = [f"-{name}={value}" for name, value in _DEFAULTS.items() if name not in flags]
        words = dictionary(self.language)
        if words and "dict" not in flags:
            defaults.append(f"-dict={_in_memory(words)}")
        atheris.Setup(
            [program, *arguments, *defaults],
            self.run,
            custom_mutator=self.mutate,
            custom_crossover=self.cross_over,
        )
        atheris.Fuzz()


def _in_memory(text: str) -> str:
    """The path of a file that has no place on the disk; this process and those that it starts can
    read it."""
    descriptor = os.memfd_create("fuzzeq.dict", 0)
    os.write(descriptor, text.encode())
    return f"/proc/self/fd/{descriptor}"


# By itself.


def main(target_name: str, arguments: list[str], program: str = "") -> None:
    """A fuzzer of a target, as libFuzzer's users know them: a folder for entries, and flags."""
    target, language = load_target(target_name), language_of(target_name, None)
    counters = Counters()
    meter = Noting(features=Features(counters))
    passes = bool(os.environ.get(PASS))

    def judge(data: bytes, trace: Trace) -> None:
        divergence = check(target, trace, meter, sparing=True)
        if divergence and not passes:
            for line in explain(Finding(target.name, divergence, trace)):
                print(line, file=sys.stderr)
            raise Diverged(f"{target.name}: {divergence.oracle}: {divergence.kind}")

    minimizing = any(argument.startswith("-minimize_crash") for argument in arguments)
    seeds = iter(()) if minimizing else seeds_of(target, language)
    fuzzer = Fuzzer(target, language, judge, seeds, counters)
    fuzzer.start(program or command(target_name), arguments)


def command(target_name: str) -> str:
    """What a shell has to be told for this fuzzer to be started again."""
    return shlex.join([sys.executable, "-m", PROCESS, target_name])


def script_command(script: str) -> str:
    """The same where a script was started, or a program that one was packed into."""
    if getattr(sys, "frozen", False):
        return shlex.quote(sys.executable)
    return shlex.join([sys.executable, str(Path(script).resolve())])


# In the service of the guided engine.


def serve(descriptor: int) -> None:
    """Runs entries as ordered over a pipe, and reports; ends when the pipe is closed."""
    connection = Connection(descriptor)
    service: Service = connection.recv()
    die_with(service.supervisor)
    target = load_target(service.target)
    language = language_of(service.target, service.samples)
    last_entry = LastEntry(service.last_entry)

    def began(data: bytes) -> bool:
        """Notes what is run next; false for what has killed a process."""
        if service.skip and number_of(data) in service.skip:
            return False
        last_entry.write(data)
        return True

    counters = Counters()
    judged = Forgetful(target) if service.faulty else target
    judge = ordered(judged, connection, began, last_entry.beat, Features(counters))
    fuzzer = Fuzzer(target, language, judge, seeds_of(target, language), counters)
    fuzzer.start(command(service.target), list(service.arguments), began)


def ordered(
    target: Any,
    connection: Connection,
    began: Callable[[bytes], bool],
    heard: Callable[[], None],
    features: Features,
) -> Callable[[bytes, Trace], None]:
    """Judges entries until they hold as many edits as were ordered; then reports, and waits for
    the next order."""
    meter, report, left = Noting(features=features), Report(), 0
    kinds: Counter[tuple[str, ...]] = Counter()

    def judge(data: bytes, trace: Trace) -> None:
        nonlocal meter, report, left
        if left <= 0:
            left = _received(connection)
        if not began(data):
            return
        report.executions += 1
        divergence = check(target, trace, meter, heard, sparing=True)
        if divergence:
            report.diverged += 1
            kind = divergence.oracle, divergence.kind, divergence.expected, divergence.actual
            kinds[kind] += 1
            if kinds[kind] <= MOST_OF_A_KIND:
                report.found.append((trace, divergence))
        left -= trace.edit_count
        if left <= 0:
            report.meter.add(meter)
            connection.send(("done", report))
            meter, report = Noting(features=features), Report()

    def guarded(data: bytes, trace: Trace) -> None:
        try:
            judge(data, trace)
        except Exception:  # ours: it would look like a crash of the target
            connection.send(("failed", traceback.format_exc()))
            os._exit(1)

    return guarded


def _received(connection: Connection) -> int:
    """The next order; where nobody gives any more of them, this is the end."""
    try:
        order: int = connection.recv()
    except (EOFError, OSError):
        os._exit(0)
    return order


if __name__ == "__main__":
    if sys.argv[1] == SERVE:
        serve(int(sys.argv[2]))
    try:
        main(sys.argv[1], sys.argv[2:])
    except UsageError as error:
        sys.exit(f"fuzzeq: {error}")
