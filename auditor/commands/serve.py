"""``auditor serve``: makes the database ready, says where the service is, and runs it."""

from __future__ import annotations

import sys
from importlib import import_module
from ipaddress import ip_address
from typing import Any

from auditor.access.secret_key import load_secret_key, secret_key_file
from auditor.commands.screen import notice
from auditor.errors import ConfigurationError
from auditor.settings import Settings
from auditor.storage import Database, SchemaState, open_database

LOG_FORMS = ("json", "plain")
"""How it may log."""


def run_serve(settings: Settings, *, host: str, port: int, log_as: str | None) -> None:
    """Serves until told to stop.

    Args:
        settings: of the service.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        log_as: ``json`` or ``plain``; where None, plain at a terminal.

    Raises:
        StorageError: the database can't be used, or is of another schema.
        ConfigurationError: the address can't be used, or a setting does not fit.
    """
    if log_as is not None and log_as not in LOG_FORMS:
        raise ConfigurationError(f"--log {log_as!r} is unknown; choose {' or '.join(LOG_FORMS)}")
    with open_database(settings.database_url) as database:
        prepare_database(database)
        is_first_run = _has_nobody(database)
        is_shared = database.dialect != "sqlite"
    _prepare_secret(settings, is_shared=is_shared)
    serving: Any = import_module("api.serving")  # stands above this package
    socket = serving.listen(host, port)
    _say_where(settings, host, socket.getsockname()[1], is_first_run=is_first_run)
    form = log_as or ("plain" if sys.stderr.isatty() else "json")
    serving.serve(settings, socket, log_as=form)


def prepare_database(database: Database) -> None:
    """Makes the tables of a SQLite file, or brings them up to date; refuses another's.

    A server's schema is left to ``auditor migrate``: other machines may be running on it.

    Raises:
        StorageError: the schema can't be worked with; the message says what to do.
    """
    state = database.schema_state()
    if database.dialect == "sqlite" and state in (SchemaState.EMPTY, SchemaState.OLDER):
        done = database.migrate()
        notice(f"database {database.shown}: revision {done.before or 'none'} to {done.after}")
    database.require_schema()


def _has_nobody(database: Database) -> bool:
    with database.read() as unit:
        return unit.users.is_empty()


def _prepare_secret(settings: Settings, *, is_shared: bool) -> None:
    load_secret_key(settings)
    if settings.secret_key is None and is_shared:
        notice(
            f"warning: the secret key is this machine's own ({secret_key_file()}); set "
            "AUDITOR_SECRET_KEY to the same on every machine that shares the database, or keys and "
            "sessions of one count on no other"
        )


def _say_where(settings: Settings, host: str, port: int, *, is_first_run: bool) -> None:
    shown = f"[{host}]" if ":" in host else host
    notice(f"Serving on http://{shown}:{port}  (API: /docs)")
    if settings.public_url:
        notice(f"Reached at {settings.public_url}")
    elif not _is_loopback(host):
        notice(
            "warning: people can't sign in over plain HTTP from other machines; put a proxy with "
            "TLS before it and set AUDITOR_PUBLIC_URL (docs/service.md)"
        )
    if is_first_run:
        notice("Nobody can sign in yet. Add yourself:  auditor user add YOU@EXAMPLE.COM")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
