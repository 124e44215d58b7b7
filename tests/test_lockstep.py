"""How lockstep drives a target through a trace, shown on a small one: the words of a text.

Every variant of the target is wrong in one way, and what lockstep makes of it is written out.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest

from fuzzeq.checking import Meter, check
from fuzzeq.errors import InvalidDocument
from fuzzeq.lockstep import lockstep
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.observation import Cause, Comparison
from fuzzeq.model.target import Capability, capabilities
from fuzzeq.model.trace import Probe, ProbeName, Step, Trace
from tests.notation import downwards
from tests.words import Capable, Panic, Words, broken, check_run, raising, steps_of


def test_steps_are_compared_one_by_one_and_batch_is_asked_again() -> None:
    document, steps = steps_of("a «→b »c", "a b«→b» c", "a«→»")
    check_run(
        Words(),
        document,
        steps[:2],
        ["0 open 'a c'", "1 edits 'a b c'", "2 edits 'a bb c'", "2 again", "2 again"],
    )
    check_run(Words(), "a", [()], ["0 open 'a'", "1 edits 'a'", "1 again"])
    check_run(Words(), "", [], ["0 open ''", "0 again"])


def test_comparison_carries_the_step_and_the_results_around_it() -> None:
    document, edits = downwards("a «b→cc» d")
    after = apply_all(document, edits)
    observations = list(lockstep(Capable(), Trace(document, (edits,))))
    expected = Capable().batch(after)
    assert observations[1] == Comparison(
        1, Cause.EDITS, after, expected, list(expected), edits, document,
        Capable().batch(document), len(after), None, (0, 5), True, True,
    )  # fmt: skip


def test_capabilities_that_are_missing_are_not_measured() -> None:
    document, edits = downwards("a «b→cc» d")
    comparison = list(lockstep(Words(), Trace(document, (edits,))))[1]
    assert isinstance(comparison, Comparison)
    assert (comparison.work, comparison.needed, comparison.changed) == (None, None, None)
    assert not comparison.has_pieces
    assert not comparison.lossless


def test_refused_document_drops_the_step_and_what_then_no_longer_fits() -> None:
    steps = [
        (Edit(1, 1, "!bc"),),  # refused: the document is "a" still
        (Edit(4, 4, "x"),),  # does not fit "a"
        (Edit(1, 1, "y"),),  # does
        (Edit(0, 1, ""), Edit(3, 3, "!")),  # the second edit does not fit
        (Edit(0, 1, "!"),),
    ]
    check_run(
        Words(),
        "a",
        steps,
        [
            "0 open 'a'",
            "1 dropped: no shouting",
            "2 dropped: edit [4, 4) does not fit a document of 1",
            "3 edits 'ay'",
            "4 dropped: edit [3, 3) does not fit a document of 1",
            "5 dropped: no shouting",
            "5 again",
            "5 again",
        ],
    )
    check_run(Words(), "!", steps[:1], ["0 dropped: no shouting"])


def test_dropped_steps_are_counted_and_are_no_divergence() -> None:
    meter = Meter()
    assert check(Words(), Trace("a", ((Edit(0, 0, "!"),), (Edit(0, 0, "b"),))), meter) is None
    assert (meter.dropped, meter.edits, meter.checks) == (1, 1, 2)


@pytest.mark.parametrize(
    ("attribute", "capability"),
    [
        ("samples", Capability.SAMPLES),
        ("hazards", Capability.HAZARDS),
        ("lossless", Capability.LOSSLESS),
        ("thread_safe", Capability.THREAD_SAFE),
        ("reference", Capability.REFERENCE),
        ("pieces", Capability.PIECES),
    ],
)
def test_what_a_target_has_is_what_it_can_do(attribute: str, capability: Capability) -> None:
    target = Words()
    able = capabilities(target, target.open(""))
    assert capability not in able
    setattr(target, attribute, ("something",))
    assert capabilities(target, target.open("")) - able == {capability}


@pytest.mark.parametrize(
    "error", [Panic("native"), SystemExit(3), GeneratorExit(), MemoryError(), RecursionError()]
)
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("batch", ["0 open batch raised"]),
        ("open", ["0 open open raised"]),
        ("apply", ["0 open 'a'", "1 edits apply raised"]),
        ("result", ["0 open result raised"]),
        ("work", ["0 open 'a'", "1 edits work raised"]),
        ("changed", ["0 open 'a'", "1 edits changed raised"]),
    ],
)
def test_whatever_a_target_raises_is_data_and_ends_the_run(
    method: str, expected: list[str], error: BaseException
) -> None:
    target = broken(Capable, **{method: raising(error)})
    last = f"{expected[-1]} {type(error).__name__}"
    check_run(target, "a", [(Edit(0, 0, "b"),), ()], [*expected[:-1], last])


@pytest.mark.parametrize(
    ("method", "step"),
    [
        ("batch", ()),
        ("open", ()),
        ("apply", ()),
        ("result", ()),
        ("work", (Edit(0, 0, "b"),)),
        ("changed", (Edit(0, 0, "b"),)),
        ("apply", Probe(ProbeName.INVALID, 0)),
        ("apply", Probe(ProbeName.FORK, 0)),
        ("snapshot", Probe(ProbeName.RESTORE)),
        ("restore", Probe(ProbeName.RESTORE)),
        ("restore", Probe(ProbeName.RESTORE, 0)),
        ("checkpoints", Probe(ProbeName.RESUME, 0)),
        ("resume", Probe(ProbeName.RESUME, 0)),
    ],
)
def test_interruption_by_the_user_passes(method: str, step: Step) -> None:
    target = broken(Capable, **{method: raising(KeyboardInterrupt())})
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(lockstep(target, Trace("a", (step,))))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in workers: nobody pressed Ctrl-C
        observations = list(lockstep(target, Trace("a", (step,))))
    finally:
        signal.signal(signal.SIGINT, before)
    assert "KeyboardInterrupt" in repr(observations)


def test_result_that_is_none_at_all_is_data() -> None:
    check_run(
        broken(Words, result=lambda handle: None), "a", [], ["0 open result raised TypeError"]
    )
    check_run(
        broken(Words, batch=lambda target, document: 7), "a", [], ["0 open batch raised TypeError"]
    )


def test_document_that_only_the_handle_refuses_is_a_divergence() -> None:
    target = broken(Words, open=raising(InvalidDocument("not here")))
    divergence = check(target, Trace("a"))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind) == ("raises", "open: InvalidDocument")


@pytest.mark.parametrize(
    ("steps", "step"), [((), 0), (((Edit(0, 0, "b"),),), 1), ((Probe(ProbeName.FORK, 0),), 1)]
)
def test_batch_that_answers_differently_the_second_time_is_seen(
    steps: tuple[Step, ...], step: int
) -> None:
    asked: list[str] = []

    def batch(target: object, document: str) -> list[int]:
        asked.append(document)
        return [asked.count(document)]

    def result(handle: Any) -> list[int]:
        return [1]

    divergence = check(broken(Words, batch=batch, result=result), Trace("a", steps))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind, divergence.step) == ("purity", "differs", step)


def test_batch_that_raises_the_second_time_is_seen() -> None:
    asked: list[str] = []

    def batch(target: object, document: str) -> list[str]:
        asked.append(document)
        if asked.count("a") > 1:
            raise InvalidDocument("not any more")
        return []

    target = broken(Words, batch=batch, result=lambda handle: [])
    divergence = check(target, Trace("a", ((Edit(0, 1, "b"),),)))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind) == ("raises", "batch: InvalidDocument")


def test_invalid_trace_is_the_caller_s_fault() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        check(Words(), Trace("", ((Edit(1, 1, "x"),),)))


@pytest.mark.parametrize("step", [(Edit(0, 0, "b"),), Probe(ProbeName.RESTORE)])
def test_harness_copies_what_it_keeps(step: Step) -> None:
    kept: list[Any] = []

    def batch(target: object, document: str) -> list[Any]:
        kept[:] = Words().batch(document)
        return kept

    target = broken(Capable, batch=batch)
    assert check(target, Trace("a b", (step, (Edit(0, 3, ""),)))) is None


class Mute(InvalidDocument):
    """A refusal whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Loud(Exception):
    """An error whose text ends in a panic."""

    def __str__(self) -> str:
        raise Panic


def failing_property(error: BaseException) -> Any:
    return property(raising(error))


def unequal(item: object, other: object) -> bool:
    raise RuntimeError("not comparable")


NAMELESS = type("Nameless", (), {"__repr__": raising(RuntimeError("no name"))})


INCOMPARABLE = type("Incomparable", (), {"__eq__": unequal, "__hash__": None})


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(broken(Words, apply=raising(Loud())), id="error whose text panics"),
        pytest.param(
            broken(Words, work=failing_property(RuntimeError())), id="capability that raises"
        ),
        pytest.param(broken(Capable, snapshot=lambda handle: 7), id="snapshot that is a number"),
        pytest.param(
            broken(Capable, changed=lambda handle: 7), id="changed range that is a number"
        ),
        pytest.param(
            broken(Capable, changed=lambda handle: (0, 1, 2)), id="changed range of three"
        ),
        pytest.param(
            broken(Capable, changed=lambda handle: ("a", "b")), id="changed range of letters"
        ),
        pytest.param(
            broken(Capable, checkpoints=lambda handle: [0, "a"]), id="checkpoints of two kinds"
        ),
        pytest.param(
            broken(Capable, batch=lambda target, document: [document]), id="lossless, no offsets"
        ),
        pytest.param(
            broken(Words, batch=lambda target, document: [INCOMPARABLE()]), id="item without =="
        ),
        pytest.param(
            broken(Words, batch=lambda target, document: [NAMELESS()]), id="item without repr"
        ),
    ],
)
def test_what_a_target_gets_wrong_is_a_divergence_and_never_an_exception(target: Any) -> None:
    steps = (
        (Edit(0, 0, "b"),), Probe(ProbeName.RESUME, 0), Probe(ProbeName.RESTORE, 0),
    )  # fmt: skip
    assert check(target, Trace("a", steps)) is not None


def test_refusal_without_a_text_drops_the_step_all_the_same() -> None:
    target = broken(Words, batch=raising(Mute()))
    assert len(list(lockstep(target, Trace("a")))) == 1
