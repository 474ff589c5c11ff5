"""Columns of many rows as one text each: the database packs them, numpy or JSON takes them apart.

Fetching a row costs a tuple and an object a cell, which for millions of rows takes longer than the
database needs to find them.  SQLite and PostgreSQL both put rows into an aggregate in one order, so
that the lists of one query belong together, element by element.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Float, Text, cast, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SEPARATOR = ","
UNKNOWN = "nan"
"""Stands for a number that is not known, in a list of numbers with fractions."""


class ValueList(GenericFunction[str]):
    """A JSON array of a column's values; null where there is no row."""

    type = Text()
    inherit_cache = True
    name = "value_list"


@compiles(ValueList, "sqlite")
def _on_sqlite(element: ValueList, compiler: SQLCompiler, **given: Any) -> str:
    [column] = element.clauses
    told = compiler.process(column, **given)
    if not isinstance(column.type, Float):
        return f"json_group_array({told})"
    # By itself SQLite writes 15 digits in JSON; it takes 17 to tell one fraction from the next.
    exact = f"json(printf('%!.17g', {told}))"
    return f"json_group_array(CASE WHEN {told} IS NOT NULL THEN {exact} END)"


@compiles(ValueList, "postgresql")
def _on_postgresql(element: ValueList, compiler: SQLCompiler, **given: Any) -> str:
    [column] = (compiler.process(c, **given) for c in element.clauses)
    return f"CAST(json_agg({column}) AS TEXT)"


def value_list(column: Any) -> ColumnElement[str]:
    """Packs whole numbers, finite fractions or texts, null ones too."""
    return ValueList(column)


def number_list(column: Any) -> ColumnElement[str]:
    """Packs numbers; a null one would be left out, so it needs a number of its own."""
    return func.aggregate_strings(cast(column, Text), _SEPARATOR)


def values(packed: str) -> list[Any]:
    """Takes a list of values apart; an empty one where no row was packed."""
    found: list[Any] = json.loads(packed) if packed else []
    return found


def whole_numbers(packed: str) -> npt.NDArray[np.int64]:
    """Takes a list of whole numbers apart."""
    import numpy as np

    return np.fromstring(packed, np.int64, sep=_SEPARATOR) if packed else np.empty(0, np.int64)


def fractions(packed: str) -> npt.NDArray[np.float64]:
    """Takes a list of decimal numbers apart; ``UNKNOWN`` is not a number."""
    import numpy as np

    return np.fromstring(packed, np.float64, sep=_SEPARATOR) if packed else np.empty(0, np.float64)
