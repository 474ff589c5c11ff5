"""Tables of people, machines and what they did: users, sessions, keys, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false, true
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from auditor.storage.column_types import Key
from auditor.storage.models import Base


class UserRow(Base):
    """A person who signs in."""

    __tablename__ = "users"
    __table_args__ = (Unique("email"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    email: Mapped[str]
    """Folded to lower case; what is signed in with, and where digests go."""
    name: Mapped[str]
    """As shown."""
    role: Mapped[str]
    """``admin``, ``supervisor``, ``rep`` or ``evaluator``."""
    teams: Mapped[list[Any] | None]
    """Teams whose opportunities they see; null for all."""
    owner: Mapped[str | None]
    """The name that the CRM has for a rep."""
    password_hash: Mapped[str | None]
    """Argon2; null where they sign in elsewhere, or not yet."""
    external_subject: Mapped[str | None]
    """Issuer and subject of the identity provider."""
    time_zone: Mapped[str | None]
    """IANA name; null for the service's."""
    digest_on: Mapped[bool] = mapped_column(server_default=true())
    """Whether the digest is sent to them."""
    digest_day: Mapped[int] = mapped_column(server_default="0")
    """Day of the week on which it is sent, 0 for Monday."""
    digest_hour: Mapped[int] = mapped_column(server_default="7")
    """Hour of their day from which it is sent."""
    digest_skip_empty: Mapped[bool] = mapped_column(server_default=false())
    """Whether a week with nothing to decide sends nothing."""
    is_active: Mapped[bool] = mapped_column(server_default=true())
    """False keeps them out."""
    created_at: Mapped[datetime]
    """When they were added."""


class SessionRow(Base):
    """A signed-in browser."""

    __tablename__ = "sessions"
    __table_args__ = (Unique("token_hash"), Index("ix_sessions_expires_at", "expires_at"))

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    token_hash: Mapped[str]
    """Of the cookie's secret."""
    user_key: Mapped[int] = mapped_column(Key, ForeignKey("users.key"))
    """Who."""
    created_at: Mapped[datetime]
    """When they signed in."""
    seen_at: Mapped[datetime]
    """When they were last here, to the minute."""
    expires_at: Mapped[datetime]
    """From when on it no longer counts."""


class LoginAttemptRow(Base):
    """A failed sign-in, counted to slow down guessing."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_subject_at", "subject", "at"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    subject: Mapped[str]
    """``email:…`` hashed, or ``address:…``."""
    at: Mapped[datetime]
    """When."""


class ApiKeyRow(Base):
    """A machine's key; the secret itself is shown once and kept nowhere."""

    __tablename__ = "api_keys"
    __table_args__ = (Unique("public_id"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    public_id: Mapped[str]
    """The part of the key that names it."""
    secret_hash: Mapped[str]
    """Of the other part."""
    name: Mapped[str]
    """What it is for."""
    scopes: Mapped[list[Any]]
    """Some of ingest, read, decide, evaluate, admin."""
    teams: Mapped[list[Any] | None]
    """Teams that it sees; null for all."""
    created_at: Mapped[datetime]
    """When it was made."""
    created_by: Mapped[str]
    """Who made it."""
    expires_at: Mapped[datetime | None]
    """From when on it no longer counts."""
    revoked_at: Mapped[datetime | None]
    """When it was withdrawn."""
    used_at: Mapped[datetime | None]
    """When it was last used, to the minute."""


class AuditLogRow(Base):
    """Who did what; rows are added and never changed (a trigger refuses it)."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_subject_kind_subject", "subject_kind", "subject"),
        Index("ix_audit_log_at", "at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Order in which things were done."""
    at: Mapped[datetime]
    """When."""
    actor: Mapped[str]
    """``user:ADDRESS``, ``key:PUBLIC_ID``, ``cli`` or ``system``."""
    action: Mapped[str]
    """Such as ``decision.made``, ``correction.made``, ``login.failed``, ``contact.erased``."""
    subject_kind: Mapped[str | None]
    """``opportunity``, ``verdict``, ``user``, …"""
    subject: Mapped[str | None]
    """Its number or name."""
    request_id: Mapped[str | None]
    """Of the request that did it."""
    detail: Mapped[dict[str, Any] | None]
    """More, never with note text."""


class ErasureRow(Base):
    """A person whose text was erased and is not taken in again."""

    __tablename__ = "erasures"
    __table_args__ = (Unique("contact_hash"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    contact_hash: Mapped[str]
    """Keyed hash of the contact's name, address or id."""
    erased_at: Mapped[datetime]
    """When last."""
    erased_by: Mapped[str]
    """As in the audit log."""
    counts: Mapped[dict[str, Any]]
    """How many rows of each table it reached."""


class IdempotencyRow(Base):
    """A request that must not be done twice, with its answer."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        Unique("caller", "idempotency_key"),
        Index("ix_idempotent_requests_created_at", "created_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Own number."""
    caller: Mapped[str]
    """As in the audit log."""
    idempotency_key: Mapped[str]
    """The caller's."""
    request_hash: Mapped[str]
    """Of method, path and body."""
    status: Mapped[int | None]
    """Of the answer; null while it is under way."""
    headers: Mapped[dict[str, Any] | None]
    """Of the answer, those that matter."""
    body: Mapped[str | None]
    """Of the answer."""
    created_at: Mapped[datetime]
    """When it was asked."""
