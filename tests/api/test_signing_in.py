"""People sign in with forms and scripts; cookies, tokens and answers give nothing away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.signing_in import safe_path
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import ADMIN, PASSWORD, SOUTH, MakeKey

Browser = Callable[[str], TestClient]
RIGHT = {"email": ADMIN, "password": PASSWORD}


def test_a_form_gets_a_cookie_that_scripts_cant_read_and_goes_where_it_came_from(
    client: TestClient,
) -> None:
    done = client.post("/login", data=RIGHT | {"next": "/opportunities/3?tab=notes"})
    assert (done.status_code, done.headers["location"]) == (303, "/opportunities/3?tab=notes")
    cookie = done.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # plain http on this machine only
    assert client.get("/session").json()["actor"] == f"user:{ADMIN}"


@pytest.mark.parametrize(
    ("base", "public"),
    [
        ("https://auditor.example.com", None),
        ("http://auditor.example.com", None),
        ("http://localhost", "https://auditor.example.com"),
    ],
)
def test_anywhere_else_the_cookie_goes_over_tls_only(
    settings: Settings, database: Database, base: str, public: str | None
) -> None:
    app = create_app(settings.model_copy(update={"public_url": public}), database)
    done = TestClient(app, base).post("/login", json=RIGHT)
    assert "Secure" in done.headers["set-cookie"]


def test_a_failed_form_goes_back_and_a_failed_script_gets_a_problem(client: TestClient) -> None:
    wrong = RIGHT | {"password": "not it, not it"}
    form = client.post("/login", data=wrong | {"next": "//evil.example"})
    assert form.headers["location"] == "/login?failed=wrong&next=%2F"
    script = client.post("/login", json=wrong)
    nobody = client.post("/login", json=wrong | {"email": "nobody@example.com"})
    assert script.status_code == nobody.status_code == 401
    told, told_nobody = script.json(), nobody.json()
    assert told.pop("request_id") != told_nobody.pop("request_id")
    assert told == told_nobody, "an account that does not exist looks the same"
    assert "set-cookie" not in script.headers


def test_too_many_failures_are_answered_429_with_when_to_come_back(client: TestClient) -> None:
    wrong = {"email": "nobody@example.com", "password": "not it, not it"}
    for _ in range(10):
        assert client.post("/login", json=wrong).status_code == 401
    refused = client.post("/login", json=wrong)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 901
    assert "failed=throttled" in client.post("/login", data=wrong).headers["location"]
    assert client.post("/login", json=RIGHT).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"email": "a"}', b'{"email": 1, "password": 2}', b"\xff", b"[" * 9000]
)
def test_a_body_that_does_not_fit_is_told(client: TestClient, body: bytes) -> None:
    done = client.post("/login", content=body, headers={"Content-Type": "application/json"})
    assert done.status_code == 422
    assert done.headers["content-type"] == "application/problem+json"


def test_signing_out_needs_the_token_and_ends_the_session(sign_in: Browser) -> None:
    browser = sign_in(SOUTH)
    cookie = browser.cookies["auditor_session"]
    for headers in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "x"}):
        assert browser.post("/logout", headers=headers).status_code == 403
    assert browser.post("/logout").status_code == 204
    browser.cookies.set("auditor_session", cookie)
    assert browser.get("/session").status_code == 401


def test_signing_out_everywhere_ends_the_other_devices_too(sign_in: Browser) -> None:
    here, there = sign_in(SOUTH), sign_in(SOUTH)
    token = here.headers.pop("X-CSRF-Token")
    done = here.post("/logout", data={"everywhere": "true", "csrf": token})
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert there.get("/session").status_code == 401


def test_a_token_of_another_session_or_a_foreign_origin_is_refused(sign_in: Browser) -> None:
    one, other = sign_in(SOUTH), sign_in(ADMIN)
    foreign = {"X-CSRF-Token": other.headers["X-CSRF-Token"]}
    assert one.post("/logout", headers=foreign).json()["type"].endswith("csrf")
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        assert one.post("/logout", headers={"Origin": origin}).status_code == 403
    assert one.post("/logout", headers={"Origin": "http://localhost"}).status_code == 204


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_cant_sign_a_browser_in(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/login", data=RIGHT, headers=headers).status_code == 403


def test_a_key_needs_no_token_and_has_no_session(machine: TestClient) -> None:
    assert machine.get("/session").json()["csrf_token"] is None
    assert machine.post("/logout").json()["type"].endswith("not-a-session")


def test_a_request_with_a_key_is_judged_by_the_key_alone(
    sign_in: Browser, make_key: MakeKey
) -> None:
    browser = sign_in(ADMIN)
    key = make_key("ingest")
    told = browser.get("/session", headers={"Authorization": f"Bearer {key}"}).json()
    assert (told["actor"], told["scopes"]) == (f"key:{key.split('_')[1]}", ["ingest"])
    for wrong in ("Bearer cna_x", "Basic YTpi", f"Bearer {key}x", "Bearer", ""):
        assert browser.get("/session", headers={"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil",
        "javascript:alert(1)",
        "evil",
        "",
        "/a\nb",
    ],
)
def test_nobody_is_sent_to_another_site(text: str) -> None:
    assert safe_path(text) == "/"


def test_all_of_it_works_on_a_real_server(server: httpx.Client) -> None:
    told = server.post("/login", json=RIGHT)
    assert told.status_code == 200
    assert server.get("/session").json()["actor"] == f"user:{ADMIN}"
    out = server.post("/logout", headers={"X-CSRF-Token": told.json()["csrf_token"]})
    assert out.status_code == 204
    assert server.get("/session").status_code == 401


def test_a_database_that_cant_be_written_still_lets_people_read(
    sign_in: Browser, settings: Settings, database: Database
) -> None:
    browser = sign_in(ADMIN)
    file = database.file
    assert file is not None
    from tests.storage.making import run_sql

    run_sql(settings.database_url, "UPDATE sessions SET seen_at = datetime('now', '-5 minutes')")
    run_sql(
        settings.database_url,
        "CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    assert browser.get("/session").status_code == 200
    assert Path(file).exists()
