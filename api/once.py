"""A link that signs one person in, once: for the demo on this machine, and there only."""

from __future__ import annotations

import secrets
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from api.context import Context, current, request_id
from api.problems import not_found
from api.rates import caller_address, caller_network
from api.signing_in import set_session

_LOCAL = ("127.0.0.1", "::1", "testclient")


def install(app: FastAPI, token: str, email: str) -> None:
    """Adds the link ``/login/once/TOKEN``.

    Args:
        app: the demo's.
        token: at random; counts once.
        email: whom it signs in.
    """
    left = [token]
    lock = Lock()
    router = APIRouter()

    @router.get("/login/once/{shown}")
    def enter(
        request: Request,
        shown: str,
        context: Annotated[Context, Depends(current)],
        number: Annotated[str, Depends(request_id)],
    ) -> Response:
        context.rates.take(request, f"once {caller_network(request)}")
        with lock:
            counts = bool(left) and secrets.compare_digest(left[0].encode(), shown.encode())
            if not counts or caller_address(request) not in _LOCAL:
                raise not_found("link")
            left.clear()
        with context.database.begin() as unit:
            user = unit.users.by_email(email)
            if user is None:
                raise not_found("person")
            done = context.doorkeeper.open_session(unit, user, old_token=None, request_id=number)
        answer = RedirectResponse("/", 303)
        set_session(request, answer, done)
        return answer

    app.include_router(router, include_in_schema=False)
