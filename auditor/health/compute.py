"""Computes the health report from the database, in one read."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import ceil, floor, sqrt

from auditor.domain.flow import FlowReport, OpenDeal, build_flow, rules_for
from auditor.domain.flow.queues import HOARDING_DAYS
from auditor.domain.health import (
    Estimate,
    FalloutRow,
    Flaw,
    Health,
    Scope,
    SizeOfWins,
    fallout_rows,
    find_clogs,
    view_pipeline,
)
from auditor.domain.health.estimates import Z95
from auditor.domain.health.fallout import DIMENSIONS
from auditor.domain.health.pipeline import after_docket
from auditor.domain.verdict import Action
from auditor.health.ahead import reading_ahead
from auditor.health.asking import Asked, Worked, ask, flow_since
from auditor.health.collecting import no_collections
from auditor.health.knowledge import make_knowledge
from auditor.health.opens import deals_of
from auditor.health.people import People, find_people
from auditor.health.rules import HealthRules
from auditor.health.selling import new_business
from auditor.health.times import Times, work_out
from auditor.storage import Database
from auditor.storage.counting import Counted
from auditor.storage.flaws import told_flaws
from auditor.storage.flow import closed_by_rep
from auditor.storage.past import Past, add_up

_FEWEST_SIZES = 6
"""Wins under which the order statistics give no 95 % interval of a median."""


def compute_health(
    database: Database,
    rules: HealthRules,
    *,
    as_of: date,
    scope: Scope | None = None,
    seen_teams: Collection[str] | None = None,
    on_read: Callable[[int], None] = lambda _: None,
) -> Health:
    """Computes flow and health.

    Args:
        database: where opportunities, activities and verdicts are.
        rules: policy, teams, stages, period.
        as_of: day of the count.  On an earlier day than the newest data, times and standings are
            as of then, while owners, stages and values are those known now.
        scope: whose; everybody's where None.
        seen_teams: casefolded names of the teams that the reader may see, of which the scope's is
            one; None for all.
        on_read: called with the number of open opportunities read since the last call.

    Raises:
        InputError: nothing belongs to the rep or team.
        StorageError: the database failed.
    """
    scope = scope or Scope()
    with no_collections(), database.read() as unit:
        people = find_people(unit, scope, seen_teams=seen_teams)
        counted = counted_of(people, rules, as_of)
        with reading_ahead() as ahead:
            asked = ask(ahead, unit, rules, people, counted)
            deals = _add_up_deals(asked, rules, as_of, on_read)
            return _report(asked, rules, scope, people, counted, deals)


def counted_of(people: People, rules: HealthRules, as_of: date) -> Counted:
    """The period and the people that are counted."""
    since = as_of - timedelta(rules.history_days)
    return Counted(as_of, since, people.owners, people.teams)


def work_times(past: Past) -> Times:
    """Times and odds of what is counted."""
    return work_out(past.spells, past.lives, past.whole, past.places)


def _add_up_deals(
    asked: Asked, rules: HealthRules, as_of: date, on_read: Callable[[int], None]
) -> list[OpenDeal]:
    since = flow_since(rules, as_of)
    deals = []
    for page in asked.opens:
        for deal in deals_of(page, rules, as_of=as_of, since=since):
            deals.append(deal)
            on_read(1)
    return deals


def _report(
    asked: Asked,
    rules: HealthRules,
    scope: Scope,
    people: People,
    counted: Counted,
    deals: list[OpenDeal],
) -> Health:
    past = add_up(asked.past, counted)
    sold = new_business(asked.sold, counted, rules, scope.team)
    times = work_times(past)
    chance = times.chance()
    clogs, untold = find_clogs(deals, times.limits())
    clogged = frozenset(id(c.deal) for c in clogs)
    needed = _needed(asked, rules, scope, people, deals)
    flaws = asked.flaws.result() | past.stage_flaws
    return Health(
        as_of=counted.as_of,
        since=counted.since,
        scope=scope,
        knowledge=make_knowledge(past, asked.weeks.result(), deals, counted.as_of),
        flow=_flow(asked.worked.result(), rules, counted, deals),
        whole_cycle=times.whole_cycle,
        cycles=times.cycles,
        whole_odds=times.whole_odds,
        odds=times.odds,
        sizes=_sizes(past.sizes),
        pipeline=view_pipeline(deals, chance, clogged, needed, records="open"),
        honest=view_pipeline(after_docket(deals), chance, clogged, needed, records="honest"),
        clogs=clogs,
        clogs_untold=untold,
        forecast=asked.forecast.result(),
        fallout=_fallout(past, deals),
        new_business=sold.books,
        new_business_note=sold.note,
        flaws=tuple(Flaw(*found) for found in told_flaws(flaws)),
    )


def _flow(
    worked: Worked, rules: HealthRules, counted: Counted, deals: Sequence[OpenDeal]
) -> FlowReport:
    lately = counted.as_of - timedelta(HOARDING_DAYS)
    return build_flow(
        deals,
        worked.days,
        since=flow_since(rules, counted.as_of),
        until=counted.as_of,
        rules=rules.teams,
        work_until=counted.as_of - timedelta(1),
        closed_lately=closed_by_rep(worked.closings, since=lately),
    )


def _sizes(values: Mapping[tuple[str | None, bool], array[float]]) -> tuple[SizeOfWins, ...]:
    currencies = sorted({c for c, won in values if won}, key=lambda c: c or "")
    return tuple(_size(c, values[c, True], values.get((c, False))) for c in currencies)


def _size(currency: str | None, won: array[float], lost: array[float] | None) -> SizeOfWins:
    n = len(won)
    low = high = None
    if n >= _FEWEST_SIZES:
        # Ranks of the binomial's normal approximation: Conover, Practical Nonparametric Statistics.
        spread = Z95 * sqrt(n) / 2
        low = won[max(0, floor(n / 2 - spread))]
        high = won[min(n - 1, ceil(n / 2 + spread) - 1)]
    unit = currency or "unknown currency"
    return SizeOfWins(
        currency,
        Estimate(_middle(won, 0.5), unit, "size", low, high, n, f"size:{currency or '-'}"),
        _middle(won, 0.25),
        _middle(won, 0.75),
        sum(won) / n,
        _middle(lost, 0.5) if lost else None,
    )


def _middle(ordered: Sequence[float], share: float) -> float:
    """A quantile of ordered values, between two of them where it falls between."""
    at = share * (len(ordered) - 1)
    below = ordered[floor(at)]
    return below + (ordered[ceil(at)] - below) * (at - floor(at))


def _needed(
    asked: Asked,
    rules: HealthRules,
    scope: Scope,
    people: People,
    deals: Sequence[OpenDeal],
) -> dict[str | None, float]:
    """By currency: what the targets of the quarter still need; empty for a single rep."""
    if scope.rep is not None:
        return {}
    teams: Iterable[str | None] = people.all_teams or (None,)
    if people.teams is not None:
        teams = people.teams
    currencies = {d.currency for d in deals if d.currency}
    only = currencies.pop() if len(currencies) == 1 else None
    targets: dict[str | None, float] = {}
    for team in teams:
        own = rules_for(rules.teams, team)
        if own.target is not None:
            currency = own.target_currency or only
            targets[currency] = targets.get(currency, 0.0) + float(own.target)
    if not targets:
        return {}
    won = asked.won.result()
    return {currency: target - won.get(currency, 0.0) for currency, target in targets.items()}


def _fallout(past: Past, deals: Sequence[OpenDeal]) -> Mapping[str, tuple[FalloutRow, ...]]:
    lost = [d for d in deals if d.action is Action.CLOSE]
    return {
        dimension: fallout_rows(
            dimension,
            past.fallout.get(dimension, ()),
            open_now=_by_group(dimension, deals),
            in_effect_lost=_by_group(dimension, lost),
        )
        for dimension in DIMENSIONS
    }


def _by_group(dimension: str, deals: Sequence[OpenDeal]) -> dict[str, int]:
    """Open ones by group; a reason is the docket's, and only of those that it would close."""
    found: dict[str, int] = {}
    for deal in deals:
        if dimension == "reason":
            continue
        name = str(getattr(deal, dimension) or "")
        found[name] = found.get(name, 0) + 1
    return found
