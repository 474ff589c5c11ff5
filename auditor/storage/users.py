"""People who sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from auditor.storage.people_models import UserRow


@dataclass(frozen=True)
class User:
    """A person, as stored; the password's hash is asked for apart."""

    key: int
    """The database's number for them."""
    email: str
    """Folded to lower case."""
    name: str
    """As shown."""
    role: str
    """``admin``, ``supervisor``, ``rep`` or ``evaluator``."""
    teams: tuple[str, ...] | None
    """Teams whose opportunities they see, as written; None for all."""
    owner: str | None
    """The name that the CRM has for a rep."""
    has_password: bool
    """Whether they can sign in with one."""
    external_subject: str | None
    """Issuer and subject of the identity provider."""
    time_zone: str | None
    """IANA name; None for the service's."""
    digest_on: bool
    """Whether the digest is sent to them."""
    digest_day: int
    """Day of the week on which it is sent, 0 for Monday."""
    digest_hour: int
    """Hour of their day from which it is sent."""
    digest_skip_empty: bool
    """Whether a week with nothing to decide sends nothing."""
    is_active: bool
    """False keeps them out."""
    created_at: datetime
    """When they were added, in UTC."""


class UserRepository:
    """People, by number, address and identity provider."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        email: str,
        name: str,
        role: str,
        *,
        teams: Sequence[str] | None = None,
        owner: str | None = None,
        password_hash: str | None = None,
    ) -> int:
        """Adds a person; the address must be new.

        Returns:
            The database's number for them.
        """
        values = {
            "email": email,
            "name": name,
            "role": role,
            "teams": None if teams is None else list(teams),
            "owner": owner,
            "password_hash": password_hash,
            "created_at": datetime.now(UTC),
        }
        return self._session.scalars(insert(UserRow).returning(UserRow.key), [values]).one()

    def find(self, key: int) -> User | None:
        """The person with this number."""
        row = self._session.get(UserRow, key)
        return None if row is None else user_of(row)

    def by_email(self, email: str) -> User | None:
        """The person with this address, folded to lower case."""
        row = self._session.scalar(select(UserRow).where(UserRow.email == email))
        return None if row is None else user_of(row)

    def by_subject(self, subject: str) -> User | None:
        """The person whom an identity provider knows by this name."""
        row = self._session.scalar(select(UserRow).where(UserRow.external_subject == subject))
        return None if row is None else user_of(row)

    def all(self) -> list[User]:
        """Everyone, by address."""
        rows = self._session.scalars(select(UserRow).order_by(UserRow.email))
        return [user_of(row) for row in rows]

    def is_empty(self) -> bool:
        """Whether there is nobody."""
        return not self._session.scalar(select(exists().select_from(UserRow)))

    def password_hash(self, key: int) -> str | None:
        """The hash of a person's password."""
        return self._session.scalar(select(UserRow.password_hash).where(UserRow.key == key))

    def change(self, key: int, values: dict[str, Any]) -> None:
        """Writes columns of a person."""
        self._session.execute(update(UserRow).where(UserRow.key == key).values(**values))


def user_of(row: UserRow) -> User:
    """The person in a row."""
    return User(
        key=row.key,
        email=row.email,
        name=row.name,
        role=row.role,
        teams=None if row.teams is None else tuple(row.teams),
        owner=row.owner,
        has_password=row.password_hash is not None,
        external_subject=row.external_subject,
        time_zone=row.time_zone,
        digest_on=row.digest_on,
        digest_day=row.digest_day,
        digest_hour=row.digest_hour,
        digest_skip_empty=row.digest_skip_empty,
        is_active=row.is_active,
        created_at=row.created_at,
    )
