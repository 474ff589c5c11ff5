"""Adds and changes people, with an entry in the audit log for each change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from auditor.access.passwords import check_password, hash_password
from auditor.access.roles import Role
from auditor.errors import InputError
from auditor.storage import Database, UnitOfWork, User

_ADDRESS = re.compile(r"[^@\s\x00-\x1f<>\"(),:;\\]{1,64}@[^@\s\x00-\x1f<>\"(),:;\\]{1,250}")


def fold_email(text: str) -> str:
    """An address as it is stored.

    Raises:
        InputError: it is none.
    """
    email = text.strip().lower()
    if not _ADDRESS.fullmatch(email):
        raise InputError(f"{text[:80]!r} is no e-mail address; give one such as kim@example.com")
    return email


def add_person(
    database: Database,
    email: str,
    name: str,
    role: Role,
    *,
    teams: Sequence[str] | None,
    owner: str | None,
    password: str | None,
    actor: str,
) -> User:
    """Adds a person.

    Args:
        database: where to.
        email: their address.
        name: as shown.
        role: what they may do.
        teams: those whose opportunities they see; None for all.
        owner: a rep's name in the CRM.
        password: None where they sign in elsewhere, or not yet.
        actor: who adds them, as in the audit log.

    Raises:
        InputError: the address is taken, or something does not fit.
    """
    address = fold_email(email)
    _check(role, teams, owner)
    if password is not None:
        check_password(password, email=address)
    kept = None if password is None else hash_password(password)
    with database.begin() as unit:
        if unit.users.by_email(address) is not None:
            raise InputError(
                f"there is a user {address} already; change them with `auditor user set {address}`"
            )
        key = unit.users.add(
            address, name.strip() or address, role, teams=teams, owner=owner, password_hash=kept
        )
        _log(unit, actor, "user.added", address, {"role": role, "teams": teams, "owner": owner})
        return _by_key(unit, key)


def change_person(database: Database, email: str, values: dict[str, Any], *, actor: str) -> User:
    """Writes columns of a person; what they may do from now on holds for their sessions too.

    Args:
        database: where they are.
        email: their address.
        values: ``name``, ``role``, ``teams``, ``owner``, ``is_active`` as to be.
        actor: who changes them.

    Raises:
        InputError: there is no such person, or something does not fit.
    """
    with database.begin() as unit:
        user = find_person(unit, email)
        role = Role(values.get("role", user.role))
        _check(role, values.get("teams", user.teams), values.get("owner", user.owner))
        unit.users.change(user.key, values)
        if values.get("is_active") is False:
            unit.sessions.remove_of(user.key)
        _log(unit, actor, "user.changed", user.email, values)
        return _by_key(unit, user.key)


def set_password(
    database: Database, email: str, password: str, *, actor: str, but_session: str | None = None
) -> None:
    """Sets a person's password and signs them out everywhere.

    Args:
        database: where they are.
        email: their address.
        password: the new one.
        actor: who sets it.
        but_session: hash of the token of a session that goes on.

    Raises:
        InputError: there is no such person, or the password is too weak.
    """
    address = fold_email(email)
    check_password(password, email=address)
    kept = hash_password(password)
    with database.begin() as unit:
        user = find_person(unit, address)
        unit.users.change(user.key, {"password_hash": kept})
        unit.sessions.remove_of(user.key, but=but_session)
        _log(unit, actor, "user.password_set", user.email, None)


def find_person(unit: UnitOfWork, email: str) -> User:
    """The person with an address.

    Raises:
        InputError: there is none.
    """
    user = unit.users.by_email(fold_email(email))
    if user is None:
        raise InputError(f"there is no user {email!r}; see `auditor user list`")
    return user


def _check(role: Role, teams: Sequence[str] | None, owner: str | None) -> None:
    if role is Role.REP and not owner:
        raise InputError("a rep needs the name that the CRM has for them; give it with --owner")
    if role is not Role.REP and owner:
        raise InputError(f"--owner is for reps, and the role is {role.value}; leave it out")
    if teams is not None and not [t for t in teams if t.strip()]:
        raise InputError("a list of teams names at least one; leave it out for all teams")


def _by_key(unit: UnitOfWork, key: int) -> User:
    user = unit.users.find(key)
    assert user is not None  # noqa: S101 - written in this transaction
    return user


def _log(
    unit: UnitOfWork, actor: str, action: str, email: str, detail: dict[str, Any] | None
) -> None:
    unit.audit_log.add(actor, action, subject_kind="user", subject=email, detail=detail)
