"""Digests, queues, releases and health: the reports on what is stored."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.context import Context
from api.downloads import csv_file
from api.problems import Problem, not_found
from api.security import Principal
from api.v1 import paging
from api.v1.negotiating import choose
from api.v1.reading import NOT_CHANGED, App, AsOf, Reader
from api.v1.views import DigestDocument, HealthReport, Queue, ReleaseAnswerView
from auditor.digest.item_texts import ItemTexts
from auditor.digest.json_twin import item_json, json_parts
from auditor.digest.render import render_html, render_text
from auditor.digest.tables import MEDIA_TYPE, docket_csv, item_cells
from auditor.domain.health import Scope
from auditor.domain.week import Week
from auditor.errors import InputError
from auditor.health import (
    HealthRules,
    RepQueueView,
    compute_health,
    health_data,
    health_rules,
    queue_data,
    release_answer,
    release_data,
    rep_queue,
)
from auditor.jobs.digesting import make_digest

router = APIRouter(prefix="/v1", tags=["digests"])
_HTML, _JSON, _TEXT, _CSV = "text/html", "application/json", "text/plain", MEDIA_TYPE
_Team = Annotated[str | None, Query(max_length=500)]
_Rep = Annotated[str | None, Query(max_length=500)]
_RepName = Annotated[str, Path(max_length=500, description="As the CRM has it; case is ignored.")]
_MOST_WANTED = 1_000


@router.get(
    "/digests/{week}",
    response_model=DigestDocument,
    name="get",
    responses={
        200: {
            "description": "The docket. As CSV its items alone, a row each, this week's first: a "
            "file for spreadsheets, in UTF-8 with a byte order mark, with an apostrophe before "
            "texts that a spreadsheet would compute.",
            "content": {kind: {"schema": {"type": "string"}} for kind in (_HTML, _TEXT, _CSV)},
        },
        **NOT_CHANGED,
        406: {"description": "None of HTML, JSON, plain text and CSV is accepted."},
    },
)
def digest(
    request: Request,
    context: App,
    who: Reader,
    week: Annotated[
        str, Path(pattern=r"^\d{4}-?[Ww]\d{1,2}$", max_length=8, examples=["2026-W09"])
    ],
    team: _Team = None,
    flow: Annotated[bool, Query(description="With the lines on flow and health.")] = False,
) -> Response:
    """The docket of a week as HTML, JSON, text or CSV, by `Accept`: what `auditor digest` gives.

    Supervisors get their teams', reps their own. JSON where nothing is preferred. The lines on flow
    and health, which count the past as well, come with `flow=true`; CSV has none.
    """
    kind = choose(request.headers.get("accept"), (_JSON, _HTML, _TEXT, _CSV))
    policy, wanted = context.policy, _week(week)
    texts = ItemTexts(item_cells(wanted) if kind == _CSV else item_json)
    made = make_digest(
        context.database,
        context.settings,
        policy,
        week=wanted,
        teams=who.teams,
        team=team,
        owner=who.owner,
        with_flow=flow and kind != _CSV,
        texts=[texts] if kind in (_CSV, _JSON) else [],
    )
    if team is not None and not made.docket.lines:
        raise not_found("team")
    docket, view = made.docket, made.view
    name, mark = policy.classifier, policy.fingerprint
    if kind == _HTML:
        answer = Response(render_html(view), media_type=_HTML)
    elif kind == _TEXT:
        answer = Response(render_text(view), media_type=_TEXT)
    elif kind == _CSV:
        answer = csv_file(docket_csv(docket, texts), "docket", str(wanted), team)
    else:
        parts = json_parts(docket, view, texts, classifier=name, policy=mark)
        answer = Response(b"".join(part.encode() for part in parts), media_type=_JSON)
    answer.headers["Vary"] = "Accept"
    return paging.tag(request, answer)


def _week(text: str) -> Week:
    try:
        week = Week.parse(text)
        _ = week.reading_day, week.before.monday
    except (InputError, ValueError, OverflowError):
        raise Problem(
            422, "invalid-week", "Week that is none", f"{text!r} is no ISO week such as 2026-W09"
        ) from None
    return week


@router.get("/reps/{rep}/queue", response_model=Queue, responses=NOT_CHANGED, name="queue")
def queue(
    request: Request, context: App, who: Reader, rep: _RepName, as_of: AsOf = None
) -> Response:
    """A rep's queue: open opportunities with their ages, the ledger of the day, the cap."""
    view = queue_of(context, who, rep, as_of)
    return paging.tagged(request, _plain(queue_data(view)))


@router.get("/releases", response_model=ReleaseAnswerView, responses=NOT_CHANGED, name="release")
def release(
    request: Request,
    context: App,
    who: Reader,
    rep: Annotated[str, Query(min_length=1, max_length=500)],
    wanted: Annotated[int, Query(ge=1, le=_MOST_WANTED)] = 1,
    reserved: Annotated[int, Query(ge=0, le=_MOST_WANTED)] = 0,
    as_of: AsOf = None,
) -> Response:
    """May a rep be given more opportunities? Asked by lead routers before each one.

    `reserved` counts those released to the rep already that are not in the CRM yet.
    """
    view = queue_of(context, who, rep, as_of, reserved)
    return paging.tagged(request, _plain(release_data(release_answer(view, wanted=wanted))))


@router.get("/health-metrics", response_model=HealthReport, responses=NOT_CHANGED, name="health")
def health(
    request: Request,
    context: App,
    who: Reader,
    team: _Team = None,
    rep: _Rep = None,
    as_of: AsOf = None,
) -> Response:
    """Flow and health of the pipeline, with the definition of each figure.

    Supervisors of several teams name one of them.
    """
    scope = scope_of(who, team, rep)
    day = as_of or context.settings.today()
    try:
        found = compute_health(context.database, rules_of(context), as_of=day, scope=scope)
    except InputError:
        raise not_found("rep" if scope.rep else "team") from None
    return paging.tagged(request, _plain(health_data(found)))


def rules_of(context: Context) -> HealthRules:
    """What flow and health are computed by."""
    return health_rules(context.settings, context.policy)


def _plain(data: dict[str, Any]) -> Any:
    return json.loads(json.dumps(data, default=str))


def scope_of(who: Principal, team: str | None, rep: str | None) -> Scope:
    """Whose health: within what the caller may see.

    Raises:
        Problem: 404 for another team or rep, 422 where one of several teams must be named.
    """
    if who.owner is not None:
        if rep is not None and rep.casefold() != who.owner.casefold():
            raise not_found("rep")
        if team is not None:
            raise not_found("team")
        return Scope(None, who.owner)
    if who.teams is not None:
        if team is None and len(who.teams) == 1:
            [team] = who.teams
        if team is None:
            names = ", ".join(sorted(who.teams)) or "none"
            raise Problem(
                422, "team-needed", "Team needed", f"name one of your teams as team=: {names}"
            )
        if team.casefold() not in who.teams:
            raise not_found("team")
    return Scope(team, rep)


def queue_of(
    context: Context, who: Principal, rep: str, as_of: date | None, reserved: int = 0
) -> RepQueueView:
    """A rep's queue, if it is the caller's to see.

    Raises:
        Problem: 404.
    """
    day = as_of or context.settings.today()
    if who.owner is not None and rep.casefold() != who.owner.casefold():
        raise not_found("rep")
    view = rep_queue(context.database, rules_of(context), rep, as_of=day, reserved=reserved)
    if who.sees_all or who.owner is not None:
        return view
    team = view.flow.team if view.flow else None
    teams = who.teams or frozenset()
    if (team or "").casefold() not in teams:
        raise not_found("rep")
    seen = tuple(d for d in view.deals if (d.team or "").casefold() in teams)
    return replace(view, deals=seen)
