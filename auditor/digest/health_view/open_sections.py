"""Sections about what is open: the pipeline, the queues, the work on them, the clogs."""

from __future__ import annotations

from auditor.digest.health_view.parts import (
    SectionView,
    TableView,
    say_estimate,
    say_rate,
    sentence,
)
from auditor.digest.view import count, money
from auditor.domain.flow import FlowReport, RepFlow
from auditor.domain.health import Clog, Health
from auditor.domain.health.pipeline import MoneyView
from auditor.domain.recommendation import say_date

_CLOGS_SHOWN = 8


def pipeline_section(health: Health) -> SectionView:
    """The open pipeline, as told and with the docket's closings taken out."""
    told, honest = health.pipeline, health.honest
    out = told.count - honest.count
    says = (
        f"{count(told.count, 'opportunity is', 'opportunities are')} open. "
        + (
            f"The docket would close {out}: without them {honest.count} remain."
            if out
            else "The docket would close none of them."
        )
        + f" On {told.with_step} of {told.count} the pending step can answer its stage's question."
    )
    after = {m.currency: m for m in honest.money}
    rows, records = [], []
    for money_told in told.money:
        rows.append(_money_row("as told", money_told))
        records.append(f"open:{money_told.currency or '-'}")
        if money_told.currency in after:
            rows.append(_money_row("honest", after[money_told.currency]))
            records.append(f"honest:{money_told.currency or '-'}")
    notes = list(
        dict.fromkeys(m.percent_full.note for m in told.money if m.percent_full.value is None)
    )
    notes = [sentence(f"Percent full can't be known: {n}") for n in notes]
    if told.without_value:
        notes.append(f"{told.without_value} have no value and are in no sum.")
    columns = ("", "open", "value", "weighted (95 % range)", "percent full")
    return SectionView(
        "pipeline",
        "Pipeline, as told and honest",
        says,
        (TableView(columns, tuple(rows), records=tuple(records)),),
        tuple(notes),
        ("weighted", "percent_full", "honest"),
    )


def _money_row(label: str, view: MoneyView) -> tuple[str, ...]:
    return (
        f"{view.currency or 'no currency'}, {label}",
        str(view.count),
        money(view.value, view.currency, short=True),
        say_estimate(view.weighted, currency=view.currency),
        say_estimate(view.percent_full),
    )


def flow_section(flow: FlowReport, *, caps_set: bool) -> SectionView:
    """Each rep's queue against its cap."""
    queue = sum(t.queue for t in flow.teams)
    cap = sum(t.cap for t in flow.teams)
    order = sum(t.order for t in flow.teams)
    over = [r for r in flow.reps if r.ledger.room < 0]
    hoarded = [r.rep for r in flow.reps if r.hoarding.found]
    says = f"{queue} in the queues, {cap} would fill them."
    says += f" {count(len(over), 'rep is', 'reps are')} over the cap." if over else ""
    if caps_set:
        says += f" To order of marketing today: {order}." if order else " Nothing to order today."
    if hoarded:
        says += f" Kept rather than worked: {', '.join(hoarded)}."
    notes = list(flow.notes)
    if not caps_set:
        notes.append(
            "No cap is set: the method's 80 is taken for everyone, and what may be received and "
            "ordered follows from it. Set yours as cap under [teams.default] or [teams.NAME] in "
            "auditor.toml."
        )
    columns = (
        "rep",
        "queue",
        "cap",
        "parked",
        "in",
        "out",
        "may receive",
        "order",
        "median age",
        "",
    )
    rows = tuple(_flow_row(r) for r in flow.reps)
    records = tuple(f"queue:{r.rep}" for r in flow.reps)
    return SectionView(
        "flow",
        f"Queues since {say_date(flow.since)}",
        says,
        (TableView(columns, rows, records=records),),
        tuple(sentence(n) for n in notes),
        ("queue", "ledger", "order", "hoarding"),
    )


def _flow_row(rep: RepFlow) -> tuple[str, ...]:
    moves = rep.ledger.moves
    age = "-" if rep.age.median is None else f"{rep.age.median:.0f} d"
    return (
        rep.rep,
        str(rep.queue),
        str(rep.cap),
        str(rep.parked),
        str(moves.received + moves.returned),
        str(moves.closed + moves.parked),
        str(rep.ledger.may_receive),
        str(rep.order),
        age,
        "hoarding" if rep.hoarding.found else "",
    )


def work_section(flow: FlowReport) -> SectionView:
    """Conversations, attempts and closings."""
    days = flow.teams[0].work.working_days if flow.teams else 0
    talks = sum(t.work.conversations for t in flow.teams)
    tries = sum(t.work.attempts + t.work.no_shows for t in flow.teams)
    closed = sum(t.work.closed for t in flow.teams)
    says = (
        f"{count(talks, 'selling conversation')} and {count(tries, 'attempt')} in "
        f"{count(days, 'working day')}; {closed} closed."
    )
    rows = tuple(
        (
            r.rep,
            str(r.work.conversations),
            say_rate(r.work.conversations_a_day),
            str(r.work.attempts + r.work.no_shows),
            str(r.work.short),
            str(r.work.won),
            str(r.work.closed - r.work.won),
            say_rate(r.work.closed_a_day),
        )
        for r in flow.reps
    )
    columns = (
        "rep",
        "conversations",
        "a day",
        "attempts",
        "too short",
        "won",
        "lost",
        "closed a day",
    )
    records = tuple(f"contacts:{r.rep}" for r in flow.reps)
    title = f"Work from {say_date(flow.since)} to {say_date(flow.work_until)}"
    table = TableView(columns, rows, records=records)
    return SectionView("work", title, says, (table,), (), ("conversation", "closed_a_day"))


def clogs_section(health: Health) -> SectionView:
    """What has been in its stage too long."""
    number = len(health.clogs)
    says = (
        f"{count(number, 'opportunity has', 'opportunities have')} been in the stage longer than "
        "nine in ten, without a real next step."
        if number
        else "Nothing clogs the pipeline."
    )
    shown = health.clogs[:_CLOGS_SHOWN]
    rows = tuple(_clog_row(c) for c in shown)
    notes: tuple[str, ...] = ()
    if health.clogs_untold:
        notes = (
            f"Of {health.clogs_untold} more it can't be told: no day of entry, no limit for the "
            "stage, or not judged.",
        )
    columns = ("opportunity", "rep", "stage", "days in it", "nine in ten by", "value")
    table = TableView(columns, rows, number - len(shown))
    tables = (table,) if rows else ()
    return SectionView("clogs", "Clogs", says, tables, notes, ("clog",))


def _clog_row(clog: Clog) -> tuple[str, ...]:
    deal = clog.deal
    return (
        deal.name,
        deal.rep,
        deal.stage,
        f"{deal.days_in_stage}{'+' if deal.at_least else ''}",
        f"{clog.limit_days:.0f}",
        "-" if deal.value is None else money(float(deal.value), deal.currency, short=True),
    )
