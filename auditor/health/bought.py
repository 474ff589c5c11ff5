"""Transactions of accounts from a file, put beside the opportunities that were won of them.

Where a file tells what accounts bought, a won opportunity is no transaction itself: it says whose
the account is and where its lead came from, and the file says what came of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from auditor.domain.new_business import Transaction


@dataclass
class Bought:
    """What the accounts that are counted bought."""

    transactions: list[Transaction] = field(default_factory=list)
    """Of accounts with a won opportunity, with its lead source."""
    awaited: list[Transaction] = field(default_factory=list)
    """First won opportunities, of the period, of accounts that have bought nothing yet."""
    unknown: set[str] = field(default_factory=set)
    """Accounts of the file without a won opportunity that is counted."""


def match_accounts(
    won: Iterable[Transaction], told: Collection[Transaction], *, since: date, until: date
) -> Bought:
    """Puts transactions beside won opportunities, by account; case is ignored.

    Args:
        won: opportunities won up to ``until``, as transactions.
        told: the file's.
        since: first day of the period.
        until: last day of the period; later transactions are left out.
    """
    first: dict[str, Transaction] = {}
    for each in won:
        name = _name(each)
        if name not in first or each.day < first[name].day:
            first[name] = each
    found = Bought()
    seen = set()
    for each in told:
        name = _name(each)
        if name not in first:
            found.unknown.add(name)
        elif each.day <= until:
            seen.add(name)
            found.transactions.append(replace(each, lead_source=first[name].lead_source))
    found.awaited = [each for name, each in first.items() if name not in seen and each.day >= since]
    return found


def _name(transaction: Transaction) -> str:
    return transaction.account.casefold().strip()
