"""Gives each request an id, times, logs and counts it, and answers errors that nobody caught.

The log tells method, route, status, caller and time; never the path's values, the query, headers or
bodies, which may hold names, note text or secrets.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any
from uuid import uuid4

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUESTS, frames_of
from api.metrics import Metrics
from api.problems import Problem, answer

_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_GONE = 499
"""As nginx counts a client that went away before its answer."""
log = logging.getLogger(REQUESTS)


class RequestLog:
    """The middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        began, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_own_headers(state)]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except ClientDisconnect:
            status = status or _GONE
        except Exception as exc:
            log.error("unexpected error", extra={"told": _told(scope) | {"error": frames_of(exc)}})
            if status == 0:
                await answer(Request(scope), _unexpected())(scope, receive, tell)
            else:
                raise  # the answer is half sent: the server cuts the connection
        finally:
            self._note(scope, status or _GONE, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        told = _told(scope)
        self._metrics.request(scope["method"], told["route"], status, seconds)
        log.info(
            "request", extra={"told": told | {"status": status, "ms": round(seconds * 1e3, 1)}}
        )


def route_of(scope: Scope) -> str:
    """The template of the route that a request met, such as ``/v1/opportunities/{key}``."""
    route = scope.get("route")
    if route is None:
        mount = scope.get("root_path", "")  # static files
        return f"{mount}/*" if mount and "endpoint" in scope else "none"
    state = scope["app"].state
    if not hasattr(state, "route_paths"):  # a route knows its path without its routers' prefixes
        contexts = iter_route_contexts(scope["app"].routes)
        state.route_paths = {id(c.original_route): c.path for c in contexts}
    return state.route_paths.get(id(route)) or "none"


def _told(scope: Scope) -> dict[str, Any]:
    state, client = scope["state"], scope.get("client")
    principal = state.get("principal")
    return {
        "request_id": state["request_id"],
        "method": scope["method"],
        "route": route_of(scope),
        "actor": principal.actor if principal else None,
        "address": client[0] if client else None,
    }


def _request_id(scope: Scope) -> str:
    """The caller's or proxy's own, where it is a plain one; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if _OWN_ID.fullmatch(given):
                return given
    return uuid4().hex


def _own_headers(state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    told = {"X-Request-ID": state["request_id"]} | state.get("rate_headers", {})
    return [(name.lower().encode(), value.encode()) for name, value in told.items()]


def _unexpected() -> Problem:
    return Problem(
        500,
        "unexpected",
        "Unexpected error",
        "the service has a fault here; its log tells more under this request id",
    )
