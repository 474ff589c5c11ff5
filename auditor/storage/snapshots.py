"""The pipeline as it stood each week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Float,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from auditor.domain.flow.deals import FirstSeen
from auditor.domain.health.forecast import SaidGroup
from auditor.domain.health.odds import Outcome
from auditor.domain.records import OpportunityStatus
from auditor.storage.counting import AnySelect, Counted
from auditor.storage.inserting import in_parts, insert_missing
from auditor.storage.models import OpportunityRow, SnapshotRow

_COLUMNS = (
    "opportunity_key",
    "week",
    "taken_on",
    "stage",
    "value",
    "due_on",
    "expected_close_on",
    "probability",
)


_A_WEEK = 7


def said_due(as_of: date) -> ColumnElement[bool]:
    """Whether a snapshot's forecast said that it would close by a day, and after it was taken."""
    row = SnapshotRow
    due = and_(row.expected_close_on >= row.taken_on, row.expected_close_on <= as_of)
    return case((due, True), else_=False)


class SnapshotWeeks(NamedTuple):
    """What is kept of earlier weeks."""

    number: int
    """Weeks with a snapshot."""
    first: date | None
    """Day of the first; None where there is none."""


class SnapshotRepository:
    """Open opportunities, once a week each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, day: date) -> int:
        """Notes every open opportunity that was not noted yet in the week of a day.

        Returns:
            How many were noted.
        """
        newer = exists().where(OpportunityRow.told_on > day)
        if self._session.scalar(select(newer)):
            return 0  # what is known is of a later day
        monday = day - timedelta(days=day.weekday())
        before = self._count()
        row = OpportunityRow
        chosen = select(
            row.key,
            literal(monday, SnapshotRow.week.type),
            literal(day, SnapshotRow.taken_on.type),
            row.stage,
            row.value,
            row.pending_due_on,
            row.expected_close_on,
            row.probability,
        ).where(row.status == OpportunityStatus.OPEN)
        statement = insert_missing(self._session, SnapshotRow).from_select(list(_COLUMNS), chosen)
        self._session.execute(statement)
        return self._count() - before

    def of_week(self, monday: date) -> list[tuple[int, str | None, date | None]]:
        """Key, stage and due day of the opportunities noted in a week."""
        query = (
            select(SnapshotRow.opportunity_key, SnapshotRow.stage, SnapshotRow.due_on)
            .where(SnapshotRow.week == monday)
            .order_by(SnapshotRow.opportunity_key)
        )
        return [(key, stage, due) for key, stage, due in self._session.execute(query)]

    def weeks(self) -> SnapshotWeeks:
        """Which weeks have one."""
        row = SnapshotRow
        query = select(func.count(distinct(row.week)), func.min(row.taken_on))
        return SnapshotWeeks(*self._session.execute(query).one())

    def week_before(self, day: date) -> tuple[date, date] | None:
        """Week and last day of the latest snapshots taken up to a day, at most a week before."""
        row = SnapshotRow
        query = select(row.week, func.max(row.taken_on)).where(
            row.taken_on.between(day - timedelta(_A_WEEK - 1), day)
        )
        found = self._session.execute(query.group_by(row.week).order_by(row.week.desc())).first()
        return None if found is None else (found[0], found[1])

    def said(self, counted: Counted, week: date) -> list[SaidGroup]:
        """What the snapshots of a week said, with what has become of it, in groups."""
        row, deal = SnapshotRow, OpportunityRow
        keys = (row.probability, said_due(counted.as_of), counted.outcome(), deal.currency)
        columns: list[Any] = [column.label(f"c{n}") for n, column in enumerate(keys)]
        each = (
            select(*columns, cast(row.value, Float).label("value"))
            .join(deal, deal.key == row.opportunity_key)
            .where(counted.people(), row.week == week)
            .subquery()
        )
        group = [each.c[f"c{n}"] for n in range(len(keys))]
        query: AnySelect = select(*group, func.count(), func.coalesce(func.sum(each.c.value), 0.0))
        return [
            SaidGroup(p, bool(due), Outcome(outcome), currency, count, float(value))
            for p, due, outcome, currency, count, value in self._session.execute(
                query.group_by(*group)
            )
        ]

    def first_seen(self, keys: Sequence[int]) -> dict[int, FirstSeen]:
        """Since when opportunities are known, and known in their present stage."""
        row, deal = SnapshotRow, OpportunityRow
        other = func.max(case((row.stage != deal.stage, row.taken_on)))
        found = {}
        for part in in_parts(keys):
            marks = (
                select(row.opportunity_key, func.min(row.taken_on).label("seen"), other.label("o"))
                .join(deal, deal.key == row.opportunity_key)
                .where(row.opportunity_key.in_(part))
                .group_by(row.opportunity_key)
                .subquery()
            )
            later = (
                select(func.min(row.taken_on))
                .where(
                    row.opportunity_key == marks.c.opportunity_key,
                    (marks.c.o.is_(None)) | (row.taken_on > marks.c.o),
                )
                .scalar_subquery()
            )
            query = select(marks.c.opportunity_key, marks.c.seen, later)
            for key, seen, in_stage in self._session.execute(query):
                found[key] = FirstSeen(seen, in_stage)
        return found

    def _count(self) -> int:
        return self._session.scalar(select(func.count()).select_from(SnapshotRow)) or 0
