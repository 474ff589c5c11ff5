"""Digests on their way: claimed once by one process, sent once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from auditor.storage.decision_models import DigestRow
from auditor.storage.inserting import add_missing

_LONGEST_ERROR = 500


@dataclass(frozen=True)
class StoredDigest:
    """A digest of a week for one recipient over one channel."""

    key: int
    """The database's number for it."""
    recipient: str
    """Address of the user, or the name of the webhook."""
    week: date
    """Monday of the week."""
    channel: str
    """``email`` or ``webhook``."""
    state: str
    """``claimed``, ``sent``, ``skipped`` or ``failed``."""
    message_id: str | None
    """Set right before the last byte of a hand-over goes out; then it may have gone."""
    attempts: int
    """Tries so far."""
    claimed_at: datetime
    """When the last try began, in UTC."""
    sent_at: datetime | None
    """When it went out, in UTC."""
    error: str | None
    """Why the last try failed."""
    shown: dict[str, Any] | None
    """What it showed."""


class DigestRepository:
    """Digests, by recipient, week and channel."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, recipient: str, week: date, channel: str) -> StoredDigest | None:
        """One digest; None where it was never claimed."""
        row = self._session.scalar(
            select(DigestRow).where(
                DigestRow.recipient == recipient,
                DigestRow.week == week,
                DigestRow.channel == channel,
            )
        )
        return None if row is None else _digest(row)

    def get(self, key: int) -> StoredDigest | None:
        """One digest by its number; None where there is none."""
        row = self._session.get(DigestRow, key)
        return None if row is None else _digest(row)

    def of_weeks(self, since: date) -> list[StoredDigest]:
        """All digests of weeks from a Monday on, the latest week first."""
        rows = self._session.scalars(
            select(DigestRow)
            .where(DigestRow.week >= since)
            .order_by(DigestRow.week.desc(), DigestRow.recipient, DigestRow.channel)
        )
        return [_digest(row) for row in rows]

    def claim(self, recipient: str, week: date, channel: str, *, at: datetime) -> int | None:
        """Claims a digest that nobody has claimed; commit before sending.

        Returns:
            Its key, or None where another one was first.
        """
        row = {
            "recipient": recipient,
            "week": week,
            "channel": channel,
            "state": "claimed",
            "attempts": 1,
            "claimed_at": at,
        }
        keys = add_missing(self._session, DigestRow, [row], returning=DigestRow.key)
        return int(keys[0]) if keys else None

    def claim_again(self, digest: StoredDigest, *, at: datetime) -> bool:
        """Claims one for another try; false where another process was first."""
        statement = (
            update(DigestRow)
            .where(
                DigestRow.key == digest.key,
                DigestRow.attempts == digest.attempts,
                DigestRow.state == digest.state,
            )
            .values(
                state="claimed",
                attempts=digest.attempts + 1,
                claimed_at=at,
                message_id=None,
                error=None,
            )
        )
        return self._changed(statement)

    def hand_over(self, key: int, attempts: int, message_id: str) -> bool:
        """Marks that the next byte sent may deliver it; commit before that byte.

        Returns:
            False where the claim was taken over meanwhile: then it must not be sent.
        """
        statement = (
            update(DigestRow)
            .where(
                DigestRow.key == key,
                DigestRow.attempts == attempts,
                DigestRow.state == "claimed",
            )
            .values(message_id=message_id)
        )
        return self._changed(statement)

    def finish(
        self,
        key: int,
        state: str,
        *,
        at: datetime,
        error: str | None = None,
        shown: dict[str, Any] | None = None,
    ) -> None:
        """Writes how a try ended.

        Args:
            key: of the digest.
            state: ``sent``, ``skipped`` or ``failed``.
            at: now.
            error: why it failed.
            shown: what it showed.
        """
        values: dict[str, Any] = {"state": state, "error": error and error[:_LONGEST_ERROR]}
        if state == "sent":
            values["sent_at"] = at
        if shown is not None:
            values["shown"] = shown
        self._session.execute(update(DigestRow).where(DigestRow.key == key).values(**values))

    def sent_before(self, recipient: str, week: date, channel: str, *, limit: int) -> list[str]:
        """Message-IDs of the digests of earlier weeks that went out, oldest first."""
        query = (
            select(DigestRow.message_id)
            .where(
                DigestRow.recipient == recipient,
                DigestRow.channel == channel,
                DigestRow.week < week,
                DigestRow.state == "sent",
                DigestRow.message_id.is_not(None),
            )
            .order_by(DigestRow.week.desc())
            .limit(limit)
        )
        return [m for m in self._session.scalars(query) if m][::-1]

    def last_sent(self, recipient: str, week: date, channel: str) -> StoredDigest | None:
        """The latest digest of an earlier week that went out."""
        row = self._session.scalar(
            select(DigestRow)
            .where(
                DigestRow.recipient == recipient,
                DigestRow.channel == channel,
                DigestRow.week < week,
                DigestRow.state == "sent",
            )
            .order_by(DigestRow.week.desc())
            .limit(1)
        )
        return None if row is None else _digest(row)

    def counts(self, week: date) -> dict[str, int]:
        """How many digests of a week there are, by state."""
        query = (
            select(DigestRow.state, func.count())
            .where(DigestRow.week == week)
            .group_by(DigestRow.state)
        )
        rows = self._session.execute(query).all()
        return {row[0]: row[1] for row in rows}

    def _changed(self, statement: Any) -> bool:
        result = self._session.execute(statement)
        assert isinstance(result, CursorResult)  # noqa: S101 - of an UPDATE it always is
        return bool(result.rowcount)


def _digest(row: DigestRow) -> StoredDigest:
    return StoredDigest(
        key=row.key,
        recipient=row.recipient,
        week=row.week,
        channel=row.channel,
        state=row.state,
        message_id=row.message_id,
        attempts=row.attempts,
        claimed_at=row.claimed_at,
        sent_at=row.sent_at,
        error=row.error,
        shown=row.shown,
    )
