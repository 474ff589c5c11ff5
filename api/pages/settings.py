"""A person's own settings: when the digest comes, and the password."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from api.context import Context
from api.pages.flashes import Flash
from api.pages.rendering import Fields, go, render
from api.problems import Problem
from api.rates import caller_address
from api.security import SESSION_COOKIE, Principal, needs
from api.security.csrf import token_of
from api.signing_in import set_session
from api.v1.reading import App, RequestId
from auditor.access.passwords import SHORTEST
from auditor.access.people import set_password
from auditor.access.signing_in import Refused, SignedIn
from auditor.errors import InputError
from auditor.storage import User

router = APIRouter()
Person = Annotated[Principal, Depends(needs())]
"""Whoever is signed in."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SAID = {
    "digest": "The digest will come as you set it.",
    "password": "The password is changed. You are signed out everywhere else.",
}


@router.get("/settings")
def settings(
    request: Request,
    context: App,
    who: Person,
    saved: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The page of a person's settings."""
    flash = Flash(_SAID[saved]) if saved in _SAID else None
    return _show(request, context, who, flash=flash)


@router.post("/settings/digest")
def save_digest(
    request: Request, context: App, who: Person, request_id: RequestId, fields: Fields
) -> Response:
    """Sets when the digest comes."""
    user = _user(context, who)
    try:
        values = _read_digest(fields)
    except InputError as exc:
        return _show(request, context, who, problem=str(exc), at="digest")
    with context.database.begin() as unit:
        unit.users.change(user.key, values)
        unit.audit_log.add(
            who.actor,
            "user.changed",
            subject_kind="user",
            subject=user.email,
            request_id=request_id,
            detail=values,
        )
    return go("/settings", saved="digest")


@router.post("/settings/password")
async def save_password(
    request: Request, context: App, who: Person, request_id: RequestId, fields: Fields
) -> Response:
    """Changes the password; the present one is asked for, as at the sign-in."""
    return await run_in_threadpool(_save_password, request, context, who, request_id, fields)


def _save_password(
    request: Request, context: Context, who: Principal, request_id: str, fields: Mapping[str, str]
) -> Response:
    user = _user(context, who)
    new = fields.get("new", "")
    if new != fields.get("again", ""):
        told = "the two new passwords differ; type the same twice"
        return _show(request, context, who, problem=told, at="password")
    done: SignedIn | Refused = context.doorkeeper.sign_in(
        user.email,
        fields.get("present", "")[:1_000],
        address=caller_address(request),
        old_token=request.cookies.get(SESSION_COOKIE),
        request_id=request_id,
    )
    if isinstance(done, Refused):
        told = (
            "the present password is wrong; nothing was changed"
            if done.why == "wrong"
            else "too many wrong passwords; wait fifteen minutes"
        )
        return _show(request, context, who, problem=told, at="password")
    kept = context.doorkeeper.hash(done.token)
    try:
        set_password(context.database, user.email, new, actor=who.actor, but_session=kept)
    except InputError as exc:
        answer = _show(request, context, who, problem=str(exc), at="password", keep=done.token)
    else:
        answer = go("/settings", saved="password")
    set_session(request, answer, done)
    return answer


def _read_digest(fields: Mapping[str, str]) -> dict[str, object]:
    """The columns that the form sets.

    Raises:
        InputError: a value does not fit.
    """
    zone = fields.get("time_zone", "").strip()
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(f"{zone!r} is no time zone such as Europe/London") from None
    return {
        "digest_on": fields.get("digest_on") == "yes",
        "digest_day": _number(fields, "digest_day", 6),
        "digest_hour": _number(fields, "digest_hour", 23),
        "digest_skip_empty": fields.get("digest_skip_empty") == "yes",
        "time_zone": zone or None,
    }


def _number(fields: Mapping[str, str], name: str, most: int) -> int:
    text = fields.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= most):
        raise InputError(f"{name.replace('_', ' ')} must be 0 to {most}")
    return int(text)


def _user(context: Context, who: Principal) -> User:
    """The person's own row.

    Raises:
        Problem: 403 for a machine, which has none.
    """
    if who.user_key is None:
        raise Problem(403, "not-a-session", "No session", "a key has no settings")
    with context.database.read() as unit:
        user = unit.users.find(who.user_key)
    if user is None:
        raise Problem(403, "not-a-session", "No session", "this person is gone; sign in anew")
    return user


def _show(
    request: Request,
    context: Context,
    who: Principal,
    *,
    flash: Flash | None = None,
    problem: str = "",
    at: str = "",
    keep: str | None = None,
) -> Response:
    user = _user(context, who)
    frame = {"csrf": token_of(context, keep)} if keep else {}
    return render(
        request,
        who,
        "settings",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        flash=flash,
        user=user,
        days=_DAYS,
        zones=sorted(available_timezones()),
        service_zone=context.settings.time_zone or "the service's own zone",
        sends=context.settings.smtp_url is not None,
        coaching_days=context.settings.coaching_days,
        shortest=SHORTEST,
        problem=problem[:1].upper() + problem[1:],
        at=at,
        **frame,
    )
