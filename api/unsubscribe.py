"""The way out of the digest: a page that asks (GET), and the POST that does it (RFC 8058).

Mail scanners open links, so GET changes nothing.  The POST needs no sign-in and no form of ours:
mail programs send it when their reader presses "unsubscribe"; the signed link is its only right.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from api.context import Context, current, request_id
from api.middleware.headers import CONTENT_SECURITY_POLICY
from auditor.jobs.unsubscribing import find_subscriber, unsubscribe

router = APIRouter(include_in_schema=False)
_App = Annotated[Context, Depends(current)]
_Token = Annotated[str, Path(max_length=200)]
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:0 auto;max-width:34rem;padding:3rem 1.25rem;font:1rem/1.5 -apple-system,"
    "'Segoe UI',Roboto,Helvetica,Arial,sans-serif;background:#f3f4f1;color:#1c2126}"
    "h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}"
    "button{font:inherit;font-weight:650;padding:.7rem 1.4rem;border:0;border-radius:6px;"
    "background:#0b5394;color:#fff;cursor:pointer}"
    "a{color:#0b5394}"
    "@media(prefers-color-scheme:dark){body{background:#15181b;color:#e6e8e4}"
    "button{background:#8ab8ea;color:#10151a}a{color:#8ab8ea}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY.replace(
        "style-src 'self'", f"style-src 'sha256-{_HASH}'"
    ),
    "X-Robots-Tag": "noindex",
}


@router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
def ask(context: _App, token: _Token) -> HTMLResponse:
    """Asks whether to send no more; changes nothing."""
    user = find_subscriber(context.database, context.secret, token)
    if user is None:
        return _unknown()
    if not user.digest_on:
        return _page("The weekly digest is off", _back(user.email))
    return _page(
        "Stop the weekly digest?",
        f"<p>It is sent to {escape(user.email)} once a week.</p>"
        '<form method="post"><button name="confirm" value="yes">Send no more</button></form>',
    )


@router.post("/unsubscribe/{token}")
def stop(
    context: _App, token: _Token, request: Annotated[str, Depends(request_id)]
) -> HTMLResponse:
    """Sends no more, whatever the body holds; twice is the same as once."""
    user = unsubscribe(context.database, context.secret, token, request_id=request)
    if user is None:
        return _unknown()
    return _page("The weekly digest is off", _back(user.email))


def _back(email: str) -> str:
    return (
        f"<p>Nothing more is sent to {escape(email)}. The docket stays on its page, and "
        '<a href="/settings">your settings</a> turn the mail on again.</p>'
    )


def _unknown() -> HTMLResponse:
    return _page(
        "This link no longer counts",
        "<p>It may have been cut off by a mail program, or the address has changed since. "
        '<a href="/settings">Your settings</a> say when the digest comes.</p>',
        status=404,
    )


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>",
        status,
        _HEADERS,
    )
