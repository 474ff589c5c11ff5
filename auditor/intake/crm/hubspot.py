"""HubSpot events, which name a record, and the records that are then read with its API.

An event carries an id and at most one property.  The record is read back and kept as an event of
its own (``record.deals`` and so on), so that what was judged can be seen and told again.  HubSpot
writes all properties as text, and times in UTC; ``hs_timestamp`` of a task is its due date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.domain.records import ActivityKind, OpportunityStatus
from auditor.intake.crm.changes import (
    PayloadError,
    RecordKind,
    identity_of,
    make_change,
    make_deletion,
    not_ahead,
)
from auditor.intake.crm.events import (
    Event,
    Names,
    Reading,
    day,
    kind_of,
    number,
    part,
    read_object,
    share,
    when,
    whole,
    word,
    yes,
)
from auditor.intake.values import name_disposition

RECORD = "record."
"""How the kinds of records read back begin; their type follows."""
_TYPES = {
    "deal": "deals",
    "0-3": "deals",
    "task": "tasks",
    "0-27": "tasks",
    "note": "notes",
    "0-46": "notes",
    "meeting": "meetings",
    "meeting_event": "meetings",
    "0-47": "meetings",
    "call": "calls",
    "0-48": "calls",
    "email": "emails",
    "0-49": "emails",
}
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "deals": (
        "dealname",
        "dealstage",
        "pipeline",
        "amount",
        "deal_currency_code",
        "closedate",
        "createdate",
        "hubspot_owner_id",
        "hs_is_closed",
        "hs_is_closed_won",
        "closed_lost_reason",
        "hs_deal_stage_probability",
        "hs_analytics_source",
        "hs_v2_date_entered_current_stage",
        "hs_lastmodifieddate",
    ),
    "tasks": (
        "hs_task_subject",
        "hs_task_body",
        "hs_task_status",
        "hs_task_type",
        "hs_task_is_completed",
        "hs_task_completion_date",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
    "notes": ("hs_note_body", "hs_timestamp", "hubspot_owner_id", "hs_lastmodifieddate"),
    "calls": (
        "hs_call_body",
        "hs_call_title",
        "hs_call_direction",
        "hs_call_duration",
        "hs_call_disposition",
        "hs_call_status",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
    "meetings": (
        "hs_meeting_title",
        "hs_meeting_body",
        "hs_internal_meeting_notes",
        "hs_meeting_outcome",
        "hs_meeting_start_time",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
    "emails": (
        "hs_email_subject",
        "hs_email_text",
        "hs_email_html",
        "hs_timestamp",
        "hubspot_owner_id",
        "hs_lastmodifieddate",
    ),
}
"""Properties that are read, by the records' type."""
_KINDS = {
    "tasks": ActivityKind.TASK,
    "notes": ActivityKind.NOTE,
    "calls": ActivityKind.CALL,
    "meetings": ActivityKind.MEETING,
    "emails": ActivityKind.EMAIL,
}
_SUBJECTS = ("hs_task_subject", "hs_call_title", "hs_meeting_title", "hs_email_subject")
_TEXTS = {
    "tasks": ("hs_task_body",),
    "notes": ("hs_note_body",),
    "calls": ("hs_call_body",),
    "meetings": ("hs_internal_meeting_notes", "hs_meeting_body"),
    "emails": ("hs_email_text", "hs_email_html"),
}
_STILL_TO_COME = frozenset({"SCHEDULED", "RESCHEDULED", "QUEUED", "CALLING_CRM_USER", "CONNECTING"})


@dataclass(frozen=True)
class Named:
    """The record that an event names."""

    type: str
    """``deals``, ``tasks`` and so on, as in the API's addresses."""
    id: str
    """HubSpot's id, digits."""
    at: datetime
    """When the event occurred, in UTC."""
    is_deletion: bool
    """Whether it says that the record is gone."""


def read_named(event: Event) -> Named | None:
    """Reads which record an event names; None where its type is not one that is read.

    Raises:
        PayloadError: it can't be read.
    """
    body = read_object(event.payload)
    sort = word(body.get("subscriptionType")) or word(body.get("eventType")) or ""
    noun, _, verb = sort.partition(".")
    told = word(body.get("objectTypeId")) or word(body.get("objectType")) or noun
    kind = _TYPES.get(told.lower())
    if kind is None:
        return None
    identity = identity_of(body.get("objectId", body.get("hs_object_id")), "record")
    if not (identity.isascii() and identity.isdigit()):
        raise PayloadError("'objectId' is no number")
    occurred = when(body.get("occurredAt"), "occurredAt") or event.received_at
    gone = verb in ("deletion", "privacyDeletion")
    return Named(kind, identity, not_ahead(occurred, event.received_at), gone)


def gone(named: Named, event: Event) -> Reading:
    """What it tells that a record is not there any more."""
    return Reading((make_deletion(_kind(named.type), named.id, named.at, event.id),))


def read_record(event: Event, names: Names) -> Reading:
    """Reads a record that was read back: ``{type, id, updatedAt, properties, deals, names}``.

    Raises:
        PayloadError: it can't be read.
    """
    body = read_object(event.payload)
    sort = str(body.get("type"))
    if sort not in PROPERTIES:
        raise PayloadError("'type' is none that is read")
    properties = part(body, "properties")
    changed = when(body.get("updatedAt"), "updatedAt")
    changed = changed or when(properties.get("hs_lastmodifieddate"), "hs_lastmodifieddate")
    at = not_ahead(changed or event.received_at, event.received_at)
    if body.get("archived") is True:
        return Reading((make_deletion(_kind(sort), body.get("id"), at, event.id),))
    told = body.get("names")
    known = _Known(names, told if isinstance(told, dict) else {})
    if sort == "deals":
        fields = _deal(properties, known)
    else:
        deals = body.get("deals")
        fields = _activity(sort, properties, known)
        fields["opportunity_id"] = word(deals[0]) if isinstance(deals, list) and deals else None
    return Reading((make_change(_kind(sort), body.get("id"), at, event.id, fields),))


def _kind(sort: str) -> RecordKind:
    return RecordKind.OPPORTUNITY if sort == "deals" else RecordKind.ACTIVITY


@dataclass(frozen=True)
class _Known:
    """Names as set, else as they were read with the record."""

    set: Names
    read: Mapping[str, Any]

    def owner(self, identity: object) -> str | None:
        return self.set.owner(identity, self.read.get("owner"))

    def team(self, identity: object, owner: str | None) -> str | None:
        return self.set.team(identity, owner) or word(self.read.get("team"))

    def stage(self, identity: object) -> str | None:
        named = self.set.stages.get(word(identity) or "")
        return named or word(self.read.get("stage")) or word(identity)


def _deal(properties: Mapping[str, Any], names: _Known) -> dict[str, Any]:
    owner_id = properties.get("hubspot_owner_id")
    owner = names.owner(owner_id)
    closed, won = yes(properties.get("hs_is_closed")), yes(properties.get("hs_is_closed_won"))
    status = OpportunityStatus.OPEN
    if won or closed:
        status = OpportunityStatus.WON if won else OpportunityStatus.LOST
    on = day(properties.get("closedate"), "closedate")
    is_open = status is OpportunityStatus.OPEN
    entered = day(properties.get("hs_v2_date_entered_current_stage"), "hs_v2_date_entered")
    return {
        "name": word(properties.get("dealname")),
        "stage": names.stage(properties.get("dealstage")),
        "stage_entered_on": entered,
        "value": number(properties.get("amount"), "amount"),
        "currency": word(properties.get("deal_currency_code")),
        "owner": owner,
        "team": names.team(owner_id, owner),
        "status": status,
        "lead_source": word(properties.get("hs_analytics_source")),
        "lost_reason": word(properties.get("closed_lost_reason")),
        "opened_on": day(properties.get("createdate"), "createdate"),
        "expected_close_on" if is_open else "closed_on": on,
        "probability": share(
            properties.get("hs_deal_stage_probability"), "hs_deal_stage_probability", percent=False
        ),
    }


def _activity(sort: str, properties: Mapping[str, Any], names: _Known) -> dict[str, Any]:
    subject = next((s for n in _SUBJECTS if (s := word(properties.get(n)))), None)
    texts = (properties.get(name) for name in _TEXTS[sort])
    due = _due_time(sort, properties)
    done = _is_done(sort, properties)
    fields: dict[str, Any] = {
        "is_done": done,
        "kind": kind_of(properties.get("hs_task_type"), subject, _KINDS[sort])
        if sort == "tasks"
        else _KINDS[sort],
        "subject": subject,
        "text": next((t for t in texts if isinstance(t, str) and t.strip()), None),
        "owner": names.owner(properties.get("hubspot_owner_id")),
        "due_on": None if due is None else due.date(),
    }
    if done:
        completed = when(properties.get("hs_task_completion_date"), "hs_task_completion_date")
        if (at := completed or due) is not None:
            fields["occurred_at"] = at
    if disposition := word(properties.get("hs_call_disposition")):
        fields["outcome"] = name_disposition(disposition)
    length = properties.get("hs_call_duration")
    fields["duration_seconds"] = whole(length, "hs_call_duration", scale=0.001)
    return fields


def _due_time(sort: str, properties: Mapping[str, Any]) -> datetime | None:
    name = "hs_meeting_start_time" if sort == "meetings" else "hs_timestamp"
    return when(properties.get(name) or properties.get("hs_timestamp"), name)


def _is_done(sort: str, properties: Mapping[str, Any]) -> bool:
    if sort == "tasks":
        completed = yes(properties.get("hs_task_is_completed"))
        return bool(completed) or word(properties.get("hs_task_status")) == "COMPLETED"
    name = {"meetings": "hs_meeting_outcome", "calls": "hs_call_status"}.get(sort, "")
    return (word(properties.get(name)) or "").upper() not in _STILL_TO_COME
