"""The schema's revisions: which one a database has, and how it is brought up to date."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import NamedTuple

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from auditor.errors import StorageError
from auditor.storage import decision_models, people_models  # noqa: F401 (they register tables)
from auditor.storage.models import Base

VERSION_TABLE = "auditor_schema"
"""Holds the revision; not Alembic's own name, so that other programs' tables may stand beside."""
_MIGRATING = 0x61756469
"""PostgreSQL's advisory lock that lets one process migrate at a time."""


class SchemaState(StrEnum):
    """How a database's schema relates to this version's."""

    CURRENT = "current"
    EMPTY = "empty"
    """None of the auditor's tables."""
    OLDER = "older"
    NEWER = "newer"
    """Of a revision that this version does not know."""
    FOREIGN = "foreign"
    """Tables of the same names that another program made."""


class Migrated(NamedTuple):
    """What a migration did."""

    before: str | None
    """Revision found; None for an empty database."""
    after: str
    """Revision now."""


def schema_state(connection: Connection) -> SchemaState:
    """Looks at a database's tables and revision."""
    tables = set(inspect(connection).get_table_names())
    found = _revision(connection) if VERSION_TABLE in tables else None
    if found is None:
        return SchemaState.FOREIGN if tables & set(Base.metadata.tables) else SchemaState.EMPTY
    if found == head():
        return SchemaState.CURRENT
    return SchemaState.OLDER if found in revisions() else SchemaState.NEWER


def refuse_schema(state: SchemaState, shown: str) -> None:
    """Says what to do about a schema that can't be worked with.

    Raises:
        StorageError: for every state but the current one.
    """
    if state is SchemaState.CURRENT:
        return
    what = {
        SchemaState.EMPTY: "holds no tables yet; run `auditor migrate`, or import into it",
        SchemaState.OLDER: "has the schema of an earlier version; back it up and run "
        "`auditor migrate`",
        SchemaState.NEWER: "has the schema of a later version; update the auditor",
        SchemaState.FOREIGN: "holds tables of another program; give the auditor a database of "
        "its own",
    }
    raise StorageError(f"database {shown} {what[state]}")


def migrate(connection: Connection, to: str = "head") -> Migrated:
    """Runs the revisions that are missing, in the transaction of the connection."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
    before = _revision(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    return Migrated(before, _revision(connection) or "")


@cache
def revisions() -> tuple[str, ...]:
    """All revisions, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(reversed([r.revision for r in script.walk_revisions()]))


def head() -> str:
    """This version's revision."""
    return revisions()[-1]


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "auditor.storage:migrations")
    return config
