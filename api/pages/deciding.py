"""Decisions by form: made and taken back; each ends in a redirect to the next thing to decide."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.context import Context
from api.pages.choices import failed_form, key_of, read_choice
from api.pages.docket import Asked, read_week, show_docket
from api.pages.opportunity import show_opportunity
from api.pages.rendering import Fields, go
from api.problems import not_found
from api.security import Principal
from api.v1.idempotency import Keep, asked, once
from api.v1.opportunities import seen_opportunity
from api.v1.reading import App, Decider, Key, RequestId, caller_of, judging_of
from auditor.domain.decisions import Decision
from auditor.domain.week import Week
from auditor.errors import DecisionError
from auditor.jobs.deciding import decide, undo
from auditor.storage import UnitOfWork

router = APIRouter()
_LONGEST_ONCE = 100


@router.post("/opportunities/{key}/decide")
def make(
    request: Request, context: App, who: Decider, request_id: RequestId, key: Key, fields: Fields
) -> Response:
    """Decides on an opportunity; sent twice it is done once."""
    seen_opportunity(context, who, key)
    docket = _docket_of(context, fields)
    week = docket.week if docket else Week.last_before(context.settings.today())
    try:
        choice = read_choice(fields, week=week.monday)

        def work(keep: Keep) -> Response:
            made: list[Response] = []

            def answer(unit: UnitOfWork, decision: Decision) -> None:
                to = _back(key, docket, done=decision.key, following=fields.get("following"))
                keep(unit, to.status_code, {"Location": to.headers["location"]}, "")
                made.append(to)

            caller, judging = caller_of(who, request_id), judging_of(context)
            decide(context.database, key, choice, caller, judging, also=answer)
            if not made:
                raise not_found("opportunity")
            return made[0]

        token = fields.get("once", "")[:_LONGEST_ONCE] or secrets.token_urlsafe(9)
        told = choice.model_dump(mode="json")
        done = once(context.database, asked(request, who.actor, token, told), work)
    except DecisionError as exc:
        failed = failed_form(f"decide-{key}", exc, fields)
        if docket is not None:
            return show_docket(request, context, who, docket, failed=failed)
        return show_opportunity(request, context, who, key, failed=failed)
    context.wake()
    return done


@router.post("/decisions/{key}/undo")
def take_back(
    context: App, who: Decider, request_id: RequestId, key: Key, fields: Fields
) -> Response:
    """Takes a decision back; twice is the same as once."""
    opportunity = _opportunity_of(context, who, key)
    undo(context.database, key, caller_of(who, request_id))
    context.wake()
    return _back(opportunity, _docket_of(context, fields), undone=key, following=str(opportunity))


def _opportunity_of(context: Context, who: Principal, decision: int) -> int:
    """The opportunity that a decision is on, if the caller may see it.

    Raises:
        Problem: 404.
    """
    with context.database.read() as unit:
        found = unit.decisions.get(decision)
        stored = unit.browsing.opportunity(found.opportunity_key) if found else None
    if stored is None or not who.may_see(stored.opportunity):
        raise not_found("decision")
    return stored.key


def _docket_of(context: Context, fields: Mapping[str, str]) -> Asked | None:
    """The docket that a form stands on; None where it stands on the opportunity's page."""
    week = fields.get("docket", "")
    return Asked(read_week(week), fields.get("team") or None) if week else None


def _back(
    key: int,
    docket: Asked | None,
    *,
    done: int | None = None,
    undone: int | None = None,
    following: str | None = None,
) -> RedirectResponse:
    """The page that the form stood on; on a docket, at the next card."""
    if docket is None:
        return go(f"/opportunities/{key}", "decide", done=done, undone=undone)
    after = key_of(following)
    anchor = f"item-{after}" if after else "decided"
    return go(docket.path, anchor, team=docket.team, done=done, undone=undone)
