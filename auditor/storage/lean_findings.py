"""Findings with all that a docket's items are told from, and no more: texts and tests are left out.

A company's docket reads half a million findings to tell of a hundred thousand opportunities.  What
is left out is not missed: a standing asks for the text of an activity only where a quote is from
an earlier one, and there it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Text, case, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from auditor.domain.findings import Contact, Finding
from auditor.domain.labels import Label, Reason
from auditor.domain.provenance import Asked, Provenance
from auditor.domain.records import Activity, ActivityKind, NextActivity, Participant
from auditor.domain.verdict import (
    Action,
    Defect,
    Evidence,
    EvidenceRole,
    Recommendation,
    Status,
    Verdict,
)
from auditor.storage.columns import value_list, values
from auditor.storage.counting import AnySelect
from auditor.storage.current_findings import corrected_opportunities, is_current
from auditor.storage.filled import filler
from auditor.storage.keys_in import keys_in
from auditor.storage.mapping import commitments_of
from auditor.storage.models import ActivityRow, VerdictRow
from auditor.storage.verdicts import VerdictRepository

_NONE = "[]"
_FROM_HISTORY = '"history'
_EVIDENCE = 14
"""Which column of ``_lean`` holds the quotes."""
_LEFT_OUT = "-"
_NO_LOSS: dict[Label, float] = {}
_KINDS = {kind.value: kind for kind in ActivityKind}
_STATUSES = {status.value: status for status in Status}
_LABELS = {label.value: label for label in Label}
_REASONS = {reason.value: reason for reason in Reason}
_CONTACTS = {contact.value: contact for contact in Contact}
_ROLES = {role.value: role for role in EvidenceRole}
_DEFECTS = {defect.value: defect for defect in Defect}


class LeanPage:
    """Findings on some opportunities as the database packed them, a text for each column."""

    def __init__(
        self,
        whole: dict[int, list[Finding]],
        packed: Sequence[str | None],
        texts: dict[tuple[int, str], str],
        policy: str,
    ) -> None:
        self._whole, self._packed, self._texts, self._policy = whole, packed, texts, policy

    def findings(self) -> dict[int, list[Finding]]:
        """By opportunity: its findings, oldest first."""
        found = dict(self._whole)
        rows = zip(*(values(column or "") for column in self._packed), strict=True)
        for key, own in groupby(rows, itemgetter(0)):
            found[key] = [_finding(row, self._texts, self._policy) for row in own]
        return found


class LeanFindings:
    """Reads findings for dockets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self, opportunities: Sequence[int], policy: str) -> LeanPage:
        """As ``VerdictRepository.current``, for standing on a docket only.

        Those of opportunities on which a supervisor corrected anything are read whole.
        """
        whole = corrected_opportunities(self._session, opportunities)
        found = VerdictRepository(self._session).current(whole, policy) if whole else {}
        left_out = set(whole)
        keys = [key for key in opportunities if key not in left_out]
        each = _lean(keys, policy).subquery()
        packed = self._session.execute(select(*(value_list(column) for column in each.c))).one()
        return LeanPage(found, packed, self._texts(packed), policy)

    def _texts(self, packed: Sequence[str | None]) -> dict[tuple[int, str], str]:
        """Texts of the activities of opportunities where a quote is from an earlier one."""
        if _FROM_HISTORY not in (packed[_EVIDENCE] or ""):
            return {}
        pairs = zip(values(packed[0] or ""), values(packed[_EVIDENCE] or ""), strict=True)
        keys = list(dict.fromkeys(key for key, told in pairs if told and _FROM_HISTORY in told))
        query = select(ActivityRow.opportunity_key, ActivityRow.id, ActivityRow.text)
        rows = self._session.execute(query.where(keys_in(ActivityRow.opportunity_key, keys)))
        return {(key, name): text for key, name, text in rows if key is not None}


def _lean(opportunities: Sequence[int], policy: str) -> AnySelect:
    act, verdict = ActivityRow, VerdictRow
    loss = verdict.verdict[("probabilities", Label.IMPLICIT_LOSS.value)].as_float()
    query: AnySelect = select(
        act.opportunity_key,
        act.id,
        act.kind,
        type_coerce(act.occurred_at, Text()),
        cast(func.coalesce(act.own_next, act.left_next), Text()),
        act.owner,
        cast(act.participants, Text()),
        verdict.status,
        verdict.label,
        verdict.reason,
        verdict.confidence,
        verdict.contact,
        cast(verdict.commitments, Text()),
        verdict.attempts,
        cast(verdict.verdict["evidence"], Text()),
        cast(verdict.verdict["next_activity_defects"], Text()),
        # Only silence asks how likely a loss is, and where the buyer talks there is none.
        case((verdict.contact != Contact.TWO_WAY.value, loss)),
        cast(verdict.provenance["asked"], Text()),
    )
    return (
        query.join(verdict, is_current(policy))
        .where(keys_in(act.opportunity_key, opportunities))
        .order_by(act.opportunity_key, act.occurred_utc, act.key)  # as the index has it
    )


_activity = filler(
    Activity(
        id="", kind=ActivityKind.NOTE, occurred_at=datetime(1970, 1, 1, tzinfo=UTC), text=_LEFT_OUT
    ),
    ("next_activity", "owner", "participants"),
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
    ("evidence", "next_activity_defects"),
)
_evidence = filler(
    Evidence(field="", start=0, end=0, quote="", speaker=None, role=EvidenceRole.SUPPORTING), ()
)


def _finding(row: Any, texts: dict[tuple[int, str], str], policy: str) -> Finding:
    """Fills in copies: what verdicts say was checked when they were stored."""
    (key, name, kind, at, pending, owner, people, status, label, reason, sure, *rest) = row
    contact, commitments, attempts, evidence, defects, loss, asked = rest
    activity = _activity(
        {
            "id": name,
            "kind": _KINDS[kind],
            "occurred_at": datetime.fromisoformat(at),
            "next_activity": _next(pending) if pending else None,
            "owner": owner,
            "participants": _people(people) if people else (),
            "text": texts.get((key, name), _LEFT_OUT) if texts else _LEFT_OUT,
        }
    )
    verdict = _verdict(
        {
            "activity_id": name,
            "status": _STATUSES[status],
            "label": _LABELS[label],
            "reason": _REASONS[reason],
            "confidence": float(sure),  # JSON may say 1 of 1.0
            "probabilities": {Label.IMPLICIT_LOSS: float(loss)} if loss else _NO_LOSS,
            "evidence": () if evidence in (None, _NONE) else _quotes(evidence),
            "next_activity_defects": () if defects in (None, _NONE) else _wrong(defects),
            "policy": policy,
        }
    )
    dated = () if commitments == _NONE else commitments_of(from_json(commitments))
    provenance = Provenance(auditor="", caller="", asked=_asked(asked)) if asked else None
    return Finding(activity, verdict, _CONTACTS[contact], dated, attempts, provenance)


def _quotes(told: str) -> tuple[Evidence, ...]:
    found = []
    for each in from_json(told):
        each["role"] = _ROLES[each.get("role", EvidenceRole.SUPPORTING.value)]
        found.append(_evidence(each))
    return tuple(found)


def _asked(told: str) -> Asked | None:
    return None if told == "null" else Asked.model_validate_json(told)


@lru_cache(maxsize=4096)
def _next(told: str) -> NextActivity:
    return NextActivity.model_validate_json(told)


@lru_cache(maxsize=4096)
def _people(told: str) -> tuple[Participant, ...]:
    return tuple(Participant.model_validate(each) for each in from_json(told))


@lru_cache(maxsize=256)
def _wrong(told: str) -> tuple[Defect, ...]:
    return tuple(_DEFECTS[each] for each in from_json(told))
