"""Decisions and corrections over HTTP: once, attributed, taken back, and known to what follows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from auditor.storage import Database

CLOSE = {"action": "close", "close_reason": "price"}


@pytest.fixture
def deal(machine: TestClient) -> dict[str, Any]:
    """An open opportunity with quotes."""
    page = machine.get("/v1/opportunities", params={"limit": 20}).json()
    key = next(r["key"] for r in page["items"] if r["standing"]["quotes"])
    found: dict[str, Any] = machine.get(f"/v1/opportunities/{key}").json()
    return found


def _decide(
    client: TestClient, deal: dict[str, Any], body: dict[str, Any], key: str = "k"
) -> Response:
    path = f"/v1/opportunities/{deal['summary']['key']}/decisions"
    return client.post(path, json=body, headers={"Idempotency-Key": f'"{key}"'})


def test_a_decision_is_made_once_however_often_it_is_sent(
    machine: TestClient, database: Database, deal: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _decide(machine, deal, CLOSE), range(4)))
    assert {a.status_code for a in answers} <= {201, 409}
    again = _decide(machine, deal, CLOSE)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.status_code == 201
    detail = machine.get(again.headers["location"]).json()
    assert detail["decision"] == again.json()["decision"]
    with database.read() as unit:
        logged = unit.audit_log.latest(limit=5)
    made = [e for e in logged if e.action == "decision.made"]
    assert len(made) == 1
    assert made[0].actor == again.json()["decision"]["made_by"]
    assert made[0].actor.startswith("key:")


def test_the_key_is_needed_and_of_one_payload(machine: TestClient, deal: dict[str, Any]) -> None:
    path = f"/v1/opportunities/{deal['summary']['key']}/decisions"
    assert machine.post(path, json=CLOSE).status_code == 400
    assert _decide(machine, deal, CLOSE).status_code == 201
    assert _decide(machine, deal, CLOSE | {"close_reason": "no_need"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "advance", "step": "Demo"}, "/body/due_on"),
        ({"action": "advance", "step": "Demo", "due_on": "2020-01-01"}, "/body/due_on"),
        (
            {"action": "park", "event_quote": "pigs may fly", "due_on": "2199-01-01"},
            "/body/event_quote",
        ),
        ({"action": "disagree"}, "/body/label"),
        ({"action": "give up"}, "/body/action"),
        ({"action": "close", "close_reason": "price", "mood": "bad"}, "/body/mood"),
    ],
)
def test_what_is_lacking_is_told_with_its_place(
    machine: TestClient, deal: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    answer = _decide(machine, deal, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    fine = _decide(machine, deal, CLOSE)  # the key is free again
    assert fine.status_code == 201


def test_parking_keeps_the_words_and_is_not_renewed_on_the_same(
    machine: TestClient, deal: dict[str, Any]
) -> None:
    activity = next(
        a for a in reversed(deal["activities"]) if len(a["activity"]["text"].split()) > 6
    )
    quote = " ".join(activity["activity"]["text"].split("\n")[0].split()[:5])
    day = (date.today() + timedelta(40)).isoformat()  # noqa: DTZ011 - the service's day
    body = {"action": "park", "event_quote": quote.upper(), "due_on": day}
    parked = _decide(machine, deal, body | {"event_activity": activity["key"]})
    if parked.status_code == 422:  # the words were the rep's
        assert "rep" in parked.json()["detail"] or "negation" in parked.json()["detail"]
        return
    event = parked.json()["decision"]["event"]
    start, end = event["evidence"]["start"], event["evidence"]["end"]
    assert activity["activity"]["text"][start:end] == event["evidence"]["quote"]
    again = _decide(machine, deal, body, "k2")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:auditor:problem:decision-overtaken"


def test_taken_back_it_stays_on_record_and_no_longer_counts(
    machine: TestClient, deal: dict[str, Any]
) -> None:
    where = _decide(machine, deal, CLOSE).headers["location"]
    first = machine.delete(where).json()
    assert first["became"] is None
    assert first["decision"]["undone_by"] == first["decision"]["made_by"]
    assert machine.delete(where).json() == first
    key = deal["summary"]["key"]
    detail = machine.get(f"/v1/opportunities/{key}").json()
    assert [d["decision"]["key"] for d in detail["decisions"]] == [first["decision"]["key"]]
    assert detail["summary"]["decided"] is None
    other = machine.get(f"/v1/opportunities/{key + 1}/decisions/{first['decision']['key']}")
    assert other.status_code == 404


def test_a_disagreement_corrects_the_label_until_it_is_taken_back(
    machine: TestClient, deal: dict[str, Any]
) -> None:
    key = deal["summary"]["key"]
    was = deal["activities"][-1]["verdict"]["label"]
    label = "implicit_loss" if was != "implicit_loss" else "meaningful_next_step"
    text = deal["activities"][-1]["activity"]["text"]
    body = {"action": "disagree", "label": label, "quote": text.strip()[:400]}
    made = _decide(machine, deal, body)
    if made.status_code == 422:  # a transcript: a quote stays inside one turn
        body.pop("quote")
        made = _decide(machine, deal, body)
    assert made.status_code == 201, made.text
    after = machine.get(f"/v1/opportunities/{key}").json()["activities"][-1]
    assert after["verdict"]["label"] == label
    assert after["verdict"]["status"] == "decided"
    assert after["correction"]["key"] == made.json()["decision"]["correction_key"]
    again = _decide(machine, deal, body, "k2")
    assert again.status_code == 422
    [line] = _export(machine)
    assert line["label"] == label
    assert line["activity"]["text"] == text
    machine.delete(made.headers["location"])
    back = machine.get(f"/v1/opportunities/{key}").json()["activities"][-1]
    assert back["verdict"]["label"] == was
    assert _export(machine) == []


def _export(machine: TestClient) -> list[dict[str, Any]]:
    answer = machine.get("/v1/corrections", params={"format": "jsonl"})
    assert answer.headers["content-type"].startswith("application/jsonl")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_verdict_is_corrected_confirmed_and_given_back(
    machine: TestClient, deal: dict[str, Any]
) -> None:
    """The export can be judged: it is a record in the codebook's format."""
    judged = [a for a in deal["activities"] if a["verdict"] and a["verdict"]["evidence"]]
    each = judged[-1]
    path = f"/v1/verdicts/{each['verdict_key']}/corrections"
    wrong = machine.post(path, json={"label": "vague_callback", "reason": "price"})
    assert wrong.status_code == 422
    unquoted = machine.post(path, json={"label": "vague_callback", "quote": "never said so"})
    assert unquoted.json()["errors"][0]["pointer"] == "/body/quote"
    made = machine.post(path, json={"label": each["verdict"]["label"]})
    assert made.status_code == 201
    [line] = _export(machine)
    assert line["tags"] == ["confirmed"]
    assert line["evidence"]
    judged_again = machine.post("/v1/audits", json=line)
    assert judged_again.json()["verdicts"][0]["label"] == each["verdict"]["label"]
    undone = machine.delete(made.headers["location"])
    assert undone.json()["correction"]["undone_at"]
    assert _export(machine) == []
    assert machine.delete("/v1/corrections/999999").status_code == 404
    assert (
        machine.post(
            "/v1/verdicts/999999/corrections", json={"label": "vague_callback"}
        ).status_code
        == 404
    )
