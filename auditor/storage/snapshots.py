"""The pipeline as it stood each week."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import exists, func, literal, select
from sqlalchemy.orm import Session

from auditor.domain.records import OpportunityStatus
from auditor.storage.inserting import insert_missing
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

    def _count(self) -> int:
        return self._session.scalar(select(func.count()).select_from(SnapshotRow)) or 0
