"""What reading routes share: the caller's limits, and what may be seen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from api.context import Context, current, request_id
from api.problems import not_found
from api.security import Principal, needs
from api.v1.paging import LARGEST_KEY
from auditor.classify.encoder import shipped_encoder
from auditor.domain.records import Opportunity
from auditor.jobs.deciding import Caller, Judging
from auditor.jobs.searching import Searcher
from auditor.storage.browsing import Wanted

Reader = Annotated[Principal, Depends(needs("read"))]
"""Whoever may read."""
Decider = Annotated[Principal, Depends(needs("read", "decide"))]
"""Whoever may decide."""
Evaluator = Annotated[Principal, Depends(needs("evaluate"))]
"""Whoever may have records judged and take the corrections."""
Administrator = Annotated[Principal, Depends(needs("admin"))]
"""Whoever may erase."""
NOT_CHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is as the caller has it (If-None-Match)."}
}
"""Documents 304."""
App = Annotated[Context, Depends(current)]
"""The app's context."""
RequestId = Annotated[str, Depends(request_id)]
"""The request's id."""
Key = Annotated[int, Path(ge=1, le=LARGEST_KEY, description="The auditor's number.")]
"""A database key in a path."""
AsOf = Annotated[
    date | None,
    Query(
        description="Day to stand on; today where it is left out.",
        ge=date(1990, 1, 1),
        le=date(2200, 1, 1),
    ),
]
"""A day in a query."""


def limited(who: Principal, **wanted: str | None) -> Wanted:
    """What a caller asks for, within what they may see."""
    return Wanted(**wanted, seen_teams=who.teams, seen_owner=who.owner)


def check_seen(who: Principal, opportunity: Opportunity | None, what: str) -> None:
    """Hides what a caller may not see.

    Raises:
        Problem: 404; an activity without an opportunity is seen by those who see all.
    """
    seen = who.sees_all if opportunity is None else who.may_see(opportunity)
    if not seen:
        raise not_found(what)


def caller_of(who: Principal, request: str) -> Caller:
    """The caller, as the audit log has them."""
    return Caller(who.actor, request)


def judging_of(context: Context) -> Judging:
    """What decisions are weighed by now."""
    return Judging(context.policy.fingerprint, context.settings.today(), context.classifier)


def searcher_of(request: Request) -> Searcher:
    """Dependency: the index of the app's notes, made when first asked for."""
    state = request.app.state
    if not hasattr(state, "searcher"):
        context = current(request)
        state.searcher = Searcher(
            context.database, shipped_encoder(context.settings.threads or None)
        )
    searcher: Searcher = state.searcher
    return searcher
