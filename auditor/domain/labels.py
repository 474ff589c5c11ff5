"""The closed sets of the codebook: labels, reasons, acts, tests and what they belong to."""

from __future__ import annotations

from enum import StrEnum


class Label(StrEnum):
    """What a record shows about the pending commitment (codebook, "The three labels")."""

    MEANINGFUL_NEXT_STEP = "meaningful_next_step"
    VAGUE_CALLBACK = "vague_callback"
    IMPLICIT_LOSS = "implicit_loss"


class Reason(StrEnum):
    """The deciding reason behind a label (codebook, "Reasons")."""

    DECISION_SCHEDULED = "decision_scheduled"
    WORKING_SESSION_BOOKED = "working_session_booked"
    PROPOSAL_REVIEW_BOOKED = "proposal_review_booked"
    CONTRACT_IN_MOTION = "contract_in_motion"
    EVALUATION_IN_PROGRESS = "evaluation_in_progress"
    BUYER_EVENT_ANCHORED = "buyer_event_anchored"
    WON = "won"
    INTERVAL_CALLBACK = "interval_callback"
    NO_DATE = "no_date"
    REP_ONLY_INTENT = "rep_only_intent"
    AWAITING_REPLY = "awaiting_reply"
    SEND_INFO = "send_info"
    AVAILABILITY_ONLY = "availability_only"
    NO_PURPOSE = "no_purpose"
    NO_NEXT_ACTIVITY = "no_next_activity"
    COMPETITOR_CHOSEN = "competitor_chosen"
    INCUMBENT_RENEWED = "incumbent_renewed"
    NO_BUDGET = "no_budget"
    PRICE = "price"
    NO_NEED = "no_need"
    NO_FIT = "no_fit"
    NOT_A_PRIORITY = "not_a_priority"
    PROJECT_CANCELLED = "project_cancelled"
    CONTACT_GONE = "contact_gone"
    BRUSH_OFF = "brush_off"
    NO_RESPONSE = "no_response"
    DO_NOT_CONTACT = "do_not_contact"


_MEANINGFUL = tuple(Reason)[:7]
_VAGUE = tuple(Reason)[7:15]
_LOSS = tuple(Reason)[15:]

REASONS_OF: dict[Label, tuple[Reason, ...]] = {
    Label.MEANINGFUL_NEXT_STEP: _MEANINGFUL,
    Label.VAGUE_CALLBACK: _VAGUE,
    Label.IMPLICIT_LOSS: _LOSS,
}
"""The reasons that each label may carry."""

LABEL_OF: dict[Reason, Label] = {r: label for label, rs in REASONS_OF.items() for r in rs}
"""The one label that each reason belongs to."""


class Act(StrEnum):
    """What a clause does (codebook, "Acts")."""

    COMMIT_DATED = "commit_dated"
    COMMIT_UNDATED = "commit_undated"
    YES_TO_BUY = "yes_to_buy"
    EVENT_DATED = "event_dated"
    EVENT_UNDATED = "event_undated"
    NO_PURPOSE = "no_purpose"
    REP_INTENT = "rep_intent"
    REP_HOPE = "rep_hope"
    DONE = "done"
    ATTEMPT = "attempt"
    NO_SHOW = "no_show"
    SIGN_OF_LIFE = "sign_of_life"
    DEFER = "defer"
    SEND_INFO = "send_info"
    AVAILABILITY = "availability"
    AWAITING = "awaiting"
    OPEN_CONDITION = "open_condition"
    WITHDRAWN = "withdrawn"
    GATEKEEPER = "gatekeeper"
    OTHER_NEED = "other_need"
    REFUSAL = "refusal"
    LOST_ELSEWHERE = "lost_elsewhere"
    DEAD = "dead"
    CONTACT_GONE = "contact_gone"
    OBJECTION = "objection"
    NOISE = "noise"
    ADDRESSED_TO_AUDITOR = "addressed_to_auditor"


class Test(StrEnum):
    """The five tests of a next step (codebook, "The five tests")."""

    __test__ = False  # not a pytest class

    WHAT = "what"
    WHEN = "when"
    WHY_THEN = "why_then"
    AGREED = "agreed"
    ADVANCES = "advances"
