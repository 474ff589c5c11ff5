"""New business beside repeat revenue, of won opportunities or of a file of transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from auditor.domain.flow import rules_for
from auditor.domain.new_business import Ledgers, NewBusinessRules, Transaction, keep_apart
from auditor.health.bought import Bought, match_accounts
from auditor.health.rules import HealthRules
from auditor.intake.transactions import TransactionFile
from auditor.storage import UnitOfWork
from auditor.storage.counting import Counted
from auditor.storage.health import Sold


@dataclass(frozen=True)
class NewBusiness:
    """What was sold to new accounts and to old ones."""

    books: tuple[Ledgers, ...]
    """A currency each."""
    note: str
    """What counts as a transaction and a win, and what was left out."""
    bought: Bought | None
    """The transactions, where a file told them."""

    def told(self, records: tuple[str, ...]) -> list[Transaction]:
        """The file's transactions of these ids; none where won opportunities are counted."""
        wanted = set(records)
        return [t for t in self.bought.transactions if t.record in wanted] if self.bought else []


def read_sold(unit: UnitOfWork, counted: Counted, rules: HealthRules) -> Iterator[Sold]:
    """Reads what new business is counted by."""
    return unit.health.sold(counted, valued_only=rules.bought is None)


def new_business(
    sold: Iterable[Sold], counted: Counted, rules: HealthRules, team: str | None
) -> NewBusiness:
    """Counts new business and repeat revenue of a period.

    Args:
        sold: all that ``read_sold`` reads.
        counted: the period and the people.
        rules: of the teams, with the file of transactions where there is one.
        team: whose rules say when a win counts.
    """
    own = rules_for(rules.teams, team).new_business
    since, until = counted.since, counted.as_of
    won = chain.from_iterable(each.transactions() for each in sold)
    if rules.bought is None:
        return NewBusiness(keep_apart(won, own, since=since, until=until), _note(own, None), None)
    found = match_accounts(won, rules.bought.transactions, since=since, until=until)
    books = keep_apart(found.transactions, own, since=since, until=until, awaited=found.awaited)
    return NewBusiness(
        books, " ".join((_note(own, rules.bought), *_left_out(rules.bought, found))), found
    )


def _left_out(file: TransactionFile, found: Bought) -> list[str]:
    unknown, rejected = len(found.unknown), file.rejected
    said = []
    if unknown == 1:
        said.append("1 account of it has no won opportunity here and is left out.")
    elif unknown:
        said.append(f"{unknown:,} accounts of it have no won opportunity here and are left out.")
    if rejected:
        rows = "1 row" if rejected == 1 else f"{rejected:,} rows"
        said.append(f"{rows} of it can't be used; `auditor health` says why.")
    return said


def _note(own: NewBusinessRules, file: TransactionFile | None) -> str:
    n = own.qualifying_transactions
    what = "won opportunity" if file is None else "transaction"
    qualifies = f"its first {what}" if n == 1 else f"{n} {_plural(what)} in a row"
    if file is None:
        words = "Won opportunities count as transactions of their account"
    else:
        words = f"Transactions are those of {file.name}, of accounts with a won opportunity"
    words = f"{words}; a win is {qualifies}."
    if not own.transactions_a_year:
        return words + (
            " Each is valued at its first transaction alone: set transactions_a_year in "
            "[teams.NAME.new_business] where accounts buy again."
        )
    return words + (
        f" Valued as {own.transactions_a_year:g} transactions a year over "
        f"{own.horizon_years:g} years, {own.churn:.0%} churn, {own.discount_rate:.0%} discount."
    )


def _plural(what: str) -> str:
    return "won opportunities" if what.endswith("opportunity") else f"{what}s"
