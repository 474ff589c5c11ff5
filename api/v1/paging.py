"""Cursors and entity tags."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.problems import Problem

MOST_ROWS = 200
"""Longest page."""
PAGE_ROWS = 50
"""Page where no length is asked for."""
LARGEST_KEY = 2**63 - 1
"""Keys of the database are 64-bit numbers."""


def write_cursor(after: int) -> str:
    """A cursor that goes on after a key; callers are not to look into it."""
    return base64.urlsafe_b64encode(f"k{after}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int:
    """The key after which to go on; 0 to begin.

    Raises:
        Problem: 422 where it is none of ours.
    """
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        key = int(text[1:]) if text[:1] == "k" and text[1:].isdigit() else -1
    except (binascii.Error, ValueError):
        key = -1
    if not 0 <= key <= LARGEST_KEY:
        raise Problem(
            422,
            "invalid-cursor",
            "Cursor that is none",
            "take `next` of the page before, as it is, or leave it out to begin",
        )
    return key


def tagged(request: Request, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """The body as JSON with an entity tag; 304 where the caller has it already."""
    answer = JSONResponse(body, headers=dict(headers or {}))
    return tag(request, answer)


def tag(request: Request, answer: Response) -> Response:
    """Gives an answer an entity tag of its content; 304 where the caller has it already."""
    etag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, no-cache"
    if _has(request.headers.get("if-none-match", ""), etag):
        kept = {k: v for k, v in answer.headers.items() if k.lower() in _OF_304}
        return Response(status_code=304, headers=kept)
    return answer


_OF_304 = ("etag", "cache-control", "vary", "link")


def _has(told: str, etag: str) -> bool:
    """Whether If-None-Match names a tag, weakly compared (RFC 9110, section 13.1.2)."""
    names = [name.strip().removeprefix("W/") for name in told.split(",")]
    return "*" in names or etag in names


def canonical(value: Any) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
