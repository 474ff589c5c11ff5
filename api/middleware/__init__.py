"""What lies round every request, outermost first.

Proxies that are trusted tell the true address; the answer gets security headers; the request gets
its id, is timed, logged and counted, and any error becomes a problem; the body is limited.
"""

from __future__ import annotations

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.metrics import Metrics
from api.middleware.bodies import BodyLimit
from api.middleware.headers import SecurityHeaders
from api.middleware.requests import RequestLog
from auditor.settings import Settings


def install(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Puts the middlewares round the app."""
    public = settings.public_url or ""
    app.add_middleware(BodyLimit, limit_bytes=int(settings.body_limit_mb * 1_000_000))
    app.add_middleware(RequestLog, metrics=metrics)
    app.add_middleware(SecurityHeaders, always_https=public.startswith("https:"))
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
