"""An opportunity's page: evidence in place, corrections, history; hostile text stays text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.pages.marking import Mark, show_text
from auditor.domain.records import Activity, ActivityKind, NextActivity, Opportunity, TextFormat
from auditor.jobs.due import judge_due
from auditor.jobs.searching import Searcher
from auditor.storage import Database
from tests.api.conftest import ADMIN
from tests.api.pages.reading import read
from tests.jobs.test_searching import ByTopic
from tests.storage.making import RULES, rows, run_sql, tell

Browser = Callable[[str], TestClient]
HOSTILE = (
    'Spoke to Ann <script>alert(1)</script>. "><img src=x onerror=alert(2)> '
    "She said call back in three months {{ 7*7 }} </textarea><svg onload=alert(3)>"
)


@pytest.fixture
def browser(sign_in: Browser) -> TestClient:
    made = sign_in(ADMIN)
    made.headers["Accept"] = "text/html"
    return made


@pytest.fixture
def hostile(app: object, database: Database, settings: object) -> int:
    """The key of an opportunity whose every text would do harm."""
    from auditor.classify.registry import make_policy

    name = "<script>alert('name')</script>"
    tell(
        database,
        Opportunity(
            id="h1",
            name=name,
            owner=f"{name}'\"",
            team="North",
            stage=name,
            account=name,
            url="javascript:alert(1)",
        ),
        Activity(
            id="a1",
            opportunity_id="h1",
            kind=ActivityKind.CALL,
            occurred_at=datetime(2026, 2, 24, 10),
            text=HOSTILE,
            owner=name,
            subject=name,
            next_activity=NextActivity(subject=f"{name} call back", due_on=None),
        ),
    )
    judge_due(database, RULES, make_policy(RULES, settings))  # type: ignore[arg-type]
    [found] = rows(f"sqlite:///{database.file}", "SELECT key FROM opportunities WHERE id = 'h1'")
    return int(found["key"])


def test_text_from_outside_stays_text_on_every_page(browser: TestClient, hostile: int) -> None:
    for address in (
        f"/opportunities/{hostile}",
        f"/opportunities/{hostile}/precedents",
        "/dockets/2026-W09?team=North",
        "/search?q=%3Cscript%3Ealert(9)%3C/script%3E",
        "/team?team=North",
        "/reps/%3Cscript%3Ealert%28%27name%27%29%3C%2Fscript%3E%27%22",
        "/login?failed=%3Cscript%3E&next=%22%3E%3Cscript%3E",
        "/nowhere/%3Cscript%3Ealert(1)%3C/script%3E",
    ):
        answer = browser.get(address)
        page = answer.text
        assert answer.status_code in (200, 303, 404), address
        assert "<script>" not in page, address
        assert "<img" not in page
        assert "onload=" not in page.replace("onload=alert(3)&gt;", "")
        assert 'href="javascript:' not in page


def test_evidence_is_marked_where_it_stands_and_each_quote_leads_there(
    browser: TestClient,
) -> None:
    docket = read(browser.get("/dockets/2026-W09"))
    links = [x for x in docket.links if "#q-" in x][:12]
    for link in links:
        address, anchor = link.split("#")
        page = read(browser.get(address))
        assert anchor in page.ids, link
        assert page.marks


def test_marks_of_one_text_may_touch_and_overlap_and_lose_no_character() -> None:
    text = "<p>We have no budget &amp; no plan this year</p>"
    at = text.index("no budget")
    end = text.index(" this")
    pieces = show_text(
        text,
        [Mark(at, end, "deciding", "one"), Mark(at + 3, at + 9, "supporting", "two")],
        TextFormat.NOTE,
    )
    assert "".join(p.words for p in pieces).strip() == "We have no budget & no plan this year"
    assert next(p for p in pieces if p.anchor == "one").words == "no budget & no plan"
    assert any(p.anchor == "two" for p in pieces)


def test_a_label_is_corrected_by_form_and_taken_back(
    browser: TestClient, database: Database
) -> None:
    docket = read(browser.get("/dockets/2026-W09"))
    address = next(x for x in docket.links if "#q-" in x).split("#")[0]
    page = read(browser.get(address))
    form = next(f for f in page.forms if f.action.startswith("/verdicts/"))
    wrong = {"meaningful_next_step", "vague_callback", "implicit_loss"} - {form.fields["label"]}
    sent = form.fields | {"label": wrong.pop(), "comment": "They have a date."}
    done = browser.post(form.action, data=sent)
    assert done.status_code == 303
    after = read(browser.get(done.headers["location"]))
    assert "They have a date." in after.text
    assert "learns from it" in after.text
    undo = next(f for f in after.forms if f.action.startswith("/corrections/"))
    back = browser.post(undo.action, data=undo.fields)
    assert "restored=" in back.headers["location"]
    assert "taken back" in read(browser.get(back.headers["location"])).text
    rest = rows(f"sqlite:///{database.file}", "SELECT undone_by FROM corrections")
    assert rest == [{"undone_by": f"user:{ADMIN}"}]


def test_a_quote_that_nobody_said_is_refused_at_its_field(browser: TestClient) -> None:
    docket = read(browser.get("/dockets/2026-W09"))
    address = next(x for x in docket.links if "#q-" in x).split("#")[0]
    form = next(f for f in read(browser.get(address)).forms if f.action.startswith("/verdicts/"))
    sent = form.fields | {"quote": "never said by anybody"}
    page = read(browser.post(form.action, data=sent), 422)
    assert any("aria-invalid" in a for _, a in page.tags)


def test_deciding_on_its_own_page_leaves_a_history_with_undo(browser: TestClient) -> None:
    docket = read(browser.get("/dockets/2026-W09"))
    address = next(x for x in docket.links if "#q-" in x).split("#")[0]
    page = read(browser.get(address))
    form = page.form(f"{address}/decide", action="close")
    sent = form.fields | {"close_reason": "no_need", "comment": "Said so <twice>."}
    done = browser.post(form.action, data=sent)
    after = read(browser.get(done.headers["location"]))
    assert "Close as lost: no need" in after.text
    assert "Said so <twice>." in after.text
    assert ADMIN in after.text
    undo = next(f for f in after.forms if f.action.startswith("/decisions/"))
    back = browser.post(undo.action, data=undo.fields)
    assert "taken back" in read(browser.get(back.headers["location"])).text


def test_cases_judged_alike_have_an_empty_state_without_embeddings(browser: TestClient) -> None:
    docket = read(browser.get("/dockets/2026-W09"))
    address = next(x for x in docket.links if "#q-" in x).split("#")[0]
    assert "near enough" in read(browser.get(f"{address}/precedents")).text


def test_a_note_that_was_pasted_says_on_how_many_opportunities_it_stands(
    browser: TestClient, app: FastAPI, database: Database
) -> None:
    """Word for word, or with a word changed; found by embedding."""
    url = f"sqlite:///{database.file}"
    pasted = "Their budget is gone, no longer any; left a voicemail for an answer, with a coffee."
    first = "SELECT min(key) AS k FROM activities GROUP BY opportunity_key LIMIT 3"
    deals = [int(str(r["k"])) for r in rows(url, first)]
    for key in deals:
        run_sql(url, f"UPDATE activities SET text = '{pasted}' WHERE key = {key}")  # noqa: S608 - ours
    [place] = rows(url, f"SELECT opportunity_key AS k FROM activities WHERE key = {deals[0]}")  # noqa: S608 - ours
    app.state.searcher = Searcher(database, ByTopic())
    app.state.searcher.embed_missing()
    page = f"/opportunities/{place['k']}"
    assert "This note stands on 3 opportunities, word for word." in read(browser.get(page)).text
    changed = pasted.replace("coffee", "tea")
    run_sql(url, f"UPDATE activities SET text = '{changed}' WHERE key = {deals[1]}")  # noqa: S608 - ours
    with database.begin() as unit:
        unit.note_vectors.forget([deals[1]])
    app.state.searcher.embed_missing()
    assert "stands on 3 opportunities, in the same words or nearly" in read(browser.get(page)).text
