"""Issues, rotates and revokes machines' keys, with an entry in the audit log for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from auditor.access.roles import Scope
from auditor.access.secret_key import SecretKey
from auditor.access.tokens import hash_token, make_key, read_key, same
from auditor.errors import InputError
from auditor.storage import Database, StoredKey, UnitOfWork

_PURPOSE = "api-keys"


def issue_key(
    database: Database,
    secret: SecretKey,
    name: str,
    scopes: Sequence[Scope],
    *,
    teams: Sequence[str] | None = None,
    lifetime: timedelta | None = None,
    actor: str,
) -> str:
    """Makes a key.

    Args:
        database: where its hash is kept.
        secret: the service's.
        name: what it is for.
        scopes: what it may do.
        teams: those that it sees; None for all.
        lifetime: how long it counts; None for ever.
        actor: who makes it, as in the audit log.

    Returns:
        The key, which can't be shown again.

    Raises:
        InputError: it has no name or no scope.
    """
    if not name.strip():
        raise InputError("a key needs a name that says what it is for, such as 'HubSpot import'")
    if not scopes:
        raise InputError(f"a key needs a scope; choose from {', '.join(Scope)}")
    with database.begin() as unit:
        return _issue(unit, secret, name.strip(), scopes, teams, lifetime, actor)


def rotate_key(
    database: Database, secret: SecretKey, public_id: str, *, overlap: timedelta, actor: str
) -> tuple[str, datetime]:
    """Makes a key like another one, which goes on for an overlap.

    The new one counts as long as the old one did from the day that it was made.

    Returns:
        The new key, which can't be shown again, and until when the old one counts.

    Raises:
        InputError: there is no such key, or it counts no more.
    """
    now = datetime.now(UTC)
    with database.begin() as unit:
        old = _find(unit, public_id)
        if not old.counts_at(now):
            raise InputError(f"key {public_id} counts no more; make a new one: auditor key add")
        lifetime = None if old.expires_at is None else old.expires_at - old.created_at
        scopes = [Scope(s) for s in old.scopes]
        shown = _issue(unit, secret, old.name, scopes, old.teams, lifetime, actor)
        until = min(now + overlap, old.expires_at or datetime.max.replace(tzinfo=UTC))
        unit.api_keys.expire(public_id, until)
        unit.audit_log.add(actor, "key.rotated", subject_kind="key", subject=public_id)
        return shown, until


def revoke_key(database: Database, public_id: str, *, actor: str) -> None:
    """Withdraws a key at once.

    Raises:
        InputError: there is no such key.
    """
    with database.begin() as unit:
        old = _find(unit, public_id)
        if old.revoked_at is None:
            unit.api_keys.revoke(public_id, datetime.now(UTC))
            unit.audit_log.add(actor, "key.revoked", subject_kind="key", subject=public_id)


def check_key(unit: UnitOfWork, secret: SecretKey, text: str, at: datetime) -> StoredKey | None:
    """The key that a caller shows; None where it does not count."""
    parts = read_key(text)
    if parts is None:
        return None
    public_id, shown = parts
    found = unit.api_keys.find(public_id)
    if found is None or not found.counts_at(at):
        return None
    kept = hash_token(secret.derive(_PURPOSE), shown)
    return found if same(kept, found.secret_hash) else None


def _issue(
    unit: UnitOfWork,
    secret: SecretKey,
    name: str,
    scopes: Sequence[Scope],
    teams: Sequence[str] | None,
    lifetime: timedelta | None,
    actor: str,
) -> str:
    made, now = make_key(secret.derive(_PURPOSE)), datetime.now(UTC)
    unit.api_keys.add(
        made.public_id,
        made.secret_hash,
        name=name,
        scopes=scopes,
        teams=teams,
        created_at=now,
        created_by=actor,
        expires_at=None if lifetime is None else now + lifetime,
    )
    unit.audit_log.add(
        actor,
        "key.added",
        subject_kind="key",
        subject=made.public_id,
        detail={"name": name, "scopes": list(scopes), "teams": teams and list(teams)},
    )
    return made.shown


def _find(unit: UnitOfWork, public_id: str) -> StoredKey:
    found = unit.api_keys.find(public_id)
    if found is None:
        raise InputError(f"there is no key {public_id[:40]!r}; see `auditor key list`")
    return found
