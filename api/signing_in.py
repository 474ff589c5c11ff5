"""Signing in and out, for pages (forms) and for scripts (JSON)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api.context import Context, current, request_id
from api.problems import Problem
from api.rates import caller_address
from api.security.csrf import require_own_origin, token_of
from api.security.guard import needs
from api.security.identity import SESSION_COOKIE
from api.security.principal import Principal, of_user
from auditor.access.signing_in import Refused, SignedIn

T = TypeVar("T", bound=BaseModel)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
router = APIRouter(tags=["sign-in"])


class Credentials(BaseModel):
    """What is signed in with."""

    model_config = ConfigDict(extra="ignore")  # forms carry their button

    email: str = Field(max_length=320, examples=["kim@example.com"])
    """The person's address."""
    password: str = Field(max_length=1_000)
    """Their password."""
    next: str = Field(default="/", max_length=2_000)
    """Page to go to, for forms."""


class Farewell(BaseModel):
    """How far to sign out."""

    model_config = ConfigDict(extra="ignore")

    everywhere: bool = False
    """Whether on all devices."""


class SessionView(BaseModel):
    """A signed-in caller."""

    actor: str = Field(examples=["user:kim@example.com"])
    """As in the audit log."""
    scopes: list[str]
    """What they may do."""
    teams: list[str] | None
    """Teams that they see, in small letters; null for all."""
    csrf_token: str | None
    """For X-CSRF-Token; null for a key."""
    expires_at: datetime | None = None
    """When the session ends in any case."""


def _body(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    kinds = ("application/json", "application/x-www-form-urlencoded")
    return {"requestBody": {"content": {kind: {"schema": schema} for kind in kinds}}}


@router.post("/login", response_model=SessionView, openapi_extra=_body(Credentials))
async def login(request: Request, context: Annotated[Context, Depends(current)]) -> Response:
    """Sign in with a password.

    JSON is answered with the session and its CSRF token; a form with a redirect to ``next``, or
    back to the sign-in page with ``failed=wrong`` or ``failed=throttled``.
    """
    require_own_origin(request)
    sent, is_form = await _read(request, Credentials)
    done = await run_in_threadpool(
        context.doorkeeper.sign_in,
        sent.email,
        sent.password,
        address=caller_address(request),
        old_token=request.cookies.get(SESSION_COOKIE),
        request_id=request_id(request),
    )
    if isinstance(done, Refused):
        return _refuse(done, sent, is_form=is_form)
    if is_form:
        answer: Response = RedirectResponse(safe_path(sent.next), HTTPStatus.SEE_OTHER)
    else:
        who = of_user(done.user)
        answer = JSONResponse(_view(who, token_of(context, done.token), done.expires_at))
    set_session(request, answer, done)
    return answer


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT, openapi_extra=_body(Farewell))
async def logout(
    request: Request,
    context: Annotated[Context, Depends(current)],
    who: Annotated[Principal, Depends(needs())],
) -> Response:
    """Sign out here, or with ``everywhere`` on all devices."""
    if who.kind == "key":
        raise Problem(
            403, "not-a-session", "No session", "a key has no session; revoke it with auditor key"
        )
    sent, is_form = await _read(request, Farewell)
    await run_in_threadpool(
        context.doorkeeper.sign_out,
        request.cookies[SESSION_COOKIE],
        everywhere=sent.everywhere,
        request_id=request_id(request),
    )
    answer = (
        RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        if is_form
        else Response(status_code=HTTPStatus.NO_CONTENT)
    )
    answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@router.get("/session", response_model=SessionView)
async def session(
    request: Request,
    context: Annotated[Context, Depends(current)],
    who: Annotated[Principal, Depends(needs())],
) -> JSONResponse:
    """Who you are to the service."""
    token = request.cookies.get(SESSION_COOKIE) if who.kind == "user" else None
    return JSONResponse(_view(who, token and token_of(context, token), None))


def set_session(request: Request, answer: Response, done: SignedIn) -> None:
    """Puts a session's cookie on an answer."""
    left = done.expires_at - datetime.now(UTC)
    answer.set_cookie(
        SESSION_COOKIE,
        done.token,
        max_age=max(0, int(left.total_seconds())),
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    answer.headers["Cache-Control"] = "no-store"


def is_secure(request: Request) -> bool:
    """Whether cookies go over TLS only: always, but for a plain address on this machine."""
    public = current(request).settings.public_url
    host = urlsplit(public).hostname if public else request.url.hostname
    scheme = urlsplit(public).scheme if public else request.url.scheme
    return scheme == "https" or host not in _LOOPBACK


def safe_path(text: str) -> str:
    """A path on this service to go to; ``/`` for anything that leads elsewhere."""
    parts = urlsplit(text)
    leads_away = bool(parts.scheme or parts.netloc) or not text.startswith("/")
    if leads_away or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return text


def _view(who: Principal, csrf: str | None, expires_at: datetime | None) -> dict[str, Any]:
    return SessionView(
        actor=who.actor,
        scopes=sorted(who.scopes),
        teams=None if who.teams is None else sorted(who.teams),
        csrf_token=csrf,
        expires_at=expires_at,
    ).model_dump(mode="json")


def _refuse(done: Refused, sent: Credentials, *, is_form: bool) -> Response:
    if is_form:
        back = urlencode({"failed": done.why, "next": safe_path(sent.next)})
        return RedirectResponse(f"/login?{back}", HTTPStatus.SEE_OTHER)
    if done.why == "wrong":
        raise Problem(
            401, "wrong-credentials", "Wrong address or password", "check both and try again"
        )
    seconds = int(done.retry_after.total_seconds()) + 1
    raise Problem(
        429,
        "too-many-sign-ins",
        "Too many failed sign-ins",
        f"try again in {seconds // 60 + 1} minutes",
        headers={"Retry-After": str(seconds)},
    )


async def _read(request: Request, model: type[T]) -> tuple[T, bool]:
    """The body as JSON or as a form, and whether it is a form; an empty one is an empty form."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return model.model_validate(json.loads(await request.body())), False
        form = await request.form()
        return model.model_validate({k: v for k, v in form.items() if isinstance(v, str)}), bool(
            form
        )
    except (ValidationError, ValueError, RecursionError) as exc:
        told = (
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
            if isinstance(exc, ValidationError)
            else "it is no JSON"
        )
        raise Problem(422, "invalid-request", "Request that does not fit", told) from None
