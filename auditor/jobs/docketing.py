"""Dockets and single opportunities of what is stored, with the decisions made on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain

from auditor.domain.coaching import trouble_since
from auditor.domain.corrections import Correction, corrected
from auditor.domain.decisions import Decision, Followed, follow
from auditor.domain.docket import Case, Docket, DocketItem, build_docket, stand_on_docket
from auditor.domain.findings import Finding
from auditor.domain.policy import Policy
from auditor.domain.records import Opportunity, OpportunityStatus
from auditor.domain.stages import DEFAULT_STAGES, Stage
from auditor.domain.week import Week
from auditor.storage import Database, StoredOpportunity, UnitOfWork
from auditor.storage.browsing import FoundActivity, StoredVerdict, Wanted

_READ_AT_ONCE = 200


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
) -> tuple[Docket, set[str]]:
    """Builds the week's docket of what is stored.

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
    teams: set[str] = set()
    wanted = Wanted(status="open", seen_teams=seen_teams, seen_owner=owner)
    with database.read() as unit:
        told = partial(_with_trouble, unit) if coaching_days else list
        pages = _open_cases(unit, policy.fingerprint, wanted, team, teams)
        open_ones = (case for page in pages for case in told(page))
        closed = _closed_cases(unit, policy.fingerprint, wanted, team, week)
        docket = build_docket(
            chain(open_ones, closed),
            week=week,
            policy=policy,
            stages=stages,
            shown=shown,
            coaching_days=coaching_days,
        )
    return docket, teams


def _with_trouble(unit: UnitOfWork, cases: Sequence[Case]) -> list[Case]:
    """The cases with the day since which their reps can see the trouble."""
    judged = unit.verdicts.first_judged([c.key for c in cases if c.key is not None])
    return [
        c._replace(trouble_since=trouble_since(c.findings, judged.get(c.key or 0, {})))
        for c in cases
    ]


def read_cases(
    unit: UnitOfWork, policy: str, stored: Sequence[StoredOpportunity]
) -> Iterator[Case]:
    """The cases of opportunities: findings under a policy, and decisions."""
    keys = [s.key for s in stored]
    findings = unit.verdicts.current(keys, policy)
    decisions = unit.decisions.of_opportunities(keys)
    for each in stored:
        own = findings.get(each.key, [])
        opportunity = each.with_dues([f.activity for f in own])
        yield Case(opportunity, own, each.key, decisions.get(each.key, ()))


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


def _open_cases(
    unit: UnitOfWork, policy: str, wanted: Wanted, team: str | None, teams: set[str]
) -> Iterator[list[Case]]:
    """Page by page, so that no more than one page's findings are held at a time."""
    after = 0
    while stored := unit.browsing.page(wanted, after=after, limit=_READ_AT_ONCE):
        after = stored[-1].key
        teams.update(s.opportunity.team for s in stored if s.opportunity.team)
        yield list(read_cases(unit, policy, [s for s in stored if _is_of(s.opportunity, team)]))


def _closed_cases(
    unit: UnitOfWork, policy: str, wanted: Wanted, team: str | None, week: Week
) -> list[Case]:
    """Opportunities closed since they were decided on in the week before."""
    keys = unit.decisions.closed_with_decisions(week.before.monday)
    stored = [s for s in unit.browsing.opportunities(keys) if _is_of(s.opportunity, team)]
    seen = [s for s in stored if _may_be_seen(s.opportunity, wanted)]
    return list(read_cases(unit, policy, seen))


def _may_be_seen(opportunity: Opportunity, wanted: Wanted) -> bool:
    if opportunity.status is OpportunityStatus.OPEN:
        return False
    owner, teams = wanted.seen_owner, wanted.seen_teams
    if owner is not None and (opportunity.owner or "").casefold() != owner.casefold():
        return False
    return teams is None or (opportunity.team or "").casefold() in teams


def _is_of(opportunity: Opportunity, team: str | None) -> bool:
    return team is None or (opportunity.team or "").casefold() == team.casefold()
