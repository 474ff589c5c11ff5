"""Events are taken in, tried again, given up and requeued; on SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auditor.jobs import events as events_job
from auditor.jobs.events import WAITS, EventHandler
from auditor.settings import Settings
from auditor.storage import Database
from auditor.storage.events import EventState, ReceivedEvent, StoredEvent
from auditor.webhook_settings import WebhookSettings
from tests.api.webhooks.sending import SETTINGS, pipedrive
from tests.builders import a_pending, an_activity, an_opportunity
from tests.jobs.hubspot_api import TOKEN, FakeHubSpot, hubspot_running
from tests.storage.making import judge_all, only_open, rows, tell

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


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
    handler = EventHandler(database, settings, now=clock)
    yield handler
    handler.close()


def receive(database: Database, origin: str, *payloads: Any, source: str | None = None) -> None:
    events = [
        ReceivedEvent(
            source or origin,
            "event",
            p if isinstance(p, str) else json.dumps(p),
            dedup_key=f"{origin}-{n}-{hash(str(p))}",
            origin=origin,
        )
        for n, p in enumerate(payloads)
    ]
    with database.begin() as unit:
        unit.events.receive(events, received_at=NOW)


def stored(database: Database) -> list[StoredEvent]:
    with database.read() as unit:
        return unit.events.listed(state=None, limit=100)[::-1]


def message(sort: str, minute: int, **data: Any) -> dict[str, Any]:
    at = NOW - timedelta(days=2) + timedelta(minutes=minute)
    return {"type": sort, "timestamp": at.isoformat(), "data": data}


def test_messages_become_an_opportunity_with_its_activities_and_are_judged(
    database: Database, handler: EventHandler
) -> None:
    receive(
        database,
        "standard",
        message("opportunity.changed", 0, id="o1", name="Marsh racking", owner="Dana"),
        message(
            "activity.changed", 1, id="a1", opportunity_id="o1", kind="call",
            text="<p>Call back <s>soon</s> in three months</p>",
            occurred_at="2026-03-27T10:00:00",
        ),
        message("activity.changed", 2, id="t1", opportunity_id="o1", is_done=False,
                subject="Call back", due_on="2026-06-30"),
    )  # fmt: skip
    assert handler.run().done == 3
    opportunity = only_open(database).opportunity
    assert (opportunity.name, opportunity.owner) == ("Marsh racking", "Dana")
    assert opportunity.next_activity is not None
    assert opportunity.next_activity.due_on == date(2026, 6, 30)
    assert judge_all(database) == 1
    assert judge_all(database) == 0
    assert handler.run().all == 0


def test_a_record_of_the_codebook_is_judged_with_its_own_history(
    database: Database, handler: EventHandler
) -> None:
    record = {
        "id": "r1",
        "opportunity": {"id": "o1", "stage": "Lead"},
        "activity": {"occurred_at": "2026-03-02T10:00:00", "text": "No answer", "kind": "call"},
        "history": [{"kind": "call", "occurred_at": "2026-02-02T10:00:00", "text": "No answer"}],
    }
    receive(database, "standard", {"type": "record", "data": record})
    assert handler.run().done == 1
    assert only_open(database).opportunity.stage == "Lead"
    with database.read() as unit:
        [due] = unit.activities.due("none", after=0, limit=10, history_limit=12)
    assert [past.text for past in due.record.history] == ["No answer"]
    assert judge_all(database) == 1


def test_pipedrives_activity_comes_and_goes(
    database: Database, handler: EventHandler, url: str
) -> None:
    def activity(key: str, at: str, **data: Any) -> str:
        told = {"id": 9, "deal_id": 5, "type": "call", "subject": "Ring", "owner_id": 7} | data
        return pipedrive("activity", 9, told, key=key, at=at).decode()

    gone = pipedrive("activity", 9, None, key="d", at="2026-03-29T10:00:00Z", action="delete")
    receive(
        database,
        "pipedrive",
        gone.decode(),
        activity("b", "2026-03-28T10:00:00Z", done=True, note="Will think about it"),
        activity("a", "2026-03-27T10:00:00Z", done=False, due_date="2026-03-28"),
    )
    assert handler.run().done == 3
    assert rows(url, "SELECT id FROM activities WHERE deleted_at IS NULL") == []
    assert judge_all(database) == 0
    late = activity("c", "2026-03-30T10:00:00Z", done=True, note="Restored")
    receive(database, "pipedrive", late)
    handler.run()
    [row] = rows(url, "SELECT text, opportunity_key FROM activities WHERE deleted_at IS NULL")
    assert row["text"] == "Restored"
    assert row["opportunity_key"] is not None


def test_a_deleted_opportunity_leaves_the_docket_and_comes_back(
    database: Database, handler: EventHandler
) -> None:
    receive(database, "standard", message("opportunity.changed", 0, id="o1", name="A"))
    handler.run()
    receive(database, "standard", message("opportunity.deleted", 1, id="o1"))
    handler.run()
    with database.read() as unit:
        assert list(unit.opportunities.open_ones(10)) == []
    receive(database, "standard", message("opportunity.changed", 2, id="o1", name="A"))
    handler.run()
    assert only_open(database).opportunity.name == "A"


def test_what_an_import_told_stays_until_events_tell_otherwise(
    database: Database, handler: EventHandler
) -> None:
    deal = an_opportunity(
        id="o1",
        account="Marsh",
        next_activity=a_pending(date(2026, 4, 1), "Send quote"),
        next_activity_known=True,
    )
    tell(database, deal, an_activity(date(2026, 3, 1), "Old", id="a0", opportunity_id="o1"),
         source="standard")  # fmt: skip
    task = message("activity.changed", 1, id="t", opportunity_id="o1", is_done=False,
                   subject="Call", due_on="2026-05-01")  # fmt: skip
    receive(database, "standard", task)
    handler.run()
    opportunity = only_open(database).opportunity
    assert opportunity.account == "Marsh"
    assert opportunity.next_activity is not None
    assert opportunity.next_activity.subject == "Send quote"
    done = message("activity.changed", 2, id="q", opportunity_id="o1", is_done=True,
                   subject="Send quote", text="Sent")  # fmt: skip
    opened = message("activity.changed", 0, id="q", opportunity_id="o1", is_done=False,
                     subject="Send quote", due_on="2026-04-01")  # fmt: skip
    receive(database, "standard", done, opened)
    handler.run()
    opportunity = only_open(database).opportunity
    assert opportunity.next_activity is not None
    assert opportunity.next_activity.subject == "Call"


def test_what_can_not_be_read_is_dead_with_the_reason_and_nothing_else_waits(
    database: Database, handler: EventHandler
) -> None:
    secret = message("activity.changed", 0, id="a1", text="private matter", occurred_at="nonsense")
    receive(
        database, "standard", secret, message("contact.changed", 0, id=1),
        message("activity.changed", 1, id="a2", text="Fine"),
    )  # fmt: skip
    handled = handler.run()
    assert (handled.dead, handled.ignored, handled.done) == (1, 1, 1)
    dead, ignored, done = stored(database)
    assert (dead.state, ignored.state, done.state) == ("dead", "ignored", "done")
    assert "occurred_at" in (dead.error or "")
    assert "private" not in (dead.error or "")
    with database.begin() as unit:
        assert unit.events.requeue() == 1
    assert handler.run().dead == 1
    with database.begin() as unit:
        assert unit.events.requeue([ignored.key, done.key]) == 1


def test_one_event_that_breaks_the_taking_in_is_found_out_and_tried_later(
    database: Database, handler: EventHandler, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brittle(unit: Any, changes: Any, **options: Any) -> Any:
        if any(change.id == "bad" for change in changes):
            raise RuntimeError("a bug")
        return real(unit, changes, **options)

    real = events_job.take_changes
    receive(
        database, "standard",
        *(message("activity.changed", n, id=i, text="x") for n, i in enumerate(["a", "bad", "c"])),
    )  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(events_job, "take_changes", brittle)
        handled = handler.run()
        assert (handled.done, handled.failed) == (2, 1)
        for wait in WAITS:
            assert handler.run().all == 0
            clock.now += wait
            handled = handler.run()
            assert handled.all == 1
        assert handled.dead == 1
    bad = stored(database)[1]
    assert (bad.state, bad.attempts) == (EventState.DEAD, len(WAITS) + 1)
    assert bad.error == "unexpected RuntimeError; please report it"
    with database.begin() as unit:
        unit.events.requeue()
    assert handler.run().done == 1


def deal_event(identity: int, sort: str = "deal.propertyChange") -> dict[str, Any]:
    at = int((NOW - timedelta(minutes=5)).timestamp() * 1000)
    return {"subscriptionType": sort, "objectId": identity, "occurredAt": at}


def test_hubspots_records_are_read_back_kept_and_taken_in(
    database: Database, handler: EventHandler, hubspot: FakeHubSpot
) -> None:
    hubspot.put(
        "deals", "5", "2026-03-30T10:00:00Z", dealname="Racking", dealstage="s1", amount="1200.50",
        hubspot_owner_id="71", hs_is_closed="false",
    )  # fmt: skip
    hubspot.put(
        "notes", "8", "2026-03-30T10:01:00Z", 5, hs_note_body="<p>Call in May</p>",
        hs_timestamp="2026-03-29T09:00:00Z", hubspot_owner_id="71",
    )  # fmt: skip
    hubspot.put(
        "tasks", "9", "2026-03-30T10:02:00Z", 5, hs_task_subject="Ring",
        hs_task_status="NOT_STARTED", hs_timestamp="2026-05-04T22:30:00Z",
    )  # fmt: skip
    events = [
        deal_event(5),
        deal_event(5, "deal.creation"),
        deal_event(8, "note.creation"),
        deal_event(9, "task.creation"),
        deal_event(3, "contact.creation"),
    ]
    receive(database, "hubspot", *events, source="hs")
    handled = handler.run()
    assert (handled.done, handled.ignored) == (4, 1)
    opportunity = only_open(database).opportunity
    assert (opportunity.name, opportunity.stage) == ("Racking", "Proposal")
    assert (opportunity.owner, opportunity.team) == ("Dana Cole", "North")
    assert opportunity.next_activity is not None
    assert opportunity.next_activity.due_on == date(2026, 5, 4)
    assert judge_all(database) == 1
    reads = [body for _, path, body in hubspot.asked if path.endswith("deals/batch/read")]
    assert reads[0]["inputs"] == [{"id": "5"}]
    assert [e.kind for e in stored(database) if e.kind.startswith("record.")] == [
        "record.deals", "record.notes", "record.tasks",
    ]  # fmt: skip


def test_a_record_that_hubspot_does_not_have_any_more_is_gone(
    database: Database, handler: EventHandler, hubspot: FakeHubSpot, clock: Clock
) -> None:
    hubspot.put("deals", "5", "2026-03-30T10:00:00Z", dealname="Racking")
    receive(database, "hubspot", deal_event(5), source="hs")
    handler.run()
    hubspot.objects.clear()
    clock.now += timedelta(minutes=1)
    receive(database, "hubspot", deal_event(5, "deal.creation"), source="hs")
    assert handler.run().done == 1
    with database.read() as unit:
        assert list(unit.opportunities.open_ones(10)) == []


def test_when_hubspot_limits_us_events_wait_as_long_as_it_asks(
    database: Database, handler: EventHandler, hubspot: FakeHubSpot, clock: Clock
) -> None:
    hubspot.put("deals", "5", "2026-03-30T10:00:00Z", dealname="Racking")
    hubspot.trouble = [(429, {"Retry-After": "120"})]
    receive(database, "hubspot", deal_event(5), source="hs")
    assert handler.run().failed == 1
    [event] = stored(database)
    assert event.next_at == NOW + timedelta(seconds=120)
    assert "429" in (event.error or "")
    clock.now += timedelta(seconds=121)
    hubspot.trouble = [(503, {"Retry-After": "0"})]
    assert handler.run().done == 1


def test_a_token_that_hubspot_refuses_is_said_and_nothing_is_lost(
    database: Database, handler: EventHandler, hubspot: FakeHubSpot
) -> None:
    hubspot.trouble = [(401, {})]
    receive(database, "hubspot", deal_event(5), source="hs")
    assert handler.run().failed == 1
    [event] = stored(database)
    assert "webhooks.hubspot.token" in (event.error or "")
    assert TOKEN not in (event.error or "")


def test_redirects_of_hubspots_api_are_not_followed(
    database: Database, handler: EventHandler, hubspot: FakeHubSpot
) -> None:
    hubspot.trouble = [(302, {"Location": "http://169.254.169.254/latest/meta-data"})]
    receive(database, "hubspot", deal_event(5), source="hs")
    assert handler.run().failed == 1
    assert len(hubspot.asked) == 1


def test_only_hubspots_own_address_or_this_machine_can_be_set() -> None:
    for address in ("http://169.254.169.254", "https://api.hubapi.com.evil.example", "file:///etc"):
        with pytest.raises(ValueError, match="api_url"):
            WebhookSettings.model_validate({"hubspot": {"api_url": address}})
