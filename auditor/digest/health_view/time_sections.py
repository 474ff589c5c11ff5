"""Sections about time and odds: stages, probability to close, deal size, forecasts."""

from __future__ import annotations

from auditor.digest.health_view.parts import SectionView, TableView, say_estimate, sentence
from auditor.digest.view import money
from auditor.domain.health import Health, SizeOfWins, StageCycle, StageOdds


def cycles_section(health: Health) -> SectionView:
    """How long opportunities stay in each stage."""
    whole = health.whole_cycle
    says = (
        f"From opening to closing half take {whole.median.value:.0f} days or longer."
        if whole.median.value is not None
        else "How long the way from opening to closing takes can't be known yet."
    )
    cycles = (*health.cycles, whole)
    rows = tuple(
        (
            c.stage or "opening to closing",
            say_estimate(c.median),
            say_estimate(c.limit),
            str(c.median.n),
            str(c.still_in),
        )
        for c in cycles
    )
    columns = ("stage", "half leave by, days", "nine in ten by, days", "entered", "still in it")
    notes = [_stage_note(c) for c in cycles if c.median.value is None or c.limit.value is None]
    if not health.cycles:
        notes.append("No day on which a stage was entered is known: times by stage can't be told.")
    table = TableView(columns, rows, records=tuple(c.median.records for c in cycles))
    return SectionView(
        "cycles", "Time in stages", says, (table,), tuple(notes), ("cycle", "cycle_limit")
    )


def _stage_note(cycle: StageCycle) -> str:
    note = cycle.median.note or cycle.limit.note
    return sentence(f"{cycle.stage or 'Opening to closing'}: {note}")


def odds_section(health: Health) -> SectionView:
    """How likely they are won."""
    whole = health.whole_odds.ages[0].chance
    says = (
        f"Of all opportunities {say_estimate(whole)} are won in the end; the longer one stays in "
        "a stage, the fewer. In brackets: how many have closed from that age on."
        if whole.n
        else "Nothing has closed yet: the odds are a guess of one in two."
    )
    steps = [a.from_days for a in health.whole_odds.ages]
    ends = [f"to {after - 1} d" for after in steps[1:]]
    columns = ("stage", *ends, f"{steps[-1]} d on")
    rows = tuple(_odds_row(o) for o in (*health.odds, health.whole_odds))
    records = tuple(o.ages[0].chance.records for o in (*health.odds, health.whole_odds))
    return SectionView(
        "odds",
        "Probability to close, by days in the stage",
        says,
        (TableView(columns, rows, records=records),),
        (),
        ("odds",),
    )


def _odds_row(odds: StageOdds) -> tuple[str, ...]:
    cells = [f"{a.chance.value or 0:.0%} ({a.chance.n})" if a.chance.n else "-" for a in odds.ages]
    return (odds.stage or "from opening", *cells)


def sizes_section(health: Health) -> SectionView:
    """What wins are worth."""
    says = "What a win is worth, a currency at a time." if health.sizes else "Nothing was won yet."
    columns = ("currency", "wins", "median (95 %)", "middle half", "mean", "median of the lost")
    rows = tuple(_size_row(s) for s in health.sizes)
    table = TableView(columns, rows, records=tuple(s.median.records for s in health.sizes))
    return SectionView("sizes", "Deal size", says, (table,) if rows else (), (), ("size",))


def _size_row(size: SizeOfWins) -> tuple[str, ...]:
    def say(value: float | None) -> str:
        return "-" if value is None else money(value, size.currency, short=True)

    return (
        size.currency or "none",
        str(size.median.n),
        say_estimate(size.median, currency=size.currency),
        f"{say(size.lower_quarter)} to {say(size.upper_quarter)}",
        say(size.mean),
        say(size.lost_median),
    )


def forecast_section(health: Health) -> SectionView:
    """What was said against what happened."""
    known = [h for h in health.forecast if h.taken_on is not None]
    if not known:
        words = sentence(health.forecast[0].brier.note) if health.forecast else ""
        return SectionView(
            "forecast", "Forecast accuracy", "Can't be known yet.", (), (words,), ("brier", "kept")
        )
    rows = tuple(
        (
            f"{h.days} days ago",
            "-" if h.brier.value is None else f"{h.brier.value:.3f}",
            "-" if h.base_brier is None else f"{h.base_brier:.3f}",
            str(h.brier.n),
            say_estimate(h.kept),
            str(h.kept.n),
            str(h.slipped),
        )
        for h in known
    )
    columns = (
        "said",
        "Brier score",
        "of the plain rate",
        "decided since",
        "won of those due",
        "due by now",
        "still open",
    )
    notes = [sentence(h.brier.note) for h in health.forecast if h.brier.note]
    notes += [sentence(h.kept.note) for h in known if h.kept.note]
    table = TableView(columns, rows, records=tuple(f"forecast:{h.days}" for h in known))
    return SectionView(
        "forecast",
        "Forecast accuracy",
        "What was said then, against what happened. A score under the plain rate's is worth "
        "listening to.",
        (table,),
        tuple(dict.fromkeys(notes)),
        ("brier", "kept"),
    )
