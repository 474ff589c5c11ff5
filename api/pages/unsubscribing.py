"""The way out of the digest's mail: a page that asks, and a POST that does it.

The link's token is its own authority: mail programs send the POST without a session (RFC 8058).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from api.context import Context, current, request_id
from api.pages.rendering import render
from api.problems import not_found
from api.rates import caller_network
from auditor.digest.links import UNSUBSCRIBE_PURPOSE, check_unsubscribe, read_unsubscribe
from auditor.storage import User

router = APIRouter()
_App = Annotated[Context, Depends(current)]
_Token = Annotated[str, Path(max_length=200)]


@router.get("/unsubscribe/{token}")
def ask(request: Request, context: _App, token: _Token) -> Response:
    """Asks whether to send no more; changes nothing."""
    user = _reader(request, context, token)
    return render(request, None, "unsubscribe", user=user, done=not user.digest_on, token=token)


@router.post("/unsubscribe/{token}")
def stop(
    request: Request,
    context: _App,
    token: _Token,
    number: Annotated[str, Depends(request_id)],
) -> Response:
    """Sends no more; twice is the same as once."""
    user = _reader(request, context, token)
    if user.digest_on:
        with context.database.begin() as unit:
            unit.users.change(user.key, {"digest_on": False})
            unit.audit_log.add(
                f"user:{user.email}",
                "digest.stopped",
                subject_kind="user",
                subject=user.email,
                request_id=number,
            )
    return render(request, None, "unsubscribe", user=user, done=True, token=token)


def _reader(request: Request, context: Context, token: str) -> User:
    """The person whom a token was signed for.

    Raises:
        Problem: 404 for a token that does not count.
    """
    context.rates.take(request, f"unsubscribe {caller_network(request)}")
    key = read_unsubscribe(token)
    user = None
    if key is not None:
        with context.database.read() as unit:
            user = unit.users.find(key)
    signing = context.secret.derive(UNSUBSCRIBE_PURPOSE)
    if user is None or not check_unsubscribe(signing, token, user.key, user.email):
        raise not_found("link")
    return user
