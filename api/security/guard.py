"""The dependency by which a route says what it needs; the OpenAPI document says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from api.problems import Problem
from api.security.identity import identify
from api.security.principal import Principal

SESSION_COOKIE = "auditor_session"
"""Holds the token of a signed-in browser."""
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


def needs(*scopes: str) -> Callable[..., Principal]:
    """A dependency that gives the caller, who has all of the scopes; none: whoever is signed in.

    Raises:
        Problem: 401 where nobody is told or they don't exist; 403 where a scope is missing.
    """

    def admit(
        request: Request,
        _key: Annotated[object, Security(_bearer)],
        _session: Annotated[object, Security(_cookie)],
        who: Annotated[Principal | None, Depends(identify)],
    ) -> Principal:
        if who is None:
            raise Problem(
                401,
                "not-signed-in",
                "Not signed in",
                "sign in, or send an API key as Authorization: Bearer",
                headers={"WWW-Authenticate": "Bearer"},
            )
        missing = sorted(set(scopes) - who.scopes)
        if missing:
            raise Problem(
                403,
                "not-allowed",
                "Not allowed",
                f"this needs the scope {', '.join(missing)}",
            )
        request.state.principal = who
        return who

    return admit
