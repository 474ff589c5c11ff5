"""New notes are in the search before anybody asks, a few at a time, on both databases."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.jobs import tending
from auditor.jobs.background import Background
from auditor.jobs.searching import Searcher
from auditor.jobs.tending import Tender
from auditor.settings import Settings
from auditor.storage import Database
from tests.builders import an_activity, an_opportunity
from tests.jobs.mailing import Shop, wait_for
from tests.jobs.test_searching import ByTopic
from tests.storage.making import tell


@pytest.fixture
def shop(database: Database) -> Shop:
    for number in range(7):
        note = an_activity(date(2026, 2, 1), f"No money, call {number}", id=f"a{number}")
        tell(database, an_opportunity(), note)
    return Shop(database, Settings(time_zone="UTC"))


def _missing(searcher: Searcher, shop: Shop) -> int:
    with shop.database.read() as unit:
        return unit.note_vectors.count_missing(searcher.model)


def test_a_turn_is_bounded_and_the_next_one_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tending, "_EMBEDDED_AT_ONCE", 2)
    searcher = Searcher(shop.database, ByTopic())
    tender = Tender(shop, searcher=searcher)
    assert tender.count_unembedded() == 7
    assert tender.embed(most=3) == 3
    assert tender.embed(lambda: True) == 0
    ticks: list[int] = []
    assert tender.embed(on_done=ticks.append) == 4
    assert ticks == [2, 2]
    assert tender.embed() == tender.count_unembedded() == 0


def test_the_background_takes_in_what_it_judged_without_being_woken_for_each_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.jobs.background.EMBEDDED", 3)
    searcher = Searcher(shop.database, ByTopic())
    loop = Background(shop, looks_every=3600, searcher=searcher)
    loop.start()
    try:
        wait_for(lambda: _missing(searcher, shop) == 0)
    finally:
        loop.stop()
    assert loop.problems == {}
