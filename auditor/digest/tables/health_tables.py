"""Flow and health as tables: a file a table, figures as numbers beside the key of their records.

Shares are 0 to 1.  Sums are a currency at a time: a table whose rows are currencies has a column
for it; where rows are something else, each currency has columns of its own, so that adding a column
up counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from auditor.digest.tables.csv_text import Cell, Table, make_table
from auditor.domain.flow import RepFlow
from auditor.domain.health import (
    DEFINITIONS,
    Clog,
    Definition,
    Estimate,
    FalloutRow,
    Flaw,
    Health,
    Horizon,
)
from auditor.domain.health.fallout import DIMENSIONS, LOSSES_ONLY
from auditor.domain.health.pipeline import MoneyView
from auditor.domain.new_business import Ledgers

T = TypeVar("T")
_Columns = dict[str, Callable[[T], Cell]]
_PLACES = 6
_NOT_TOLD = "(not told)"
_WHOLE = "(opening to closing)"
_NO_FIGURE = Estimate(None, "share", "")


def health_table(health: Health, name: str) -> Table | None:
    """One table of the report, each row with the day of the count; None where there is no such."""
    make = _TABLES.get(name)
    if make is None:
        return None
    table = make(health)
    if name == "definitions":
        return table
    rows = tuple((health.as_of, *row) for row in table.rows)
    return Table(name, ("as_of", *table.columns), rows)


def table_of_section(section: str) -> str:
    """The table that holds the figures of a section of the page."""
    return "fallout" if section.startswith("fallout_") else section


def _figure(name: str, of: Callable[[T], Estimate]) -> _Columns[T]:
    """A figure and its 95 % interval."""
    return {
        name: lambda item: _rounded(of(item).value),
        f"{name}_low": lambda item: _rounded(of(item).low),
        f"{name}_high": lambda item: _rounded(of(item).high),
    }


def _by_currency(
    name: str, items: Iterable[T], of: Callable[[T], Iterable[tuple[str | None, float]]]
) -> _Columns[T]:
    """A column of sums for each currency that occurs: ``won_value_GBP``."""
    found = sorted({currency or "" for item in items for currency, _ in of(item)})

    def sum_in(currency: str, item: T) -> Cell:
        return next((_rounded(v) for c, v in of(item) if (c or "") == currency), None)

    return {
        f"{name}_{currency}" if currency else name: partial(sum_in, currency) for currency in found
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)


def _pipeline(health: Health) -> Table:
    views = (("as_told", "open", health.pipeline), ("honest", "honest", health.honest))
    rows = [(name, key, money) for name, key, view in views for money in view.money]
    columns: _Columns[tuple[str, str, MoneyView]] = {
        "pipeline": lambda r: r[0],
        "currency": lambda r: r[2].currency,
        "opportunities": lambda r: r[2].count,
        "value": lambda r: _rounded(r[2].value),
        **_figure("weighted", lambda r: r[2].weighted),
        "needed": lambda r: _rounded(r[2].needed),
        **_figure("share_full", lambda r: r[2].percent_full),
        "note": lambda r: r[2].percent_full.note,
        "records": lambda r: f"{r[1]}:{r[2].currency or '-'}",
    }
    return make_table("pipeline", rows, columns)


def _flow(health: Health) -> Table:
    columns: _Columns[RepFlow] = {
        "since": lambda r: r.ledger.since,
        "team": lambda r: r.team,
        "rep": lambda r: r.rep,
        "queue": lambda r: r.queue,
        "cap": lambda r: r.cap,
        "parked": lambda r: r.parked,
        "vague": lambda r: r.vague,
        "began": lambda r: r.ledger.began,
        "received": lambda r: r.ledger.moves.received,
        "returned": lambda r: r.ledger.moves.returned,
        "closed": lambda r: r.ledger.moves.closed,
        "parked_since": lambda r: r.ledger.moves.parked,
        "may_receive": lambda r: r.ledger.may_receive,
        "order": lambda r: r.order,
        "median_age_days": lambda r: _rounded(r.age.median),
        "oldest_days": lambda r: r.age.oldest,
        "age_unknown": lambda r: r.age.unknown,
        "hoarding": lambda r: r.hoarding.found,
        "ledger": lambda r: r.ledger.words,
        "records": lambda r: f"queue:{r.rep}",
    }
    return make_table("flow", health.flow.reps, columns)


def _work(health: Health) -> Table:
    columns: _Columns[RepFlow] = {
        "since": lambda _: health.flow.since,
        "until": lambda _: health.flow.work_until,
        "team": lambda r: r.team,
        "rep": lambda r: r.rep,
        "working_days": lambda r: r.work.working_days,
        "conversations": lambda r: r.work.conversations,
        "conversations_a_day": lambda r: _rounded(r.work.conversations_a_day),
        "attempts": lambda r: r.work.attempts,
        "too_short": lambda r: r.work.short,
        "no_shows": lambda r: r.work.no_shows,
        "unjudged": lambda r: r.work.unjudged,
        "won": lambda r: r.work.won,
        "lost": lambda r: r.work.closed - r.work.won,
        "closed_a_day": lambda r: _rounded(r.work.closed_a_day),
        "records": lambda r: f"contacts:{r.rep}",
    }
    return make_table("work", health.flow.reps, columns)


def _cycles(health: Health) -> Table:
    return make_table(
        "cycles",
        (*health.cycles, health.whole_cycle),
        {
            "stage": lambda c: c.stage or _WHOLE,
            **_figure("median_days", lambda c: c.median),
            **_figure("nine_in_ten_days", lambda c: c.limit),
            "entered": lambda c: c.median.n,
            "still_in": lambda c: c.still_in,
            "note": lambda c: c.median.note or c.limit.note,
            "records": lambda c: c.median.records,
        },
    )


def _odds(health: Health) -> Table:
    rows = [(odds, age) for odds in (*health.odds, health.whole_odds) for age in odds.ages]
    return make_table(
        "odds",
        rows,
        {
            "stage": lambda r: r[0].stage or _WHOLE,
            "from_days": lambda r: r[1].from_days,
            **_figure("chance", lambda r: r[1].chance),
            "closed": lambda r: r[1].chance.n,
            "not_shrunk": lambda r: _rounded(r[1].raw),
            "note": lambda r: r[1].chance.note,
            "records": lambda r: r[1].chance.records,
        },
    )


def _clogs(health: Health) -> Table:
    columns: _Columns[Clog] = {
        "opportunity": lambda c: c.deal.name,
        "team": lambda c: c.deal.team,
        "rep": lambda c: c.deal.rep,
        "stage": lambda c: c.deal.stage,
        "value": lambda c: c.deal.value,
        "currency": lambda c: c.deal.currency,
        "lead_source": lambda c: c.deal.lead_source,
        "days_in_stage": lambda c: c.deal.days_in_stage,
        "at_least": lambda c: c.deal.at_least,
        "nine_in_ten_days": lambda c: _rounded(c.limit_days),
        "label": lambda c: c.deal.label,
        "action": lambda c: c.deal.action,
        "next_activity_on": lambda c: c.deal.due_on,
        "opportunity_id": lambda c: c.deal.id,
        "source": lambda c: c.deal.source,
    }
    return make_table("clogs", health.clogs, columns)


def _sizes(health: Health) -> Table:
    return make_table(
        "sizes",
        health.sizes,
        {
            "currency": lambda s: s.currency,
            "wins": lambda s: s.median.n,
            **_figure("median", lambda s: s.median),
            "lower_quarter": lambda s: _rounded(s.lower_quarter),
            "upper_quarter": lambda s: _rounded(s.upper_quarter),
            "mean": lambda s: _rounded(s.mean),
            "median_of_lost": lambda s: _rounded(s.lost_median),
            "records": lambda s: s.median.records,
        },
    )


def _forecast(health: Health) -> Table:
    columns: _Columns[Horizon] = {
        "days_back": lambda h: h.days,
        "taken_on": lambda h: h.taken_on,
        "brier": lambda h: _rounded(h.brier.value),
        "brier_of_plain_rate": lambda h: _rounded(h.base_brier),
        "decided_since": lambda h: h.brier.n,
        **_figure("won_of_due", lambda h: h.kept),
        "due": lambda h: h.kept.n,
        "still_open": lambda h: h.slipped,
        **_by_currency("due_value", health.forecast, lambda h: ((c, v) for c, v, _ in h.said)),
        **_by_currency("won_value", health.forecast, lambda h: ((c, v) for c, _, v in h.said)),
        "note": lambda h: h.brier.note or h.kept.note,
        "records": lambda h: h.brier.records,
    }
    return make_table("forecast", health.forecast, columns)


def _fallout(health: Health) -> Table:
    """All dimensions under one another, so that a pivot table chooses one.

    A reason has no wins and nothing open: these cells are empty there, and so is the rate that a
    dimension has not.
    """
    rows = [row for by in DIMENSIONS for row in health.fallout.get(by, ())]

    def counted(of: Callable[[FalloutRow], int]) -> Callable[[FalloutRow], Cell]:
        return lambda r: None if r.dimension == "reason" else of(r)

    columns: _Columns[FalloutRow] = {
        "since": lambda _: health.since,
        "dimension": lambda r: r.dimension,
        "group": lambda r: r.group or _NOT_TOLD,
        "won": counted(lambda r: r.won),
        "lost": lambda r: r.lost,
        "open_now": counted(lambda r: r.open_now),
        "in_effect_lost": counted(lambda r: r.in_effect_lost),
        **_figure("win_rate", lambda r: r.rate if r.dimension not in LOSSES_ONLY else _NO_FIGURE),
        **_figure(
            "share_of_losses", lambda r: r.rate if r.dimension in LOSSES_ONLY else _NO_FIGURE
        ),
        **_by_currency("won_value", rows, lambda r: r.won_value),
        **_by_currency("lost_value", rows, lambda r: r.lost_value),
        "note": lambda r: r.rate.note,
        "records": lambda r: r.rate.records,
    }
    return make_table("fallout", rows, columns)


def _new_business(health: Health) -> Table:
    columns: _Columns[Ledgers] = {
        "since": lambda _: health.since,
        "currency": lambda b: b.currency,
        "new_accounts": lambda b: len(b.wins),
        "new_value": lambda b: _rounded(b.new_value),
        "first_transactions": lambda b: _rounded(b.new_initial),
        "not_yet_qualified": lambda b: b.pending,
        "repeat_revenue": lambda b: _rounded(b.repeat),
        "repeat_transactions": lambda b: len(b.repeat_records),
        "note": lambda _: health.new_business_note,
        "new_records": lambda b: f"new:{b.currency or '-'}",
        "repeat_records": lambda b: f"repeat:{b.currency or '-'}",
    }
    return make_table("new_business", health.new_business, columns)


def _data(health: Health) -> Table:
    columns: _Columns[Flaw] = {
        "flaw": lambda f: f.key,
        "count": lambda f: f.count,
        "means": lambda f: f.words,
        "records": lambda f: f.records,
    }
    return make_table("data", health.flaws, columns)


def _definitions(_: Health) -> Table:
    columns: _Columns[tuple[str, Definition]] = {
        "key": lambda d: d[0],
        "name": lambda d: d[1].name,
        "means": lambda d: d[1].words,
        "formula": lambda d: d[1].formula,
        "source": lambda d: d[1].source,
    }
    return make_table("definitions", DEFINITIONS.items(), columns)


_TABLES: Mapping[str, Callable[[Health], Table]] = {
    "pipeline": _pipeline,
    "flow": _flow,
    "work": _work,
    "cycles": _cycles,
    "odds": _odds,
    "clogs": _clogs,
    "sizes": _sizes,
    "forecast": _forecast,
    "fallout": _fallout,
    "new_business": _new_business,
    "data": _data,
    "definitions": _definitions,
}
HEALTH_TABLES = tuple(_TABLES)
"""Names of the tables, in reading order; those of the page's sections, and the definitions."""
