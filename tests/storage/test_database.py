"""Opening, committing and failing: clear errors, no secrets, nothing half done."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import StorageError
from auditor.storage import Database, Inbound, open_database
from tests.storage.making import contents, rows


def _keep(database: Database, payload: str) -> None:
    with database.begin() as unit:
        unit.inbound.keep("crm", [Inbound("event", payload)], received_at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://me:hunter2@host/x", "'mysql' is not supported"),
        ("postgresql+asyncpg://me:hunter2@host/x", "'postgresql\\+asyncpg' is not supported"),
        ("hunter2", "can't be read"),
        ("postgresql://me:hunter2@host:port/x", "can't be read"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "127.0.0.1:1/x"),
        ("postgresql://me@127.0.0.1:1/x?password=hunter2", "127.0.0.1:1/x"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_clear_line_without_the_password(
    address: str, words: str
) -> None:
    with pytest.raises(StorageError, match=words) as caught:
        open_database(address)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_wrong_password_is_not_shown(postgres: str) -> None:
    address = postgres.replace("postgres:@", "nobody:hunter2@")
    with pytest.raises(StorageError, match="nobody") as caught:
        open_database(address)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("not a database, but long enough to be looked at as one " * 20)
    with pytest.raises(StorageError, match=r"notes\.db"):
        open_database(f"sqlite:///{file}")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="the file can't be made"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'auditor.db'}")


def test_no_file_is_made_where_none_is_wanted(tmp_path: Path) -> None:
    file = tmp_path / "auditor.db"
    with pytest.raises(StorageError, match="import first"):
        open_database(f"sqlite:///{file}", create=False)
    assert not file.exists()


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "auditor.db"
    with open_database(f"sqlite:///{file}"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_sqlite_is_set_up_to_last_and_to_wait(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}") as database, database.read() as unit:
        told = {
            name: unit._session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_a_unit_of_work_that_fails_leaves_nothing(database: Database, url: str) -> None:
    before = contents(url)

    def fail() -> None:
        with database.begin() as unit:
            unit.inbound.keep("crm", [Inbound("event", "{}")], received_at=datetime.now(UTC))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert contents(url) == before


def test_reading_never_commits(database: Database, url: str) -> None:
    with database.read() as unit:
        unit.inbound.keep("crm", [Inbound("event", "{}")], received_at=datetime.now(UTC))
    assert rows(url, "SELECT key FROM inbound") == []


def test_an_error_of_the_database_shows_no_values(database: Database) -> None:
    with pytest.raises(StorageError) as caught, database.begin() as unit:
        unit.activities.add([{"id": "secret note"}])
    assert "secret note" not in str(caught.value)


def test_a_delivery_received_twice_is_kept_once_with_the_first_time(
    database: Database, url: str
) -> None:
    first = datetime(2026, 3, 2, 10, tzinfo=UTC)
    later = datetime(2026, 3, 3, 10, tzinfo=UTC)
    event = Inbound("deal.changed", '{"a": "ü\\u0000"}', external_id="7", dedup_key="evt-1")
    with database.begin() as unit:
        assert unit.inbound.keep("crm", [event, event], received_at=first) == 1
        assert unit.inbound.keep("crm", [event], received_at=later) == 0
        assert unit.inbound.keep("other", [event], received_at=later) == 1
        assert unit.inbound.count() == 2
    kept = rows(url, "SELECT * FROM inbound WHERE source = 'crm'")[0]
    assert kept["payload"] == event.payload
    assert str(kept["received_at"]).startswith("2026-03-02 10:00:00")
    assert kept["content_hash"].startswith("sha256:")


def test_writers_at_the_same_time_wait_for_each_other(database: Database, url: str) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(10):
                _keep(database, f"{number} {step}")
        except BaseException as exc:  # noqa: BLE001 - shown by the assertion below
            failures.append(exc)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(rows(url, "SELECT key FROM inbound")) == 40
