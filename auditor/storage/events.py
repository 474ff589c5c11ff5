"""Events on their way: received, tried, done, or dead with the reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from auditor.storage.erasing_derived import GONE
from auditor.storage.hashing import tagged_hash
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.models import InboundRow


class EventState(StrEnum):
    """Where an event stands."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    DEAD = "dead"


@dataclass(frozen=True)
class ReceivedEvent:
    """An event as it came in."""

    source: str
    """Name under which the sender's records are stored."""
    kind: str
    """The sender's name for what happened."""
    payload: str
    """As received."""
    dedup_key: str | None = None
    """The sender's key of the delivery; the payload's hash is taken where there is none."""
    external_id: str | None = None
    """The sender's id of what it tells of."""
    origin: str | None = None
    """Which sender."""
    state: EventState = EventState.PENDING
    """Pending, or what it is from the start."""
    error: str | None = None
    """Why it is dead or ignored from the start."""

    def emptied(self) -> ReceivedEvent:
        """The event without its body; a second delivery of the same body is still known."""
        key = self.dedup_key or tagged_hash(self.payload)
        return replace(self, payload=GONE, dedup_key=key)


@dataclass(frozen=True)
class StoredEvent:
    """An event as it lies in the database."""

    key: int
    """The database's number for it, in order of arrival."""
    source: str
    """Name under which the sender's records are stored."""
    kind: str
    """The sender's name for what happened."""
    dedup_key: str
    """The sender's key of the delivery."""
    external_id: str | None
    """The sender's id of what it tells of."""
    origin: str | None
    """Which sender."""
    received_at: datetime
    """When it came in first."""
    payload: str
    """As received."""
    state: EventState
    """Where it stands."""
    attempts: int
    """Tries that failed."""
    next_at: datetime | None
    """Not before."""
    handled_at: datetime | None
    """When something was made of it."""
    error: str | None
    """Why the last try failed."""


class EventRepository:
    """Events of senders, in order of arrival."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def receive(self, events: Sequence[ReceivedEvent], *, received_at: datetime) -> int:
        """Keeps events; those of which the sender's key is known are left out.

        Returns:
            How many were new.
        """
        rows = [_row(event, received_at) for event in events]
        return len(add_missing(self._session, InboundRow, rows, returning=InboundRow.key))

    def pending(
        self, *, now: datetime, limit: int, origins: Collection[str] | None = None
    ) -> list[StoredEvent]:
        """Events to be tried now, in order of arrival, held until the unit ends.

        On PostgreSQL those that another worker holds are passed over.

        Args:
            now: the present.
            limit: most to give.
            origins: only these senders.
        """
        row = InboundRow
        is_due = or_(row.next_at.is_(None), row.next_at <= now.astimezone(UTC))
        query = select(row).where(_IS_PENDING, is_due)
        if origins is not None:
            query = query.where(row.origin.in_(origins))
        query = query.order_by(row.key).limit(limit).with_for_update(skip_locked=True)
        found = [_event(each) for each in self._session.scalars(query)]
        self._session.expunge_all()
        return found

    def has_pending(self, *, now: datetime, origins: Collection[str]) -> bool:
        """Whether an event of these senders may be tried now."""
        row = InboundRow
        is_due = or_(row.next_at.is_(None), row.next_at <= now.astimezone(UTC))
        query = select(exists().where(_IS_PENDING, is_due, row.origin.in_(origins)))
        return bool(self._session.scalar(query))

    def hold(self, keys: Sequence[int], *, until: datetime) -> None:
        """Keeps other workers from events while something slow is done for them."""
        self._set(keys, next_at=until.astimezone(UTC))

    def finish(
        self,
        keys: Sequence[int],
        *,
        at: datetime,
        state: EventState = EventState.DONE,
        error: str | None = None,
    ) -> None:
        """Marks events as done, ignored or dead."""
        self._set(keys, state=state.value, handled_at=at.astimezone(UTC), next_at=None, error=error)

    def postpone(self, key: int, *, attempts: int, next_at: datetime, error: str) -> None:
        """Notes that a try failed, and when the next one may be."""
        self._set([key], attempts=attempts, next_at=next_at.astimezone(UTC), error=error)

    def bury(self, key: int, *, attempts: int, at: datetime, error: str) -> None:
        """Gives an event up; a person may requeue it."""
        self._set(
            [key],
            state=EventState.DEAD.value,
            attempts=attempts,
            handled_at=at.astimezone(UTC),
            next_at=None,
            error=error,
        )

    def empty(self, keys: Collection[int]) -> int:
        """Empties the raw bodies of events that are done with; those still pending keep theirs.

        Returns:
            How many there were.
        """
        emptied = 0
        for part in in_parts(sorted(keys)):
            statement = (
                update(InboundRow)
                .where(InboundRow.key.in_(part), ~_IS_PENDING, InboundRow.payload != GONE)
                .values(payload=GONE)
                .returning(InboundRow.key)
                .execution_options(synchronize_session=False)
            )
            emptied += len(self._session.scalars(statement).all())
        return emptied

    def requeue(self, keys: Sequence[int] | None = None) -> int:
        """Makes dead and ignored events pending again.

        Args:
            keys: these; None is all that are dead.

        Returns:
            How many there were.
        """
        row = InboundRow
        of_sender = row.origin.in_(_SENDERS) if keys is None else row.key.in_(keys)
        states = [EventState.DEAD] if keys is None else [EventState.DEAD, EventState.IGNORED]
        statement = (
            update(row)
            .where(of_sender, row.state.in_(states))
            .values(state=EventState.PENDING, attempts=0, next_at=None, handled_at=None, error=None)
            .returning(row.key)
        )
        return len(self._session.scalars(statement).all())

    def listed(
        self, *, state: EventState | None, source: str | None = None, limit: int
    ) -> list[StoredEvent]:
        """The last events of senders, newest first."""
        row = InboundRow
        query = select(row).where(row.origin.in_(_SENDERS))
        if state is not None:
            query = query.where(row.state == state)
        if source is not None:
            query = query.where(row.source == source)
        return [
            _event(r) for r in self._session.scalars(query.order_by(row.key.desc()).limit(limit))
        ]

    def get(self, key: int) -> StoredEvent | None:
        """One event."""
        row = self._session.get(InboundRow, key)
        return None if row is None or row.origin not in _SENDERS else _event(row)

    def count_pending(self) -> int:
        """How many wait."""
        query = select(func.count()).where(_IS_PENDING)
        return self._session.scalar(query) or 0

    def counts(self) -> dict[tuple[str, str], int]:
        """How many events of senders there are, by source and state."""
        row = InboundRow
        query = (
            select(row.source, row.state, func.count())
            .where(row.origin.in_(_SENDERS))
            .group_by(row.source, row.state)
        )
        return {(source, state): n for source, state, n in self._session.execute(query)}

    def keys(self) -> dict[tuple[str, str], int]:
        """How often each delivery is there, by source and key: once, if all is well."""
        row = InboundRow
        query = (
            select(row.source, row.dedup_key, func.count())
            .where(row.origin.in_(_SENDERS))
            .group_by(row.source, row.dedup_key)
        )
        return {(source, key): n for source, key, n in self._session.execute(query)}

    def next_at(self) -> datetime | None:
        """The earliest moment for which an event waits; None where none waits for one."""
        row = InboundRow
        is_waiting = and_(_IS_PENDING, row.next_at.is_not(None))
        return self._session.scalar(select(func.min(row.next_at)).where(is_waiting))

    def _set(self, keys: Sequence[int], **values: Any) -> None:
        for part in in_parts(keys):
            self._session.execute(
                update(InboundRow)
                .where(InboundRow.key.in_(part), _IS_PENDING)
                .values(**values)
                .execution_options(synchronize_session=False)
            )


_IS_PENDING = InboundRow.state == literal_column("'pending'")
"""Written out, so that the partial index serves."""
_SENDERS = ("hubspot", "pipedrive", "salesforce", "close", "standard")


def _row(event: ReceivedEvent, received_at: datetime) -> dict[str, Any]:
    told = tagged_hash(event.payload)
    return {
        "source": event.source,
        "kind": event.kind,
        "dedup_key": event.dedup_key or told,
        "content_hash": told,
        "external_id": event.external_id,
        "origin": event.origin,
        "received_at": received_at.astimezone(UTC),
        "payload": event.payload,
        "state": event.state.value,
        "error": event.error,
    }


def _event(row: InboundRow) -> StoredEvent:
    return StoredEvent(
        row.key,
        row.source,
        row.kind,
        row.dedup_key,
        row.external_id,
        row.origin,
        row.received_at,
        row.payload,
        EventState(row.state),
        row.attempts,
        row.next_at,
        row.handled_at,
        row.error,
    )
