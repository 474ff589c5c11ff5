"""Tells a database that fails from a statement that fails."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
_POSTGRESQL = frozenset({"08", "40", "53", "57", "58"})
"""Classes of SQLSTATE: connection, rolled back, resources, operator, system."""
_PRIMARY = 0xFF


def is_outage(error: BaseException | None) -> bool:
    """Whether the database was away, full, locked or broken when an error came up.

    Another record would have met the same error then, so it says nothing of the record at hand.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, DBAPIError) and _is_outage(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_outage(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & _PRIMARY in _SQLITE
    return str(getattr(error.orig, "sqlstate", None) or "")[:2] in _POSTGRESQL
