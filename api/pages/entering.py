"""The sign-in page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.context import Context, current
from api.pages.rendering import render
from api.security import Principal, identify
from api.signing_in import safe_path

router = APIRouter()
_FAILED = {
    "wrong": "The address or the password is wrong. Check both and try again.",
    "throttled": "Too many failed sign-ins. Wait fifteen minutes, then try again.",
    "unknown": "You were recognised, but nobody of that address may sign in here. Ask whoever "
    "runs the service to add you.",
    "provider": "The sign-in service could not be reached or did not agree. Try again.",
    "expired": "That took too long, or was begun in another browser. Start again.",
}


@router.get("/login")
def sign_in(
    request: Request,
    context: Annotated[Context, Depends(current)],
    who: Annotated[Principal | None, Depends(identify)],
    failed: Annotated[str, Query(max_length=50)] = "",
    next_page: Annotated[str, Query(alias="next", max_length=2_000)] = "/",
) -> Response:
    """Asks for address and password; who is signed in goes on."""
    after = safe_path(next_page)
    if who is not None and not failed:
        return RedirectResponse(after, 303)
    provider = context.settings.oidc_name if hasattr(request.app.state, "oidc") else None
    return render(
        request, None, "sign_in", failed=_FAILED.get(failed, ""), after=after, provider=provider
    )
