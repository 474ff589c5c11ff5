"""A record written in the codebook's format; ``labelled`` reads it again."""

from __future__ import annotations

from typing import Any

from auditor.domain.records import AuditRecord, NextActivity


def codebook_record(record: AuditRecord) -> dict[str, Any]:
    """An audit record in the codebook's format, without a label.

    E-mail addresses of participants are left out.  A stage that nobody told is empty, since the
    format wants one.
    """
    activity, opportunity = record.activity, record.opportunity
    own: dict[str, Any] = {
        "kind": activity.kind.value,
        "format": activity.format.value,
        "occurred_at": activity.occurred_at.isoformat(),
        "text": activity.text,
        "participants": [{"name": p.name, "role": p.role.value} for p in activity.participants],
        "next_activity": _pending(activity.next_activity),
    }
    extras = ("owner", "subject", "duration_seconds")
    own |= {k: getattr(activity, k) for k in extras if getattr(activity, k) is not None}
    history = [
        {
            "kind": past.kind.value,
            "occurred_at": past.occurred_at.isoformat(),
            "text": past.text,
            "format": past.format.value,
            "next_activity": _pending(past.next_activity),
        }
        for past in record.history
    ]
    deal = {"id": opportunity.id, "stage": opportunity.stage or ""}
    found = {"id": activity.id, "opportunity": deal, "activity": own, "history": history}
    return {**found, "source": activity.source} if activity.source else found


def _pending(pending: NextActivity | None) -> dict[str, Any] | None:
    if pending is None:
        return None
    due = pending.due_on.isoformat() if pending.due_on else None
    return {"kind": pending.kind.value, "subject": pending.subject, "due_on": due}
