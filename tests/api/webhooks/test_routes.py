"""Deliveries through a real client to a running server: verified, kept once, acknowledged."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from standardwebhooks import Webhook

from api.webhooks import committing
from auditor.errors import StorageError
from auditor.settings import Settings
from auditor.storage import Database
from auditor.storage.events import StoredEvent
from auditor.webhook_settings import WebhookSettings
from tests.api.webhooks.sending import (
    BASIC,
    PATH_SECRET,
    SETTINGS,
    STANDARD_SECRET,
    close_headers,
    hubspot_headers,
    notification,
    pipedrive,
    soap,
)

Kept = Callable[[], list[StoredEvent]]
AUTH = {"Authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}


def hubspot(
    server: httpx.Client, events: Any, path: str = "/v1/webhooks/hubspot"
) -> httpx.Response:
    body = json.dumps(events).encode()
    headers = hubspot_headers(str(server.base_url).rstrip("/") + path, body)
    return server.post(path, content=body, headers=headers)


def standard(server: httpx.Client, message: Any, key: str = "msg_1") -> httpx.Response:
    body = message if isinstance(message, str) else json.dumps(message)
    at = datetime.now(UTC)
    headers = {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(STANDARD_SECRET).sign(key, at, body),
    }
    return server.post("/v1/webhooks/standard", content=body.encode(), headers=headers)


def test_hubspots_batch_becomes_events_and_comes_twice_but_counts_once(
    server: httpx.Client, kept: Kept
) -> None:
    events = [
        {"portalId": 1, "subscriptionId": 2, "eventId": 3, "objectId": n, "occurredAt": 5,
         "subscriptionType": "deal.creation", "attemptNumber": 0}
        for n in (7, 8)
    ]  # fmt: skip
    assert hubspot(server, events).json() == {"received": 2}
    again = [event | {"attemptNumber": 1} for event in events]
    assert hubspot(server, again).status_code == 200
    assert [(e.kind, e.external_id, e.dedup_key) for e in kept()] == [
        ("deal.creation", "7", "1:2:3:7:5"),
        ("deal.creation", "8", "1:2:3:8:5"),
    ]
    assert json.loads(kept()[0].payload) == events[0]


def test_what_is_not_understood_is_acknowledged_all_the_same(
    server: httpx.Client, kept: Kept
) -> None:
    assert hubspot(server, {"vid": 1}).status_code == 200
    assert hubspot(server, [1, "x", None]).json() == {"received": 3}
    assert hubspot(server, []).json() == {"received": 0}
    assert standard(server, {"type": "invoice.paid", "data": {}}).status_code == 200
    assert {e.state for e in kept()} == {"pending"}


def test_a_signed_body_that_can_not_be_read_is_kept_for_a_person(
    server: httpx.Client, kept: Kept
) -> None:
    for body in (b"no json", b"\xff\xfe\x00", b"[" * 200_000):
        headers = close_headers(body)
        assert server.post("/v1/webhooks/close", content=body, headers=headers).status_code == 200
    assert [(e.state, e.kind) for e in kept()] == [("dead", "unreadable")] * 3
    assert kept()[1].payload == "\\xff\\xfe\\x00"
    assert all("close" not in (e.error or "") and "body" in (e.error or "") for e in kept())


def test_a_stranger_gets_401_and_leaves_nothing(server: httpx.Client, kept: Kept) -> None:
    for sender in SETTINGS:
        answer = server.post(f"/v1/webhooks/{sender}", json={})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:auditor:problem:bad-signature"
    assert server.post("/v1/webhooks/salesforce/wrong", json={}).status_code == 401
    assert kept() == []


def test_a_sender_that_is_not_set_up_is_not_there(
    settings: Settings, request: pytest.FixtureRequest
) -> None:
    told = WebhookSettings.model_validate({"close": SETTINGS["close"]})
    settings.webhooks = told
    server: httpx.Client = request.getfixturevalue("server")
    assert server.post("/v1/webhooks/pipedrive", json={}, headers=AUTH).status_code == 404
    assert server.post("/v1/webhooks/other", json={}).status_code == 404


def test_salesforce_gets_its_soap_acknowledgement(server: httpx.Client, kept: Kept) -> None:
    message = soap(
        notification("04l1", "Task", Id="00T1", Subject="Call &lt;b&gt;"),
        notification("04l2", "Opportunity", Id="006A"),
    )
    path = f"/v1/webhooks/salesforce/{PATH_SECRET}"
    for _ in range(2):
        answer = server.post(path, content=message, headers={"Content-Type": "text/xml"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        assert "<Ack>true</Ack>" in answer.text
        assert "<notificationsResponse" in answer.text
    assert [(e.kind, e.dedup_key, e.external_id) for e in kept()] == [
        ("outbound.Task", "04l1", "00T1"),
        ("outbound.Opportunity", "04l2", "006A"),
    ]
    flow = {"type": "activity.deleted", "id": "flow-1", "data": {"id": "00T1"}}
    answer = server.post("/v1/webhooks/salesforce", json=flow, headers=AUTH)
    assert answer.json() == {"received": 1}
    assert kept()[-1].dedup_key == "flow-1"


def test_behind_a_proxy_the_public_address_is_what_was_signed(
    settings: Settings, request: pytest.FixtureRequest
) -> None:
    settings.public_url = "https://auditor.example.com/base"
    server: httpx.Client = request.getfixturevalue("server")
    body = b"[]"
    path = "/v1/webhooks/hubspot?team=a%3Ab"
    headers = hubspot_headers("https://auditor.example.com/base/v1/webhooks/hubspot?team=a:b", body)
    assert server.post(path, content=body, headers=headers).status_code == 200
    headers = hubspot_headers(f"{server.base_url}v1/webhooks/hubspot?team=a:b", body)
    assert server.post(path, content=body, headers=headers).status_code == 401


def test_in_test_mode_nothing_is_made_of_what_comes_and_later_it_counts_anew(
    settings: Settings, request: pytest.FixtureRequest, kept: Kept
) -> None:
    told = {**SETTINGS, "standard": {"secret": STANDARD_SECRET, "test": True, "source": "erp"}}
    settings.webhooks = WebhookSettings.model_validate(told)
    server: httpx.Client = request.getfixturevalue("server")
    assert standard(server, {"type": "record"}).json() == {"received": 1}
    [event] = kept()
    assert (event.source, event.state, event.error) == ("erp.test", "ignored", "test mode")


def test_pipedrives_repeats_are_known_by_their_id(server: httpx.Client, kept: Kept) -> None:
    for attempt in (1, 2):
        body = json.loads(pipedrive("deal", 5, {"id": 5}, key="m-1", at="2026-03-02T10:00:00Z"))
        body["meta"]["attempt"] = attempt
        assert server.post("/v1/webhooks/pipedrive", json=body, headers=AUTH).status_code == 200
    old = {"meta": {"action": "updated", "object": "deal", "id": 5}, "current": {"id": 5}}
    for stage in (1, 2, 2):
        told = old | {"current": {"id": 5, "stage_id": stage}, "retry": stage}
        assert server.post("/v1/webhooks/pipedrive", json=told, headers=AUTH).status_code == 200
    assert [e.kind for e in kept()] == ["deal.change", "deal.updated", "deal.updated"]


def test_many_at_once_are_all_kept(server: httpx.Client, kept: Kept) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: standard(server, {"type": "record"}, f"msg_{n % 30}"), range(60))
        )
    assert {a.status_code for a in answers} == {200}
    assert sorted(e.dedup_key for e in kept()) == sorted(f"msg_{n}" for n in range(30))


def test_while_the_database_is_away_senders_are_told_to_come_again(
    server: httpx.Client, database: Database, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(database, "begin", fails)
        answer = standard(server, {"type": "record"})
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        assert "disk" not in answer.text
    with monkeypatch.context() as patched:
        patched.setattr(committing, "MOST_WAITING", 0)
        assert standard(server, {"type": "record"}).status_code == 503
    assert kept() == []
    assert standard(server, {"type": "record"}).status_code == 200
    assert len(kept()) == 1


def test_what_became_of_deliveries_is_counted(server: httpx.Client, app: FastAPI) -> None:
    standard(server, {"type": "record"})
    standard(server, {"type": "record"})
    server.post("/v1/webhooks/standard", json={})
    told = app.state.context.metrics.text().decode()
    for outcome in ("kept", "repeated", "refused"):
        assert f'auditor_webhook_events_total{{outcome="{outcome}",source="standard"}} 1.0' in told


def test_the_document_tells_of_every_sender(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    for sender in SETTINGS:
        told = paths[f"/v1/webhooks/{sender}"]["post"]
        assert {"200", "401", "404", "413", "503"} <= set(told["responses"])
        assert told["requestBody"]["content"]
