"""Decides, corrects and takes back, with the audit log: the same for the API, pages and mail links.

Quotes are looked for in the activity and taken from there: what is stored is verbatim.  A quote
that cuts off a negation, runs over two turns or was spoken by the rep is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from auditor.classify.grounding import evidence_at, find_quote
from auditor.classify.protocol import Classifier
from auditor.domain.corrections import Correction
from auditor.domain.decisions import (
    Choice,
    Decision,
    DecisionAction,
    QuotedEvent,
    check_choice,
    check_new_evidence,
    check_reason,
    week_of,
)
from auditor.domain.labels import Label, Reason
from auditor.domain.records import AuditRecord, Side
from auditor.domain.verdict import Evidence, EvidenceRole
from auditor.errors import DecisionError
from auditor.intake.codebook import codebook_record
from auditor.intake.dossier import HISTORY_LIMIT
from auditor.reading.prepared import TEXT, prepare
from auditor.storage import Database, UnitOfWork
from auditor.storage.browsing import StoredVerdict


@dataclass(frozen=True)
class Caller:
    """Who decides, as the audit log has it."""

    actor: str
    """``user:ADDRESS``, ``key:PUBLIC_ID`` or ``cli``."""
    request_id: str | None = None
    """Of the request that asks for it."""


@dataclass(frozen=True)
class Judging:
    """What decisions are weighed by."""

    policy: str
    """Fingerprint of the policy whose verdicts count."""
    today: date
    """The supervisor's present day."""
    classifier: Classifier | None = None
    """Makes the embedding by which a correction becomes a precedent; None makes none."""


def decide(
    database: Database,
    key: int,
    choice: Choice,
    caller: Caller,
    judging: Judging,
    *,
    also: Callable[[UnitOfWork, Decision], None] = lambda _unit, _decision: None,
) -> Decision | None:
    """Makes a decision on an opportunity.

    Args:
        database: where it is.
        key: the opportunity's.
        choice: what is asked for.
        caller: who asks.
        judging: policy, day, classifier.
        also: done in the same transaction.

    Returns:
        The decision; None where there is no such opportunity.

    Raises:
        DecisionError: the choice lacks something or does not fit; nothing is written.
        DecisionConflict: it does not fit what has happened meanwhile; nothing is written.
        StorageError: the database failed; nothing is written.
    """
    with database.begin() as unit:
        unit.decisions.lock(key)
        stored = unit.browsing.opportunity(key)
        if stored is None:
            return None
        check_choice(choice, stored.opportunity, today=judging.today)
        earlier = unit.decisions.of_opportunities([key]).get(key, [])
        event = _find_event(unit, key, choice, earlier)
        verdict = _deciding_verdict(unit, key, judging.policy)
        correction = None
        if choice.action is DecisionAction.DISAGREE:
            correction = _disagree(unit, choice, verdict, caller, judging)
        decision = unit.decisions.add(
            {
                "opportunity_key": key,
                "action": choice.action.value,
                "step": choice.step,
                "due_on": choice.due_on,
                "close_reason": choice.close_reason.value if choice.close_reason else None,
                "comment": choice.comment,
                "verdict_key": verdict.key if verdict else None,
                "correction_key": correction.key if correction else None,
                "week": week_of(choice, judging.today),
                "made_by": caller.actor,
                "made_at": datetime.now(UTC),
            },
            event,
        )
        detail = {"decision": decision.key, "action": choice.action.value}
        _log(unit, caller, "decision.made", "opportunity", key, detail)
        also(unit, decision)
    return decision


def undo(database: Database, key: int, caller: Caller) -> Decision | None:
    """Takes a decision back, with the correction that it made; twice is the same as once.

    Returns:
        The decision, marked; None where there is no such one.
    """
    with database.begin() as unit:
        decision = unit.decisions.get(key)
        if decision is None:
            return None
        now = datetime.now(UTC)
        if unit.decisions.undo(key, by=caller.actor, at=now):
            if decision.correction_key is not None:
                unit.corrections.undo(decision.correction_key, by=caller.actor, at=now)
            detail = {"decision": key, "action": decision.action.value}
            _log(unit, caller, "decision.undone", "opportunity", decision.opportunity_key, detail)
        return unit.decisions.get(key)


@dataclass(frozen=True)
class RightLabel:
    """What a supervisor says is right of a verdict."""

    label: Label
    """The right label; the verdict's own confirms it."""
    reason: Reason | None = None
    """The right reason, one of the label's."""
    quote: str | None = None
    """The words that decide, word for word from the activity's text."""
    comment: str | None = None
    """In the supervisor's words."""


def correct(
    database: Database,
    verdict: int,
    right: RightLabel,
    caller: Caller,
    judging: Judging,
    *,
    also: Callable[[UnitOfWork, Correction], None] = lambda _unit, _correction: None,
) -> Correction | None:
    """Corrects or confirms a verdict's label.

    Args:
        database: where it is.
        verdict: its key.
        right: what is right.
        caller: who says so.
        judging: policy, day, classifier.
        also: done in the same transaction.

    Returns:
        The correction; None where there is no such verdict.

    Raises:
        DecisionError: the reason is another label's, or the quote is not in the text.
        StorageError: the database failed; nothing is written.
    """
    with database.begin() as unit:
        stored = unit.browsing.verdict(verdict)
        if stored is None:
            return None
        correction = _correct(unit, stored, right, caller, judging)
        also(unit, correction)
        return correction


def undo_correction(database: Database, key: int, caller: Caller) -> Correction | None:
    """Takes a correction back; twice is the same as once.  None where there is no such one."""
    with database.begin() as unit:
        found = unit.corrections.get(key)
        if found is None:
            return None
        if unit.corrections.undo(key, by=caller.actor, at=datetime.now(UTC)):
            detail = {"correction": key}
            _log(unit, caller, "correction.undone", "verdict", found.verdict_key, detail)
        return unit.corrections.get(key)


def _find_event(
    unit: UnitOfWork, key: int, choice: Choice, earlier: Sequence[Decision]
) -> QuotedEvent | None:
    """The buyer's event of a parking, found in the opportunity's activities, the latest first."""
    if choice.event_quote is None:
        return None
    activities = unit.browsing.activities_of(key)[::-1]
    if choice.event_activity is not None:
        activities = [a for a in activities if a.key == choice.event_activity]
    problem = "it stands in none of the opportunity's activities"
    for found in activities:
        record = unit.browsing.record(found.key, history_limit=0)
        if record is None:
            continue
        try:
            evidence = _verbatim(record.record, choice.event_quote, "event_quote")
        except DecisionError as exc:
            problem = str(exc).partition(": ")[2]
            continue
        said_on = found.activity.occurred_at.date()
        event = QuotedEvent(evidence=evidence, activity_key=found.key, said_on=said_on)
        check_new_evidence(event, earlier)
        return event
    raise DecisionError("event_quote", f"{problem}; quote the buyer's event word for word")


def _verbatim(record: AuditRecord, quote: str, field: str) -> Evidence:
    """The words where they stand in the activity's text.

    Raises:
        DecisionError: they don't, or they are the rep's.
    """
    prepared = prepare(record)
    located = find_quote(prepared, quote, field=TEXT)
    if located.place is None:
        raise DecisionError(field, located.problem or "the words are not in the record")
    _, side = prepared.speaker_at(located.place)
    if field == "event_quote" and side is Side.REP:
        raise DecisionError(field, "those are the rep's own words; quote the buyer")
    evidence = evidence_at(prepared, located.place, role=EvidenceRole.DECIDING)
    if evidence is None:
        raise DecisionError(field, "nothing is left of the words; quote at least one whole word")
    return evidence


def _deciding_verdict(unit: UnitOfWork, key: int, policy: str) -> StoredVerdict | None:
    """The verdict of the latest judged activity."""
    activities = [a.key for a in unit.browsing.activities_of(key)]
    verdicts = unit.browsing.current_verdicts(activities, policy)
    judged = [verdicts[a] for a in activities if a in verdicts]
    return judged[-1] if judged else None


def _disagree(
    unit: UnitOfWork,
    choice: Choice,
    verdict: StoredVerdict | None,
    caller: Caller,
    judging: Judging,
) -> Correction:
    if verdict is None:
        raise DecisionError("action", "nothing on it was judged yet; there is no label to correct")
    assert choice.label is not None  # noqa: S101 - check_choice saw to it
    told = unit.corrections.current([verdict.activity_key]).get(verdict.activity_key)
    label = told.label if told else verdict.finding.verdict.label
    if choice.label is label and choice.reason in (None, verdict.finding.verdict.reason):
        raise DecisionError("label", f"it is {label.value!r} already; there is nothing to disagree")
    right = RightLabel(choice.label, choice.reason, choice.quote, choice.comment)
    return _correct(unit, verdict, right, caller, judging)


def _correct(
    unit: UnitOfWork, verdict: StoredVerdict, right: RightLabel, caller: Caller, judging: Judging
) -> Correction:
    check_reason(right.label, right.reason)
    due = unit.browsing.record(verdict.activity_key, history_limit=HISTORY_LIMIT)
    if due is None or not verdict.is_on_current_input:
        raise DecisionError(
            "verdict", "it was given on an earlier state of the activity; correct the current one"
        )
    quote = _verbatim(due.record, right.quote, "quote").quote if right.quote else None
    if quote is None and not verdict.finding.verdict.evidence:
        raise DecisionError("quote", "the verdict has no words to rest on; quote those that decide")
    embedding, model = _embedding(due.record, judging.classifier)
    correction = unit.corrections.add(
        {
            "verdict_key": verdict.key,
            "activity_key": verdict.activity_key,
            "input_hash": due.input_hash,
            "label": right.label.value,
            "reason": right.reason.value if right.reason else None,
            "quote": quote,
            "comment": right.comment,
            "record": codebook_record(due.record),
            "embedding": embedding,
            "model": model,
            "made_by": caller.actor,
            "made_at": datetime.now(UTC),
        }
    )
    was = verdict.finding.verdict.label.value
    detail = {"correction": correction.key, "was": was, "label": right.label.value}
    _log(unit, caller, "correction.made", "verdict", verdict.key, detail)
    return correction


def _embedding(
    record: AuditRecord, classifier: Classifier | None
) -> tuple[bytes | None, str | None]:
    """The classifier's embedding of a record as 32-bit floats; none where it makes none."""
    if classifier is None or not record.activity.text.strip():
        return None, None
    base: Classifier = getattr(classifier, "base", classifier)
    [opinion] = base.opine([prepare(record)])
    if not opinion.embedding:
        return None, None
    return struct.pack(f"<{len(opinion.embedding)}f", *opinion.embedding), base.name


def _log(
    unit: UnitOfWork, caller: Caller, action: str, kind: str, subject: int, detail: dict[str, Any]
) -> None:
    unit.audit_log.add(
        caller.actor,
        action,
        subject_kind=kind,
        subject=subject,
        request_id=caller.request_id,
        detail=detail,
    )
