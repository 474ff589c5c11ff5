"""``auditor user`` and ``auditor key``: who may use the service."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.table import Column, Table

from auditor.access.machines import issue_key, revoke_key, rotate_key
from auditor.access.people import add_person, change_person, find_person, fold_email, set_password
from auditor.access.roles import Role, Scope
from auditor.access.secret_key import load_secret_key
from auditor.commands.screen import notice, out
from auditor.commands.serve import prepare_database
from auditor.errors import InputError
from auditor.settings import Settings
from auditor.storage import Database, StoredKey, User, open_database

ACTOR = "cli"
_ALL = "all"


def run_user_add(
    settings: Settings,
    email: str,
    *,
    name: str | None,
    role: str | None,
    teams: Sequence[str],
    owner: str | None,
    no_password: bool,
) -> None:
    """Adds a person; the first one is an admin where no role is given.

    Raises:
        InputError: something does not fit.
        StorageError: the database can't be used.
    """
    with _opened(settings) as database:
        with database.read() as unit:
            is_first = unit.users.is_empty()
            if unit.users.by_email(fold_email(email)) is not None:
                raise InputError(
                    f"there is a user {email} already; change them: auditor user set {email}"
                )
        chosen = Role(role) if role else Role.ADMIN if is_first else Role.SUPERVISOR
        password = None if no_password else _ask_password(email)
        user = add_person(
            database,
            email,
            name or "",
            chosen,
            teams=list(teams) or None,
            owner=owner,
            password=password,
            actor=ACTOR,
        )
        notice(f"Added {user.email} as {user.role}; sees {_seen(user)}")


def run_user_list(settings: Settings, *, as_json: bool) -> None:
    """Prints everyone."""
    with _opened(settings) as database, database.read() as unit:
        users = unit.users.all()
    if as_json:
        sys.stdout.write(json.dumps([_user_as_dict(u) for u in users]) + "\n")
        return
    if not users:
        notice("Nobody yet. Add yourself:  auditor user add YOU@EXAMPLE.COM")
        return
    table = Table(
        Column("address", no_wrap=True), "name", "role", "sees", "signs in with", "active"
    )
    for user in users:
        active = "yes" if user.is_active else "no"
        table.add_row(user.email, user.name, user.role, _seen(user), _ways(user), active)
    out.print(table)


def run_user_set(
    settings: Settings,
    email: str,
    *,
    name: str | None,
    role: str | None,
    teams: Sequence[str],
    owner: str | None,
    active: bool | None,
) -> None:
    """Changes what is given of a person.

    Raises:
        InputError: there is no such person, or nothing is given.
    """
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = name
    if role is not None:
        values["role"] = role
        if role != Role.REP:
            values["owner"] = None
    if teams:
        values["teams"] = None if list(teams) == [_ALL] else list(teams)
    if owner is not None:
        values["owner"] = owner or None
    if active is not None:
        values["is_active"] = active
    if not values:
        raise InputError("nothing to change; give --name, --role, --team, --owner or --active")
    with _opened(settings) as database:
        user = change_person(database, email, values, actor=ACTOR)
    notice(f"{user.email}: {user.role}; sees {_seen(user)}{'' if user.is_active else '; off'}")


def run_user_password(settings: Settings, email: str) -> None:
    """Sets a person's password, read from a prompt or standard input; signs them out everywhere.

    Raises:
        InputError: there is no such person, or the password is too weak.
    """
    with _opened(settings) as database:
        with database.read() as unit:
            find_person(unit, email)
        set_password(database, email, _ask_password(email), actor=ACTOR)
    notice(f"The password of {email} is set; they are signed out everywhere")


def run_key_add(
    settings: Settings,
    name: str,
    *,
    scopes: Sequence[str],
    teams: Sequence[str],
    days: float | None,
) -> None:
    """Makes a machine's key and prints it, once.

    Raises:
        InputError: it has no name or no scope.
    """
    lifetime = None if days is None else timedelta(days=days)
    with _opened(settings) as database:
        shown = issue_key(
            database,
            load_secret_key(settings),
            name,
            [Scope(s) for s in scopes],
            teams=list(teams) or None,
            lifetime=lifetime,
            actor=ACTOR,
        )
    notice("The key is shown this once; keep it where the machine reads its secrets:")
    sys.stdout.write(shown + "\n")


def run_key_list(settings: Settings, *, as_json: bool) -> None:
    """Prints all keys, without their secrets."""
    with _opened(settings) as database, database.read() as unit:
        keys = unit.api_keys.all()
    if as_json:
        sys.stdout.write(json.dumps([_key_as_dict(k) for k in keys]) + "\n")
        return
    if not keys:
        notice("No keys yet. Make one:  auditor key add NAME --scope ingest")
        return
    table = Table(Column("id", no_wrap=True), "name", "scopes", "teams", "made", "state", "used")
    for key in keys:
        teams = ", ".join(key.teams) if key.teams else _ALL
        table.add_row(
            key.public_id,
            key.name,
            ", ".join(key.scopes),
            teams,
            f"{key.created_at:%Y-%m-%d}",
            _state(key),
            f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never",
        )
    out.print(table)


def run_key_rotate(settings: Settings, public_id: str, *, overlap_hours: float) -> None:
    """Makes a successor of a key and prints it, once; the old one goes on for an overlap.

    Raises:
        InputError: there is no such key, or it counts no more.
    """
    with _opened(settings) as database:
        shown, until = rotate_key(
            database,
            load_secret_key(settings),
            public_id,
            overlap=timedelta(hours=overlap_hours),
            actor=ACTOR,
        )
    notice(
        f"Key {public_id} counts until {until:%Y-%m-%d %H:%M} UTC. The new one, shown this once:"
    )
    sys.stdout.write(shown + "\n")


def run_key_revoke(settings: Settings, public_id: str) -> None:
    """Withdraws a key at once.

    Raises:
        InputError: there is no such key.
    """
    with _opened(settings) as database:
        revoke_key(database, public_id, actor=ACTOR)
    notice(f"Key {public_id} counts no more")


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    with open_database(settings.database_url) as database:
        prepare_database(database)
        yield database


def _ask_password(email: str) -> str:
    """From a prompt, twice; or the first line of standard input where that is no terminal.

    Raises:
        InputError: the two differ, or there is none.
    """
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise InputError("no password on standard input; pipe it in, a line, or use a terminal")
        return line
    first = getpass.getpass(f"Password for {email} (12 characters or more): ")
    if getpass.getpass("Once more: ") != first:
        raise InputError("the two passwords differ; run the command again")
    return first


def _seen(user: User) -> str:
    if user.role == Role.REP:
        return f"the opportunities of {user.owner}"
    if user.role == Role.EVALUATOR:
        return "no opportunities"
    return f"teams {', '.join(user.teams)}" if user.teams and user.role != Role.ADMIN else "all"


def _ways(user: User) -> str:
    ways = ["password"] * user.has_password + ["provider"] * (user.external_subject is not None)
    return ", ".join(ways) or "nothing yet"


def _state(key: StoredKey) -> str:
    now = datetime.now(UTC)
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "counts"
    word = "expired" if now >= key.expires_at else "counts until"
    return f"{word} {key.expires_at:%Y-%m-%d %H:%M}"


def _user_as_dict(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "teams": user.teams,
        "owner": user.owner,
        "has_password": user.has_password,
        "active": user.is_active,
        "created_at": user.created_at.isoformat(),
    }


def _key_as_dict(key: StoredKey) -> dict[str, Any]:
    moments = {n: getattr(key, n) for n in ("created_at", "expires_at", "revoked_at", "used_at")}
    return {
        "id": key.public_id,
        "name": key.name,
        "scopes": key.scopes,
        "teams": key.teams,
        "created_by": key.created_by,
        "state": _state(key).split(" ")[0],
    } | {name: at and at.isoformat() for name, at in moments.items()}
