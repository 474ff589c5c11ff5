"""Requests to CRMs on their way: planned, sent, given up, or cancelled with their decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from auditor.storage.decision_models import DecisionRow, OutboxRow
from auditor.storage.inserting import add_missing

PENDING, SENT, DEAD, CANCELLED = "pending", "sent", "dead", "cancelled"


@dataclass(frozen=True)
class StoredRequest:
    """A request to a CRM."""

    key: int
    """The database's number for it."""
    decision_key: int | None
    """The decision behind it."""
    target: str
    """``hubspot``, ``pipedrive`` or ``salesforce``."""
    request: Mapping[str, Any]
    """Method, address and body, without secrets."""
    state: str
    """``pending``, ``sent``, ``dead`` or ``cancelled``."""
    attempts: int
    """Tries so far."""
    next_at: datetime
    """Not before, in UTC."""
    created_at: datetime
    """When it was planned, in UTC."""
    done_at: datetime | None
    """When it was sent, given up or cancelled, in UTC."""
    answer: Mapping[str, Any] | None
    """Status and body of the last answer, shortened."""
    error: str | None
    """Why the last try failed."""


class OutboxRepository:
    """Requests, by number."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def unplanned(self, *, since: datetime, limit: int) -> list[int]:
        """Decisions to advance or close that stand and have no request yet, oldest first.

        Args:
            since: leave out those made before; switching the write-back on is no order to write
                what was decided long ago.
            limit: most to give.
        """
        planned = exists().where(OutboxRow.decision_key == DecisionRow.key)
        query = (
            select(DecisionRow.key)
            .where(DecisionRow.made_at >= since, DecisionRow.undone_at.is_(None))
            .where(DecisionRow.action.in_(("advance", "close")), ~planned)
            .order_by(DecisionRow.key)
            .limit(limit)
        )
        return list(self._session.scalars(query))

    def add(self, values: Mapping[str, Any]) -> None:
        """Adds a request, unless one of the same ``dedup_key`` is there."""
        add_missing(self._session, OutboxRow, [dict(values)], returning=OutboxRow.key)

    def due(self, *, at: datetime, limit: int) -> list[StoredRequest]:
        """Requests to be sent now whose decisions stand, held until the unit ends."""
        query = (
            select(OutboxRow)
            .where(OutboxRow.state == PENDING, OutboxRow.next_at <= at)
            .order_by(OutboxRow.key)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_request(row) for row in self._session.scalars(query)]

    def cancel_undone(self, *, at: datetime) -> int:
        """Cancels what is not sent yet of decisions that were taken back; returns how many."""
        undone = exists().where(
            DecisionRow.key == OutboxRow.decision_key, DecisionRow.undone_at.is_not(None)
        )
        told = "its decision was taken back"
        statement = (
            update(OutboxRow)
            .where(OutboxRow.state.in_((PENDING, DEAD)), undone)
            .values(state=CANCELLED, done_at=at, error=told)
            .returning(OutboxRow.key)
        )
        return len(self._session.scalars(statement).all())

    def settle(self, key: int, values: Mapping[str, Any]) -> None:
        """Writes what came of a try."""
        self._session.execute(update(OutboxRow).where(OutboxRow.key == key).values(**values))

    def listed(self, *, state: str | None = None, limit: int) -> list[StoredRequest]:
        """Requests, the latest first."""
        query = select(OutboxRow).order_by(OutboxRow.key.desc()).limit(limit)
        if state is not None:
            query = query.where(OutboxRow.state == state)
        return [_request(row) for row in self._session.scalars(query)]

    def get(self, key: int) -> StoredRequest | None:
        """One request."""
        row = self._session.get(OutboxRow, key, populate_existing=True)
        return None if row is None else _request(row)

    def move(
        self, keys: Sequence[int], *, of: Sequence[str], values: Mapping[str, Any]
    ) -> list[int]:
        """Writes columns of those of the keys that are in one of the states; returns which."""
        statement = (
            update(OutboxRow)
            .where(OutboxRow.key.in_(keys), OutboxRow.state.in_(of))
            .values(**values)
            .returning(OutboxRow.key)
        )
        return list(self._session.scalars(statement))


def _request(row: OutboxRow) -> StoredRequest:
    return StoredRequest(
        key=row.key,
        decision_key=row.decision_key,
        target=row.target,
        request=row.request,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        created_at=row.created_at,
        done_at=row.done_at,
        answer=row.answer,
        error=row.error,
    )
