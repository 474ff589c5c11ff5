"""A database that is full, locked or away is told as 503, and used again when it is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.app import create_app
from auditor.access.people import add_person
from auditor.access.roles import Role
from auditor.errors import StorageError
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.api.conftest import ADMIN, PASSWORD
from tests.storage.conftest import _run, postgres  # noqa: F401 - a fixture

RIGHT = {"email": ADMIN, "password": PASSWORD}


def _assert_unavailable(client: TestClient) -> None:
    answer = client.post("/login", json=RIGHT)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    assert "sqlite" not in answer.text
    assert "postgres" not in answer.text


def test_a_full_disk_is_told_and_reading_goes_on(machine: TestClient, database: Database) -> None:
    full = [True]

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if full[0] else 2**31 - 2
        connection.execute(f"PRAGMA max_page_count = {pages}").close()
        connection.execute("PRAGMA wal_autocheckpoint = 0").close()

    assert machine.get("/session").status_code == 200
    event.listen(database._engine, "connect", limit)
    database._engine.dispose()
    for _ in range(1_000):  # what is free in the file is used up first
        try:
            with database.begin() as unit:
                unit.audit_log.add("test", "filled", detail={"with": "x" * 3_000})
        except StorageError:
            break
    for _ in range(200):  # and what is left in half-filled pages
        if machine.post("/login", json=RIGHT).status_code != 200:
            break
    _assert_unavailable(machine)
    assert machine.get("/session").status_code == 200
    full[0] = False
    database._engine.dispose()
    assert machine.post("/login", json=RIGHT).status_code == 200


def test_a_locked_sqlite_is_told_and_used_again(
    machine: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auditor.storage import database as module

    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    database._engine.dispose()
    assert database.file is not None
    other = sqlite3.connect(database.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _assert_unavailable(machine)
    assert machine.get("/session").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert machine.post("/login", json=RIGHT).status_code == 200


@pytest.fixture
def on_postgres(
    settings: Settings,
    postgres: str,  # noqa: F811 - the fixture
) -> Iterator[TestClient]:
    """A service on a PostgreSQL database of its own."""
    _run(postgres, "CREATE DATABASE outage")
    with open_database(postgres.replace("/postgres?", "/outage?", 1)) as database:
        database.migrate()
        add_person(
            database, ADMIN, "A", Role.ADMIN, teams=None, owner=None, password=PASSWORD, actor="t"
        )
        with TestClient(create_app(settings, database), "http://localhost") as client:
            yield client


def test_a_postgresql_that_is_away_is_told_and_used_again_when_it_is_back(
    on_postgres: TestClient,
    postgres: str,  # noqa: F811 - the fixture
) -> None:
    assert on_postgres.post("/login", json=RIGHT).status_code == 200
    assert on_postgres.get("/readyz").status_code == 200
    _run(
        postgres,
        "ALTER DATABASE outage ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outage'",
    )
    _assert_unavailable(on_postgres)
    assert on_postgres.get("/session").status_code == 503
    assert on_postgres.get("/readyz").json()["checks"]["database"] != "ok"
    assert on_postgres.get("/healthz").status_code == 200
    _run(postgres, "ALTER DATABASE outage ALLOW_CONNECTIONS true")
    assert on_postgres.post("/login", json=RIGHT).status_code == 200
    assert on_postgres.get("/readyz").status_code == 200
