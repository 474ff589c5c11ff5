"""What goes wrong under the handling of events is made good by itself, and no event is blamed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from auditor.errors import StorageError
from auditor.jobs import events as events_job
from auditor.jobs.events import EventHandler
from auditor.settings import Settings
from auditor.storage import Database, open_database
from auditor.webhook_settings import WebhookSettings
from tests.api.webhooks.sending import SETTINGS
from tests.jobs.test_events import NOW, Clock, message, receive, stored
from tests.storage.conftest import _run
from tests.storage.making import only_open, rows, run_sql

_SETTINGS = Settings(
    webhooks=WebhookSettings.model_validate(SETTINGS), time_zone="UTC", classifier="rules"
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def handler(database: Database, clock: Clock) -> Iterator[EventHandler]:
    made = EventHandler(database, _SETTINGS, now=clock)
    yield made
    made.close()


def _notes(count: int, text: str = "No answer") -> list[dict[str, Any]]:
    return [
        message("activity.changed", n, id=f"a{n}", opportunity_id="o1", text=text)
        for n in range(count)
    ]


def _assert_all_waits(database: Database) -> None:
    assert {(e.state, e.attempts) for e in stored(database)} == {("pending", 0)}


def _assert_all_done_once(database: Database, handler: EventHandler, url: str, count: int) -> None:
    assert handler.run().done == count
    assert {e.state for e in stored(database)} == {"done"}
    assert len(rows(url, "SELECT id FROM activities")) == count
    assert handler.run().all == 0


def test_while_the_disk_is_full_events_wait_unblamed_and_are_done_when_there_is_room(
    tmp_path: Path, clock: Clock
) -> None:
    url = f"sqlite:///{tmp_path / 'full.db'}"
    full = [False]

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] + 3  # for small changes
        connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 2**31 - 2}").close()

    with open_database(url) as database:
        database.migrate()
        receive(database, "standard", *_notes(5, "Will think about it. " * 2_000))
        event.listen(database._engine, "connect", limit)
        full[0] = True
        database._engine.dispose()
        handler = EventHandler(database, _SETTINGS, now=clock)
        for _ in range(9):  # more often than an event is tried
            with pytest.raises(StorageError, match="full"):
                handler.run()
            clock.now += timedelta(days=1)
        _assert_all_waits(database)
        assert rows(url, "SELECT id FROM activities") == []
        full[0] = False
        database._engine.dispose()
        _assert_all_done_once(database, handler, url, 5)


def test_a_postgresql_that_goes_away_amid_a_batch_costs_no_event_a_try(
    postgres: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(postgres, "CREATE DATABASE amid")
    url = postgres.replace("/postgres?", "/amid?", 1)
    ended = [
        "ALTER DATABASE amid ALLOW_CONNECTIONS false",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'amid'",
    ]
    real = events_job.take_changes

    def cut_off(unit: Any, changes: Any, **options: Any) -> Any:
        _run(postgres, *ended)
        return real(unit, changes, **options)

    with open_database(url) as database:
        database.migrate()
        receive(database, "standard", *_notes(5))
        handler = EventHandler(database, _SETTINGS, now=clock)
        with monkeypatch.context() as patched:
            patched.setattr(events_job, "take_changes", cut_off)
            with pytest.raises(StorageError):
                handler.run()
        with pytest.raises(StorageError):
            handler.run()
        _run(postgres, "ALTER DATABASE amid ALLOW_CONNECTIONS true")
        _assert_all_waits(database)
        _assert_all_done_once(database, handler, url, 5)


_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
"""


def test_a_postgresql_without_room_for_a_note_costs_no_event_a_try(
    postgres: str, clock: Clock
) -> None:
    _run(postgres, "CREATE DATABASE roomless")
    url = postgres.replace("/postgres?", "/roomless?", 1)
    with open_database(url) as database:
        database.migrate()
        receive(database, "standard", *_notes(5))
        trigger = "BEFORE INSERT ON activities EXECUTE FUNCTION full_disk()"
        run_sql(url, _FULL, f"CREATE TRIGGER full_disk {trigger}")
        handler = EventHandler(database, _SETTINGS, now=clock)
        with pytest.raises(StorageError, match="could not extend file"):
            handler.run()
        _assert_all_waits(database)
        run_sql(url, "DROP TRIGGER full_disk ON activities")
        _assert_all_done_once(database, handler, url, 5)


_KILLED = """
import os, signal, sys
from auditor.jobs import events as job
from auditor.storage import open_database
from tests.jobs.test_faults import NOW, _SETTINGS
real = job.take_changes
def killed(*args, **options):
    real(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)
job.take_changes = killed
with open_database(sys.argv[1]) as database:
    job.EventHandler(database, _SETTINGS, now=lambda: NOW).run()
"""


def test_a_process_killed_amid_a_batch_leaves_it_to_the_next_one(
    database: Database, handler: EventHandler, url: str
) -> None:
    receive(database, "standard", *_notes(5))
    where = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, url],
        cwd=where,
        env=os.environ | {"PYTHONPATH": str(where)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    _assert_all_waits(database)
    _assert_all_done_once(database, handler, url, 5)


def test_a_clock_that_goes_back_neither_stops_events_nor_turns_them_round(
    database: Database, handler: EventHandler, clock: Clock, url: str
) -> None:
    receive(database, "standard", message("opportunity.changed", 5, id="o1", stage="Proposal"))
    clock.now = NOW
    assert handler.run().done == 1
    clock.now = NOW - timedelta(days=400)
    receive(
        database, "standard", message("opportunity.changed", 1, id="o1", stage="Lead", name="A")
    )
    assert handler.run().done == 1
    opportunity = only_open(database).opportunity
    assert (opportunity.stage, opportunity.name) == ("Proposal", "A")
    clock.now = NOW
    receive(database, "standard", message("opportunity.changed", 9, id="o1", owner="Dana"))
    assert handler.run().done == 1
    [row] = rows(url, "SELECT stage, owner, told_on FROM opportunities")
    assert (row["stage"], row["owner"], str(row["told_on"])) == ("Proposal", "Dana", "2026-03-28")
