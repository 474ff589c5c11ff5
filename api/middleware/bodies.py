"""Limits bodies: their size, told or not, and the time that they may take to come."""

from __future__ import annotations

import asyncio
import time

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, answer

PAUSE_SECONDS = 20.0
"""Longest wait for the next part of a body."""
BODY_SECONDS = 120.0
"""Longest time for a whole body."""


class BodyLimit:
    """The middleware; a body is never held here, only counted."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _told_length(scope) > self._limit:
            await answer(Request(scope), self._too_large())(scope, receive, send)
            return
        counted = _Counted(receive, self._limit, self._too_large())
        await self._app(scope, counted, send)

    def _too_large(self) -> Problem:
        return Problem(
            413,
            "body-too-large",
            "Body too large",
            f"at most {self._limit / 1_000_000:g} MB are taken; send it in parts",
            limit_bytes=self._limit,
        )


class _Counted:
    """Passes on the parts of one body, until they are too many or too slow."""

    def __init__(self, receive: Receive, limit: int, too_large: Problem) -> None:
        self._receive = receive
        self._left = limit
        self._too_large = too_large
        self._until = time.monotonic() + BODY_SECONDS
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # what comes now is only that the client went away
            return await self._receive()
        try:
            async with asyncio.timeout(min(PAUSE_SECONDS, self._until - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise Problem(
                408,
                "body-too-slow",
                "Body too slow",
                "the body did not come in time; send the request again",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._left < 0:
                raise self._too_large
        return message


def _told_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
