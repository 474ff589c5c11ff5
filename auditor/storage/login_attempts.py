"""Failed sign-ins, counted in the database so that a restart forgives none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from auditor.storage.people_models import LoginAttemptRow


class LoginAttemptRepository:
    """Attempts, by what they are counted for: an account or an address."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self) -> None:
        """Lets one sign-in at a time count and add; SQLite has one writer anyway."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended('auditor login', 0))")
            )

    def add(self, subjects: Sequence[str], at: datetime) -> None:
        """Counts one for each."""
        self._session.execute(insert(LoginAttemptRow), [{"subject": s, "at": at} for s in subjects])

    def since(self, subject: str, at: datetime) -> tuple[int, datetime | None]:
        """How many there were since a moment, and when the earliest of them was."""
        query = select(func.count(), func.min(LoginAttemptRow.at)).where(
            LoginAttemptRow.subject == subject, LoginAttemptRow.at > at
        )
        number, earliest = self._session.execute(query).one()
        return number, earliest

    def forgive(self, subject: str, *, at: datetime | None = None) -> None:
        """Forgets a subject's attempts, or the one of a moment."""
        query = delete(LoginAttemptRow).where(LoginAttemptRow.subject == subject)
        if at is not None:
            query = query.where(LoginAttemptRow.at == at)
        self._session.execute(query)

    def purge(self, before: datetime) -> None:
        """Removes those that no longer count."""
        self._session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.at < before))
