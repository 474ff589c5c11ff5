"""What imports left in the tables of records that events have not told of yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from auditor.domain.records import Activity, Opportunity, StageChange
from auditor.storage.history import SeenPending
from auditor.storage.inserting import in_parts
from auditor.storage.mapping import activity_of, next_of, opportunity_of
from auditor.storage.models import (
    ActivityRow,
    CrmRecordRow,
    DueChangeRow,
    OpportunityRow,
    StageChangeRow,
)


@dataclass(frozen=True)
class ImportedOpportunity:
    """An opportunity as imports told it."""

    opportunity: Opportunity
    """Only what was told is set; its stage history is what sources told."""
    told_on: date
    """The day as of which an import last told something new."""
    entered: tuple[StageChange, ...]
    """Stages that it was seen to enter between two imports."""
    seen: tuple[SeenPending, ...]
    """Its pending activity at each import that changed it, oldest first."""


@dataclass(frozen=True)
class ImportedActivity:
    """An activity as imports told it."""

    activity: Activity
    """With the pending activity of its own row only."""
    given: dict[str, Any] | None
    """Opportunity and history of one that came complete in itself."""
    told_on: date
    """The day as of which an import last told something new."""
    left: tuple[dict[str, Any] | None, bool]
    """What it left pending, and whether that is known."""


class ImportedRepository:
    """Reads what is to go into registers when the first event tells of a record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def opportunities(self, source: str, ids: Sequence[str]) -> list[ImportedOpportunity]:
        """Those of the ids that are stored."""
        row = OpportunityRow
        found: list[ImportedOpportunity] = []
        for part in in_parts(ids):
            query = select(row).where(row.source == source, row.id.in_(part)).order_by(row.key)
            found += [self._opportunity(each) for each in self._session.scalars(query).all()]
        self._session.expunge_all()
        return found

    def activities(self, source: str, ids: Sequence[str]) -> list[ImportedActivity]:
        """Those of the ids that are stored and not deleted."""
        row = ActivityRow
        return [
            each
            for part in in_parts(ids)
            for each in self._activities(and_(row.source == source, row.id.in_(part)))
        ]

    def unregistered(self, source: str, opportunities: Sequence[str]) -> list[ImportedActivity]:
        """Activities on opportunities, of which there is no register yet."""
        row, deal, record = ActivityRow, OpportunityRow, CrmRecordRow
        known = exists().where(
            record.source == row.source, record.kind == "activity", record.id == row.id
        )
        found: list[ImportedActivity] = []
        for part in in_parts(opportunities):
            keys = select(deal.key).where(deal.source == source, deal.id.in_(part))
            found += self._activities(and_(row.opportunity_key.in_(keys), ~known))
        return found

    def _opportunity(self, row: OpportunityRow) -> ImportedOpportunity:
        told, entered = self._stages(row.key)
        opportunity = opportunity_of(row)
        if told:
            opportunity = opportunity.model_copy(update={"stage_history": tuple(told)})
        return ImportedOpportunity(opportunity, row.told_on, tuple(entered), self._seen(row.key))

    def _stages(self, key: int) -> tuple[list[StageChange], list[StageChange]]:
        row = StageChangeRow
        query = select(row).where(row.opportunity_key == key).order_by(row.entered_on, row.key)
        found: tuple[list[StageChange], list[StageChange]] = ([], [])
        for each in self._session.scalars(query):
            change = StageChange(stage=each.stage, entered_on=each.entered_on)
            found[each.observed].append(change)
        return found

    def _seen(self, key: int) -> tuple[SeenPending, ...]:
        row = DueChangeRow
        query = select(row).where(row.opportunity_key == key).order_by(row.seen_on, row.key)
        return tuple(
            SeenPending(each.seen_on, next_of(each.kind, each.subject, each.due_on))
            for each in self._session.scalars(query)
        )

    def _activities(self, chosen: ColumnElement[bool]) -> list[ImportedActivity]:
        row, deal = ActivityRow, OpportunityRow
        query = (
            select(row, deal.id)
            .outerjoin(deal, deal.key == row.opportunity_key)
            .where(chosen, row.deleted_at.is_(None))
            .order_by(row.key)
        )
        found = [_activity(each, deal_id) for each, deal_id in self._session.execute(query)]
        self._session.expunge_all()
        return found


def _activity(row: ActivityRow, opportunity_id: str | None) -> ImportedActivity:
    own = next_of(**row.own_next) if row.own_next else None
    activity = activity_of(row, opportunity_id).model_copy(
        update={"next_activity": own, "source": row.origin}
    )
    return ImportedActivity(activity, row.given, row.told_on, (row.left_next, row.left_known))
