"""What came in, kept as it came, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auditor.storage.hashing import tagged_hash
from auditor.storage.inserting import add_missing
from auditor.storage.models import InboundRow


@dataclass(frozen=True)
class Inbound:
    """One row or event as received."""

    kind: str
    """``opportunity``, ``activity`` or ``record`` of a file, or the kind of an event."""
    payload: str
    """As received."""
    external_id: str | None = None
    """The source's id of what it tells of."""
    origin: str | None = None
    """File and line, where it came from a file."""
    dedup_key: str | None = None
    """The sender's key of the delivery; the payload's hash is taken where there is none."""


class InboundRepository:
    """Raw rows and events."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, source: str, items: Sequence[Inbound], *, received_at: datetime) -> int:
        """Keeps what is new; a second delivery of the same is left out.

        Returns:
            How many were new.
        """
        rows = []
        for item in items:
            told = tagged_hash(item.payload)
            rows.append(
                {
                    "source": source,
                    "kind": item.kind,
                    "dedup_key": item.dedup_key or told,
                    "content_hash": told,
                    "external_id": item.external_id,
                    "origin": item.origin,
                    "received_at": received_at.astimezone(UTC),
                    "payload": item.payload,
                }
            )
        return len(add_missing(self._session, InboundRow, rows, returning=InboundRow.key))

    def count(self) -> int:
        """How many are kept."""
        return self._session.scalar(select(func.count()).select_from(InboundRow)) or 0
