"""Events of each sender become changes of records, in the auditor's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.intake.crm.changes import Change, PayloadError, RecordKind
from auditor.intake.crm.close import read_close
from auditor.intake.crm.events import Event, Names
from auditor.intake.crm.hubspot import read_named, read_record
from auditor.intake.crm.messages import read_message
from auditor.intake.crm.pipedrive import read_pipedrive
from auditor.intake.crm.salesforce import parse_xml, read_outbound
from tests.api.webhooks.sending import notification, pipedrive

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
NAMES = Names({"7": "Dana"}, {"Dana": "North"}, {"3": "Proposal"})
SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "webhooks"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def event(payload: Any, kind: str = "event") -> Event:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return Event(kind, "e1", text, NOW)


def only(changes: tuple[Change, ...]) -> Change:
    [change] = changes
    return change


def sample(name: str) -> Any:
    file = SAMPLES / name
    if not file.exists():
        pytest.skip("the vendors' samples are not here")
    return json.loads(file.read_text(encoding="utf-8"))


def test_a_pipedrive_deal_has_names_for_its_ids() -> None:
    data = {
        "id": 5,
        "title": "Racking",
        "stage_id": 3,
        "value": 1200.5,
        "currency": "EUR",
        "status": "lost",
        "lost_reason": "price",
        "owner_id": 7,
        "probability": 40,
        "close_time": "2026-03-28 09:00:00",
        "stage_change_time": "2026-03-20 09:00:00",
        "expected_close_date": None,
    }
    body = pipedrive("deal", 5, data, key="k", at="2026-03-29T10:00:00Z").decode()
    change = only(read_pipedrive(event(body), NAMES).changes)
    assert (change.kind, change.id, change.is_deleted) == (RecordKind.OPPORTUNITY, "5", False)
    assert change.at == datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert change.told == {
        "name": "Racking",
        "stage": "Proposal",
        "value": "1200.5",
        "currency": "EUR",
        "status": "lost",
        "lost_reason": "price",
        "owner": "Dana",
        "team": "North",
        "probability": 0.4,
        "closed_on": "2026-03-28",
        "stage_entered_on": "2026-03-20",
        "expected_close_on": None,
    }


def test_a_pipedrive_activity_is_open_until_it_is_done() -> None:
    data = {
        "id": 9, "deal_id": 5, "type": "call", "subject": "Ring Lee", "due_date": "2026-04-01",
        "due_time": "23:30", "done": False, "note": "<p>Budget?</p>", "owner_id": 7,
    }  # fmt: skip
    body = pipedrive("activity", 9, data, key="k", at="1774864800").decode()
    told = only(read_pipedrive(event(body), NAMES).changes).told
    assert (told["is_done"], told["due_on"], told["kind"]) == (False, "2026-04-01", "call")
    assert told["text"] == "<p>Budget?</p>"
    assert "occurred_at" not in told
    data |= {"done": True, "marked_as_done_time": "2026-03-30 08:15:00"}
    body = pipedrive("activity", 9, data, key="k2", at="1774864801").decode()
    told = only(read_pipedrive(event(body), NAMES).changes).told
    assert (told["is_done"], told["occurred_at"]) == (True, "2026-03-30T08:15:00Z")


def test_pipedrives_older_events_and_deletions_are_read() -> None:
    old = {
        "v": 1,
        "meta": {"action": "updated", "object": "deal", "id": 5, "timestamp": 1774864800},
        "current": {"id": 5, "title": "Racking", "status": "open", "stage_id": 3},
    }
    assert only(read_pipedrive(event(old), NAMES).changes).told["name"] == "Racking"
    gone = pipedrive("activity", 9, None, key="k", at="2026-03-29T10:00:00Z", action="delete")
    change = only(read_pipedrive(event(gone.decode()), NAMES).changes)
    assert (change.id, change.is_deleted) == ("9", True)
    person = pipedrive("person", 9, {}, key="k", at="2026-03-29T10:00:00Z")
    assert read_pipedrive(event(person.decode()), NAMES).ignored == "not a deal or an activity"


def test_recorded_pipedrive_objects_are_read() -> None:
    for name, entity in (
        ("pipedrive_create_activity_exchange.json", "activity"),
        ("pipedrive_update_deal_v1_exchange.json", "deal"),
    ):
        data = sample(name)[0]["response"]["data"]
        body = pipedrive(entity, data["id"], data, key="k", at="2026-05-16T10:00:00Z").decode()
        late = Event("e", "e1", body, datetime(2026, 6, 1, tzinfo=UTC))
        assert only(read_pipedrive(late, Names()).changes).told["owner"] == "Nango"


def test_a_salesforce_task_keeps_its_day_and_takes_opportunities_only() -> None:
    text = notification(
        "04l1",
        "Task",
        Id="00T5Y00000AbCdE",
        Subject="Call",
        Description="Call back &amp; ask",
        Status="Completed",
        ActivityDate="2026-03-28",
        CreatedDate="2026-03-28T23:59:00.000Z",
        SystemModstamp="2026-03-29T00:10:00.000+0000",
        CallDisposition="No answer",
        CallDurationInSeconds="62",
        WhatId="0065Y00001Suvw6",
        OwnerId="7",
    ).replace("<Notification>", f"<Notification {XSI}>")
    change = only(read_outbound(event(text, "outbound.Task"), NAMES).changes)
    assert change.id == "00T5Y00000AbCdEUAV" or len(change.id) in (15, 18)
    assert change.told["opportunity_id"] == "0065Y00001Suvw6QAB"
    assert (change.told["is_done"], change.told["due_on"]) == (True, "2026-03-28")
    assert change.told["text"] == "Call back & ask"
    assert change.told["occurred_at"] == "2026-03-28T23:59:00Z"
    assert change.at == datetime(2026, 3, 29, 0, 10, tzinfo=UTC)
    account = text.replace("0065Y00001Suvw6", "0015Y00001Suvw6")
    assert only(read_outbound(event(account), NAMES).changes).told["opportunity_id"] is None


def test_a_salesforce_opportunity_tells_only_what_the_message_carries() -> None:
    text = notification(
        "04l1", "Opportunity", Id="0065Y00001Suvw6QAB", Name="Test", StageName="Closed Won",
        CloseDate="2026-03-01", Amount="142000.0",
    ).replace("<Notification>", f"<Notification {XSI}>")  # fmt: skip
    told = only(read_outbound(event(text), Names()).changes).told
    assert told == {
        "name": "Test",
        "value": "142000.0",
        "stage": "Closed Won",
        "status": "won",
        "closed_on": "2026-03-01",
    }
    lead = text.replace("sf:Opportunity", "sf:Lead")
    assert read_outbound(event(lead), Names()).ignored is not None


def test_the_recorded_outbound_message_is_read() -> None:
    file = SAMPLES / "salesforce_outbound_message_opportunity.xml"
    if not file.exists():
        pytest.skip("the vendors' samples are not here")
    from xml.etree.ElementTree import tostring

    root = parse_xml(file.read_text(encoding="utf-8"))
    [told] = [e for e in root.iter() if e.tag.endswith("}Notification")]
    change = only(read_outbound(event(tostring(told, encoding="unicode")), Names()).changes)
    assert (change.id, change.told["name"]) == ("0065Y00001Suvw6QAB", "test")


def test_closes_lead_stands_for_the_opportunity() -> None:
    told = {
        "id": "ev_1", "date_created": "2026-03-29T10:00:00.000000", "action": "updated",
        "object_type": "opportunity", "object_id": "oppo_1", "lead_id": "lead_1",
        "data": {
            "id": "oppo_1", "lead_id": "lead_1", "lead_name": "Acme", "status_type": "active",
            "status_label": "Demo", "value": 50000, "value_currency": "USD", "confidence": 80,
        },
    }  # fmt: skip
    change = only(read_close(event({"event": told}), NAMES).changes)
    assert (change.id, change.told["value"], change.told["stage"]) == ("lead_1", "500.00", "Demo")
    note = told | {
        "object_type": "activity.note",
        "object_id": "acti_1",
        "data": {"id": "acti_1", "note": "They will call", "date_created": "2026-03-29T09:00:00"},
    }
    change = only(read_close(event({"event": note}), NAMES).changes)
    assert (change.id, change.told["opportunity_id"]) == ("acti_1", "lead_1")
    assert read_close(event({"event": told | {"object_type": "contact"}}), NAMES).ignored


def test_closes_recorded_opportunity_is_read() -> None:
    data = sample("close_update_opportunity_exchange.json")[0]["response"]
    told = {"object_type": "opportunity", "action": "updated", "id": "e", "data": data}
    change = only(read_close(event({"event": told}), Names()).changes)
    assert change.told["stage"] == "Demo Completed"
    assert change.told["probability"] == 0.8


def test_hubspot_events_name_their_records() -> None:
    for body, expected in (
        ({"subscriptionType": "deal.propertyChange", "objectId": 7}, ("deals", False)),
        ({"eventType": "deal.deletion", "objectId": 7}, ("deals", True)),
        ({"subscriptionType": "object.creation", "objectTypeId": "0-48"}, ("calls", False)),
        ({"subscriptionType": "object.privacyDeletion", "objectTypeId": "0-27"}, ("tasks", True)),
    ):
        named = read_named(event({"objectId": 7} | body))
        assert named is not None
        assert (named.type, named.is_deletion) == expected
    assert read_named(event({"subscriptionType": "contact.creation", "objectId": 7})) is None
    for bad in ("../owners", "7/../8", None, True):
        with pytest.raises(PayloadError):
            read_named(event({"subscriptionType": "deal.creation", "objectId": bad}))


def test_hubspots_recorded_objects_are_read() -> None:
    deal = sample("hubspot_update_deal_exchange.json")[0]["response"]
    record = {"type": "deals", "names": {"stage": "Qualified"}, **deal}
    late = Event("record.deals", "e", json.dumps(record), datetime(2026, 6, 1, tzinfo=UTC))
    told = only(read_record(late, Names()).changes).told
    assert (told["stage"], told["status"], told["expected_close_on"]) == (
        "Qualified", "open", "2026-12-31",
    )  # fmt: skip
    task = sample("hubspot_update_task_exchange.json")[0]["response"]
    record = {"type": "tasks", "deals": ["9"], **task}
    late = Event("record.tasks", "e", json.dumps(record), datetime(2026, 6, 1, tzinfo=UTC))
    told = only(read_record(late, Names()).changes).told
    assert (told["is_done"], told["opportunity_id"]) == (True, "9")
    assert told["due_on"] == "2026-03-15"
    assert told["occurred_at"].startswith("2026-03-12T07:36:50")


def test_a_hubspot_call_without_words_is_told_by_its_outcome() -> None:
    properties = {
        "hs_call_disposition": "73a0d17f-1163-4015-bdd5-ec830791da20",
        "hs_call_duration": "12500",
        "hs_timestamp": "2026-03-29T10:00:00Z",
    }
    record = {"type": "calls", "id": "4", "properties": properties, "deals": ["9"]}
    told = only(read_record(event(record), Names()).changes).told
    assert (told["outcome"], told["duration_seconds"]) == ("No answer", 12)


def test_own_messages_carry_objects_and_records() -> None:
    message = {
        "type": "activity.changed",
        "timestamp": "2026-03-29T10:00:00Z",
        "data": [
            {
                "id": 1,
                "opportunity_id": "o1",
                "text": "Hello",
                "changed_at": "2026-03-28T10:00:00Z",
            },
            {"id": 2, "is_done": False, "subject": "Call", "due_on": "2026-04-02"},
        ],
    }
    first, second = read_message(event(message), NAMES).changes
    assert (first.id, first.at.day, second.at.day) == ("1", 28, 29)
    record = {
        "type": "record",
        "data": {
            "id": "r1",
            "opportunity": {"id": "o1", "stage": "Lead"},
            "activity": {
                "occurred_at": "2026-03-02T10:00:00",
                "text": "Call back",
                "next_activity": {"subject": "Call", "due_on": "2026-04-01"},
            },
            "history": [],
        },
    }
    activity, deal = read_message(event(record), NAMES).changes
    assert (activity.id, activity.told["opportunity_id"]) == ("r1", "o1")
    assert activity.told["given"]["opportunity"]["stage"] == "Lead"
    assert (deal.id, deal.told) == ("o1", {"stage": "Lead"})
    assert read_message(event({"type": "invoice.paid", "data": {}}), NAMES).ignored


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": "x"}, "no id"),
        ({"id": ["a"]}, "no id"),
        ({"id": "a" * 501}, "1 to 500"),
        ({"id": 1, "occurred_at": "yesterday-ish"}, "occurred_at"),
        ({"id": 1, "colour": "red"}, "colour"),
        ({"id": 1, "duration_seconds": 10**12}, "duration_seconds"),
        ({"id": 1, "changed_at": "soon"}, "changed_at"),
    ],
)
def test_what_does_not_fit_is_told_by_field_without_the_text(
    data: dict[str, Any], words: str
) -> None:
    told = data | ({"subject": "a secret matter"} if "text" not in data else {})
    with pytest.raises(PayloadError, match=words) as caught:
        read_message(event({"type": "activity.changed", "data": told}), NAMES)
    assert "secret matter" not in str(caught.value)


def test_a_clock_ahead_of_ours_can_not_outrank_all_later_news() -> None:
    body = {"type": "activity.deleted", "timestamp": "2099-01-01T00:00:00Z", "data": {"id": 1}}
    assert only(read_message(event(body), NAMES).changes).at == NOW
