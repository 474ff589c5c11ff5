"""Packed rows say what plain ones say, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from math import nextafter
from random import Random
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session

from auditor.storage import Database
from auditor.storage.column_types import Amount
from auditor.storage.packed_rows import packed_rows

TABLE = Table(
    "packed",
    MetaData(),
    Column("key", Integer, primary_key=True),
    Column("words", Text),
    Column("share", Double),
    Column("day", Date),
    Column("amount", Amount),
    Column("told", JSON(none_as_null=True)),
    Column("known", Boolean),
)
WORDS = ('He said "no",\n\\o/', "Ünïcödé \u2028 😀", "", "null", '["a"]', "1.0", "it's\t\x1f", None)


@pytest.fixture
def session(bare: Database, url: str) -> Iterator[Session]:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    TABLE.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def _rows() -> list[dict[str, Any]]:
    chance = Random(3)  # noqa: S311 - made-up data
    shares = (0.0, 1.0, 0.1 + 0.2, nextafter(0.9, 1), nextafter(0.5, 0), 1 / 3, 5e-324, -1e300)
    told: tuple[Any, ...] = ({"a": [1, None, "ü"]}, [], {}, "text", None)
    return [
        {
            "key": n,
            "words": chance.choice(WORDS),
            "share": chance.choice((*shares, chance.random(), None)),
            "day": chance.choice((date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31), None)),
            "amount": chance.choice((Decimal("0.10"), Decimal("-12345678901234567890.12"), None)),
            "told": chance.choice(told),
            "known": chance.choice((True, False)),
        }
        for n in range(500)
    ]


def test_packed_rows_are_the_rows(session: Session) -> None:
    session.execute(insert(TABLE), _rows())
    query = select(TABLE).order_by(TABLE.c.words, TABLE.c.key.desc())
    plain = [tuple(row) for row in session.execute(query)]
    packed = packed_rows(session, query)
    assert list(packed) == plain
    assert [type(cell) for row in packed for cell in row[:-1]] == [
        type(cell) for row in plain for cell in row[:-1]
    ]
    assert [(row.key, row.words) for row in packed.named()] == [row[:2] for row in plain]


def test_any_share_comes_back_to_the_last_bit(session: Session) -> None:
    chance = Random(4)  # noqa: S311 - made-up data
    shares = [chance.random() * 10.0 ** chance.randint(-9, 9) for _ in range(20_000)]
    session.execute(insert(TABLE), [{"key": n, "share": each} for n, each in enumerate(shares)])
    query = select(TABLE.c.share).order_by(TABLE.c.key)
    assert [share for (share,) in packed_rows(session, query)] == shares


def test_no_rows_are_none(session: Session) -> None:
    query = select(TABLE.c.key, func.lower(TABLE.c.words).label("small")).where(TABLE.c.key < 0)
    assert list(packed_rows(session, query)) == []
    assert list(packed_rows(session, query).named()) == []
