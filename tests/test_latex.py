"""Both LaTeX lexers against the golden rows, and the laws that each of them keeps by itself.

That they agree with each other is what fuzzeq is for; here is what such a comparison is blind to.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import CodeType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzeq.errors import InvalidSnapshot
from fuzzeq.generate import RandomSource, Swarm
from fuzzeq.generate.documents import draw_document
from fuzzeq.model.edit import Edit, apply_all
from fuzzeq.model.result import Diagnostic, Item
from fuzzeq.recipes import recipe_for
from fuzzeq.targets.latex import (
    TARGET,
    block,
    block_lexer,
    bulk,
    catcodes,
    classes,
    incremental,
    line_lexer,
    marks,
    math_table,
    memo,
    notation,
    reference,
    snapshot,
    sums,
)
from fuzzeq.targets.latex.incremental import BlockEngine, SmallBlockEngine
from fuzzeq.targets.latex.planted import engine as line_engine
from fuzzeq.targets.latex.planted.engine import LineEngine
from fuzzeq.targets.latex.tokens import Kind, Token
from tests.golden_rows import ROWS, VALUES
from tests.notation import downwards
from tests.test_edit import fitting

ENGINES: dict[str, Any] = {
    "blocks": BlockEngine,
    "small blocks": SmallBlockEngine,
    "lines": LineEngine,
}
LEXERS: dict[str, Callable[[str], Sequence[Item]]] = {
    "reference": reference.batch,
    **{name: lambda document, engine=engine: engine(document).result()  # type: ignore[misc]
       for name, engine in ENGINES.items()},
}  # fmt: skip
each_engine = pytest.mark.parametrize("engine_type", ENGINES.values(), ids=ENGINES)
LANGUAGE = recipe_for("latex").language((), ())
HAZARDS = [snippet for snippets in LANGUAGE.hazards.values() for snippet in snippets]
SOUP = st.lists(
    st.one_of(st.sampled_from(HAZARDS), st.sampled_from(LANGUAGE.words), st.characters()),
    max_size=12,
).map("".join)
# A terminator, and something behind it: but CR LF is one terminator.
CROSSED_TERMINATOR = re.compile(r"(?:\n|\r(?!\n))(?=.)", re.DOTALL)
TERMINATOR = re.compile(r"\r\n|\n|\r")
SMALL = "a $x\n\\begin{comment}\n$ \x00\r\n"


def shown(items: Sequence[Item], document: str) -> list[str]:
    """Items in the notation of the golden rows."""
    rows = []
    for item in items:
        if isinstance(item, Diagnostic):
            rows.append(f"!{item.kind}@{item.start}:{item.end}")
        else:
            mode = "" if item.mode == "text" else f"/{item.mode}"
            rows.append(f"{item.kind}{mode}:{document[item.start : item.end]}")
    return rows


def check_lossless(document: str, items: Sequence[Item]) -> None:
    """Tokens first; none empty, none across a line's end, and together the document."""
    read = [item for item in items if isinstance(item, Token)]
    complaints = list(items)[len(read) :]
    assert all(type(item) is Diagnostic for item in complaints)
    assert [item.start for item in complaints] == sorted(item.start for item in complaints)
    assert all(0 <= item.start <= item.end <= len(document) for item in complaints)
    slices = [document[token.start : token.end] for token in read]
    assert "".join(slices) == document
    assert [token.start for token in read] == [0, *(token.end for token in read)][: len(read)]
    for text in slices:
        assert text
        assert not CROSSED_TERMINATOR.search(text)
    for first, second in pairwise(read):
        if first.kind == second.kind == Kind.IGNORED:
            assert document[first.start : first.end].endswith(("\n", "\r"))


def check_engine(engine: Any, document: str) -> None:
    """An engine is where a new one on its document would be, as seen from outside."""
    expected = reference.batch(document)
    assert engine.document() == document
    assert list(engine.result()) == expected
    assert engine.checkpoints() == [start for start, _, _ in reference.line_ranges(document)]
    for index, offset in enumerate(engine.checkpoints()):
        assert list(engine.resume(index)) == [item for item in expected if item.start >= offset]


def soups(count: int) -> Iterator[str]:
    """Documents such as campaigns draw."""
    for number in range(count):
        source = RandomSource(f"soup:{number}")
        yield draw_document(source, LANGUAGE, Swarm(source), source.integer(0, 400))


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[tuple[Edit, ...]]]:
    """A document, and steps on it."""
    document = current = draw(SOUP)
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        edits: list[Edit] = []
        for _ in range(draw(st.integers(0, 3))):
            start, end, _ = draw(fitting(len(current)))
            edits.append(Edit(start, end, draw(SOUP)))
            current = edits[-1].apply(current)
        steps.append(tuple(edits))
    return document, steps


# The specification.


@pytest.mark.parametrize("lexer", LEXERS)
@pytest.mark.parametrize(("name", "document", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_golden_row(lexer: str, name: str, document: str, expected: list[str]) -> None:
    assert shown(LEXERS[lexer](document), document) == expected


@pytest.mark.parametrize("lexer", LEXERS)
@pytest.mark.parametrize(("name", "document", "expected"), VALUES, ids=[row[0] for row in VALUES])
def test_golden_values(lexer: str, name: str, document: str, expected: list[str]) -> None:
    read = [item for item in LEXERS[lexer](document) if isinstance(item, Token)]
    assert [token.value(document) for token in read] == expected


@each_engine
@pytest.mark.parametrize("name", ["golden", "split in two", "typed"])
def test_golden_rows_hold_after_edits_too(name: str, engine_type: Any) -> None:
    for _, document, expected in ROWS:
        half = len(document) // 2
        engine = engine_type("" if name == "typed" else document[:half])
        match name:
            case "golden":
                engine.apply((Edit(0, half, document),))
            case "split in two":
                engine.apply((Edit(half, half, document[half:]),))
            case _:
                for offset, character in enumerate(document):
                    engine.apply((Edit(offset, offset, character),))
        assert shown(engine.result(), document) == expected


# Laws.


@given(SOUP)
@settings(max_examples=300, deadline=None)
def test_lexers_are_lossless_and_agree(document: str) -> None:
    for lexer in LEXERS.values():
        check_lossless(document, lexer(document))
        assert list(lexer(document)) == reference.batch(document)


def test_lexers_are_lossless_on_what_campaigns_draw() -> None:
    for document in soups(200):
        for lexer in LEXERS.values():
            check_lossless(document, lexer(document))


@each_engine
@given(edited())
@settings(max_examples=100, deadline=None)
def test_engine_holds_after_every_step_and_resumes_from_every_line(
    engine_type: Any, case: tuple[str, list[tuple[Edit, ...]]]
) -> None:
    document, steps = case
    engine = engine_type(document)
    check_engine(engine, document)
    for edits in steps:
        engine.apply(edits)
        document = apply_all(document, edits)
        check_engine(engine, document)


@each_engine
def test_resuming_anywhere_in_a_large_document_gives_the_suffix(engine_type: Any) -> None:
    for document in soups(40):
        check_engine(engine_type(document), document)


@each_engine
@pytest.mark.parametrize(
    ("document", "edit", "work"),
    [
        ("aa\nbb\ncc\n", Edit(3, 4, "x"), 3),
        ("aa\nbb\ncc\n", Edit(3, 3, ""), 3),
        ("aa\nbb\ncc\n", Edit(0, 9, ""), 0),
        ("aa\n$bb\ncc\n", Edit(3, 4, ""), 3 + 3),
        ("aa\nbb\ncc\n\ndd\n", Edit(0, 0, "$"), 4 + 3 + 3 + 1),
        ("aa\nbb\n", Edit(6, 6, "cc"), 2),
        ("aa\nbb", Edit(5, 5, "\n"), 3),
        ("", Edit(0, 0, "a\nb"), 3),
    ],
)
def test_work_of_an_edit(engine_type: Any, document: str, edit: Edit, work: int) -> None:
    engine = engine_type(document)
    engine.apply((edit,))
    # Whole blocks are read at a time once as much was read line by line: up to as much too much.
    most = 2 * work if engine_type is SmallBlockEngine else work
    assert work <= engine.work() <= most


@each_engine
def test_work_is_what_the_line_lexer_was_given(
    engine_type: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_to: list[int] = []

    def counted(lexer: Callable[..., Any]) -> Callable[..., Any]:
        def lex(*arguments: Any) -> Any:
            answer = lexer(*arguments)
            reads = [answer] if isinstance(answer, tuple) else list(answer)
            given_to.extend(len(read.text) for read, _ in reads)
            return answer if isinstance(answer, tuple) else reads

        return lex

    def lex_line(text: str, entry: int) -> line_lexer.LexedLine:
        given_to.append(len(text))
        return original(text, entry)

    original = line_lexer.lex_line
    if engine_type is LineEngine:
        monkeypatch.setattr(line_lexer, "lex_line", lex_line)
    for name in ("lex", "lex_chunk", "lex_chunks", "lex_until"):
        monkeypatch.setattr(incremental, name, counted(getattr(block_lexer, name)))
    saved = total = 0
    for number, document in enumerate(soups(60)):
        engine = engine_type(document)
        assert sum(given_to) == len(document)
        source = RandomSource(f"work:{number}")
        for _ in range(8):
            edits = []
            for _ in range(source.integer(0, 3)):
                start = source.integer(0, len(document))
                end = min(start + source.integer(0, 3), len(document))
                edits.append(Edit(start, end, source.choice(HAZARDS)))
                document = edits[-1].apply(document)
            given_to.clear()
            engine.apply(tuple(edits))
            engine.result()
            engine.changed()
            assert engine.work() == sum(given_to)
            saved, total = saved + len(document) - engine.work(), total + len(document)
        given_to.clear()
    assert saved > total / 4


@each_engine
@given(edited())
@settings(max_examples=70, deadline=None)
def test_result_by_index_is_the_result_in_order(
    engine_type: Any, case: tuple[str, list[tuple[Edit, ...]]]
) -> None:
    document, steps = case
    engine = engine_type(document)
    for edits in steps:
        engine.apply(edits)
    result, items = engine.result(), list(engine.result())
    length = len(items)
    assert len(result) == length
    assert [result[index] for index in range(length)] == items
    assert [result[index] for index in range(-length, 0)] == items
    assert list(reversed(result)) == items[::-1]
    for part in (slice(None), slice(1, -1), slice(None, None, -1), slice(-3, 99, 2), slice(5, 2)):
        assert list(result[part]) == items[part]
    for index in (length, length + 1, -length - 1, 10**9):
        with pytest.raises(IndexError):
            result[index]


# What fuzzing has to be lucky to meet.


@pytest.mark.parametrize("engine_type", [BlockEngine, SmallBlockEngine])
@pytest.mark.parametrize(
    "document", ["\\ExplSyntaxOn\n~^^M", "\\ExplSyntaxOn\n~a~ ~\n", "a  \t b \\c \t d\n \t e\n"]
)
def test_engine_reads_what_the_reference_reads(engine_type: Any, document: str) -> None:
    assert list(engine_type(document).result()) == reference.batch(document)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a\nb«→x»\nc\n", (2, 4)),
        ("«→x»\nb\nc\n", (0, 2)),
        ("a\nb\nc«→x»", (4, 5)),
        ("$a\nb«→x»\nc\n", (3, 5)),  # left open before and now
        ("a\nb«→$»\nc\n", (2, 8)),  # and now only: all that is behind, and the complaint
        ("a«→x»\nb\nc«→x»\nd\n", (0, 6)),
    ],
)
def test_changed_names_the_lines_that_an_edit_touches_and_no_more(
    text: str, changed: tuple[int, int]
) -> None:
    document, edits = downwards(text)
    engine = BlockEngine(document)
    engine.apply(edits)
    assert engine.changed() == changed


# Snapshots.


def resealed(data: bytes) -> bytes:
    """A snapshot's content with a checksum that fits it."""
    return data + hashlib.sha256(data).digest()


@given(SOUP, SOUP)
@settings(max_examples=60, deadline=None)
def test_snapshot_gives_the_same_engine_back(document: str, text: str) -> None:
    engine = BlockEngine(document)
    engine.apply((Edit(0, 0, text),))
    restored = TARGET.restore(engine.snapshot(), text + document)
    check_engine(restored, text + document)
    assert restored.snapshot() == engine.snapshot()
    edits = (Edit(0, len(text), ""), Edit(0, 0, "$"))
    for either in (engine, restored):
        either.apply(edits)
        check_engine(either, "$" + document)
    assert restored.work() == engine.work()
    assert restored.changed() == engine.changed()


@pytest.mark.parametrize("bits", [0x01, 0x10, 0x80, 0xFF])
@pytest.mark.parametrize("document", ["", SMALL])
def test_snapshot_with_any_byte_changed_is_refused(document: str, bits: int) -> None:
    data = BlockEngine(document).snapshot()
    for place in range(len(data)):
        damaged = data[:place] + bytes((data[place] ^ bits,)) + data[place + 1 :]
        with pytest.raises(InvalidSnapshot):
            TARGET.restore(damaged, document)


@pytest.mark.parametrize("document", ["", SMALL])
def test_snapshot_of_any_other_length_is_refused(document: str) -> None:
    data = BlockEngine(document).snapshot()
    lengths = [data[:length] for length in range(len(data))] + [data[n:] for n in range(1, 9)]
    for damaged in [*lengths, data + b"\0", b"\0" + data, data + data]:
        with pytest.raises(InvalidSnapshot):
            TARGET.restore(damaged, document)


@pytest.mark.parametrize(
    "other", ["", SMALL + "x", SMALL[:-1], SMALL.replace("\r\n", "\n"), SMALL.replace("x", "y")]
)
def test_snapshot_of_another_document_is_refused(other: str) -> None:
    data = BlockEngine(SMALL).snapshot()
    assert list(TARGET.restore(data, SMALL).result()) == reference.batch(SMALL)
    with pytest.raises(InvalidSnapshot, match="another document"):
        TARGET.restore(data, other)


@pytest.mark.parametrize(
    ("place", "header", "message"),
    [
        (4, struct.pack(">H", snapshot.VERSION + 1), "version 3"),
        (4, struct.pack(">H", 0), "version 0"),
        (4, struct.pack("<H", snapshot.VERSION), "version 512"),
        (0, b"PNG\0", "not a snapshot"),
    ],
)
def test_snapshot_with_another_header_is_refused(place: int, header: bytes, message: str) -> None:
    content = BlockEngine(SMALL).snapshot()[:-32]
    forged = resealed(content[:place] + header + content[place + len(header) :])
    with pytest.raises(InvalidSnapshot, match=message):
        TARGET.restore(forged, SMALL)
    assert resealed(content) == BlockEngine(SMALL).snapshot()


@pytest.mark.parametrize(
    "rows",
    [[], [1], [[]], [[[], [[], [], []]]], ["text"], {"a": 1}, [None] * 3],
    ids=["too few", "number", "empty row", "empty states", "text", "table", "nothing"],
)
def test_snapshot_whose_rows_make_no_sense_is_refused(rows: Any) -> None:
    with pytest.raises(InvalidSnapshot):
        LineEngine.restore(line_engine.encode(SMALL, rows), SMALL)


def damaged_numbers() -> Iterator[tuple[int, bytes]]:
    """Bodies of a snapshot with four bytes at each place written over."""
    body = snapshot.unseal(BlockEngine(SMALL).snapshot(), SMALL)
    for place in range(len(body) - 4):
        for number in (0, 1, 0xFFFFFFFF):
            yield place, body[:place] + struct.pack("<I", number) + body[place + 4 :]


def test_snapshot_whose_columns_do_not_fit_is_refused_or_as_good() -> None:
    """A checksum that fits cannot be had by accident; who forges one gets no exception but ours."""
    refused = 0
    for _, body in damaged_numbers():
        try:
            restored = TARGET.restore(snapshot.seal(SMALL, body), SMALL)
        except InvalidSnapshot:
            refused += 1
        else:
            assert restored.document() == SMALL
            assert len(restored.result()) >= 0
    assert refused > 100


@pytest.mark.parametrize("body", [b"", b"not compressed", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_snapshot_whose_body_cannot_be_read_is_refused(body: bytes) -> None:
    header = BlockEngine(SMALL).snapshot()[:38]
    with pytest.raises(InvalidSnapshot):
        TARGET.restore(resealed(header + body), SMALL)


@pytest.mark.parametrize("more", [b"\0", b"more", BlockEngine(SMALL).snapshot()[-32:]])
def test_snapshot_with_more_behind_its_body_is_refused(more: bytes) -> None:
    content = BlockEngine(SMALL).snapshot()[:-32]
    with pytest.raises(InvalidSnapshot):
        TARGET.restore(resealed(content + more), SMALL)


@pytest.mark.parametrize("at_letter", [False, True])
@pytest.mark.parametrize("expl", [False, True])
def test_what_the_reference_takes_for_text_at_once_is_text(at_letter: bool, expl: bool) -> None:
    under = reference.catcodes_under(at_letter, expl)
    assert {under[ord(character)] for character in reference.PLAIN} <= reference.TEXT_CATCODES
    assert {under[ord(letter)] for letter in reference.PLAIN_LETTERS} == {catcodes.LETTER}


# What the two share.

SHARED = {
    # The vocabulary (tokens.py), the table of category codes and its reader, and model types.
    "fuzzeq.targets.latex.tokens": {"Token", "Kind", "Mode", "Complaint", "Diagnostic"},
    "fuzzeq.targets.latex.catcodes": {"catcode_ranges"},
    "fuzzeq.model.result": {"Diagnostic", "Token"},
    "fuzzeq.model.columns": {"Columns"},
    "fuzzeq.model.target": {"Piece"},
    "fuzzeq.model.edit": {"Edit"},
    "fuzzeq.errors": {"InvalidEdit", "InvalidSnapshot"},
}
ONE_ENGINE = (reference, notation, memo)
OTHER_ENGINE = (line_lexer, block, block_lexer, bulk, classes, marks, math_table, incremental,
                snapshot, sums)  # fmt: skip


def is_shared_by_decision(value: Any) -> bool:
    return value.__name__ in SHARED.get(value.__module__, ()) if named(value) else False


def named(value: Any) -> bool:
    return hasattr(value, "__name__") and hasattr(value, "__module__")


def reachable(modules: Sequence[ModuleType]) -> dict[int, Any]:
    """Functions, classes, patterns and mutable containers that modules hold, by identity: their
    globals, and all that hangs from those; what comes from outside of fuzzeq is not code of
    ours."""
    found: dict[int, Any] = {}
    waiting: list[Any] = [value for module in modules for value in vars(module).values()]
    waiting_seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in waiting_seen:
            continue
        waiting_seen.add(id(value))
        if isinstance(value, re.Pattern):
            found[id(value)] = value
        elif isinstance(value, dict | list | set | bytearray):
            found[id(value)] = value
            waiting += value.values() if isinstance(value, dict) else value
        elif isinstance(value, tuple | frozenset):
            waiting += value
        elif isinstance(value, staticmethod | classmethod | MethodType):
            waiting.append(value.__func__)
        elif isinstance(value, property):
            waiting.append(value.fget)
        elif named(value) and str(value.__module__).startswith("fuzzeq"):
            if is_shared_by_decision(value):
                continue
            if isinstance(value, type):
                found[id(value)] = value
                waiting += [part for name, part in vars(value).items() if not name.startswith("__")]
            elif callable(value):
                found[id(value)] = value
                inner = getattr(value, "__wrapped__", value)
                if isinstance(inner, FunctionType):
                    waiting += [cell.cell_contents for cell in inner.__closure__ or ()]
                    waiting += inner.__defaults__ or ()
    modules_by_name = {id(vars(module)) for module in modules}
    builtins = {id(vars(module).get("__builtins__")) for module in modules}
    return {key: value for key, value in found.items() if key not in modules_by_name | builtins}


def test_engines_share_no_object_but_the_vocabulary() -> None:
    one, other = reachable(ONE_ENGINE), reachable(OTHER_ENGINE)
    assert [one[key] for key in one.keys() & other.keys()] == []
    # The walk sees what it is meant to see.
    ones, others = (list(found.values()) for found in (one, other))
    assert all(
        any(value is wanted for value in ones)
        for wanted in (
            reference.Lexer,
            notation.read_character,
            reference.SWITCHES,
            reference.State,
            memo.Memo,
            memo.split,
        )
    )
    assert all(
        any(value is wanted for value in others)
        for wanted in (
            line_lexer.LineLexer,
            line_lexer.SINGLE,
            block_lexer.LINE,
            bulk.lex_bulk,
            classes.steps,
            marks.mark_tokens,
            math_table.state_behind,
            snapshot.encode,
        )
    )
    assert any(value is reference.Lexer.lex_verb for value in ones)
    assert any(value is memo.Memo.batch for value in ones)
    assert reachable([reference]).keys() & reachable([reference, snapshot]).keys()


def test_engines_run_no_code_of_each_other() -> None:
    documents = [document for _, document, _ in ROWS]
    documents.append("\n".join(document for document in documents if "\\" not in document) * 4)
    one = files_run(lambda: [reference.batch(document) for document in documents])
    one |= files_run(lambda: [memo.Memo().batch(document) for document in documents])
    other = files_run(lambda: [list(BlockEngine(document).result()) for document in documents])
    assert one & other <= {"catcodes.py"}
    assert {"reference.py", "notation.py", "memo.py"} <= one
    assert {"line_lexer.py", "block.py", "incremental.py"} <= other
    assert {"bulk.py", "classes.py", "marks.py"} <= other


def files_run(call: Any) -> set[str]:
    """The files of the LaTeX target in which code runs during a call."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    paths = {code.co_filename for code in codes}
    return {path.rpartition("/")[2] for path in paths if "/targets/latex/" in path}


# Characters.


def test_frozen_table_covers_unicode_without_a_gap() -> None:
    ranges = catcodes.catcode_ranges()
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 0x10FFFF == sys.maxunicode
    for (_, last, code), (first, _, next_code) in pairwise(ranges):
        assert first == last + 1
        assert code != next_code
    assert {code for _, _, code in ranges} <= set(range(16))


def test_lexers_read_every_run_of_the_table_as_it_says() -> None:
    """At both ends of each run, so that neither Python's Unicode version nor a mistake in a
    character class can be seen."""
    letters = 0
    for first, last, catcode in catcodes.catcode_ranges():
        for character in {chr(first), chr(last)} - set("\n\r%"):
            document = f"\\a{character}{{"
            expected = reference.batch(document)
            assert list(BlockEngine(document).result()) == expected, hex(ord(character))
            is_letter = expected[0].end == 3
            assert is_letter == (catcode == catcodes.LETTER), hex(ord(character))
            letters += is_letter
    assert letters > 500


@pytest.mark.parametrize("module", [*ONE_ENGINE, *OTHER_ENGINE])
def test_lexers_ask_python_nothing_about_characters(module: ModuleType) -> None:
    assert module.__file__
    with open(module.__file__, encoding="utf-8") as file:
        source = file.read()
    asked = re.findall(
        r"\.(?:is(?:alpha|alnum|space|digit|upper|identifier)|splitlines|casefold|strip\(\))"
        r"|unicodedata|(?<!\\)\\[wWsSdDbB](?![a-z])",
        source,
    )
    assert asked == []


@given(SOUP)
@settings(max_examples=100, deadline=None)
def test_line_and_column_are_those_of_the_start(document: str) -> None:
    for token in reference.batch(document):
        if isinstance(token, Token):
            line, column = token.line_and_column(document)
            starts = [0, *(match.end() for match in TERMINATOR.finditer(document))]
            assert starts[line] + column == token.start
            assert line + 1 == len(starts) or token.start < starts[line + 1]


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ("", []),
        ("a b", [(0, 0), (0, 1), (0, 2)]),
        ("a\n\nb", [(0, 0), (0, 1), (1, 0), (2, 0)]),
        ("a\r\nb\rc", [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]),
        ("\U0001d538\u2028$", [(0, 0), (0, 2)]),
        ("a\x0b\x85{", [(0, 0), (0, 1), (0, 2), (0, 3)]),
    ],
)
def test_line_and_column(document: str, places: list[tuple[int, int]]) -> None:
    read = [item for item in reference.batch(document) if isinstance(item, Token)]
    assert [token.line_and_column(document) for token in read] == places


def test_target_says_what_it_is() -> None:
    assert (TARGET.name, TARGET.language) == ("latex", "latex")
    assert TARGET.lossless
    assert TARGET.thread_safe
    assert sum(piece.length for piece in TARGET.pieces(SMALL)) == len(SMALL)
    assert len(TARGET.pieces(SMALL)) == len(TARGET.open(SMALL).checkpoints())
