"""Small makers of records and findings, so that a test states only what it is about."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from auditor.domain.findings import Commitment, Contact, Finding
from auditor.domain.labels import Label, Reason
from auditor.domain.records import (
    Activity,
    ActivityKind,
    AuditRecord,
    NextActivity,
    Opportunity,
    PastActivity,
    TextFormat,
)
from auditor.domain.verdict import Action, Evidence, EvidenceRole, Recommendation, Status, Verdict

MEANINGFUL = Label.MEANINGFUL_NEXT_STEP
VAGUE = Label.VAGUE_CALLBACK
LOSS = Label.IMPLICIT_LOSS
_REASONS = {MEANINGFUL: Reason.DECISION_SCHEDULED, VAGUE: Reason.NO_DATE, LOSS: Reason.PRICE}


def an_opportunity(**changes: Any) -> Opportunity:
    """An open opportunity at proposal."""
    return Opportunity(
        **{
            "id": "o1",
            "name": "Marsh racking",
            "account": "Marsh Tooling",
            "stage": "Proposal",
            "owner": "Dana",
            "team": "North",
            "value": Decimal(1000),
            "currency": "GBP",
            **changes,
        }
    )


def an_activity(day: date, text: str = "spoke to Lee", **changes: Any) -> Activity:
    """A call logged at ten on a day."""
    return Activity(
        **{
            "id": f"a-{day.isoformat()}",
            "opportunity_id": "o1",
            "kind": ActivityKind.CALL,
            "occurred_at": datetime.combine(day, time(10)),
            "text": text,
            "owner": "Dana",
            **changes,
        }
    )


def a_pending(due: date | None, subject: str = "Call back") -> NextActivity:
    """A pending call."""
    return NextActivity(kind=ActivityKind.CALL, subject=subject, due_on=due)


def some_evidence(quote: str = "spoke to Lee") -> Evidence:
    """A deciding quote at the start of the text."""
    return Evidence(field="text", start=0, end=len(quote), quote=quote, role=EvidenceRole.DECIDING)


def a_finding(
    day: date,
    label: Label = VAGUE,
    *,
    contact: Contact = Contact.TWO_WAY,
    due: date | None = None,
    commits: tuple[date, ...] = (),
    status: Status = Status.DECIDED,
    confidence: float = 0.9,
    reason: Reason | None = None,
    quoted: bool = True,
    **activity: Any,
) -> Finding:
    """A judged call."""
    logged = an_activity(day, next_activity=a_pending(due) if due else None, **activity)
    rest = (1 - confidence) / 2
    verdict = Verdict(
        activity_id=logged.id,
        opportunity_id="o1",
        status=status,
        label=label,
        reason=reason or _REASONS[label],
        confidence=confidence,
        probabilities={each: confidence if each is label else rest for each in Label},
        evidence=(some_evidence(),) if quoted else (),
        recommendation=Recommendation(action=Action.REVIEW),
        classifier="test",
        policy="sha256:test",
    )
    commitments = tuple(Commitment(d, d, some_evidence()) for d in commits)
    attempts = int(contact is Contact.ATTEMPT)
    return Finding(logged, verdict, contact, commitments, attempts)


def a_record(
    text: str,
    *,
    day: date = date(2026, 3, 2),
    pending: NextActivity | None = None,
    history: tuple[str, ...] = (),
    **activity: Any,
) -> AuditRecord:
    """A record with its text, pending activity and earlier notes (a day apart)."""
    past = tuple(
        PastActivity(
            kind=ActivityKind.CALL,
            occurred_at=datetime.combine(date(2026, 2, 1 + i), time(9)),
            text=words,
        )
        for i, words in enumerate(history)
    )
    return AuditRecord(
        opportunity=an_opportunity(),
        activity=an_activity(day, text, next_activity=pending, **activity),
        history=past,
    )


def a_transcript(text: str, **activity: Any) -> AuditRecord:
    """A record whose text has turns."""
    return a_record(text, format=TextFormat.TRANSCRIPT, **activity)
