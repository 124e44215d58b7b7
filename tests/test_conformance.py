"""The conformance kit by itself: it accuses no healthy target, asks only for what is declared, and
says the same each time."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from fuzzeq.engines.conformance import PROMISES, assert_conforms, complaints, promises
from fuzzeq.model.target import Capability
from fuzzeq.registry import load_target, registered_names
from tests.conformance_broken_handles import ChangedAll, HalfApplied
from tests.conformance_healthy import Items, Lines, RefusesCarriageReturns, Words, made


@pytest.mark.parametrize("name", registered_names())
def test_registered_target_conforms(name: str) -> None:
    assert_conforms(load_target(name))


@pytest.mark.parametrize("target", [Lines(), Words(), RefusesCarriageReturns(), Items()])
def test_healthy_target_is_not_accused(target: Any) -> None:
    assert list(complaints(target)) == []


def test_promises_are_asked_of_those_who_declare_them() -> None:
    assert list(promises(Lines())) == list(PROMISES)
    assert set(PROMISES) - set(promises(Words())) == {*Capability} - {
        Capability.SAMPLES,
        Capability.HAZARDS,
    }


def test_complaints_are_the_same_each_time() -> None:
    assert list(complaints(made(HalfApplied))) == list(complaints(made(HalfApplied)))


def test_assertion_lists_every_complaint() -> None:
    target = made(ChangedAll)
    target.name = "my lines"
    with pytest.raises(AssertionError) as caught:
        assert_conforms(target)
    assert str(caught.value).splitlines()[1:] == [
        f"  {complaint.promise}: {complaint.message}" for complaint in complaints(target)
    ]
    assert "  name: " in str(caught.value)
    assert "  changes: " in str(caught.value)


def test_switch_interval_is_left_as_it_was() -> None:
    before = sys.getswitchinterval()
    list(complaints(Lines()))
    assert sys.getswitchinterval() == before
