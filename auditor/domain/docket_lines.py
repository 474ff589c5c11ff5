"""The open opportunities of a docket in brief: what they are ranked, counted and listed by.

A company's docket has a hundred thousand of them: each whole, they would take gigabytes.
"""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from auditor.domain.docket_items import DocketItem, asks
from auditor.domain.labels import Label
from auditor.domain.records import Opportunity
from auditor.domain.verdict import Action, Defect


class OpportunityLine(NamedTuple):
    """What a line says of an opportunity; each field as in ``Opportunity``."""

    id: str
    name: str
    account: str | None
    stage: str
    owner: str | None
    team: str | None
    value: Decimal | None
    currency: str | None
    url: str | None


class DocketLine(NamedTuple):
    """One open opportunity in brief."""

    at: int
    """In how many-th place it was made, from 0."""
    key: int | None
    """The database's number for the opportunity."""
    opportunity: OpportunityLine
    """The opportunity."""
    label: Label | None
    """What its history shows."""
    confidence: float
    """Of the label, 0 to 1."""
    action: Action
    """What is recommended."""
    clock_days: int | None
    """Days since the last verified buyer commitment."""
    is_overdue: bool
    """Whether its pending activity is past its day."""
    is_missing: bool
    """Whether nothing is pending."""
    is_rolling: bool
    """Whether its pending activity keeps rolling."""
    changed: str | None
    """What changed since the week before."""
    active_last_week: bool
    """Whether anything was logged on it in the week."""
    is_owed: bool
    """Whether a step that was demanded did not come."""
    decided_now: bool
    """Whether it was decided on this week's own docket."""
    held_until: date | None
    """The day until which the rep alone sees it."""
    rank: float = 0.0
    """Value at stake times certainty; higher comes first."""

    @property
    def is_open_question(self) -> bool:
        """Whether there is something to decide."""
        return asks(self.action)


def line_of(item: DocketItem, at: int) -> DocketLine:
    """An item in brief; its rank is left at 0.

    Args:
        item: the item.
        at: in how many-th place it was made.
    """
    standing, defects = item.standing, item.standing.defects
    return DocketLine(
        at=at,
        key=item.key,
        opportunity=_brief(item.opportunity),
        label=standing.label,
        confidence=standing.confidence,
        action=item.recommendation.action,
        clock_days=standing.clock_days,
        is_overdue=Defect.OVERDUE in defects,
        is_missing=Defect.MISSING in defects,
        is_rolling=Defect.KEPT_ROLLING in defects,
        changed=item.changed,
        active_last_week=item.active_last_week,
        is_owed=item.is_owed,
        decided_now=item.decided_now,
        held_until=item.held_until,
    )


def _brief(told: Opportunity) -> OpportunityLine:
    """The names that many share are held once."""
    return OpportunityLine(
        told.id,
        told.name,
        told.account,
        sys.intern(told.stage),
        None if told.owner is None else sys.intern(told.owner),
        None if told.team is None else sys.intern(told.team),
        told.value,
        None if told.currency is None else sys.intern(told.currency),
        told.url,
    )
