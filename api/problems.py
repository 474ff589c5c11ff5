"""Errors as RFC 9457 problem details: what clients see of everything that goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from auditor.errors import AuditorError, InputError, LLMError, ModelError, StorageError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
"""When a client may try again after a failure of ours that mends itself."""
_MOST_ERRORS = 50
log = logging.getLogger("auditor.api")

ProblemPage = Callable[[Request, "Problem"], Response]
"""Shows a problem to a person; ``app.state.problem_page`` holds one where there are pages."""


class Problem(HTTPException):
    """An answer that tells what is wrong; raise it anywhere in a request."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        """Describes the problem.

        Args:
            status: HTTP status code.
            slug: name of the kind of problem, such as ``idempotency-key-reused``.
            title: the kind in words; the same for each occurrence.
            detail: this occurrence: what, where and how to mend it.
            headers: to send beside it, such as Retry-After.
            extra: further members of the document.
        """
        super().__init__(status, detail or title, dict(headers or {}))
        self.slug, self.title, self.extra = slug, title, extra

    def document(self, request_id: str | None) -> dict[str, Any]:
        """The problem as JSON."""
        told: dict[str, Any] = {
            "type": f"urn:auditor:problem:{self.slug}",
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
        }
        if request_id is not None:
            told["request_id"] = request_id
        return told | self.extra


def not_found(what: str = "resource") -> Problem:
    """404; also for what the caller may not see, so that nothing is told of it."""
    return Problem(404, "not-found", "Not found", f"there is no such {what}, or not for you")


def unavailable(detail: str) -> Problem:
    """503 for what mends itself or is mended by an operator, with Retry-After."""
    return Problem(
        503,
        "unavailable",
        "Unavailable for now",
        detail,
        headers={"Retry-After": f"{RETRY_SECONDS}"},
    )


def answer(request: Request, problem: Problem) -> Response:
    """The response for a problem: a page for people, problem+json for programs."""
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is not None and _is_for_people(request):
        return page(request, problem)
    return JSONResponse(
        problem.document(request.scope.get("state", {}).get("request_id")),
        problem.status_code,
        dict(problem.headers or {}),
        MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(AuditorError, _on_own)


def of_http(exc: HTTPException) -> Problem:
    """The problem of an error that the framework raised."""
    if isinstance(exc, Problem):
        return exc
    phrase = HTTPStatus(exc.status_code).phrase
    slug = phrase.lower().replace(" ", "-")
    return Problem(exc.status_code, slug, phrase, exc.detail, headers=exc.headers)


def of_own(exc: AuditorError) -> Problem:
    """The problem of one of the auditor's own errors."""
    if isinstance(exc, StorageError):
        # the message names the database; that is for the log, not for callers
        return unavailable("the database can't be used just now; try again")
    if isinstance(exc, InputError):
        return Problem(422, "unusable-input", "Input that can't be used", str(exc))
    if isinstance(exc, (ModelError, LLMError)):
        return unavailable("the model can't be used just now; try again")
    return Problem(500, "configuration", "The service is not set up right", "see the service's log")


async def _on_http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - what it is registered for
    return answer(request, of_http(exc))


async def _on_own(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, AuditorError)  # noqa: S101 - what it is registered for
    problem = of_own(exc)
    if problem.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s", type(exc).__name__, exc)
    return answer(request, problem)


async def _on_invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - what it is registered for
    # "input" and "ctx" would repeat what was sent, which may be note text
    errors = [
        {"pointer": "/" + "/".join(map(str, e["loc"])), "detail": e["msg"]}
        for e in exc.errors()[:_MOST_ERRORS]
    ]
    first = f"{errors[0]['pointer']}: {errors[0]['detail']}" if errors else "it can't be read"
    return answer(
        request,
        Problem(422, "invalid-request", "Request that does not fit", first, errors=errors),
    )


def _is_for_people(request: Request) -> bool:
    if request.url.path.startswith("/v1/"):
        return False
    accept = request.headers.get("accept", "")
    return "text/html" in accept
