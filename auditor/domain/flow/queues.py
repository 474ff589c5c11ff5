"""Each rep's and team's queue: against its cap, how old, how worked, and what to order for it."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from auditor.domain.flow.deals import OpenDeal
from auditor.domain.flow.ledger import Ledger
from auditor.domain.flow.rules import TeamRules, rules_for
from auditor.domain.flow.work import DayWork, Movements, Work, add_up, merge_days
from auditor.domain.labels import Label

AGE_STEPS = (0, 31, 61, 91, 181)
"""First day of each age group: up to 30 days, 31 to 60, 61 to 90, 91 to 180, older."""
LARGE_QUEUE = 1.25
"""Times the team's median from which a queue is large; 0.8 of its cap is large as well."""
_NEAR_CAP = 0.8
HOARDING_DAYS = 28
"""Days over which closings are weighed to tell hoarding."""
FEW_CLOSED = 0.25
"""Closed in that time, as a share of the queue, under which few are."""
MANY_CALLBACKS = 0.4
"""Share of vague callbacks among the judged from which there are many."""


@dataclass(frozen=True, slots=True)
class QueueAge:
    """How old a queue is, in days since each was opened."""

    known: int
    """Opportunities whose age is known (or known to be at least so)."""
    unknown: int
    """Those without any day to count from."""
    median: float | None
    """Of the known ones."""
    oldest: int | None
    """Of the known ones."""
    groups: tuple[int, ...]
    """How many in each group of ``AGE_STEPS``."""


@dataclass(frozen=True, slots=True)
class Hoarding:
    """Whether a queue is kept rather than worked: large, little closed, many callbacks."""

    large: bool
    """1.25 times the team's median or more, or 80 % of the cap."""
    little_closed: bool
    """Closed in the last 28 days: under a quarter of the queue."""
    many_callbacks: bool
    """Two in five of the judged ones are vague callbacks, or more."""

    @property
    def found(self) -> bool:
        """All three at once."""
        return self.large and self.little_closed and self.many_callbacks


@dataclass(frozen=True, slots=True)
class RepFlow:
    """One rep's flow."""

    rep: str
    """The rep."""
    team: str | None
    """Their team."""
    cap: int
    """Of the queue."""
    queue: int
    """Open and not parked."""
    parked: int
    """Waiting for a dated buyer event."""
    vague: int
    """In the queue as a vague callback."""
    ledger: Ledger
    """How the queue came to its size in the period."""
    order: int
    """To order of marketing today, so that the queue is full again."""
    work: Work
    """In the period."""
    days: tuple[DayWork, ...]
    """Day by day, where anything was done."""
    age: QueueAge
    """Of the queue."""
    hoarding: Hoarding
    """Whether it is hoarded."""


@dataclass(frozen=True, slots=True)
class TeamFlow:
    """A team's flow."""

    team: str | None
    """Its name."""
    reps: int
    """How many hold or did anything."""
    cap: int
    """Sum of their caps."""
    queue: int
    """Sum of their queues."""
    parked: int
    """Sum of the parked."""
    may_receive: int
    """Sum of what each may receive."""
    order: int
    """To order of marketing today."""
    work: Work
    """In the period."""
    age: QueueAge
    """Of all their queues."""


@dataclass(frozen=True, slots=True)
class FlowReport:
    """The flow of a period."""

    since: date
    """First day."""
    until: date
    """Last day: queues are as of then."""
    work_until: date
    """Last whole day: work is counted up to then."""
    reps: tuple[RepFlow, ...]
    """By team and name."""
    teams: tuple[TeamFlow, ...]
    """By name."""
    notes: tuple[str, ...] = ()
    """What the figures don't know."""


def build_flow(
    deals: Sequence[OpenDeal],
    days: Iterable[DayWork],
    *,
    since: date,
    until: date,
    rules: Mapping[str, TeamRules],
    work_until: date | None = None,
    closed_lately: Mapping[str, int] | None = None,
    reserved: Mapping[str, int] | None = None,
    also: Iterable[str] = (),
) -> FlowReport:
    """Builds the flow of all reps.

    Args:
        deals: the open opportunities as of ``until``.
        days: what reps did from ``since`` to ``until``.
        since: first day of the period.
        until: its last day, on which the queues are counted.
        rules: by team; ``default`` serves the others.
        work_until: last whole day, up to which work is counted; ``until`` where None.
        closed_lately: closed in the last ``HOARDING_DAYS``, by rep, to tell hoarding; closed in
            the period where None.
        reserved: released already and not yet in the CRM, by rep.
        also: reps to report on even where they hold and did nothing.
    """
    held: dict[str, list[OpenDeal]] = {}
    for deal in deals:
        held.setdefault(deal.rep, []).append(deal)
    worked: dict[str, list[DayWork]] = {}
    for day in days:
        worked.setdefault(day.rep, []).append(day)
    team_of = {
        rep: _main_team(held.get(rep, ()), worked.get(rep, ()))
        for rep in held.keys() | worked.keys() | set(also)
    }
    typical = _typical_queues(held, team_of)
    reps = [
        _rep_flow(
            rep,
            team,
            held.get(rep, []),
            _merged(worked.get(rep, []), team),
            since=since,
            until=until,
            rules=rules_for(rules, team),
            typical=typical.get(team),
            work_until=work_until or until,
            closed_lately=None if closed_lately is None else closed_lately.get(rep, 0),
            reserved=(reserved or {}).get(rep, 0),
        )
        for rep, team in sorted(team_of.items(), key=lambda pair: (pair[1] or "", pair[0]))
    ]
    return FlowReport(
        since,
        until,
        work_until or until,
        tuple(reps),
        tuple(_teams(reps, held, work_until or until)),
        _notes(deals, reps),
    )


def _main_team(own: Sequence[OpenDeal], days: Sequence[DayWork]) -> str | None:
    """The team of most of a rep's opportunities: a rep has one queue, whoever shares the work."""
    named = Counter(d.team for d in own if d.team) or Counter(d.team for d in days if d.team)
    return named.most_common(1)[0][0] if named else None


def _merged(days: Sequence[DayWork], team: str | None) -> list[DayWork]:
    """One entry a day, also where a rep worked for two teams."""
    by_day: dict[date, list[DayWork]] = {}
    for day in days:
        by_day.setdefault(day.day, []).append(day)
    return [merge_days(own, team) for _, own in sorted(by_day.items())]


def _typical_queues(
    held: Mapping[str, Sequence[OpenDeal]], team_of: Mapping[str, str | None]
) -> dict[str | None, float]:
    sizes: dict[str | None, list[int]] = {}
    for rep, own in held.items():
        sizes.setdefault(team_of[rep], []).append(sum(d.in_queue for d in own))
    return {team: statistics.median(counts) for team, counts in sizes.items()}


def _rep_flow(
    rep: str,
    team: str | None,
    own: Sequence[OpenDeal],
    days: Sequence[DayWork],
    *,
    since: date,
    until: date,
    rules: TeamRules,
    typical: float | None,
    work_until: date,
    closed_lately: int | None,
    reserved: int,
) -> RepFlow:
    queue = [d for d in own if d.in_queue]
    cap = rules.cap_of(rep)
    moves = Movements(
        received=sum(d.received for d in days),
        closed=sum(d.closed for d in days) + sum(d.left_lately for d in own),
        parked=sum(d.parked and not d.was_parked for d in own),
        returned=sum(d.was_parked and not d.parked for d in own),
    )
    ledger = Ledger(rep, since, until, len(queue), moves, cap, reserved)
    closed = moves.closed if closed_lately is None else closed_lately
    judged = [d for d in queue if d.label is not None]
    vague = sum(d.label is Label.VAGUE_CALLBACK for d in queue)
    return RepFlow(
        rep=rep,
        team=team,
        cap=cap,
        queue=len(queue),
        parked=sum(d.parked for d in own),
        vague=vague,
        ledger=ledger,
        order=ledger.may_receive if len(queue) <= rules.reorder_level(rep) else 0,
        work=add_up(days, since=since, until=work_until),
        days=tuple(days),
        age=age_of(queue),
        hoarding=Hoarding(
            large=len(queue) >= _NEAR_CAP * cap
            or (typical is not None and len(queue) >= max(2, LARGE_QUEUE * typical)),
            little_closed=closed < FEW_CLOSED * len(queue),
            many_callbacks=bool(judged) and vague >= MANY_CALLBACKS * len(judged),
        ),
    )


def age_of(queue: Sequence[OpenDeal]) -> QueueAge:
    """How old a queue is."""
    ages = [d.age_days for d in queue if d.age_days is not None]
    groups = [0] * len(AGE_STEPS)
    for age in ages:
        groups[bisect_right(AGE_STEPS, age) - 1] += 1
    return QueueAge(
        known=len(ages),
        unknown=len(queue) - len(ages),
        median=statistics.median(ages) if ages else None,
        oldest=max(ages, default=None),
        groups=tuple(groups),
    )


def _teams(
    reps: Sequence[RepFlow], held: Mapping[str, Sequence[OpenDeal]], work_until: date
) -> list[TeamFlow]:
    found = []
    for team in dict.fromkeys(r.team for r in reps):
        own = [r for r in reps if r.team == team]
        queue = [d for r in own for d in held.get(r.rep, ()) if d.in_queue]
        found.append(
            TeamFlow(
                team=team,
                reps=len(own),
                cap=sum(r.cap for r in own),
                queue=len(queue),
                parked=sum(r.parked for r in own),
                may_receive=sum(r.ledger.may_receive for r in own),
                order=sum(r.order for r in own),
                work=add_up(
                    (d for r in own for d in r.days),
                    since=own[0].ledger.since,
                    until=work_until,
                ),
                age=age_of(queue),
            )
        )
    return found


def _notes(deals: Sequence[OpenDeal], reps: Sequence[RepFlow]) -> tuple[str, ...]:
    notes = []
    undated = sum(d.age_days is None for d in deals)
    if undated:
        notes.append(
            f"{undated} open opportunities have no opening day: they are in the queues, and "
            "neither in their age nor among those received"
        )
    left = sum(d.left for d in deals)
    if left:
        notes.append(
            f"{left} were closed on the docket and are open in the CRM still: they are out of the "
            "queues; close them there"
        )
    unjudged = sum(r.work.unjudged for r in reps)
    if unjudged:
        notes.append(
            f"{unjudged} calls and meetings are not judged yet and count as neither conversation "
            "nor attempt; `auditor digest` judges them"
        )
    return tuple(notes)
