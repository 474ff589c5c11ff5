"""Streams the open opportunities with their standings, in the few facts that health counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from auditor.domain.after_decision import advise_after
from auditor.domain.decisions import Decision, Followed, follow, in_force
from auditor.domain.docket_items import Case
from auditor.domain.flow import OpenDeal, open_deal
from auditor.domain.flow.deals import FirstSeen
from auditor.domain.recommendation import recommend
from auditor.domain.records import Opportunity
from auditor.domain.standing import Standing, compute_standing
from auditor.domain.verdict import Recommendation
from auditor.health.rules import HealthRules
from auditor.storage import StoredOpportunity, UnitOfWork
from auditor.storage.brief_findings import BriefPage

_AT_ONCE = 2_000


class OpenPage(NamedTuple):
    """Open opportunities with all that their standings are added up from."""

    stored: Sequence[StoredOpportunity]
    """The opportunities, ordered by key."""
    findings: BriefPage
    """What was found in their activities."""
    decisions: Mapping[int, Sequence[Decision]]
    """By opportunity: what was decided on it."""
    seen: Mapping[int, FirstSeen]
    """By opportunity whose start no one told: since when it is known."""


def open_deals(
    unit: UnitOfWork,
    rules: HealthRules,
    *,
    as_of: date,
    since: date,
    owners: Sequence[str] | None = None,
    teams: Sequence[str] | None = None,
) -> Iterator[OpenDeal]:
    """Yields the open opportunities, in constant memory.

    Args:
        unit: to read with.
        rules: policy and stages.
        as_of: day of the standings.
        since: first day of the period in which what was parked or decided is told.
        owners: only these reps, as stored.
        teams: only these teams, as stored.
    """
    for page in open_pages(unit, rules, owners=owners, teams=teams):
        yield from deals_of(page, rules, as_of=as_of, since=since)


def open_pages(
    unit: UnitOfWork,
    rules: HealthRules,
    *,
    owners: Sequence[str] | None,
    teams: Sequence[str] | None,
) -> Iterator[OpenPage]:
    """Reads the open opportunities; arguments as for ``open_deals``."""
    for stored in unit.opportunities.open_ones(_AT_ONCE, owners=owners, teams=teams):
        keys = [s.key for s in stored]
        unknown = [s.key for s in stored if _lacks_start(s.opportunity)]
        yield OpenPage(
            stored,
            unit.brief_findings.current(keys, rules.policy.fingerprint),
            unit.decisions.of_opportunities(keys),
            unit.snapshots.first_seen(unknown),
        )


def deals_of(page: OpenPage, rules: HealthRules, *, as_of: date, since: date) -> Iterator[OpenDeal]:
    """Adds up the standings of a page; arguments as for ``open_deals``."""
    findings = page.findings.findings()
    for each in page.stored:
        own = findings.get(each.key, [])
        opportunity = each.opportunity
        if each.seen:
            opportunity = each.with_dues([f.activity for f in own])
        case = Case(opportunity, own, each.key, page.decisions.get(each.key, ()))
        yield _deal(case, each.source, rules, as_of, since, page.seen.get(each.key))


def _lacks_start(opportunity: Opportunity) -> bool:
    return opportunity.opened_on is None or not opportunity.stage_history


def _deal(
    case: Case,
    source: str,
    rules: HealthRules,
    as_of: date,
    since: date,
    seen: FirstSeen | None,
) -> OpenDeal:
    now, advice, decided = _stand(case, rules, as_of)
    return open_deal(
        case.opportunity,
        now,
        _earlier(case, rules, since - timedelta(1)),
        advice,
        key=case.key or 0,
        source=source,
        seen=seen,
        closed_by=decided,
        since=since,
    )


def _stand(
    case: Case, rules: HealthRules, day: date
) -> tuple[Standing, Recommendation, Followed | None]:
    """Standing and recommendation on a day, decisions made up to then weighed as on the docket."""
    now = compute_standing(case.opportunity, case.findings, as_of=day, stages=rules.stages)
    advice = recommend(case.opportunity, now, policy=rules.policy, stages=rules.stages)
    last = in_force([d for d in case.decisions if d.made_at.date() <= day])
    if last is None:
        return now, advice, None
    decided = follow(last, case.opportunity, case.findings, as_of=day)
    advice, now = advise_after(decided, advice, now)
    return now, advice, decided


def _earlier(case: Case, rules: HealthRules, day: date) -> Standing | None:
    """The standing on an earlier day, where it may have been parked then; else None."""
    if not case.decisions and not any(f.commitments for f in case.findings):
        return None
    known = [f for f in case.findings if f.activity.occurred_at.date() <= day]
    awaited = any(c.latest > day for f in known for c in f.commitments)
    if not awaited and not case.decisions:
        return None
    return _stand(Case(case.opportunity, known, case.key, case.decisions), rules, day)[0]
