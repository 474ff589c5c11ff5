"""Problems as pages: what went wrong, what to do about it, and the way back."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.pages.rendering import render
from api.problems import Problem
from api.security import Principal

_HEADLINES = {
    HTTPStatus.UNAUTHORIZED: "You are not signed in",
    HTTPStatus.FORBIDDEN: "This is not for you to do",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page can't be asked for in that way",
    HTTPStatus.CONFLICT: "Something else came first",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That was too much at once",
    HTTPStatus.UNPROCESSABLE_ENTITY: "That could not be read",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something broke here",
    HTTPStatus.SERVICE_UNAVAILABLE: "The service needs a moment",
}
_WHAT_NOW = {
    HTTPStatus.FORBIDDEN: "If you need it, ask whoever runs the service to change your role.",
    HTTPStatus.NOT_FOUND: "The link may be old, or lead to something of a team that you don't see.",
    HTTPStatus.CONFLICT: "Go back, load the page again, and see what has changed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Go back and mend what you sent. Nothing was changed.",
    HTTPStatus.TOO_MANY_REQUESTS: "Nothing was lost. Wait for the time given and load the page "
    "again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "It is not your doing. Whoever runs the service can find it "
    "in the log by the number below.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nothing was lost. Load the page again in a few seconds.",
}


def problem_page(request: Request, problem: Problem) -> Response:
    """The page of a problem; who is not signed in is sent to the sign-in page."""
    state = request.scope.get("state", {})
    status = HTTPStatus(problem.status_code)
    if status is HTTPStatus.UNAUTHORIZED and request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/login?next={quote(_wanted(request))}", HTTPStatus.SEE_OTHER)
    who: Principal | None = state.get("principal")
    page: HTMLResponse = render(
        request,
        who,
        "problem",
        status=status,
        headline=_HEADLINES.get(status, problem.title),
        detail=problem.detail,
        what_now=_WHAT_NOW.get(status, ""),
        retry_after=(problem.headers or {}).get("Retry-After"),
        code=int(status),
        request_id=state.get("request_id"),
    )
    page.headers.update(problem.headers or {})
    return page


def _wanted(request: Request) -> str:
    """The page that was asked for, with its query."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")
