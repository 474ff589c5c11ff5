"""Requests that must not be done twice, with their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from auditor.storage.inserting import add_missing
from auditor.storage.people_models import IdempotencyRow


@dataclass(frozen=True)
class Remembered:
    """A request that was asked before."""

    request_hash: str
    """Of method, path and body."""
    status: int | None
    """Of the answer; None while it is under way."""
    headers: dict[str, Any] | None
    """Of the answer, those that matter."""
    body: str | None
    """Of the answer."""
    created_at: datetime
    """When it was asked."""


class IdempotencyRepository:
    """Requests, by caller and the caller's key."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(
        self, caller: str, key: str, request_hash: str, *, at: datetime, abandoned_before: datetime
    ) -> Remembered | None:
        """Claims a request; commit before doing it, so that another one sees the claim.

        Args:
            caller: as in the audit log.
            key: the caller's.
            request_hash: of method, path and body.
            at: now.
            abandoned_before: an earlier claim without an answer died with its process, and is
                taken over.

        Returns:
            None where it is the caller's to do; else what was asked under the key before.
        """
        self._session.execute(
            delete(IdempotencyRow).where(
                IdempotencyRow.caller == caller,
                IdempotencyRow.idempotency_key == key,
                IdempotencyRow.status.is_(None),
                IdempotencyRow.created_at < abandoned_before,
            )
        )
        row = {
            "caller": caller,
            "idempotency_key": key,
            "request_hash": request_hash,
            "created_at": at,
        }
        if add_missing(self._session, IdempotencyRow, [row], returning=IdempotencyRow.key):
            return None
        found = self._session.scalars(
            select(IdempotencyRow).where(
                IdempotencyRow.caller == caller, IdempotencyRow.idempotency_key == key
            )
        ).one()
        return Remembered(
            found.request_hash, found.status, found.headers, found.body, found.created_at
        )

    def find(self, caller: str, key: str) -> Remembered | None:
        """A request that was asked under a key; None where there was none."""
        found = self._session.scalars(
            select(IdempotencyRow).where(
                IdempotencyRow.caller == caller, IdempotencyRow.idempotency_key == key
            )
        ).first()
        if found is None:
            return None
        return Remembered(
            found.request_hash, found.status, found.headers, found.body, found.created_at
        )

    def answer(
        self, caller: str, key: str, *, status: int, headers: dict[str, str], body: str
    ) -> None:
        """Remembers the answer of a claimed request."""
        self._session.execute(
            update(IdempotencyRow)
            .where(IdempotencyRow.caller == caller, IdempotencyRow.idempotency_key == key)
            .values(status=status, headers=headers, body=body)
        )

    def release(self, caller: str, key: str) -> None:
        """Forgets a claim whose request failed, so that it can be asked again."""
        self._session.execute(
            delete(IdempotencyRow).where(
                IdempotencyRow.caller == caller,
                IdempotencyRow.idempotency_key == key,
                IdempotencyRow.status.is_(None),
            )
        )

    def purge(self, before: datetime) -> None:
        """Removes those asked before a moment."""
        self._session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < before))
