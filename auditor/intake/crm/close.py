"""Close webhooks: opportunities, tasks and logged activities, whole in the event.

Close logs on leads, and an opportunity is a lead's.  The lead is therefore what the auditor counts
as the opportunity; where a lead has several, the one that changed last speaks for it.
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

_LOGGED = {
    "activity.call": ActivityKind.CALL,
    "activity.note": ActivityKind.NOTE,
    "activity.email": ActivityKind.EMAIL,
    "activity.meeting": ActivityKind.MEETING,
    "activity.sms": ActivityKind.NOTE,
}
_TEXTS = ("note", "note_html", "user_note_html", "body_text", "body_html", "text")
_TIMES = ("activity_at", "date_sent", "starts_at", "date_created")
_STATUSES = {
    "active": OpportunityStatus.OPEN,
    "won": OpportunityStatus.WON,
    "lost": OpportunityStatus.LOST,
}


def read_close(event: Event, names: Names) -> Reading:
    """Reads one event.

    Raises:
        PayloadError: it can't be read.
    """
    told = part(read_object(event.payload), "event")
    sort = str(told.get("object_type"))
    is_task = sort == "task" or sort.startswith("task.")
    if sort != "opportunity" and not is_task and sort not in _LOGGED:
        return Reading(ignored="not an opportunity, a task or a logged activity")
    changed = when(told.get("date_created") or told.get("date_updated"), "event.date_created")
    at = not_ahead(changed or event.received_at, event.received_at)
    data = told.get("data")
    data = data if isinstance(data, dict) else {}
    lead = word(told.get("lead_id")) or word(data.get("lead_id"))
    own_id = told.get("object_id") or data.get("id")
    kind, identity = RecordKind.ACTIVITY, own_id
    if sort == "opportunity":
        kind, identity = RecordKind.OPPORTUNITY, lead or own_id
    if told.get("action") == "deleted":
        return Reading((make_deletion(kind, identity, at, event.id),))
    if not data:
        raise PayloadError("'event.data' is missing or empty")
    if kind is RecordKind.OPPORTUNITY:
        fields = _deal(data, names)
    else:
        fields = _task(data, names) if is_task else _logged(data, _LOGGED[sort], names)
        fields["opportunity_id"] = lead
    return Reading((make_change(kind, identity, at, event.id, fields),))


def _deal(data: dict[str, Any], names: Names) -> dict[str, Any]:
    owner = names.owner(data.get("user_id"), data.get("user_name"))
    status = _STATUSES.get(str(data.get("status_type")))
    cents = number(data.get("value"), "data.value")
    fields: dict[str, Any] = {
        "name": word(data.get("lead_name")),
        "account": word(data.get("lead_name")),
        "stage": word(data.get("status_label")) or names.stage(data.get("status_id")),
        "owner": owner,
        "team": names.team(data.get("user_id"), owner),
        "currency": word(data.get("value_currency")),
        "probability": share(data.get("confidence"), "data.confidence", percent=True),
        "opened_on": day(data.get("date_created"), "data.date_created"),
    }
    if cents is not None:
        # Close counts in hundredths of the currency.
        fields["value"] = f"{float(cents) / 100:.2f}"
    if status is not None:
        fields["status"] = status
    if status in (OpportunityStatus.WON, OpportunityStatus.LOST):
        closed = data.get("date_won") or data.get("date_lost") or data.get("date_updated")
        fields["closed_on"] = day(closed, "data.date_won")
    else:
        fields["expected_close_on"] = day(data.get("date_won"), "data.date_won")
    return fields


def _task(data: dict[str, Any], names: Names) -> dict[str, Any]:
    done = yes(data.get("is_complete")) is True
    fields: dict[str, Any] = {
        "is_done": done,
        "kind": kind_of(None, data.get("text"), ActivityKind.TASK),
        "subject": word(data.get("text")),
        "due_on": day(data.get("due_date") or data.get("date"), "data.due_date"),
        "owner": names.owner(data.get("assigned_to"), data.get("assigned_to_name")),
    }
    if done:
        at = when(data.get("date_updated"), "data.date_updated")
        fields["occurred_at"] = at
    return fields


def _logged(data: dict[str, Any], kind: ActivityKind, names: Names) -> dict[str, Any]:
    texts = (data.get(name) for name in _TEXTS)
    fields: dict[str, Any] = {
        "kind": kind,
        "subject": word(data.get("subject") or data.get("title")),
        "text": next((t for t in texts if isinstance(t, str) and t.strip()), None),
        "outcome": word(data.get("disposition")),
        "owner": names.owner(data.get("user_id"), data.get("user_name")),
        "duration_seconds": whole(data.get("duration"), "data.duration"),
    }
    for name in _TIMES:
        if (at := when(data.get(name), f"data.{name}")) is not None:
            fields["occurred_at"] = at
            break
    return fields
