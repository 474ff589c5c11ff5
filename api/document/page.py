"""/docs: the OpenAPI document as a plain page, without scripts or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

_CACHE = "public, max-age=3600"


@dataclass(frozen=True)
class Shown:
    """One route of the page."""

    anchor: str
    """For links."""
    method: str
    """In capitals."""
    path: str
    """Template."""
    summary: str
    """Its name."""
    description: str
    """What it does."""
    is_open: bool
    """Whether it needs no key and no session."""
    parameters: list[tuple[str, str, str]]
    """Name, place and meaning."""
    body: list[str]
    """Media types that it takes."""
    answers: list[tuple[str, str]]
    """Status and meaning."""


def install(app: FastAPI) -> None:
    """Adds the page and its style sheet."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/docs", show, response_class=HTMLResponse)
    router.add_api_route("/docs/style.css", style)
    app.include_router(router)


def show(request: Request) -> HTMLResponse:
    """The page."""
    document = request.app.openapi()
    tags = [t["name"] for t in document["tags"]]
    groups: dict[str, list[Shown]] = {tag: [] for tag in tags}
    for tag, shown in _routes(document):
        groups.setdefault(tag, []).append(shown)
    page = _template().render(
        info=document["info"], groups={tag: shown for tag, shown in groups.items() if shown}
    )
    return HTMLResponse(page, headers={"Cache-Control": _CACHE})


def style() -> Response:
    """The style sheet."""
    sheet = (files("api.document") / "docs.css").read_text(encoding="utf-8")
    return Response(sheet, media_type="text/css", headers={"Cache-Control": _CACHE})


def _routes(document: dict[str, Any]) -> Iterator[tuple[str, Shown]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            yield tag, _shown(method, path, operation)


def _shown(method: str, path: str, operation: dict[str, Any]) -> Shown:
    return Shown(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        is_open=not operation.get("security"),
        parameters=[
            (p["name"], p["in"], p.get("description", "")) for p in operation.get("parameters", ())
        ],
        body=list(operation.get("requestBody", {}).get("content", ())),
        answers=[
            (status, answer["description"]) for status, answer in operation["responses"].items()
        ],
    )


@cache
def _template() -> Any:
    loader = PackageLoader("api.document", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("docs.html.j2")
