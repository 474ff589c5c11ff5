"""Statements that differ between SQLite and PostgreSQL, and lists too long for one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from auditor.storage.models import Base

AT_ONCE = 500
"""Most values in one ``IN`` list."""
T = TypeVar("T")


def add_missing(
    session: Session,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    *,
    returning: InstrumentedAttribute[Any],
) -> list[Any]:
    """Adds rows, but for those that a unique constraint already holds.

    Returns:
        The ``returning`` column of the rows that were added.
    """
    if not rows:
        return []
    statement = insert_missing(session, model).returning(_column(returning))
    return list(session.execute(statement, list(rows)).scalars())


def insert_missing(session: Session, model: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert that leaves out what a unique constraint already holds."""
    table = cast("Table", model.__table__)
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _column(attribute: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    column: ColumnElement[Any] = attribute.property.columns[0]
    return column


def in_parts(values: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Cuts a list into parts."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
