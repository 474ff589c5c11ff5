"""Fills tables fast, without comparing with what is known: for benchmarks and for moving data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from auditor.storage.models import Base

_AT_ONCE = 20_000


class TableFiller:
    """Adds rows to a table by its columns, by ``COPY`` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Adds rows of plain values, as the driver takes them.

        Args:
            table: its name.
            columns: of the values, in order.
            rows: values; dates and times as ISO text, JSON as text.

        Returns:
            How many were added.

        Raises:
            KeyError: there is no such table or column.
        """
        known = Base.metadata.tables[table].c
        names = ", ".join(known[name].name for name in columns)
        if self._session.get_bind().dialect.name == "postgresql":
            return self._copy(table, names, rows)
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - checked names
        added = 0
        cursor = self._driver().cursor()
        for part in _parts(rows):
            cursor.executemany(statement, part)
            added += len(part)
        return added

    def finish(self) -> None:
        """Brings the counters of keys and the planner's statistics up to date."""
        if self._session.get_bind().dialect.name == "postgresql":
            for name, table in Base.metadata.tables.items():
                if "key" in table.c and table.c.key.primary_key:
                    self._session.execute(
                        text(
                            f"SELECT setval(pg_get_serial_sequence('{name}', 'key'), "  # noqa: S608 - own names
                            f"(SELECT coalesce(max(key), 1) FROM {name}))"
                        )
                    )
        self._session.execute(text("ANALYZE"))

    def _copy(self, table: str, names: str, rows: Iterable[Sequence[Any]]) -> int:
        added = 0
        with (
            self._driver().cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
                added += 1
        return added

    def _driver(self) -> Any:
        return self._session.connection().connection.driver_connection


def _parts(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    each = iter(rows)
    while part := list(islice(each, _AT_ONCE)):
        yield part
