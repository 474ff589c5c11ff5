"""The pages in Chromium: keys, focus, evidence, search, phones, no scripts, and accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from tests.api.conftest import ADMIN, PASSWORD, REP, running

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed"),
]
_WAIT_MS = 60_000
_PHONE = {"width": 375, "height": 780}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    with running(uvicorn.Server(config)) as base:
        yield base


def _sign_in(chromium: Any, address: str, email: str = ADMIN, **options: Any) -> Any:
    """A page of a browser of its own, signed in by the form, on the docket."""
    page = chromium.new_context(base_url=address, **options).new_page()
    page.set_default_timeout(_WAIT_MS)
    page.goto("/")
    page.get_by_label("Address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def _focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_supervisor_decides_with_the_keyboard_and_takes_it_back(
    chromium: Any, address: str
) -> None:
    page = _sign_in(chromium, address)
    cards = page.locator("[data-card]")
    assert cards.count() == 12
    page.keyboard.press("j")
    first = _focused(page)
    page.keyboard.press("j")
    second = _focused(page)
    page.keyboard.press("k")
    assert first != second
    assert _focused(page) == first

    page.keyboard.press("c")
    form = page.locator(f"#{first} details[data-act=close] form")
    form.get_by_label("Lost because").select_option("no_budget")
    form.get_by_role("button", name="Close as lost").press("Enter")
    page.wait_for_selector("text=1 of 12 decided")
    assert _focused(page) == second, "the next card has the focus"
    said = page.locator("#said [data-flash]")
    said.wait_for()
    assert "Close as lost: no budget" in said.inner_text()
    assert "done=" not in page.url, "reloading does not say it again"

    page.keyboard.press("u")
    page.wait_for_selector("text=0 of 12 decided")
    assert _focused(page) == first
    page.wait_for_selector("#said >> text=Taken back")

    page.keyboard.press("a")
    step = page.locator(f"#{first} details[data-act=advance] [name=step]")
    assert step.evaluate("e => e === document.activeElement")
    page.keyboard.press("Escape")
    assert not step.is_visible()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("Escape")


def test_a_quote_leads_to_its_words_and_the_label_is_corrected_beside_them(
    chromium: Any, address: str
) -> None:
    page = _sign_in(chromium, address)
    page.locator(".quote figcaption a").first.click()
    page.wait_for_url("**/opportunities/*#q-*")
    mark = page.locator("mark:target")
    assert mark.is_visible()
    assert mark.evaluate("e => e === document.activeElement")

    entry = page.locator(".entry", has=mark)
    entry.get_by_text("Correct the label").click()
    other = entry.locator("input[name=label]:not(:checked)").first
    wanted = other.get_attribute("value")
    other.check()
    entry.get_by_label("Comment").fill("They have agreed to it.")
    entry.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=They have agreed to it.")
    assert page.locator(f".entry .badge.{wanted}").count() >= 1
    page.wait_for_selector("#said >> text=The label is now")
    page.keyboard.press("u")
    page.wait_for_selector("#said >> text=taken back")


def test_words_that_are_selected_become_the_quote_of_a_form(chromium: Any, address: str) -> None:
    page = _sign_in(chromium, address)
    page.locator("[data-open]").first.click()
    page.wait_for_url("**/opportunities/*")
    chosen = page.evaluate(
        """() => {
          const words = document.querySelector(".entry .text").firstChild;
          const node = words.nodeType === 3 ? words : words.firstChild;
          const range = document.createRange();
          range.setStart(node, 0); range.setEnd(node, Math.min(12, node.length));
          getSelection().removeAllRanges(); getSelection().addRange(range);
          return getSelection().toString().trim();
        }"""
    )
    page.wait_for_timeout(50)  # the browser tells of a selection a moment later
    page.keyboard.press("p")
    assert page.locator("details[data-act=park] [name=event_quote]").input_value() == chosen


def _select_words(page: Any) -> str:
    """Selects the first words of the first note; gives them."""
    chosen = page.evaluate(
        """() => {
          const node = document.querySelector(".entry .text").firstChild;
          const words = node.nodeType === 3 ? node : node.firstChild;
          const range = document.createRange();
          range.setStart(words, 0); range.setEnd(words, words.data.indexOf(" ", 8));
          getSelection().removeAllRanges(); getSelection().addRange(range);
          return getSelection().toString().trim();
        }"""
    )
    page.wait_for_timeout(50)  # the browser tells of a selection a moment later
    return str(chosen)


def test_a_note_is_labelled_with_the_keyboard_by_selecting_its_words(
    chromium: Any, address: str
) -> None:
    page = _sign_in(chromium, address)
    page.goto("/labels")
    first = page.locator("form[data-label]").get_attribute("action")
    words = _select_words(page)
    page.keyboard.press("e")
    assert page.locator("#quote1").input_value() == words
    page.get_by_role("heading", name="Label, blind").click()
    page.keyboard.press("2")
    assert page.get_by_label("Vague callback", exact=False).first.is_checked()
    assert _focused(page) == "reason"
    groups = page.locator("#reason optgroup:not([hidden])")
    assert groups.count() == 1, "only the reasons of the label are offered"
    page.locator("#reason").select_option("no_date")
    page.get_by_text("Other reasons that would be right too").click()
    page.locator("[name=reasons_ok][value=no_purpose]").check()
    page.locator("#quote2").fill("nobody has ever said this")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_selector("#quote2-problem >> text=select them in the record")
    assert _focused(page) == "quote2"
    assert page.locator("[name=reasons_ok][value=no_purpose]").is_checked()
    page.locator("#quote2").fill("")
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_selector("#said >> text=Saved. Vague callback: no date.")
    assert page.locator("form[data-label]").get_attribute("action") != first

    page.get_by_role("heading", name="Label, blind").click()
    page.keyboard.press("s")
    page.wait_for_url("**after=*")
    page.go_back()
    page.wait_for_selector("text=1 of ")
    page.get_by_text("Your last labels (1).").click()
    page.get_by_role("button", name="Take back the label").click()
    page.wait_for_selector("text=0 of ")
    assert page.locator("form[data-label]").get_attribute("action") == first
    assert page.locator("#quote1").input_value() == words.rstrip("."), "as it was filled in"


def test_without_scripts_a_phone_labels_by_typing_the_words(chromium: Any, address: str) -> None:
    page = _sign_in(chromium, address, java_script_enabled=False, viewport=_PHONE)
    page.goto("/labels")
    words = page.locator(".entry .text").first.inner_text().split(".")[0]
    page.locator("input[value=implicit_loss][name=label]").check()
    page.locator("#reason").select_option("no_need")
    page.locator("#quote1").fill(words.upper())
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_selector("#said >> text=Saved. In effect lost: no need.")
    page.locator("#said").get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=0 of ")
    assert page.locator("#quote1").input_value() == words, "as the record has them"


def test_a_question_finds_notes_and_marks_what_answers(chromium: Any, address: str) -> None:
    page = _sign_in(chromium, address)
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    page.get_by_label("Ask the notes").fill("who is waiting for a budget?")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator(".hit mark").first.is_visible()
    page.locator(".hit h3 a").first.click()
    page.wait_for_url("**/opportunities/*#activity-*")


def test_without_scripts_a_phone_decides_and_undoes_all_the_same(
    chromium: Any, address: str
) -> None:
    page = _sign_in(chromium, address, java_script_enabled=False, viewport=_PHONE)
    card = page.locator("[data-card]").first
    card.get_by_text("Close", exact=False).and_(page.locator("summary")).first.click()
    form = card.locator("details[data-act=close] form")
    form.locator("select").select_option("price")
    form.get_by_role("button").click()
    page.wait_for_selector("text=1 of 12 decided")
    page.locator("#said").get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=0 of 12 decided")


def _addresses(page: Any) -> list[str]:
    """One of each kind of page."""
    page.goto("/")
    key = str(page.locator("[data-card]").first.get_attribute("id")).split("-")[1]
    page.goto("/team")
    rep = page.locator("a[href^='/reps/']").first.get_attribute("href")
    return [
        "/",
        f"/opportunities/{key}",
        f"/opportunities/{key}/precedents",
        "/team",
        str(rep),
        "/search?q=who+is+waiting+for+a+budget",
        "/search",
        "/corrections",
        "/labels",
        "/labels?order=second",
        "/labels/agreement",
        "/settings",
        "/people",
        "/keys",
        "/failures",
        "/nowhere",
    ]


def _complaints(page: Any, *rules: str) -> list[str]:
    """What axe finds wrong with the page as it stands, by all rules or by some."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": list(rules)} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [f"{page.url} {v['id']}: {n['html'][:160]}" for v in found for n in v["nodes"]]


# Markup is the same in both; only the colours differ.
@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "rules"), [("light", ()), ("dark", ("color-contrast",))])
def test_axe_finds_nothing_wrong_with_any_page(
    chromium: Any, address: str, scheme: str, rules: tuple[str, ...]
) -> None:
    page = chromium.new_context(base_url=address, color_scheme=scheme).new_page()
    page.set_default_timeout(_WAIT_MS)
    page.goto("/login?failed=wrong")
    wrong = _complaints(page, *rules)
    page = _sign_in(chromium, address, color_scheme=scheme, reduced_motion="reduce")
    for each in _addresses(page):
        page.goto(each)
        # all is open at once: what is folded away has no look to be judged
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        wrong += _complaints(page, *rules)
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.locator("[data-card] details[open] input[name=label]").first.check()
    page.locator("[data-card] details[open] [name=quote]").fill("nobody said this")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    wrong += _complaints(page, *rules)
    assert not wrong, "\n".join(wrong)


def test_a_reps_own_page_is_accessible(chromium: Any, address: str) -> None:
    page = _sign_in(chromium, address, REP)
    assert page.get_by_role("heading", name="My items").is_visible()
    assert _complaints(page) == []


def test_on_a_phone_one_signs_out_at_the_foot_and_elsewhere_at_the_top(
    chromium: Any, address: str
) -> None:
    page = _sign_in(chromium, address, viewport=_PHONE)
    buttons = page.get_by_role("button", name="Sign out")
    assert buttons.count() == 1, "one at a time is there for everybody, screen readers included"
    page.set_viewport_size({"width": 1200, "height": 800})
    assert buttons.count() == 1
    page.set_viewport_size(_PHONE)
    buttons.click()
    page.wait_for_url("**/login*")


def test_on_a_phone_no_page_scrolls_sideways(chromium: Any, address: str) -> None:
    page = _sign_in(chromium, address, viewport=_PHONE)
    for each in _addresses(page):
        page.goto(each)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{each}: {over} px"
