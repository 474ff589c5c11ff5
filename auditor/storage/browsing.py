"""What readers ask for: pages of opportunities, one with all that hangs on it, one activity."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from auditor.domain.findings import Finding
from auditor.domain.records import Activity, Opportunity
from auditor.storage.activities import ActivityRepository, DueActivity
from auditor.storage.inserting import in_parts
from auditor.storage.mapping import activity_of, finding_of, opportunity_of
from auditor.storage.models import ActivityRow, OpportunityRow, VerdictRow
from auditor.storage.opportunities import OpportunityRepository, StoredOpportunity


@dataclass(frozen=True)
class Wanted:
    """Which opportunities a reader asks for; None leaves a matter open, case is ignored."""

    status: str | None = None
    """Open, won, lost or deleted."""
    team: str | None = None
    """Of this team."""
    owner: str | None = None
    """Of this rep."""
    seen_teams: Collection[str] | None = None
    """Casefolded names of the teams that the reader may see; None for all."""
    seen_owner: str | None = None
    """The only rep whose opportunities the reader may see; None for all."""


@dataclass(frozen=True)
class StoredVerdict:
    """A finding as it was given."""

    key: int
    """Order in which they were given."""
    activity_key: int
    """The activity judged."""
    finding: Finding
    """As judged, no correction applied."""
    judged_at: datetime
    """When."""
    policy: str
    """Fingerprint of the policy."""
    is_on_current_input: bool
    """Whether it rests on what is now known of the activity."""


@dataclass(frozen=True)
class FoundActivity:
    """An activity with where it belongs."""

    key: int
    """The database's number for it."""
    source: str
    """Which CRM or export it came from."""
    activity: Activity
    """As it is known now."""
    opportunity_key: int | None
    """The opportunity that it is on."""
    opportunity: Opportunity | None
    """The same."""
    input_hash: str = ""
    """Of all that is judged."""
    verdicts: tuple[StoredVerdict, ...] = field(default=())
    """Where they were asked for."""


class BrowsingRepository:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(self, wanted: Wanted, *, after: int, limit: int) -> list[StoredOpportunity]:
        """The next opportunities by key, with their histories."""
        query = (
            select(OpportunityRow)
            .where(OpportunityRow.key > after, *conditions(self._session, wanted))
            .order_by(OpportunityRow.key)
            .limit(limit)
        )
        rows = self._session.scalars(query).all()
        found = OpportunityRepository(self._session).with_histories(rows)
        self._session.expunge_all()
        return found

    def pages(self, wanted: Wanted, size: int) -> Iterator[list[StoredOpportunity]]:
        """All of them by key, with their histories, some at a time."""
        chosen = conditions(self._session, wanted)
        repository, after = OpportunityRepository(self._session), 0
        while True:
            rows = self._session.execute(
                select(*OpportunityRow.__table__.c)
                .where(OpportunityRow.key > after, *chosen)
                .order_by(OpportunityRow.key)
                .limit(size)
            ).all()
            if not rows:
                return
            after = rows[-1].key
            yield repository.with_histories(rows)
            self._session.expunge_all()

    def count(self, wanted: Wanted) -> int:
        """How many there are."""
        query = select(func.count()).select_from(OpportunityRow)
        return self._session.scalar(query.where(*conditions(self._session, wanted))) or 0

    def opportunities(self, keys: Sequence[int]) -> list[StoredOpportunity]:
        """Those of the keys that there are, with their histories, by key."""
        repository = OpportunityRepository(self._session)
        found: list[StoredOpportunity] = []
        for part in in_parts(sorted(keys)):
            query = select(OpportunityRow).where(OpportunityRow.key.in_(part))
            found += repository.with_histories(
                self._session.scalars(query.order_by(OpportunityRow.key)).all()
            )
        return found

    def opportunity(self, key: int) -> StoredOpportunity | None:
        """One opportunity with its histories; None where there is none of that key."""
        found = self.opportunities([key])
        return found[0] if found else None

    def activity(self, key: int) -> FoundActivity | None:
        """One activity; None where there is none of that key, or its CRM deleted it."""
        found = self.activities([key])
        return found[0] if found else None

    def activities(self, keys: Sequence[int]) -> list[FoundActivity]:
        """Those of the keys that there are, in no order."""
        found = []
        for part in in_parts(keys):
            query = (
                select(ActivityRow, OpportunityRow)
                .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
                .where(ActivityRow.key.in_(part), ActivityRow.deleted_at.is_(None))
            )
            found += [_found(row, deal) for row, deal in self._session.execute(query)]
        return found

    def activities_of(self, opportunity: int) -> list[FoundActivity]:
        """An opportunity's activities, oldest first."""
        query = (
            select(ActivityRow, OpportunityRow)
            .join(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
            .where(ActivityRow.opportunity_key == opportunity)
            .order_by(ActivityRow.occurred_utc, ActivityRow.key)
        )
        return [_found(row, deal) for row, deal in self._session.execute(query)]

    def record(self, activity: int, *, history_limit: int) -> DueActivity | None:
        """An activity as it is judged; None where there is none of that key."""
        return ActivityRepository(self._session).one(activity, history_limit=history_limit)

    def verdicts(
        self,
        *,
        opportunity: int | None = None,
        activity: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[StoredVerdict]:
        """Verdicts of all policies on an opportunity or an activity, newest first."""
        query = (
            select(VerdictRow, ActivityRow, OpportunityRow.id)
            .join(ActivityRow, ActivityRow.key == VerdictRow.activity_key)
            .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
            .order_by(VerdictRow.key.desc())
            .limit(limit)
        )
        if opportunity is not None:
            query = query.where(ActivityRow.opportunity_key == opportunity)
        if activity is not None:
            query = query.where(VerdictRow.activity_key == activity)
        if before is not None:
            query = query.where(VerdictRow.key < before)
        return [_verdict(*row) for row in self._session.execute(query)]

    def current_verdicts(self, activities: Sequence[int], policy: str) -> dict[int, StoredVerdict]:
        """By activity: the verdict under a policy on what is now known."""
        found: dict[int, StoredVerdict] = {}
        for part in in_parts(activities):
            query = (
                select(VerdictRow, ActivityRow, OpportunityRow.id)
                .join(ActivityRow, ActivityRow.key == VerdictRow.activity_key)
                .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
                .where(VerdictRow.activity_key.in_(part), VerdictRow.policy == policy)
                .where(VerdictRow.input_hash == ActivityRow.input_hash)
            )
            for row in self._session.execute(query):
                found[row[1].key] = _verdict(*row)
        return found

    def verdict(self, key: int) -> StoredVerdict | None:
        """One verdict; None where there is none of that key."""
        row = self._session.execute(
            select(VerdictRow, ActivityRow, OpportunityRow.id)
            .join(ActivityRow, ActivityRow.key == VerdictRow.activity_key)
            .outerjoin(OpportunityRow, OpportunityRow.key == ActivityRow.opportunity_key)
            .where(VerdictRow.key == key)
        ).first()
        return None if row is None else _verdict(*row)


def conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What an opportunity has to fulfil to be one of those asked for."""
    row = OpportunityRow
    found: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        found.append(row.status == wanted.status)
    if wanted.team is not None or wanted.seen_teams is not None:
        teams = _spellings(session, "team")
        if wanted.team is not None:
            found.append(row.team.in_(teams.get(wanted.team.casefold(), [])))
        if wanted.seen_teams is not None:
            seen = [name for fold in wanted.seen_teams for name in teams.get(fold, [])]
            found.append(row.team.in_(seen))
    if wanted.owner is not None or wanted.seen_owner is not None:
        owners = _spellings(session, "owner")
        for name in (wanted.owner, wanted.seen_owner):
            if name is not None:
                found.append(row.owner.in_(owners.get(name.casefold(), [])))
    return found


def _spellings(session: Session, column: str) -> dict[str, list[str]]:
    """By casefolded name: how it is spelt.  Databases fold ASCII only, and differently."""
    names: dict[str, list[str]] = {}
    field_ = getattr(OpportunityRow, column)
    for name in session.scalars(select(field_).where(field_.is_not(None)).distinct()):
        names.setdefault(name.casefold(), []).append(name)
    return names


def _found(row: ActivityRow, deal: OpportunityRow | None) -> FoundActivity:
    return FoundActivity(
        key=row.key,
        source=row.source,
        activity=activity_of(row, deal.id if deal is not None else None),
        opportunity_key=row.opportunity_key,
        opportunity=opportunity_of(deal) if deal is not None else None,
        input_hash=row.input_hash,
    )


def _verdict(row: VerdictRow, activity: ActivityRow, opportunity_id: str | None) -> StoredVerdict:
    return StoredVerdict(
        key=row.key,
        activity_key=row.activity_key,
        finding=finding_of(row, activity_of(activity, opportunity_id)),
        judged_at=row.judged_at,
        policy=row.policy,
        is_on_current_input=row.input_hash == activity.input_hash,
    )
