"""The routes under /v1 that programs use."""

from __future__ import annotations

from fastapi import FastAPI

from api.v1 import activities, audits, contacts, decisions, digests, opportunities, search


def install(app: FastAPI) -> None:
    """Adds the routes to the app."""
    for part in (audits, opportunities, activities, decisions, digests, search, contacts):
        app.include_router(part.router)
