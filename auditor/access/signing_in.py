"""Signs people in and out; guessing is slowed down for each account and each address."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

from auditor.access.passwords import hash_password, is_outdated, verify_password
from auditor.access.secret_key import SecretKey
from auditor.access.tokens import hash_token, make_token
from auditor.settings import Settings
from auditor.storage import Database, StoredSession, UnitOfWork, User

WINDOW = timedelta(minutes=15)
"""How long a failed sign-in counts."""
MOST_OF_ACCOUNT = 10
"""Failures of one account in the window."""
MOST_OF_ADDRESS = 30
"""Failures from one address (of IPv6, one /64) in the window, whatever the account."""
_SEEN = timedelta(minutes=1)
_IPV6_PREFIX = 64


@dataclass(frozen=True)
class SignedIn:
    """A session just made."""

    token: str
    """For the cookie."""
    user: User
    """Who."""
    expires_at: datetime
    """When it ends in any case."""


@dataclass(frozen=True)
class Refused:
    """A sign-in that was refused."""

    why: Literal["wrong", "throttled"]
    """``wrong`` also for an account that does not exist, is off, or has no password."""
    retry_after: timedelta = timedelta(0)
    """When it may be tried again."""


class Doorkeeper:
    """Signs people in and out."""

    def __init__(self, database: Database, secret: SecretKey, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._pepper = secret.derive("sessions")
        self._subjects = secret.derive("login-attempts")

    def sign_in(
        self, email: str, password: str, *, address: str, old_token: str | None, request_id: str
    ) -> SignedIn | Refused:
        """Signs in with a password.

        Args:
            email: as typed.
            password: as typed.
            address: where the request comes from.
            old_token: of the browser's session so far, which ends.
            request_id: for the audit log.
        """
        folded, now = email.strip().lower(), datetime.now(UTC)
        counted = (self._account(folded), f"address:{network_of(address)}")
        wait = self._count(counted, now)
        if wait is not None:
            return Refused("throttled", wait)
        with self._database.read() as unit:
            user = unit.users.by_email(folded)
            kept = None if user is None else unit.users.password_hash(user.key)
        is_right = verify_password(password, kept)
        if user is None or kept is None or not is_right or not user.is_active:
            self._note_failure(folded if user else None, request_id)
            return Refused("wrong")
        better = hash_password(password) if is_outdated(kept) else None
        with self._database.begin() as unit:
            unit.login_attempts.forgive(counted[0])
            unit.login_attempts.forgive(counted[1], at=now)
            if better is not None:
                unit.users.change(user.key, {"password_hash": better})
            return self.open_session(unit, user, old_token=old_token, request_id=request_id)

    def open_session(
        self, unit: UnitOfWork, user: User, *, old_token: str | None, request_id: str
    ) -> SignedIn:
        """Makes a session of a person who has shown who they are; the browser's old one ends."""
        now, token = datetime.now(UTC), make_token()
        expires_at = now + timedelta(days=self._settings.session_days)
        if old_token is not None:
            unit.sessions.remove(self.hash(old_token))
        unit.sessions.purge(now)
        unit.sessions.add(self.hash(token), user.key, at=now, expires_at=expires_at)
        actor = f"user:{user.email}"
        unit.audit_log.add(
            actor,
            "login.done",
            subject_kind="user",
            subject=user.email,
            request_id=request_id,
        )
        return SignedIn(token, user, expires_at)

    def find(self, token: str) -> StoredSession | None:
        """The session of a cookie; None where it does not count.

        Raises:
            StorageError: the database can't be read.
        """
        now = datetime.now(UTC)
        with self._database.read() as unit:
            found = unit.sessions.find(self.hash(token))
        idle = timedelta(hours=self._settings.session_idle_hours)
        if found is None or not found.user.is_active:
            return None
        if now >= found.expires_at or now - found.seen_at >= idle:
            return None
        return found

    def note_seen(self, session: StoredSession) -> None:
        """Writes that the person was here, once a minute at most.

        Raises:
            StorageError: it can't be written.
        """
        now = datetime.now(UTC)
        if now - session.seen_at >= _SEEN:
            with self._database.begin() as unit:
                unit.sessions.touch(session.key, now)

    def sign_out(self, token: str, *, everywhere: bool, request_id: str) -> None:
        """Ends a session, or all of its person's."""
        with self._database.begin() as unit:
            found = unit.sessions.find(self.hash(token))
            if found is None:
                return
            if everywhere:
                unit.sessions.remove_of(found.user.key)
            else:
                unit.sessions.remove(self.hash(token))
            unit.audit_log.add(
                f"user:{found.user.email}",
                "logout.done",
                subject_kind="user",
                subject=found.user.email,
                request_id=request_id,
                detail={"everywhere": everywhere},
            )

    def hash(self, token: str) -> str:
        """What is kept of a session's token."""
        return hash_token(self._pepper, token)

    def _account(self, email: str) -> str:
        """Hashed, so that the table tells nobody who tried, nor what was typed by mistake."""
        return "email:" + hmac.digest(self._subjects, email.encode(), hashlib.sha256).hex()

    def _count(self, subjects: tuple[str, str], now: datetime) -> timedelta | None:
        """Counts an attempt before it is looked at, so that many at once gain nothing.

        Returns:
            How long to wait, where there were too many; such an attempt isn't counted.
        """
        with self._database.begin() as unit:
            unit.login_attempts.lock()
            unit.login_attempts.purge(now - WINDOW)
            for subject, most in zip(subjects, (MOST_OF_ACCOUNT, MOST_OF_ADDRESS), strict=True):
                number, earliest = unit.login_attempts.since(subject, now - WINDOW)
                if number >= most and earliest is not None:
                    return max(timedelta(seconds=1), earliest + WINDOW - now)
            unit.login_attempts.add(subjects, now)
        return None

    def _note_failure(self, email: str | None, request_id: str) -> None:
        with self._database.begin() as unit:
            unit.audit_log.add(
                "system",
                "login.failed",
                subject_kind="user",
                subject=email,
                request_id=request_id,
            )


def network_of(address: str) -> str:
    """What an attacker can't change at will: the address, of IPv6 the /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ip_network((ip, _IPV6_PREFIX), strict=False))
