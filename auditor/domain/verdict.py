"""A verdict: label, reason, five tests, evidence and confidence, or ``needs_review``.

The JSON form is the contract of the command line and the API: ``Verdict.as_line`` gives it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from auditor.domain.labels import Label, Reason, Test


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    """Whether the verdict may be acted on."""

    DECIDED = "decided"
    NEEDS_REVIEW = "needs_review"


class EvidenceRole(StrEnum):
    """Whether a quote decides the label or supports it."""

    DECIDING = "deciding"
    SUPPORTING = "supporting"


class Evidence(_Frozen):
    """A quote found verbatim at a place; offsets are code points of the raw field."""

    field: str
    """``text``, ``next_activity.subject`` or ``history[i].text``."""
    start: int = Field(ge=0)
    """First code point of the quote in the raw field."""
    end: int = Field(ge=0)
    """One past its last code point."""
    quote: str
    """The raw field's characters from start to end."""
    speaker: str | None = None
    """Who said it, where the text has turns."""
    role: EvidenceRole = EvidenceRole.SUPPORTING
    """Deciding or supporting."""


class TestResult(_Frozen):
    """One of the five tests: passed, failed, or not known (None)."""

    __test__ = False  # not a pytest class

    passed: bool | None = None
    """None where the record does not tell."""
    evidence: Evidence | None = None
    """The words that show it, where there are any."""


class Defect(StrEnum):
    """What is wrong with the pending next activity."""

    MISSING = "missing"
    OVERDUE = "overdue"
    NO_DUE_DATE = "no_due_date"
    NO_SUBJECT = "no_subject"
    ROUND_INTERVAL = "round_interval"
    NOTHING_HAPPENS = "nothing_happens"
    CONTRADICTS_NOTE = "contradicts_note"
    KEPT_ROLLING = "kept_rolling"


class Action(StrEnum):
    """What the auditor asks the supervisor to do."""

    ADVANCE = "advance"
    CLOSE = "close"
    PARK = "park"
    REVIEW = "review"
    LEAVE = "leave"


class Recommendation(_Frozen):
    """What to do about it, with the question that a supervisor asks."""

    action: Action
    """Advance, close, park, review or leave."""
    question: str | None = None
    """In plain words, for the rep."""
    proposed_step: str | None = None
    """A concrete step fit for the stage, where the action is advance."""
    close_reason: Reason | None = None
    """Why it is lost, where the action is close."""


class Verdict(_Frozen):
    """What one activity shows, and how sure the auditor is."""

    activity_id: str
    """The activity judged."""
    opportunity_id: str | None = None
    """Its opportunity, where known."""
    status: Status
    """Decided, or left to a person."""
    label: Label
    """The label, or the best guess where status is ``needs_review``."""
    reason: Reason
    """The deciding reason, one of the label's."""
    confidence: float = Field(ge=0, le=1)
    """Calibrated probability that the label is right."""
    probabilities: dict[Label, float]
    """Calibrated probability of each label; they sum to 1."""
    evidence: tuple[Evidence, ...] = ()
    """One to four quotes, the deciding one first; empty where none could be verified."""
    five_tests: dict[Test, TestResult] = Field(default_factory=dict)
    """Each of the five tests."""
    next_activity_defects: tuple[Defect, ...] = ()
    """What is wrong with the pending activity."""
    recommendation: Recommendation
    """What to do."""
    classifier: str
    """Which classifier judged, with its version."""
    policy: str
    """Fingerprint of thresholds, codebook, model and prompts."""
    warnings: tuple[str, ...] = ()
    """What the reader should know, in plain words."""

    def as_line(self) -> dict[str, Any]:
        """Returns the JSON form of the contract (plain types, all keys present)."""
        return self.model_dump(mode="json")
