"""Flow and health in a few lines, for the weekly digest: what a supervisor acts on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.digest.words import count, cut, listing, money
from auditor.domain.flow import RepFlow, TeamRules, rules_for
from auditor.domain.health import Health
from auditor.domain.health.pipeline import MoneyView

_NO_CAP = " No cap is set: the method's defaults are taken."
_NAMED = 4
"""Reps named in a line; the others are counted."""


@dataclass(frozen=True)
class FlowLine:
    """One line."""

    label: str
    """What it is about, in a word or two."""
    words: str
    """What it says, in a sentence or two."""


def flow_lines(health: Health, teams: Mapping[str, TeamRules]) -> tuple[FlowLine, ...]:
    """Puts a report into two to five lines; none where nothing is open and nobody did anything.

    Args:
        health: the report.
        teams: the settings' rules by team; the method's own where there are none.
    """
    reps = health.flow.reps
    if not reps:
        return ()
    return tuple(
        FlowLine(label, words)
        for label, words in (
            ("Queues", _queues(reps) + ("" if teams else _NO_CAP)),
            ("May receive", _releases(reps)),
            ("A day's work", " ".join(_work(reps, teams))),
            ("Clogs", _clogs(health)),
            ("Honest pipeline", _honest(health)),
        )
        if words
    )


def _queues(reps: Sequence[RepFlow]) -> str:
    over = sorted((r for r in reps if r.queue > r.cap), key=lambda r: r.cap - r.queue)
    queue, cap = sum(r.queue for r in reps), sum(r.cap for r in reps)
    if over:
        named = _named([f"{cut(r.rep, 40)} {r.queue} of {r.cap}" for r in over])
        words = f"{count(len(over), 'queue is', 'queues are')} over the cap: {named}."
    else:
        words = f"None is over its cap: {queue:,} in the queues, {cap:,} would fill them."
    hoarded = [cut(r.rep, 40) for r in reps if r.hoarding.found]
    return words + (f" Kept rather than worked: {_named(hoarded)}." if hoarded else "")


def _releases(reps: Sequence[RepFlow]) -> str:
    free = sorted((r for r in reps if r.ledger.may_receive), key=lambda r: -r.ledger.may_receive)
    if not free:
        return "Nobody, until something is closed or parked."
    named = _named([f"{cut(r.rep, 40)} {r.ledger.may_receive}" for r in free])
    ordered = sum(r.order for r in reps)
    order = f" To order of marketing: {ordered:,}." if ordered else ""
    total = sum(r.ledger.may_receive for r in free)
    return f"{total:,} in all: {named}.{order}"


def _work(reps: Sequence[RepFlow], teams: Mapping[str, TeamRules]) -> Iterator[str]:
    """Conversations and closings of a rep's day, each beside the least that is asked for."""
    days = reps[0].work.working_days
    if not days:
        return
    rules = [rules_for(teams, r.team) for r in reps]
    told = (
        (
            "conversation",
            [r.work.conversations_a_day or 0.0 for r in reps],
            [r.conversations_a_day for r in rules],
        ),
        ("closing", [r.work.closed_a_day or 0.0 for r in reps], [r.closed_a_day for r in rules]),
    )
    for noun, rates, least in told:
        if not any(least):
            continue
        asked = _range(least)
        under = sum(rate < wanted for rate, wanted in zip(rates, least, strict=True))
        words = f"{sum(rates) / len(rates):.1f} {noun}s a rep, at least {asked} asked"
        yield words + (f"; {under} of {len(reps)} under it." if under else "; everyone reached it.")


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _clogs(health: Health) -> str:
    if not health.clogs:
        return ""  # none, or not to be known: the report says which
    stages: dict[str, int] = {}
    for clog in health.clogs:
        stages[clog.deal.stage] = stages.get(clog.deal.stage, 0) + 1
    most, number = max(stages.items(), key=lambda pair: pair[1])
    words = (
        f"{count(len(health.clogs), 'opportunity has', 'opportunities have')} been in the stage "
        "longer than nine in ten, without a real next step"
    )
    return f"{words}; {number} of them in {cut(most, 40)}." if len(stages) > 1 else f"{words}."


def _honest(health: Health) -> str:
    told, honest = health.pipeline, health.honest
    if not told.count:
        return ""
    out = told.count - honest.count
    if not out:
        return f"All {told.count:,} open ones stand: the docket would close none."
    after = {m.currency: m for m in honest.money}
    sums = [_sums(m, after.get(m.currency)) for m in told.money if m.count]
    worth = f", worth {listing(sums)}" if sums else ""
    return f"{honest.count:,} of the {told.count:,} stated{worth}; the docket would close {out:,}."


def _sums(stated: MoneyView, honest: MoneyView | None) -> str:
    left = money(honest.value if honest else 0.0, stated.currency, short=True)
    return f"{left} of {money(stated.value, stated.currency, short=True)}"


def _named(names: Sequence[str]) -> str:
    shown, left = list(names[:_NAMED]), len(names) - _NAMED
    return listing([*shown, f"{left} others" if left > 1 else "1 other"] if left > 0 else shown)
