"""Pipedrive webhooks, version 2 and the older version 1: deals and activities, whole in the event.

Pipedrive writes times in UTC, with or without saying so.
"""

from __future__ import annotations

from typing import Any

from auditor.domain.records import ActivityKind, OpportunityStatus
from auditor.intake.crm.changes import (
    PayloadError,
    RecordKind,
    make_change,
    make_deletion,
    not_ahead,
)
from auditor.intake.crm.events import (
    Event,
    Names,
    Reading,
    at_noted_time,
    day,
    kind_of,
    number,
    part,
    read_object,
    share,
    when,
    word,
    yes,
)

_KINDS = {"deal": RecordKind.OPPORTUNITY, "activity": RecordKind.ACTIVITY}
_STATUSES = {
    "open": OpportunityStatus.OPEN,
    "won": OpportunityStatus.WON,
    "lost": OpportunityStatus.LOST,
}


def read_pipedrive(event: Event, names: Names) -> Reading:
    """Reads one event.

    Raises:
        PayloadError: it can't be read.
    """
    body = read_object(event.payload)
    meta = part(body, "meta")
    kind = _KINDS.get(str(meta.get("entity") or meta.get("object")))
    if kind is None:
        return Reading(ignored="not a deal or an activity")
    told = when(meta.get("timestamp"), "meta.timestamp")
    at = not_ahead(told or event.received_at, event.received_at)
    data = body.get("data", body.get("current"))
    action = str(meta.get("action"))
    if action in ("delete", "deleted"):
        return Reading((make_deletion(kind, _id(meta, data), at, event.id),))
    if not isinstance(data, dict):
        raise PayloadError("'data' is missing or no object")
    identity = _id(meta, data)
    status = word(data.get("status"))
    if status == "deleted" or yes(data.get("deleted")) or yes(data.get("active_flag")) is False:
        return Reading((make_deletion(kind, identity, at, event.id),))
    fields = _deal(data, names) if kind is RecordKind.OPPORTUNITY else _activity(data, names)
    return Reading((make_change(kind, identity, at, event.id, fields),))


def _id(meta: dict[str, Any], data: object) -> object:
    own = data.get("id") if isinstance(data, dict) else None
    return own if own is not None else meta.get("entity_id", meta.get("id"))


def _deal(data: dict[str, Any], names: Names) -> dict[str, Any]:
    owner_id, owner_name = _reference(data.get("owner_id", data.get("user_id")))
    owner = names.owner(owner_id, data.get("owner_name") or owner_name)
    _, account = _reference(data.get("org_id"))
    readers: dict[str, Any] = {
        "title": lambda v: {"name": word(v)},
        "stage_id": lambda v: {"stage": names.stage(v)},
        "value": lambda v: {"value": number(v, "data.value")},
        "currency": lambda v: {"currency": word(v)},
        "lost_reason": lambda v: {"lost_reason": word(v)},
        "expected_close_date": lambda v: {"expected_close_on": day(v, "data.expected_close_date")},
        "probability": lambda v: {"probability": share(v, "data.probability", percent=True)},
        "add_time": lambda v: {"opened_on": day(v, "data.add_time")},
        "status": lambda v: {"status": _STATUSES.get(str(v))},
        "stage_change_time": lambda v: {"stage_entered_on": day(v, "data.stage_change_time")},
    }
    fields: dict[str, Any] = {}
    for name, read in readers.items():
        if name in data:
            fields |= read(data[name])
    if owner:
        fields |= {"owner": owner, "team": names.team(owner_id, owner)}
    if told := word(data.get("org_name")) or account:
        fields["account"] = told
    if fields.get("status") in (OpportunityStatus.WON, OpportunityStatus.LOST):
        closed = data.get("close_time") or data.get("won_time") or data.get("lost_time")
        fields["closed_on"] = day(closed, "data.close_time")
    return fields


def _activity(data: dict[str, Any], names: Names) -> dict[str, Any]:
    done = yes(data.get("done")) is True
    owner_id, owner_name = _reference(data.get("owner_id", data.get("user_id")))
    due = day(data.get("due_date"), "data.due_date")
    fields: dict[str, Any] = {
        "is_done": done,
        "kind": kind_of(data.get("type"), data.get("subject"), ActivityKind.TASK),
        "subject": word(data.get("subject")),
        "due_on": due,
        "text": _text(data.get("note")),
        "opportunity_id": _reference(data.get("deal_id"))[0],
        "owner": names.owner(owner_id, data.get("owner_name") or owner_name),
    }
    if done:
        at = when(data.get("marked_as_done_time"), "data.marked_as_done_time")
        at = at or when(data.get("update_time"), "data.update_time")
        fields["occurred_at"] = at or at_noted_time(due, data.get("due_time"))
    if minutes := _clock_minutes(data.get("duration")):
        fields["duration_seconds"] = minutes * 60
    if person := word(data.get("person_name")):
        fields["participants"] = [{"name": person, "role": "buyer"}]
    return fields


def _reference(value: object) -> tuple[str | None, str | None]:
    """Id and name of what a field points to: a bare id, or version 1's object."""
    if isinstance(value, dict):
        return word(value.get("value", value.get("id"))), word(value.get("name"))
    return word(value), None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _clock_minutes(value: object) -> int | None:
    hours, colon, minutes = (word(value) or "").partition(":")
    if not colon:
        return None
    try:
        return int(hours) * 60 + int(minutes[:2])
    except ValueError:
        return None
