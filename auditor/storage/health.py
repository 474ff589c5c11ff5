"""What health counts of closed and open opportunities: outcomes, sizes, sales, flaws."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Float, case, cast, func, select, true
from sqlalchemy.orm import Session

from auditor.domain.new_business import Transaction
from auditor.storage.counting import WON, AnySelect, Counted
from auditor.storage.flaws import FLAWS, DuplicateFlaws
from auditor.storage.models import OpportunityRow
from auditor.storage.packed_rows import PackedRows, packed_rows
from auditor.storage.past import Past, PastPage, add_up, key_ranges, past_pages
from auditor.storage.spells import StageRepository

_SOLD_AT_ONCE = 200_000
"""Opportunities, of which those that are won are read."""


class HealthRepository:
    """Counts for the pipeline's health."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.stages = StageRepository(session)
        """Names of stages."""

    def past(self, counted: Counted) -> Past:
        """Times, outcomes and sizes, in one pass."""
        return add_up(self.past_pages(counted), counted)

    def past_pages(self, counted: Counted) -> Iterator[PastPage]:
        """What ``past.add_up`` makes the past of."""
        return past_pages(self._session, counted)

    def people(self) -> tuple[list[str], list[str]]:
        """All reps and all teams that opportunities name."""
        row = OpportunityRow
        pairs = self._session.execute(select(row.owner, row.team).distinct()).all()
        owners, teams = dict.fromkeys(o for o, _ in pairs), dict.fromkeys(t for _, t in pairs)
        return [o for o in owners if o], [t for t in teams if t]

    def won_since(self, counted: Counted, first: date) -> dict[str | None, float]:
        """Value won from a day on, by currency."""
        row = OpportunityRow
        query = (
            select(row.currency, func.sum(cast(row.value, Float)))
            .where(counted.people(), row.status == WON, row.closed_on.between(first, counted.as_of))
            .group_by(row.currency)
        )
        return {currency: float(value or 0) for currency, value in self._session.execute(query)}

    def sold(self, counted: Counted, *, valued_only: bool = True) -> Iterator[Sold]:
        """Won opportunities of accounts that are known, of all time up to the day of the count.

        Args:
            counted: whose.
            valued_only: leave out those without a value, which counts as 0 otherwise.
        """
        row = OpportunityRow
        query: AnySelect = select(
            row.account,
            row.closed_on,
            row.value,
            row.currency,
            row.key,
            row.lead_source,
        ).where(
            counted.people(),
            row.status == WON,
            counted.is_decided(),
            row.account.is_not(None),
            row.value.is_not(None) if valued_only else true(),
        )
        for keys in key_ranges(self._session, _SOLD_AT_ONCE):
            own = query.where(row.key.between(*keys)).order_by(row.key)
            yield Sold(packed_rows(self._session, own))

    def flaws(self, counted: Counted) -> dict[str, int]:
        """How often each flaw is found, by key; those of stage changes are among the past."""
        plain = [flaw for flaw in FLAWS if not flaw.of_stages]
        counts = self._session.execute(
            select(*(_count(f.where(counted)) for f in plain)).where(counted.people())
        ).one()
        found = {f.key: n or 0 for f, n in zip(plain, counts, strict=True)}
        return found | DuplicateFlaws(self._session).count(counted)


class Sold:
    """Won opportunities of a range of keys."""

    def __init__(self, rows: PackedRows) -> None:
        self._rows = rows

    def transactions(self) -> Iterator[Transaction]:
        """Gives them as transactions of their accounts."""
        for account, day, value, currency, key, lead_source in self._rows:
            amount = Decimal(0) if value is None else value
            yield Transaction(account, day, amount, currency, str(key), lead_source)


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))
