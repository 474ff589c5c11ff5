"""Salesforce outbound messages: one notification each, a Task, an Event or an Opportunity.

An outbound message carries only the fields that the admin chose.  ``ActivityDate`` and
``CloseDate`` are calendar days and never shifted.  Flow's JSON is read by ``messages``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any
from xml.etree.ElementTree import Element

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
    day,
    kind_of,
    number,
    share,
    when,
    whole,
    word,
    yes,
)
from auditor.intake.values import full_salesforce_id, parse_outcome, parse_yes

OUTBOUND = "outbound."
"""How the kinds of these events begin; the object's type follows."""
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_ACTIVITIES = {"Task": ActivityKind.TASK, "Event": ActivityKind.MEETING}


def parse_xml(text: str) -> Element:
    """Parses XML without entities, DTDs or anything fetched.

    Raises:
        PayloadError: it is no XML, or uses what could harm.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as exc:
        raise PayloadError(f"the body is no plain XML ({type(exc).__name__})") from None
    return root


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def child(element: Element, name: str) -> Element | None:
    """The first child of a name, whatever its namespace."""
    return next((inner for inner in element if local(inner.tag) == name), None)


def object_type(notification: Element) -> str:
    """The type of a notification's object, without its prefix; empty where it has none."""
    held = child(notification, "sObject")
    return "" if held is None else held.get(_TYPE, "").rpartition(":")[2]


def read_outbound(event: Event, names: Names) -> Reading:
    """Reads one notification.

    Raises:
        PayloadError: it can't be read.
    """
    notification = parse_xml(event.payload)
    held = child(notification, "sObject")
    if held is None:
        raise PayloadError("the notification holds no sObject")
    sort = object_type(notification)
    fields = {
        local(inner.tag): None if inner.get(_NIL) == "true" else (inner.text or "")
        for inner in held
    }
    if sort != "Opportunity" and sort not in _ACTIVITIES:
        return Reading(ignored="not an Opportunity, Task or Event")
    kind = RecordKind.OPPORTUNITY if sort == "Opportunity" else RecordKind.ACTIVITY
    identity = full_salesforce_id(word(fields.get("Id")) or "")
    changed = when(fields.get("SystemModstamp") or fields.get("LastModifiedDate"), "SystemModstamp")
    at = not_ahead(changed or event.received_at, event.received_at)
    if yes(fields.get("IsDeleted")):
        return Reading((make_deletion(kind, identity, at, event.id),))
    told = _deal(fields, names) if sort == "Opportunity" else _activity(fields, sort, names)
    return Reading((make_change(kind, identity, at, event.id, told),))


def _deal(fields: Mapping[str, str | None], names: Names) -> dict[str, Any]:
    told = _read(
        fields,
        {
            "Name": ("name", word),
            "Amount": ("value", lambda v: number(v, "Amount")),
            "CurrencyIsoCode": ("currency", word),
            "LeadSource": ("lead_source", word),
            "Probability": ("probability", lambda v: share(v, "Probability", percent=True)),
            "CreatedDate": ("opened_on", lambda v: day(v, "CreatedDate")),
            "LastStageChangeDate": (
                "stage_entered_on",
                lambda v: day(v, "LastStageChangeDate"),
            ),
            "StageName": ("stage", names.stage),
        },
    )
    status = _status(fields)
    if status is not None:
        told["status"] = status
    if "CloseDate" in fields:
        closed = status in (OpportunityStatus.WON, OpportunityStatus.LOST)
        on = day(fields["CloseDate"], "CloseDate")
        told["closed_on" if closed else "expected_close_on"] = on
    if step := word(fields.get("NextStep")):
        told["next_activity"] = {"subject": step}
    return told | _owner(fields, names)


def _status(fields: Mapping[str, str | None]) -> OpportunityStatus | None:
    if yes(fields.get("IsWon")):
        return OpportunityStatus.WON
    stage = word(fields.get("StageName"))
    outcome = parse_outcome(stage) if stage else None
    if outcome is not None:
        return outcome
    closed = yes(fields.get("IsClosed"))
    if closed:
        return OpportunityStatus.LOST
    return None if closed is None and stage is None else OpportunityStatus.OPEN


def _activity(fields: Mapping[str, str | None], sort: str, names: Names) -> dict[str, Any]:
    told = _read(
        fields,
        {
            "Subject": ("subject", word),
            "Description": ("text", _text),
            "ActivityDate": ("due_on", lambda v: day(v, "ActivityDate")),
            "CallDisposition": ("outcome", word),
            "CallDurationInSeconds": (
                "duration_seconds",
                lambda v: whole(v, "CallDurationInSeconds"),
            ),
            "WhatId": ("opportunity_id", _opportunity),
        },
    )
    told["kind"] = kind_of(
        fields.get("TaskSubtype") or fields.get("Type") or fields.get("CallType"),
        fields.get("Subject"),
        _ACTIVITIES[sort],
    )
    done = _is_done(fields, sort)
    if done is not None:
        told["is_done"] = done
    if done is not False and (at := _occurred(fields)) is not None:
        told["occurred_at"] = at
    owner = _owner(fields, names)
    return told | ({"owner": owner["owner"]} if owner else {})


def _is_done(fields: Mapping[str, str | None], sort: str) -> bool | None:
    closed = yes(fields.get("IsClosed"))
    if closed is not None:
        return closed
    status = word(fields.get("Status"))
    if status is not None:
        return parse_yes(status) is not False
    return True if sort == "Event" else None


def _occurred(fields: Mapping[str, str | None]) -> datetime | None:
    """When it was done: the time of completion, else its day with the time of its making."""
    for name in ("CompletedDateTime", "StartDateTime", "ActivityDateTime"):
        if (at := when(fields.get(name), name)) is not None:
            return at
    made = when(fields.get("CreatedDate"), "CreatedDate")
    on = day(fields.get("ActivityDate"), "ActivityDate")
    if on is None:
        return made
    return made if made is not None and made.date() == on else datetime.combine(on, time())


def _owner(fields: Mapping[str, str | None], names: Names) -> dict[str, Any]:
    owner = names.owner(fields.get("OwnerId"))
    return {"owner": owner, "team": names.team(fields.get("OwnerId"), owner)} if owner else {}


def _opportunity(value: object) -> str | None:
    """The opportunity that an activity is on; none where it is on an account or a case."""
    identity = full_salesforce_id(word(value) or "")
    return identity if identity.startswith("006") else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _read(
    fields: Mapping[str, str | None],
    readers: Mapping[str, tuple[str, Callable[[object], object]]],
) -> dict[str, Any]:
    """Reads the fields that the message carries; one that was emptied is told as empty."""
    return {
        target: read(fields[name]) for name, (target, read) in readers.items() if name in fields
    }
