"""Open opportunities in brief, so that a test states only what it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from auditor.domain.flow import OpenDeal
from auditor.domain.labels import Label
from auditor.domain.stages import StepAnswer
from auditor.domain.verdict import Action


def a_deal(**changes: Any) -> OpenDeal:
    """An open opportunity of Dana's at proposal."""
    told: dict[str, Any] = {
        "key": 1,
        "id": "o1",
        "source": "crm",
        "name": "Marsh racking",
        "rep": "Dana",
        "team": "North",
        "stage": "Proposal",
        "value": Decimal(1000),
        "currency": "GBP",
        "lead_source": "Referral",
        "age_days": 40,
        "days_in_stage": 10,
        "at_least": False,
        "expected_close_on": None,
        "probability": None,
        "due_on": None,
        "label": Label.VAGUE_CALLBACK,
        "reason": None,
        "action": Action.ADVANCE,
        "clock_days": 20,
        "roll_overs": 0,
        "parked": False,
        "was_parked": False,
        "left": False,
        "left_lately": False,
        "answer": StepAnswer.NO,
    }
    return OpenDeal(**{**told, **changes})
