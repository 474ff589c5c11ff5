"""Threads of a process write to SQLite one after another, the urgent first."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from auditor.errors import StorageError
from auditor.storage import database as database_module
from auditor.storage import open_database
from auditor.storage.turns import Turns, TurnTimeout


def test_what_is_urgent_goes_before_what_waited_longer() -> None:
    turns = Turns(20)
    order: list[str] = []
    waiting = threading.Barrier(3)

    def write(name: str, *, is_urgent: bool) -> None:
        waiting.wait(20)
        with turns.turn(is_urgent=is_urgent):
            order.append(name)

    threads = [
        threading.Thread(target=write, args=(name,), kwargs={"is_urgent": name == "delivery"})
        for name in ("background", "delivery")
    ]
    with turns.turn(is_urgent=False):
        assert not turns.was_urgent(20)
        for thread in threads:
            thread.start()
        waiting.wait(20)
        while turns.waiting < 2:
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join(20)
    assert order == ["delivery", "background"]
    assert turns.was_urgent(20)


def test_a_turn_that_does_not_come_is_an_error_and_frees_the_queue() -> None:
    turns = Turns(0.01)
    with turns.turn(is_urgent=False), pytest.raises(TurnTimeout), turns.turn(is_urgent=True):
        pass
    with turns.turn(is_urgent=False):
        pass


def test_the_database_says_so_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.01)
    with open_database(f"sqlite:///{tmp_path / 'auditor.db'}") as database:
        with database.begin(), pytest.raises(StorageError, match="writing"), database.begin():
            pass
        with database.begin():
            pass
