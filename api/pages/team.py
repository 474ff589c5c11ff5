"""Flow and health of a team: figures with their definitions, and small charts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.pages.charts import WIDTH, make_charts
from api.pages.rendering import render
from api.problems import not_found
from api.security import Principal
from api.v1.digests import rules_of, scope_of
from api.v1.reading import App, Reader
from auditor.digest.health_view import make_health_view
from auditor.domain.health import DEFINITIONS, Scope
from auditor.errors import InputError
from auditor.health import compute_health

router = APIRouter()


@router.get("/team")
def team(
    request: Request,
    context: App,
    who: Reader,
    team: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """The page of a team, of all teams, or of a rep's own figures."""
    names = _teams(context, who)
    chosen = team or (names[0] if who.teams is not None and names else None)
    scope: Scope = scope_of(who, chosen, None)
    try:
        health = compute_health(
            context.database, rules_of(context), as_of=context.settings.today(), scope=scope
        )
    except InputError:
        if team is None:
            return render(request, who, "team_empty", names=names)
        raise not_found("team") from None
    return render(
        request,
        who,
        "team",
        view=make_health_view(health, caps_set=bool(context.settings.teams)),
        charts=make_charts(health),
        width=WIDTH,
        names=names,
        chosen=scope.team,
        may_see_all=who.sees_all,
        definitions=DEFINITIONS,
        reps={r.rep for r in health.flow.reps},
    )


def _teams(context: Context, who: Principal) -> list[str]:
    """Teams to choose from."""
    if who.owner is not None:
        return []
    with context.database.read() as unit:
        _, teams = unit.health.people()
    return sorted(t for t in teams if who.teams is None or t.casefold() in who.teams)
