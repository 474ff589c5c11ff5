"""Dockets and single opportunities of what is stored, with the decisions made on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from typing import NamedTuple

from auditor.domain.coaching import trouble_since
from auditor.domain.corrections import Correction, corrected
from auditor.domain.decisions import Decision, Followed, follow
from auditor.domain.docket import (
    Case,
    Docket,
    DocketItem,
    FullDocket,
    build_brief_docket,
    build_docket,
    stand_on_docket,
)
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.week import Week
from auditor.health.ahead import reading_ahead
from auditor.health.collecting import no_collections
from auditor.storage import Database, StoredOpportunity, UnitOfWork
from auditor.storage.browsing import FoundActivity, StoredVerdict, Wanted

_READ_AT_ONCE = 1_000
_Findings = Mapping[int, list[Finding]]
_Read = Callable[[Sequence[int]], Callable[[], _Findings]]
"""Reads the findings on opportunities of those keys; what it gives puts them together."""


@dataclass(frozen=True)
class ActivityView:
    """An activity with what was found in it."""

    found: FoundActivity
    """The activity, and where it belongs."""
    verdict: StoredVerdict | None
    """The verdict of the current policy on what is now known; None until it is judged."""
    finding: Finding | None
    """The same, as corrected where a supervisor corrected it."""
    correction: Correction | None
    """The correction that counts."""


@dataclass(frozen=True)
class OpportunityView:
    """An opportunity with all that hangs on it."""

    stored: StoredOpportunity
    """As it is known, with the moves of its pending activity."""
    item: DocketItem
    """Standing, recommendation and the decision in force."""
    activities: tuple[ActivityView, ...]
    """Oldest first."""
    decisions: tuple[Decision, ...]
    """Oldest first, those taken back included."""
    became: tuple[Followed | None, ...]
    """For each decision what became of it; None where it was taken back."""


def stored_docket(
    database: Database,
    policy: Policy,
    *,
    week: Week,
    shown: int,
    team: str | None = None,
    seen_teams: Collection[str] | None = None,
    owner: str | None = None,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    coaching_days: int = 0,
) -> tuple[FullDocket, set[str]]:
    """Builds the week's docket of what is stored, with every item in full: of one team or rep.

    Args:
        database: where it is.
        policy: whose findings count.
        week: the week it is about.
        shown: how many decisions to show.
        team: only this team's opportunities; case is ignored.
        seen_teams: casefolded names of the teams that the reader may see; None for all.
        owner: only this rep's opportunities; case is ignored.
        stages: kinds of stage.
        coaching_days: days that a rep alone sees new trouble before it is among the decisions; 0
            for the rep's own docket.

    Returns:
        The docket, and the teams that have open opportunities that the reader may see.
    """
    wanted = Wanted(status="open", seen_teams=seen_teams, seen_owner=owner)
    with database.read() as unit:
        sought = _Sought(unit, policy.fingerprint, wanted, team, week, coaching_days > 0)
        docket = build_docket(
            chain(_cases(sought.pages(sought.whole)), sought.closed()),
            week=week,
            policy=policy,
            stages=stages,
            shown=shown,
            coaching_days=coaching_days,
        )
    return docket, sought.teams


def brief_docket(
    database: Database,
    policy: Policy,
    *,
    week: Week,
    shown: int,
    team: str | None = None,
    seen_teams: Collection[str] | None = None,
    owner: str | None = None,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
    coaching_days: int = 0,
    on_item: Callable[[DocketItem], None] = lambda item: None,
) -> tuple[Docket, set[str]]:
    """The same docket with its decisions alone in full: of a whole company.

    Args:
        database: as for ``stored_docket``.
        policy: as there.
        week: as there.
        shown: as there.
        team: as there.
        seen_teams: as there.
        owner: as there.
        stages: as there.
        coaching_days: as there.
        on_item: takes each item, as for ``build_brief_docket``.  It has neither the texts of its
            activities nor the warnings of its verdict.

    Returns:
        As ``stored_docket``.
    """
    wanted = Wanted(status="open", seen_teams=seen_teams, seen_owner=owner)
    with database.read() as unit, no_collections(), reading_ahead() as ahead:
        sought = _Sought(unit, policy.fingerprint, wanted, team, week, coaching_days > 0)
        pages = ahead.pages(partial(sought.pages, sought.lean))
        docket = build_brief_docket(
            chain(_cases(pages), sought.closed()),
            week=week,
            policy=policy,
            stages=stages,
            shown=shown,
            coaching_days=coaching_days,
            on_item=on_item,
            read=lambda keys: read_cases(
                unit, policy.fingerprint, unit.browsing.opportunities(keys)
            ),
        )
    return docket, sought.teams


class _Page(NamedTuple):
    """Opportunities with all that a docket asks of them."""

    stored: Sequence[StoredOpportunity]
    findings: Callable[[], _Findings]
    decisions: Mapping[int, Sequence[Decision]]
    judged: Mapping[int, Mapping[str, date]] | None
    """By opportunity and activity: when it was first judged, where that matters."""


class _Sought:
    """The opportunities of a docket, read page by page."""

    def __init__(
        self,
        unit: UnitOfWork,
        policy: str,
        wanted: Wanted,
        team: str | None,
        week: Week,
        is_coached: bool,
    ) -> None:
        self._unit, self._policy, self._wanted = unit, policy, wanted
        self._team, self._week, self._is_coached = team, week, is_coached
        self.teams: set[str] = set()

    def pages(self, read: _Read) -> Iterator[_Page]:
        """The open ones."""
        for stored in self._unit.browsing.pages(self._wanted, _READ_AT_ONCE):
            self.teams.update(s.opportunity.team for s in stored if s.opportunity.team)
            own = [s for s in stored if _is_of(s.opportunity, self._team)]
            yield _page(self._unit, own, read, is_coached=self._is_coached)

    def closed(self) -> Iterator[Case]:
        """Those closed since they were decided on in the week before."""
        keys = self._unit.decisions.closed_with_decisions(self._week.before.monday)
        stored = [
            s
            for s in self._unit.browsing.opportunities(keys)
            if _is_of(s.opportunity, self._team) and _may_be_seen(s.opportunity, self._wanted)
        ]
        yield from read_cases(self._unit, self._policy, stored)

    def whole(self, keys: Sequence[int]) -> Callable[[], _Findings]:
        """Reads findings whole."""
        return _read_whole(self._unit, self._policy, keys)

    def lean(self, keys: Sequence[int]) -> Callable[[], _Findings]:
        """Reads what dockets need of them."""
        return self._unit.lean_findings.current(keys, self._policy).findings


def _page(
    unit: UnitOfWork, stored: Sequence[StoredOpportunity], read: _Read, *, is_coached: bool = False
) -> _Page:
    keys = [s.key for s in stored]
    judged = unit.verdicts.first_judged(keys) if is_coached else None
    return _Page(stored, read(keys), unit.decisions.of_opportunities(keys), judged)


def _cases(pages: Iterable[_Page]) -> Iterator[Case]:
    """The cases of pages, one page's findings held at a time."""
    for page in pages:
        findings = page.findings()
        for each in page.stored:
            own = findings.get(each.key, [])
            opportunity = each.opportunity
            if each.seen:
                opportunity = each.with_dues([f.activity for f in own])
            since = None
            if page.judged is not None:
                since = trouble_since(own, page.judged.get(each.key, {}))
            yield Case(opportunity, own, each.key, page.decisions.get(each.key, ()), since)


def read_cases(
    unit: UnitOfWork, policy: str, stored: Sequence[StoredOpportunity]
) -> Iterator[Case]:
    """The cases of opportunities: findings under a policy, and decisions."""
    return _cases([_page(unit, stored, partial(_read_whole, unit, policy))])


def _read_whole(unit: UnitOfWork, policy: str, keys: Sequence[int]) -> Callable[[], _Findings]:
    found = unit.verdicts.current(keys, policy)
    return lambda: found


def read_items(
    unit: UnitOfWork,
    policy: Policy,
    stored: Sequence[StoredOpportunity],
    *,
    as_of: date,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> list[DocketItem]:
    """Opportunities with standing and recommendation as of a day."""
    week = Week.last_before(as_of)
    cases = read_cases(unit, policy.fingerprint, stored)
    return [
        stand_on_docket(case, week=week, policy=policy, as_of=as_of, stages=stages)
        for case in cases
    ]


def view_opportunity(
    database: Database,
    policy: Policy,
    key: int,
    *,
    as_of: date,
    stages: tuple[Stage, ...] = DEFAULT_STAGES,
) -> OpportunityView | None:
    """One opportunity with its activities, verdicts and decisions; None where there is none."""
    with database.read() as unit:
        stored = unit.browsing.opportunity(key)
        if stored is None:
            return None
        [case] = read_cases(unit, policy.fingerprint, [stored])
        activities = _activities(unit, policy, unit.browsing.activities_of(key))
    week = Week.last_before(as_of)
    item = stand_on_docket(case, week=week, policy=policy, as_of=as_of, stages=stages)
    became = [
        follow(d, case.opportunity, case.findings, as_of=as_of) if d.stands else None
        for d in case.decisions
    ]
    return OpportunityView(stored, item, tuple(activities), tuple(case.decisions), tuple(became))


def view_activity(database: Database, policy: Policy, key: int) -> ActivityView | None:
    """One activity with its verdict; None where there is none of that key."""
    with database.read() as unit:
        found = unit.browsing.activity(key)
        return None if found is None else _activities(unit, policy, [found])[0]


def _activities(
    unit: UnitOfWork, policy: Policy, found: Sequence[FoundActivity]
) -> list[ActivityView]:
    keys = [each.key for each in found]
    verdicts = unit.browsing.current_verdicts(keys, policy.fingerprint)
    right = unit.corrections.current(keys)
    views = []
    for each in found:
        verdict, correction = verdicts.get(each.key), right.get(each.key)
        finding = verdict.finding if verdict else None
        if finding is not None and correction is not None:
            finding = corrected(finding, correction)
        views.append(ActivityView(each, verdict, finding, correction))
    return views


def _may_be_seen(opportunity: Opportunity, wanted: Wanted) -> bool:
    if opportunity.status is OpportunityStatus.OPEN:
        return False
    owner, teams = wanted.seen_owner, wanted.seen_teams
    if owner is not None and (opportunity.owner or "").casefold() != owner.casefold():
        return False
    return teams is None or (opportunity.team or "").casefold() in teams


def _is_of(opportunity: Opportunity, team: str | None) -> bool:
    return team is None or (opportunity.team or "").casefold() == team.casefold()
