"""A supervisor's correction of a verdict: from then on the corrected label counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from auditor.domain.findings import Finding
from auditor.domain.labels import REASONS_OF, Label, Reason
from auditor.domain.recommendation import advise_on_verdict
from auditor.domain.records import AuditRecord, Opportunity
from auditor.domain.verdict import Evidence, Status


class Correction(BaseModel):
    """A label that a supervisor says is right; one that was taken back stays, marked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: int
    """Order in which they were made."""
    verdict_key: int
    """The verdict that was corrected, or confirmed."""
    activity_key: int
    """Its activity."""
    label: Label
    """The right label."""
    reason: Reason | None = None
    """The right reason, where told."""
    evidence: Evidence | None = None
    """The words that decide, where told."""
    comment: str | None = None
    """The supervisor's words."""
    record: dict[str, Any] = {}
    """The record in the codebook's format as it was judged, without a label."""
    made_by: str
    """As in the audit log."""
    made_at: datetime
    """When."""
    undone_by: str | None = None
    """Who took it back."""
    undone_at: datetime | None = None
    """When it was taken back."""

    @property
    def stands(self) -> bool:
        """Whether nobody took it back."""
        return self.undone_at is None


def reason_of(correction: Correction, finding: Finding) -> Reason:
    """The reason told, else the verdict's where it is the label's, else the label's first."""
    if correction.reason is not None:
        return correction.reason
    if finding.verdict.reason in REASONS_OF[correction.label]:
        return finding.verdict.reason
    return REASONS_OF[correction.label][0]


def corrected(finding: Finding, correction: Correction) -> Finding:
    """The finding as the supervisor has it: decided, with the label and the words told.

    The auditor's own quotes stay where no others were told, since the supervisor read those.
    """
    verdict, label = finding.verdict, correction.label
    reason = reason_of(correction, finding)
    quotes = tuple(e for e in verdict.evidence if e != correction.evidence)
    first = (correction.evidence,) if correction.evidence else ()
    record = AuditRecord(
        opportunity=Opportunity(id=finding.activity.opportunity_id or finding.activity.id),
        activity=finding.activity,
    )
    said = f"corrected by {correction.made_by} on {correction.made_at.date()}"
    changed = verdict.model_copy(
        update={
            "status": Status.DECIDED,
            "label": label,
            "reason": reason,
            "confidence": 1.0,
            "probabilities": {each: float(each is label) for each in Label},
            "evidence": (*first, *quotes),
            "recommendation": advise_on_verdict(record, label, reason, decided=True),
            "warnings": (*(w for w in verdict.warnings if not w.startswith("needs review")), said),
        }
    )
    return replace(finding, verdict=changed)
