"""Work that failed: when it is tried again, and what waits for a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, cast, delete, exists, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from auditor.storage.decision_models import FailureRow
from auditor.storage.inserting import add_missing, in_parts
from auditor.storage.models import ActivityRow

JUDGE = "judge"
"""Kind of an activity that could not be judged; see ``judge_subject``."""
_LONGEST_ERROR = 500


@dataclass(frozen=True)
class StoredFailure:
    """A piece of work that failed."""

    key: int
    """The database's number for it."""
    kind: str
    """``judge``, ``batch``, ``digest``, …"""
    subject: str
    """What it was about."""
    is_dead: bool
    """Whether it waits for a person; else it is tried again by itself."""
    attempts: int
    """Tries so far."""
    next_at: datetime
    """Not before, in UTC."""
    error: str
    """What went wrong last, without note text."""
    failed_at: datetime
    """When last, in UTC."""


class FailureRepository:
    """Failures, by kind and subject."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(
        self,
        kind: str,
        subject: str,
        *,
        error: str,
        attempts: int,
        next_at: datetime,
        is_dead: bool,
        at: datetime,
    ) -> None:
        """Writes that work failed, over what was written of it before.

        Args:
            kind: of the work.
            subject: what it was about.
            error: what went wrong; never note text.
            attempts: tries so far.
            next_at: not before.
            is_dead: whether it waits for a person.
            at: now.
        """
        values = {
            "state": "dead" if is_dead else "waiting",
            "attempts": attempts,
            "next_at": next_at,
            "error": error[:_LONGEST_ERROR],
            "failed_at": at,
        }
        row = {"kind": kind, "subject": subject, **values}
        if not add_missing(self._session, FailureRow, [row], returning=FailureRow.key):
            self._session.execute(
                update(FailureRow)
                .where(FailureRow.kind == kind, FailureRow.subject == subject)
                .values(**values)
            )

    def find(self, kind: str, subjects: Collection[str]) -> dict[str, StoredFailure]:
        """By subject: those of the subjects that failed."""
        found: dict[str, StoredFailure] = {}
        for part in in_parts(sorted(subjects)):
            query = select(FailureRow).where(FailureRow.kind == kind, FailureRow.subject.in_(part))
            found |= {row.subject: _failure(row) for row in self._session.scalars(query)}
        return found

    def all(
        self, *, kind: str | None = None, dead_only: bool = False, limit: int = 500
    ) -> list[StoredFailure]:
        """Failures, the latest first."""
        query = select(FailureRow).order_by(FailureRow.failed_at.desc(), FailureRow.key.desc())
        if kind is not None:
            query = query.where(FailureRow.kind == kind)
        if dead_only:
            query = query.where(FailureRow.state == "dead")
        return [_failure(row) for row in self._session.scalars(query.limit(limit))]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are, by kind and state."""
        query = select(FailureRow.kind, FailureRow.state, func.count()).group_by(
            FailureRow.kind, FailureRow.state
        )
        return {(kind, state): number for kind, state, number in self._session.execute(query)}

    def requeue(
        self, *, keys: Sequence[int] | None, kind: str | None = None, at: datetime
    ) -> list[StoredFailure]:
        """Makes failures due at once, with all their tries before them.

        Args:
            keys: which; all where None.
            kind: only of this kind.
            at: now.

        Returns:
            Those that were made due.
        """
        statement = update(FailureRow).values(state="waiting", attempts=0, next_at=at)
        if keys is not None:
            statement = statement.where(FailureRow.key.in_(keys))
        if kind is not None:
            statement = statement.where(FailureRow.kind == kind)
        return [_failure(row) for row in self._session.scalars(statement.returning(FailureRow))]

    def clear(self, kind: str, subjects: Collection[str]) -> None:
        """Forgets failures of work that went well, or is no longer to be done."""
        for part in in_parts(sorted(subjects)):
            self._session.execute(
                delete(FailureRow).where(FailureRow.kind == kind, FailureRow.subject.in_(part))
            )

    def next_at(self) -> datetime | None:
        """When the first one that waits is due again; None where none waits."""
        query = select(func.min(FailureRow.next_at)).where(FailureRow.state == "waiting")
        return self._session.scalar(query)

    def drop_overtaken(self) -> int:
        """Forgets failures to judge what is known otherwise by now; returns how many."""
        prefix = cast(ActivityRow.key, Text) + ":" + ActivityRow.input_hash + ":"
        current = exists().where(
            ActivityRow.deleted_at.is_(None),
            func.substr(FailureRow.subject, 1, func.length(prefix)) == prefix,
            # the number before the colon, so that the primary key is looked up, not scanned
            ActivityRow.key == _key_of(FailureRow.subject, self._session),
        )
        statement = delete(FailureRow).where(FailureRow.kind == JUDGE, ~current)
        return len(self._session.scalars(statement.returning(FailureRow.key)).all())


def judge_subject(activity_key: int, input_hash: str, policy: str) -> str:
    """Names a try to judge an activity: other input or another policy is another try."""
    return f"{activity_key}:{input_hash}:{policy}"


def may_be_tried(policy: str, at: datetime) -> ColumnElement[bool]:
    """Whether judging an activity did not fail, or may be tried again."""
    subject = cast(ActivityRow.key, Text) + ":" + ActivityRow.input_hash + f":{policy}"
    barred = and_(
        FailureRow.kind == JUDGE,
        FailureRow.subject == subject,
        (FailureRow.state == "dead") | (FailureRow.next_at > at),
    )
    return ~exists().where(barred)


def _key_of(subject: InstrumentedAttribute[str], session: Session) -> ColumnElement[int]:
    """The activity's key at the front of a subject."""
    if session.get_bind().dialect.name == "sqlite":
        return cast(subject, ActivityRow.key.type)  # SQLite reads the digits in front
    return cast(func.split_part(subject, ":", 1), ActivityRow.key.type)


def _failure(row: FailureRow) -> StoredFailure:
    return StoredFailure(
        key=row.key,
        kind=row.kind,
        subject=row.subject,
        is_dead=row.state == "dead",
        attempts=row.attempts,
        next_at=row.next_at,
        error=row.error,
        failed_at=row.failed_at,
    )
