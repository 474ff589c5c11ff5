"""Workers share jobs on a real PostgreSQL; one that is killed loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from auditor.errors import StorageError
from auditor.jobs.due import BATCH, count_due, judge_due
from auditor.jobs.handing_on import HandingOn
from auditor.jobs.worker import Worker
from auditor.settings import Settings
from auditor.storage import Database, open_database
from tests.builders import an_activity, an_opportunity
from tests.jobs.mailing import Shop, add_supervisor, fill, mail_server, make_shop, wait_for
from tests.storage.conftest import _run
from tests.storage.making import POLICY, RULES, rows, run_sql, tell

_numbers = count(1)
_SCRIPT = """
import sys, time
from auditor.classify.rules import RulesClassifier
from auditor.domain.policy import Policy
from auditor.jobs.worker import Worker
from auditor.settings import Settings
from auditor.storage import open_database

class Slow(RulesClassifier):
    def opine(self, records):
        print("judging", records[0].record.activity.id, flush=True)
        time.sleep(float(sys.argv[2]))
        return super().opine(records)

class Shop:
    settings = Settings(database_url=sys.argv[1], time_zone="UTC")
    database = open_database(sys.argv[1])
    classifier = Slow()
    policy = Policy(classifier=classifier.name)

worker = Worker(Shop(), concurrency=1, heartbeat=0.5, stalled=2.0, rescue_every="* * * * * */1")
print("ready", flush=True)
worker.run()
"""


@pytest.fixture
def url(postgres: str) -> str:
    name = f"work_{next(_numbers)}"
    _run(postgres, f"CREATE DATABASE {name}")
    return postgres.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as database:
        database.migrate()
        assert database.migrate_work()
        yield database


def _shop(database: Database, url: str) -> Shop:
    return Shop(database, Settings(database_url=url, time_zone="UTC"))


def _fill(database: Database, url: str, blocks: int) -> None:
    """Activities in so many blocks of keys, a few in each."""
    for block in range(blocks):
        run_sql(url, f"ALTER SEQUENCE activities_key_seq RESTART WITH {block * BATCH + 1}")
        for number in range(3):
            name = f"{block}-{number}"
            tell(
                database,
                an_opportunity(id=f"o{name}"),
                an_activity(date(2026, 2, 1), f"call {name}", id=name, opportunity_id=f"o{name}"),
            )


class _Process:
    """A worker in a process of its own: signs of life every half second, dead after two."""

    def __init__(self, url: str, seconds: float) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith("AUDITOR_")}
        env["PYTHONPATH"] = str(Path(__file__).parents[2])
        self.lines: list[str] = []
        self.popen = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, url, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout:
            for line in self.popen.stdout:
                self.lines.append(line.strip())

    @property
    def judged(self) -> list[str]:
        return [line.split()[1] for line in self.lines if line.startswith("judging")]

    def end(self, number: int = signal.SIGKILL) -> None:
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        self.popen.wait(20)
        self._reader.join(5)


@pytest.mark.slow
def test_of_two_workers_one_is_killed_and_nothing_is_lost_or_done_twice(
    database: Database, url: str
) -> None:
    _fill(database, url, 4)
    first, second = _Process(url, 1.0), _Process(url, 1.0)
    try:
        wait_for(lambda: first.judged and second.judged, 90)
        first.end(signal.SIGKILL)  # in the middle of a batch
        wait_for(lambda: rows(url, "SELECT count(*) AS n FROM verdicts") == [{"n": 12}], 60)
        taken_over = set(first.judged[-1:]) & set(second.judged)
    finally:
        first.end()
        second.end()
    assert taken_over, "the second worker did what the first one left"
    held = rows(url, "SELECT activity_key, count(*) AS n FROM verdicts GROUP BY activity_key")
    assert len(held) == 12
    assert {r["n"] for r in held} == {1}
    whole = [name for name in first.judged[:-1] if name in second.judged]
    assert whole == [], "what the first one had done was not judged again"
    assert rows(url, "SELECT 1 AS x FROM failures WHERE state = 'dead'") == []


def test_an_existing_import_is_judged_by_the_same_jobs_and_goes_on_where_it_was(
    database: Database, url: str
) -> None:
    _fill(database, url, 3)
    judge_due(database, RULES, POLICY, block=1)
    Worker(_shop(database, url), concurrency=2).drain()
    assert count_due(database, POLICY) == 0
    assert rows(url, "SELECT count(*) AS n FROM verdicts") == [{"n": 9}]
    assert rows(url, "SELECT count(*) AS n FROM note_vectors") == [{"n": 9}]
    assert rows(url, "SELECT count(*) AS n FROM procrastinate_jobs WHERE status = 'failed'") == [
        {"n": 0}
    ]


def test_a_server_beside_workers_hands_work_on_at_once(database: Database, url: str) -> None:
    worker = Worker(_shop(database, url), concurrency=1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    loop = HandingOn(url)
    loop.start()
    try:
        _fill(database, url, 1)
        started = time.monotonic()
        loop.wake()
        wait_for(lambda: count_due(database, POLICY) == 0, 20)
        assert time.monotonic() - started < 20
        wait_for(lambda: rows(url, "SELECT count(*) AS n FROM note_vectors") == [{"n": 3}], 20)
        assert loop.is_alive
    finally:
        loop.stop()
        worker.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert not loop.is_alive


def test_a_worker_outlives_the_loss_of_its_connections(database: Database, url: str) -> None:
    worker = Worker(_shop(database, url), concurrency=1)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        time.sleep(1.0)
        run_sql(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        _fill(database, url, 1)
        _wake(url)
        wait_for(lambda: count_due(database, POLICY) == 0, 60)
    finally:
        worker.stop()
        thread.join(30)
    assert not thread.is_alive()


def _wake(url: str) -> None:
    loop = HandingOn(url)
    loop.start()
    loop.wake()
    time.sleep(1.0)
    loop.stop()


def test_a_digest_goes_out_once_however_many_workers_look(database: Database, url: str) -> None:
    today = datetime.now(UTC)
    monday = today.date() - timedelta(days=today.weekday())
    with mail_server() as (inbox, port):
        fill(database, until=monday)
        add_supervisor(
            database,
            since=monday - timedelta(days=30),
            digest_day=0,
            digest_hour=0,
        )
        shop = make_shop(database, port, database_url=url)
        workers = [Worker(shop, concurrency=1) for _ in range(3)]
        threads = [threading.Thread(target=w.send_digests) for w in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(inbox.kept) == 1


def test_without_its_tables_a_worker_says_what_to_do(postgres: str) -> None:
    _run(postgres, "CREATE DATABASE bare_of_work")
    url = postgres.replace("/postgres?", "/bare_of_work?", 1)
    with open_database(url) as database:
        database.migrate()
        with pytest.raises(StorageError, match="auditor migrate"):
            Worker(_shop(database, url), concurrency=1).run()
        assert database.migrate_work()
        assert not database.migrate_work(), "once is enough"
