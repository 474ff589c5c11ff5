"""Makes the app: routes, errors and what lies round every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api import pages, problems, signing_in, v1, webhooks
from api.context import Context
from auditor import __version__
from auditor.settings import Settings
from auditor.storage import Database, open_database


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Makes the app.

    Args:
        settings: for all of it.
        database: an open one, which its owner closes; opened by the settings where None.

    Raises:
        StorageError: the database can't be opened.
    """
    app = FastAPI(title="Call-notes auditor", version=__version__, lifespan=_lifespan)
    app.state.context = Context(settings, database or open_database(settings.database_url))
    app.state.owns_database = database is None
    problems.install(app)
    app.include_router(signing_in.router)
    v1.install(app)
    webhooks.install(app)
    pages.install(app)
    app.add_middleware(_RequestId)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if app.state.owns_database:
            app.state.context.database.close()


class _RequestId:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["request_id"] = uuid4().hex
        await self.app(scope, receive, send)
