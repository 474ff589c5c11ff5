"""The style sheet, the script and the icon; a new address once the content changes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from api.problems import not_found

router = APIRouter()
_KINDS = {
    "pages.css": "text/css",
    "pages.js": "text/javascript",
    "labels.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_CACHE = "public, max-age=31536000, immutable"


def static_url(name: str) -> str:
    """Address of a file; another one once its content changes."""
    return f"/static/{name}?v={_mark(name)}"


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file of the pages."""
    if name not in _KINDS:
        raise not_found("file")
    return Response(_content(name), media_type=_KINDS[name], headers={"Cache-Control": _CACHE})


@router.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for what asks by the old name."""
    return static("icon.svg")


@cache
def _content(name: str) -> bytes:
    return (files("api.pages") / "static" / name).read_bytes()


@cache
def _mark(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]
