"""The dependency by which a route says what it needs; the OpenAPI document says the same."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from api.context import current
from api.problems import Problem
from api.rates import caller_network
from api.security.csrf import require_token, sent_token
from api.security.identity import SESSION_COOKIE, brings_credentials, identify
from api.security.principal import Principal

_bearer = HTTPBearer(
    scheme_name="key",
    bearerFormat="cna_<public id>_<secret>",
    description="API key of a machine, from `auditor key add`.",
    auto_error=False,
)
_cookie = APIKeyCookie(
    scheme_name="session",
    name=SESSION_COOKIE,
    description="Session of a person, from POST /login. Unsafe methods also need the CSRF token, "
    "in the header X-CSRF-Token or the form field csrf.",
    auto_error=False,
)


def needs(*scopes: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that gives the caller, who has all of the scopes; none: whoever is signed in.

    Raises:
        Problem: 401 where nobody is told or they don't exist; 403 where a scope or the CSRF token
            is missing; 429 where they ask too often.
    """

    async def admit(
        request: Request,
        who: Annotated[Principal | None, Depends(identify)],
        sent: Annotated[str | None, Depends(sent_token)],
        _key: object = Security(_bearer, scopes=scopes),
        _session: object = Security(_cookie, scopes=scopes),
    ) -> Principal:
        if who is None:
            raise _unknown(request)
        request.state.principal = who
        current(request).rates.take(request, who.actor)
        if who.kind == "user":
            require_token(request, sent)
        require_scopes(who, *scopes)
        return who

    return admit


def require_scopes(who: Principal, *scopes: str) -> None:
    """Refuses a caller who lacks one of the scopes.

    Raises:
        Problem: 403, with the scopes that are missing.
    """
    missing = sorted(set(scopes) - who.scopes)
    if missing:
        raise Problem(
            403, "not-allowed", "Not allowed", f"this needs the scope {', '.join(missing)}"
        )


def _unknown(request: Request) -> Problem:
    """401; wrong credentials count against the address, so that keys can't be tried in bulk."""
    if brings_credentials(request):
        current(request).rates.take(request, f"unknown {caller_network(request)}")
    return Problem(
        401,
        "not-signed-in",
        "Not signed in",
        "sign in, or send an API key that counts as Authorization: Bearer",
        headers={"WWW-Authenticate": "Bearer"},
    )
