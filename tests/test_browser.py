"""Pages opened in a real browser: nothing runs, nothing is loaded, and everything can be reached.

Needs playwright and a Chromium that is there (Debian's `chromium`, or the one that FUZZEQ_CHROMIUM
names); without one these tests say so and are passed over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fuzzeq.cli.history import COLUMNS
from fuzzeq.generate.edits import DRIVERS
from fuzzeq.report.night_view import night_view
from fuzzeq.report.page import MOST_OPEN
from fuzzeq.report.page import page as render
from tests.hostile import ALARM, BANK, bank_page
from tests.test_page import PLANTED, empty_report, night, planted_finding

CHROMIUM = os.environ.get("FUZZEQ_CHROMIUM") or shutil.which("chromium")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def opened(browser: Any, text: str, folder: Path, **options: Any) -> Iterator[Any]:
    """The page, with a ledger of what it did that no page of ours may do."""
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    context = browser.new_context(**options)
    page = context.new_page()
    wrong: list[str] = []

    def shouted(dialog: Any) -> None:
        wrong.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def asked_for(request: Any) -> None:
        if request.url.partition("#")[0] != path.as_uri() and not request.url.startswith("data:"):
            wrong.append(f"request {request.url}")

    page.on("dialog", shouted)
    page.on("request", asked_for)
    page.on("pageerror", lambda error: wrong.append(f"error {error}"))
    page.on("console", lambda message: wrong.append(f"console {message.text}"))
    page.on("popup", lambda popup: wrong.append("popup"))
    page.goto(path.as_uri())
    yield page
    assert wrong == []
    context.close()


def enter(page: Any, number: int = 0) -> Any:
    """Goes to the page of a finding; gives its section, once it is there."""
    page.locator("#night").wait_for()
    page.locator("#findings tbody th a").nth(number).click()
    finding = page.locator(".finding:visible")
    finding.wait_for()
    return finding


def leave(page: Any) -> None:
    """Goes back to the list."""
    page.evaluate("location.hash = '#main'")
    page.locator("#night").wait_for()


def wide(page: Any) -> bool:
    """Whether the page is wider than what it is looked at through."""
    answer: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return answer


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1200, "height": 900}},
        {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
        {"viewport": {"width": 360, "height": 740}, "has_touch": True},
    ],
    ids=["light", "dark", "phone"],
)
def test_hostile_documents_are_text(browser: Any, tmp_path: Path, options: Any) -> None:
    with opened(browser, bank_page(empty_report()), tmp_path, **options) as page:
        assert ALARM not in page.title()
        assert not wide(page)
        links = page.locator("#findings tbody th a")
        assert links.count() == len(BANK)
        for number in range(len(BANK)):
            finding = enter(page, number)
            assert finding.count() == 1
            finding.locator(".slider").wait_for()
            assert finding.locator(".step:visible").count() == 1
            assert not wide(page), list(BANK)[number]
            leave(page)
        assert page.evaluate("document.querySelectorAll('iframe, svg, link, img').length") == 0


def test_the_policy_stops_what_would_get_past_everything_else(browser: Any, tmp_path: Path) -> None:
    """A page into which somebody has put elements that act: none of them does."""
    inserted = (
        f"<script>document.title = '{ALARM}'</script><img src='x' onerror=\"document.title='x'\">"
        "<style>body { display: none }</style><p style='position:fixed'>x</p>"
        "<img src='http://127.0.0.1:9/x.png'>"
    )
    text = bank_page(empty_report()).replace("<main", f"{inserted}<main")
    path = tmp_path / "page.html"
    path.write_text(text, "utf-8")
    page = browser.new_context().new_page()
    sent: list[str] = []
    page.on("response", lambda response: sent.append(response.url))
    page.goto(path.as_uri())
    assert page.title() not in (ALARM, "x")
    assert page.locator("h1").first.is_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('body > p:not(.said)')).position")
        == "static"
    )
    assert [url for url in sent if url != path.as_uri()] == []
    page.context.close()


def a_night(count: int) -> str:
    return night([planted_finding()] * count, PLANTED)


@pytest.mark.parametrize("count", [3, MOST_OPEN + 3], ids=["open", "packed"])
def test_everything_can_be_done_by_keyboard(browser: Any, tmp_path: Path, count: int) -> None:
    with opened(browser, a_night(count), tmp_path) as page:
        first, second, last = (
            page.locator("#findings tbody th a").nth(n) for n in (0, 1, count - 1)
        )
        first.focus()
        page.keyboard.press("Enter")
        shown = page.locator(".finding.shown")
        shown.wait_for()
        assert not page.locator("#night").is_visible()
        output = shown.locator("output")
        assert output.inner_text() == "step 1, here it fails (2 of 2)"
        page.keyboard.press("ArrowLeft")
        assert output.inner_text() == "step 0 (1 of 2)"
        page.keyboard.press("ArrowLeft")
        assert output.inner_text() == "step 0 (1 of 2)"
        page.keyboard.press("n")
        page.locator(f".finding.shown{second.get_attribute('href')}").wait_for()
        page.keyboard.press("p")
        page.locator(f".finding.shown{first.get_attribute('href')}").wait_for()
        page.keyboard.press("p")
        page.get_by_text("That was the last one").wait_for()
        page.keyboard.press("Escape")
        page.locator("#night").wait_for()
        assert first.evaluate("element => element === document.activeElement")
        page.goto(f"{page.url.partition('#')[0]}{last.get_attribute('href')}")
        page.locator(".finding.shown").wait_for()
        page.go_back()
        page.locator("#night").wait_for()


def test_keys_work_while_the_slider_has_the_focus(browser: Any, tmp_path: Path) -> None:
    with opened(browser, a_night(3), tmp_path) as page:
        enter(page).locator(".slider").wait_for()
        links = page.locator("#findings tbody th a")
        for key, number in (("n", 1), ("n", 2), ("p", 1)):
            slider = page.locator(".finding.shown input[type=range]")
            slider.focus()
            page.keyboard.press("ArrowLeft")
            output = page.locator(".finding.shown output")
            assert output.inner_text() == "step 0 (1 of 2)"  # once: the slider's own arrow
            page.keyboard.press("ArrowRight")
            page.keyboard.press(key)
            page.locator(f".finding.shown{links.nth(number).get_attribute('href')}").wait_for()
        page.locator(".finding.shown input[type=range]").focus()
        page.keyboard.press("Escape")
        page.locator("#night").wait_for()


def many_nights() -> dict[str, Any]:
    return {
        "title": "The last 30 days",
        "words": "The last 25 nights were good.",
        "charts": None,
        "columns": COLUMNS,
        "rows": [["2026-01-02 03:04", "dev own.engine:Engine", *["1,000"] * 9]] * 25,
    }


def test_tables_can_be_read_on_a_phone(browser: Any, tmp_path: Path) -> None:
    """Wide ones are moved sideways in a box of their own."""
    met = {edit: dict.fromkeys(("\n", "/*", "x" * 300), 123) for edit in DRIVERS}
    value = empty_report(hazards={"counted_by": "stream", "met": met, "cells": 1, "covered": 1})
    text = render([], night_view(value, []), many_nights())
    phone = {"viewport": {"width": 390, "height": 844}}
    with opened(browser, text, tmp_path, **phone) as page:
        assert not wide(page)
        nights = page.locator(".wide:has(.nights)")
        for row in page.locator(".nights tr").all():
            assert row.bounding_box()["height"] < 45  # one line
        assert nights.evaluate("box => box.scrollWidth > box.clientWidth")
        nights.focus()
        for _ in range(50):
            page.keyboard.press("ArrowRight")
            if nights.evaluate("box => box.scrollLeft"):
                break
            page.wait_for_timeout(100)
        assert nights.evaluate("box => box.scrollLeft > 0")
        grid = page.locator(".wide:has(.grid)")
        grid.evaluate("box => { box.scrollLeft = 1000; }")
        for place in (".grid thead th", ".grid tbody td"):
            last = page.locator(place).last.bounding_box()
            assert 0 < last["x"] < last["x"] + last["width"] < 390
        first = page.locator(".grid tbody th").first.bounding_box()
        assert first["x"] == grid.bounding_box()["x"]  # labels stay in sight


@pytest.mark.parametrize("width", [1200, 390])
def test_headings_of_a_grid_stand_above_their_figures(
    browser: Any, tmp_path: Path, width: int
) -> None:
    met = {edit: {"/*": 7} for edit in DRIVERS}
    value = empty_report(hazards={"counted_by": "stream", "met": met, "cells": 1, "covered": 1})
    text = render([], night_view(value, []))
    with opened(browser, text, tmp_path, viewport={"width": width, "height": 844}) as page:
        headings = page.locator(".grid thead span").all()
        cells = page.locator(".grid tbody td").all()
        assert len(headings) == len(cells) == len(DRIVERS)
        for heading, cell in zip(headings, cells, strict=True):
            above, below = heading.bounding_box(), cell.bounding_box()
            right = above["x"] + above["width"]
            assert 0 <= below["x"] + below["width"] - right < 8


def test_the_slider_shows_one_step_at_a_time(browser: Any, tmp_path: Path) -> None:
    with opened(browser, a_night(1), tmp_path) as page:
        enter(page).locator(".slider").wait_for()
        slider = page.locator(".finding.shown input[type=range]")
        assert slider.get_attribute("aria-valuetext") == "step 1, here it fails"
        slider.fill("0")
        visible = page.locator(".finding.shown .step:visible")
        assert visible.count() == 1
        assert "the document is opened" in visible.inner_text()
        page.locator(".finding.shown .next").click()
        assert "fails here" in visible.inner_text()


def test_the_command_is_copied(browser: Any, tmp_path: Path) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    with opened(browser, a_night(1), tmp_path, **options) as page:
        page.locator("#findings button.copy").click()
        page.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == "fuzzeq replay crashes/x.fuzzeq.json"


def test_rows_can_be_filtered(browser: Any, tmp_path: Path) -> None:
    with opened(browser, a_night(30), tmp_path) as page:
        rows = page.locator("#findings tbody tr:visible")
        assert rows.count() == 30
        page.get_by_label("Show only those with").fill("0000001d")
        page.get_by_text("1 of 30 shown").wait_for()
        assert rows.count() == 1
        assert not page.get_by_text("None of them has that").is_visible()
        page.get_by_label("Show only those with").fill("nothing at all")
        assert rows.count() == 0
        assert page.get_by_text("None of them has that").is_visible()


def test_without_its_script_a_page_shows_everything(browser: Any, tmp_path: Path) -> None:
    with opened(browser, a_night(2), tmp_path, java_script_enabled=False) as page:
        shown = enter(page, 1)
        assert shown.count() == 1
        assert shown.locator(".step:visible").count() == 2
        assert not page.locator("#night").is_visible()


def test_a_screen_reader_finds_names_and_headings(browser: Any, tmp_path: Path) -> None:
    with opened(browser, a_night(1), tmp_path) as page:
        assert page.get_by_role("heading", level=1).first.is_visible()
        for name in ("Findings", "Figures", "Oracles", "Canaries", "Not run"):
            assert page.get_by_role("region", name=name, exact=True).count() == 1
        assert page.get_by_role("table", name="One row for each distinct bug").count() == 1
        enter(page).locator(".slider").wait_for()
        assert page.get_by_role("slider", name="Step").count() == 1
        assert page.get_by_role("button", name="previous step").count() == 1
        assert page.get_by_role("article", name="step 1, here it fails").count() == 1
        unnamed = "button, a, input"
        for element in page.locator(unnamed).element_handles():
            assert (
                element.get_attribute("aria-label")
                or element.text_content()
                or (element.evaluate("element => Boolean(element.labels?.length)"))
            )
