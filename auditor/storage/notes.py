"""Notes by their words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from auditor.storage.models import ActivityRow


class NoteRepository:
    """Activities' texts, scanned; case is ignored as far as the database can."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def holding(self, stem: str) -> tuple[int, int]:
        """How many notes hold a stem, and how many notes there are."""
        row = ActivityRow
        query = select(func.count().filter(_holds(stem)), func.count()).where(_is_note())
        holding, notes = self._session.execute(query.select_from(row)).one()
        return holding, notes

    def with_words(self, stems: Sequence[str], *, limit: int) -> list[int]:
        """Activities whose text holds any stem: those with the most first, then the latest."""
        if not stems:
            return []
        row = ActivityRow
        held = [case((_holds(stem), 1), else_=0) for stem in stems]
        number = sum(held[1:], held[0])
        query = (
            select(row.key)
            .where(_is_note(), or_(*map(_holds, stems)))
            .order_by(number.desc(), row.occurred_utc.desc(), row.key)
            .limit(limit)
        )
        return list(self._session.scalars(query))


def _holds(stem: str) -> ColumnElement[bool]:
    return ActivityRow.text.icontains(stem, autoescape=True)


def _is_note() -> ColumnElement[bool]:
    return ActivityRow.deleted_at.is_(None)
