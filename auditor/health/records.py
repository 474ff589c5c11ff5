"""Any figure's records: ask by the key that stands beside it in the report.

========================== ==========================================================
``open`` ``open:GBP``       open opportunities, all or with a value in a currency
``honest`` ``honest:GBP``   the same without what the docket would close
``clogs``                   what clogs the pipeline
``queue:REP`` ``parked:REP`` a rep's queue, and what waits beside it
``contacts:REP``            calls and meetings of the flow's period
``cycle:STAGE``             opportunities that were in a stage; ``*`` from opening
``odds:STAGE:DAYS``         those decided so long or longer after entering it
``size:GBP``                wins with a value in a currency
``fallout:DIMENSION=GROUP`` closed ones of a group; dimension: stage, reason, rep, lead_source
``forecast:30`` ``forecast:30:due`` forecasts of 30 days ago: with a probability; said to close
``new:GBP`` ``repeat:GBP``  won from new accounts, or what they bought; repeat revenue
``flaw:KEY``                records with a flaw
========================== ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from auditor.domain.flow import OpenDeal
from auditor.domain.health import Scope, find_clogs
from auditor.domain.health.fallout import DIMENSIONS
from auditor.domain.health.pipeline import after_docket
from auditor.domain.new_business import Ledgers, Transaction
from auditor.errors import InputError
from auditor.health.asking import flow_since, shortest_calls
from auditor.health.compute import counted_of, work_times
from auditor.health.opens import open_deals
from auditor.health.people import People, find_people, same_name
from auditor.health.rules import HealthRules
from auditor.health.selling import new_business, read_sold
from auditor.storage import Database, UnitOfWork
from auditor.storage.counting import Counted
from auditor.storage.flow import ContactRecord
from auditor.storage.health_records import FigureRecord

Records = Iterator[FigureRecord | ContactRecord]
_HELP = "take a key that the report shows, such as clogs, cycle:Proposal or fallout:reason=price"


class _Asking:
    """One request, with what all of its answers need."""

    def __init__(
        self, unit: UnitOfWork, rules: HealthRules, scope: Scope, people: People, counted: Counted
    ) -> None:
        self.unit, self.rules, self.scope = unit, rules, scope
        self.people, self.counted = people, counted

    def deals(self) -> list[OpenDeal]:
        day = self.counted.as_of
        since = flow_since(self.rules, day)
        people = self.people
        return list(
            open_deals(
                self.unit,
                self.rules,
                as_of=day,
                since=since,
                owners=people.owners,
                teams=people.teams,
            )
        )

    def listed(self, deals: Iterable[OpenDeal]) -> Records:
        chosen = {d.key: d for d in deals}
        for record in self.unit.records.by_key(list(chosen)):
            yield replace(record, days=chosen[record.key].days_in_stage)

    def spellings(self, stage: str) -> list[str]:
        return self.unit.health.stages.spellings(stage)


def find_records(
    database: Database,
    rules: HealthRules,
    key: str,
    *,
    as_of: date,
    scope: Scope | None = None,
    limit: int | None = None,
) -> list[FigureRecord | ContactRecord]:
    """Finds the records behind a figure, by the same conditions as it was counted.

    Args:
        database: where they are.
        rules: as for the figure.
        key: what stands beside the figure.
        as_of: as for the figure.
        scope: as for the figure.
        limit: most to give; None is all.

    Raises:
        InputError: there is no such figure, or nothing belongs to the rep or team.
        StorageError: the database failed.
    """
    kind, _, rest = key.partition(":")
    find = _FINDERS.get(kind)
    if find is None:
        raise InputError(f"no figure {key!r}; {_HELP}")
    scope = scope or Scope()
    with database.read() as unit:
        people = find_people(unit, scope)
        asking = _Asking(unit, rules, scope, people, counted_of(people, rules, as_of))
        try:
            return list(islice(find(asking, rest), limit))
        except (KeyError, ValueError):
            raise InputError(f"no figure {key!r}; {_HELP}") from None


def _of_open(asking: _Asking, rest: str) -> Records:
    return asking.listed(_in_currency(asking.deals(), rest))


def _of_honest(asking: _Asking, rest: str) -> Records:
    return asking.listed(_in_currency(after_docket(asking.deals()), rest))


def _in_currency(deals: Iterable[OpenDeal], rest: str) -> Iterator[OpenDeal]:
    """All where no currency is named; ``-`` names those with a value and no currency."""
    for deal in deals:
        if not rest or (deal.value is not None and (deal.currency or "-") == rest):
            yield deal


def _of_clogs(asking: _Asking, _: str) -> Records:
    limits = work_times(asking.unit.health.past(asking.counted)).limits()
    return asking.listed(c.deal for c in find_clogs(asking.deals(), limits)[0])


def _of_queue(asking: _Asking, rest: str) -> Records:
    return asking.listed(d for d in asking.deals() if d.rep == rest and d.in_queue)


def _of_parked(asking: _Asking, rest: str) -> Records:
    return asking.listed(d for d in asking.deals() if d.rep == rest and d.parked)


def _of_contacts(asking: _Asking, rest: str) -> Records:
    found = asking.unit.flow.contacts(
        asking.counted,
        since=flow_since(asking.rules, asking.counted.as_of),
        policy=asking.rules.policy.fingerprint,
        shortest=shortest_calls(asking.rules, asking.people.all_teams),
    )
    yield from (c for c in found if same_name([c.rep], rest))


def _of_cycle(asking: _Asking, rest: str) -> Records:
    if rest == "*":
        return asking.unit.records.of_whole(asking.counted)
    return asking.unit.records.of_stage(asking.counted, asking.spellings(rest))


def _of_odds(asking: _Asking, rest: str) -> Records:
    stage, _, days = rest.rpartition(":")
    names = None if stage == "*" else asking.spellings(stage)
    return asking.unit.records.decided_from(asking.counted, names, int(days))


def _of_size(asking: _Asking, rest: str) -> Records:
    return asking.unit.records.sizes(asking.counted, None if rest == "-" else rest)


def _of_fallout(asking: _Asking, rest: str) -> Records:
    dimension, _, group = rest.partition("=")
    if dimension not in DIMENSIONS:
        raise KeyError(dimension)
    return asking.unit.records.closed_in(asking.counted, dimension, group)


def _of_forecast(asking: _Asking, rest: str) -> Records:
    days, _, due = rest.partition(":")
    found = asking.unit.snapshots.week_before(asking.counted.as_of - timedelta(int(days)))
    if found is None:
        return iter(())
    return asking.unit.records.said(asking.counted, found[0], due=due == "due")


def _of_new(asking: _Asking, rest: str) -> Records:
    return _sold(
        asking,
        rest,
        lambda book: tuple(record for win in book.wins for record in win.records),
    )


def _of_repeat(asking: _Asking, rest: str) -> Records:
    return _sold(asking, rest, lambda book: book.repeat_records)


def _sold(asking: _Asking, rest: str, records: Callable[[Ledgers], tuple[str, ...]]) -> Records:
    """Won opportunities, or the transactions of a file, behind a figure of a currency."""
    counted, rules = asking.counted, asking.rules
    sold = new_business(read_sold(asking.unit, counted, rules), counted, rules, asking.scope.team)
    wanted = tuple(
        record for book in sold.books if (book.currency or "-") == rest for record in records(book)
    )
    file = asking.rules.bought
    if file is None:
        return asking.unit.records.by_key([int(record) for record in wanted])
    return (_transaction(each, file.name) for each in sold.told(wanted))


def _transaction(told: Transaction, file: str) -> FigureRecord:
    return FigureRecord(
        key=0,
        id=told.record,
        source=file,
        name=told.account,
        rep=None,
        team=None,
        stage=None,
        value=told.amount,
        currency=told.currency,
        status="bought",
        opened_on=None,
        closed_on=told.day,
        lead_source=told.lead_source,
        lost_reason=None,
        url=None,
    )


def _of_flaw(asking: _Asking, rest: str) -> Records:
    return asking.unit.records.flawed(asking.counted, rest)


_FINDERS: dict[str, Callable[[_Asking, str], Records]] = {
    "open": _of_open,
    "honest": _of_honest,
    "clogs": _of_clogs,
    "queue": _of_queue,
    "parked": _of_parked,
    "contacts": _of_contacts,
    "cycle": _of_cycle,
    "odds": _of_odds,
    "size": _of_size,
    "fallout": _of_fallout,
    "forecast": _of_forecast,
    "new": _of_new,
    "repeat": _of_repeat,
    "flaw": _of_flaw,
}
