"""How much there is and how much waits, for monitoring; each count is answered by an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from auditor.storage.decision_models import DigestRow, FailureRow, OutboxRow
from auditor.storage.models import ActivityRow, InboundRow, OpportunityRow, VerdictRow


@dataclass(frozen=True)
class Amounts:
    """What the database holds."""

    inbound: int
    """Rows and events ever received."""
    pending: int
    """Events of which nothing has been made yet."""
    oldest_pending_at: datetime | None
    """When the oldest of them came, in UTC."""
    events: dict[str, int]
    """Rows and events received, by state: pending, done, ignored or dead."""
    opportunities: dict[str, int]
    """By status."""
    activities: int
    """Of all time."""
    verdicts: int
    """Of all policies."""
    failures: dict[str, int]
    """Work that failed, by state."""
    outbox: dict[str, int]
    """Requests to CRMs, by state."""
    digests: dict[str, int]
    """By state."""


class GaugeRepository:
    """Counts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Amounts:
        """All counts at once."""
        count = self._session.scalar
        # the oldest is the first one: keys are given in order of arrival
        pending = select(InboundRow.received_at).where(InboundRow.state == "pending")
        return Amounts(
            inbound=count(select(func.count()).select_from(InboundRow)) or 0,
            pending=count(
                select(func.count()).select_from(InboundRow).where(InboundRow.state == "pending")
            )
            or 0,
            oldest_pending_at=count(pending.order_by(InboundRow.key).limit(1)),
            events=self._by(InboundRow.state),
            opportunities=self._by(OpportunityRow.status),
            activities=count(select(func.count()).select_from(ActivityRow)) or 0,
            verdicts=count(select(func.count()).select_from(VerdictRow)) or 0,
            failures=self._by(FailureRow.state),
            outbox=self._by(OutboxRow.state),
            digests=self._by(DigestRow.state),
        )

    def _by(self, column: InstrumentedAttribute[str]) -> dict[str, int]:
        query = select(column, func.count()).group_by(column)
        return {row[0]: row[1] for row in self._session.execute(query)}
