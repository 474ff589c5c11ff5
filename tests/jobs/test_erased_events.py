"""An erased person whom a webhook names again is left out, and the raw body is emptied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auditor.jobs import events as events_job
from auditor.jobs.deciding import Caller
from auditor.jobs.erasing import erase
from auditor.jobs.events import EventHandler
from auditor.settings import Settings
from auditor.storage import Database
from auditor.webhook_settings import WebhookSettings
from tests.api.webhooks.sending import SETTINGS, notification, soap
from tests.jobs.hubspot_api import TOKEN, FakeHubSpot, hubspot_running
from tests.jobs.test_events import NOW, Clock, deal_event, message, receive, stored
from tests.storage.making import rows

LEE = {"name": "Lee O'Brien-Marsh", "role": "buyer", "email": "Lee.Marsh@Example.com"}
_WORDS = ("lee.marsh", "brien", "plums")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with hubspot_running() as fake:
        yield fake


@pytest.fixture
def handler(database: Database, clock: Clock, hubspot: FakeHubSpot) -> Iterator[EventHandler]:
    told = SETTINGS | {
        "hubspot": {"secret": "x", "token": TOKEN, "api_url": hubspot.address, "source": "hs"}
    }
    settings = Settings(
        webhooks=WebhookSettings.model_validate(told), time_zone="UTC", classifier="rules"
    )
    made = EventHandler(database, settings, now=clock)
    yield made
    made.close()


def _talk(minute: int, identity: str = "a1", **told: Any) -> dict[str, Any]:
    told = {"text": "Lee wants plums.", "kind": "call", "participants": [LEE]} | told
    return message("activity.changed", minute, id=identity, opportunity_id="o1", **told)


@pytest.fixture
def erased(database: Database, handler: EventHandler) -> EventHandler:
    """A handler of a database in which Lee took part in a call, and was erased."""
    receive(
        database, "standard", message("opportunity.changed", 0, id="o1", name="Racking"), _talk(1)
    )
    assert handler.run().done == 2
    erase(database, "lee.marsh@example.com", Caller("cli"))
    return handler


def _held(url: str) -> str:
    tables = ("inbound", "crm_records", "activities", "opportunities")
    return repr([rows(url, f"SELECT * FROM {t}") for t in tables]).casefold()  # noqa: S608 - ours


def test_a_body_that_names_them_again_is_emptied_and_the_record_taken_in_without_them(
    database: Database, erased: EventHandler, url: str
) -> None:
    assert not [w for w in _WORDS if w in _held(url)]
    receive(
        database,
        "standard",
        _talk(2),  # the same talk again
        _talk(3, "a2", text="Ann says Lee O’Brien-Marsh is away; Lee likes it", participants=[]),
        _talk(4, "a3", text="Ann wants oats.", participants=[]),
        message("contact.changed", 5, first="Lee", last="O'Brien-Marsh"),
        message("opportunity.changed", 6, id="o1", name="Racking for Lee O'Brien-Marsh"),
    )
    handled = erased.run()
    assert (handled.done, handled.ignored) == (4, 1)
    assert not [w for w in _WORDS if w in _held(url)]
    bodies = [e.payload for e in stored(database)][2:]
    assert [bool(body) for body in bodies] == [False, False, True, False, False]
    texts = {r["id"]: r["text"] for r in rows(url, "SELECT id, text FROM activities")}
    assert texts["a2"] == "Ann says [erased] is away; [erased] likes it"
    assert texts["a3"] == "Ann wants oats."
    assert "plums" not in texts["a1"]


def test_a_body_waits_for_the_last_try_and_is_emptied_when_it_is_dead(
    database: Database, erased: EventHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    receive(database, "standard", _talk(2), message("activity.changed", 3, id=[LEE["email"]]))
    with monkeypatch.context() as patched:
        patched.setattr(events_job, "take_changes", broken)
        handled = erased.run()
    assert (handled.failed, handled.dead) == (1, 1)
    waiting, dead = stored(database)[2:]
    assert "plums" in waiting.payload
    assert (dead.state, dead.payload) == ("dead", "")
    clock.now = NOW.replace(day=31)
    assert erased.run().done == 1
    assert stored(database)[2].payload == ""


def test_escapes_tags_and_fields_hide_nobody(database: Database, erased: EventHandler) -> None:
    escaped = json.dumps(message("contact.changed", 2, bio="<p>Lee <b>O’Brien</b> Marsh</p>"))
    assert "\\u2019" in escaped
    fields = {"FirstName": "Lee", "LastName": "O&apos;Brien-Marsh"}
    others = {"FirstName": "Ann", "LastName": "O&apos;Brien-Marsh"}
    receive(database, "standard", escaped)
    receive(
        database,
        "salesforce",
        soap(notification("1", "Contact", **fields)).decode(),
        soap(notification("2", "Contact", **others)).decode(),
    )
    assert erased.run().all == 3
    assert [bool(e.payload) for e in stored(database)[2:]] == [False, False, True]


def test_a_record_read_from_hubspot_is_kept_without_its_body(
    database: Database, erased: EventHandler, hubspot: FakeHubSpot, url: str
) -> None:
    hubspot.put("deals", "5", "2026-03-30T10:00:00Z", dealname="Plums for Lee O'Brien-Marsh")
    hubspot.put("deals", "6", "2026-03-30T10:00:00Z", dealname="Oats")
    receive(database, "hubspot", deal_event(5), deal_event(6), source="hs")
    assert erased.run().done == 2
    assert "brien" not in _held(url)
    kept = {e.external_id: e.payload for e in stored(database) if e.kind.startswith("record.")}
    assert kept["5"] == ""
    assert "Oats" in kept["6"]
    receive(database, "hubspot", deal_event(5, "deal.creation"), source="hs")
    assert erased.run().done == 1
    assert len([e for e in stored(database) if e.kind.startswith("record.")]) == 2


def test_what_is_told_later_of_their_opportunity_leaves_the_erased_talk_as_it_is(
    database: Database, erased: EventHandler, url: str
) -> None:
    query = "SELECT key, id, text, content_hash, deleted_at FROM activities WHERE id = 'a1'"
    before = rows(url, query)
    receive(database, "standard", message("opportunity.changed", 9, id="o1", stage="Proposal"))
    assert erased.run().done == 1
    assert rows(url, query) == before
    assert before[0]["deleted_at"] is None
