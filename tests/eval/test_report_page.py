"""The report in a browser: filters, links by item id, no network, and a phone's width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.policy import Policy
from eval.labelled import load_labelled
from eval.report_html import render_report
from eval.run import run_set
from tests.eval.making import LOSS, MEANINGFUL, VAGUE, ScriptedClassifier, raw_record, write_set

CHROMIUM = Path("/usr/bin/chromium")
SCRIPT = {"a": (MEANINGFUL, 0.9), "b b": (VAGUE, 0.8), "c": (VAGUE, 0.7)}
HOSTILE = "Nice <script>document.title='owned'</script> chat & so on. Call back."

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def report(tmp_path: Path) -> str:
    """The address of a report of three items, one of them wrong."""
    records = [
        raw_record("a", MEANINGFUL),
        raw_record("b b", VAGUE, text=HOSTILE),
        raw_record("c", LOSS),
    ]
    labelled = load_labelled(write_set(tmp_path / "s.jsonl", records))
    result = run_set(labelled, ScriptedClassifier(SCRIPT), Policy(classifier="scripted-1"))
    page = tmp_path / "run.html"
    page.write_text(render_report(result, labelled), encoding="utf-8")
    return page.as_uri()


def test_items_are_filtered_by_outcome_and_words(chromium: Any, report: str) -> None:
    page = chromium.new_page()
    page.goto(report)
    assert page.locator("#count").inner_text() == "3 of 3 shown"
    page.select_option("#kind", "wrong")
    assert page.locator("article:visible").count() == 1
    assert page.locator("#item-c").is_visible()
    page.fill("#words", "nothing like it")
    assert page.locator("#none").is_visible()
    page.click("button[type=reset]")
    page.wait_for_function("document.getElementById('count').textContent === '3 of 3 shown'")


def test_a_link_shows_its_item_even_where_a_filter_hides_it(chromium: Any, report: str) -> None:
    page = chromium.new_page()
    page.goto(report)
    page.select_option("#kind", "wrong")
    assert page.locator("[id='item-b b']").is_hidden()
    page.evaluate("location.hash = 'item-b%20b'")
    page.wait_for_function("!document.getElementById('item-b b').hidden")


def test_texts_are_words_and_nothing_is_fetched(chromium: Any, report: str) -> None:
    page = chromium.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(report)
    assert (
        page.title()
        == f"scripted-1 on {report.removeprefix('file://').replace('run.html', 's.jsonl')}"
    )
    assert HOSTILE in page.locator("[id='item-b b']").text_content()
    assert fetched == [report]


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_width(chromium: Any, report: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(report)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
