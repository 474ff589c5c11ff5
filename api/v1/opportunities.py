"""Opportunities with their standing, and their verdicts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.problems import not_found
from api.v1 import paging
from api.v1.filling import as_json, opportunity_detail, opportunity_row, verdict_view
from api.v1.reading import NOT_CHANGED, App, AsOf, Key, Reader, check_seen, limited
from api.v1.views import OpportunityDetail, OpportunityPage, OpportunityRow, VerdictPage
from auditor.domain.labels import Label
from auditor.domain.records import OpportunityStatus
from auditor.domain.verdict import Action
from auditor.jobs.docketing import OpportunityView, read_items, view_opportunity
from auditor.storage.browsing import Wanted

router = APIRouter(prefix="/v1", tags=["opportunities"])
MOST_READ = 2_000
"""Opportunities looked at for one page; filters on standing may leave most of them out."""
_Name = Annotated[str | None, Query(max_length=500)]
_Limit = Annotated[int, Query(ge=1, le=paging.MOST_ROWS)]
_Cursor = Annotated[
    str | None, Query(max_length=100, description="`next` of the page before, as it is.")
]


class StatusFilter(StrEnum):
    """Which opportunities."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    DELETED = "deleted"
    ANY = "any"


@router.get("/opportunities", response_model=OpportunityPage, responses=NOT_CHANGED, name="list")
def opportunities(
    request: Request,
    context: App,
    who: Reader,
    status: StatusFilter = StatusFilter.OPEN,
    team: _Name = None,
    owner: _Name = None,
    label: Label | None = None,
    action: Action | None = None,
    as_of: AsOf = None,
    limit: _Limit = paging.PAGE_ROWS,
    cursor: _Cursor = None,
) -> Response:
    """Opportunities by key, with standing and recommendation.

    Pages are stable: what is added meanwhile comes at the end, and nothing comes twice. Filters on
    standing (`label`, `action`) may leave a page short; go on until `next` is null.
    """
    after = paging.read_cursor(cursor)
    chosen = None if status is StatusFilter.ANY else OpportunityStatus(status.value).value
    wanted = limited(who, status=chosen, team=team, owner=owner)
    day = as_of or context.settings.today()
    rows, last = _page(context, wanted, day, after, limit, label, action)
    following = paging.write_cursor(last) if last else None
    return paging.tagged(request, as_json(OpportunityPage(items=rows, next=following)))


def _page(
    context: Context,
    wanted: Wanted,
    as_of: date,
    after: int,
    limit: int,
    label: Label | None,
    action: Action | None,
) -> tuple[list[OpportunityRow], int | None]:
    """Rows of a page, and the key after which the next one begins; None at the end."""
    rows: list[OpportunityRow] = []
    policy, stages, seen = context.policy, context.settings.stages(), 0
    is_filtered = label is not None or action is not None
    with context.database.read() as unit:
        while seen < MOST_READ:
            size = min(paging.MOST_ROWS if is_filtered else limit + 1, MOST_READ - seen)
            stored = unit.browsing.page(wanted, after=after, limit=size)
            items = read_items(unit, policy, stored, as_of=as_of, stages=stages)
            for each, item in zip(stored, items, strict=True):
                fits = label in (None, item.standing.label)
                if fits and action in (None, item.recommendation.action):
                    if len(rows) == limit:
                        return rows, after
                    rows.append(opportunity_row(item, each.source))
                after = each.key
            seen += len(stored)
            if len(stored) < size:
                return rows, None
    return rows, after


@router.get(
    "/opportunities/{key}", response_model=OpportunityDetail, responses=NOT_CHANGED, name="get"
)
def opportunity(
    request: Request, context: App, who: Reader, key: Key, as_of: AsOf = None
) -> Response:
    """One opportunity: standing, clock, roll-overs, evidence, activities, decisions."""
    view = seen_opportunity(context, who, key, as_of)
    return paging.tagged(request, as_json(opportunity_detail(view)))


def seen_opportunity(
    context: Context, who: Reader, key: int, as_of: date | None = None
) -> OpportunityView:
    """The opportunity, if the caller may see it.

    Raises:
        Problem: 404.
    """
    day = as_of or context.settings.today()
    view = view_opportunity(
        context.database, context.policy, key, as_of=day, stages=context.settings.stages()
    )
    if view is None:
        raise not_found("opportunity")
    check_seen(who, view.stored.opportunity, "opportunity")
    return view


@router.get(
    "/opportunities/{key}/verdicts",
    response_model=VerdictPage,
    responses=NOT_CHANGED,
    name="verdicts",
)
def verdicts(
    request: Request,
    context: App,
    who: Reader,
    key: Key,
    limit: _Limit = paging.PAGE_ROWS,
    cursor: _Cursor = None,
) -> Response:
    """All verdicts ever given on an opportunity's activities, newest first."""
    before = paging.read_cursor(cursor) or None
    with context.database.read() as unit:
        stored = unit.browsing.opportunity(key)
        check_seen(who, stored.opportunity if stored else None, "opportunity")
        if stored is None:
            raise not_found("opportunity")
        found = unit.browsing.verdicts(opportunity=key, before=before, limit=limit + 1)
        right = unit.corrections.of_activities([v.activity_key for v in found])
    policy = context.policy.fingerprint
    page = found[:limit]
    rows = [
        verdict_view(v, policy, [c for c in right if c.activity_key == v.activity_key])
        for v in page
    ]
    more = paging.write_cursor(page[-1].key) if len(found) > limit else None
    return paging.tagged(request, as_json(VerdictPage.model_construct(items=rows, next=more)))
