"""How lockstep drives a target through a trace, shown on a small one: the words of a text.

Every variant of the target is wrong in one way, and what lockstep makes of it is written out.
"""

from __future__ import annotations

import re
import signal
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.checking import Meter, check
from fuzzeq.errors import InvalidDocument, InvalidEdit, InvalidSnapshot
from fuzzeq.lockstep import SPARED, checksum, lockstep, taken
from fuzzeq.model.columns import Columns, Legend
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.observation import (
    Cause,
    Comparison,
    Dropped,
    Observation,
    Raised,
    Refusal,
    Repetition,
    Resumption,
)
from fuzzeq.model.result import Token
from fuzzeq.model.target import Capability, Piece, capabilities
from fuzzeq.model.trace import Edits, Probe, ProbeName, Step, Trace
from fuzzeq.needed import needed_work, touched_work
from fuzzeq.probes import damage, invalid_edits, twin_edit
from fuzzeq.targets.latex import LatexTarget
from tests.notation import downwards

WORD = re.compile(r"\S+|\s+")
LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Panic(BaseException):
    """What a native engine raises: not an `Exception`."""


class Words:
    """The target: words and what is between them. A text with a `!` is refused."""

    name = "words"

    def batch(self, document: str) -> Sequence[Any]:
        if "!" in document:
            raise InvalidDocument("no shouting")
        return [Token("word", *match.span()) for match in WORD.finditer(document)]

    def open(self, document: str) -> Handle:
        return Handle(self, document)


class Handle:
    """Its handle, which begins again each time."""

    def __init__(self, target: Words, document: str) -> None:
        self.target, self.text = target, document

    def apply(self, edits: Edits) -> None:
        self.text = apply_all(self.text, edits)

    def result(self) -> Sequence[Any]:
        return tuple(self.target.batch(self.text))


class Capable(Words):
    """Words by lines, with every capability."""

    name = "capable words"
    lossless = True

    def open(self, document: str) -> CapableHandle:
        return CapableHandle(self, document)

    def restore(self, snapshot: bytes, document: str) -> CapableHandle:
        if snapshot != document.encode("utf-8", "surrogatepass"):
            raise InvalidSnapshot("another document")
        return self.open(document)

    def pieces(self, document: str) -> Sequence[Piece]:
        return lines(document)


class CapableHandle(Handle):
    """Its handle."""

    def work(self) -> int:
        return len(self.text)

    def changed(self) -> tuple[int, int]:
        return 0, len(self.result())

    def checkpoints(self) -> Sequence[int]:
        return [match.start() for match in WORD.finditer(self.text)]

    def resume(self, index: int) -> Sequence[Any]:
        return self.result()[index:]

    def snapshot(self) -> bytes:
        return self.text.encode("utf-8", "surrogatepass")


class Odd(Sequence[Any]):
    """A result that says one thing when gone through and another when asked for a part."""

    def __init__(self, items: Sequence[Any], length: int | None = None, item: Any = None) -> None:
        self.items, self.item = items, item
        self.length = len(items) if length is None else length

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Any:
        return iter(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index] if self.item is None else self.item


RESTORE = (Probe(ProbeName.RESTORE),)


def lines(document: str) -> Sequence[Piece]:
    """Lines as units of restart; an entry state says whether a `(` is open."""
    pieces, is_open = [], False
    for text in LINE.findall(document):
        pieces.append(Piece(len(text), (text, is_open)))
        for character in text:
            is_open = character == "(" or (is_open and character != ")")
    return pieces


def steps_of(*texts: str) -> tuple[str, tuple[Edits, ...]]:
    """The document of the first marked text, and the edits of each of them as a step."""
    return downwards(texts[0])[0], tuple(downwards(text)[1] for text in texts)


def short(observation: Observation) -> str:
    """An observation in a few letters."""
    match observation:
        case Comparison(step=step, cause=cause, document=document, actual=actual):
            if isinstance(observation.expected, Raised):
                return f"{step} {cause} batch raised {observation.expected.type}"
            if isinstance(actual, Raised):
                return f"{step} {cause} {actual.where} raised {actual.type}"
            same = list(observation.expected) == list(actual)
            return f"{step} {cause} {document!r}{'' if same else ' differs'}"
        case Refusal(step=step, due=due, refused=refused, raised=raised):
            answer = "refused" if refused else raised.type if raised else "accepted"
            return f"{step} {due} {answer}"
        case Resumption(step=step, index=index):
            return f"{step} resumed {index}"
        case Repetition(step=step, first=first, second=second):
            if isinstance(second, Raised):
                return f"{step} again raised {second.type}"
            return f"{step} again{'' if list(first) == list(second) else ' differs'}"
        case Dropped(step=step, reason=reason):
            return f"{step} dropped: {reason}"


def check_run(target: Any, document: str, steps: Sequence[Step], expected: Sequence[str]) -> None:
    """What lockstep sees is what is written here, in short."""
    trace = Trace(document, tuple(steps))
    assert trace.is_valid
    assert [short(observation) for observation in lockstep(target, trace)] == list(expected)


def broken(base: type[Any], **methods: Callable[..., Any]) -> Any:
    """A target some of whose methods are replaced; those that only a handle has go there."""
    on_target = {name: to for name, to in methods.items() if hasattr(base, name)}
    on_handle = {name: to for name, to in methods.items() if name not in on_target}
    target = type("Broken", (base,), on_target)()
    if on_handle:
        handle = type("BrokenHandle", (CapableHandle if base is Capable else Handle,), on_handle)
        target.open = lambda document: handle(target, document)
    return target


def raising(error: BaseException) -> Callable[..., Any]:
    def method(*arguments: object) -> Any:
        raise error

    return method


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


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("«a→»\n" + 85 * "bb\n", None),  # 256 characters: free
        ("«a→»b\n" + 86 * "bb\n", None),  # four more, of five that the edit touches
        ("«a→»b\n" + 87 * "bb\n", 2 + 3),
        (f"«a→{'c' * 40}»\n" + 85 * "bb\n", None),  # what comes in has to be examined
        (f"«a→»{'b' * 600}\n" + 84 * "bb\n", None),  # and what it touches
        (f"«a→»{'b' * 600}\n" + 87 * "bb\n", 601 + 3),
        ("«a→b»\n«b→c»\n" + 84 * "bb\n", None),
        ("«a→b»\n«b→c»\n" + 85 * "bb\n", (2 + 2) + (2 + 2 + 3) + 3),
    ],
)
def test_needed_work_is_counted_where_work_is_neither_free_nor_plainly_due(
    text: str, needed: int | None
) -> None:
    document, edits = downwards(text)
    comparison = list(lockstep(Capable(), Trace(document, (edits,))))[1]
    assert isinstance(comparison, Comparison)
    assert comparison.work == len(comparison.document)
    assert comparison.needed == needed


@given(st.text("ab()\n", max_size=12), st.integers(0, 12), st.integers(0, 12), st.text("a(\n"))
@settings(max_examples=300)
def test_what_an_edit_touches_is_needed_and_is_all_where_no_state_reaches_further(
    document: str, one: int, other: int, text: str
) -> None:
    start, end = sorted(min(place, len(document)) for place in (one, other))
    edit = Edit(start, end, text)

    def stateless(document: str) -> Sequence[Piece]:
        return [piece._replace(key=piece.key[0]) for piece in lines(document)]  # type: ignore[index]

    touched = touched_work(lines(edit.apply(document)), edit)
    assert touched <= needed_work(lines, document, (edit,))
    assert touched == needed_work(stateless, document, (edit,))


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


@pytest.mark.parametrize("probe", list(ProbeName))
def test_probes_are_neither_edits_nor_checks(probe: ProbeName) -> None:
    meter = Meter()
    steps: tuple[Step, ...] = ((Edit(0, 0, "b"),), Probe(probe))
    assert check(LatexTarget(), Trace("a", steps), meter) is None
    assert meter.judged["equality"] >= 2
    assert (meter.edits, meter.checks) == (1, 2)


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
    ("method", "probe", "expected"),
    [
        ("apply", Probe(ProbeName.INVALID, 0), ["1 InvalidEdit Panic", "1 invalid 'a'"]),
        ("snapshot", Probe(ProbeName.RESTORE), ["1 restore snapshot raised Panic"]),
        ("snapshot", Probe(ProbeName.RESTORE, 2), ["1 restore snapshot raised Panic"]),
        (
            "restore",
            Probe(ProbeName.RESTORE),
            ["1 InvalidSnapshot Panic"] * 2 + ["1 restore restore raised Panic"],
        ),
        ("restore", Probe(ProbeName.RESTORE, 5), ["1 InvalidSnapshot Panic"]),
        ("checkpoints", Probe(ProbeName.RESUME, 0), ["1 edits checkpoints raised Panic"]),
        ("resume", Probe(ProbeName.RESUME, 0), ["1 resumed 0"]),
        ("apply", Probe(ProbeName.FORK, 0), ["1 twin edit apply raised Panic"]),
    ],
)
def test_whatever_a_probe_meets_is_data(method: str, probe: Probe, expected: list[str]) -> None:
    target = broken(Capable, **{method: raising(Panic())})
    seen = [short(observation) for observation in lockstep(target, Trace("a", (probe,)))]
    assert seen[1 : len(expected) + 1] == expected
    assert check(target, Trace("a", (probe,))) is not None


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


def test_probes_of_missing_capabilities_are_passed_over() -> None:
    probes = (Probe(ProbeName.RESTORE), Probe(ProbeName.RESTORE, 4), Probe(ProbeName.RESUME, 0))
    check_run(Words(), "a", probes, ["0 open 'a'", "3 again"])
    check_run(
        Capable(),
        "a",
        probes,
        [
            "0 open 'a'",
            "1 InvalidSnapshot refused",  # a longer document
            "1 InvalidSnapshot refused",  # one of the same length
            "1 restore 'a'",
            "2 InvalidSnapshot refused",
            "2 restore 'a'",
            "3 resumed 0",
            "3 resume 'a'",
            "3 again",
        ],
    )


def test_probes_that_any_target_answers() -> None:
    check_run(
        Words(),
        "ab",
        [Probe(ProbeName.INVALID, 4), Probe(ProbeName.REOPEN), Probe(ProbeName.FORK, 4), ()],
        [
            "0 open 'ab'",
            "1 InvalidEdit refused",
            "1 invalid 'ab'",
            "2 reopen 'ab'",
            "3 twin edit 'a'",
            "3 fork 'ab'",
            "4 edits 'ab'",
            "4 twin 'a'",
            "4 again",
        ],
    )


def test_snapshots_are_tried_on_other_documents_and_never_on_their_own() -> None:
    tried: list[str] = []

    def restore(target: Any, snapshot: bytes, document: str) -> Any:
        tried.append(document)
        return Capable.restore(target, snapshot, document)

    for document in ("", "a", "ax", "\ud800"):
        tried.clear()
        assert check(broken(Capable, restore=restore), Trace(document, RESTORE)) is None
        *others, own = tried
        assert own == document
        assert document not in others
        assert {len(other) - len(document) for other in others} == ({0, 1} if document else {1})


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (lambda handle: Odd(handle.target.batch(handle.text), length=1), "inconsistent"),
        (lambda handle: Odd(handle.target.batch(handle.text), item="x"), "inconsistent"),
        (lambda handle: iter(handle.target.batch(handle.text)), "inconsistent"),
    ],
)
def test_result_that_does_not_agree_with_itself_is_seen(
    result: Callable[..., Any], kind: str
) -> None:
    divergence = check(broken(Words, result=result), Trace("a b"))
    assert divergence is not None
    assert (divergence.oracle, divergence.kind) == ("equality", kind)


LEGEND = Legend((Token("word", 0, 0),))


class ForItself(Columns):
    """Columns that call anything equal."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return True


def columns_of(items: Sequence[Any], kind: type[Columns] = Columns) -> Columns:
    starts, ends = ([getattr(item, name) for item in items] for name in ("start", "end"))
    columns = (array("q", offsets).tobytes() for offsets in (starts, ends))
    return kind(LEGEND, bytes(len(items)), *columns)


class Live(Odd):
    """A result that can be had as columns, too."""

    def __init__(self, items: Sequence[Any], columns: Any) -> None:
        super().__init__(items)
        self.columns = columns


def wrong(items: Sequence[Any]) -> list[Any]:
    """The items with one that is wrong, neither at an end nor in the middle."""
    return [*items[:1], Token("word", 7, 9), *items[2:]]


WORDS = "a b c d"


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        pytest.param(lambda items: Live(items, lambda: columns_of(items)), None, id="both right"),
        pytest.param(lambda items: columns_of(items), None, id="columns themselves"),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(items)),
            "inconsistent",
            id="items wrong",
        ),
        pytest.param(
            lambda items: Live(items[:-1], lambda: columns_of(items)),
            "inconsistent",
            id="item missing",
        ),
        pytest.param(
            lambda items: Live(items, lambda: columns_of(wrong(items))),
            "differs",
            id="columns wrong",
        ),
        pytest.param(lambda items: columns_of(wrong(items)), "differs", id="wrong by themselves"),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(wrong(items))),
            "differs",
            id="both wrong",
        ),
        pytest.param(
            lambda items: columns_of(wrong(items), ForItself), "differs", id="columns that lie"
        ),
        pytest.param(
            lambda items: Live(wrong(items), lambda: columns_of(items, ForItself)),
            "differs",
            id="items wrong, columns that lie",
        ),
        pytest.param(lambda items: Live(items, lambda: items), None, id="columns of another sort"),
        pytest.param(lambda items: Live(items, ["word"]), None, id="columns that are no method"),
    ],
)
@pytest.mark.parametrize("batch_in_columns", [False, True])
def test_result_is_judged_by_its_columns_and_by_its_items(
    shown: Callable[..., Any], kind: str | None, batch_in_columns: bool
) -> None:
    def batch(target: object, document: str) -> Any:
        items = Words().batch(document)
        return columns_of(items) if batch_in_columns else items

    def result(handle: Any) -> Any:
        return shown(Words().batch(handle.text))

    target = broken(Capable, batch=batch, result=result, changed=lambda handle: (0, len(WORDS)))
    divergence = check(target, Trace(WORDS))
    assert (divergence and (divergence.oracle, divergence.kind)) == (kind and ("equality", kind))


def test_items_beside_columns_are_looked_at_in_the_documents_that_are_chosen() -> None:
    target = broken(
        Words,
        result=lambda handle: Live(
            wrong(Words().batch(handle.text)), lambda: columns_of(Words().batch(handle.text))
        ),
    )
    documents = [f"{WORDS} {number}" for number in range(200)]
    found = {d for d in documents if check(target, Trace(d), sparing=True)}
    assert found == {d for d in documents if checksum(d) % SPARED == 0}
    assert found
    assert all(check(target, Trace(document)) for document in documents)


def test_what_a_target_does_to_its_columns_later_is_nobody_s_concern() -> None:
    columns = columns_of(Words().batch(WORDS))
    kept = taken(columns)
    columns.codes, columns.starts, columns.ends = b"", b"", b""
    assert list(kept) == Words().batch(WORDS)


def test_fork_whose_twin_would_be_refused_is_passed_over() -> None:
    class NoEmpty(Words):
        def batch(self, document: str) -> Sequence[Any]:
            if not document:
                raise InvalidDocument("empty")
            return super().batch(document)

    check_run(NoEmpty(), "a", [Probe(ProbeName.FORK, 0)], ["0 open 'a'", "1 again"])


def test_resumption_holds_the_items_from_the_checkpoint_that_was_asked_for() -> None:
    trace = Trace("a b", (Probe(ProbeName.RESUME, 4),))
    resumption = list(lockstep(Capable(), trace))[1]
    expected = Capable().batch("a b")
    assert resumption == Resumption(1, (0, 1, 2), 1, 3, expected, expected[1:])
    check_run(Capable(), "", [Probe(ProbeName.RESUME, 4)], ["0 open ''", "1 again"])


def test_edits_that_are_accepted_or_half_applied_are_seen() -> None:
    def half_way(handle: Any, edits: Edits) -> None:
        for edit in edits:
            handle.text = edit.apply(handle.text)

    def sloppy(handle: Any, edits: Edits) -> None:
        for start, end, text in edits:
            handle.text = handle.text[: max(start, 0)] + text + handle.text[max(end, 0) :]

    def wrong(handle: Any, edits: Edits) -> None:
        if not all(edit.fits(len(handle.text)) for edit in edits):
            raise IndexError("string index out of range")
        handle.text = apply_all(handle.text, edits)

    table = [(half_way, 4, "changed"), (sloppy, 0, "accepted"), (wrong, 0, "wrong error")]
    for apply, argument, kind in table:
        trace = Trace("ab", (Probe(ProbeName.INVALID, argument),))
        divergence = check(broken(Words, apply=apply), trace)
        assert divergence is not None
        assert (divergence.oracle, divergence.kind) == ("invalid-edits", kind)


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


def test_handles_that_share_their_text_are_seen() -> None:
    class Shared(Words):
        def open(self, document: str) -> Handle:
            if not hasattr(self, "handle"):
                self.handle = Handle(self, document)
            self.handle.text = document
            return self.handle

    trace = Trace("ab", (Probe(ProbeName.FORK, 0), (Edit(0, 0, "c"),)))
    divergence = check(Shared(), trace)
    assert divergence is not None
    assert (divergence.oracle, divergence.kind, divergence.step) == ("interleaving", "fork", 1)


def test_invalid_trace_is_the_caller_s_fault() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        check(Words(), Trace("", ((Edit(1, 1, "x"),),)))


@given(st.integers(0, 40), st.integers(0, 1 << 13))
@settings(max_examples=500, deadline=None)
def test_invalid_edits_never_fit(length: int, argument: int) -> None:
    edits = invalid_edits(length, argument)
    with pytest.raises(InvalidEdit):
        apply_all("x" * length, edits)
    for edit in edits[:-1]:
        assert edit.fits(length)


@pytest.mark.parametrize("length", [0, 1, 2, 40])
def test_invalid_edits_come_in_every_kind(length: int) -> None:
    kinds = set()
    for argument in range(24):
        *fitting, misfit = invalid_edits(length, argument)
        now = length + sum(edit.delta for edit in fitting)
        how = (
            "negative" if misfit.start < 0
            else "backwards" if misfit.start > misfit.end
            else "start" if misfit.start > now
            else "end"
        )  # fmt: skip
        kinds.add((len(fitting), how))
    first = {(0, "start"), (0, "negative"), (0, "end")}
    assert kinds == (first | {(0, "backwards"), (1, "start")} if length else first)


@given(st.binary(max_size=40), st.integers(0, 1 << 13))
@settings(max_examples=500, deadline=None)
def test_damage_never_gives_the_same_bytes(snapshot: bytes, argument: int) -> None:
    damaged = damage(snapshot, argument)
    assert damaged != snapshot
    assert damage(snapshot, argument) == damaged
    assert abs(len(damaged) - len(snapshot)) <= max(len(snapshot), 1)


def test_damage_reaches_every_byte_and_every_length() -> None:
    snapshot = bytes(range(16))
    damaged = [damage(snapshot, argument) for argument in range(400)]
    flipped = {
        place
        for data in damaged
        if len(data) == len(snapshot)
        for place in range(16)
        if data[place] != snapshot[place]
    }
    assert flipped == set(range(16))
    bits = {old ^ new for data in damaged for old, new in zip(snapshot, data, strict=False)}
    assert {1 << bit for bit in range(8)} <= bits
    assert {len(data) for data in damaged} == set(range(18))


@given(st.text("ab\n\ud800", max_size=12), st.integers(0, 1 << 13))
@settings(max_examples=300, deadline=None)
def test_edit_of_a_twin_fits_and_changes_the_document(document: str, argument: int) -> None:
    edit = twin_edit(document, argument)
    assert edit.fits(len(document))
    assert edit.apply(document) != document


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        # Lines of 2, 3, 4, 5 and 6 characters; the touched one with one more on either side.
        ("a\nbb\nccc\ndddd\neeeee\n", 0),
        ("a\nbb\nc«c→x»c\ndddd\neeeee\n", 3 + 4 + 5),
        ("«a→x»\nbb\nccc\ndddd\neeeee\n", 2 + 3),
        ("a\nbb\nccc\ndddd\neeee«e→x»\n", 5 + 6),
        # A place between two lines touches both of them.
        ("a\nbb\n«→x»ccc\ndddd\neeeee\n", 2 + 3 + 5 + 5),
        # A line more, a line less, two joined.
        ("a\nbb\nccc\n«→xx\n»dddd\neeeee\n", 3 + 4 + 3 + 5 + 6),
        ("a\nbb\n«ccc\n→»dddd\neeeee\n", 2 + 3 + 5 + 6),
        ("a\nbb«\n→»ccc\ndddd\neeeee\n", 2 + 6 + 5),
        # A state that reaches further: to where it is closed, to the end.
        ("a«→(»\nbb\nc)c\ndddd\neeeee\n", 3 + 3 + 4 + 5),
        ("a«→(»\nbb\nccc\ndddd\neeeee\n", 3 + 3 + 4 + 5 + 6),
        # An edit of nothing still touches its place; an emptied document needs nothing.
        ("a\nbb\nc«→»cc\ndddd\neeeee\n", 3 + 4 + 5),
        ("«a\nbb\n→»", 0),
        ("«→a\nbb\n»", 2 + 3),
        # Several edits: each by itself, and what lies between the first and the last.
        ("«a→x»\nbb\nccc\ndddd\neeee«e→x»\n", (2 + 3) + (5 + 6) + 19),
        ("a\nbb\nc«c→x»«c→yy»\ndddd\neeeee\n", (3 + 4 + 5) + (3 + 5 + 5) + 3),
    ],
)
def test_needed_work(text: str, needed: int) -> None:
    document, edits = downwards(text)
    assert needed_work(lines, document, edits) == needed


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


@pytest.mark.parametrize("names", [("resume",), ("checkpoints",), ("snapshot",), ("restore",)])
def test_half_a_capability_is_none(names: tuple[str, ...]) -> None:
    """One method of two switches nothing on."""
    target, handle = Words(), Handle(Words(), "a")
    for name in names:
        owner: Any = target if name == "restore" else handle
        setattr(owner, name, raising(AssertionError("asked")))
    target.open = lambda document: handle  # type: ignore[method-assign]
    trace = Trace("a", (Probe(ProbeName.RESUME, 0), Probe(ProbeName.RESTORE)))
    assert check(target, trace) is None
