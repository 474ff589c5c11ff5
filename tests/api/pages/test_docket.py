"""The docket by forms alone: what it shows, deciding, undoing, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from auditor.storage import Database
from tests.api.conftest import ADMIN, REP, SOUTH
from tests.api.pages.reading import Page, read
from tests.storage.making import rows

Browser = Callable[[str], TestClient]
WEEK = "/dockets/2026-W09"
LATER = (datetime.now() + timedelta(30)).date().isoformat()


@pytest.fixture
def browser(sign_in: Browser) -> TestClient:
    """An administrator's browser that sends no header of its own, as a browser without scripts."""
    made = sign_in(ADMIN)
    del made.headers["X-CSRF-Token"]
    made.headers["Accept"] = "text/html"
    return made


def _cards(page: Page) -> list[int]:
    told = [i for i in page.ids if re.fullmatch(r"title-\d+", i)]
    return [int(i.removeprefix("title-")) for i in told]


def _count(database: Database, table: str) -> int:
    [found] = rows(f"sqlite:///{database.file}", f"SELECT count(*) AS n FROM {table}")  # noqa: S608
    return int(found["n"])


def test_the_docket_shows_each_decision_with_its_question_quotes_and_forms(
    browser: TestClient,
) -> None:
    page = read(browser.get(WEEK))
    keys = _cards(page)
    assert len(keys) == 12
    assert "0 of 12 decided" in page.text
    for key in keys:
        own = [f for f in page.forms if f.action == f"/opportunities/{key}/decide"]
        assert [f.fields["action"] for f in own] == ["advance", "close", "park", "disagree"]
    assert page.text.count("If nothing is decided:") == 12
    quotes = [x for x in page.links if "#q-" in x]
    assert len(quotes) >= 12, "each quote leads to its place"


def test_deciding_by_form_goes_on_to_the_next_card_and_counts(browser: TestClient) -> None:
    page = read(browser.get(WEEK))
    first, second = _cards(page)[:2]
    form = page.form(f"/opportunities/{first}/decide", action="close")
    sent = form.fields | {"close_reason": "no_budget"}
    done = browser.post(form.action, data=sent)
    assert done.status_code == 303
    to = urlsplit(done.headers["location"])
    assert (to.path, to.fragment) == (WEEK, f"item-{second}")
    after = read(browser.get(done.headers["location"]))
    assert "1 of 12 decided" in after.text
    assert first not in _cards(after)
    assert len(_cards(after)) == 11
    undo = next(f for f in after.forms if f.action.startswith("/decisions/"))
    back = browser.post(undo.action, data=undo.fields)
    assert urlsplit(back.headers["location"]).fragment == f"item-{first}"
    restored = read(browser.get(back.headers["location"]))
    assert "0 of 12 decided" in restored.text
    assert "Taken back" in restored.text


def test_a_form_sent_twice_decides_once(browser: TestClient, database: Database) -> None:
    page = read(browser.get(WEEK))
    form = page.form(f"/opportunities/{_cards(page)[0]}/decide", action="close")
    sent = form.fields | {"close_reason": "price"}
    one, two = (browser.post(form.action, data=sent) for _ in range(2))
    assert one.headers["location"] == two.headers["location"]
    assert _count(database, "decisions") == 1


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("advance", {"step": "", "due_on": LATER}, "name the step"),
        ("advance", {"step": "Review with the CFO", "due_on": "2020-01-01"}, "is past"),
        ("advance", {"step": "Review", "due_on": "soon"}, "Give a day"),
        ("close", {"close_reason": ""}, "say why it is lost"),
        ("close", {"close_reason": "nonsense"}, "Choose a reason"),
        ("park", {"event_quote": "<b>nobody said this</b>", "due_on": LATER}, "word for word"),
        ("disagree", {}, "say which label is right"),
    ],
)
def test_what_is_missing_is_told_at_its_field_and_nothing_typed_is_lost(
    browser: TestClient, database: Database, action: str, fields: dict[str, str], told: str
) -> None:
    page = read(browser.get(WEEK))
    form = page.form(f"/opportunities/{_cards(page)[0]}/decide", action=action)
    sent = form.fields | fields | {"comment": 'my "own" <words>'}
    again = read(browser.post(form.action, data=sent), 422)
    assert told in again.text
    shown = again.form(form.action, action=action)
    assert shown.fields["comment"] == 'my "own" <words>'
    assert any(t == "details" and "open" in a for t, a in again.tags)
    assert any("aria-invalid" in a for _, a in again.tags)
    assert _count(database, "decisions") == 0


def test_disagreeing_corrects_the_label_and_is_counted(
    browser: TestClient, database: Database
) -> None:
    page = read(browser.get(WEEK))
    key = _cards(page)[0]
    form = page.form(f"/opportunities/{key}/decide", action="disagree")
    offered = [a["value"] for t, a in page.tags if t == "input" and a.get("name") == "label"]
    sent = form.fields | {"label": offered[0]}
    done = browser.post(form.action, data=sent)
    assert done.status_code == 303
    assert _count(database, "corrections") == 1
    after = read(browser.get(done.headers["location"]))
    assert "1 of 12 decided" in after.text
    listed = read(browser.get("/corrections"))
    assert any(f"/opportunities/{key}#activity-" in x for x in listed.links)


@pytest.mark.parametrize("token", [None, "", "x"])
def test_a_form_without_the_sessions_token_changes_nothing(
    browser: TestClient, database: Database, token: str | None
) -> None:
    page = read(browser.get(WEEK))
    form = page.form(f"/opportunities/{_cards(page)[0]}/decide", action="close")
    sent = {k: v for k, v in form.fields.items() if k != "csrf"} | {"close_reason": "price"}
    if token is not None:
        sent["csrf"] = token
    refused = read(browser.post(form.action, data=sent), 403)
    assert "load the page again" in refused.text
    assert _count(database, "decisions") == 0


def test_no_page_changes_anything_when_it_is_got(browser: TestClient, database: Database) -> None:
    page = read(browser.get(WEEK))
    tables = ("decisions", "corrections", "audit_log", "users", "api_keys", "failures", "digests")
    before = {t: _count(database, t) for t in tables}
    posts = {f.action for f in page.forms if f.method == "post"}
    for address in [*posts, *page.links, "/search", "/team", "/settings", "/people", "/keys"]:
        if address.startswith("/"):
            browser.get(address)
    assert {t: _count(database, t) for t in tables} == before


def test_a_supervisor_sees_own_teams_and_can_decide_on_no_others(
    browser: TestClient, sign_in: Browser
) -> None:
    theirs = sign_in(SOUTH)
    own = read(theirs.get(WEEK))
    seen = set(_cards(own))
    foreign = [k for k in _cards(read(browser.get(WEEK))) if k not in seen]
    assert seen
    assert foreign
    for key in foreign:
        assert theirs.get(f"/opportunities/{key}").status_code == 404
        done = theirs.post(
            f"/opportunities/{key}/decide", data={"action": "close", "close_reason": "price"}
        )
        assert done.status_code == 404
        assert theirs.get(f"/opportunities/{key}/precedents").status_code == 404


def test_another_teams_decision_can_neither_be_seen_nor_undone(
    browser: TestClient, sign_in: Browser
) -> None:
    theirs = sign_in(SOUTH)
    seen = set(_cards(read(theirs.get(WEEK))))
    page = read(browser.get(WEEK))
    key = next(k for k in _cards(page) if k not in seen)
    form = page.form(f"/opportunities/{key}/decide", action="close")
    done = browser.post(form.action, data=form.fields | {"close_reason": "price"})
    number = re.search(r"done=(\d+)", done.headers["location"])
    assert number
    assert theirs.post(f"/decisions/{number[1]}/undo").status_code == 404
    assert "data-flash" not in theirs.get(f"{WEEK}?done={number[1]}").text


def test_a_rep_sees_own_items_and_no_form_to_decide(sign_in: Browser) -> None:
    rep = sign_in(REP)
    page = read(rep.get("/"))
    assert "My items" in page.text
    assert not [f for f in page.forms if "/decide" in f.action]
    keys = _cards(page)
    assert keys
    assert rep.post(f"/opportunities/{keys[0]}/decide", data={"action": "close"}).status_code == 403


@pytest.mark.parametrize("week", ["2026-W60", "nonsense", "0001-W01", "9999-W53"])
def test_a_week_that_is_none_is_a_page_that_says_so(browser: TestClient, week: str) -> None:
    assert "There is nothing here" in read(browser.get(f"/dockets/{week}"), 404).text


def test_an_empty_week_is_told(browser: TestClient) -> None:
    page = read(browser.get("/dockets/2020-W02"))
    assert "Nothing to decide" in page.text or _cards(page)
