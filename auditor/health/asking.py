"""All that a report asks of the database, in the order in which it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from auditor.domain.flow import rules_for
from auditor.domain.flow.queues import HOARDING_DAYS
from auditor.domain.flow.work import DayWork
from auditor.domain.health.forecast import HORIZONS, Horizon, score_horizon
from auditor.health.ahead import Ahead
from auditor.health.opens import OpenPage, open_pages
from auditor.health.people import People
from auditor.health.rules import HealthRules
from auditor.health.selling import read_sold
from auditor.storage import UnitOfWork
from auditor.storage.counting import Counted
from auditor.storage.flow import Closing, Shortest
from auditor.storage.health import Sold
from auditor.storage.past import PastPage
from auditor.storage.snapshots import SnapshotWeeks

_MONTHS_OF_QUARTER = 3


class Worked(NamedTuple):
    """What reps did in the flow's period."""

    closings: Sequence[Closing]
    """Closed in it, and in the days over which hoarding is looked for."""
    days: Sequence[DayWork]
    """Day by day."""


@dataclass(frozen=True)
class Asked:
    """The answers, which come one after another."""

    opens: Iterator[OpenPage]
    """Open opportunities."""
    past: Iterator[PastPage]
    """All opportunities with their stage changes."""
    sold: Iterator[Sold]
    """Won opportunities."""
    worked: Future[Worked]
    """The flow's period."""
    weeks: Future[SnapshotWeeks]
    """What is kept of earlier weeks."""
    forecast: Future[tuple[Horizon, ...]]
    """What was said in them."""
    flaws: Future[dict[str, int]]
    """How often each flaw is found, but for those of stage changes."""
    won: Future[dict[str | None, float]]
    """Value won in this quarter, by currency."""


def ask(
    ahead: Ahead, unit: UnitOfWork, rules: HealthRules, people: People, counted: Counted
) -> Asked:
    """Asks all of it.

    Args:
        ahead: to ask with.
        unit: to read with; no one else may until all is answered.
        rules: policy, teams, stages, periods.
        people: whose.
        counted: the same, with the period.
    """
    opens = partial(open_pages, unit, rules, owners=people.owners, teams=people.teams)
    return Asked(
        opens=ahead.pages(opens),
        past=ahead.pages(partial(unit.health.past_pages, counted)),
        sold=ahead.pages(partial(read_sold, unit, counted, rules)),
        worked=ahead.answer(partial(_worked, unit, rules, people, counted)),
        weeks=ahead.answer(unit.snapshots.weeks),
        forecast=ahead.answer(partial(_forecast, unit, counted)),
        flaws=ahead.answer(partial(unit.health.flaws, counted)),
        won=ahead.answer(partial(_won, unit, counted)),
    )


def flow_since(rules: HealthRules, as_of: date) -> date:
    """First day of the flow's period."""
    return as_of - timedelta(rules.flow_days)


def shortest_calls(rules: HealthRules, teams: Sequence[str]) -> Shortest:
    """What is too short for a conversation, by team."""
    by_team = {t: rules_for(rules.teams, t).shortest_conversation_seconds for t in teams}
    return Shortest(rules_for(rules.teams, None).shortest_conversation_seconds, by_team)


def _worked(unit: UnitOfWork, rules: HealthRules, people: People, counted: Counted) -> Worked:
    since = flow_since(rules, counted.as_of)
    closings = unit.flow.closings(counted, min(since, counted.as_of - timedelta(HOARDING_DAYS)))
    days = unit.flow.work(
        counted,
        since=since,
        policy=rules.policy.fingerprint,
        shortest=shortest_calls(rules, people.all_teams),
        closings=closings,
    )
    return Worked(closings, days)


def _forecast(unit: UnitOfWork, counted: Counted) -> tuple[Horizon, ...]:
    first = unit.snapshots.weeks().first

    def scored(days: int) -> Horizon:
        found = unit.snapshots.week_before(counted.as_of - timedelta(days))
        if found is None:
            return score_horizon(days, None, (), first=first)
        week, taken_on = found
        return score_horizon(days, taken_on, unit.snapshots.said(counted, week), first=first)

    return tuple(scored(days) for days in HORIZONS)


def _won(unit: UnitOfWork, counted: Counted) -> dict[str | None, float]:
    month = (counted.as_of.month - 1) // _MONTHS_OF_QUARTER * _MONTHS_OF_QUARTER + 1
    return unit.health.won_since(counted, counted.as_of.replace(month=month, day=1))
