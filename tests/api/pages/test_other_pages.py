"""Sign-in, errors as pages, settings, people, keys, failures, queue, team, the way out of mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import once
from api.context import Context
from auditor.digest.links import UNSUBSCRIBE_PURPOSE, sign_unsubscribe
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import ADMIN, EVALUATOR, PASSWORD, REP, SOUTH
from tests.api.pages.reading import read
from tests.storage.making import rows, run_sql

Browser = Callable[[str], TestClient]
HTML = {"Accept": "text/html"}


@pytest.fixture
def browser(sign_in: Browser) -> TestClient:
    made = sign_in(ADMIN)
    made.headers["Accept"] = "text/html"
    return made


def _user(database: Database, email: str) -> dict[str, object]:
    [found] = rows(
        f"sqlite:///{database.file}",
        f"SELECT * FROM users WHERE email = '{email}'",  # noqa: S608 - a test's own address
    )
    return found


def test_strangers_come_back_to_the_page_that_they_asked_for(client: TestClient) -> None:
    sent = client.get("/opportunities/1?x=1", headers=HTML)
    assert sent.headers["location"] == "/login?next=/opportunities/1%3Fx%3D1"
    form = read(client.get(sent.headers["location"])).form("/login")
    done = client.post("/login", data=form.fields | {"email": ADMIN, "password": PASSWORD})
    assert done.headers["location"] == "/opportunities/1?x=1"
    assert client.get("/login").headers["location"] == "/"


def test_a_failed_sign_in_says_why(client: TestClient) -> None:
    for why in ("wrong", "throttled", "unknown", "provider", "expired"):
        page = read(client.get(f"/login?failed={why}"))
        assert any(a.get("role") == "alert" for _, a in page.tags), why


@pytest.mark.parametrize("path", ["/nowhere", "/opportunities/987654321", "/static/../x"])
def test_what_is_not_there_is_a_page(browser: TestClient, path: str) -> None:
    page = read(browser.get(path), 404)
    assert "/" in page.links


def test_other_errors_are_pages_with_what_to_do(
    browser: TestClient, sign_in: Browser, app: FastAPI, settings: Settings
) -> None:
    assert "not for you" in read(sign_in(SOUTH).get("/people", headers=HTML), 403).text
    read(browser.get("/opportunities/abc"), 422)
    read(browser.post("/search"), 405)
    context: Context = app.state.context
    context.rates._limit = 1
    context.rates._full_at.clear()
    browser.get("/settings")
    limited = read(browser.get("/settings"), 429)
    assert "Try again in" in limited.text
    context.rates._limit = 1_000
    context.rates._full_at.clear()
    run_sql(settings.database_url, "ALTER TABLE opportunities RENAME TO gone")
    down = browser.get("/", headers=HTML)
    assert "needs a moment" in read(down, 503).text
    assert down.headers["retry-after"]


def test_a_fault_of_ours_is_a_page_that_gives_nothing_away(
    sign_in: Browser, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.search.limited", lambda _who: 1 / 0)
    page = read(sign_in(ADMIN).get("/search", headers=HTML), 500)
    assert "Something broke here" in page.text
    assert "ZeroDivision" not in page.text
    assert re.search(r"Request \w+", page.text)


def test_pages_load_nothing_inline_and_nothing_from_elsewhere(browser: TestClient) -> None:
    for path in ("/", "/team", "/search", "/settings", "/people", "/keys", "/failures", "/login"):
        answer = browser.get(path)
        if answer.status_code == 303:
            continue
        assert " style=" not in answer.text
        for tag, told in read(answer).tags:
            assert not any(name.startswith("on") for name in told), (path, tag)
            assert tag != "style"
            for name in ("src", "href", "action"):
                assert told.get(name, "/").startswith(("/", "#")), (path, told)
    sheet = next(
        a["href"]
        for t, a in read(browser.get("/search")).tags
        if t == "link" and a["rel"] == "stylesheet"
    )
    assert "immutable" in browser.get(sheet).headers["cache-control"]


def test_a_person_sets_when_the_digest_comes(browser: TestClient, database: Database) -> None:
    form = read(browser.get("/settings")).form("/settings/digest")
    sent = form.fields | {"digest_day": "2", "digest_hour": "6", "time_zone": "Europe/Lisbon"}
    sent.pop("digest_on")
    assert browser.post(form.action, data=sent).headers["location"] == "/settings?saved=digest"
    user = _user(database, ADMIN)
    assert (user["digest_day"], user["digest_hour"], user["time_zone"]) == (2, 6, "Europe/Lisbon")
    assert not user["digest_on"]
    for wrong in ({"time_zone": "Mars/Olympus"}, {"digest_hour": "24"}, {"digest_day": "x"}):
        read(browser.post(form.action, data=sent | wrong), 422)


def test_a_password_is_changed_by_whoever_knows_it(browser: TestClient, sign_in: Browser) -> None:
    other = sign_in(ADMIN)
    form = read(browser.get("/settings")).form("/settings/password")
    new = "another four words here"
    wrong = form.fields | {"present": "not it, not it", "new": new, "again": new}
    assert "present password is wrong" in read(browser.post(form.action, data=wrong), 422).text
    differ = form.fields | {"present": PASSWORD, "new": new, "again": new + "x"}
    assert "differ" in read(browser.post(form.action, data=differ), 422).text
    weak = form.fields | {"present": PASSWORD, "new": "short", "again": "short"}
    page = read(browser.post(form.action, data=weak), 422)
    sent = page.form(form.action).fields | {"present": PASSWORD, "new": new, "again": new}
    del browser.headers["X-CSRF-Token"]
    assert browser.post(form.action, data=sent).headers["location"] == "/settings?saved=password"
    assert browser.get("/settings").status_code == 200
    assert other.get("/session").status_code == 401


def test_an_administrator_adds_changes_and_switches_off_people(
    browser: TestClient, database: Database, client: TestClient
) -> None:
    form = read(browser.get("/people")).form("/people")
    sent = form.fields | {
        "email": "New@Example.com",
        "name": "<b>New</b>",
        "role": "supervisor",
        "teams": "North, South",
        "password": PASSWORD,
    }
    assert browser.post("/people", data=sent).status_code == 303
    user = _user(database, "new@example.com")
    assert read(browser.post("/people", data=sent), 422).form("/people").fields["teams"]
    key = user["key"]
    off = {"csrf": form.fields["csrf"], "active": "no"}
    assert browser.post(f"/people/{key}", data=off).status_code == 303
    assert (
        client.post("/login", json={"email": "new@example.com", "password": PASSWORD}).status_code
        == 401
    )
    own = _user(database, ADMIN)["key"]
    assert "can't switch yourself off" in read(browser.post(f"/people/{own}", data=off), 422).text
    shown = read(browser.post(f"/people/{key}/password", data=off))
    assert "shown this once" in shown.text
    assert browser.post("/people/999999", data=off).status_code == 404


def test_a_key_is_shown_once_and_withdrawn(browser: TestClient) -> None:
    form = read(browser.get("/keys")).form("/keys")
    sent = {"csrf": form.fields["csrf"], "name": "Import", "scope": ["ingest", "read"], "days": "9"}
    page = read(browser.post("/keys", data=sent))
    key = re.search(r"cna_([0-9a-f]{12})_[0-9a-f]{64}", page.text)
    assert key
    assert key[0] not in browser.get("/keys").text
    assert browser.post(f"/keys/{key[1]}/revoke", data=sent).status_code == 303
    assert "withdrawn" in read(browser.get("/keys")).text
    read(browser.post("/keys", data=sent | {"scope": []}), 422)
    read(browser.post("/keys", data=sent | {"days": "-1"}), 422)
    read(browser.post("/keys/nothere/revoke", data=sent), 422)


def test_failed_work_is_tried_again_on_demand(browser: TestClient, database: Database) -> None:
    assert "Nothing failed" in read(browser.get("/failures")).text
    now = datetime.now(UTC)
    with database.begin() as unit:
        unit.failures.note(
            "digest", "x", error="<b>no server</b>", attempts=6, next_at=now, is_dead=True, at=now
        )
    page = read(browser.get("/failures"))
    assert "<b>no server</b>" in page.text
    form = page.form("/failures/requeue")
    assert browser.post(form.action, data=form.fields).headers["location"].endswith("requeued=1")
    with database.read() as unit:
        assert not unit.failures.all()[0].is_dead
    neither = {"csrf": form.fields["csrf"]}
    read(browser.post("/failures/requeue", data=neither), 422)
    read(browser.post("/failures/requeue", data=neither | {"key": "99"}), 422)
    assert browser.post("/failures/events", data=form.fields).status_code == 303


def test_dead_requests_to_crms_are_sent_again_or_cancelled(
    browser: TestClient, database: Database
) -> None:
    assert "No request is dead" in read(browser.get("/failures")).text
    now = datetime.now(UTC)
    told = {"target": "hubspot", "decision_key": None, "attempts": 6, "created_at": now}
    with database.begin() as unit:
        for number, state in enumerate(["dead", "dead", "dead", "sent"]):
            asked = {"method": "POST", "url": f"https://crm.example/{number}<b>"}
            row = {"dedup_key": f"d{number}", "request": asked, "state": state, "next_at": now}
            unit.outbox.add(told | row | {"error": f"<i>refused {number}</i>"})
    page = read(browser.get("/failures"))
    assert "<i>refused 0</i>" in page.text
    assert "https://crm.example/3" not in page.text
    csrf = {"csrf": page.form("/failures/outbox/cancel").fields["csrf"]}
    retry, cancel = "/failures/outbox/retry", "/failures/outbox/cancel"
    assert browser.post(cancel, data=csrf | {"key": "1"}).headers["location"].endswith("led=1")
    assert "1 request cancelled" in read(browser.get("/failures?cancelled=1")).text
    assert browser.post(retry, data=csrf | {"key": "2"}).headers["location"].endswith("eued=1")
    assert browser.post(retry, data=csrf | {"all": "yes"}).headers["location"].endswith("eued=1")
    with database.read() as unit:
        states = [r.state for r in unit.outbox.listed(limit=9)][::-1]
    assert states == ["cancelled", "pending", "pending", "sent"]
    for path, sent in ((retry, {"key": "4"}), (retry, {"all": "yes"}), (cancel, {"key": "1"})):
        assert "not dead any more" in read(browser.post(path, data=csrf | sent), 422).text
    for path in (retry, cancel):
        read(browser.post(path, data=csrf), 422)


@pytest.mark.parametrize("email", [SOUTH, REP, EVALUATOR])
def test_administration_is_for_administrators(sign_in: Browser, email: str) -> None:
    person = sign_in(email)
    for path in ("/people", "/keys", "/failures"):
        assert person.get(path).status_code == 403
        assert person.post(path).status_code in (403, 405)


def test_a_queue_shows_cap_age_release_and_its_ledger(sign_in: Browser) -> None:
    rep = sign_in(REP)
    mine = next(x for x in read(rep.get("/")).links if x.startswith("/reps/"))
    page = read(rep.get(mine))
    for words in ("May be given", "Ledger", "Began with", "the oldest first", "Conversations"):
        assert words in page.text
    assert rep.get("/reps/somebody%20else").status_code == 404


def test_the_team_page_tells_its_charts_in_words_and_defines_its_figures(
    sign_in: Browser,
) -> None:
    page = read(sign_in(SOUTH).get("/team"))
    charts = [a for t, a in page.tags if t == "svg" and a.get("role") == "img"]
    assert charts
    assert all(len(c["aria-label"]) > 20 for c in charts)
    assert "What these figures mean" in page.text
    assert sign_in(SOUTH).get("/team?team=nobodys").status_code == 404


def test_searching_marks_what_answers_and_says_when_nothing_does(browser: TestClient) -> None:
    page = read(browser.get("/search?q=who+is+waiting+for+a+budget%3F"))
    assert page.marks
    assert any("#activity-" in x for x in page.links)
    empty = read(browser.get("/search?q=zzxqy+vvkpw"))
    assert "Nothing is near enough" in empty.text or empty.marks
    assert "For example" in read(browser.get("/search")).text


def test_the_way_out_of_the_mail_asks_first(
    client: TestClient, app: FastAPI, database: Database
) -> None:
    user = _user(database, SOUTH)
    key = app.state.context.secret.derive(UNSUBSCRIBE_PURPOSE)
    token = sign_unsubscribe(key, int(str(user["key"])), SOUTH)
    page = read(client.get(f"/unsubscribe/{token}", headers=HTML))
    assert "Stop the weekly mail?" in page.text
    assert _user(database, SOUTH)["digest_on"]
    done = read(client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}))
    assert "stopped" in done.text
    assert not _user(database, SOUTH)["digest_on"]
    assert client.get(f"/unsubscribe/{token}x").status_code == 404


def test_a_one_time_link_signs_in_once(app: FastAPI) -> None:
    once.install(app, "a" * 43, SOUTH)
    with TestClient(app, "http://localhost", follow_redirects=False) as client:
        assert client.get("/login/once/" + "b" * 43).status_code == 404
        assert client.get("/login/once/" + "a" * 43).headers["location"] == "/"
        assert client.get("/session").json()["actor"] == f"user:{SOUTH}"
        assert client.get("/login/once/" + "a" * 43).status_code == 404
