"""Activities: text, verdict, evidence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.problems import not_found
from api.v1 import paging
from api.v1.filling import activity_row, as_json
from api.v1.reading import NOT_CHANGED, App, Key, Reader, check_seen, limited, searcher_of
from api.v1.views import ActivityPage, CopiedTo
from auditor.jobs.docketing import view_activity
from auditor.jobs.searching import Searcher

router = APIRouter(prefix="/v1", tags=["activities"])


@router.get(
    "/activities/{key}",
    response_model=ActivityPage,
    responses=NOT_CHANGED,
    name="get",
)
def activity(
    request: Request,
    context: App,
    who: Reader,
    key: Key,
    searcher: Annotated[Searcher, Depends(searcher_of)],
) -> Response:
    """One activity: raw text, verdict, evidence spans, and where the note was copied to."""
    view = view_activity(context.database, context.policy, key)
    if view is None:
        raise not_found("activity")
    check_seen(who, view.found.opportunity, "activity")
    copies = searcher.copies(key, limited(who))
    page = ActivityPage.model_construct(
        activity=activity_row(view),
        opportunity_key=view.found.opportunity_key,
        opportunity=view.found.opportunity,
        copies=CopiedTo(
            opportunities=copies.opportunities, activities=[a.key for a in copies.activities]
        )
        if copies.opportunities > 1
        else None,
    )
    return paging.tagged(request, as_json(page))
