"""Examples for the OpenAPI document."""

from __future__ import annotations

from typing import Any

RECORD: dict[str, Any] = {
    "id": "call-1",
    "opportunity": {"stage": "Proposal"},
    "activity": {
        "kind": "call",
        "format": "note",
        "occurred_at": "2026-03-02T10:15:00",
        "text": "Lee likes it. Said to call back in three months.",
        "participants": [{"name": "Dana", "role": "rep"}, {"name": "Lee", "role": "buyer"}],
        "next_activity": {"kind": "call", "subject": "Call back", "due_on": "2026-06-02"},
    },
    "history": [
        {"kind": "call", "occurred_at": "2026-02-03T09:00:00", "text": "Sent the proposal."}
    ],
}
VERDICT: dict[str, Any] = {
    "activity_id": "call-1",
    "opportunity_id": None,
    "status": "decided",
    "label": "vague_callback",
    "reason": "interval_callback",
    "confidence": 0.97,
    "probabilities": {
        "meaningful_next_step": 0.02,
        "vague_callback": 0.97,
        "implicit_loss": 0.01,
    },
    "evidence": [
        {
            "field": "text",
            "start": 14,
            "end": 47,
            "quote": "Said to call back in three months",
            "speaker": None,
            "role": "deciding",
        }
    ],
    "five_tests": {
        "what": {"passed": False, "evidence": None},
        "when": {"passed": False, "evidence": None},
        "why_then": {"passed": False, "evidence": None},
        "agreed": {"passed": False, "evidence": None},
        "advances": {"passed": False, "evidence": None},
    },
    "next_activity_defects": ["round_interval", "nothing_happens"],
    "recommendation": {
        "action": "advance",
        "question": "What happens on 2 June, and who on their side agreed to it?",
        "proposed_step": "Ask Lee for a 30-minute review of the offer with the person who decides, "
        "who ends it with yes, no, or what must change.",
        "close_reason": None,
    },
    "classifier": "local-0.3.0",
    "policy": "sha256:4be1c0d5f2a39e10",
    "warnings": [],
}
DECISION: dict[str, Any] = {
    "decision": {
        "key": 7,
        "opportunity_key": 12,
        "action": "advance",
        "step": "Review of the offer with the CFO",
        "due_on": "2026-03-13",
        "close_reason": None,
        "event": None,
        "comment": None,
        "verdict_key": 431,
        "correction_key": None,
        "week": "2026-02-23",
        "made_by": "user:sam@example.com",
        "made_at": "2026-03-02T08:11:00Z",
        "undone_by": None,
        "undone_at": None,
    },
    "became": "waiting",
}
CHOICES: dict[str, Any] = {
    "advance": {
        "summary": "Demand a step",
        "value": {
            "action": "advance",
            "step": "Review of the offer with the CFO",
            "due_on": "2030-03-13",
        },
    },
    "close": {
        "summary": "Close as lost",
        "value": {"action": "close", "close_reason": "no_budget"},
    },
    "park": {
        "summary": "Park until the buyer's event",
        "value": {
            "action": "park",
            "event_quote": "their contract with Northlift ends on 30 June",
            "due_on": "2030-06-03",
        },
    },
    "disagree": {
        "summary": "Correct the label",
        "value": {
            "action": "disagree",
            "label": "meaningful_next_step",
            "reason": "decision_scheduled",
            "quote": "board votes Thursday",
        },
    },
}
CORRECTION: dict[str, Any] = {
    "label": "implicit_loss",
    "reason": "no_budget",
    "quote": "there is no money for it this year",
    "comment": "She said it twice.",
}
