"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

Key = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives; SQLite counts up by itself only for its own ``INTEGER``."""

_LONGEST_TIME = 40
_LONGEST_AMOUNT = 64


class ZonedTime(TypeDecorator[datetime]):
    """A time as the source told it: with its offset where there was one, naive where not.

    Kept as ISO 8601 text, since PostgreSQL turns a zoned time into UTC and SQLite drops the zone.
    It does not sort; a column beside it in ``UtcTime`` does.
    """

    impl = String(_LONGEST_TIME)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Writes ISO 8601."""
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Reads ISO 8601."""
        return None if value is None else datetime.fromisoformat(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment, kept in UTC; a time without a zone is refused, so that none is guessed."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turns it into UTC.

        Raises:
            ValueError: for a time without a zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a zone, not {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Gives it back with UTC as its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


class Amount(TypeDecorator[Decimal]):
    """An exact sum of money; text on SQLite, which would make it binary."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str] | TypeEngine[Decimal]:
        """Text for SQLite, else the exact type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(_LONGEST_AMOUNT))
        return dialect.type_descriptor(Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """Writes plain digits."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{value:f}"

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        """Reads them back."""
        return None if value is None else Decimal(value)
