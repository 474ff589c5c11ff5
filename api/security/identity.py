"""Tells who calls from the key or the session that a request brings."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from fastapi import Request

from api.context import Context, current
from api.security.principal import Principal, of_key, of_user
from auditor.access.machines import check_key
from auditor.errors import StorageError

SESSION_COOKIE = "auditor_session"
"""Holds the token of a signed-in browser."""
_USED = timedelta(minutes=1)
log = logging.getLogger("auditor.api")


def identify(request: Request) -> Principal | None:
    """Dependency: the caller; None where the request brings nothing that counts.

    A key goes before a session: a request that shows one is judged by it alone.

    Raises:
        StorageError: the database can't be read.
    """
    context = current(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        kind, _, shown = authorization.partition(" ")
        return _by_key(context, shown.strip()) if kind.lower() == "bearer" else None
    token = request.cookies.get(SESSION_COOKIE)
    return None if not token else _by_session(context, token)


def brings_credentials(request: Request) -> bool:
    """Whether a request shows a key or a session at all."""
    return "authorization" in request.headers or SESSION_COOKIE in request.cookies


def _by_key(context: Context, shown: str) -> Principal | None:
    now = datetime.now(UTC)
    with context.database.read() as unit:
        key = check_key(unit, context.secret, shown, now)
    if key is None:
        return None
    is_stale = key.used_at is None or now - key.used_at >= _USED
    # of many requests at once, one writes
    if is_stale and context.first_in_a_minute(f"key {key.public_id}"):
        try:
            with context.database.begin() as unit:
                unit.api_keys.touch(key.public_id, now)
        except StorageError as exc:  # reading still works; the note of use can wait
            log.warning("use of key %s not noted: %s", key.public_id, exc)
    return of_key(key)


def _by_session(context: Context, token: str) -> Principal | None:
    session = context.doorkeeper.find(token)
    if session is None:
        return None
    try:
        context.doorkeeper.note_seen(session)
    except StorageError as exc:  # same
        log.warning("visit not noted: %s", exc)
    return of_user(session.user)
