"""Keys of machines, by the part that names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from auditor.storage.people_models import ApiKeyRow


@dataclass(frozen=True)
class StoredKey:
    """A machine's key; the secret is kept nowhere."""

    key: int
    """The database's number for it."""
    public_id: str
    """The part of the key that names it."""
    secret_hash: str
    """Of the other part."""
    name: str
    """What it is for."""
    scopes: tuple[str, ...]
    """What it may do."""
    teams: tuple[str, ...] | None
    """Teams that it sees, as written; None for all."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """Who made it, as in the audit log."""
    expires_at: datetime | None
    """From when on it no longer counts."""
    revoked_at: datetime | None
    """When it was withdrawn."""
    used_at: datetime | None
    """When it was last used, to the minute."""

    def counts_at(self, at: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class ApiKeyRepository:
    """Keys; revoked ones stay, so that the log can be read."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        public_id: str,
        secret_hash: str,
        *,
        name: str,
        scopes: Sequence[str],
        teams: Sequence[str] | None,
        created_at: datetime,
        created_by: str,
        expires_at: datetime | None,
    ) -> None:
        """Adds a key."""
        values = {
            "public_id": public_id,
            "secret_hash": secret_hash,
            "name": name,
            "scopes": list(scopes),
            "teams": None if teams is None else list(teams),
            "created_at": created_at,
            "created_by": created_by,
            "expires_at": expires_at,
        }
        self._session.execute(insert(ApiKeyRow), [values])

    def find(self, public_id: str) -> StoredKey | None:
        """The key of this name, whether or not it still counts."""
        row = self._session.scalar(select(ApiKeyRow).where(ApiKeyRow.public_id == public_id))
        return None if row is None else _key_of(row)

    def all(self) -> list[StoredKey]:
        """Every key, oldest first."""
        return [
            _key_of(r) for r in self._session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.key))
        ]

    def revoke(self, public_id: str, at: datetime) -> None:
        """Withdraws a key."""
        self._write(public_id, revoked_at=at)

    def expire(self, public_id: str, at: datetime) -> None:
        """Lets a key count until a moment."""
        self._write(public_id, expires_at=at)

    def touch(self, public_id: str, at: datetime) -> None:
        """Notes that it was used."""
        self._write(public_id, used_at=at)

    def _write(self, public_id: str, **values: datetime) -> None:
        self._session.execute(
            update(ApiKeyRow).where(ApiKeyRow.public_id == public_id).values(**values)
        )


def _key_of(row: ApiKeyRow) -> StoredKey:
    return StoredKey(
        key=row.key,
        public_id=row.public_id,
        secret_hash=row.secret_hash,
        name=row.name,
        scopes=tuple(row.scopes),
        teams=None if row.teams is None else tuple(row.teams),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
