"""The auditor's own messages, as Standard Webhooks and Salesforce Flows send them.

``{"type": …, "timestamp": …, "data": {…}}``, where ``data`` is one object or a list of up to 100:

* ``opportunity.changed``, ``activity.changed``: the object's ``id``, ``changed_at`` and the fields
  of ``ToldOpportunity`` or ``ToldActivity`` that are known; fields left out stay as they are;
* ``opportunity.deleted``, ``activity.deleted``: ``id`` and ``changed_at``;
* ``record``: a record of the codebook, with ``changed_at`` where it may be sent again.

docs/webhooks.md describes them to those who write senders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auditor.errors import RowError
from auditor.intake.crm.changes import (
    Change,
    PayloadError,
    RecordKind,
    ToldOpportunity,
    make_change,
    make_deletion,
    not_ahead,
)
from auditor.intake.crm.events import Event, Names, Reading, part, read_object, when
from auditor.intake.labelled import is_record, read_record
from auditor.intake.options import IntakeOptions
from auditor.intake.report import IntakeReport
from auditor.intake.sidecar import with_known_sides
from auditor.intake.tables import Intake

MOST_OBJECTS = 100
"""Objects in one message."""
_NOUNS = frozenset(kind.value for kind in RecordKind)
_WORDS = ("created", "changed", "updated", "deleted")
_PLACE = ("id", "changed_at", "type")


def read_message(event: Event, names: Names) -> Reading:
    """Reads one message.

    Raises:
        PayloadError: it can't be read; nothing of it is taken.
    """
    body = read_object(event.payload)
    sort = str(body.get("type"))
    noun, _, verb = sort.partition(".")
    known = sort == "record" or (noun in _NOUNS and verb in _WORDS)
    if not known:
        return Reading(ignored=f"not a type of message that is read: {sort[:60]!r}")
    sent = when(body.get("timestamp"), "timestamp") or event.received_at
    data = body.get("data")
    items = data if isinstance(data, list) else [part(body, "data")]
    if len(items) > MOST_OBJECTS:
        raise PayloadError(f"'data' holds more than {MOST_OBJECTS} objects; send several messages")
    changes: list[Change] = []
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise PayloadError(f"'data[{place}]' is no object")
        told = when(item.get("changed_at"), "changed_at") or sent
        at = not_ahead(told, event.received_at)
        if sort == "record":
            changes += _record(item, at, event.id)
        else:
            changes.append(_object(RecordKind(noun), verb, item, at, event.id, names))
    return Reading(tuple(changes))


def _object(
    kind: RecordKind, verb: str, item: dict[str, Any], at: datetime, event: str, names: Names
) -> Change:
    if verb == "deleted":
        return make_deletion(kind, item.get("id"), at, event)
    told = {name: value for name, value in item.items() if name not in _PLACE}
    if isinstance(told.get("participants"), list):
        told["participants"] = with_known_sides(told["participants"])
    if (
        kind is RecordKind.OPPORTUNITY
        and "team" not in told
        and (team := names.team(None, told.get("owner"))) is not None
    ):
        told["team"] = team
    return make_change(kind, item.get("id"), at, event, told)


def _record(item: dict[str, Any], at: datetime, event: str) -> list[Change]:
    """A record as the change of an activity, and of its opportunity."""
    if not is_record(item):
        raise PayloadError("the record has no 'activity' with a 'text'")
    intake = Intake(IntakeOptions(), IntakeReport())
    try:
        record = read_record(item, file="message", line=1, intake=intake)
    except RowError as exc:
        field = f"field {exc.field!r}" if exc.field else "it"
        raise PayloadError(f"a record of the codebook can't be read: {field} does not fit") from exc
    activity, deal = record.activity, record.opportunity
    told = activity.model_dump(mode="json", exclude_unset=True, exclude={"id", "source"})
    told["given"] = {
        "opportunity": deal.model_dump(mode="json", exclude_unset=True),
        "history": [past.model_dump(mode="json") for past in record.history],
    }
    changes = [make_change(RecordKind.ACTIVITY, activity.id, at, event, told)]
    if activity.opportunity_id:
        known = _known(json.loads(deal.model_dump_json(exclude_unset=True)))
        changes.append(
            make_change(RecordKind.OPPORTUNITY, activity.opportunity_id, at, event, known)
        )
    return changes


def _known(deal: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {"next_activity"}  # the record's activity tells it
    return {
        n: v for n, v in deal.items() if n in ToldOpportunity.model_fields and n not in left_out
    }
