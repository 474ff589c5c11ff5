"""Labels, reasons, tests and decisions in the words that the pages use."""

from __future__ import annotations

from datetime import date

from auditor.digest.words import DEFECT_WORDS, REASON_WORDS
from auditor.domain.decisions import Became, Decision, DecisionAction
from auditor.domain.labels import REASONS_OF, Label, Reason, Test
from auditor.domain.recommendation import say_date
from auditor.domain.records import ActivityKind
from auditor.domain.verdict import Defect

LABEL_WORDS = {
    Label.MEANINGFUL_NEXT_STEP: "Real next step",
    Label.VAGUE_CALLBACK: "Vague callback",
    Label.IMPLICIT_LOSS: "In effect lost",
}
"""What a record shows."""
_REASONS = REASON_WORDS | {
    "decision_scheduled": "a decision is scheduled",
    "working_session_booked": "a working session is booked",
    "proposal_review_booked": "a review of the offer is booked",
    "contract_in_motion": "the contract is in motion",
    "evaluation_in_progress": "an evaluation is under way",
    "buyer_event_anchored": "anchored in a dated event of the buyer's",
    "won": "won",
    "interval_callback": "call back after an interval",
    "no_date": "no date",
    "rep_only_intent": "the rep's own plan only",
    "awaiting_reply": "waiting for a reply",
    "send_info": "information to be sent",
    "availability_only": "a time to reach them, no purpose",
    "no_purpose": "no purpose",
    "no_next_activity": "no next activity",
}
TEST_WORDS = {
    Test.WHAT: ("What", "names what will happen"),
    Test.WHEN: ("When", "has a day"),
    Test.WHY_THEN: ("Why then", "the day follows from the buyer's own events"),
    Test.AGREED: ("Agreed", "the buyer agreed to it"),
    Test.ADVANCES: ("Advances", "it settles a yes or a no"),
}
"""Each of the five tests: its name, and what passing it means."""
MEND_WORDS = {
    Defect.MISSING: "Agree the next step with the buyer and log it with its day.",
    Defect.OVERDUE: "Log what came of it, or agree a new day with the buyer.",
    Defect.NO_DUE_DATE: "Put the day that the buyer agreed to.",
    Defect.NO_SUBJECT: "Write what will happen, not only that you will call.",
    Defect.ROUND_INTERVAL: "Ask the buyer for a day that follows from something of theirs.",
    Defect.NOTHING_HAPPENS: "Give the contact a question that settles a yes or a no.",
    Defect.CONTRADICTS_NOTE: "Put the day that stands in your note, or mend the note.",
    Defect.KEPT_ROLLING: "Do not move it again: ask for a decision, or propose to close it.",
}
"""How a rep mends a pending activity."""
KIND_WORDS = {
    ActivityKind.CALL: "Call",
    ActivityKind.EMAIL: "E-mail",
    ActivityKind.MEETING: "Meeting",
    ActivityKind.TASK: "Task",
    ActivityKind.NOTE: "Note",
}
"""Kinds of activities."""
BECAME_WORDS = {
    Became.WAITING: "still to come",
    Became.CAME: "came: the buyer has committed since",
    Became.DID_NOT_COME: "did not come",
    Became.LEFT: "closed in the CRM",
    Became.STILL_OPEN: "the CRM still has it open",
    Became.REVIVED: "the buyer has committed to something since",
    Became.PARKED: "waits for its day",
    Became.RETURNED: "is back",
    Became.CORRECTED: "the label was put right",
}
"""What became of a decision."""


def label_words(label: Label | str) -> str:
    """A label as it is shown."""
    return LABEL_WORDS[Label(label)]


def reason_words(reason: Reason | str) -> str:
    """A reason as it is shown."""
    return _REASONS[Reason(reason).value]


def defect_words(defect: Defect) -> str:
    """A defect as it is shown."""
    return DEFECT_WORDS[defect]


def reason_groups(labels: tuple[Label, ...] = tuple(Label)) -> list[tuple[str, list[Reason]]]:
    """Reasons to choose from, by label."""
    return [(LABEL_WORDS[label], list(REASONS_OF[label])) for label in labels]


def decision_words(decision: Decision, as_of: date) -> str:
    """A decision in a sentence without its full stop."""
    due = say_date(decision.due_on, as_of=as_of) if decision.due_on else "no day"
    if decision.action is DecisionAction.ADVANCE:
        return f"Advance: {(decision.step or '').rstrip('. ')}, by {due}"
    if decision.action is DecisionAction.CLOSE:
        reason = decision.close_reason
        return f"Close as lost: {reason_words(reason)}" if reason else "Close as lost"
    if decision.action is DecisionAction.PARK:
        quote = decision.event.evidence.quote if decision.event else ""
        return f"Park until {due}: “{' '.join(quote.split())}”"
    return "Disagree: the label is put right"
