"""Deliveries share transactions on both databases, and no failure leaves one without an answer."""

from __future__ import annotations

import asyncio

import pytest

from api.webhooks.committing import Committer
from auditor.errors import StorageError
from auditor.storage import Database
from auditor.storage.events import ReceivedEvent
from tests.storage.conftest import (
    bare,
    database,
    migrated_database,
    migrated_file,
    postgres,
    url,
)

__all__ = ["bare", "database", "migrated_database", "migrated_file", "postgres", "url"]


def event(number: int, source: str = "standard") -> ReceivedEvent:
    return ReceivedEvent(source, "record", "{}", f"k{number}", origin="standard")


def keep_all(committer: Committer, *groups: list[ReceivedEvent]) -> list[object]:
    async def run() -> list[object]:
        return await asyncio.gather(*(committer.keep(g) for g in groups), return_exceptions=True)

    return asyncio.run(run())


def test_new_and_known_events_are_counted_by_source(database: Database) -> None:
    told: list[tuple[str, int, int]] = []
    woken: list[bool] = []
    committer = Committer(
        database, on_kept=lambda *counts: told.append(counts), wake=lambda: woken.append(True)
    )
    assert keep_all(committer, [event(1), event(2)], [event(3, "erp")]) == [None, None]
    assert keep_all(committer, [event(2), event(4), event(4)]) == [None]
    sums = {s: [sum(c[i] for c in told if c[0] == s) for i in (1, 2)] for s in ("standard", "erp")}
    assert sums == {"standard": [3, 2], "erp": [1, 0]}
    assert woken
    with database.read() as unit:
        assert set(unit.events.keys().values()) == {1}


def test_a_failure_answers_all_who_wait_and_the_next_ones_are_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> None:
        raise StorageError("away")

    def counts_badly(*_: object) -> None:
        raise ValueError("a counter can't go back")

    committer = Committer(database, on_kept=counts_badly, wake=lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(database, "begin", fails)
        answers = keep_all(committer, [event(1)], [event(2)])
        assert [type(answer) for answer in answers] == [StorageError, StorageError]
    assert keep_all(committer, [event(3)]) == [None]
    assert keep_all(committer, [event(4)]) == [None]
    with database.read() as unit:
        assert unit.events.count_pending() == 2
