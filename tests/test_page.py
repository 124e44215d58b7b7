"""The page without a browser: what stands in the file, read by a parser that reads as browsers do.

`check_page` holds what no page may lack or have, whatever was found; each guard behind it is taken
away once, to see that the check sees it. `tests/test_browser.py` opens pages for real.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import html5lib
import pytest

from fuzzeq.campaign.state import Run, Settings, Stored
from fuzzeq.cli.outcome import say_findings
from fuzzeq.engines.replay import Replayed, Verdict
from fuzzeq.errors import UsageError
from fuzzeq.explain import explain, visible
from fuzzeq.forensics.account import Items, Reading, StepAccount
from fuzzeq.forensics.examination import Examination, examine
from fuzzeq.model.edit import Edit
from fuzzeq.model.finding import Finding
from fuzzeq.registry import load_target
from fuzzeq.report import page as page_module
from fuzzeq.report.assembling import Context, Examined, night_page
from fuzzeq.report.finding_text import tell
from fuzzeq.report.finding_view import view_of
from fuzzeq.report.night_view import night_view
from fuzzeq.report.page import BUDGET, MOST_OPEN, Entry, packed, page
from fuzzeq.report.pytest_function import Source
from fuzzeq.report.run_report import report
from fuzzeq.report.step_view import (
    MOST_LINES,
    RESTARTED,
    ItemPair,
    inserted_ranges,
    step_view,
)
from tests.hostile import ALARM, BANK, bank_page, entry_of, finding_of, findings, row_of
from tests.notation import trace

TAGS = frozenset(
    "html head meta title style body a p main div h1 h2 h3 b time code small br span table caption"
    " thead tbody tr th td button dl dt dd section ul li ol meter label input script footer figure"
    " picture source img details summary pre article abbr ins mark i output noscript".split()
)
ADDRESSES = frozenset("href src srcset action formaction data poster xlink:href".split())


def parsed(text: str) -> Any:
    return html5lib.parse(text, namespaceHTMLElements=False)


def elements(tree: Any, tag: str) -> list[Any]:
    return list(tree.iter(tag))


def text_of(element: Any) -> str:
    return "".join(element.itertext())


def by_id(tree: Any, id: str) -> Any:
    (found,) = [element for element in tree.iter() if element.get("id") == id]
    return found


def check_page(text: str) -> Any:
    """Everything that holds of any page; gives the tree."""
    odd = {c for c in text if c != "\n" and unicodedata.category(c)[0] in "CM"}
    assert not odd, f"characters that should have been escaped: {odd}"
    tree = parsed(text)
    ids: list[str] = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue  # a comment would be none of ours
        assert element.tag in TAGS, element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), (element.tag, name, value)
            assert name != "style", (element.tag, value)
            if name in ADDRESSES:
                assert value.startswith(("#", "data:image/svg+xml;base64,")), (name, value)
            if name == "id":
                ids.append(value)
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        for name in ("aria-labelledby", "data-copy-from"):
            assert element.get(name) in (None, *ids), (name, element.get(name))
    for th in elements(tree, "th"):
        assert th.get("scope") in ("row", "col") or not text_of(th), text_of(th)
    (policy,) = [
        meta.get("content")
        for meta in elements(tree, "meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = elements(tree, "style")
    scripts = [each for each in elements(tree, "script") if each.get("type") is None]
    (script,) = scripts
    assert policy == (
        f"default-src 'none'; style-src '{hashed(style)}'; script-src '{hashed(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert tree.get("lang") == "en"
    return tree


def hashed(element: Any) -> str:
    digest = hashlib.sha256(text_of(element).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def empty_report(**others: Any) -> dict[str, Any]:
    """The report of a run that has done nothing yet."""
    return report(Run(Settings("latex"))) | {"first_line": "good: nothing", "good": True, **others}


# Hostile text stays text.


def test_a_page_of_hostile_documents_holds_nothing_but_text() -> None:
    tree = check_page(bank_page(empty_report()))
    assert len([each for each in tree.iter() if each.get("class") == "finding"]) == len(BANK)
    assert ALARM in text_of(elements(tree, "h1")[0])
    shown = [text_of(pre) for pre in elements(tree, "pre")]
    for document in BANK.values():
        assert not document or visible(document, 2000) in shown


def test_the_check_sees_a_page_that_escapes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = page_module._environment()
    unguarded = environment.overlay(autoescape=False)
    unguarded.filters = {**environment.filters, "escapes": str}
    monkeypatch.setattr(page_module, "_environment", lambda: unguarded)
    with pytest.raises(AssertionError):
        check_page(bank_page(empty_report()))


def test_the_check_sees_a_page_that_prints_what_cannot_be_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = page_module._environment()
    unguarded = environment.overlay(finalize=lambda value: value)
    monkeypatch.setattr(page_module, "_environment", lambda: unguarded)
    with pytest.raises(AssertionError, match="should have been escaped"):
        check_page(bank_page(empty_report()))


@pytest.mark.parametrize("name", BANK)
def test_the_terminal_gets_nothing_but_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    finding = replace(finding_of(BANK[name]), target=BANK[name][:200])
    path = Path(BANK[name][:200].replace("\n", " "))
    entry = entry_of(finding, 1)
    state = Run(
        Settings("latex"),
        findings=[Stored(finding, path, True, f"accepted: {BANK[name][:200]!r}")],
        replayed=[Replayed(path, Verdict.FIXED, "")],
        warnings=[str(path)],
    )
    say_findings(state)
    for line in (*tell(entry.view), *explain(finding), *capsys.readouterr().out.split("\n")):
        assert not {c for c in line if unicodedata.category(c)[0] in "CZM" and c != " "}, line
        assert len(line) < 8000


def test_a_packed_section_cannot_end_its_script() -> None:
    section = '</script><!-- <script> \\ " x</section>'
    text = packed(section)
    assert "</" not in text
    assert "<!" not in text
    assert "<script" not in text
    assert json.loads(text) == section


# What a night's page says.


def night(findings: list[Finding], target: Any, /, **others: Any) -> str:
    message = "item 1 should be Token('a\\n')"
    rows = [
        row_of(finding, fingerprint=f"{n:08x}" * 2, message=message)
        for n, finding in enumerate(findings)
    ]
    value = empty_report(**{"findings": rows, "target": target.name, **others})
    seen = [
        Examined(row, Path("crashes/x.fuzzeq.json"), finding, examine(target, finding))
        for row, finding in zip(rows, findings, strict=True)
    ]
    context = Context(sources=lambda name: Source("from fuzzeq.targets.latex import TARGET"))
    return night_page(value, seen, context)


PLANTED = load_target("latex-planted-states-by-number")


def planted_finding() -> Finding:
    from fuzzeq.checking import check

    which = trace("«\n→%»$\na")
    divergence = check(PLANTED, which)
    assert divergence is not None
    return Finding(PLANTED.name, divergence, which, shrunk=True)


def test_the_first_thing_on_a_page_is_whether_the_night_was_good() -> None:
    tree = check_page(night([], PLANTED))
    first, *_ = elements(tree, "h1")
    assert (first.get("class"), text_of(first)) == ("good", "good: nothing")
    assert "Nothing was found." in text_of(tree)


def test_a_finding_has_a_row_that_leads_to_its_page_and_a_command_to_copy() -> None:
    tree = check_page(night([planted_finding()], PLANTED, good=False, first_line="bad: one"))
    table = by_id(tree, "findings")
    (link,) = elements(table, "a")
    section = by_id(tree, link.get("href").removeprefix("#"))
    assert section.get("class") == "finding"
    (button,) = elements(table, "button")
    assert button.get("data-copy") == "fuzzeq replay crashes/x.fuzzeq.json"
    row = text_of(elements(table, "tr")[1])
    for part in (
        "equality: differs", "item 1 should be Token('a\\n')", "9: converged too early",
        "4 characters, 1 step", "new",
    ):  # fmt: skip
        assert part in row


def test_commands_name_the_target_that_the_night_named() -> None:
    """It has to be imported, and no file's name for it does that."""
    named = {"target": "own.engine:Engine"}
    tree = check_page(night([planted_finding()], PLANTED, **named))
    command = "fuzzeq replay --target own.engine:Engine crashes/x.fuzzeq.json"
    copies = [button.get("data-copy") for button in elements(tree, "button")]
    assert copies.count(command) == 2  # in its row, and on its page
    rows = empty_report(findings=[row_of(planted_finding())], **named)
    lost = night_page(rows, [Examined(row) for row in rows["findings"]], Context())
    assert command in text_of(check_page(lost))


def test_a_findings_page_shows_what_the_engine_did() -> None:
    tree = check_page(night([planted_finding()], PLANTED))
    (section,) = [each for each in tree.iter() if each.get("class") == "finding"]
    opened, step = elements(section, "article")
    assert step.get("class") == "step fails"
    assert "first" not in {each.get("class") for each in elements(opened, "tr")}
    (first,) = [row for row in elements(step, "tr") if "first" in (row.get("class") or "")]
    assert [text_of(cell) for cell in elements(first, "td")][1:] == [
        "1 Token(kind='text', start=3, end=4, mode='text')",
        "1 Token(kind='text', start=3, end=4, mode='inline')",
    ]
    signs = [text_of(mark) for mark in elements(step, "abbr") if "mark" in mark.get("class")]
    assert signs == ["C", "R", "S", "W", "D"]
    facts = {
        text_of(elements(div, "dt")[0]): text_of(elements(div, "dd")[0])
        for div in elements(step, "div")
        if elements(div, "dt")
    }
    assert facts["stopped at"] == "offset 3, line 2"
    assert facts["had to read"] == "from offset 0, line 1 to offset 4, line 2"
    assert facts["work"] == "3 characters examined, 4 needed"
    assert facts["first wrong item"].endswith("behind where it stopped")
    (snippet,) = [pre for pre in elements(section, "pre") if (pre.get("id") or "").endswith("test")]
    assert "def test_" in text_of(snippet)


def test_the_terminal_says_the_same_as_the_page() -> None:
    finding = planted_finding()
    view = view_of(finding, examine(PLANTED, finding))
    told = "\n".join(tell(view))
    section = text_of(check_page(page([Entry("finding-1", view)])))
    for fact in view.steps[-1].facts:
        assert fact.text in told
        assert fact.text in section
    for likely in view.likely:
        assert likely.because in told
        assert likely.because in section
    assert view.replay in told


def test_what_was_not_run_again_says_why() -> None:
    view = view_of(planted_finding(), Examination(why_not="the process that ran it died"))
    text = text_of(check_page(page([Entry("finding-1", view)])))
    assert "the process that ran it died" in text
    assert "[0:1] '\\n' → '%'" in text
    assert "What the oracle compared" in text


def test_a_page_tells_what_there_is_of_a_night() -> None:
    met = {"typing": {"dollar": 0, "comment": 1200}, "erasing": {"dollar": 3, "comment": 30}}
    value = empty_report(
        gates=[
            {"name": "reuse of typing", "figure": "91.0%", "limit": "at least 90.0%", "open": True},
            {"name": "missing units", "figure": "3", "limit": "at most 0", "open": False},
        ],
        drivers={"typing": {"edits": 10, "reuse": 0.91}},
        hazards={"counted_by": "stream", "met": met, "cells": 4, "covered": 3},
        canary={"caught": True, "edits": 4},
        canaries=[{"name": "planted-x", "edits": None}],
        planted={"hunted": 1, "caught": 0},
        residual={"words": "3,000 edits since"},
        not_run=[{"what": "engine guided", "why": "it is not in the mix"}],
        machine={"system": "Linux", "processor": "a processor", "cores": 2, "memory_gb": 8.0},
        warnings=["only 40% reused"],
        commit={"hash": "ab" * 20, "dirty": True},
        ended_at="2026-01-02T03:04:05+00:00",
    )
    tree = check_page(night_page(value, [], Context()))
    text = " ".join(" ".join(tree.itertext()).split())
    for part in (
        "missing units 3 at most 0 broken", "typing 91.0% 90.0%",
        "3 of 4 pairs of a hazard and a way of editing", "planted-x MISSED",
        "hunted among the units: 0 of 1", "3,000 edits since",
        "engine guided : it is not in the mix", "a processor", "Warning: only 40% reused",
        "commit abababababab with changes", "caught after 4 edits",
    ):  # fmt: skip
        assert part in text, part
    (meter,) = elements(tree, "meter")
    assert (meter.get("value"), meter.get("low")) == ("0.91", "0.9")
    levels = [cell.get("class") for cell in elements(tree, "td") if cell.get("class")]
    assert levels == ["l0", "l1", "l4", "l2"]


def test_hazards_have_labels_that_can_be_seen() -> None:
    """A hazard may be any text; the whole of a long one is in its title."""
    labels = {"/*": "/*", "\n": "\\n", " ": "' '", "x" * 300: f"{'x' * 23}…", "\\verb": "\\verb"}
    met = {"typing": dict.fromkeys(labels, 1)}
    value = empty_report(hazards={"counted_by": "stream", "met": met, "cells": 5, "covered": 5})
    tree = check_page(night_page(value, [], Context()))
    (grid,) = [table for table in elements(tree, "table") if table.get("class") == "grid"]
    shown = [row for row in elements(grid, "th") if row.get("scope") == "row"]
    assert [text_of(each) for each in shown] == list(labels.values())
    assert shown[3].get("title") == "x" * 300


def test_the_reuse_of_a_run_is_told_though_it_has_no_rows_for_engines() -> None:
    value = empty_report(reuse=0.916)
    view = night_view(value, [])
    assert [(row["name"], row["reuse"]) for row in view["reuse"]] == [("all of it", "91.6%")]
    assert night_view({**value, "reuse": None}, [])["reuse"] == []


def test_a_process_that_was_lost_stands_beside_its_oracle() -> None:
    """Nobody was left to count it as fired."""
    rows = [
        row_of(planted_finding(), oracle="raises", status=status) for status in ("hung", "died")
    ]
    oracles = {
        each["name"]: each for each in night_view(empty_report(findings=rows), [])["oracles"]
    }
    assert oracles["raises"]["fired"] == "0, and 2 lost processes"
    assert oracles["equality"]["fired"] == "0"


def test_a_run_that_could_not_run_has_a_page() -> None:
    from fuzzeq.report.run_report import could_not_run

    value = could_not_run("x", "stream", 0, "no such target")
    tree = check_page(night_page(value, [], Context()))
    assert elements(tree, "h1")[0].get("class") == "bad"
    assert "no such target" in text_of(tree)


def test_the_history_is_part_of_the_page() -> None:
    section = {
        "title": "The last 30 days",
        "words": "The last 2 nights were good.",
        "charts": {"light": "data:image/svg+xml;base64,AA==", "dark": ""},
        "columns": ("night", "good"),
        "rows": [["2026-01-02", "good"]],
    }
    tree = check_page(page([], night_view(empty_report(), []), section))
    assert "The last 2 nights were good." in text_of(tree)
    (picture,) = elements(tree, "img")
    assert picture.get("alt")


# Many findings.


@pytest.mark.slow
def test_a_thousand_findings_are_packed_and_weigh_less_than_ten_megabytes() -> None:
    finding = planted_finding()
    examination = examine(PLANTED, finding)
    rows = [row_of(finding, fingerprint=f"{number:016x}") for number in range(1000)]
    seen = [Examined(row, None, finding, examination) for row in rows]
    text = night_page(empty_report(findings=rows), seen, Context())
    assert len(text) < 10_000_000
    tree = check_page(text)
    packs = [each for each in elements(tree, "script") if each.get("type") == "application/json"]
    assert len(packs) == 1000
    assert not [each for each in tree.iter() if each.get("class") == "finding"]
    (section,) = [
        each
        for each in parsed(json.loads(text_of(packs[7]))).iter()
        if each.get("class") == "finding"
    ]
    assert f"packed-{section.get('id')}" == packs[7].get("id")
    assert elements(section, "article")


def test_findings_that_are_too_much_for_a_page_are_told_in_fewer_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = dict(findings())["one long line"]
    entry = entry_of(large, 1)
    monkeypatch.setattr(page_module, "BUDGET", 20_000)
    text = page([replace(entry, id=f"finding-{n}") for n in range(MOST_OPEN)])
    tree = check_page(text)
    assert not elements(tree, "article")
    assert "step 1: [0:0] insert" in text_of(tree)
    assert BUDGET > 20_000


# Parts of a view.


def test_items_face_each_other() -> None:
    entry = entry_of(finding_of("a" * 100), 1)
    *_, missing = entry.view.steps[-1].items
    assert missing == ItemPair("missing", 2, f"'{'a' * 21}'", None, "", True) or missing.is_first
    assert entry.view.shows_difference


@pytest.mark.parametrize("text", ["a\nb", "a\\b", "a\\nb", "\x1b[31m", "it's"])
def test_what_repr_escaped_is_not_escaped_again(text: str) -> None:
    """The items of this target are texts, so their `repr` has escapes of its own."""
    view = entry_of(finding_of(text), 1).view
    shown = {pair.expected for step in view.steps for pair in step.items}
    assert repr(text) in shown
    whole = repr(f"{text}x{text}")
    assert f"- {0:>5} {whole}" in "\n".join(tell(view))
    assert view.expected_excerpt == (f"0: {whole}",)
    assert whole in text_of(check_page(page([Entry("finding-1", view)])))


def account_with(document: str, **others: Any) -> StepAccount:
    """The account of an edit that was at the end of a document."""
    nothing = Items(0, (), 0)
    step = (Edit(0, 0, document[:1]),)
    return StepAccount(1, step, document[1:], document, nothing, nothing, **others)


@pytest.mark.parametrize(
    "document", ["", "a", "a\r\nb", "a\n", "\r\r\n\n\r", "a\r\n", "a\x0b\x85b\nc"]
)
def test_the_number_of_a_line_is_the_one_that_it_is_shown_with(document: str) -> None:
    for offset in range(len(document) + 1):
        account = account_with(document, reading=Reading(restart=offset))
        view = step_view(account, fails=True)
        (marked,) = [line.number for line in view.lines if RESTARTED in line.marks]
        (restarted,) = [fact.text for fact in view.facts if fact.name == "restarted at"]
        assert restarted == f"offset {offset}, line {marked} (by changed())"
        ends = len(re.findall(r"\r\n|\r|\n", document))
        assert view.lines[-1].number == ends + 1


def numbers_shown(account: StepAccount) -> list[int]:
    return [line.number for line in step_view(account, fails=True).lines]


def test_the_line_that_fails_is_shown() -> None:
    """In front of all others; and where its place is not known, all lines of a short document."""
    many = tuple(Edit(2 * line, 2 * line, "b") for line in reversed(range(90)))
    account = replace(account_with("ab\n" * 100, wrong=1, wrong_offset=3 * 95), step=many)
    assert {94, 95, 96, 97, 98} & set(numbers_shown(account)) == {96}
    assert len(numbers_shown(account)) <= MOST_LINES + 10  # gaps among them
    assert numbers_shown(account_with("\n" * 20 + "a", wrong=1)) == list(range(1, 22))
    assert numbers_shown(account_with("\n" * 4 + "a")) == [1, 2, 3, 4, 5]  # one line is no gap
    assert numbers_shown(account_with("\n" * 5 + "a")) == [1, 2, 3, 4, 0]


@pytest.mark.parametrize(
    ("edits", "ranges"),
    [
        ("a«→xy»b", [(1, 3)]),
        ("«→x»ab«→yz»", [(0, 1), (3, 5)]),
        ("a«bc→»d", [(1, 1)]),
    ],
)
def test_inserted_text_is_found_in_the_document_behind_the_step(
    edits: str, ranges: list[tuple[int, int]]
) -> None:
    from fuzzeq.forensics.account import account_of

    account = account_of(load_target("latex"), trace(edits))
    assert inserted_ranges(account.steps[-1]) == ranges


def test_of_a_large_document_the_lines_that_matter_are_shown() -> None:
    from fuzzeq.forensics.account import account_of

    lines = "a line\n" * 1000
    account = account_of(load_target("latex"), trace(f"{lines}«→x»{lines}"))
    view = step_view(account.steps[-1], fails=False)
    numbers = [line.number for line in view.lines]
    assert 1001 in numbers
    assert numbers[0] == 0  # a gap
    assert len(numbers) < 40


def test_without_jinja_a_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "jinja2", None)
    page_module._environment.cache_clear()
    with pytest.raises(UsageError, match=re.escape("needs jinja2, which is not installed: pip")):
        page([entry_of(finding_of("a"), 1)])
    page_module._environment.cache_clear()
