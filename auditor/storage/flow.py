"""What reps did, day by day: conversations, attempts, what was opened and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session

from auditor.domain.findings import Contact
from auditor.domain.flow.deals import NOBODY
from auditor.domain.flow.work import DayWork
from auditor.domain.records import ActivityKind
from auditor.storage.counting import OPEN, WON, Counted
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


class FlowRepository:
    """Counts of reps' days."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def work(
        self, counted: Counted, *, since: date, policy: str, shortest: Shortest
    ) -> list[DayWork]:
        """What each rep did on each day from ``since`` to the day of the count.

        Args:
            counted: whose.
            since: first day.
            policy: whose verdicts tell conversations from attempts.
            shortest: what is too short for a conversation.
        """
        days: dict[tuple[str, str | None, date], DayWork] = {}

        def at(rep: str | None, team: str | None, day: date) -> DayWork:
            key = (rep or NOBODY, team, day)
            return days.setdefault(key, DayWork(*key))

        for rep, team, day, kind, is_short, number in self._contacts(
            counted, since, policy, shortest
        ):
            known = at(rep, team, date.fromisoformat(day))
            days[known.rep, team, known.day] = _add(known, kind, number, is_short=bool(is_short))
        for rep, team, day, number in self._opened(counted, since):
            known = at(rep, team, day)
            days[known.rep, team, day] = replace(known, received=known.received + number)
        for rep, team, day, won, number in self._closed(counted, since):
            known = at(rep, team, day)
            days[known.rep, team, day] = replace(
                known,
                won=known.won + (number if won else 0),
                lost=known.lost + (0 if won else number),
            )
        return list(days.values())

    def told_on(self) -> date | None:
        """Day of the newest data."""
        return self._session.scalar(select(func.max(OpportunityRow.told_on)))

    def teams_of(self, owner: Sequence[str]) -> dict[str | None, int]:
        """Teams of a rep's opportunities, with how many of them are open."""
        row = OpportunityRow
        is_open = func.sum(case((row.status == OPEN, 1), else_=0))
        query = select(row.team, is_open).where(row.owner.in_(owner)).group_by(row.team)
        return {team: int(number or 0) for team, number in self._session.execute(query)}

    def _contacts(
        self, counted: Counted, since: date, policy: str, shortest: Shortest
    ) -> Sequence[Any]:
        act, deal = ActivityRow, OpportunityRow
        margin = timedelta(hours=_OFFSET_HOURS)
        begin = datetime.combine(since, datetime.min.time()) - margin
        # The index on (opportunity, time) covers this; the rows with their texts are read after.
        lately = select(act.key).where(act.occurred_utc >= _utc(begin))
        day = func.substr(act.occurred_at, 1, 10)
        rep = func.coalesce(act.owner, deal.owner)
        judged = and_(
            VerdictRow.activity_key == act.key,
            VerdictRow.policy == policy,
            VerdictRow.input_hash == act.input_hash,
        )
        least = case(
            *((deal.team == team, seconds) for team, seconds in shortest.by_team.items()),
            else_=literal(shortest.default),
        )
        is_short = case((act.duration_seconds < least, 1), else_=0)
        keys = (rep, deal.team, day, VerdictRow.contact, is_short)
        columns: list[Any] = [column.label(f"c{n}") for n, column in enumerate(keys)]
        inner = (
            select(*columns)
            .select_from(act)
            .outerjoin(deal, deal.key == act.opportunity_key)
            .outerjoin(VerdictRow, judged)
            .where(
                act.key.in_(lately),
                act.kind.in_(_TALKS),
                day.between(since.isoformat(), counted.as_of.isoformat()),
                counted.people(),
            )
            .subquery()
        )
        group = [inner.c[f"c{n}"] for n in range(len(keys))]
        return self._session.execute(select(*group, func.count()).group_by(*group)).all()

    def _opened(self, counted: Counted, since: date) -> Sequence[Any]:
        row = OpportunityRow
        keys = (row.owner, row.team, row.opened_on)
        query = select(*keys, func.count()).group_by(*keys)
        chosen = row.opened_on.between(since, counted.as_of)
        return self._session.execute(query.where(counted.people(), chosen)).all()

    def _closed(self, counted: Counted, since: date) -> Sequence[Any]:
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
        return self._session.execute(select(*group, func.count()).group_by(*group)).all()


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
