"""Signed-in browsers, by the hash of their token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from auditor.storage.people_models import SessionRow, UserRow
from auditor.storage.users import User, user_of


@dataclass(frozen=True)
class StoredSession:
    """A signed-in browser."""

    key: int
    """The database's number for it."""
    user: User
    """Who."""
    created_at: datetime
    """When they signed in."""
    seen_at: datetime
    """When they were last here, to the minute."""
    expires_at: datetime
    """From when on it no longer counts."""


class SessionRepository:
    """Sessions; their tokens are kept nowhere."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token_hash: str, user_key: int, *, at: datetime, expires_at: datetime) -> None:
        """Adds a session."""
        values = {
            "token_hash": token_hash,
            "user_key": user_key,
            "created_at": at,
            "seen_at": at,
            "expires_at": expires_at,
        }
        self._session.execute(insert(SessionRow), [values])

    def find(self, token_hash: str) -> StoredSession | None:
        """The session of a token, whether or not it still counts."""
        query = (
            select(SessionRow, UserRow)
            .join(UserRow, UserRow.key == SessionRow.user_key)
            .where(SessionRow.token_hash == token_hash)
        )
        found = self._session.execute(query).one_or_none()
        if found is None:
            return None
        row, user = found
        return StoredSession(row.key, user_of(user), row.created_at, row.seen_at, row.expires_at)

    def touch(self, key: int, at: datetime) -> None:
        """Notes that the person was here."""
        self._session.execute(update(SessionRow).where(SessionRow.key == key).values(seen_at=at))

    def remove(self, token_hash: str) -> None:
        """Ends the session of a token."""
        self._session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))

    def remove_of(self, user_key: int, *, but: str | None = None) -> None:
        """Ends all sessions of a person.

        Args:
            user_key: whose.
            but: hash of the token of one that goes on.
        """
        query = delete(SessionRow).where(SessionRow.user_key == user_key)
        if but is not None:
            query = query.where(SessionRow.token_hash != but)
        self._session.execute(query)

    def purge(self, at: datetime) -> None:
        """Removes those that no longer count."""
        self._session.execute(delete(SessionRow).where(SessionRow.expires_at < at))
