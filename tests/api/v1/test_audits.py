"""POST /v1/audits gives the command's verdicts, for one record or many, once or later."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.problems import Problem
from api.v1.batching import Batcher
from api.v1.examples import RECORD
from auditor.commands.audit import FileOptions, run_audit
from auditor.settings import Settings
from auditor.storage import Database


def test_verdicts_are_those_of_the_command(
    machine: TestClient, settings: Settings, tmp_path: Path
) -> None:
    """The same record gives the same line, key for key."""
    records = [RECORD, RECORD | {"id": "call-2", "label": "implicit_loss"}]
    file, out = tmp_path / "records.jsonl", tmp_path / "verdicts.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in records))
    run_audit([str(file)], settings, FileOptions(), out=out, as_of=settings.today())
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    answer = machine.post("/v1/audits", json=records)
    assert answer.status_code == 200
    assert answer.json()["verdicts"] == lines
    assert machine.post("/v1/audits", json=RECORD).json()["verdicts"] == lines[:1]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "no JSON"),
        (b"[]", "0 records"),
        (b"[1]", "no record"),
        (b'{"activity": {"text": 3, "occurred_at": "2026-03-02T10:00:00"}}', "no text"),
        (b'{"activity": {"text": "a"}}', "occurred_at"),
        (json.dumps([RECORD] * 101).encode(), "101 records"),
        (b"[" * 20_000, "no JSON"),
        (b'{"activity": {"text": "a", "occurred_at": "2026-03-02", "participants": 5}}', "record"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(
    machine: TestClient, body: bytes, told: str
) -> None:
    answer = machine.post("/v1/audits", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


def test_the_place_of_a_bad_record_is_a_pointer(machine: TestClient) -> None:
    answer = machine.post("/v1/audits", json=[RECORD, {"activity": {"text": "a"}}])
    assert answer.json()["errors"][0]["pointer"] == "/body/1/activity/occurred_at"


def test_a_request_sent_again_is_answered_from_memory(machine: TestClient) -> None:
    """Also under another order of keys; another payload under the key is refused."""
    headers = {"Idempotency-Key": '"one"'}
    first = machine.post("/v1/audits", json=RECORD, headers=headers)
    again = machine.post(
        "/v1/audits", json=dict(reversed(RECORD.items())), headers={"Idempotency-Key": "one"}
    )
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = machine.post("/v1/audits", json=RECORD | {"id": "x"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (
        422,
        "urn:auditor:problem:idempotency-key-reused",
    )
    unquoted = machine.post("/v1/audits", json=RECORD, headers={"Idempotency-Key": "a b"})
    assert unquoted.status_code == 400


def test_concurrent_requests_share_a_batch_and_keep_their_own_results() -> None:
    sizes: list[int] = []

    def judge(items: object) -> list[int]:
        numbers = list(items)  # type: ignore[call-overload]
        sizes.append(len(numbers))
        time.sleep(0.01)
        return [n * 2 for n in numbers]

    async def run() -> list[list[int]]:
        batcher = Batcher[int, int](judge, most_at_once=50)
        return await asyncio.gather(*(batcher.submit([n, n + 1]) for n in range(100)))

    assert asyncio.run(run()) == [[2 * n, 2 * n + 2] for n in range(100)]
    assert sum(sizes) == 200
    assert len(sizes) < 20


def test_one_request_that_fails_fails_alone() -> None:
    def judge(items: object) -> list[int]:
        numbers = list(items)  # type: ignore[call-overload]
        if 13 in numbers:
            raise ValueError("unlucky")
        return numbers

    async def run() -> list[object]:
        batcher = Batcher[int, int](judge)
        return await asyncio.gather(
            *(batcher.submit([n]) for n in range(20)), return_exceptions=True
        )

    results = asyncio.run(run())
    assert [r for r in results if not isinstance(r, list)] == [results[13]]
    assert isinstance(results[13], ValueError)


def test_more_than_may_wait_is_refused_at_once() -> None:
    async def run() -> list[object]:
        batcher = Batcher[int, int](lambda items: list(items), most_waiting=10)
        return await asyncio.gather(
            *(batcher.submit([1, 2, 3, 4]) for _ in range(5)), return_exceptions=True
        )

    results = asyncio.run(run())
    refused = [r for r in results if isinstance(r, Problem)]
    assert len(refused) == 3
    assert refused[0].status_code == 503
    assert refused[0].headers == {"Retry-After": "5"}


def test_where_a_language_model_is_asked_the_result_comes_later(
    settings: Settings, database: Database, make_key: object
) -> None:
    """202 with the address of the result, which only the caller may fetch."""
    app = create_app(settings, database)
    context = app.state.context
    context.classifier  # noqa: B018 - made as the rules, before the setting says otherwise
    context.settings = settings.model_copy(update={"classifier": "llm"})
    with _client(app, make_key) as client, _client(app, make_key) as other:
        asked = client.post("/v1/audits", json=RECORD)
        assert asked.status_code == 202
        where = asked.headers["location"]
        for _ in range(200):
            found = client.get(where)
            if found.status_code == 200:
                break
            assert found.json()["status"] == "running"
            time.sleep(0.02)
        assert found.json()["verdicts"][0]["activity_id"] == "call-1"
        assert other.get(where).status_code == 404


def _client(app: FastAPI, make_key: object) -> TestClient:
    key = make_key("evaluate")  # type: ignore[operator]
    return TestClient(app, headers={"Authorization": f"Bearer {key}"})
