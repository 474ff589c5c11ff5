"""Rows as the driver gives them: for counts over millions, an object a row takes the most time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from auditor.storage.counting import AnySelect

_AT_ONCE = 10_000


def raw_rows(session: Session, query: AnySelect) -> Sequence[tuple[Any, ...]]:
    """Runs a query whose columns are whole numbers, floats and text, which need no conversion.

    Args:
        session: to read with.
        query: so large that all of its rows fit in memory; booleans may come as 0 and 1.
    """
    result = session.connection().execute(query)
    try:
        rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall() if result.cursor else []
    finally:
        result.close()
    return rows


def raw_parts(session: Session, query: AnySelect) -> Iterator[tuple[Any, ...]]:
    """The same, some thousand rows at a time, for so many that they are better not kept."""
    result = session.connection().execute(query)
    try:
        while result.cursor and (rows := result.cursor.fetchmany(_AT_ONCE)):
            yield from rows
    finally:
        result.close()
