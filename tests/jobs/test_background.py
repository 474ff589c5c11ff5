"""The background loop handles what it is woken for, outlives trouble, and stops cleanly."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import pytest

from auditor.errors import StorageError
from auditor.jobs.background import Background, Step
from auditor.jobs.due import count_due
from auditor.jobs.loops import make_loop
from auditor.settings import Settings
from auditor.storage import Database
from tests.builders import an_activity, an_opportunity
from tests.jobs.mailing import Shop, wait_for
from tests.storage.making import POLICY, rows, tell


def _shop(database: Database, **settings: Any) -> Shop:
    return Shop(database, Settings(time_zone="UTC", **settings))


def _tell_one(database: Database) -> None:
    tell(database, an_opportunity(), an_activity(date(2026, 2, 1), "They signed with Brandt."))


def test_it_judges_what_comes_in_when_it_is_woken(database: Database, url: str) -> None:
    loop = Background(_shop(database), looks_every=3600)
    loop.start()
    try:
        wait_for(lambda: loop.worked_at is not None)
        _tell_one(database)
        loop.wake()
        wait_for(lambda: rows(url, "SELECT 1 AS x FROM verdicts"))
        assert count_due(database, POLICY) == 0
    finally:
        loop.stop()
    assert not loop.is_alive


def test_it_looks_by_itself_now_and_then(database: Database, url: str) -> None:
    loop = Background(_shop(database), looks_every=0.05)
    loop.start()
    try:
        wait_for(lambda: loop.worked_at is not None)
        _tell_one(database)
        wait_for(lambda: rows(url, "SELECT 1 AS x FROM verdicts"))
    finally:
        loop.stop()


class _Flaky:
    """A step that fails so many times."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.left, self.ran = error, times, 0

    def run(self) -> None:
        self.ran += 1
        if self.left:
            self.left -= 1
            raise self.error


@pytest.mark.parametrize(
    "error", [StorageError("database x: gone"), ValueError("secret words of a note")]
)
def test_a_step_that_fails_keeps_no_other_from_going_on_and_is_tried_again(
    database: Database, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    flaky, other = _Flaky(error, 1), _Flaky(error, 0)
    steps = [Step("flaky", flaky.run), Step("other", other.run)]
    loop = Background(_shop(database), looks_every=0.05, steps=steps)
    loop.start()
    try:
        wait_for(lambda: other.ran >= 1)
        assert "flaky" in loop.problems
        assert "secret" not in loop.problems["flaky"]
        wait_for(lambda: loop.worked_at is not None)
        assert loop.problems == {}
    finally:
        loop.stop()
    assert "flaky goes on" in caplog.text or flaky.ran > 1


def test_being_woken_does_not_make_it_spin_while_the_database_is_away(database: Database) -> None:
    flaky = _Flaky(StorageError("database x: gone"), 1_000)
    loop = Background(_shop(database), steps=[Step("flaky", flaky.run)])
    loop.start()
    try:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            loop.wake()
            time.sleep(0.01)
        assert flaky.ran <= 2
    finally:
        loop.stop()
    assert not loop.is_alive


def test_stopping_waits_for_the_step_under_way(database: Database) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        time.sleep(0.2)
        ended.set()

    loop = Background(_shop(database), steps=[Step("slow", slow)])
    loop.start()
    assert begun.wait(10)
    loop.stop()
    assert ended.is_set()
    assert not loop.is_alive


def test_a_server_without_background_work_hands_on_where_there_are_workers(
    database: Database, url: str
) -> None:
    assert isinstance(make_loop(_shop(database)), Background)
    loop = make_loop(_shop(database, background=False, database_url=url))
    assert (loop is None) == (database.dialect == "sqlite")
