"""The OpenAPI 3.1 document: what FastAPI finds, with the problems that each route may answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.problems import MEDIA_TYPE

SUMMARY = "Reads call notes and says which next activities are real."
DESCRIPTION = """\
Machines send an API key as `Authorization: Bearer cna_…` (`auditor key add`); people sign in.

The scopes that a route needs are listed with its security.

Errors are problem details (RFC 9457) as `application/problem+json`; `type` names the kind. Every
answer carries `X-Request-ID`. `RateLimit` and `RateLimit-Policy` tell how many requests are left;
`429` and `503` come with `Retry-After`. What a caller may not see is answered `404`.
"""
TAGS = [
    {"name": "audits", "description": "Judge records."},
    {"name": "opportunities", "description": "Standing, evidence, decisions."},
    {"name": "activities", "description": "What was logged, and its verdicts."},
    {"name": "digests", "description": "The week's docket, queues and health."},
    {"name": "search", "description": "Notes by meaning."},
    {"name": "contacts", "description": "Erasure."},
    {"name": "webhooks", "description": "What CRMs call."},
    {"name": "sign-in", "description": "Sessions of people."},
    {"name": "operations", "description": "For monitors."},
]
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of problem."},
        "title": {"type": "string", "description": "The kind in words."},
        "status": {"type": "integer", "description": "HTTP status code."},
        "detail": {"type": "string", "description": "What is wrong here, and how to mend it."},
        "request_id": {"type": "string", "description": "By which the log tells more."},
    },
    "additionalProperties": True,
    "example": {
        "type": "urn:auditor:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "there is no such opportunity, or not for you",
        "request_id": "5f0c3a52b0f04b3f9d3f1a86a4f3a0de",
    },
}
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_TELLS = {
    "400": "The request can't be read.",
    "401": "Nobody is signed in, or the key does not count.",
    "403": "The caller lacks the scope, or the CSRF token.",
    "404": "There is no such thing, or not for this caller.",
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "422": "The request does not fit; `errors` names each place.",
    "429": "Too many requests; see Retry-After.",
    "503": "The database or the model can't be used just now; see Retry-After.",
}


def install(app: FastAPI) -> None:
    """Makes ``app.openapi()`` give the document, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _make(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def operation_id(route: APIRoute) -> str:
    """A name for client generators, such as ``opportunities_list``: the tag and the function."""
    tag = str(route.tags[0]).replace("-", "_") if route.tags else "other"
    return f"{tag}_{route.name}"


def _make(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _tell_problems(path, operation)
                for taken in operation.get("requestBody", {}).get("content", {}).values():
                    taken["schema"] = _without_defs(taken.get("schema", {}), schemas)
                told = operation.get("description", "")
                operation["description"] = told.replace("``", "`")  # docstrings are no Markdown
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return made


def _without_defs(told: Any, found: dict[str, Any]) -> Any:
    """A part of a body's schema without ``$defs``, which go to ``found``: references lead there."""
    if isinstance(told, dict):
        found |= told.get("$defs", {})
        return {k: _without_defs(v, found) for k, v in told.items() if k != "$defs"}
    return [_without_defs(each, found) for each in told] if isinstance(told, list) else told


def _tell_problems(path: str, operation: dict[str, Any]) -> None:
    """Adds the problems that a route may answer; those that it tells itself stay."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    statuses = ["503"]
    if path == "/login":
        statuses += ["401", "403", "429"]
    if operation.get("security"):
        statuses += ["401", "403", "429"]
    if "{" in path:
        statuses += ["404", "422"]
    if operation.get("parameters"):
        statuses += ["422"]
    if "requestBody" in operation:
        statuses += ["400", "408", "413", "422"]
    for status in sorted(set(statuses)):
        responses.setdefault(status, _problem(_TELLS[status]))
    responses.setdefault("default", _problem("Anything else that goes wrong."))


def _problem(told: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": told, "content": {MEDIA_TYPE: {"schema": schema}}}
