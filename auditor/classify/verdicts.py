"""From opinions to verdicts: grounded evidence, the five tests, defects, or ``needs_review``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auditor import __version__
from auditor.classify.contacts import attempt_place, find_commitments, judge_contact
from auditor.classify.defects import find_defects
from auditor.classify.five_tests import judge_tests
from auditor.classify.grounding import evidence_at
from auditor.classify.protocol import Candidate, Classifier, Opinion
from auditor.domain.findings import Contact, Finding
from auditor.domain.labels import REASONS_OF, Label, Reason
from auditor.domain.policy import Policy
from auditor.domain.provenance import Asked, Provenance
from auditor.domain.recommendation import advise_on_verdict, in_own_words
from auditor.domain.records import AuditRecord
from auditor.domain.verdict import Evidence, EvidenceRole, Status, Verdict
from auditor.reading.prepared import PreparedRecord, prepare

MAX_QUOTES = 3
"""Quotes shown with a verdict; the codebook allows one to four."""


def judge(
    records: Sequence[AuditRecord],
    classifier: Classifier,
    policy: Policy,
    *,
    pending_known: Sequence[bool] | None = None,
    caller: str = "auditor",
) -> list[Finding]:
    """Judges records, one finding each, in order.

    Args:
        records: activities with what was known on their day.
        classifier: gives the opinions.
        policy: thresholds; its fingerprint goes on each verdict.
        pending_known: for each record, whether its source tells pending activities, so that
            none is a defect; all do where None.
        caller: who has it judged, for the findings' provenance.
    """
    prepared = [prepare(r, day_first=policy.day_first) for r in records]
    opinions = classifier.opine(prepared)
    known = pending_known or [True] * len(records)
    made_with = {
        "local_model": getattr(classifier, "local_model", None),
        "corrections": getattr(classifier, "corrections", None),
    }
    findings = (
        make_finding(p, o, classifier.name, policy, pending_known=k)
        for p, o, k in zip(prepared, opinions, known, strict=True)
    )
    return [
        replace(f, provenance=_provenance(r, o.asked, caller=caller, made_with=made_with))
        for f, r, o in zip(findings, records, opinions, strict=True)
    ]


def _provenance(
    record: AuditRecord, asked: Asked | None, *, caller: str, made_with: dict[str, str | None]
) -> Provenance:
    return Provenance(
        auditor=__version__,
        caller=caller,
        stage=record.opportunity.stage,
        account=record.opportunity.account,
        asked=asked,
        **made_with,
    )


def make_finding(
    prepared: PreparedRecord,
    opinion: Opinion,
    classifier: str,
    policy: Policy,
    *,
    pending_known: bool = True,
) -> Finding:
    """Turns one opinion into a verdict with the facts that standing counts."""
    activity = prepared.record.activity
    label = max(opinion.probabilities, key=lambda k: opinion.probabilities[k])
    contact, attempts = judge_contact(prepared, opinion)
    evidence = _ground(prepared, opinion, contact)
    warnings = [*prepared.warnings, *opinion.warnings]
    commitments = find_commitments(prepared, opinion)
    doubts = _doubts(opinion, label, evidence, policy)
    if prepared.conversation is not None and prepared.conversation.inferred:
        warnings.append("who is the rep and who the buyer was inferred from what they say")
    verdict = Verdict(
        activity_id=activity.id,
        opportunity_id=activity.opportunity_id,
        status=Status.NEEDS_REVIEW if doubts else Status.DECIDED,
        label=label,
        reason=_reason(opinion, label),
        confidence=round(opinion.probabilities[label], 4),
        probabilities={k: round(v, 4) for k, v in opinion.probabilities.items()},
        evidence=evidence,
        five_tests=judge_tests(prepared, opinion, policy),
        next_activity_defects=find_defects(
            prepared,
            label=label,
            commitments=commitments,
            pending_known=pending_known,
        ),
        recommendation=in_own_words(
            advise_on_verdict(prepared.record, label, _reason(opinion, label), decided=not doubts),
            label,
            opinion.asked,
        ),
        classifier=classifier,
        policy=policy.fingerprint,
        warnings=(*warnings, *doubts),
    )
    return Finding(activity, verdict, contact, commitments, attempts)


def _reason(opinion: Opinion, label: Label) -> Reason:
    allowed = REASONS_OF[label]
    return max(allowed, key=lambda r: opinion.reasons.get(r, 0.0))


def _ground(prepared: PreparedRecord, opinion: Opinion, contact: Contact) -> tuple[Evidence, ...]:
    """Evidence of the best candidates, without overlaps, the deciding one first.

    Where nobody answered, the words that say so decide, if the classifier found any evidence.
    """
    ranked = opinion.evidence
    missed = contact in (Contact.ATTEMPT, Contact.NO_SHOW)
    place = attempt_place(prepared, opinion) if missed and ranked else None
    kept: list[Evidence] = []
    for candidate in [Candidate(place, 1.0), *ranked] if place else ranked:
        role = EvidenceRole.SUPPORTING if kept else EvidenceRole.DECIDING
        found = evidence_at(prepared, candidate.place, role=role)
        if found and not any(_overlap(found, k) for k in kept):
            kept.append(found)
        if len(kept) == MAX_QUOTES:
            break
    return tuple(kept)


def _overlap(a: Evidence, b: Evidence) -> bool:
    return a.field == b.field and a.start < b.end and b.start < a.end


def _doubts(
    opinion: Opinion, label: Label, evidence: tuple[Evidence, ...], policy: Policy
) -> list[str]:
    """Why a verdict must not be acted on, in plain words; empty where it may."""
    doubts = []
    if opinion.abstains:
        doubts.append("needs review: the classifier can't judge this text")
    if not evidence:
        doubts.append("needs review: no words in the record could be verified as evidence")
    confidence = opinion.probabilities[label]
    if confidence < policy.review_below:
        doubts.append(
            f"needs review: confidence {confidence:.2f} is under the policy's "
            f"{policy.review_below:.2f}"
        )
    return doubts
