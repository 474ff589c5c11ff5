"""Monitors learn whether the service runs, whether it can work, and how much waits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import operations
from api.app import create_app
from api.context import Context
from auditor.errors import ModelError
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.api.conftest import MakeKey
from tests.storage.making import run_sql


class _Loop:
    def __init__(self) -> None:
        self.is_alive = True
        self.done: list[str] = []

    def start(self) -> None:
        self.done.append("start")

    def wake(self) -> None:
        self.done.append("wake")

    def stop(self) -> None:
        self.done.append("stop")


class _Usage(NamedTuple):
    free: int


def test_a_service_that_can_work_says_so(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["checks"] == {
        "database": "ok",
        "disk": "ok",
        "model": "ok",
        "background": "elsewhere",
    }


def test_readiness_names_what_fails_and_comes_back_by_itself(
    app: FastAPI, client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql(settings.database_url, "ALTER TABLE auditor_schema RENAME TO away")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["checks"]["database"] != "ok"
    assert settings.database_url not in answer.text
    assert client.get("/healthz").status_code == 200
    run_sql(settings.database_url, "ALTER TABLE away RENAME TO auditor_schema")
    assert client.get("/readyz").status_code == 200

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: _Usage(1_000))
        assert client.get("/readyz").json()["checks"]["disk"] != "ok"

    loop = _Loop()
    app.state.context.loop = loop
    assert client.get("/readyz").json()["checks"]["background"] == "ok"
    loop.is_alive = False
    assert "restart" in client.get("/readyz").json()["checks"]["background"]
    app.state.context.loop = None


def test_a_model_that_does_not_load_is_told_and_tried_again(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import context

    def broken(*_: object, **__: object) -> None:
        raise ModelError("damaged")

    client = TestClient(create_app(settings, database))
    with monkeypatch.context() as patched:
        patched.setattr(context, "make_classifier", broken)
        assert client.get("/readyz").json()["checks"]["model"] != "ok"
    assert client.get("/readyz").status_code == 200


def test_the_background_loop_starts_and_stops_with_the_app(app: FastAPI) -> None:
    loop = _Loop()
    context: Context = app.state.context
    context.loop = loop
    with TestClient(app):
        context.wake()
    assert loop.done == ["start", "wake", "stop"]


def test_metrics_tell_requests_and_what_the_database_holds(machine: TestClient) -> None:
    machine.get("/session")
    machine.get("/nowhere/1")
    lines = machine.get("/metrics").text.splitlines()
    assert 'auditor_http_requests_total{method="GET",route="/session",status="200"} 1.0' in lines
    assert 'auditor_http_requests_total{method="GET",route="none",status="404"} 1.0' in lines
    assert 'auditor_http_request_seconds_count{route="/session"} 1.0' in lines
    values = {line.split(" ")[0]: float(line.split(" ")[1]) for line in lines if line[0] != "#"}
    assert values["auditor_database_up"] == 1
    assert values["auditor_verdicts"] == values["auditor_activities"] > 100
    assert values["auditor_activities_due"] == values["auditor_events_pending"] == 0
    assert values['auditor_opportunities{state="open"}'] > 10


def test_metrics_are_for_keys_that_read_all_teams_or_open_by_setting(
    client: TestClient, make_key: MakeKey, settings: Settings, database: Database
) -> None:
    def get(key: str) -> int:
        return client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code

    assert client.get("/metrics").status_code == 401
    assert get(make_key("ingest")) == 403
    assert get(make_key("read", teams=["South"])) == 403
    assert get(make_key("read")) == 200
    opened = create_app(settings.model_copy(update={"metrics_open": True}), database)
    assert TestClient(opened).get("/metrics").status_code == 200


def test_metrics_say_that_the_database_is_away_and_spare_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(settings.database_url)
    app = create_app(settings.model_copy(update={"metrics_open": True}), database)
    client = TestClient(app)
    file = database.file
    assert file is not None
    database.close()
    Path(file).rename(file.with_suffix(".away"))
    file.mkdir()
    assert "auditor_database_up 0.0" in client.get("/metrics").text
    file.rmdir()
    file.with_suffix(".away").rename(file)
    assert "auditor_database_up 0.0" in client.get("/metrics").text, "counted a moment ago"
    monkeypatch.setattr(operations.time, "monotonic", lambda: 1e12)
    assert "auditor_database_up 1.0" in client.get("/metrics").text
    database.close()


def test_what_the_language_model_costs_is_told_where_one_is_asked(
    settings: Settings, database: Database
) -> None:
    from auditor.classify.llm.client import Usage
    from auditor.classify.llm.store import CallStore, Limits, Price

    asking = settings.model_copy(update={"metrics_open": True, "llm_model": "openai:x"})
    assert asking.llm_store is not None
    price, limits = Price(1, 1), Limits(10, 10_000_000)
    CallStore(asking.llm_store).reserve("m", Usage(1_000_000, 0), price=price, limits=limits)
    text = TestClient(create_app(asking, database)).get("/metrics").text
    assert "auditor_llm_cost_usd_today 1.0" in text
    assert "auditor_llm_calls_today 1.0" in text
