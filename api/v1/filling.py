"""Fills what the routes answer from what the auditor knows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.v1.views import (
    ActivityRow,
    DecisionView,
    LoggedActivity,
    OpportunityDetail,
    OpportunityRow,
    VerdictLine,
    VerdictView,
)
from auditor.domain.corrections import Correction
from auditor.domain.decisions import Decision, Followed
from auditor.domain.docket import DocketItem
from auditor.domain.verdict import Verdict
from auditor.jobs.docketing import ActivityView, OpportunityView
from auditor.storage.browsing import StoredVerdict


def opportunity_row(item: DocketItem, source: str) -> OpportunityRow:
    """An item in the API's form."""
    return OpportunityRow(
        key=item.key or 0,
        source=source,
        opportunity=item.opportunity,
        standing=item.standing,
        recommendation=item.recommendation,
        if_nothing=item.if_nothing,
        changed=item.changed,
        decided=item.decided,
    )


def verdict_line(verdict: Verdict) -> VerdictLine:
    """A verdict in the contract's form."""
    return VerdictLine.model_construct(**dict(verdict))


def activity_row(view: ActivityView) -> ActivityRow:
    """An activity in the API's form."""
    return ActivityRow.model_construct(
        key=view.found.key,
        source=view.found.source,
        activity=LoggedActivity.model_construct(**dict(view.found.activity)),
        verdict_key=view.verdict.key if view.verdict else None,
        verdict=verdict_line(view.finding.verdict) if view.finding else None,
        correction=view.correction,
    )


def decision_view(decision: Decision, became: Followed | None) -> DecisionView:
    """A decision in the API's form."""
    return DecisionView(decision=decision, became=became.became if became else None)


def opportunity_detail(view: OpportunityView) -> OpportunityDetail:
    """An opportunity in the API's form."""
    return OpportunityDetail.model_construct(
        summary=opportunity_row(view.item, view.stored.source),
        activities=[activity_row(a) for a in view.activities],
        decisions=[decision_view(d, b) for d, b in zip(view.decisions, view.became, strict=True)],
    )


def verdict_view(stored: StoredVerdict, policy: str, corrections: list[Correction]) -> VerdictView:
    """A stored verdict in the API's form."""
    return VerdictView.model_construct(
        key=stored.key,
        activity_key=stored.activity_key,
        judged_at=stored.judged_at,
        is_current=stored.policy == policy and stored.is_on_current_input,
        verdict=verdict_line(stored.finding.verdict),
        corrections=corrections,
    )


def as_json(view: BaseModel) -> Any:
    """Plain types."""
    return view.model_dump(mode="json")
