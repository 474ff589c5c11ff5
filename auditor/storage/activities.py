"""Activities, the input of their verdicts, and which of them are due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, select, update
from sqlalchemy.orm import Session

from auditor.domain.records import Activity, AuditRecord, Opportunity
from auditor.storage.failures import may_be_tried
from auditor.storage.inserting import in_parts
from auditor.storage.mapping import activity_of, given_record, opportunity_of, past_of
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow
from auditor.storage.note_vectors import NoteVectorRepository
from auditor.storage.settling import settle


@dataclass(frozen=True)
class StoredActivity:
    """What is known of an activity, as far as news of it are compared with it."""

    key: int
    """The database's number for it."""
    opportunity_key: int | None
    """The opportunity that it is on."""
    content_hash: str
    """Of what the source told."""
    own_next: dict[str, Any] | None
    """The pending activity that its own row tells."""
    left_next: dict[str, Any] | None
    """The opportunity's pending activity while it was the latest."""
    told_on: date
    """The day as of which a source last told something new."""


@dataclass(frozen=True)
class DueActivity:
    """An activity without a verdict under the current policy."""

    key: int
    """The database's number for it."""
    input_hash: str
    """Of all that is judged."""
    record: AuditRecord
    """The activity with the opportunity and the earlier activities."""
    pending_known: bool
    """Whether the source tells its pending activity."""


class ActivityRepository:
    """Activities, by source and id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, source: str, ids: Sequence[str]) -> dict[str, StoredActivity]:
        """Finds those of the ids that are stored."""
        row = ActivityRow
        columns = (
            row.key,
            row.opportunity_key,
            row.content_hash,
            row.own_next,
            row.left_next,
            row.told_on,
        )
        found = {}
        for part in in_parts(ids):
            query = select(row.id, *columns).where(row.source == source, row.id.in_(part))
            for name, *values in self._session.execute(query):
                found[name] = StoredActivity(*values)
        return found

    def add(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Adds activities; returns their keys, in no order."""
        if not rows:
            return []
        statement = insert(ActivityRow).returning(ActivityRow.key)
        return list(self._session.scalars(statement, rows))

    def change(self, rows: Sequence[dict[str, Any]]) -> None:
        """Writes columns of activities, by key."""
        if rows:
            self._session.execute(update(ActivityRow), rows)
            NoteVectorRepository(self._session).forget([row["key"] for row in rows])

    def settle(
        self, opportunities: Collection[int], alone: Collection[int], *, history_limit: int
    ) -> None:
        """Brings up to date what verdicts rest on, after news.

        Args:
            opportunities: keys of opportunities of which anything changed.
            alone: keys of changed activities without an opportunity.
            history_limit: most earlier activities that a record carries.
        """
        settle(self._session, sorted(opportunities), sorted(alone), limit=history_limit)

    def count_due(self, policy: str, *, at: datetime | None = None) -> int:
        """How many have no verdict under a policy for what is now known of them.

        Args:
            policy: fingerprint of the current policy.
            at: leave out those that failed and may not be tried again at this moment.
        """
        query = select(func.count()).select_from(ActivityRow).where(_is_due(policy, at))
        return self._session.scalar(query) or 0

    def due_blocks(self, policy: str, *, size: int, at: datetime) -> list[int]:
        """Numbers of the blocks of keys that hold due activities: block n is n * size and on."""
        block = ActivityRow.key // size
        query = select(block).where(_is_due(policy, at)).distinct().order_by(block)
        return list(self._session.scalars(query))

    def is_empty(self) -> bool:
        """Whether no activity is stored."""
        return not self._session.scalar(select(exists().select_from(ActivityRow)))

    def due_keys(
        self, policy: str, *, after: int, before: int | None, limit: int, at: datetime
    ) -> list[tuple[int, str]]:
        """Key and input hash of the next activities that are due, by key; see ``due``."""
        query = select(ActivityRow.key, ActivityRow.input_hash).where(
            ActivityRow.key > after, _is_due(policy, at)
        )
        if before is not None:
            query = query.where(ActivityRow.key < before)
        rows = self._session.execute(query.order_by(ActivityRow.key).limit(limit))
        return [(key, told) for key, told in rows]

    def due(
        self,
        policy: str,
        *,
        after: int,
        limit: int,
        history_limit: int,
        before: int | None = None,
        at: datetime | None = None,
    ) -> list[DueActivity]:
        """The next activities that are due, by key.

        Args:
            policy: fingerprint of the current policy.
            after: key of the last one of the batch before; 0 to begin.
            limit: most to give.
            history_limit: most earlier activities that a record carries.
            before: only those with a smaller key.
            at: leave out those that failed and may not be tried again at this moment.
        """
        query = _with_opportunity().where(ActivityRow.key > after, _is_due(policy, at))
        if before is not None:
            query = query.where(ActivityRow.key < before)
        rows = self._session.execute(query.order_by(ActivityRow.key).limit(limit)).all()
        history = self._activities_of({r.opportunity_key for r, _ in rows if r.opportunity_key})
        found = []
        for row, deal in rows:
            earlier = _before(row, history.get(row.opportunity_key or 0, []))
            found.append(_due_activity(row, deal, earlier[-history_limit:]))
        self._session.expunge_all()
        return found

    def one(self, key: int, *, history_limit: int) -> DueActivity | None:
        """An activity as it is judged, due or not; None where there is none of that key."""
        query = _with_opportunity().where(ActivityRow.key == key, ActivityRow.deleted_at.is_(None))
        found = self._session.execute(query).first()
        if found is None:
            return None
        row, deal = found
        history = self._activities_of({row.opportunity_key} if row.opportunity_key else set())
        earlier = _before(row, history.get(row.opportunity_key or 0, []))
        return _due_activity(row, deal, earlier[-history_limit:])

    def _activities_of(self, keys: set[int]) -> dict[int, list[ActivityRow]]:
        """By opportunity: its activities, oldest first."""
        found: dict[int, list[ActivityRow]] = {}
        for part in in_parts(sorted(keys)):
            for row in self._session.scalars(
                select(ActivityRow)
                .where(ActivityRow.opportunity_key.in_(part))
                .order_by(*_OLDEST_FIRST)
            ):
                if row.opportunity_key is not None:
                    found.setdefault(row.opportunity_key, []).append(row)
        return found


_OLDEST_FIRST = (ActivityRow.occurred_utc, ActivityRow.key)


def _is_due(policy: str, at: datetime | None = None) -> ColumnElement[bool]:
    judged = and_(
        VerdictRow.activity_key == ActivityRow.key,
        VerdictRow.policy == policy,
        VerdictRow.input_hash == ActivityRow.input_hash,
    )
    tried = () if at is None else (may_be_tried(policy, at),)
    return and_(ActivityRow.deleted_at.is_(None), ~exists().where(judged), *tried)


def _with_opportunity() -> Select[ActivityRow, OpportunityRow]:
    return select(ActivityRow, OpportunityRow).outerjoin(
        OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key
    )


def _before(row: ActivityRow, activities: Sequence[ActivityRow]) -> list[ActivityRow]:
    place = (row.occurred_utc, row.key)
    return [other for other in activities if (other.occurred_utc, other.key) < place]


def _due_activity(
    row: ActivityRow, deal: OpportunityRow | None, earlier: Sequence[ActivityRow]
) -> DueActivity:
    opportunity = opportunity_of(deal) if deal is not None else Opportunity(id=row.id)
    activity = activity_of(row, deal.id if deal is not None else None)
    if row.given is not None:
        record = given_record(row.given, activity)
    else:
        history = tuple(past_of(_told(other, activity)) for other in earlier)
        record = AuditRecord(opportunity=opportunity, activity=activity, history=history)
    known = row.left_known or activity.next_activity is not None
    return DueActivity(row.key, row.input_hash, record, known)


def _told(row: ActivityRow, beside: Activity) -> Activity:
    return activity_of(row, beside.opportunity_id)
