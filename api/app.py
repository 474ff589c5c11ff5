"""Makes the app: routes, errors and what lies round every request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import (
    middleware,
    operations,
    pages,
    problems,
    signing_in,
    single_sign_on,
    v1,
    webhooks,
)
from api.context import Context
from api.document import openapi, page
from auditor import __version__
from auditor.errors import AuditorError
from auditor.settings import Settings
from auditor.storage import Database, open_database

log = logging.getLogger("auditor.api")


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """Makes the app.

    Args:
        settings: for all of it.
        database: an open one, which its owner closes; opened by the settings where None.

    Raises:
        StorageError: the database can't be opened.
        ConfigurationError: a setting does not fit.
    """
    app = FastAPI(
        title="Call-notes auditor",
        version=__version__,
        lifespan=_lifespan,
        docs_url=None,  # its page takes scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=openapi.operation_id,
    )
    context = Context(settings, database or open_database(settings.database_url))
    app.state.context = context
    app.state.owns_database = database is None
    problems.install(app)
    operations.install(app, context)
    openapi.install(app)
    page.install(app)
    app.include_router(signing_in.router)
    single_sign_on.install(app, settings)
    v1.install(app)
    webhooks.install(app)
    pages.install(app)
    middleware.install(app, settings, context.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    # in the background: webhooks are taken in meanwhile, and /readyz tells when it is there
    loading = asyncio.create_task(asyncio.to_thread(_load, context))
    if context.loop is not None:
        context.loop.start()
    try:
        yield
    finally:
        await loading
        if context.loop is not None:
            await asyncio.to_thread(context.loop.stop)
        if app.state.owns_database:
            context.database.close()


def _load(context: Context) -> None:
    try:
        log.info("judged by %s", context.classifier.name)
    except AuditorError as exc:
        log.error("the classifier can't be loaded: %s", exc)
