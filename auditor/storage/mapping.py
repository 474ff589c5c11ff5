"""Between domain objects and table rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from auditor.domain.findings import Commitment, Contact, Finding
from auditor.domain.provenance import Provenance
from auditor.domain.records import (
    Activity,
    AuditRecord,
    NextActivity,
    Opportunity,
    OpportunityStatus,
    PastActivity,
    StageChange,
)
from auditor.domain.verdict import Evidence, Verdict
from auditor.storage.filled import filler
from auditor.storage.hashing import activity_hash
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow

_PLAIN = (
    "name",
    "account",
    "stage",
    "owner",
    "team",
    "value",
    "currency",
    "lead_source",
    "opened_on",
    "closed_on",
    "expected_close_on",
    "lost_reason",
    "probability",
    "url",
)


_plain_of = attrgetter(*_PLAIN)
_opportunity = filler(Opportunity(id=""))


def sortable(when: datetime) -> datetime:
    """A time that sorts with any other: one without a zone counts as UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def opportunity_values(opportunity: Opportunity) -> dict[str, Any]:
    """Columns of an opportunity, but for its keys and ``told_on``."""
    pending = opportunity.next_activity
    values: dict[str, Any] = {
        name: None if (value := getattr(opportunity, name)) == "" else value for name in _PLAIN
    }
    return values | {
        "status": opportunity.status.value,
        "pending_known": opportunity.next_activity_known,
        "pending_kind": pending.kind.value if pending else None,
        "pending_subject": pending.subject if pending else None,
        "pending_due_on": pending.due_on if pending else None,
        "told_dues": [d.isoformat() for d in opportunity.due_history] or None,
    }


def opportunity_of(
    row: OpportunityRow | Row[Any], stages: tuple[StageChange, ...] = ()
) -> Opportunity:
    """The opportunity, with only the fields set that a source has told.

    Args:
        row: its columns, by name.
        stages: its stage changes, oldest first, where they were read.
    """
    told: dict[str, Any] = {"id": row.id}
    if stages:
        told["stage_history"] = stages
    plain = zip(_PLAIN, _plain_of(row), strict=True)
    told |= {name: value for name, value in plain if value is not None}
    if row.status != OpportunityStatus.OPEN:
        told["status"] = OpportunityStatus(row.status)
    pending = next_of(row.pending_kind, row.pending_subject, row.pending_due_on)
    if row.pending_known or pending:
        told |= {"next_activity": pending, "next_activity_known": row.pending_known}
    if row.told_dues:
        told["due_history"] = tuple(map(date.fromisoformat, row.told_dues))
    return _opportunity(told)


@lru_cache(maxsize=8192)
def next_of(kind: str | None, subject: str | None, due_on: date | None) -> NextActivity | None:
    """The pending activity of its columns; None where there is no kind."""
    if kind is None:
        return None
    return NextActivity.model_validate({"kind": kind, "subject": subject or "", "due_on": due_on})


def next_json(pending: NextActivity | None) -> dict[str, Any] | None:
    """A pending activity as plain types, all keys present."""
    return None if pending is None else pending.model_dump(mode="json")


def activity_values(activity: Activity, given: dict[str, Any] | None) -> dict[str, Any]:
    """Columns of what a source tells of an activity, but for its keys and what is worked out."""
    return {
        "kind": activity.kind.value,
        "format": activity.format.value,
        "occurred_at": activity.occurred_at,
        "occurred_utc": sortable(activity.occurred_at),
        "text": activity.text,
        "participants": [p.model_dump(mode="json") for p in activity.participants] or None,
        "owner": activity.owner,
        "duration_seconds": activity.duration_seconds,
        "subject": activity.subject,
        "origin": activity.source,
        "own_next": next_json(activity.next_activity),
        "given": given,
        "content_hash": activity_hash(activity, given),
    }


def activity_of(row: ActivityRow, opportunity_id: str | None) -> Activity:
    """The activity with the pending one that it left."""
    return Activity.model_validate(
        {
            "id": row.id,
            "opportunity_id": opportunity_id,
            "kind": row.kind,
            "format": row.format,
            "occurred_at": row.occurred_at,
            "text": row.text,
            "participants": row.participants or (),
            "next_activity": row.own_next or row.left_next,
            "owner": row.owner,
            "duration_seconds": row.duration_seconds,
            "subject": row.subject,
            "source": row.origin,
        }
    )


def past_of(activity: Activity) -> PastActivity:
    """An activity as history of a later one."""
    return PastActivity(
        kind=activity.kind,
        occurred_at=activity.occurred_at,
        text=activity.text,
        next_activity=activity.next_activity,
        format=activity.format,
        id=activity.id,
        duration_seconds=activity.duration_seconds,
    )


def given_json(record: AuditRecord) -> dict[str, Any]:
    """Opportunity and history of a record that came complete in itself."""
    return {
        "opportunity": record.opportunity.model_dump(mode="json", exclude_unset=True),
        "history": [past.model_dump(mode="json") for past in record.history],
    }


def given_record(given: dict[str, Any], activity: Activity) -> AuditRecord:
    """The record again."""
    return AuditRecord(
        opportunity=Opportunity.model_validate(given["opportunity"]),
        activity=activity,
        history=tuple(PastActivity.model_validate(past) for past in given["history"]),
    )


def finding_values(finding: Finding) -> dict[str, Any]:
    """Columns of a finding, but for its keys, its input and the moment."""
    verdict = finding.verdict
    return {
        "policy": verdict.policy,
        "status": verdict.status.value,
        "label": verdict.label.value,
        "reason": verdict.reason.value,
        "confidence": verdict.confidence,
        "verdict": verdict.as_line(),
        "contact": finding.contact.value,
        "commitments": [
            {
                "earliest": c.earliest.isoformat(),
                "latest": c.latest.isoformat(),
                "evidence": c.evidence.model_dump(mode="json"),
            }
            for c in finding.commitments
        ],
        "attempts": finding.attempts,
        "provenance": finding.provenance.model_dump(mode="json") if finding.provenance else None,
    }


def finding_of(row: VerdictRow, activity: Activity) -> Finding:
    """The finding on an activity."""
    return Finding(
        activity=activity,
        verdict=Verdict.model_validate(row.verdict),
        contact=Contact(row.contact),
        commitments=commitments_of(row.commitments),
        attempts=row.attempts,
        provenance=Provenance.model_validate(row.provenance) if row.provenance else None,
    )


def commitments_of(told: list[Any]) -> tuple[Commitment, ...]:
    """The commitments of their JSON."""
    return tuple(
        Commitment(
            earliest=date.fromisoformat(c["earliest"]),
            latest=date.fromisoformat(c["latest"]),
            evidence=Evidence.model_validate(c["evidence"]),
        )
        for c in told
    )
