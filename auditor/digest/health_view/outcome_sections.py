"""Sections about outcomes: fallout, new business, and what the data tells."""

from __future__ import annotations

from auditor.digest.health_view.parts import (
    SectionView,
    TableView,
    bar,
    say_estimate,
    say_sums,
)
from auditor.digest.view import count, money
from auditor.domain.health import FalloutRow, Health
from auditor.domain.health.fallout import LOSSES_ONLY
from auditor.domain.recommendation import say_date

_ROWS_SHOWN = 12
_FLAWS_SHOWN = 12
_DIMENSION_WORDS = {
    "stage": "stage that they were lost in",
    "reason": "reason",
    "rep": "rep",
    "lead_source": "lead source",
}


def fallout_section(health: Health, dimension: str) -> SectionView:
    """Where opportunities fall out, by one dimension."""
    rows = health.fallout.get(dimension, ())
    shown = rows[:_ROWS_SHOWN]
    lost = sum(r.lost for r in rows)
    by = _DIMENSION_WORDS[dimension]
    is_rate = dimension not in LOSSES_ONLY
    if is_rate:
        columns: tuple[str, ...] = (
            dimension.replace("_", " "),
            "won",
            "lost",
            "win rate (95 %)",
            "",
            "won value",
            "open",
            "in effect lost",
        )
        cells = tuple(_source_row(r) for r in shown)
        says = f"What became of the opportunities of each {by}."
        says += " Feed it back to marketing." if dimension == "lead_source" else ""
    else:
        columns = (dimension, "lost", "share of losses (95 %)", "", "lost value")
        cells = tuple(_loss_row(r) for r in shown if r.lost)
        says = f"{count(lost, 'loss', 'losses')} since {say_date(health.since)} "
        says += f"{health.since.year}, by {by}."
    table = TableView(columns, cells, len(rows) - len(shown), tuple(r.rate.records for r in shown))
    return SectionView(
        f"fallout_{dimension}",
        f"Fallout by {dimension.replace('_', ' ')}",
        says if cells else "Nothing was lost yet.",
        (table,) if cells else (),
        (),
        ("win_rate",) if is_rate else ("share_of_losses",),
    )


def _source_row(row: FalloutRow) -> tuple[str, ...]:
    return (
        _name(row.group),
        str(row.won),
        str(row.lost),
        say_estimate(row.rate),
        bar(row.rate.value or 0),
        say_sums(row.won_value),
        str(row.open_now),
        str(row.in_effect_lost),
    )


def _loss_row(row: FalloutRow) -> tuple[str, ...]:
    share = row.rate.value or 0
    return (
        _name(row.group),
        str(row.lost),
        say_estimate(row.rate),
        bar(share),
        say_sums(row.lost_value),
    )


def _name(group: str) -> str:
    return group.replace("_", " ") if group else "(not told)"


def new_business_section(health: Health) -> SectionView:
    """New accounts beside repeat revenue."""
    rows, records = [], []
    for book in health.new_business:
        rows.append(
            (
                book.currency or "none",
                str(len(book.wins)),
                money(book.new_value, book.currency, short=True),
                money(book.new_initial, book.currency, short=True),
                str(book.pending),
                money(book.repeat, book.currency, short=True),
            )
        )
        records.append(f"new:{book.currency or '-'}")
    columns = (
        "currency",
        "new accounts",
        "their value",
        "first transactions",
        "not yet qualified",
        "repeat revenue",
    )
    says = "Side by side, never added: one is a value over years, the other money of the period."
    table = TableView(columns, tuple(rows), records=tuple(records))
    return SectionView(
        "new_business",
        f"New business and repeat revenue since {say_date(health.since)} {health.since.year}",
        says if rows else "Nothing was won yet.",
        (table,) if rows else (),
        (health.new_business_note,),
        ("new_business", "repeat"),
    )


def data_section(health: Health) -> SectionView:
    """What the figures rest on, and what is wrong with it."""
    known = health.knowledge
    says = (
        f"{known.open_count} open and {known.closed_count} closed since "
        f"{say_date(health.since)} {health.since.year}; {known.with_stage_history} with a stage "
        f"history, {known.with_opening} with an opening day."
    )
    shown = health.flaws[:_FLAWS_SHOWN]
    rows = tuple((str(f.count), f.words) for f in shown)
    table = TableView(
        ("records", "flaw"), rows, len(health.flaws) - len(shown), tuple(f.records for f in shown)
    )
    return SectionView(
        "data", "What the data tells", says, (table,) if rows else (), known.words, ()
    )
