"""Flow and health of a team: figures with their definitions, and small charts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.downloads import csv_answer
from api.pages.charts import WIDTH, make_charts
from api.pages.rendering import render
from api.problems import not_found
from api.security import Principal
from api.v1.digests import rules_of, scope_of
from api.v1.reading import App, Reader
from auditor.digest.health_view import make_health_view
from auditor.digest.tables import HEALTH_TABLES, health_table, table_of_section
from auditor.domain.health import DEFINITIONS, Health, Scope
from auditor.errors import InputError
from auditor.health import compute_health

router = APIRouter()


_Team = Annotated[str | None, Query(max_length=500)]


@router.get("/team")
def team(request: Request, context: App, who: Reader, team: _Team = None) -> Response:
    """The page of a team, of all teams, or of a rep's own figures."""
    names = _teams(context, who)
    health = _health(context, who, names, team)
    if health is None:
        if team is None:
            return render(request, who, "team_empty", names=names)
        raise not_found("team")
    chosen = health.scope.team
    return render(
        request,
        who,
        "team",
        view=make_health_view(health, caps_set=bool(context.settings.teams)),
        charts=make_charts(health),
        width=WIDTH,
        names=names,
        chosen=chosen,
        may_see_all=who.sees_all,
        definitions=DEFINITIONS,
        reps={r.rep for r in health.flow.reps},
        table_of=table_of_section,
        of_team=f"?{urlencode({'team': chosen})}" if chosen else "",
    )


@router.get("/team/csv/{table}")
def download(
    context: App, who: Reader, table: Annotated[str, Path(max_length=40)], team: _Team = None
) -> Response:
    """One table of the page as CSV, with all its rows."""
    if table not in HEALTH_TABLES:
        raise not_found("table")
    health = _health(context, who, _teams(context, who), team)
    made = health_table(health, table) if health else None
    if health is None or made is None:
        raise not_found("team")
    whose = health.scope.team or health.scope.rep
    return csv_answer(made, health.as_of.isoformat(), whose)


def _health(context: Context, who: Principal, names: list[str], team: str | None) -> Health | None:
    """The report that the reader sees; None where nothing belongs to whom it is about.

    Raises:
        Problem: 404 for a team that is not the reader's.
    """
    chosen = team or (names[0] if who.teams is not None and names else None)
    scope: Scope = scope_of(who, chosen, None)
    day = context.settings.today()
    try:
        return compute_health(context.database, rules_of(context), as_of=day, scope=scope)
    except InputError:
        return None


def _teams(context: Context, who: Principal) -> list[str]:
    """Teams to choose from."""
    if who.owner is not None:
        return []
    with context.database.read() as unit:
        _, teams = unit.health.people()
    return sorted(t for t in teams if who.teams is None or t.casefold() in who.teams)
