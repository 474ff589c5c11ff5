"""Notes by their words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from auditor.storage.models import ActivityRow

NEWEST = 50_000
"""Of more notes the newest tell how common a word is, and which hold some words of several."""


class NoteRepository:
    """Activities' texts, scanned; case is ignored as far as the database can.

    No index of words is kept: it would be another copy of what customers said.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def holding(self, stems: Sequence[str]) -> tuple[int, dict[str, int]]:
        """How many of the newest notes there are, and how many of them hold each stem."""
        held = [func.count().filter(_holds(stem)) for stem in stems]
        query = select(func.count(), *held).select_from(ActivityRow)
        notes, *counts = self._session.execute(query.where(_is_note(), self._is_new())).one()
        return notes, dict(zip(stems, counts, strict=True))

    def with_words(self, stems: Sequence[str], *, limit: int) -> list[int]:
        """Activities whose text holds stems.

        Of the newest notes those with the most stems come first, then the latest.  Among all notes
        those with the first stem are looked for too, the newest first, and where they are too many,
        those with all stems: for common words that ends soon, for rare ones all texts are read.

        Args:
            stems: the most telling one first.
            limit: most of each.
        """
        if not stems:
            return []
        row = ActivityRow
        held = [case((_holds(stem), 1), else_=0) for stem in stems]
        query = (
            select(row.key)
            .where(_is_note(), self._is_new(), or_(*map(_holds, stems)))
            .order_by(sum(held[1:], held[0]).desc(), row.occurred_utc.desc(), row.key)
            .limit(limit)
        )
        found = list(self._session.scalars(query))
        if (oldest := self._oldest_new()) > 0:
            telling = self._older(stems[:1], oldest, limit)
            found += telling
            if len(telling) == limit and len(stems) > 1:
                found += self._older(stems, oldest, limit)
        return list(dict.fromkeys(found))

    def _older(self, stems: Sequence[str], before: int, limit: int) -> list[int]:
        """Notes from before a key that hold all stems, the newest first."""
        key = ActivityRow.key
        query = select(key).where(_is_note(), key < before, *map(_holds, stems))
        return list(self._session.scalars(query.order_by(key.desc()).limit(limit)))

    def _oldest_new(self) -> int:
        return (self._session.scalar(select(func.max(ActivityRow.key))) or 0) - NEWEST

    def _is_new(self) -> ColumnElement[bool]:
        return ActivityRow.key >= self._oldest_new()


def _holds(stem: str) -> ColumnElement[bool]:
    return ActivityRow.text.icontains(stem, autoescape=True)


def _is_note() -> ColumnElement[bool]:
    return ActivityRow.deleted_at.is_(None)
