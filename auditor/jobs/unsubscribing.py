"""Stops a person's digest by the link in it: no sign-in, and nothing else can be done with it."""

from __future__ import annotations

from auditor.access.secret_key import SecretKey
from auditor.digest.links import UNSUBSCRIBE_PURPOSE, check_unsubscribe, read_unsubscribe
from auditor.storage import Database, UnitOfWork, User


def find_subscriber(database: Database, secret: SecretKey, token: str) -> User | None:
    """The person whom a link is for; None where it counts for nobody.

    Raises:
        StorageError: the database failed.
    """
    with database.read() as unit:
        return _find(unit, secret, token)


def unsubscribe(
    database: Database, secret: SecretKey, token: str, *, request_id: str | None = None
) -> User | None:
    """Sends a person no more digests; twice is the same as once.

    Args:
        database: where the person is.
        secret: the service's.
        token: of the link.
        request_id: of the request, for the audit log.

    Returns:
        The person; None where the link counts for nobody.

    Raises:
        StorageError: the database failed; nothing is changed.
    """
    with database.begin() as unit:
        user = _find(unit, secret, token)
        if user is not None and user.digest_on:
            unit.users.change(user.key, {"digest_on": False})
            unit.audit_log.add(
                f"user:{user.email}",
                "digest.stopped",
                subject_kind="user",
                subject=user.email,
                request_id=request_id,
                detail={"by": "link"},
            )
        return user


def _find(unit: UnitOfWork, secret: SecretKey, token: str) -> User | None:
    key = read_unsubscribe(token)
    user = unit.users.find(key) if key is not None else None
    if user is None:
        return None
    signing = secret.derive(UNSUBSCRIBE_PURPOSE)
    return user if check_unsubscribe(signing, token, user.key, user.email) else None
