"""Days between two dates, in SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class DaysBetween(GenericFunction[int]):
    """Whole days from the second date to the first; null where either is null."""

    type = Integer()
    inherit_cache = True
    name = "days_between"


@compiles(DaysBetween, "sqlite")
def _on_sqlite(element: DaysBetween, compiler: SQLCompiler, **given: Any) -> str:
    later, earlier = (compiler.process(c, **given) for c in element.clauses)
    return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"


@compiles(DaysBetween, "postgresql")
def _on_postgresql(element: DaysBetween, compiler: SQLCompiler, **given: Any) -> str:
    later, earlier = (compiler.process(c, **given) for c in element.clauses)
    return f"({later} - {earlier})"


def days_between(later: Any, earlier: Any) -> ColumnElement[int]:
    """Whole days from ``earlier`` to ``later``: columns or dates."""
    return DaysBetween(_day(later), _day(earlier))


def _day(value: Any) -> Any:
    return literal(value, Date()) if isinstance(value, date) else value
