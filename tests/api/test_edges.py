"""Whatever goes wrong is a problem document; ids, limits and headers are on every answer."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel

from api.app import create_app
from api.logs import JsonLines
from api.middleware.headers import HEADERS
from api.rates import Rates
from auditor.errors import InputError, StorageError
from auditor.settings import Settings
from auditor.storage import Database
from tests.api.conftest import MakeKey

SECRET_NOTE = "he said the budget is 40k"


class Body(BaseModel):
    """Of a route made for these tests."""

    number: int


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The app with routes that go wrong."""
    made = create_app(settings.model_copy(update={"body_limit_mb": 0.1}), database)

    @made.post("/v1/take/{key}")
    def take(key: int, body: Body) -> int:
        return body.number + key

    @made.post("/v1/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    @made.get("/v1/fail/{what}")
    def fail(what: str) -> None:
        raise {
            "bug": RuntimeError(SECRET_NOTE),
            "storage": StorageError(f"postgresql://host: {SECRET_NOTE}"),
            "input": InputError("week '2026-W99' is none; give one such as 2026-W47"),
        }[what]

    return made


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A caller; errors that nobody caught are answered, as by a server."""
    with TestClient(app, "http://localhost", raise_server_exceptions=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "json_", "status", "slug"),
    [
        ("GET", "/nowhere", None, 404, "not-found"),
        ("DELETE", "/healthz", None, 405, "method-not-allowed"),
        ("POST", "/v1/take/x", {"number": "y"}, 422, "invalid-request"),
        ("POST", "/v1/take/1", None, 422, "invalid-request"),
        ("GET", "/v1/fail/bug", None, 500, "unexpected"),
        ("GET", "/v1/fail/storage", None, 503, "unavailable"),
        ("GET", "/v1/fail/input", None, 422, "unusable-input"),
        ("GET", "/session", None, 401, "not-signed-in"),
    ],
)
def test_every_error_is_a_problem_document(
    client: TestClient, method: str, path: str, json_: object, status: int, slug: str
) -> None:
    answer = client.request(method, path, json=json_)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"]) == (f"urn:auditor:problem:{slug}", status)
    assert told["request_id"] == answer.headers["x-request-id"]
    assert SECRET_NOTE not in answer.text
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0


def test_what_does_not_fit_is_named_without_repeating_it(client: TestClient) -> None:
    told = client.post("/v1/take/x", json={"number": SECRET_NOTE}).json()
    assert [e["pointer"] for e in told["errors"]] == ["/path/key", "/body/number"]
    assert SECRET_NOTE not in json.dumps(told)


def test_a_plain_request_id_is_kept_and_another_replaced(client: TestClient) -> None:
    kept = client.get("/healthz", headers={"X-Request-ID": "proxy-7.a_b"})
    assert kept.headers["x-request-id"] == "proxy-7.a_b"
    for odd in ("x" * 65, 'a" onload="', "-"):
        made = client.get("/healthz", headers={"X-Request-ID": odd}).headers["x-request-id"]
        assert made != odd
        assert len(made) == 32


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/fail/bug", "/docs"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        if name != "Cache-Control":
            assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers


def test_over_https_browsers_are_told_to_stay_with_it(app: FastAPI) -> None:
    answer = TestClient(app, "https://auditor.example.com").get("/healthz")
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


def _chunks(number: int) -> Iterator[bytes]:
    yield from (b"x" * 10_000 for _ in range(number))


def test_a_body_that_is_too_large_is_refused_told_or_not(server: httpx.Client) -> None:
    assert server.post("/v1/raw", content=b"x" * 100_000).json() == 100_000
    assert server.post("/v1/raw", content=_chunks(10)).json() == 100_000
    for body in (b"x" * 100_001, _chunks(11)):
        answer = server.post("/v1/raw", content=body)
        assert answer.status_code == 413
        assert answer.json()["limit_bytes"] == 100_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.post("/login", content=_chunks(11), headers=form).status_code == 413
    assert server.get("/healthz").status_code == 200


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(
    settings: Settings, database: Database, make_key: MakeKey
) -> None:
    app = create_app(settings.model_copy(update={"rate_limit": 3}), database)
    client = TestClient(app, "http://localhost")
    one, other = ({"Authorization": f"Bearer {make_key('read')}"} for _ in range(2))
    left = [client.get("/session", headers=one).headers["ratelimit"] for _ in range(3)]
    assert [text.split(";")[1] for text in left] == ["r=2", "r=1", "r=0"]
    refused = client.get("/session", headers=one)
    assert refused.status_code == 429
    assert refused.headers["ratelimit-policy"] == '"caller";q=3;w=60'
    assert 0 < int(refused.headers["retry-after"]) <= 20
    assert client.get("/session", headers=other).status_code == 200
    for _ in range(3):  # keys can't be tried in bulk
        wrong = {"Authorization": "Bearer cna_000000000000_" + "0" * 64}
        assert client.get("/session", headers=wrong).status_code == 401
    assert client.get("/session", headers=wrong).status_code == 429


def test_the_limits_of_rates_are_told_in_the_drafts_header_fields(
    settings: Settings, database: Database, make_key: MakeKey
) -> None:
    app = create_app(settings.model_copy(update={"rate_limit": 3}), database)
    key = {"Authorization": f"Bearer {make_key('read')}"}
    told = TestClient(app, "http://localhost").get("/session", headers=key).headers
    policy = re.fullmatch(r'"caller";q=(\d+);w=(\d+)', told["RateLimit-Policy"])
    left = re.fullmatch(r'"caller";r=(\d+);t=(\d+)', told["RateLimit"])
    assert policy is not None
    assert left is not None
    assert policy.groups() == ("3", "60")
    assert left.groups() == ("2", "20")


def test_requests_are_there_again_after_a_while() -> None:
    now = [0.0]
    rates = Rates(2, clock=lambda: now[0])
    assert [rates._take("a")[0] for _ in range(3)] == [1, 0, -1]
    now[0] = 30.1
    assert [rates._take("a")[0] for _ in range(2)] == [0, -1]
    now[0] = 200.0
    assert rates._take("a") == (1, 30)


def test_a_trusted_proxy_tells_the_address_and_another_does_not(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    found = []
    for trusted in ([], ["192.0.2.0/24"]):
        app = create_app(settings.model_copy(update={"trusted_proxies": trusted}), database)
        client = TestClient(app, "http://localhost", client=("192.0.2.9", 5000))
        with caplog.at_level(logging.INFO, "auditor.requests"):
            caplog.clear()
            answer = client.get("/healthz", headers=forwarded)
        [record] = [r for r in caplog.records if r.name == "auditor.requests"]
        told = record.told  # type: ignore[attr-defined]
        found.append((told["address"], "strict-transport-security" in answer.headers))
    assert found == [("192.0.2.9", False), ("203.0.113.7", True)]


def test_the_log_tells_the_route_and_never_what_was_said(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get(f"/v1/fail/bug?q={SECRET_NOTE}", headers={"Authorization": "Bearer cna_s3cret"})
        client.post("/v1/take/5", json={"number": SECRET_NOTE})
    lines = [JsonLines().format(record) for record in caplog.records if "httpx" not in record.name]
    assert SECRET_NOTE not in "".join(lines)
    assert "s3cret" not in "".join(lines)
    told = [json.loads(line) for line in lines if '"request"' in line]
    assert [(t["route"], t["status"]) for t in told] == [
        ("/v1/fail/{what}", 500),
        ("/v1/take/{key}", 422),
    ]
    [error] = [json.loads(line) for line in lines if "unexpected" in line]
    assert "RuntimeError" in error["error"]
    assert "test_edges.py" in error["error"]
