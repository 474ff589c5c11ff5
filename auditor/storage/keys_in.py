"""Long lists of keys in a condition, as one parameter: an ``IN`` list has a parameter for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, Text, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator


class _KeyList(TypeDecorator[Sequence[int]]):
    """Keys as the text of a list, as each database reads it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str:
        told = json.dumps(list(value or ()))
        return told if dialect.name == "sqlite" else "{" + told[1:-1] + "}"


class KeyRows(GenericFunction[int]):
    """What to select so that there is a row for each key of a list."""

    type = BigInteger()
    inherit_cache = True
    name = "key_rows"


@compiles(KeyRows, "sqlite")
def _on_sqlite(element: KeyRows, compiler: SQLCompiler, **given: Any) -> str:
    [keys] = (compiler.process(c, **given) for c in element.clauses)
    return f"value FROM json_each({keys})"


@compiles(KeyRows, "postgresql")
def _on_postgresql(element: KeyRows, compiler: SQLCompiler, **given: Any) -> str:
    [keys] = (compiler.process(c, **given) for c in element.clauses)
    return f"unnest(CAST({keys} AS BIGINT[]))"


def keys_in(column: Any, keys: Sequence[int]) -> ColumnElement[bool]:
    """Whether a column's value is one of some thousand keys."""
    found: ColumnElement[bool] = column.in_(select(KeyRows(literal(keys, _KeyList()))))
    return found
