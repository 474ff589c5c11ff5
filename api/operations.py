"""/healthz, /readyz and /metrics: what operators and their monitors ask."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from api.context import Context, current
from api.metrics import CONTENT_TYPE, Gauge
from api.problems import RETRY_SECONDS, Problem
from api.security import Principal, needs
from auditor import __version__
from auditor.errors import AuditorError, StorageError
from auditor.storage import Amounts

LEAST_FREE_BYTES = 50_000_000
"""Of the disk that holds a SQLite database."""
_OK, _ELSEWHERE = "ok", "elsewhere"
_UP = "Whether the database answers."
_FRESH_SECONDS = 15.0
_MOST_SHARE = 20  # counting may take a twentieth of the time
log = logging.getLogger("auditor.api")


class Health(BaseModel):
    """Answer of a process that runs."""

    status: str = "ok"
    """Always ``ok``."""
    version: str = __version__
    """The auditor's."""


class Readiness(BaseModel):
    """Answer of a service that can do its work."""

    status: str = "ready"
    """Always ``ready``; else the answer is 503."""
    checks: dict[str, str]
    """Database, model, disk and background work, each ``ok`` or ``elsewhere``."""


def install(app: FastAPI, context: Context) -> None:
    """Adds the routes, and has the database's counts told with the metrics."""
    router = APIRouter(tags=["operations"])
    router.add_api_route("/healthz", healthz, response_model=Health)
    router.add_api_route("/readyz", readyz, response_model=Readiness)
    guard = [] if context.settings.metrics_open else [Depends(_may_measure)]
    router.add_api_route("/metrics", metrics, dependencies=guard, response_class=PlainTextResponse)
    app.include_router(router)
    context.metrics.watch(_Counts(context).read)


async def healthz() -> Health:
    """Whether the process runs: restart it where this does not answer."""
    return Health()


def readyz(context: Annotated[Context, Depends(current)]) -> Readiness:
    """Whether the service can do its work now: send it no traffic where this answers 503."""
    checks = {
        "database": _checked(_database, context),
        "disk": _checked(_disk, context),
        "model": _checked(_model, context),
        "background": _background(context),
    }
    bad = [name for name, found in checks.items() if found not in (_OK, _ELSEWHERE)]
    if bad:
        raise Problem(
            503,
            "not-ready",
            "Not ready",
            "; ".join(f"{name}: {checks[name]}" for name in bad),
            headers={"Retry-After": str(RETRY_SECONDS)},
            checks=checks,
        )
    return Readiness(checks=checks)


def metrics(context: Annotated[Context, Depends(current)]) -> Response:
    """Counts and times in Prometheus' text format."""
    return Response(context.metrics.text(), media_type=CONTENT_TYPE)


async def _may_measure(who: Annotated[Principal, Depends(needs("read"))]) -> None:
    """The counts are of all teams, so whoever sees a part of them may not read them."""
    if not who.sees_all:
        raise Problem(403, "not-allowed", "Not allowed", "this needs the scope read for all teams")


def _checked(check: Callable[[Context], None], context: Context) -> str:
    """``ok``, or what is wrong in words that may be told to anyone; the log tells the rest."""
    try:
        check(context)
    except AuditorError as exc:
        log.warning("not ready: %s", exc)
        return "can't be used; the log says why"
    return _OK


def _database(context: Context) -> None:
    context.database.require_schema()


def _disk(context: Context) -> None:
    file = context.database.file
    if file is not None and shutil.disk_usage(file.parent).free < LEAST_FREE_BYTES:
        raise StorageError(f"the disk of {file} is full; make room")


def _model(context: Context) -> None:
    _ = context.classifier.name


def _background(context: Context) -> str:
    if context.loop is None:
        return _ELSEWHERE
    return _OK if context.loop.is_alive else "has stopped; restart the service"


class _Counts:
    """The database's counts, not counted more often than is cheap."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = Lock()
        self._known: list[Gauge] = []
        self._good_until = 0.0

    def read(self) -> list[Gauge]:
        """The gauges; where the database can't be asked, only that."""
        with self._lock:
            began = time.monotonic()
            if began < self._good_until:
                return self._known
            try:
                self._known = [("auditor_database_up", _UP, {}, 1.0), *self._count()]
            except AuditorError as exc:
                log.warning("not counted: %s", exc)
                self._known = [("auditor_database_up", _UP, {}, 0.0)]
            now = time.monotonic()
            self._good_until = now + max(_FRESH_SECONDS, _MOST_SHARE * (now - began))
            return self._known

    def _count(self) -> Iterator[Gauge]:
        context = self._context
        with context.database.read() as unit:
            held = unit.gauges.read()
            due = unit.activities.count_due(context.policy.fingerprint)
        yield from _held(held)
        yield "auditor_activities_due", "Activities that wait to be judged.", {}, due
        if context.settings.llm_model is not None:
            yield from _spent(context)


def _held(held: Amounts) -> Iterator[Gauge]:
    yield "auditor_inbound", "Rows and events received, of all time.", {}, held.inbound
    yield "auditor_events_pending", "Events that wait to be handled.", {}, held.pending
    oldest = held.oldest_pending_at
    age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
    yield "auditor_events_pending_oldest_seconds", "Age of the oldest of them.", {}, age
    yield "auditor_activities", "Activities stored.", {}, held.activities
    yield "auditor_verdicts", "Verdicts given, of all policies.", {}, held.verdicts
    for name, told, counts in (
        ("auditor_events", "Rows and events received, by state.", held.events),
        ("auditor_opportunities", "Opportunities by status.", held.opportunities),
        ("auditor_failures", "Work that failed, by state.", held.failures),
        ("auditor_outbox", "Requests to CRMs, by state.", held.outbox),
        ("auditor_digests", "Digests, by state.", held.digests),
    ):
        for state, number in counts.items():
            yield name, told, {"state": state}, number


def _spent(context: Context) -> Iterator[Gauge]:
    """What the language model has cost today (UTC)."""
    from auditor.classify.llm.store import CallStore
    from auditor.settings import default_llm_store

    spent = CallStore(context.settings.llm_store or default_llm_store()).spent_today()
    yield "auditor_llm_calls_today", "Calls of the language model today.", {}, spent.calls
    yield "auditor_llm_tokens_today", "Tokens that they used.", {}, spent.tokens
    yield "auditor_llm_cost_usd_today", "What they cost, where it is known.", {}, spent.cost_usd
    budget = context.settings.llm_daily_budget
    yield "auditor_llm_budget_usd", "Most that a day may cost.", {}, budget
