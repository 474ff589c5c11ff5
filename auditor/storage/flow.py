"""What reps did, day by day: conversations, attempts, what was opened and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, func, literal, select, true, type_coerce
from sqlalchemy.orm import Session

from auditor.domain.findings import Contact
from auditor.domain.flow.deals import NOBODY
from auditor.domain.flow.work import DayWork
from auditor.domain.records import ActivityKind
from auditor.storage.counting import OPEN, WON, AnySelect, Counted
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow

_TALKS = (ActivityKind.CALL.value, ActivityKind.MEETING.value)
_OFFSET_HOURS = 15
"""Local days may begin or end so much earlier or later than in UTC."""


@dataclass(frozen=True)
class Shortest:
    """From how many seconds on a call may be a conversation."""

    default: int
    """For teams that say nothing else."""
    by_team: Mapping[str, int]
    """By the team's name as stored."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A call or meeting, as the flow counts it."""

    rep: str
    """Who logged it, else who holds the opportunity."""
    day: str
    """ISO day, as the source dated it."""
    contact: str
    """``two_way``, ``short``, ``attempt``, ``no_show``, ``none`` or ``unjudged``."""
    id: str
    """The source's id of the activity."""
    source: str
    """The source."""
    kind: str
    """Call or meeting."""
    duration_seconds: int | None
    """Its length, where known."""
    opportunity_id: str | None
    """The source's id of the opportunity."""
    opportunity: str | None
    """Its name."""


class Closing(NamedTuple):
    """Opportunities closed on a day that are alike."""

    rep: str
    """Who held them."""
    team: str | None
    """Their team."""
    day: date
    """When."""
    won: bool
    """Won or lost."""
    number: int
    """How many."""


class FlowRepository:
    """Counts of reps' days."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def work(
        self,
        counted: Counted,
        *,
        since: date,
        policy: str,
        shortest: Shortest,
        closings: Sequence[Closing] | None = None,
    ) -> list[DayWork]:
        """What each rep did on each day from ``since`` to the day of the count.

        Args:
            counted: whose.
            since: first day.
            policy: whose verdicts tell conversations from attempts.
            shortest: what is too short for a conversation.
            closings: from ``since`` or an earlier day on, where they were read already.
        """
        days: dict[tuple[str, str | None, date], DayWork] = {}

        def at(rep: str | None, team: str | None, day: date) -> DayWork:
            key = (rep or NOBODY, team, day)
            return days.setdefault(key, DayWork(*key))

        for rep, team, day, kind, is_short, number in self._counted_contacts(
            counted, since, policy, shortest
        ):
            known = at(rep, team, date.fromisoformat(day))
            days[known.rep, team, known.day] = _add(known, kind, number, is_short=bool(is_short))
        for rep, team, day, number in self._opened(counted, since):
            known = at(rep, team, day)
            days[known.rep, team, day] = replace(known, received=known.received + number)
        for each in self.closings(counted, since) if closings is None else closings:
            if each.day < since:
                continue
            known = at(each.rep, each.team, each.day)
            days[known.rep, each.team, each.day] = replace(
                known,
                won=known.won + (each.number if each.won else 0),
                lost=known.lost + (0 if each.won else each.number),
            )
        return list(days.values())

    def told_on(self) -> date | None:
        """Day of the newest data."""
        return self._session.scalar(select(func.max(OpportunityRow.told_on)))

    def contacts(
        self, counted: Counted, *, since: date, policy: str, shortest: Shortest
    ) -> list[ContactRecord]:
        """The calls and meetings behind the counts of conversations and attempts."""
        contacts = _contacts(counted, since, policy, shortest)
        act, deal = ActivityRow, OpportunityRow
        query: AnySelect = contacts.query.add_columns(
            act.id, act.source, act.kind, act.duration_seconds, deal.id, deal.name
        ).order_by(act.occurred_utc, act.key)
        found = []
        for rep, _, day, contact, is_short, *rest in self._session.execute(query):
            what = "short" if is_short and contact == Contact.TWO_WAY else contact or "unjudged"
            found.append(ContactRecord(rep or NOBODY, day, what, *rest))
        return found

    def _counted_contacts(
        self, counted: Counted, since: date, policy: str, shortest: Shortest
    ) -> Sequence[Any]:
        contacts = _contacts(counted, since, policy, shortest)
        each = contacts.query.subquery()
        group = [each.c[name] for name in contacts.names]
        return self._session.execute(select(*group, func.count()).group_by(*group)).all()

    def _opened(self, counted: Counted, since: date) -> Sequence[Any]:
        row = OpportunityRow
        keys = (row.owner, row.team, row.opened_on)
        query = select(*keys, func.count()).group_by(*keys)
        chosen = row.opened_on.between(since, counted.as_of)
        return self._session.execute(query.where(counted.people(), chosen)).all()

    def closings(self, counted: Counted, since: date) -> list[Closing]:
        """What was closed from a day to the day of the count, in groups."""
        row = OpportunityRow
        keys = (row.owner, row.team, row.closed_on, row.status == WON)
        each = (
            select(*(key.label(f"c{n}") for n, key in enumerate(keys)))
            .where(
                counted.people(), row.status != OPEN, row.closed_on.between(since, counted.as_of)
            )
            .subquery()
        )
        group = [each.c[f"c{n}"] for n in range(len(keys))]
        query: AnySelect = select(*group, func.count()).group_by(*group)
        return [
            Closing(rep or NOBODY, team, day, bool(won), number)
            for rep, team, day, won, number in self._session.execute(query)
        ]


def closed_by_rep(closings: Sequence[Closing], *, since: date) -> dict[str, int]:
    """Closed from a day on, by rep."""
    found: dict[str, int] = {}
    for each in closings:
        if each.day >= since:
            found[each.rep] = found.get(each.rep, 0) + each.number
    return found


class _Contacts(NamedTuple):
    """A query of calls and meetings, and the names of its columns."""

    query: AnySelect
    names: tuple[str, ...]


def _contacts(counted: Counted, since: date, policy: str, shortest: Shortest) -> _Contacts:
    """Calls and meetings with rep, team, day, contact and whether they were too short."""
    act, deal = ActivityRow, OpportunityRow
    begin = datetime.combine(since, datetime.min.time()) - timedelta(hours=_OFFSET_HOURS)
    # The index on (opportunity, time) covers this; the rows with their texts are read after.
    lately = select(act.key).where(act.occurred_utc >= _utc(begin))
    day = func.substr(type_coerce(act.occurred_at, Text()), 1, 10, type_=Text())
    rep = func.coalesce(act.owner, deal.owner)
    judged = and_(
        VerdictRow.activity_key == act.key,
        VerdictRow.policy == policy,
        VerdictRow.input_hash == act.input_hash,
    )
    is_short = case((act.duration_seconds < _least_seconds(shortest), 1), else_=0)
    columns: dict[str, Any] = {
        "rep": rep,
        "team": deal.team,
        "day": day,
        "contact": VerdictRow.contact,
        "is_short": is_short,
    }
    query: AnySelect = (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(act)
        .outerjoin(deal, deal.key == act.opportunity_key)
        .outerjoin(VerdictRow, judged)
        .where(
            act.key.in_(lately),
            act.kind.in_(_TALKS),
            day.between(since.isoformat(), counted.as_of.isoformat()),
            true() if counted.owners is None else rep.in_(counted.owners),
            true() if counted.teams is None else deal.team.in_(counted.teams),
        )
    )
    return _Contacts(query, tuple(columns))


def _least_seconds(shortest: Shortest) -> ColumnElement[int]:
    default = literal(shortest.default)
    whens = [(OpportunityRow.team == team, n) for team, n in shortest.by_team.items()]
    return case(*whens, else_=default) if whens else default


def _utc(moment: datetime) -> ColumnElement[datetime]:
    return literal(moment.replace(tzinfo=UTC), ActivityRow.occurred_utc.type)


def _add(day: DayWork, contact: str | None, number: int, *, is_short: bool) -> DayWork:
    """Counts contacts; a call that reads two-way and is too short is an attempt."""
    if contact is None:
        return replace(day, unjudged=day.unjudged + number)
    if contact == Contact.TWO_WAY and not is_short:
        return replace(day, conversations=day.conversations + number)
    if contact == Contact.TWO_WAY:
        return replace(day, short=day.short + number, attempts=day.attempts + number)
    if contact == Contact.ATTEMPT:
        return replace(day, attempts=day.attempts + number)
    if contact == Contact.NO_SHOW:
        return replace(day, no_shows=day.no_shows + number)
    return day
