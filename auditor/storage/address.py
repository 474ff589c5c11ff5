"""Where the database is: reads the URL a user gives, and shows it without its secrets."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from auditor.errors import StorageError

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_FORMS = "sqlite:///folder/auditor.db or postgresql://user:password@host/name"


def read_address(text: str) -> URL:
    """Reads a database URL.

    Raises:
        StorageError: it is no URL, names a database that is not supported, or one in memory.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        # The text may hold a password, and so may the error: neither is shown.
        raise StorageError(
            f"the database URL can't be read; write it like {_FORMS}, special characters of a "
            "password as %XX"
        ) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise StorageError(
            f"the database {url.drivername!r} is not supported; give a URL like {_FORMS}"
        )
    if driver == "sqlite" and (not url.database or url.database == ":memory:"):
        raise StorageError(
            "a SQLite database in memory would be gone at once; give a file, such as "
            "sqlite:///auditor.db"
        )
    return url.set(drivername=driver)


def show_address(url: URL) -> str:
    """The URL for people: no password, and no options, which may hold one."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


def without_secrets(text: str, url: URL) -> str:
    """A driver's message in one line, with any password in it struck out."""
    line = " ".join(text.split())
    for secret in (url.password, *_query_values(url)):
        if secret:
            line = line.replace(str(secret), "***")
    return line


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for another."""
    return Path(str(url.database)) if url.drivername == "sqlite" else None


def _query_values(url: URL) -> list[str]:
    return [v for k, values in url.normalized_query.items() if "password" in k for v in values]
