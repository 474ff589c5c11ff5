"""Rows by the hundred thousand, a text for each of their columns.

A row costs Python a tuple, an object a cell, and on SQLite its lock twice, which another thread
has to give back first.  One text a column costs it only what taking the text apart does.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Date, Float, Text, cast, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from auditor.storage.column_types import Amount
from auditor.storage.columns import value_list, values
from auditor.storage.counting import AnySelect


class PackedRows:
    """The rows of a query, in its order; taken apart as often as they are gone through."""

    def __init__(
        self, names: Sequence[str], kinds: Sequence[TypeEngine[Any]], packed: Sequence[str | None]
    ) -> None:
        self._names, self._kinds, self._packed = names, kinds, packed

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Gives plain rows."""
        return zip(*self._columns(), strict=True)

    def named(self) -> Iterator[Any]:
        """Gives rows with the names of their columns, which must be identifiers."""
        kind = namedtuple("PackedRow", self._names)  # type: ignore[misc]
        return map(kind._make, self)

    def _columns(self) -> Iterator[list[Any]]:
        for kind, packed in zip(self._kinds, self._packed, strict=True):
            told = values(packed or "")
            read = _reader(kind)
            yield told if read is None else [None if v is None else read(v) for v in told]


def packed_rows(session: Session, query: AnySelect) -> PackedRows:
    """Runs a query.

    Args:
        session: to read with.
        query: of whole numbers, fractions, texts, days, amounts, JSON and, as 0 and 1 or as false
            and true, booleans; its rows must fit in memory.
    """
    each = query.subquery()
    row = session.execute(select(*(value_list(_written(column)) for column in each.c))).one()
    return PackedRows([c.name for c in each.c], [c.type for c in each.c], row)


def _written(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a column is packed as: JSON has no exact amounts, and its own would be nested."""
    return cast(column, Text) if isinstance(column.type, (Amount, JSON)) else column


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, Date):
        return _Days().__getitem__
    if isinstance(kind, Amount):
        return Decimal
    if isinstance(kind, Float):
        return float  # JSON may say 0 of 0.0
    return json.loads if isinstance(kind, JSON) else None


class _Days(dict[str, date]):
    """Days by how they are written: many rows have one in common."""

    def __missing__(self, written: str) -> date:
        self[written] = day = date.fromisoformat(written)
        return day
