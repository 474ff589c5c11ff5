"""Spells: how long each opportunity was in each stage, as the database works it out.

A stage told twice in a row is one spell.  Opportunities that are closed without a day are left out,
as are spells that end before they begin; both are reported among the flaws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from auditor.storage.counting import OPEN, AnySelect, Counted, is_outcome_stage
from auditor.storage.day_counts import days_between
from auditor.storage.models import OpportunityRow, StageChangeRow


@dataclass(frozen=True, slots=True)
class SpellCount:
    """Spells that are alike."""

    stage: str
    """Name in the CRM; empty for the whole way from opening to closing."""
    days: int
    """Days in it, up to the day of the count where it is not over."""
    is_over: bool
    """Whether the opportunity has left the stage."""
    count: int
    """How many."""


@dataclass(frozen=True, slots=True)
class LifeCount:
    """Ways from entering a stage to the outcome that are alike."""

    stage: str
    """Name in the CRM; empty for the whole way from opening."""
    days: int
    """Days from entering it to the outcome, or to the day of the count."""
    outcome: str
    """``won``, ``lost`` or ``open``."""
    count: int
    """How many."""


class StageRepository:
    """Names of stages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def spellings(self, stage: str) -> list[str]:
        """Names of a stage as stored, whatever their case."""
        names = self._session.scalars(select(StageChangeRow.stage).distinct())
        return [name for name in names if name.casefold() == stage.casefold()]


def spells(counted: Counted) -> CTE:
    """Spells with opportunity, stage, days, whether over, outcome and days to it."""
    deal, as_of = OpportunityRow, counted.as_of
    change = _changes(counted)
    after = func.lead(change.c.entered_on).over(
        partition_by=change.c.opportunity_key, order_by=(change.c.entered_on, change.c.key)
    )
    each = select(
        change.c.opportunity_key, change.c.stage, change.c.entered_on, after.label("next_on")
    ).cte("each_spell")
    closed_on = case((counted.is_decided(), deal.closed_on))
    ended_on = func.coalesce(each.c.next_on, closed_on)
    days = days_between(func.coalesce(ended_on, _day(as_of)), each.c.entered_on)
    return (
        select(
            each.c.opportunity_key,
            each.c.stage,
            each.c.entered_on,
            ended_on.label("ended_on"),
            days.label("days"),
            ended_on.is_not(None).label("is_over"),
            counted.outcome().label("outcome"),
            days_between(func.coalesce(closed_on, _day(as_of)), each.c.entered_on).label(
                "life_days"
            ),
        )
        .join(deal, deal.key == each.c.opportunity_key)
        .where(
            counted.people(),
            or_(deal.status == OPEN, deal.closed_on.is_not(None)),
            each.c.entered_on >= counted.since,
            ~is_outcome_stage(each.c.stage),
            days >= 0,
        )
        .cte("spells")
    )


def whole_lives(counted: Counted) -> AnySelect:
    """Opportunities opened within the period, with days to the outcome."""
    deal = OpportunityRow
    closed_on = case((counted.is_decided(), deal.closed_on))
    days = days_between(func.coalesce(closed_on, _day(counted.as_of)), deal.opened_on)
    query: AnySelect = select(
        deal.key.label("opportunity_key"),
        days.label("days"),
        counted.outcome().label("outcome"),
    ).where(
        counted.people(),
        or_(deal.status == OPEN, deal.closed_on.is_not(None)),
        deal.opened_on.between(counted.since, counted.as_of),
        days >= 0,
    )
    return query


def _changes(counted: Counted) -> CTE:
    """Entries into stages up to the day of the count, without those that change nothing."""
    change = StageChangeRow
    before = func.lag(change.stage).over(
        partition_by=change.opportunity_key, order_by=(change.entered_on, change.key)
    )
    told = select(
        change.key,
        change.opportunity_key,
        change.stage,
        change.entered_on,
        before.label("before"),
    ).where(change.entered_on <= counted.as_of)
    each = told.cte("told_changes").c
    changed = or_(each.before.is_(None), each.before != each.stage)
    return (
        select(each.key, each.opportunity_key, each.stage, each.entered_on)
        .where(changed)
        .cte("changes")
    )


def _day(day: Any) -> ColumnElement[Any]:
    return literal(day, OpportunityRow.closed_on.type)
