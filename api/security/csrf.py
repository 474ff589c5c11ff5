"""Cross-site request forgery: a page of another site can't make a browser act here.

Every unsafe request that a session authorises brings a token that only our own pages know: an HMAC
of the session's token.  Its ``Origin``, where the browser tells one, must be ours too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from api.context import Context, current
from api.problems import Problem
from api.security.identity import SESSION_COOKIE
from auditor.access.tokens import same

FIELD, HEADER = "csrf", "x-csrf-token"
"""Where a form and a script put the token."""
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def csrf_token(request: Request) -> str:
    """The token for the forms of a page; empty where no session is there."""
    token = request.cookies.get(SESSION_COOKIE)
    return token_of(current(request), token) if token else ""


def token_of(context: Context, session_token: str) -> str:
    """The CSRF token of a session."""
    key = context.secret.derive("csrf")
    made = hmac.digest(key, session_token.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


async def sent_token(request: Request) -> str | None:
    """Dependency: the CSRF token that an unsafe request by session brings."""
    if request.method in _SAFE or "authorization" in request.headers:
        return None
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in _FORMS:
        return None
    sent = (await request.form()).get(FIELD)
    return sent if isinstance(sent, str) else None


def require_token(request: Request, sent: str | None) -> None:
    """Refuses an unsafe request by session that does not come from our own pages.

    Raises:
        Problem: 403.
    """
    if request.method in _SAFE:
        return
    require_own_origin(request)
    if not same(sent or "", csrf_token(request)):
        raise Problem(
            403,
            "csrf",
            "Request not from our pages",
            "the form is of another session; load the page again and repeat what you did",
        )


def require_own_origin(request: Request) -> None:
    """Refuses a request that a browser says comes from another site.

    Raises:
        Problem: 403.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    own = {request.headers.get("host", "").lower()}
    public = current(request).settings.public_url
    if public:
        own.add(urlsplit(public).netloc.lower())
    foreign = origin is not None and urlsplit(origin).netloc.lower() not in own
    if foreign or (origin is None and site == "cross-site"):
        raise Problem(
            403, "cross-site", "Request from another site", "open the service's own page and retry"
        )
