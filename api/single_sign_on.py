"""Signs people in by the identity provider: off to it, and back with a code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import RedirectResponse

from api.context import Context, current, request_id
from api.security.identity import SESSION_COOKIE
from api.security.oidc import Identity, Provider, Started
from api.signing_in import is_secure, safe_path, set_session
from auditor.access.tokens import same
from auditor.errors import AuditorError
from auditor.settings import Settings
from auditor.storage import UnitOfWork, User

_COOKIE, _PATH = "auditor_oidc", "/login/oidc"
_SECONDS = 600
log = logging.getLogger("auditor.api")


def install(app: FastAPI, settings: Settings) -> None:
    """Adds the routes where a provider is set.

    Raises:
        ConfigurationError: the settings of the provider don't fit.
    """
    if settings.oidc_issuer is None and settings.oidc_client_id is None:
        return
    app.state.oidc = Provider(settings)
    router = APIRouter(tags=["sign-in"])
    shown = {"response_class": RedirectResponse, "status_code": HTTPStatus.SEE_OTHER}
    router.add_api_route(_PATH, leave, methods=["GET"], **shown)  # type: ignore[arg-type]
    router.add_api_route(f"{_PATH}/callback", come_back, methods=["GET"], **shown)  # type: ignore[arg-type]
    app.include_router(router)


def leave(
    request: Request,
    context: Annotated[Context, Depends(current)],
    next_page: Annotated[str, Query(alias="next", max_length=2_000)] = "/",
) -> RedirectResponse:
    """Go to the identity provider to sign in."""
    provider: Provider = request.app.state.oidc
    try:
        started = provider.start(_redirect_uri(request, context))
    except AuditorError as exc:
        log.error("identity provider: %s", exc)
        return _failed("provider")
    answer = RedirectResponse(started.url, HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        _COOKIE,
        _seal(context, [*started[1:], safe_path(next_page), int(time.time()) + _SECONDS]),
        max_age=_SECONDS,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


def come_back(
    request: Request,
    context: Annotated[Context, Depends(current)],
    state: Annotated[str, Query(max_length=2_000)] = "",
    code: Annotated[str | None, Query(max_length=10_000)] = None,
) -> RedirectResponse:
    """Come back from the identity provider, signed in or not.

    Somebody who is unknown here, or switched off, is sent to the sign-in page with
    ``failed=unknown``; what fails with the provider, with ``failed=provider``; what took too long
    or was begun in another browser, with ``failed=expired``.
    """
    opened = _unseal(context, request.cookies.get(_COOKIE, ""))
    if opened is None or not same(opened[0], state):
        return _failed("expired")
    sent_state, nonce, verifier, next_page = opened
    if code is None:
        return _failed("provider")
    started = Started("", sent_state, nonce, verifier)
    try:
        identity = request.app.state.oidc.finish(code, started, _redirect_uri(request, context))
    except AuditorError as exc:
        log.error("identity provider: %s", exc)
        return _failed("provider")
    with context.database.begin() as unit:
        user = _user_of(unit, identity)
        if user is None or not user.is_active:
            unit.audit_log.add("system", "login.failed", request_id=request_id(request))
            return _failed("unknown")
        old = request.cookies.get(SESSION_COOKIE)
        done = context.doorkeeper.open_session(
            unit, user, old_token=old, request_id=request_id(request)
        )
    answer = RedirectResponse(next_page, HTTPStatus.SEE_OTHER)
    answer.delete_cookie(_COOKIE, path=_PATH, httponly=True, samesite="lax")
    set_session(request, answer, done)
    return answer


def _user_of(unit: UnitOfWork, identity: Identity) -> User | None:
    """The person: known by the provider's name, or once by a verified address."""
    user = unit.users.by_subject(identity.subject)
    if user is not None or identity.email is None:
        return user
    user = unit.users.by_email(identity.email)
    if user is None or user.external_subject is not None:  # that account is somebody else's there
        return None
    unit.users.change(user.key, {"external_subject": identity.subject})
    unit.audit_log.add(f"user:{user.email}", "user.linked", subject_kind="user", subject=user.email)
    return user


def _redirect_uri(request: Request, context: Context) -> str:
    base = context.settings.public_url or str(request.base_url).rstrip("/")
    return f"{base}{_PATH}/callback"


def _failed(why: str) -> RedirectResponse:
    return RedirectResponse(f"/login?{urlencode({'failed': why})}", HTTPStatus.SEE_OTHER)


def _seal(context: Context, values: list[str | int]) -> str:
    told = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    return f"{told}.{_mac(context, told)}"


def _unseal(context: Context, text: str) -> tuple[str, str, str, str] | None:
    told, _, mac = text.partition(".")
    if not same(mac, _mac(context, told)):
        return None
    state, nonce, verifier, next_page, until = json.loads(base64.urlsafe_b64decode(told))
    return None if time.time() > until else (state, nonce, verifier, next_page)


def _mac(context: Context, told: str) -> str:
    return hmac.digest(context.secret.derive("oidc"), told.encode(), hashlib.sha256).hex()
