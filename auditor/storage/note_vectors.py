"""Embeddings of notes: made once a text, forgotten when the text changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, distinct, exists, func, select
from sqlalchemy.orm import Session

from auditor.storage.decision_models import NoteVectorRow
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.models import ActivityRow


@dataclass(frozen=True)
class NoteVector:
    """One embedding."""

    key: int
    """Order in which it was made."""
    activity_key: int
    """Whose text it is of."""
    vector: bytes
    """16-bit floats, little-endian, of unit length."""


@dataclass(frozen=True)
class Unembedded:
    """A note without an embedding."""

    activity_key: int
    """The activity."""
    text: str
    """Its raw text."""
    format: str
    """Prose or turns."""


@dataclass(frozen=True)
class CopiedNote:
    """A text that stands on several opportunities."""

    text_hash: str
    """Of the text, its white space and case levelled."""
    opportunities: int
    """On how many it stands."""
    first_activity: int
    """The first activity that holds it."""


class NoteVectorRepository:
    """Embeddings, by model."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def missing(self, model: str, *, after: int, limit: int) -> list[Unembedded]:
        """The next notes without an embedding of a model, by activity key; empty ones left out."""
        row = ActivityRow
        query = (
            select(row.key, row.text, row.format)
            .where(row.key > after, row.deleted_at.is_(None), row.text != "", ~_has_one(model))
            .order_by(row.key)
            .limit(limit)
        )
        return [Unembedded(*found) for found in self._session.execute(query)]

    def count_missing(self, model: str) -> int:
        """How many notes have no embedding of a model yet."""
        row = ActivityRow
        query = select(func.count()).where(row.deleted_at.is_(None), row.text != "")
        return self._session.scalar(query.where(~_has_one(model))) or 0

    def add(self, model: str, rows: Sequence[tuple[int, str, bytes]]) -> int:
        """Adds embeddings, each with its activity's key and the hash of its text.

        One of another model gives way; one that was made meanwhile stays.

        Returns:
            How many were added.
        """
        keys = [key for key, _, _ in rows]
        for part in in_parts(keys):
            self._session.execute(
                delete(NoteVectorRow).where(
                    NoteVectorRow.activity_key.in_(part), NoteVectorRow.model != model
                )
            )
        values: list[dict[str, Any]] = [
            {"activity_key": key, "model": model, "text_hash": told, "vector": vector}
            for key, told, vector in rows
        ]
        return len(add_missing(self._session, NoteVectorRow, values, returning=NoteVectorRow.key))

    def since(self, model: str, *, after: int, limit: int) -> list[NoteVector]:
        """The next embeddings of a model, in the order in which they were made."""
        row = NoteVectorRow
        query = (
            select(row.key, row.activity_key, row.vector)
            .where(row.model == model, row.key > after)
            .order_by(row.key)
            .limit(limit)
        )
        return [NoteVector(*found) for found in self._session.execute(query)]

    def alive(self, keys: Sequence[int]) -> dict[int, int]:
        """Of embeddings by key: those still kept, with their activities."""
        found: dict[int, int] = {}
        for part in in_parts(keys):
            query = select(NoteVectorRow.key, NoteVectorRow.activity_key)
            rows = self._session.execute(query.where(NoteVectorRow.key.in_(part)))
            found |= {row.key: row.activity_key for row in rows}
        return found

    def count(self, model: str) -> int:
        """How many of a model are kept."""
        query = select(func.count()).select_from(NoteVectorRow)
        return self._session.scalar(query.where(NoteVectorRow.model == model)) or 0

    def mark(self) -> tuple[int, int, int]:
        """Counters that move when notes come in, are embedded, or lose their embedding."""
        row = NoteVectorRow
        last, number = self._session.execute(select(func.max(row.key), func.count())).one()
        newest = self._session.scalar(select(func.max(ActivityRow.key)))
        return newest or 0, last or 0, number

    def of_activity(self, activity: int) -> tuple[str, bytes] | None:
        """Hash of the text and the embedding of an activity's note; None where it has none."""
        row = NoteVectorRow
        found = self._session.execute(
            select(row.text_hash, row.vector).where(row.activity_key == activity)
        ).first()
        return None if found is None else (found[0], found[1])

    def vectors(self, activities: Sequence[int]) -> dict[int, bytes]:
        """By activity: its note's embedding, where it has one."""
        found: dict[int, bytes] = {}
        for part in in_parts(activities):
            query = select(NoteVectorRow.activity_key, NoteVectorRow.vector)
            rows = self._session.execute(query.where(NoteVectorRow.activity_key.in_(part)))
            found |= {row.activity_key: row.vector for row in rows}
        return found

    def same_text(self, text_hash: str) -> list[int]:
        """Activities that hold the same text, by key."""
        query = select(NoteVectorRow.activity_key).where(NoteVectorRow.text_hash == text_hash)
        return list(self._session.scalars(query.order_by(NoteVectorRow.activity_key)))

    def copied(self, *, at_least: int, limit: int) -> list[CopiedNote]:
        """Texts that stand on several opportunities, the most copied first."""
        row = NoteVectorRow
        number = func.count(distinct(ActivityRow.opportunity_key))
        query = (
            select(row.text_hash, number, func.min(row.activity_key))
            .join(ActivityRow, ActivityRow.key == row.activity_key)
            .group_by(row.text_hash)
            .having(number >= at_least)
            .order_by(number.desc(), row.text_hash)
            .limit(limit)
        )
        return [CopiedNote(*found) for found in self._session.execute(query)]

    def forget(self, activities: Sequence[int]) -> int:
        """Removes the embeddings of activities; returns how many."""
        gone = 0
        for part in in_parts(activities):
            statement = delete(NoteVectorRow).where(NoteVectorRow.activity_key.in_(part))
            gone += len(self._session.scalars(statement.returning(NoteVectorRow.key)).all())
        return gone


def _has_one(model: str) -> ColumnElement[bool]:
    return exists().where(
        and_(NoteVectorRow.activity_key == ActivityRow.key, NoteVectorRow.model == model)
    )
