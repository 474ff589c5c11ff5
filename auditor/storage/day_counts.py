"""Days as numbers, in SQL that SQLite and PostgreSQL both understand."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

_FIRST = date(1970, 1, 1)
_JULIAN_OF_FIRST = 2440587.5


class DaysBetween(GenericFunction[int]):
    """Whole days from the second date to the first; null where either is null."""

    type = Integer()
    inherit_cache = True
    name = "days_between"


class DayNumber(GenericFunction[int]):
    """Days since 1 January 1970; null where the date is null."""

    type = Integer()
    inherit_cache = True
    name = "day_number"


@compiles(DaysBetween, "sqlite")
def _on_sqlite(element: DaysBetween, compiler: SQLCompiler, **given: Any) -> str:
    later, earlier = (compiler.process(c, **given) for c in element.clauses)
    return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"


@compiles(DaysBetween, "postgresql")
def _on_postgresql(element: DaysBetween, compiler: SQLCompiler, **given: Any) -> str:
    later, earlier = (compiler.process(c, **given) for c in element.clauses)
    return f"({later} - {earlier})"


@compiles(DayNumber, "sqlite")
def _number_on_sqlite(element: DayNumber, compiler: SQLCompiler, **given: Any) -> str:
    [day] = (compiler.process(c, **given) for c in element.clauses)
    return f"CAST(julianday({day}) - {_JULIAN_OF_FIRST} AS INTEGER)"


@compiles(DayNumber, "postgresql")
def _number_on_postgresql(element: DayNumber, compiler: SQLCompiler, **given: Any) -> str:
    [day] = (compiler.process(c, **given) for c in element.clauses)
    return f"({day} - DATE '{_FIRST.isoformat()}')"


def days_between(later: Any, earlier: Any) -> ColumnElement[int]:
    """Whole days from ``earlier`` to ``later``: columns or dates."""
    return DaysBetween(_day(later), _day(earlier))


def day_number(column: Any) -> ColumnElement[int]:
    """Days from 1 January 1970 to the column's date, as ``number_of`` counts them."""
    return DayNumber(column)


def number_of(day: date) -> int:
    """Days from 1 January 1970 to a date."""
    return (day - _FIRST).days


def _day(value: Any) -> Any:
    return literal(value, Date()) if isinstance(value, date) else value
