"""The audit log: who did what, added to and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from auditor.storage.people_models import AuditLogRow


@dataclass(frozen=True)
class LogEntry:
    """Something that was done."""

    key: int
    """Order in which things were done."""
    at: datetime
    """When, in UTC."""
    actor: str
    """``user:ADDRESS``, ``key:PUBLIC_ID``, ``cli`` or ``system``."""
    action: str
    """Such as ``decision.made``."""
    subject_kind: str | None
    """``opportunity``, ``verdict``, ``user``, …"""
    subject: str | None
    """Its number or name."""
    request_id: str | None
    """Of the request that did it."""
    detail: dict[str, Any] | None
    """More, never with note text."""


class AuditLogRepository:
    """Entries of the audit log."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        actor: str,
        action: str,
        *,
        subject_kind: str | None = None,
        subject: str | int | None = None,
        request_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Adds an entry in the unit's transaction: what was done and its entry stand or fall.

        Args:
            actor: ``user:ADDRESS``, ``key:PUBLIC_ID``, ``cli`` or ``system``.
            action: noun and past verb, such as ``decision.made``.
            subject_kind: ``opportunity``, ``verdict``, ``user``, …
            subject: its number or name.
            request_id: of the request that did it.
            detail: more; never note text, never a secret.
        """
        values = {
            "at": datetime.now(UTC),
            "actor": actor,
            "action": action,
            "subject_kind": subject_kind,
            "subject": None if subject is None else str(subject),
            "request_id": request_id,
            "detail": detail,
        }
        self._session.execute(insert(AuditLogRow), [values])

    def latest(self, *, limit: int = 100, before: int | None = None) -> Sequence[LogEntry]:
        """The latest entries, newest first.

        Args:
            limit: most to give.
            before: only entries older than the one with this key.
        """
        query = select(AuditLogRow).order_by(AuditLogRow.key.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditLogRow.key < before)
        return [
            LogEntry(
                row.key,
                row.at,
                row.actor,
                row.action,
                row.subject_kind,
                row.subject,
                row.request_id,
                row.detail,
            )
            for row in self._session.scalars(query)
        ]
