"""Hostile records and requests at the service: judged, shown as words or refused."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from api.logs import JsonLines, PlainLines
from auditor.classify.registry import make_classifier, make_policy
from auditor.jobs.due import judge_due
from auditor.jobs.events import EventHandler
from auditor.settings import Settings
from auditor.storage import Database
from auditor.webhook_settings import WebhookSettings
from tests.api.conftest import (
    ADMIN,
    _fast_hashes,
    app,
    client,
    database,
    machine,
    make_key,
    running,
    sample_file,
    sign_in,
)
from tests.api.conftest import settings as plain_settings
from tests.api.pages.test_browser import CHROMIUM, _sign_in, chromium
from tests.api.webhooks.sending import SETTINGS, STANDARD_SECRET
from tests.hostile.records import PAYLOADS, all_loaded, labelled
from tests.hostile.showing import dangers_of

__all__ = [
    "_fast_hashes", "app", "client", "database", "machine", "make_key", "plain_settings",
    "sample_file", "sign_in", "chromium",
]  # fmt: skip


@pytest.fixture
def settings(plain_settings: Settings) -> Settings:
    """The service's, with senders set up."""
    return plain_settings.model_copy(
        update={"webhooks": WebhookSettings.model_validate(SETTINGS), "log": "json"}
    )


def stripped(record: dict[str, Any]) -> dict[str, Any]:
    """A labelled record as a caller of the API writes it."""
    kept = {name: record[name] for name in ("id", "opportunity", "activity") if name in record}
    return kept | {"history": record.get("history") or []}


def deliver(machine: TestClient, told: dict[str, Any], identity: str) -> int:
    """Sends a message of Standard Webhooks."""
    body = json.dumps(told)
    at = datetime.now(UTC)
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(STANDARD_SECRET).sign(identity, at, body),
    }
    return machine.post("/v1/webhooks/standard", content=body, headers=headers).status_code


@pytest.fixture
def hurt(machine: TestClient, database: Database, settings: Settings) -> list[int]:
    """The keys of opportunities whose every word would do harm, delivered by webhook and judged."""
    for number, record in enumerate(all_loaded()):
        assert deliver(machine, {"type": "record", "data": record}, f"m{number}") == 200
    done = EventHandler(database, settings).run()
    assert (done.done, done.dead, done.failed) == (len(PAYLOADS), 0, 0)
    rules = make_classifier("rules", settings)
    judge_due(database, rules, make_policy(rules, settings))
    keys: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = machine.get("/v1/opportunities", params={"limit": "200", **cursor}).json()
        keys += [i["key"] for i in page["items"] if i["opportunity"]["id"].startswith("oh")]
        if not page["next"]:
            return keys
        cursor = {"cursor": page["next"]}


def test_every_hostile_record_is_judged_by_the_api(machine: TestClient) -> None:
    records = [stripped(record) for record in labelled()][:80] + all_loaded()
    for start in range(0, len(records), 90):
        answer = machine.post("/v1/audits", json=records[start : start + 90])
        assert answer.status_code == 200, answer.text[:300]
        for verdict in answer.json()["verdicts"]:
            assert verdict["status"] in ("decided", "needs_review")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"activity": ' * 20_000,
        b'{"activity": {"text": "a", "occurred_at": "2026-03-02"}, "id": ' + b"9" * 5_000 + b"}",
        b'{"activity": {"text": "a\\u0000", "occurred_at": "2026-03-02"}}',
        b'{"activity": {"text": "\\ud800", "occurred_at": "2026-03-02"}}',
        b'{"activity": {"text": "a", "occurred_at": "2026-03-02", "duration_seconds": 1e999}}',
        b'{"activity": {"text": "a", "occurred_at": 1e400}}',
        b'{"opportunity": {"value": 1e999999}, "activity": {"text": "a", "occurred_at": "2026"}}',
        b'{"opportunity": {"value": NaN}, "activity": {"text": "a", "occurred_at": "2026-03-02"}}',
        b"\xff\xfe",
        b"null",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    ],
)
def test_odd_bodies_are_judged_or_are_problems(machine: TestClient, content: bytes) -> None:
    answer = machine.post(
        "/v1/audits", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (200, 400, 413, 422), answer.text[:300]
    if answer.status_code != 200:
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert "Traceback" not in answer.text


def test_a_packed_body_is_not_unpacked(machine: TestClient) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    answer = machine.post(
        "/v1/audits",
        content=bomb,
        headers={"content-encoding": "gzip", "content-type": "application/json"},
    )
    assert answer.status_code in (400, 415, 422)


@pytest.mark.slow
def test_pages_and_answers_show_words_only(
    hurt: list[int], sign_in: Callable[[str], TestClient], machine: TestClient
) -> None:
    assert len(hurt) == len(PAYLOADS)
    browser = sign_in(ADMIN)
    addresses = ["/dockets/2026-W10", "/team", "/search?q=signed", "/failures", "/people"]
    addresses += [f"/opportunities/{key}" for key in hurt]
    addresses += [f"/search?q={quote(payload[:60])}" for payload in PAYLOADS]
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code in (200, 303, 404), (address, answer.status_code)
        assert dangers_of(answer.text) == [], address
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    for key in hurt:
        answer = machine.get(f"/v1/opportunities/{key}")
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
    html = machine.get("/v1/digests/2026-W10", headers={"accept": "text/html"})
    assert dangers_of(html.text) == []


def test_downloads_are_named_by_us(machine: TestClient) -> None:
    for told in ("jsonl", "json", 'x"; filename="evil.exe', "x\r\nSet-Cookie: a=b"):
        answer = machine.get("/v1/corrections", params={"format": told})
        named = answer.headers.get("content-disposition", "")
        assert "evil" not in named
        assert "set-cookie" not in answer.headers
        assert answer.status_code in (200, 400, 422)


def test_what_is_logged_is_one_line_without_words_of_notes(
    machine: TestClient, hurt: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        machine.get("/v1/search", params={"q": "they signed\r\nfaked: line"})
        machine.get("/nowhere/%0d%0afaked:%20line/%1b[2J")
        machine.post("/v1/audits", json=all_loaded()[:5])
        deliver(
            machine, {"type": "record", "data": {"activity": {"text": "secret words"}}}, "x\r\ny"
        )
    own = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert own
    for record in own:
        for formatter in (JsonLines(), PlainLines()):
            line = formatter.format(record)
            assert "\n" not in line
            assert "\r" not in line
            assert "\x1b" not in line
            assert "signed with another supplier" not in line
            assert "secret words" not in line


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium is not installed")
def test_no_script_of_a_note_runs_in_a_browser(
    chromium: Any, app: FastAPI, hurt: list[int]
) -> None:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    with running(uvicorn.Server(config)) as address:
        page = _sign_in(chromium, address)
        said: list[str] = []
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda told: said.append(told.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for way in ["/dockets/2026-W10", "/search?q=signed", "/team"] + [
            f"/opportunities/{key}" for key in hurt
        ]:
            page.goto(way)
            assert page.evaluate("window.pwned") is None, way
            assert page.evaluate("document.querySelectorAll('[onerror],[onload]').length") == 0
            assert page.locator("a[href^='javascript:' i]").count() == 0
        assert [word for word in said if "pwned" in word or "Refused" in word] == []


def test_a_report_of_an_import_names_files_as_words(tmp_path: Path) -> None:
    from auditor.intake import IntakeOptions, IntakeReport, read_paths

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "\x1b[2J\u202egnp.csv").write_text("never\n")
    report = IntakeReport()
    list(read_paths([folder], options=IntakeOptions(), report=report))
    told = io.StringIO()
    json.dump(report.as_dict(), told)
    assert "\x1b" not in told.getvalue()
