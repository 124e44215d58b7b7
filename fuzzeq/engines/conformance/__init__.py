"""The conformance kit: does a plug-in keep the promises that fuzzeq's judges build on?

A target that breaks one is not worth fuzzing yet: its findings would be about the adapter, or a
capability would be declared and never judged. So a few documents and short traces, the same ones
for ever; every complaint says what to change. What invariants are is for the oracles: here traces
are chosen that bring each of them to judge. Asked beside them is what no oracle can see.

Does not know time: a target that hangs hangs the kit, except on the threads that it starts itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fuzzeq.calls import guarded
from fuzzeq.engines.conformance.examinations import EXAMINATIONS, OF_CAPABILITIES
from fuzzeq.engines.conformance.promises import PROMISES, Complaint, told
from fuzzeq.engines.conformance.subject import Subject
from fuzzeq.engines.conformance.traces import told_by_traces
from fuzzeq.model.observation import Raised
from fuzzeq.model.target import Capability

__all__ = ["PROMISES", "Complaint", "assert_conforms", "complaints", "promises"]


def assert_conforms(target: object) -> None:
    """Raises `AssertionError`, with every complaint on a line, where a target breaks a promise."""
    found = [f"  {complaint.promise}: {complaint.message}" for complaint in complaints(target)]
    if found:
        raise AssertionError("\n".join(["the target does not conform", *found]))


def complaints(target: Any) -> Iterator[Complaint]:
    """Every complaint about a target, each promise in its turn; none if it conforms.

    Whatever the target raises is a complaint. Ends early where there is nothing to go on with: a
    method is missing, no handle can be opened, or every document is refused.
    """
    subject = Subject(target)
    for promise, examine in EXAMINATIONS.items():
        found = list(told(promise, examine(subject)))
        yield from found
        if found and (promise == "methods" or (promise == "documents" and not subject.answers)):
            return
    can = guarded("capabilities", lambda: subject.can)
    if isinstance(can, Raised):
        return  # told already, with all that the examination of capabilities met
    for capability, examine in OF_CAPABILITIES.items():
        if capability in can:
            yield from told(capability.value, examine(subject))
    yield from told_by_traces(subject)


def promises(target: Any) -> list[str]:
    """The names of the promises that are asked of a target, which has to conform: all but those
    of capabilities that it does not declare."""
    absent = {*Capability} - {Capability.SAMPLES} - Subject(target).can
    return [name for name in PROMISES if name not in absent]
