"""Findings in brief: what standings are added up from, without texts and quotes.

A hundred thousand open opportunities have half a million findings: reading each whole is slow.
The words themselves are read where they are shown: a brief finding only says that there are some.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Text, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from auditor.domain.findings import Contact, Finding
from auditor.domain.labels import Label, Reason
from auditor.domain.records import Activity, ActivityKind, NextActivity
from auditor.domain.verdict import Action, Evidence, EvidenceRole, Recommendation, Status, Verdict
from auditor.storage.counting import AnySelect
from auditor.storage.current_findings import corrected_opportunities, is_current
from auditor.storage.filled import filler
from auditor.storage.keys_in import keys_in
from auditor.storage.mapping import commitments_of
from auditor.storage.models import ActivityRow, VerdictRow
from auditor.storage.packed_rows import PackedRows, packed_rows
from auditor.storage.verdicts import VerdictRepository

_SOME_WORDS = (Evidence(field="text", start=0, end=0, quote="", role=EvidenceRole.DECIDING),)
_NO_COMMITMENTS = "[]"
_KINDS = {kind.value: kind for kind in ActivityKind}
_STATUSES = {status.value: status for status in Status}
_LABELS = {label.value: label for label in Label}
_REASONS = {reason.value: reason for reason in Reason}
_CONTACTS = {contact.value: contact for contact in Contact}


class BriefPage:
    """Findings on some opportunities as the database packed them."""

    def __init__(self, whole: dict[int, list[Finding]], brief: PackedRows, policy: str) -> None:
        self._whole, self._brief, self._policy = whole, brief, policy

    def findings(self) -> dict[int, list[Finding]]:
        """By opportunity: its findings, oldest first."""
        found = dict(self._whole)
        for key, own in groupby(self._brief, itemgetter(0)):
            found[key] = [_finding(row, self._policy) for row in own]
        return found


class BriefFindings:
    """Reads findings in brief."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self, opportunities: Sequence[int], policy: str) -> BriefPage:
        """As ``VerdictRepository.current``, for adding up standings only.

        Those of opportunities on which a supervisor corrected anything are read whole.
        """
        whole = corrected_opportunities(self._session, opportunities)
        found = VerdictRepository(self._session).current(whole, policy) if whole else {}
        left_out = set(whole)
        brief = [key for key in opportunities if key not in left_out]
        return BriefPage(found, packed_rows(self._session, _brief(brief, policy)), policy)


def _brief(opportunities: Sequence[int], policy: str) -> AnySelect:
    act, verdict = ActivityRow, VerdictRow
    loss = verdict.verdict[("probabilities", Label.IMPLICIT_LOSS.value)].as_float()
    query: AnySelect = select(
        act.opportunity_key,
        act.id,
        act.kind,
        type_coerce(act.occurred_at, Text()),
        cast(func.coalesce(act.own_next, act.left_next), Text()),
        verdict.status,
        verdict.label,
        verdict.reason,
        verdict.confidence,
        verdict.contact,
        cast(verdict.commitments, Text()),
        verdict.attempts,
        verdict.verdict[("evidence", 0, "field")].as_string(),
        # Only silence asks how likely a loss is, and where the buyer talks there is none.
        case((verdict.contact != Contact.TWO_WAY.value, loss)),
    )
    return (
        query.join(verdict, is_current(policy))
        .where(keys_in(act.opportunity_key, opportunities))
        .order_by(act.opportunity_key, act.occurred_utc, act.key)  # as the index has it
    )


_activity = filler(
    Activity(id="", kind=ActivityKind.NOTE, occurred_at=datetime(1970, 1, 1, tzinfo=UTC), text=""),
    ("next_activity",),
)
_verdict = filler(
    Verdict(
        activity_id="",
        status=Status.NEEDS_REVIEW,
        label=Label.VAGUE_CALLBACK,
        reason=Reason.NO_DATE,
        confidence=0.0,
        probabilities={},
        recommendation=Recommendation(action=Action.REVIEW),
        classifier="",
        policy="",
    ),
    ("evidence",),
)


def _finding(row: Any, policy: str) -> Finding:
    """Fills in copies: what verdicts say was checked when they were stored."""
    (_, name, kind, at, pending, status, label, reason, sure, contact, *rest) = row
    commitments, attempts, quoted, loss = rest
    activity = _activity(
        {
            "id": name,
            "kind": _KINDS[kind],
            "occurred_at": datetime.fromisoformat(at),
            "next_activity": _next(pending) if pending else None,
        }
    )
    verdict = _verdict(
        {
            "activity_id": name,
            "status": _STATUSES[status],
            "label": _LABELS[label],
            "reason": _REASONS[reason],
            "confidence": sure,
            "probabilities": {Label.IMPLICIT_LOSS: loss or 0.0},
            "evidence": _SOME_WORDS if quoted is not None else (),
            "policy": policy,
        }
    )
    dated = () if commitments == _NO_COMMITMENTS else commitments_of(json.loads(commitments))
    return Finding(activity, verdict, _CONTACTS[contact], dated, attempts)


@lru_cache(maxsize=4096)
def _next(told: str) -> NextActivity:
    return NextActivity.model_validate_json(told)
