"""New business apart from repeat revenue: when a win counts, and what it is worth.

A new account is a win once its first ``qualifying_transactions`` have come one after another, none
more than ``gap_days`` after the one before.  Its value is the annuity that it starts, not the first
invoice; what an account buys after that is repeat revenue.  The two stand side by side and are
never added: one is a value expected over years, the other money of a period.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter

from pydantic import BaseModel, ConfigDict, Field


class Annuity(StrEnum):
    """How the first transaction becomes a value."""

    PRESENT_VALUE = "present_value"
    """Discounted payments over the horizon, each as likely as the account is to stay."""
    LIFETIME = "lifetime"
    """Grossed up by the expected lifetime (1 / churn, at most the horizon), not discounted."""


class NewBusinessRules(BaseModel):
    """What a team counts as new business: ``[teams.NAME.new_business]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    qualifying_transactions: int = Field(default=1, ge=1, le=24)
    """Consecutive transactions after which a new account counts as won."""
    gap_days: int = Field(default=120, ge=1)
    """Longest time between two consecutive ones; a longer one starts the count again."""
    smallest: Decimal = Decimal(0)
    """A transaction under this does not qualify."""
    annuity: Annuity = Annuity.PRESENT_VALUE
    """How the first transaction becomes a value."""
    transactions_a_year: float = Field(default=0.0, ge=0, le=366)
    """How often such an account buys; 0 where it buys once: the value is the transaction then."""
    horizon_years: float = Field(default=3.0, gt=0, le=30)
    """How far ahead payments are counted."""
    discount_rate: float = Field(default=0.10, ge=0, le=1)
    """Yearly rate."""
    churn: float = Field(default=0.15, ge=0, lt=1)
    """Share of accounts that leave in a year."""
    repeat_sources: str = (
        r"existing|repeat|renewal|current (?:customer|client)|up-?sell|cross-?sell"
    )
    """Regular expression (case ignored): lead sources that mean the account is no new one."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One sale to an account, as far as its value as a customer goes."""

    account: str
    """Who bought; upper and lower case count as the same."""
    day: date
    """When."""
    amount: Decimal
    """How much, in ``currency``."""
    currency: str | None
    """ISO 4217 code; transactions of different currencies never qualify together."""
    record: str = ""
    """Id of the record that tells it."""
    lead_source: str | None = None
    """Where the lead came from."""


@dataclass(frozen=True, slots=True)
class Win:
    """A new account that qualified."""

    account: str
    """The account, as spelt first."""
    qualified_on: date
    """Day of the last qualifying transaction."""
    initial: Decimal
    """The first transaction."""
    value: float
    """Of the annuity that it starts."""
    currency: str | None
    """Of both."""
    records: tuple[str, ...]
    """Ids of the qualifying transactions."""


@dataclass(frozen=True, slots=True)
class Ledgers:
    """New business beside repeat revenue, of one currency; there is no sum of both on purpose."""

    currency: str | None
    """ISO 4217 code."""
    wins: tuple[Win, ...] = ()
    """New accounts that qualified in the period."""
    new_value: float = 0.0
    """Sum of their annuities."""
    new_initial: float = 0.0
    """Sum of their first transactions, to compare."""
    pending: int = 0
    """New accounts won or with transactions in the period, not yet enough of these."""
    repeat: float = 0.0
    """Transactions of accounts that were customers before, in the period."""
    repeat_records: tuple[str, ...] = field(default=())
    """Their ids."""


def annuity_value(initial: float, rules: NewBusinessRules) -> float:
    """What the first transaction of a new account is worth.

    With amount ``a``, ``m`` transactions a year, horizon ``H`` years, discount rate ``r`` and churn
    ``c``: the present value is the sum over ``k = 0 … N-1`` of ``a q^k`` with ``N = floor(m H)``
    and ``q = ((1 - c) / (1 + r)) ** (1 / m)``, an annuity due whose payments are as likely as the
    account is to be there still; in closed form ``a (1 - q^N) / (1 - q)``.  ``lifetime`` is
    ``a m min(1 / c, H)``.  Neither is ever less than the transaction itself.
    """
    often = rules.transactions_a_year
    if not often:
        return initial
    if rules.annuity is Annuity.LIFETIME:
        years = min(1 / rules.churn, rules.horizon_years) if rules.churn else rules.horizon_years
        return initial * max(1.0, often * years)
    payments = max(1, int(often * rules.horizon_years + 1e-9))
    ratio: float = ((1 - rules.churn) / (1 + rules.discount_rate)) ** (1 / often)
    if ratio == 1:
        return initial * payments
    return initial * (1 - ratio**payments) / (1 - ratio)


def qualifying(
    transactions: Sequence[Transaction], rules: NewBusinessRules
) -> tuple[Transaction, ...] | None:
    """The first run of enough consecutive transactions; None where there is none yet.

    Args:
        transactions: of one account and currency, oldest first.
        rules: how many make a win, and how close together.
    """
    run: list[Transaction] = []
    for each in transactions:
        if each.amount < rules.smallest:
            continue
        if run and (each.day - run[-1].day).days > rules.gap_days:
            run = []
        run.append(each)
        if len(run) == rules.qualifying_transactions:
            return tuple(run)
    return None


def keep_apart(
    transactions: Iterable[Transaction],
    rules: NewBusinessRules,
    *,
    since: date,
    until: date,
    awaited: Iterable[Transaction] = (),
) -> tuple[Ledgers, ...]:
    """Counts new business and repeat revenue of a period, a currency at a time.

    Args:
        transactions: all that are known, of all time, in any order.
        rules: the team's.
        since: first day of the period.
        until: last day of the period.
        awaited: an opportunity of each account that was won in the period and has bought nothing.
    """
    books: defaultdict[tuple[str, str | None], list[Transaction]] = defaultdict(list)
    for each in sorted(transactions, key=attrgetter("day")):
        if each.day <= until:
            books[each.account.casefold().strip(), each.currency].append(each)
    found: defaultdict[str | None, _Sums] = defaultdict(_Sums)
    for (_, currency), book in books.items():
        _count(book, rules, since, found[currency])
    for each in awaited:
        if not _is_old(each, rules):
            found[each.currency].pending += 1
    return tuple(
        found[currency].close(currency) for currency in sorted(found, key=lambda c: c or "")
    )


@lru_cache(maxsize=4096)
def _is_repeat(pattern: str, lead_source: str) -> bool:
    return re.search(pattern, lead_source, re.IGNORECASE) is not None


def _is_old(first: Transaction, rules: NewBusinessRules) -> bool:
    """Whether the lead source says that the account was a customer before."""
    source = first.lead_source
    return bool(source) and _is_repeat(rules.repeat_sources, source or "")


@dataclass
class _Sums:
    wins: list[Win] = field(default_factory=list)
    pending: int = 0
    repeat: Decimal = Decimal(0)
    records: list[str] = field(default_factory=list)

    def close(self, currency: str | None) -> Ledgers:
        return Ledgers(
            currency=currency,
            wins=tuple(self.wins),
            new_value=sum(w.value for w in self.wins),
            new_initial=float(sum(w.initial for w in self.wins)),
            pending=self.pending,
            repeat=float(self.repeat),
            repeat_records=tuple(self.records),
        )


def _count(book: Sequence[Transaction], rules: NewBusinessRules, since: date, sums: _Sums) -> None:
    first = book[0]
    if _is_old(first, rules):
        run: tuple[Transaction, ...] | None = ()
    else:
        run = qualifying(book, rules)
    if run is None:
        sums.pending += book[-1].day >= since
        return
    if run and run[-1].day >= since:
        value = annuity_value(float(run[0].amount), rules)
        ids = tuple([t.record for t in run])
        sums.wins.append(
            Win(first.account, run[-1].day, run[0].amount, value, run[0].currency, ids)
        )
    later = not run  # an account that is no new one repeats from the first on
    for each in book:
        if not later:
            later = each is run[-1]
        elif each.day >= since:
            sums.repeat += each.amount
            sums.records.append(each.record)
