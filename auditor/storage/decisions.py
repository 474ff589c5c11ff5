"""Decisions: made, taken back, never removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.decisions import Decision, QuotedEvent
from auditor.domain.labels import Reason
from auditor.domain.verdict import Evidence
from auditor.storage.decision_models import DecisionRow
from auditor.storage.inserting import in_parts
from auditor.storage.keys_in import keys_in
from auditor.storage.models import ActivityRow, OpportunityRow


@dataclass(frozen=True)
class DecidedIn:
    """How often supervisors disagreed in a span of time."""

    decisions: int
    """Decisions made and not taken back, disagreements included."""
    disagreed: int
    """Of those, disagreements with the label."""


class DecisionRepository:
    """Decisions, by opportunity."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, values: Mapping[str, Any], event: QuotedEvent | None) -> Decision:
        """Adds a decision.

        Args:
            values: columns by name, but for the event's.
            event: what a parked opportunity waits for.
        """
        row = dict(values) | {
            "event_quote": event.evidence.model_dump(mode="json") if event else None,
            "event_activity_key": event.activity_key if event else None,
        }
        key = self._session.scalars(insert(DecisionRow).returning(DecisionRow.key), [row]).one()
        decision = self.get(key)
        assert decision is not None  # noqa: S101 - it was added in this transaction
        return decision

    def get(self, key: int) -> Decision | None:
        """One decision; None where there is none of that key."""
        row = self._session.get(DecisionRow, key, populate_existing=True)
        return None if row is None else self._decisions([row])[0]

    def undo(self, key: int, *, by: str, at: datetime) -> bool:
        """Marks a decision as taken back; false where it was already, and then it stays so."""
        statement = (
            update(DecisionRow)
            .where(DecisionRow.key == key, DecisionRow.undone_at.is_(None))
            .values(undone_by=by, undone_at=at)
        )
        return bool(self._session.execute(statement.returning(DecisionRow.key)).all())

    def of_opportunities(self, keys: Sequence[int]) -> dict[int, list[Decision]]:
        """By opportunity: all its decisions, oldest first."""
        found: dict[int, list[Decision]] = {}
        rows = self._session.scalars(
            select(DecisionRow)
            .where(keys_in(DecisionRow.opportunity_key, keys))
            .order_by(DecisionRow.key)
        ).all()
        for decision in self._decisions(rows):
            found.setdefault(decision.opportunity_key, []).append(decision)
        return found

    def of_week(self, monday: date) -> list[Decision]:
        """Those that stand of the docket of the week that begins on a Monday, oldest first."""
        query = select(DecisionRow).where(
            DecisionRow.week == monday, DecisionRow.undone_at.is_(None)
        )
        return self._decisions(self._session.scalars(query.order_by(DecisionRow.key)).all())

    def closed_with_decisions(self, since: date) -> list[int]:
        """Opportunities that are no longer open and were decided on in dockets since a Monday."""
        query = (
            select(DecisionRow.opportunity_key)
            .join(OpportunityRow, OpportunityRow.key == DecisionRow.opportunity_key)
            .where(OpportunityRow.status != "open", DecisionRow.week >= since)
            .where(DecisionRow.undone_at.is_(None))
            .distinct()
            .order_by(DecisionRow.opportunity_key)
        )
        return list(self._session.scalars(query))

    def count_since(self, moment: datetime) -> DecidedIn:
        """How many stand that were made since a moment, and how many of them disagree."""
        disagreed = func.count().filter(DecisionRow.action == "disagree")
        made, against = self._session.execute(
            select(func.count(), disagreed).where(
                DecisionRow.made_at >= moment, DecisionRow.undone_at.is_(None)
            )
        ).one()
        return DecidedIn(made, against)

    def lock(self, opportunity: int) -> None:
        """Lets one decision on an opportunity at a time go on; SQLite has one writer anyway."""
        self._session.execute(
            select(OpportunityRow.key).where(OpportunityRow.key == opportunity).with_for_update()
        )

    def _decisions(self, rows: Sequence[DecisionRow]) -> list[Decision]:
        keys = [r.event_activity_key for r in rows if r.event_activity_key is not None]
        days: dict[int, date] = {}
        for part in in_parts(keys):
            query = select(ActivityRow.key, ActivityRow.occurred_at).where(
                ActivityRow.key.in_(part)
            )
            days |= {key: when.date() for key, when in self._session.execute(query)}
        return [_decision(row, days) for row in rows]


def _decision(row: DecisionRow, days: Mapping[int, date]) -> Decision:
    event = None
    if row.event_quote is not None and row.event_activity_key is not None:
        event = QuotedEvent(
            evidence=Evidence.model_validate(row.event_quote),
            activity_key=row.event_activity_key,
            said_on=days.get(row.event_activity_key),
        )
    return Decision.model_validate(
        {
            "key": row.key,
            "opportunity_key": row.opportunity_key,
            "action": row.action,
            "step": row.step,
            "due_on": row.due_on,
            "close_reason": Reason(row.close_reason) if row.close_reason else None,
            "event": event,
            "comment": row.comment,
            "verdict_key": row.verdict_key,
            "correction_key": row.correction_key,
            "week": row.week,
            "made_by": row.made_by,
            "made_at": row.made_at,
            "undone_by": row.undone_by,
            "undone_at": row.undone_at,
        }
    )
