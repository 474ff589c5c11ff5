"""The tables of Procrastinate beside the auditor's, on PostgreSQL where it is installed.

Procrastinate ships its schema whole and, for each version, the steps from the one before.  Which
steps a database has is kept as a comment on its table of jobs.
"""

from __future__ import annotations

from importlib import resources
from importlib.util import find_spec

from sqlalchemy import Connection, inspect, text

from auditor.storage.address import read_address

_TABLE = "procrastinate_jobs"
_MARK = "auditor: procrastinate steps up to "


def is_available() -> bool:
    """Whether Procrastinate is installed (extra ``work``)."""
    return find_spec("procrastinate") is not None


def work_schema_is_current(connection: Connection) -> bool:
    """Whether Procrastinate's tables are there, of the installed version."""
    return _applied(connection) == _steps()[-1]


def migrate_work(connection: Connection) -> bool:
    """Makes or updates Procrastinate's tables, in the transaction of the connection.

    Returns:
        Whether anything was to do.
    """
    if connection.dialect.name != "postgresql" or not is_available():
        return False
    steps, applied = _steps(), _applied(connection)
    if applied == steps[-1]:
        return False
    if applied is None:
        _run(connection, _sql("schema.sql"))
    else:
        for step in steps[steps.index(applied) + 1 :] if applied in steps else []:
            _run(connection, _sql(f"migrations/{step}"))
    _run(connection, f"COMMENT ON TABLE {_TABLE} IS '{_MARK}{steps[-1]}'")
    return True


def connection_info(url: str) -> str:
    """A database URL as PostgreSQL's own client library reads it."""
    plain = read_address(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def _applied(connection: Connection) -> str | None:
    """The last step that the database has; None where it has no tables of Procrastinate."""
    if _TABLE not in inspect(connection).get_table_names():
        return None
    mark = connection.scalar(
        text("SELECT obj_description(CAST(:table AS regclass), 'pg_class')"), {"table": _TABLE}
    )
    return (mark or "").removeprefix(_MARK)


def _steps() -> list[str]:
    folder = resources.files("procrastinate.sql").joinpath("migrations")
    return sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))


def _sql(name: str) -> str:
    return resources.files("procrastinate.sql").joinpath(name).read_text(encoding="utf-8")


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql.replace("%", "%%"))  # the driver looks for its placeholders
